"""How a document lies on paper: the order of its parts, the widths of columns, where a table too wide is cut.

Word files and PDFs are laid out alike, so what they share is decided here, in centimetres of a page of A4.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from django.utils.translation import gettext as _

from reports.render.canvas import Drawing
from reports.render.document import Document, Fact, Section
from reports.render.questions import question_lines
from reports.render.reading import END_ISOLATE, ISOLATE, Reading
from reports.render.tables import Column, ColumnKind, Table

PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 21.0, 29.7, 2.3
TEXT_WIDTH = PAGE_WIDTH - 2 * MARGIN
# A table of so few rows moves to the next page as a whole; the last rows of a longer one stay with its notes.
KEPT_TOGETHER, KEPT_AT_THE_END = 10, 3

_WIDTHS = {ColumnKind.FIGURE: 2.2, ColumnKind.BASE: 1.2, ColumnKind.WORDS: 4.4}
_LEAST = {ColumnKind.FIGURE: 1.9, ColumnKind.BASE: 1.1, ColumnKind.WORDS: 2.6}
_LONE_FIGURE = 4.6
_LETTER, _PADDING = 0.19, 0.35
# A drawing's units in centimetres: its lettering comes out a little smaller than the text's. It keeps to one page.
_DRAWING_UNIT, _DRAWING_HEIGHT = 0.0265, 23.0
# Words longer than this are broken, wherever they stand; long heads and labels get wider columns, not more lines.
_LONGEST_WORD = 22
_HEAD_LINES, _LABEL_LINES = 10, 12
_STUB = (3.2, 7.0)


@dataclass(frozen=True, slots=True)
class Part:
    """As much of a table as fits beside its stub. `first` and `last` say whether caption and notes are whole there."""

    table: Table
    widths: tuple[float, ...]
    first: bool = True
    last: bool = True

    @property
    def caption(self) -> str:
        if self.first:
            return self.table.caption
        return _("%(table)s (continued)") % {"table": self.table.caption}

    @property
    def notes(self) -> tuple[str, ...]:
        return self.table.notes if self.last else ()

    def keeps(self, place: int) -> bool:
        """Whether a row stays on the page of the next one."""
        rows = self.table.rows
        return rows[place].heading or place >= len(rows) - KEPT_AT_THE_END or len(rows) <= KEPT_TOGETHER


def back_matter(reading: Reading, document: Document) -> Iterator[Section]:
    """What follows the tables: notes, who took part, annexes, the questions as they were asked, provenance."""
    yield Section("notes", _("Notes"), document.notes)
    yield Section("fieldwork", "", (), (document.fieldwork,))
    yield from document.sections
    asked = tuple(question_lines(reading))
    if asked:
        yield Section("questions", _("The questions"), asked)
    facts = tuple(f"{fact.name}: {_value(document, fact)}" for fact in document.provenance)
    yield Section("provenance", _("How these figures were made"), facts)


def _value(document: Document, fact: Fact) -> str:
    """A hash keeps its order from left to right in prose of either direction."""
    right_to_left = fact.code and document.direction == "rtl"
    return f"{ISOLATE}{fact.value}{END_ISOLATE}" if right_to_left else fact.value


def drawing_width(drawing: Drawing) -> float:
    """How wide a drawing is printed."""
    tallest = _DRAWING_HEIGHT / (drawing.height * _DRAWING_UNIT)
    return round(min(drawing.width * _DRAWING_UNIT * min(tallest, 1.0), TEXT_WIDTH), 2)


def parts(table: Table) -> tuple[Part, ...]:
    """The table, cut into as many as its columns need; a figure and its base are never parted."""
    stub = _stub_least(table)
    cuts = _cuts(table, TEXT_WIDTH - stub)
    return tuple(_part(table, begin, end, last=end == len(table.columns)) for begin, end in pairwise(cuts))


def _cuts(table: Table, room: float) -> list[int]:
    """The places between columns where a part begins or ends."""
    cuts, used = [0], 0.0
    for begin, end in _groups(table.columns):
        width = sum(_least(table, place) for place in range(begin, end))
        if used and used + width > room:
            cuts.append(begin)
            used = 0.0
        used += width
    return [*cuts, len(table.columns)]


def _groups(columns: Sequence[Column]) -> Iterator[tuple[int, int]]:
    starts = [place for place, column in enumerate(columns) if column.kind is not ColumnKind.BASE or place == 0]
    yield from zip(starts, [*starts[1:], len(columns)], strict=True)


def _part(table: Table, begin: int, end: int, *, last: bool) -> Part:
    rows = tuple(
        replace(row, entries=row.entries[begin:end], footnotes=row.footnotes if begin == 0 else ())
        for row in table.rows
    )
    own = replace(table, columns=table.columns[begin:end], rows=rows)
    return Part(own, _column_widths(own), first=begin == 0, last=last)


def _column_widths(table: Table) -> tuple[float, ...]:
    """The stub's width and the others': what they like, or less down to what they need; the stub has the rest."""
    least = [_least(table, place) for place in range(len(table.columns))]
    liked = [max(width, _WIDTHS[column.kind]) for width, column in zip(least, table.columns, strict=True)]
    figures = [place for place, column in enumerate(table.columns) if column.kind is ColumnKind.FIGURE]
    if len(figures) == 1:
        liked[figures[0]] = max(liked[figures[0]], _LONE_FIGURE)
    room = TEXT_WIDTH - _stub_least(table)
    spare = max(room - sum(least), 0.0)
    wish = sum(liked) - sum(least)
    share = min(spare / wish, 1.0) if wish else 0.0
    widths = [own + share * (like - own) for own, like in zip(least, liked, strict=True)]
    if sum(widths) > room:
        widths = [width * room / sum(widths) for width in widths]
    return (round(TEXT_WIDTH - sum(widths), 3), *(round(width, 3) for width in widths))


def _least(table: Table, place: int) -> float:
    """What a column needs: room for its longest word, and a head of a bearable height."""
    column = table.columns[place]
    texts = [column.head, *(row.entries[place].text for row in table.rows if not row.heading)]
    return max(_LEAST[column.kind], *(_word(text) for text in texts), _tall(column.head, _HEAD_LINES))


def _stub_least(table: Table) -> float:
    narrow, broad = _STUB
    labels = [table.stub, *(row.label for row in table.rows)]
    wanted = max(_tall(label, _LABEL_LINES) for label in labels)
    return min(max(narrow, wanted), broad)


def _word(text: str) -> float:
    longest = max((len(word) for word in text.split()), default=0)
    return min(longest, _LONGEST_WORD) * _LETTER + _PADDING


def _tall(text: str, lines: int) -> float:
    """The width at which a text takes no more lines than these; never more than half of the page."""
    return min(len(text) / lines * _LETTER + _PADDING, TEXT_WIDTH / 2)
