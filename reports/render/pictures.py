"""Drawings as pictures for print: one PNG each, and all of a comparison's in an archive with their SVG."""

from collections.abc import Iterator, Mapping, Sequence

from django.utils import translation

from reports.render.archive import packed
from reports.render.document import Document, describe
from reports.render.drawing import Drawing, drawings
from reports.render.layout import back_matter, drawing_width
from reports.render.plates import plate
from reports.render.reading import Reading, enumerated, plain
from reports.render.tables import Table
from reports.render.typesetting import pngs
from survey.language import ui_language

LONGEST_NAME = 60


def pictures(drawn: Sequence[Drawing], direction: str) -> list[bytes]:
    """PNGs that are sharp at the width at which drawings are printed."""
    return pngs([{**plate(one, drawing_width(one)), "direction": direction} for one in drawn])


def render(reading: Reading) -> bytes:
    """A zip of every drawing as SVG and PNG, and what they show in words, with how the figures came about."""
    document = describe(reading.result, reading.focal, reading.language)
    made = [one for table in reading.result.tables for one in drawings(reading, table)]
    named = {f"{place:02}-{one.id[:LONGEST_NAME]}": one for place, one in enumerate(made, start=1)}
    with translation.override(ui_language(reading.language)):
        about = "\n".join(_about(reading, document, named)) + "\n"
    files = {"about.txt": plain(about).encode()}
    for (name, one), picture in zip(named.items(), pictures(made, reading.direction), strict=True):
        files[f"{name}.svg"] = one.svg.encode()
        files[f"{name}.png"] = picture
    return packed(files)


def _about(reading: Reading, document: Document, named: Mapping[str, Drawing]) -> Iterator[str]:
    """The texts that go with the drawings wherever they go, as plain lines."""
    yield from (text for text in (document.title, document.subtitle, document.banner, document.caution) if text)
    for name, one in named.items():
        yield from ("", f"{name}.svg, {name}.png", one.told)
    for section in back_matter(reading, document):
        yield from ("", *(text for text in (section.heading, *section.paragraphs) if text))
        for table in section.tables:
            yield from (table.caption, *_told(table))


def _told(table: Table) -> Iterator[str]:
    """A table as lines."""
    heads = [column.head for column in table.columns]
    for row in table.rows:
        entries = [f"{head} {entry.text}" for head, entry in zip(heads, row.entries, strict=True) if entry.text]
        yield f"{row.label}: {enumerated(entries)}" if entries else row.label
