"""Translations: .po catalogues are compiled here, because bare machines have no msgfmt."""

from pathlib import Path

import polib


def compile_catalogues(folder: Path) -> int:
    """Write every out-of-date .mo beside its .po. Returns how many were written."""
    written = 0
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            polib.pofile(str(source), encoding="utf-8").save_as_mofile(str(target))
            written += 1
    return written
