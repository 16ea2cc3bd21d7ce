"""bin/look: files of a small result as pictures and outlines, compared with those in tests/golden or written there.

Word and Excel files are made pictures of by LibreOffice, where it is installed; the other formats need nothing more
than what the tests need.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

GOLDEN = Path(__file__).parent / "golden"
LANGUAGES = ("en", "ar")
OFFICE = {"docx": "word", "xlsx": "excel"}
# The first sheet of a workbook that has figures follows its contents.
PAGE = {"pdf": 0, "docx": 0, "xlsx": 1}
# Greys may differ by a few steps where programs draw edges differently; a moved line differs by far more.
MOST_DIFFERENT = 3.0
BLOCK = 24


def picture_name(kind: str, language: str) -> Path:
    return GOLDEN / f"{OFFICE.get(kind, kind)}-{language}.png"


def outline_name(kind: str, language: str) -> Path:
    return GOLDEN / f"{OFFICE[kind]}-{language}.txt"


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """The largest mean difference of greys between two pictures in any block of them; infinite for other sizes."""
    if one.shape != other.shape:
        return float("inf")
    gap = np.abs(in_few_greys(one).astype(int) - in_few_greys(other).astype(int)).astype(float)
    rows, columns = (size // BLOCK * BLOCK for size in gap.shape)
    blocks = gap[:rows, :columns].reshape(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK).mean(axis=(1, 3))
    return float(blocks.max())


def golden_picture(kind: str, language: str) -> np.ndarray:
    return np.asarray(Image.open(picture_name(kind, language)).convert("L"))


def write_picture(kind: str, language: str, picture: np.ndarray) -> None:
    Image.fromarray(in_few_greys(picture)).save(picture_name(kind, language), optimize=True)


def in_few_greys(picture: np.ndarray) -> np.ndarray:
    """Sixteen of them are enough to tell a line from a letter, and take a fifth of the room."""
    return (picture // 17 * 17).astype(np.uint8)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/look", description=__doc__)
    parser.add_argument("--write", action="store_true", help="make them the golden ones")
    write = parser.parse_args(arguments).write
    _set_up()
    found = [*_outlines(write), *_pictures(write)]
    print("\n".join(found))
    return int(any("DIFFERS" in line for line in found))


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "surveyproject.settings")
    os.environ.setdefault("DATABASE_URL", "postgresql://nobody@localhost/none")
    os.environ.setdefault("SECRET_KEY", "x" * 50)
    os.environ.setdefault("DATA_DIR", tempfile.gettempdir())
    import django

    from surveyproject.texts import compile_catalogues

    compile_catalogues(Path(__file__).parents[1] / "locale")
    django.setup()


def _outlines(write: bool) -> Iterator[str]:
    from reports.render import render
    from tests.reports.reading_back import outline_of_excel, outline_of_word
    from tests.reports.sample import sample

    for kind, outline in (("docx", outline_of_word), ("xlsx", outline_of_excel)):
        for language in LANGUAGES:
            said, place = outline(render(sample(), kind, "MX", language)), outline_name(kind, language)
            if write:
                place.write_text(said, "utf-8")
            yield f"{place.name}: " + ("same" if said == place.read_text("utf-8") else "DIFFERS")


def _pictures(write: bool) -> Iterator[str]:
    from reports.render import render
    from tests.reports.reading_back import pages_of
    from tests.reports.sample import sample

    office = shutil.which("soffice")
    for kind, page in PAGE.items():
        for language in LANGUAGES:
            if kind in OFFICE and not office:
                yield f"{picture_name(kind, language).name}: not looked at, LibreOffice is not installed"
                continue
            file = render(sample(), kind, "MX", language)
            picture = pages_of(file if kind == "pdf" else _by_office(str(office), file, kind))[page]
            if write:
                write_picture(kind, language, picture)
            far = difference(golden_picture(kind, language), picture)
            told = "same" if far <= MOST_DIFFERENT else "DIFFERS"
            yield f"{picture_name(kind, language).name}: {told} (largest difference of a block {far:.1f} of 255 greys)"


def _by_office(office: str, file: bytes, kind: str) -> bytes:
    """What LibreOffice prints of a file, as PDF."""
    with tempfile.TemporaryDirectory(prefix="survey-look-") as folder:
        own = Path(folder) / f"file.{kind}"
        own.write_bytes(file)
        home = f"-env:UserInstallation=file://{folder}/home"
        command = [office, home, "--headless", "--convert-to", "pdf", "--outdir", folder, str(own)]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        return own.with_suffix(".pdf").read_bytes()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
