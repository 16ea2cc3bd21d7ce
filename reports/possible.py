"""Whether any data could give a printed figure: is there a fraction of a possible base that rounds to it? Pure.

N. J. L. Brown and J. A. J. Heathers, “The GRIM test”, Social Psychological and Personality Science 8 (2017), 363–369.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Rounding(StrEnum):
    """How a figure may have been shortened. The first two are rounding; cutting off is a common slip."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    CUT_OFF = "cut_off"


TRIED = tuple(Rounding)


@dataclass(frozen=True, slots=True)
class Span:
    """The exact values that are printed alike. Each end belongs to it or not."""

    low: Fraction
    high: Fraction
    with_low: bool = True
    with_high: bool = False

    def holds(self, value: Fraction) -> bool:
        return (
            self.low < value < self.high
            or (self.with_low and value == self.low)
            or (self.with_high and value == self.high)
        )


def span(printed: Fraction, decimals: int, rounding: Rounding) -> Span:
    """The values from nought up that a rounding prints as this figure."""
    step = Fraction(1, 10**decimals)
    if rounding is Rounding.CUT_OFF:
        return Span(printed, printed + step)
    low, high = printed - step / 2, printed + step / 2
    if low < 0:
        return Span(Fraction(0), high)
    even = rounding is Rounding.HALF_EVEN and not (printed / step).numerator % 2
    return Span(low, high, even or rounding is Rounding.HALF_UP, even)


def simplest(own: Span, *, whole: int) -> Fraction | None:
    """The value k · whole / n of the smallest base n; None where there is none. `whole` is 100 for percentages.

    A percentage is of 0 to 100; a mean of whole numbers (`whole` 1) may be anything from nought up.
    """
    low, high = own.low / whole, own.high / whole
    ends = [end / whole for end, inside in ((own.low, own.with_low), (own.high, own.with_high)) if inside]
    found = [*ends, *([_between(low, high)] if low < high else [])]
    fitting = [value for value in found if whole == 1 or value <= 1]
    return min(fitting, key=lambda value: (value.denominator, value.numerator), default=None)


def _between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of the smallest denominator strictly between two: a walk down the tree of Stern and Brocot."""
    floor = low.numerator // low.denominator
    if floor + 1 < high:
        return Fraction(floor + 1)
    if low == floor:
        return floor + Fraction(1, (1 / (high - floor)).__floor__() + 1)
    return floor + 1 / _between(1 / (high - floor), 1 / (low - floor))


def smallest_base(printed: Fraction, decimals: int, rounding: Rounding, *, whole: int) -> Fraction | None:
    """The fraction of the smallest base that a rounding prints so, such as 83/138 for 60.1 %."""
    return simplest(span(printed, decimals, rounding), whole=whole)


@dataclass(frozen=True, slots=True)
class PrintedValue:
    """A figure with the decimals that it was printed with."""

    value: Fraction
    decimals: int


def means_of(parts: Sequence[PrintedValue]) -> Span:
    """The unweighted means that values can have that are printed like these, each rounded half up."""
    spans = [span(part.value, part.decimals, Rounding.HALF_UP) for part in parts]
    return Span(_mean(own.low for own in spans), _mean(own.high for own in spans))


def meet(one: Span, other: Span) -> bool:
    """Whether two spans share a value; both hold their low end and not their high one."""
    return one.low < other.high and other.low < one.high


def _mean(values: Iterable[Fraction]) -> Fraction:
    own = list(values)
    return sum(own, Fraction(0)) / len(own)
