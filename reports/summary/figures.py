"""Figures that a placeholder asks for, out of one reading of a stored result. Calculates nothing."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from reports.cells import JOINED
from reports.plan import Stat
from reports.render.lines import Line
from reports.render.reading import Reading, absence, in_words, is_percent, listed, printed
from reports.render.tables import others_in_words
from reports.summary import grammar
from reports.summary.grammar import Fault, Figure, Number, Term
from reports.table import TOTAL, Cell, IndicatorResult, State, round_half_up

_PERCENT, _NUMBER = "percent", "number"


@dataclass(frozen=True, slots=True)
class Value:
    """A figure as it is printed. `value` is rounded as the reader sees it; None where it is not printed."""

    text: str
    value: Fraction | None = None


class Figures:
    """What one reading prints for a figure, or why the figure cannot be asked for."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.indicators = {indicator.id: indicator for indicator in reading.result.indicators}
        self.countries = {country.code for country in reading.result.countries}
        self.blocks = {block for one in reading.result.indicators for block in one.blocks}

    # What can be asked for --------------------------------------------------------------------------------------------

    def faults(self, figure: Figure) -> Iterator[Fault]:
        """Everything that is wrong with a figure's name."""
        indicator = self.indicators.get(figure.indicator)
        if indicator is None:
            near = difflib.get_close_matches(figure.indicator, self.indicators, n=3)
            yield Fault("indicator-unknown", figure.indicator + (f" ({', '.join(near)}?)" if near else ""))
            return
        if figure.block and figure.block not in self.blocks:
            yield Fault("block-unknown", figure.source)
        yield from self._category_faults(indicator, figure)
        if figure.whose.isupper() and figure.whose not in self.countries:
            yield Fault("country-unknown", figure.source)
        if figure.whose == grammar.AVERAGE and (not indicator.average or figure.block or figure.aspect):
            yield Fault("no-average", figure.source)
        if figure.whose in (grammar.HIGHEST, grammar.LOWEST) and figure.aspect:
            yield Fault("not-understood", figure.source)
        if figure.aspect == grammar.EACH and indicator.stat != Stat.PERCENT_EACH:
            yield Fault("no-distribution", figure.source)

    def _category_faults(self, indicator: IndicatorResult, figure: Figure) -> Iterator[Fault]:
        parts = {part for name in indicator.categories for part in name.split(JOINED) if part}
        if figure.category and figure.category not in parts | set(indicator.categories):
            yield Fault("category-unknown", figure.source)
        whole = figure.aspect in (grammar.EACH, grammar.LABEL)
        if not figure.category and indicator.stat == Stat.PERCENT_EACH and not whole:
            yield Fault("category-missing", figure.source)

    def kind(self, term: Term) -> str:
        """Only like is compared with like; a plain number goes with both."""
        if isinstance(term, Number):
            return ""
        is_share = not term.aspect and is_percent(self.indicators[term.indicator])
        return _PERCENT if is_share else _NUMBER

    # What is printed --------------------------------------------------------------------------------------------------

    def text(self, figure: Figure) -> str:
        """The figure in words: 59.7%, too few to show, a label, or the figures of the other countries."""
        indicator = self.indicators[figure.indicator]
        if figure.aspect == grammar.LABEL:
            return self._label(indicator, figure)
        if figure.aspect == grammar.EACH:
            return self._each(indicator, figure)
        if figure.aspect == grammar.OTHERS:
            table = next(one for one in self.reading.result.tables if figure.indicator in one.indicators)
            return others_in_words(self.reading, self.line(figure), table) if self.reading.others else ""
        return self.of(figure).text

    def of(self, term: Term) -> Value:
        if isinstance(term, Number):
            return Value(round_half_up(term.value, term.decimals), term.value)
        indicator = self.indicators[term.indicator]
        if term.aspect in (grammar.BASE, grammar.PEOPLE):
            cell = self.cell(term)
            count = None if cell is None else cell.n if term.aspect == grammar.BASE else cell.k
            return self._missing(cell) if count is None else Value(self.reading.isolated(str(count)), Fraction(count))
        exact = self.exact(term)
        if exact is None:
            return self._missing(self.cell(term) if term.whose not in _ACROSS else None, of_many=term.whose in _ACROSS)
        decimals = indicator.decimals if term.decimals is None else term.decimals
        rounded = round_half_up(exact, decimals)
        text = rounded + ("%" if is_percent(indicator) else "")
        return Value(self.reading.isolated(text), Fraction(rounded))

    def exact(self, figure: Figure) -> Fraction | None:
        """The unrounded value of a figure that is printed, else None."""
        indicator = self.indicators[figure.indicator]
        if figure.whose == grammar.AVERAGE:
            return indicator.averages.get(self.reading.focal, {}).get(figure.category)
        if figure.whose in (grammar.HIGHEST, grammar.LOWEST):
            return self._extreme(indicator, figure)
        cell = self.cell(figure)
        return None if cell is None else cell.value

    def _extreme(self, indicator: IndicatorResult, figure: Figure) -> Fraction | None:
        """The highest or lowest of the other countries' figures, once all of them are printed."""
        cells = [indicator.cell(one.code, figure.block or TOTAL, figure.category) for one in self.reading.others]
        values = [cell.value for cell in cells if cell is not None and cell.value is not None]
        if not values or len(values) < len(cells):
            return None
        return max(values) if figure.whose == grammar.HIGHEST else min(values)

    def cell(self, figure: Figure) -> Cell | None:
        country = figure.whose if figure.whose.isupper() else self.reading.focal
        return self.indicators[figure.indicator].cell(country, figure.block or TOTAL, figure.category)

    def line(self, figure: Figure) -> Line:
        indicator = self.indicators[figure.indicator]
        level = 1 if figure.category or figure.block else 0
        return Line(indicator, self._label(indicator, figure), figure.category, figure.block or TOTAL, level)

    def _missing(self, cell: Cell | None, *, of_many: bool = False) -> Value:
        return Value(absence(Cell(State.TOO_FEW) if of_many or cell is None else cell))

    def _label(self, indicator: IndicatorResult, figure: Figure) -> str:
        if figure.category:
            return self.reading.category_label(indicator, figure.category)
        return self.reading.block_label(indicator, figure.block) if figure.block else self.reading.label(indicator)

    def _each(self, indicator: IndicatorResult, figure: Figure) -> str:
        """A whole distribution, as it is printed: with merged classes where single ones would be too small."""
        own = indicator.cells.get(self.reading.focal, {}).get(TOTAL, {})
        names = [name for name in indicator.categories if name in own]
        if figure.category:
            names = [name for name in names if figure.category in name.split(JOINED)]
        return listed(
            f"{self.reading.category_label(indicator, name)} {self._plain(indicator, own[name])}" for name in names
        )

    def _plain(self, indicator: IndicatorResult, cell: Cell) -> str:
        return absence(cell) if cell.value is None else self.reading.isolated(printed(indicator, cell.value))

    # What stands behind it --------------------------------------------------------------------------------------------

    def named(self, figure: Figure) -> str:
        """What a figure is of, for the list of figures and their bases."""
        indicator = self.indicators[figure.indicator]
        parts = [self.reading.label(indicator)]
        if figure.category:
            parts.append(self.reading.category_label(indicator, figure.category))
        if figure.block:
            parts.append(self.reading.block_label(indicator, figure.block))
        if figure.whose in self.countries:
            parts.append(self.reading.country_name(self.reading.result.country(figure.whose)))
        return ": ".join(parts)

    def marked(self, figure: Figure) -> str:
        """The figure as tables print it: at the indicator's decimals, with its mark for a small base."""
        return in_words(self.reading, self.indicators[figure.indicator], self.cell(figure))


_ACROSS = frozenset({grammar.AVERAGE, grammar.HIGHEST, grammar.LOWEST})
