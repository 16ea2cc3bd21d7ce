"""Countries line by line: where a comparison has too many for a footnote, each table gets a second one of them all."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from reports.plan import Show, Stat
from reports.render.lines import Line, lines_of
from reports.render.reading import Reading, printed
from reports.render.tables import NOTHING, Column, ColumnKind, Entry, Row, Table, too_many_for_footnotes
from reports.table import TableResult


def country_tables(reading: Reading) -> tuple[Table, ...]:
    """One for each table that would name the countries in its footnotes; none while they fit there."""
    if not too_many_for_footnotes(reading):
        return ()
    return tuple(_table(reading, table) for table in reading.result.tables if table.show == Show.OTHERS)


def _table(reading: Reading, table: TableResult) -> Table:
    lines = list(_figures(reading, table))
    title = reading.text(table.title) or table.id
    return Table(
        id=f"{table.id}-countries",
        caption=_("%(table)s: all countries") % {"table": title},
        stub=_("Country"),
        columns=tuple(column for _line, head in lines for column in _columns(head)),
        rows=(
            *_countries(reading, [line for line, _head in lines]),
            *_averages(reading, [line for line, _head in lines]),
        ),
    )


def _figures(reading: Reading, table: TableResult) -> Iterator[tuple[Line, str]]:
    """Lines that have figures, each with a head that stands alone."""
    heading = ""
    for line in lines_of(reading, table):
        if line.heading:
            heading = line.label
        else:
            yield line, f"{heading}: {line.label}" if line.level and heading else line.label


def _columns(head: str) -> tuple[Column, ...]:
    return Column(head), Column(_("n"), ColumnKind.BASE)


def _countries(reading: Reading, lines: Sequence[Line]) -> Iterator[Row]:
    for country in reading.result.countries:
        entries: list[Entry] = []
        for line in lines:
            cell = line.cell(country.code)
            base = cell.n if cell and line.indicator.stat != Stat.COUNT else None
            entries.append(Entry(line.in_words(reading, country.code), number=cell.value if cell else None))
            entries.append(Entry(NOTHING if base is None else reading.isolated(str(base)), ColumnKind.BASE))
        yield Row(reading.country_name(country), tuple(entries))


def _averages(reading: Reading, lines: Sequence[Line]) -> Iterator[Row]:
    found = [line.indicator.averages.get(reading.focal, {}).get(line.category) for line in lines]
    if any(value is not None for value in found):
        figures = [
            Entry(NOTHING if value is None else reading.isolated(printed(line.indicator, value)), number=value)
            for line, value in zip(lines, found, strict=True)
        ]
        yield Row(_("Average"), tuple(entry for own in figures for entry in (own, Entry(NOTHING, ColumnKind.BASE))))
