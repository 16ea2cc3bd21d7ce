"""The typesetter: templates and data in, PDF or PNG out, with the fonts in this folder and no others.

A template reads nothing outside its own folder; texts reach it as data and are printed, never run.
"""

import functools
from collections.abc import Mapping
from pathlib import Path

import typst

TEMPLATES = Path(__file__).parent / "typeset"
FONTS = Path(__file__).parent / "fonts"
ACCESSIBLE = "ua-1"
PRINT_RESOLUTION = 300


def pdf(template: str, inputs: Mapping[str, str]) -> bytes:
    """A tagged PDF (PDF/UA-1). One with signs that no font here has is tagged, but cannot claim the standard."""
    try:
        return _compile(template, inputs, standards=[ACCESSIBLE])
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        return _compile(template, inputs, standards=[])


def png(template: str, inputs: Mapping[str, str], *, resolution: int = PRINT_RESOLUTION) -> bytes:
    """A picture of the only page."""
    picture = typst.compile(
        TEMPLATES / template,
        root=TEMPLATES,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs=dict(inputs),
        format="png",
        ppi=float(resolution),
    )
    assert isinstance(picture, bytes)
    return picture


def _compile(template: str, inputs: Mapping[str, str], *, standards: list[str]) -> bytes:
    made = typst.compile(
        TEMPLATES / template,
        root=TEMPLATES,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs=dict(inputs),
        pdf_standards=standards,
    )
    assert isinstance(made, bytes)
    return made


@functools.cache
def _fonts() -> "typst.Fonts":
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
