"""From histograms to figures: who is in the base, who is counted, what the mean is. Exact, before any disclosure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from reports.plan import Indicator, Stat
from survey.protocol.record import TICKED, missing_code, missing_reason
from survey.protocol.schema import Question

# Codes of one record field, in one block of the split, with the number of people who have each.
Histogram = Mapping[int, int]
# Field name → block → histogram. Blocks are choice names of the split question; UNSTATED holds everybody else.
Fields = Mapping[str, Mapping[str, Histogram]]
UNSTATED = "unstated"


@dataclass(frozen=True, slots=True)
class Count:
    """k of n people; counts of disjoint groups add up."""

    k: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.k <= self.n:
            raise ValueError(f"{self.k} of {self.n} is no count")

    def __add__(self, other: "Count") -> "Count":
        return Count(self.k + other.k, self.n + other.n)

    def percent(self) -> Fraction:
        """100 k / n, exact. Raises ZeroDivisionError on an empty base."""
        return Fraction(100 * self.k, self.n)


@dataclass(frozen=True, slots=True)
class Spread:
    """Sum, size, lowest and highest of whole numbers; spreads of disjoint groups add up.

    `above_zero` is how many of them are more than zero, and `least` the lowest of those.
    """

    total: int
    n: int
    low: int | None = None
    high: int | None = None
    above_zero: int = field(default=0, compare=False)
    least: int | None = field(default=None, compare=False)

    def __add__(self, other: "Spread") -> "Spread":
        low, least = (_first(min, pair) for pair in ((self.low, other.low), (self.least, other.least)))
        high = _first(max, (self.high, other.high))
        above = self.above_zero + other.above_zero
        return Spread(self.total + other.total, self.n + other.n, low, high, above, least)

    @staticmethod
    def of(numbers: Mapping[int, int]) -> "Spread":
        """Of numbers and how many people said each."""
        total = sum(number * people for number, people in numbers.items())
        above = {number: people for number, people in numbers.items() if number > 0}
        low, high, least = min(numbers, default=None), max(numbers, default=None), min(above, default=None)
        return Spread(total, sum(numbers.values()), low, high, sum(above.values()), least)

    def mean(self) -> Fraction:
        """Sum / n, exact. Raises ZeroDivisionError on an empty base."""
        return Fraction(self.total, self.n)


def _first(of: Callable[..., int], pair: tuple[int | None, int | None]) -> int | None:
    known = [value for value in pair if value is not None]
    return of(known) if known else None


Percents = dict[str, dict[str, Count]]
Spreads = dict[str, Spread]


def in_base(code: int, width: int, indicator: Indicator) -> bool:
    """Whether a code is in the indicator's base: every substantive answer, and the reasons that the plan includes."""
    reason = missing_reason(code, width)
    return reason is None or reason in indicator.includes


def percents(indicator: Indicator, question: Question, fields: Fields) -> Percents:
    """Category → block → count. percent_in has one category, percent_each one per choice that is in the base.

    A reason that the plan includes is a category like any other: left out, it could be read off the base.
    """
    return _PERCENTS[indicator.stat](indicator, question, fields)


def _percent_in(indicator: Indicator, question: Question, fields: Fields) -> Percents:
    codes = {choice.code for choice in question.options if choice.name in indicator.counted}
    if question.name in fields:
        return {"": {block: _count(row, codes, indicator) for block, row in fields[question.name].items()}}
    ticks = [fields[f"{question.name}/{name}"] for name in indicator.counted]
    if len(ticks) > 1:
        raise ValueError(f"{indicator.id}: count one choice of a multi-select; several may be ticked by one person")
    return {"": {block: _count(row, {TICKED}, indicator) for block, row in ticks[0].items()}}


def _percent_each(indicator: Indicator, question: Question, fields: Fields) -> Percents:
    found: Percents = {}
    whole = fields.get(question.name) or next(iter(fields.values()))
    for choice in question.options:
        if choice.missing is not None and choice.missing not in indicator.includes:
            continue
        own = fields.get(f"{question.name}/{choice.name}")
        code = choice.code if choice.missing is None else missing_code(choice.missing, 1)
        codes, rows = ({code}, whole) if own is None else ({TICKED}, own)
        found[choice.name] = {block: _count(row, codes, indicator) for block, row in rows.items()}
    return found


def _count(row: Histogram, codes: set[int | None] | set[int], indicator: Indicator) -> Count:
    base = sum(people for code, people in row.items() if in_base(code, 1, indicator))
    return Count(sum(row.get(code, 0) for code in codes if code is not None), base)


_PERCENTS: dict[Stat, Callable[[Indicator, Question, Fields], Percents]] = {
    Stat.PERCENT_IN: _percent_in,
    Stat.PERCENT_EACH: _percent_each,
}


def spreads(indicator: Indicator, question: Question, fields: Fields, width: int) -> Spreads:
    """Block → sum, size and range of the substantive numbers."""
    found: Spreads = {}
    for block, row in fields[question.name].items():
        numbers = {code: people for code, people in row.items() if people and missing_reason(code, width) is None}
        found[block] = Spread.of(numbers)
    return found
