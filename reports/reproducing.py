"""Printed figures against a comparison: which it reproduces, which it does not, and which no data could give. Pure.

Only printed cells are looked at: a figure that is hidden is neither confirmed nor denied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from reports.figure_file import Printed
from reports.plan import Average, Stat
from reports.possible import PrintedValue, Rounding, means_of, meet, smallest_base, span
from reports.table import SCALAR, TOTAL, Cell, IndicatorResult, Result, round_half_up

_PERCENTS = (Stat.PERCENT_IN, Stat.PERCENT_EACH)
_WHOLE_NUMBERS = (Stat.MIN, Stat.MAX, Stat.COUNT)


class Verdict(StrEnum):
    REPRODUCED = "reproduced"
    DIFFERS = "differs"
    # No fraction of any possible base rounds to it, or no figures that are printed as the others are have this mean.
    IMPOSSIBLE = "impossible"
    NOT_PRINTED = "not_printed"
    NOT_HERE = "not_here"


class Why(StrEnum):
    """What is said beside a verdict; `Judged.values` fills it in."""

    NO_INDICATOR = "no_indicator"
    NO_COUNTRY = "no_country"
    NO_GROUP = "no_group"
    NOT_SPLIT = "not_split"
    NO_CHOICE = "no_choice"
    ONE_FIGURE = "one_figure"
    NO_AVERAGE = "no_average"
    WHICH_FOCAL = "which_focal"
    NO_BASE = "no_base"
    BASE_NEEDED = "base_needed"
    CUT_OFF = "cut_off"
    WHOLE_NUMBER = "whole_number"
    MORE_THAN_ALL = "more_than_all"
    OTHER_MEANS = "other_means"
    LARGER_BASE = "larger_base"


@dataclass(frozen=True, slots=True)
class Judged:
    """What the check says of one figure. `ours` is our value with its decimals, `fraction` what it is made of."""

    printed: Printed
    verdict: Verdict
    ours: str = ""
    fraction: str = ""
    # Why it is not printed, where it is not; '' for a cell that there is not: another grouping, or no split.
    state: str = ""
    why: tuple[tuple[Why, Mapping[str, str]], ...] = field(default=())

    @property
    def text(self) -> str:
        return round_half_up(self.printed.value, self.printed.decimals)


def judge(figures: Sequence[Printed], result: Result) -> tuple[Judged, ...]:
    """One verdict a figure, in order."""
    return tuple(_Judge(figures, result).judged(figure) for figure in figures)


Reasons = tuple[tuple[Why, Mapping[str, str]], ...]


class _Judge:
    def __init__(self, figures: Sequence[Printed], result: Result) -> None:
        self.result = result
        self.indicators = {indicator.id: indicator for indicator in result.indicators}
        self.countries = [country.code for country in result.countries]
        # The totals that stand in the file, for the averages that stand beside them.
        self.totals = {
            (one.indicator, one.country): PrintedValue(one.value, one.decimals)
            for one in figures
            if not (one.is_average or one.block or one.choice)
        }

    def judged(self, figure: Printed) -> Judged:
        indicator = self.indicators.get(figure.indicator)
        if indicator is None:
            return self._absent(figure, None, Why.NO_INDICATOR)
        return self._average(figure, indicator) if figure.is_average else self._cell(figure, indicator)

    def _absent(self, figure: Printed, indicator: IndicatorResult | None, why: Why, **values: str) -> Judged:
        """Not in this comparison; whether it could be at all can be said all the same."""
        reasons = _impossible(figure, indicator)
        verdict = Verdict.IMPOSSIBLE if reasons else Verdict.NOT_HERE
        return Judged(figure, verdict, why=((why, values), *reasons))

    # Cells ------------------------------------------------------------------------------------------------------------

    def _cell(self, figure: Printed, indicator: IndicatorResult) -> Judged:
        if figure.country not in self.countries:
            return self._absent(figure, indicator, Why.NO_COUNTRY, known=", ".join(self.countries))
        if figure.block and figure.block not in indicator.blocks:
            why = Why.NO_GROUP if indicator.blocks else Why.NOT_SPLIT
            return self._absent(figure, indicator, why, known=", ".join(indicator.blocks))
        known = {name for row in (*indicator.choices, *indicator.categories) for name in (row, *row.split("+"))}
        if figure.choice and figure.choice not in known:
            why = Why.NO_CHOICE if indicator.categories else Why.ONE_FIGURE
            return self._absent(figure, indicator, why, known=", ".join(indicator.categories))
        cell = self._found(figure, indicator)
        if cell is None or cell.value is None:
            reasons = _impossible(figure, indicator)
            state = cell.state.value if cell is not None else ""
            verdict = Verdict.IMPOSSIBLE if reasons else Verdict.NOT_PRINTED
            return Judged(figure, verdict, state=state, why=reasons)
        return self._held_against(figure, indicator, cell, cell.value)

    def _found(self, figure: Printed, indicator: IndicatorResult) -> Cell | None:
        counted = figure.choice in indicator.counted and indicator.stat == Stat.PERCENT_IN
        category = SCALAR if counted and len(indicator.counted) == 1 else figure.choice
        return indicator.cell(figure.country, figure.block or TOTAL, category or SCALAR)

    def _held_against(self, figure: Printed, indicator: IndicatorResult, cell: Cell, value: Fraction) -> Judged:
        ours = round_half_up(value, figure.decimals)
        larger = cell.n is not None and figure.largest_base is not None and cell.n > figure.largest_base
        beside: Reasons = ((Why.LARGER_BASE, {"base": str(cell.n)}),) if larger else ()
        if Fraction(ours) == figure.value:
            return Judged(figure, Verdict.REPRODUCED, ours, _fraction(cell), why=beside)
        reasons = _impossible(figure, indicator)
        verdict = Verdict.IMPOSSIBLE if reasons else Verdict.DIFFERS
        return Judged(figure, verdict, ours, _fraction(cell), why=(*reasons, *beside))

    # Averages ---------------------------------------------------------------------------------------------------------

    def _average(self, figure: Printed, indicator: IndicatorResult) -> Judged:
        if not indicator.average:
            return Judged(figure, Verdict.NOT_HERE, why=((Why.NO_AVERAGE, {}),))
        if figure.country and figure.country not in self.countries:
            return Judged(figure, Verdict.NOT_HERE, why=((Why.NO_COUNTRY, {"known": ", ".join(self.countries)}),))
        if indicator.average == Average.OTHERS and not figure.country:
            return Judged(figure, Verdict.NOT_HERE, why=((Why.WHICH_FOCAL, {"example": self.countries[0]}),))
        focal = figure.country or self.countries[0]
        members = [code for code in self.countries if indicator.average == Average.ALL or code != focal]
        reasons = self._other_means(figure, members)
        exact = indicator.averages.get(focal, {}).get(SCALAR)
        if exact is None:
            return Judged(figure, Verdict.IMPOSSIBLE if reasons else Verdict.NOT_PRINTED, why=reasons)
        ours, fraction = round_half_up(exact, figure.decimals), str(len(members))
        if Fraction(ours) == figure.value:
            return Judged(figure, Verdict.REPRODUCED, ours, fraction)
        return Judged(figure, Verdict.IMPOSSIBLE if reasons else Verdict.DIFFERS, ours, fraction, why=reasons)

    def _other_means(self, figure: Printed, members: Sequence[str]) -> Reasons:
        """Whether the countries' figures in the same file leave room for this mean; nothing where one is missing."""
        parts = [self.totals[figure.indicator, code] for code in members if (figure.indicator, code) in self.totals]
        if len(parts) < len(members) or not parts:
            return ()
        reached = means_of(parts)
        if meet(reached, span(figure.value, figure.decimals, Rounding.HALF_UP)):
            return ()
        values = (round_half_up(end, figure.decimals + 1) for end in (reached.low, reached.high))
        return ((Why.OTHER_MEANS, dict(zip(("low", "high"), values, strict=True))),)


