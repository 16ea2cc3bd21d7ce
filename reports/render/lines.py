"""The lines that a table prints for one country: an indicator each, with a line a category or group under it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from reports.plan import Show, Stat
from reports.render.reading import Reading, absence, in_words
from reports.table import SCALAR, TOTAL, Cell, IndicatorResult, TableResult


@dataclass(frozen=True, slots=True)
class Line:
    """One line. A heading has no figures of its own; its categories follow one level deeper."""

    indicator: IndicatorResult
    label: str
    category: str = SCALAR
    block: str = TOTAL
    level: int = 0
    heading: bool = False

    def cell(self, country: str, block: str = TOTAL) -> Cell | None:
        """A country's cell of this line; `block` is the column of a table that is split."""
        return self.indicator.cell(country, self._block(block), self.category)

    def in_words(self, reading: Reading, country: str, block: str = TOTAL) -> str:
        """The figure with its mark, or why there is none."""
        cell = self.cell(country, block)
        is_shown = cell is not None and cell.value is not None
        return in_words(reading, self.indicator, cell) if is_shown else self.absence(country, block)

    def absence(self, country: str, block: str = TOTAL) -> str:
        """Why there is no figure. A group has no cell where nobody of it is in the base, or the split has too few."""
        cell = self.cell(country, block)
        if cell is not None or self._block(block) == TOTAL:
            return absence(cell)
        is_split = self.indicator.cells.get(country, {}).keys() - {TOTAL}
        return _("no answers") if is_split else _("not split")

    def _block(self, column: str) -> str:
        return column if self.block == TOTAL else self.block


def lines_of(reading: Reading, table: TableResult) -> tuple[Line, ...]:
    """In the order of the table; categories in the order of the scale, as the focal country prints them."""
    groups = table.show != Show.SPLIT
    return tuple(line for name in table.indicators for line in _lines(reading, reading.result.indicator(name), groups))


def _lines(reading: Reading, indicator: IndicatorResult, groups: bool) -> list[Line]:
    label = reading.label(indicator)
    if indicator.stat == Stat.COUNT and groups:
        return [Line(indicator, label), *_groups(reading, indicator)]
    if indicator.stat != Stat.PERCENT_EACH:
        return [Line(indicator, label)]
    own = indicator.cells.get(reading.focal, {}).get(TOTAL, {})
    names = [name for name in indicator.categories if name in own]
    categories = [Line(indicator, reading.category_label(indicator, name), name, level=1) for name in names]
    return [Line(indicator, label, heading=True), *categories]


def _groups(reading: Reading, indicator: IndicatorResult) -> list[Line]:
    """People counted by group, such as women and men, one line each."""
    own = indicator.cells.get(reading.focal, {})
    names = [name for name in indicator.blocks if name in own]
    return [Line(indicator, reading.block_label(indicator, name), block=name, level=1) for name in names]


def indicators_of(reading: Reading, table: TableResult) -> tuple[IndicatorResult, ...]:
    return tuple(reading.result.indicator(name) for name in table.indicators)


def countries_of(reading: Reading, table: TableResult) -> frozenset[str]:
    """The countries whose figures a table prints."""
    if table.show == Show.OTHERS:
        return frozenset(country.code for country in reading.result.countries)
    return frozenset({reading.focal})


def blocks_of(reading: Reading, table: TableResult) -> dict[str, str]:
    """Blocks that the focal country prints anywhere in a table, with their labels, in the order of the split."""
    found: dict[str, str] = {}
    for indicator in indicators_of(reading, table):
        own = indicator.cells.get(reading.focal, {})
        found |= {block: reading.block_label(indicator, block) for block in indicator.blocks if block in own}
    return found
