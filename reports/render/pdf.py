"""PDF files: the document typeset, with its drawings; tagged, and the same bytes of the same result. No words here."""

import datetime
import json
import re
from collections.abc import Iterable
from typing import Any

from django.utils import translation

from reports.render.document import Document, Section, describe
from reports.render.drawing import drawings
from reports.render.layout import (
    KEPT_TOGETHER,
    MARGIN,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    Part,
    back_matter,
    drawing_width,
    parts,
)
from reports.render.plates import plate
from reports.render.reading import SYNTHETIC, Reading
from reports.render.tables import ColumnKind, Footnote, Table
from reports.render.typesetting import pdf
from survey.language import ui_language

# No font has a sign for these, and XML could not hold them either.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# The typesetter breaks lines between words only; a word longer than a column, or than a line, may break anywhere.
_LONG_IN_A_CELL, _LONG_IN_A_LINE = re.compile(r"\S{25,}"), re.compile(r"\S{70,}")
_MAY_BREAK = "\u200b"
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:-[A-Za-z]{4})?(?:-([A-Z]{2}))?")


def render(reading: Reading) -> bytes:
    """The bytes of a .pdf file."""
    document = describe(reading.result, reading.focal, reading.language)
    with translation.override(ui_language(reading.language)):
        data = _data(reading, document)
    return pdf("report.typ", {"data": json.dumps(data, ensure_ascii=False)})


def _data(reading: Reading, document: Document) -> dict[str, Any]:
    found = _LANGUAGE.match(document.language)
    return {
        "title": _cell(document.title),
        "subtitle": _text(document.subtitle),
        "banner": _text(document.banner),
        "mark": SYNTHETIC if document.banner else "",
        "caution": _text(document.caution),
        "foot": _text(document.short_provenance),
        "lang": found.group(1) if found else "en",
        "region": found.group(2) if found else None,
        "direction": document.direction,
        "made_on": _date(document.made_on),
        "page": {"width": PAGE_WIDTH, "height": PAGE_HEIGHT, "margin": MARGIN},
        "tables": [
            {**_table(table), "drawings": [plate(one, drawing_width(one)) for one in drawings(reading, spec)]}
            for table, spec in zip(document.tables, reading.result.tables, strict=True)
        ],
        "sections": [_section(section) for section in back_matter(reading, document)],
    }


def _date(made_on: str) -> dict[str, int] | None:
    if not made_on:
        return None
    day = datetime.date.fromisoformat(made_on)
    return {"year": day.year, "month": day.month, "day": day.day}


def _section(section: Section) -> dict[str, Any]:
    return {
        "heading": _text(section.heading),
        "small": section.id != "notes",
        "paragraphs": _texts(section.paragraphs),
        "tables": [_table(table) for table in section.tables],
    }


def _table(table: Table) -> dict[str, Any]:
    return {"parts": [_part(part) for part in parts(table)]}


def _part(part: Part) -> dict[str, Any]:
    table = part.table
    return {
        "caption": _cell(part.caption),
        "widths": part.widths,
        "words": [column.kind is ColumnKind.WORDS for column in table.columns],
        "head": _cells([table.stub, *(column.head for column in table.columns)]),
        "rows": [
            {
                "label": _marked(row.label, row.footnotes),
                "level": row.level,
                "entries": [_marked(one.text, one.footnotes) for one in row.entries],
            }
            for row in table.rows
        ],
        "notes": _texts(part.notes),
        "together": len(table.rows) <= KEPT_TOGETHER,
    }


def _marked(text: str, footnotes: Iterable[Footnote]) -> dict[str, Any]:
    return {"text": _cell(text), "footnotes": _texts(note.text for note in footnotes)}


def _cells(texts: Iterable[str]) -> list[str]:
    return [_cell(text) for text in texts]


def _cell(text: str) -> str:
    return _broken(text, _LONG_IN_A_CELL)


def _texts(texts: Iterable[str]) -> list[str]:
    return [_text(text) for text in texts]


def _text(text: str) -> str:
    return _broken(text, _LONG_IN_A_LINE)


def _broken(text: str, long_word: re.Pattern[str]) -> str:
    return long_word.sub(lambda word: _MAY_BREAK.join(word.group()), _UNPRINTABLE.sub("", text))
