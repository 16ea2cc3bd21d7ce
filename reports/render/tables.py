"""Tables in words: columns, rows and numbered footnotes. One builder for each kind of table that a plan may ask for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction

from django.utils.translation import gettext as _

from reports.plan import Show, Stat
from reports.render.lines import Line, blocks_of, lines_of
from reports.render.notes import table_notes
from reports.render.reading import Reading, is_percent, listed, printed
from reports.render.wordings import OwnWording, own_wordings
from reports.table import TOTAL, CountryResult, TableResult

NOTHING = "–"
# More countries than these are told in a table of their own: nobody finds one among fifty in a footnote.
MOST_IN_A_FOOTNOTE = 12


class ColumnKind(StrEnum):
    """What a column holds: figures, the bases beside them, or words."""

    FIGURE = "figure"
    BASE = "base"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Footnote:
    """A numbered footnote; numbers run through the whole document.

    `alone` says the same where no number leads to it; '' for one that such a format prints in another way.
    """

    number: int
    text: str
    alone: str = ""

    @property
    def anchor(self) -> str:
        return f"note-{self.number}"

    @property
    def back(self) -> str:
        """The anchor of the place that refers to it."""
        return f"ref-{self.number}"


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in one field of a table; `number` is the same unrounded, where a format can hold numbers."""

    text: str = ""
    kind: ColumnKind = ColumnKind.FIGURE
    footnotes: tuple[Footnote, ...] = ()
    number: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line. Categories stand one `level` under their `heading`, which has no entries filled in.

    `footnotes` are the label's; a figure has its own.
    """

    label: str
    entries: tuple[Entry, ...]
    level: int = 0
    heading: bool = False
    footnotes: tuple[Footnote, ...] = ()

    @property
    def all_footnotes(self) -> tuple[Footnote, ...]:
        """In the order in which they are read."""
        return (*self.footnotes, *(note for entry in self.entries for note in entry.footnotes))


@dataclass(frozen=True, slots=True)
class Column:
    head: str
    kind: ColumnKind = ColumnKind.FIGURE


@dataclass(frozen=True, slots=True)
class Table:
    """One table as it is printed; `columns` are those beside the stub."""

    id: str
    caption: str
    stub: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        return "table-" + "".join(sign if sign.isalnum() else "-" for sign in self.id)

    @property
    def footnotes(self) -> tuple[Footnote, ...]:
        return tuple(note for row in self.rows for note in row.all_footnotes)


@dataclass(slots=True)
class Footnotes:
    """Gives out the numbers of footnotes, in the order of the document."""

    last: int = field(default=0)

    def add(self, text: str, alone: str = "") -> tuple[Footnote, ...]:
        self.last += 1
        return (Footnote(self.last, text, alone),)


@dataclass(frozen=True, slots=True)
class _Body:
    columns: tuple[Column, ...]
    entries: Callable[[Line], list[Entry]]


Builder = Callable[[Reading, TableResult, Sequence[Line], Footnotes], _Body]


def describe_table(reading: Reading, table: TableResult, footnotes: Footnotes) -> Table:
    """A table of the plan, for the focal country of the reading."""
    lines = lines_of(reading, table)
    body = _BUILDERS[Show(table.show)](reading, table, lines, footnotes)
    wordings = dict(own_wordings(reading, table))
    general = [wordings.pop(name).text for name in list(wordings) if _is_general(table, wordings[name])]
    return Table(
        id=table.id,
        caption=reading.text(table.title) or table.id,
        stub=reading.text(table.stub),
        columns=body.columns,
        rows=tuple(_row(line, body, _marked(wordings.pop(line.indicator.id, None), footnotes)) for line in lines),
        notes=(*general, *table_notes(reading, table)),
    )


def _is_general(table: TableResult, wording: OwnWording) -> bool:
    """Whether a wording holds for all of several rows, so that a number at the first of them would mislead."""
    return 1 < len(table.indicators) == len(wording.labels)


def _marked(wording: OwnWording | None, footnotes: Footnotes) -> tuple[Footnote, ...]:
    """The footnote of a row whose question a country words for itself, and of the rows that share the wording."""
    if wording is None:
        return ()
    return footnotes.add(wording.text if len(wording.labels) == 1 else wording.with_rows, wording.with_rows)


def _row(line: Line, body: _Body, own: tuple[Footnote, ...]) -> Row:
    if line.heading:
        empty = tuple(Entry(kind=column.kind) for column in body.columns)
        return Row(line.label, empty, heading=True, footnotes=own)
    return Row(line.label, tuple(body.entries(line)), line.level, footnotes=own)


def without_numbers(table: Table) -> Table:
    """The same for a format whose labels carry no numbers: what their footnotes say stands among the notes."""
    told = [note.alone for row in table.rows for note in row.footnotes]
    rows = tuple(replace(row, footnotes=()) for row in table.rows)
    return replace(table, rows=rows, notes=(*told, *table.notes))


# The kinds of tables --------------------------------------------------------------------------------------------------


def _plain(reading: Reading, table: TableResult, lines: Sequence[Line], footnotes: Footnotes) -> _Body:
    with_base = _has_bases(lines)

    def entries(line: Line) -> list[Entry]:
        return _pair(reading, line, with_base)

    return _Body(_columns(reading.column(table), with_base), entries)


def _others(reading: Reading, table: TableResult, lines: Sequence[Line], footnotes: Footnotes) -> _Body:
    with_base = _has_bases(lines)

    def entries(line: Line) -> list[Entry]:
        value, *base = _pair(reading, line, with_base)
        marks = footnotes.add(others_in_words(reading, line, table)) if reading.others else ()
        return [Entry(value.text, value.kind, marks), *base]

    return _Body(_columns(reading.column(table), with_base), entries)


def _split(reading: Reading, table: TableResult, lines: Sequence[Line], footnotes: Footnotes) -> _Body:
    with_base = _has_bases(lines)
    blocks = blocks_of(reading, table)
    heads = [reading.column(table) or _("Total"), *blocks.values()]

    def entries(line: Line) -> list[Entry]:
        return [entry for block in (TOTAL, *blocks) for entry in _pair(reading, line, with_base, block)]

    return _Body(tuple(column for head in heads for column in _columns(head, with_base)), entries)


_BUILDERS: Mapping[Show, Builder] = {Show.OTHERS: _others, Show.SPLIT: _split, Show.PLAIN: _plain}


def _columns(head: str, with_base: bool) -> tuple[Column, ...]:
    base = (Column(_("n"), ColumnKind.BASE),) if with_base else ()
    return (Column(head), *base)


def _has_bases(lines: Sequence[Line]) -> bool:
    """Counts of people are their own base: a table of nothing else has no column for it."""
    return any(line.indicator.stat != Stat.COUNT for line in lines)


def _pair(reading: Reading, line: Line, with_base: bool, block: str = TOTAL) -> list[Entry]:
    value = Entry(line.in_words(reading, reading.focal, block))
    return [value, Entry(_base(reading, line, block), ColumnKind.BASE)] if with_base else [value]


def _base(reading: Reading, line: Line, block: str) -> str:
    cell = line.cell(reading.focal, block)
    if line.indicator.stat == Stat.COUNT or cell is None or cell.n is None:
        return NOTHING
    return reading.isolated(str(cell.n))


# The other countries, in the words of the footnote --------------------------------------------------------------------


def too_many_for_footnotes(reading: Reading) -> bool:
    return len(reading.others) > MOST_IN_A_FOOTNOTE


def others_in_words(reading: Reading, line: Line, table: TableResult) -> str:
    """“Percentages in other countries: Colombia 55.4%, … (Average 59.5%).”"""
    if too_many_for_footnotes(reading):
        elsewhere = _("see “%(table)s: all countries”") % {"table": reading.text(table.title) or table.id}
        return _in_other_countries(line, f"{elsewhere} {_average(reading, line)}".strip())
    parts = listed(_country(reading, line, country) for country in reading.others)
    return _in_other_countries(line, f"{parts} {_average(reading, line)}".strip())


def _in_other_countries(line: Line, figures: str) -> str:
    if is_percent(line.indicator):
        return _("Percentages in other countries: %(figures)s.") % {"figures": figures}
    return _("Figures in other countries: %(figures)s.") % {"figures": figures}


def _country(reading: Reading, line: Line, country: CountryResult) -> str:
    return f"{reading.country_name(country)} {line.in_words(reading, country.code)}"


def _average(reading: Reading, line: Line) -> str:
    if not line.indicator.average or line.level:
        return ""
    value = line.indicator.averages.get(reading.focal, {}).get(line.category)
    if value is None:
        return _("(no average: not every country's figure can be shown)")
    return _("(Average %(average)s)") % {"average": reading.isolated(printed(line.indicator, value))}


# Who took part --------------------------------------------------------------------------------------------------------


def fieldwork_table(reading: Reading) -> Table:
    """Participants, answer sheets, dates and modes of every country."""
    numbers = (_("Participants"), _("Answered the survey"), _("Fieldwork began"), _("Fieldwork ended"))
    return Table(
        id="fieldwork",
        caption=_("Participants and fieldwork"),
        stub=_("Country"),
        columns=(*(Column(head) for head in numbers), Column(_("Modes"), ColumnKind.WORDS)),
        rows=tuple(_fieldwork_row(reading, country) for country in reading.result.countries),
    )


def _fieldwork_row(reading: Reading, country: CountryResult) -> Row:
    numbers = (str(country.participants), str(country.respondents), country.fieldwork_from, country.fieldwork_to)
    entries = (Entry(reading.isolated(number) or NOTHING) for number in numbers)
    return Row(reading.country_name(country), (*entries, Entry(country.modes or NOTHING, ColumnKind.WORDS)))
