"""The typesetter: templates and data in, PDF or PNG out, with the fonts in this folder and no others.

A template reads nothing outside its own folder; texts reach it as data and are printed, never run.
"""

import base64
import functools
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typst

from reports.render import rasterizing
from reports.render.rasterizing import FONTS, TEMPLATES

# Seconds; a comparison of twenty charts takes one or two.
LONGEST = 120


def pdf(template: str, inputs: Mapping[str, str]) -> bytes:
    """A tagged PDF (PDF/UA-1). One with signs that no font here has is tagged too, but cannot claim the standard."""
    try:
        return _compile(template, inputs, accessible=True)
    except typst.TypstError as error:
        if "PDF/UA-1 error" not in str(error):
            raise
        return _compile(template, inputs, accessible=False)


def pngs(drawings: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """A picture of each drawing, in their order; made in a process of its own, which takes its memory with it."""
    if not drawings:
        return []
    command = [sys.executable, "-I", str(Path(rasterizing.__file__))]
    said = json.dumps(drawings).encode()
    made = subprocess.run(command, input=said, check=True, stdout=subprocess.PIPE, timeout=LONGEST).stdout
    return [base64.b64decode(picture) for picture in json.loads(made)]


def _compile(template: str, inputs: Mapping[str, str], *, accessible: bool) -> bytes:
    made = typst.compile(
        TEMPLATES / template,
        root=TEMPLATES,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs=dict(inputs),
        pdf_standards="ua-1" if accessible else None,
    )
    assert isinstance(made, bytes)
    return made


@functools.cache
def _fonts() -> "typst.Fonts":
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