# Possible at all ------------------------------------------------------------------------------------------------------


def _impossible(figure: Printed, indicator: IndicatorResult | None) -> Reasons:
    """Why no data could give a figure; () where some could, or where it is not known what it is a figure of."""
    stat = Stat(indicator.stat) if indicator else None
    if stat in _WHOLE_NUMBERS:
        return ((Why.WHOLE_NUMBER, {}),) if figure.value.denominator > 1 else ()
    if stat in _PERCENTS or (stat is None and figure.is_percent):
        return _no_base(figure, whole=100)
    return _no_base(figure, whole=1) if stat is Stat.MEAN else ()


def _no_base(figure: Printed, *, whole: int) -> Reasons:
    """Rounding half up and half to even are tried; of cutting off it is told, since it is how some figures come."""
    found = {how: smallest_base(figure.value, figure.decimals, how, whole=whole) for how in Rounding}
    if found[Rounding.HALF_UP] is None and found[Rounding.HALF_EVEN] is None:
        return ((Why.MORE_THAN_ALL, {}),)
    if figure.largest_base is None:
        return ()
    fits = {how: one is not None and one.denominator <= figure.largest_base for how, one in found.items()}
    if fits[Rounding.HALF_UP] or fits[Rounding.HALF_EVEN]:
        return ()
    needed = min(one.denominator for how, one in found.items() if one is not None and how is not Rounding.CUT_OFF)
    cut = found[Rounding.CUT_OFF]
    return (
        (Why.NO_BASE, {"base": str(figure.largest_base)}),
        (Why.BASE_NEEDED, {"base": str(needed)}),
        *(((Why.CUT_OFF, {"fraction": _written(cut)}),) if cut is not None and fits[Rounding.CUT_OFF] else ()),
    )


def _written(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def _fraction(cell: Cell) -> str:
    if cell.k is not None and cell.n is not None:
        return f"{cell.k}/{cell.n}"
    return f"n {cell.n}" if cell.n is not None else ""
