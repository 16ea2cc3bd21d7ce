"""Intervals and tests on counts: values that a reader can check by hand, and limits."""

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.inference import MOST_TABLES, Method, Share, chi_square, compare_shares, fisher, holm, wilson


def shares(*pairs: tuple[int, int]) -> list[Share]:
    return [Share(k, n) for k, n in pairs]


def told(value: Fraction | None, decimals: int = 4) -> str:
    return "none" if value is None else f"{float(value):.{decimals}f}"


# Ranges ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        # Brown, Cai and DasGupta's formula by hand: (k + z²/2 ± z √(k(n − k)/n + z²/4)) / (n + z²), z² = 3.8415
        (43, 72, "0.4818", "0.7028"),
        (25, 30, "0.6644", "0.9266"),
        (5, 10, "0.2366", "0.7634"),
        # nobody and everybody: the far end is z² / (n + z²) away
        (0, 10, "0.0000", "0.2775"),
        (10, 10, "0.7225", "1.0000"),
        (0, 1, "0.0000", "0.7935"),
        (500_000, 1_000_000, "0.4990", "0.5010"),
    ],
)
def test_a_range_is_wilsons(k: int, n: int, low: str, high: str) -> None:
    assert tuple(told(bound) for bound in wilson(Share(k, n))) == (low, high)


def test_at_75_people_half_of_them_has_a_range_of_about_eleven_points_each_way() -> None:
    low, high = wilson(Share(37, 75))
    assert 22 < float(100 * (high - low)) < 23


def test_a_range_is_written_with_twelve_decimals_on_every_machine() -> None:
    assert wilson(Share(43, 72)) == (Fraction("0.481806716850"), Fraction("0.702788888479"))


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_range_holds_its_share_and_mirrors_that_of_the_others(pair: tuple[int, int]) -> None:
    k, n = pair
    low, high = wilson(Share(k, n))
    assert 0 <= low <= Fraction(k, n) <= high <= 1
    assert wilson(Share(n - k, n)) == (1 - high, 1 - low)


def test_no_people_have_no_range() -> None:
    with pytest.raises(ZeroDivisionError):
        wilson(Share(0, 0))


def test_more_people_counted_than_there_are_is_no_share() -> None:
    with pytest.raises(ValueError, match="is no share"):
        Share(4, 3)


# Fisher ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "p"),
    [
        # The lady tasting tea: (1 + 16 + 16 + 1) / 70
        ([(3, 4), (1, 4)], Fraction(34, 70)),
        ([(4, 4), (0, 4)], Fraction(2, 70)),
        ([(1, 2), (0, 1)], Fraction(1)),
        # 2, 1 and none of three groups of two: six such tables of two ways each. 1, 1, 1 has eight and is likelier
        ([(2, 2), (1, 2), (0, 2)], Fraction(12, 20)),
        ([(0, 5), (0, 6)], Fraction(1)),
        ([(5, 5), (6, 6)], Fraction(1)),
        ([(3, 5)], Fraction(1)),
        ([(3, 5), (0, 0)], Fraction(1)),
    ],
)
def test_fishers_test_counts_the_ways_by_which_no_likelier_tables_come(
    pairs: list[tuple[int, int]], p: Fraction
) -> None:
    assert fisher(shares(*pairs)) == pytest.approx(p, abs=1e-12)


def brute(groups: list[Share]) -> Fraction:
    """Every table with these margins, one after the other."""
    k = sum(group.k for group in groups)

    def ways(counts: tuple[int, ...]) -> int:
        return math.prod(math.comb(group.n, x) for group, x in zip(groups, counts, strict=True))

    own = ways(tuple(group.k for group in groups))
    every = [t for t in itertools.product(*(range(group.n + 1) for group in groups)) if sum(t) == k]
    return Fraction(sum(ways(t) for t in every if ways(t) <= own), sum(ways(t) for t in every))


SHARE = st.integers(1, 9).flatmap(lambda n: st.builds(Share, st.integers(0, n), st.just(n)))


