"""Figures that a placeholder asks for, out of one reading of a stored result. Calculates nothing."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from reports.cells import JOINED
from reports.plan import Stat
from reports.render.lines import Line
from reports.render.reading import PERCENTS, Reading, absence, is_percent, listed
from reports.render.tables import others_in_words
from reports.summary import grammar
from reports.summary.grammar import Fault, Figure, Number, Term
from reports.table import TOTAL, Cell, IndicatorResult, State, round_half_up

_PERCENT, _NUMBER = "percent", "number"
# What counts people; a mean, a lowest or a highest counts none.
_COUNTING = PERCENTS | {Stat.COUNT.value}


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
        yield from self._aspect_faults(indicator, figure)

    def _aspect_faults(self, indicator: IndicatorResult, figure: Figure) -> Iterator[Fault]:
        if figure.aspect == grammar.EACH and indicator.stat != Stat.PERCENT_EACH:
            yield Fault("no-distribution", figure.source)
        elif figure.aspect == grammar.EACH and figure.block:
            # No plan splits a distribution.
            yield Fault("block-unknown", figure.source)
        if figure.aspect == grammar.OTHERS and figure.whose:
            # They are the others than the country that the summary is of.
            yield Fault("not-understood", figure.source)
        if figure.aspect == grammar.PEOPLE and indicator.stat not in _COUNTING:
            yield Fault("no-people", figure.source)

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
            return listed(f"{self._label(indicator, one)} {self.of(one).text}" for one in self.printed(figure))
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
            return self._missing(term) if count is None else Value(self.reading.isolated(str(count)), Fraction(count))
        exact = self.exact(term)
        if exact is None:
            return self._missing(term)
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
        return self.line(figure).cell(self._country(figure))

    def line(self, figure: Figure) -> Line:
        indicator = self.indicators[figure.indicator]
        level = 1 if figure.category or figure.block else 0
        return Line(indicator, self._label(indicator, figure), figure.category, figure.block or TOTAL, level)

    def _country(self, figure: Figure) -> str:
        return figure.whose if figure.whose.isupper() else self.reading.focal

    def _missing(self, figure: Figure) -> Value:
        """The reason that tables give; what is made of several countries lacks one of them."""
        if figure.whose in grammar.ACROSS:
            return Value(absence(Cell(State.TOO_FEW)))
        return Value(self.line(figure).absence(self._country(figure)))

    def _label(self, indicator: IndicatorResult, figure: Figure) -> str:
        if figure.category:
            return self.reading.category_label(indicator, figure.category)
        return self.reading.block_label(indicator, figure.block) if figure.block else self.reading.label(indicator)

    # What stands behind it --------------------------------------------------------------------------------------------

    def printed(self, figure: Figure) -> Iterator[Figure]:
        """The figures that stand on the page for one: of a distribution every class, merged where it is too small."""
        if figure.aspect in ("", grammar.PEOPLE) and figure.whose not in grammar.ACROSS:
            yield Figure(figure.indicator, figure.category, figure.block, figure.whose)
        elif figure.aspect == grammar.EACH:
            indicator = self.indicators[figure.indicator]
            own = indicator.cells.get(self._country(figure), {}).get(TOTAL, {})
            for name in indicator.categories:
                if name in own and figure.category in ("", name, *name.split(JOINED)):
                    yield Figure(figure.indicator, name, whose=figure.whose)

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
        return self.line(figure).in_words(self.reading, self._country(figure))
