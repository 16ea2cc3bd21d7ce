"""bin/manage release --key KEY --from FILE --out RETURN: a release on a laptop, without a server or a database.

Nothing of Django is loaded, no service is started, and nothing is written but RETURN.
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path

from reports.offline import OfflineError, make_release
from survey import keyfiles, keypairs
from survey.keyfiles import KeyFileError
from surveyproject.embedded.places import ROOT


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    try:
        private = keyfiles.read(options.key, length=keypairs.PRIVATE_BYTES)
        with options.source.open("rb") as file:
            made = make_release(file, private, software=_software())
        _write_new(options.out, json.dumps(made, ensure_ascii=False, indent=1) + "\n")
    except (OfflineError, KeyFileError) as error:
        print(f"Not released: {error}".removesuffix(".") + ".", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Not released: {error.filename} cannot be opened: {error.strerror}.", file=sys.stderr)
        return 1
    release = made["release"]
    print(f"{release['country']}, “{release['name']}”, cut {release['cut']}: {made['respondents']} responses counted.")
    if made["stands"] != release["cut"]:
        print(f"Cut {made['stands']} stands: the difference would tell about too few people.")
    print(f"Written to {options.out}. On the server: bin/manage take_release {options.out.name}")
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/manage release", description=__doc__)
    parser.add_argument("--key", type=Path, required=True, help="the country's private key, or the recovery key")
    parser.add_argument("--from", dest="source", type=Path, required=True, help="the file that export_sealed made")
    parser.add_argument("--out", type=Path, required=True, help="where the release goes; a new file")
    return parser.parse_args(arguments)


def _write_new(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
        handle.write(text)


def _software() -> str:
    found = re.search(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""
