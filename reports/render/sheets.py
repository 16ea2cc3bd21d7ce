"""The tables of a document with all that a page shows beside them: drawings, and what was asked."""

from dataclasses import dataclass

from reports.render.asked import Asked, asked
from reports.render.document import Document
from reports.render.drawing import Drawing, drawings
from reports.render.reading import Reading
from reports.render.tables import Table


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a page."""

    table: Table
    drawings: tuple[Drawing, ...]
    asked: tuple[Asked, ...]


def sheets(reading: Reading, document: Document) -> tuple[Sheet, ...]:
    """The document's tables in their order, each with what belongs to it."""
    pairs = zip(document.tables, reading.result.tables, strict=True)
    return tuple(Sheet(table, drawings(reading, own), asked(reading, own)) for table, own in pairs)
