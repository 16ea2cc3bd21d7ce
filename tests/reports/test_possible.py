"""Which printed figures some data could give: fractions of small bases, and means of rounded figures."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.possible import PrintedValue, Rounding, means_of, meet, smallest_base, span

UP, EVEN, CUT = Rounding.HALF_UP, Rounding.HALF_EVEN, Rounding.CUT_OFF
WAYS = {UP: ROUND_HALF_UP, EVEN: ROUND_HALF_EVEN, CUT: ROUND_DOWN}


def smallest(text: str, how: Rounding = UP, whole: int = 100) -> str:
    decimals = len(text.partition(".")[2])
    found = smallest_base(Fraction(text), decimals, how, whole=whole)
    return "none" if found is None else f"{found.numerator}/{found.denominator}"


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        # Indonesia in the paper's first table: no base up to 137 gives it
        ("60.1", "83/138"),
        ("60.2", "50/83"),
        ("60.0", "3/5"),
        ("59.7", "37/62"),
        ("33.3", "1/3"),
        ("33", "1/3"),
        ("76.74", "33/43"),
        # the ends of the scale
        ("0", "0/1"),
        ("0.1", "1/667"),
        ("99.9", "666/667"),
        ("100", "1/1"),
        ("100.1", "none"),
    ],
)
def test_the_smallest_base_that_a_percentage_needs(text: str, fraction: str) -> None:
    assert smallest(text) == fraction


@pytest.mark.parametrize(
    ("text", "how", "fraction"),
    [
        # 1/8 is 12.5 exactly: up to 13, to even 12, cut off 12
        ("13", UP, "1/8"),
        ("13", EVEN, "2/15"),
        ("12", EVEN, "1/8"),
        ("12", CUT, "1/8"),
        ("12", UP, "2/17"),
        ("60.1", CUT, "62/103"),
        ("60.1", EVEN, "83/138"),
        ("100", CUT, "1/1"),
    ],
)
def test_other_ways_of_shortening_give_other_fractions(text: str, how: Rounding, fraction: str) -> None:
    assert smallest(text, how) == fraction


@pytest.mark.parametrize(("text", "fraction"), [("2.8", "11/4"), ("2.75", "11/4"), ("39", "39/1"), ("0.01", "1/67")])
def test_a_mean_of_whole_numbers_needs_a_base_too(text: str, fraction: str) -> None:
    assert smallest(text, whole=1) == fraction


def shortened(k: int, n: int, decimals: int, how: Rounding) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        return (Decimal(100 * k) / Decimal(n)).quantize(Decimal(1).scaleb(-decimals), rounding=WAYS[how])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 1), st.sampled_from(Rounding))
def test_looking_at_every_fraction_finds_the_same_base(tenths: int, decimals: int, how: Rounding) -> None:
    printed = Decimal(tenths).scaleb(-1) if decimals else Decimal(tenths // 10)
    found = smallest_base(Fraction(printed), decimals, how, whole=100)
    bases = (n for n in range(1, 61) if any(shortened(k, n, decimals, how) == printed for k in range(n + 1)))
    first = next(bases, None)
    assert first == (found.denominator if found is not None and found.denominator <= 60 else None)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.integers(0, 3))
def test_what_data_give_is_possible(pair: tuple[int, int], decimals: int) -> None:
    k, n = pair
    for how in Rounding:
        own = span(Fraction(shortened(k, n, decimals, how)), decimals, how)
        assert own.holds(Fraction(100 * k, n))
        found = smallest_base(Fraction(shortened(k, n, decimals, how)), decimals, how, whole=100)
        assert found is not None
        assert found.denominator <= n


def test_a_mean_of_rounded_figures_may_be_off_by_half_a_decimal() -> None:
    own = means_of([PrintedValue(Fraction(text), 1) for text in ("90.4", "84.9", "64.3", "72.5", "70.8")])
    assert (own.low, own.high) == (Fraction("76.53"), Fraction("76.63"))
    reached = [text for text in ("76.4", "76.5", "76.6", "76.7", "76.8") if meet(own, span(Fraction(text), 1, UP))]
    assert reached == ["76.5", "76.6"]