@settings(max_examples=200, deadline=None)
@given(st.lists(SHARE, min_size=2, max_size=4))
def test_fishers_test_is_what_looking_at_every_table_gives(groups: list[Share]) -> None:
    assert fisher(groups) == pytest.approx(brute(groups), abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(st.lists(SHARE, min_size=2, max_size=4), st.randoms())
def test_the_order_of_the_groups_and_which_answer_is_counted_make_no_difference(groups: list[Share], draw) -> None:
    mixed = draw.sample(groups, len(groups))
    assert fisher(mixed) == fisher(groups)
    assert fisher([Share(group.n - group.k, group.n) for group in groups]) == fisher(groups)


# Chi-square, and which of the two -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "p"),
    [
        # X² = 4 with one degree of freedom; 2 · (1 − Φ(2))
        ([(60, 100), (40, 100), (50, 100)], "0.0183"),  # X² = 8, two degrees: e^−4
        ([(55, 100), (45, 100)], "0.1573"),  # X² = 2, one degree: 2 · (1 − Φ(√2))
        ([(50, 100), (50, 100)], "1.0000"),
        ([(0, 100), (0, 50)], "1.0000"),
        ([(50, 100), (0, 0)], "1.0000"),
    ],
)
def test_chi_square_is_pearsons_without_a_correction(pairs: list[tuple[int, int]], p: str) -> None:
    assert told(chi_square(shares(*pairs))) == p


@pytest.mark.parametrize(
    ("pairs", "method"),
    [
        ([(25, 30), (35, 44)], Method.FISHER),
        ([(43, 72), (41, 74), (54, 76)], Method.CHI_SQUARE),
        # four people of the smallest group are expected: 10 · 4/10
        ([(5, 10), (35, 90), (40, 100)], Method.FISHER),
        ([(5, 10), (45, 90), (50, 100)], Method.CHI_SQUARE),
    ],
)
def test_more_than_two_groups_are_compared_by_chi_square_where_it_fits(
    pairs: list[tuple[int, int]], method: Method
) -> None:
    tested = compare_shares(shares(*pairs))
    assert tested is not None
    assert tested.method is method


def test_the_papers_sentences_about_women_and_men_cannot_be_told_from_chance() -> None:
    tested = [fisher(shares(*pair)) for pair in (((25, 30), (35, 44)), ((20, 30), (33, 42)), ((17, 30), (33, 43)))]
    assert [told(p, 2) for p in tested] == ["0.77", "0.29", "0.08"]
    assert [told(p, 2) for p in holm([p for p in tested if p is not None], 3)] == ["0.77", "0.58", "0.24"]


def test_two_huge_groups_are_compared_by_chi_square() -> None:
    million = shares((500_000, 1_000_000), (501_000, 1_000_000))
    assert fisher(million) is None
    tested = compare_shares(million)
    assert (tested.method, told(tested.p)) == (Method.CHI_SQUARE, "0.1573")


def test_a_tiny_group_beside_a_huge_one_is_still_compared_exactly() -> None:
    """As if its people were drawn one by one: at most half of ten, or at least, where half of all are counted."""
    assert told(fisher(shares((5, 10), (500_000, 1_000_000)))) == "1.0000"
    assert told(fisher(shares((10, 10), (500_000, 1_000_000))), 6) == f"{2 / 2**10:.6f}"


def test_what_is_too_large_for_one_test_and_too_uneven_for_the_other_has_none() -> None:
    assert compare_shares(shares((5, 10), *[(230, 500)] * 49)) is None


def test_the_largest_exact_test_of_two_groups_is_of_so_many_tables() -> None:
    assert fisher(shares((MOST_TABLES // 2, MOST_TABLES - 1), (1000, 5000))) is not None
    assert fisher(shares((MOST_TABLES // 2, MOST_TABLES), (1000, 5000))) is None


# Holm -----------------------------------------------------------------------------------------------------------------


def test_the_smallest_p_is_multiplied_by_how_many_there_are_and_none_overtakes_a_smaller_one() -> None:
    values = [Fraction(text) for text in ("0.04", "0.01", "0.03", "0.9")]
    assert holm(values, 4) == [Fraction(text) for text in ("0.09", "0.04", "0.09", "0.9")]
    assert holm([Fraction(3, 4), Fraction(3, 4)], 2) == [1, 1]
    assert holm([Fraction(1, 3)], 1) == [Fraction(1, 3)]
    assert holm([], 0) == []


def test_a_test_that_was_declared_and_could_not_be_made_counts_all_the_same() -> None:
    assert holm([Fraction("0.01"), Fraction("0.02")], 4) == [Fraction("0.04"), Fraction("0.06")]
