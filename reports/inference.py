"""Intervals and tests on counts, as a statistician's program computes them. Exact where that is possible. Pure.

Nothing here knows what may be printed: callers pass printed counts only, since a p-value is a function of its counts.
What comes out is rounded to twelve decimals, so that every machine stores the same number.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

# The quantile of the normal distribution that leaves 2.5 % above it.
Z = Fraction("1.959963984540054")
DECIMALS = 12
_SCALE = 10**DECIMALS
# A table counts as no likelier than the observed one within this relative tolerance, as in R.
_TOLERANCE = (10**7 + 1, 10**7)
# An exact test looks at so many tables of two groups at most, and takes so many steps through those of several: tenths
# of a second. Beyond, the approximation is as good, but for a tiny group beside a huge one: there is no test then.
MOST_TABLES, MOST_STEPS = 2_000, 150_000
LEAST_EXPECTED = 5


class Method(StrEnum):
    FISHER = "fisher"
    CHI_SQUARE = "chi_square"


@dataclass(frozen=True, slots=True)
class Share:
    """k of n people."""

    k: int
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.k <= self.n:
            raise ValueError(f"{self.k} of {self.n} is no share")


@dataclass(frozen=True, slots=True)
class Tested:
    """How likely shares at least so different are where there is no difference, and by which method that was found."""

    method: Method
    p: Fraction


def wilson(share: Share) -> tuple[Fraction, Fraction]:
    """The Wilson score interval at 95 %, without continuity correction, as shares of one.

    E. B. Wilson, “Probable inference, the law of succession, and statistical inference”, Journal of the American
    Statistical Association 22 (1927), 209–212. Recommended for small n by L. D. Brown, T. T. Cai and A. DasGupta,
    “Interval estimation for a binomial proportion”, Statistical Science 16 (2001), 101–133. In R:
    `prop.test(k, n, correct = FALSE)$conf.int`. Raises ZeroDivisionError on an empty base.
    """
    k, n = share.k, share.n
    middle = k + Z * Z / 2
    half = Z * _root(Fraction(k * (n - k), n) + Z * Z / 4)
    low, high = (middle - half) / (n + Z * Z), (middle + half) / (n + Z * Z)
    return (
        Fraction(0) if k == 0 else _rounded(max(low, Fraction(0))),
        Fraction(1) if k == n else _rounded(min(high, Fraction(1))),
    )


def _root(square: Fraction) -> Fraction:
    """A square root to more decimals than are kept."""
    scale = 10 ** (2 * DECIMALS)
    return Fraction(math.isqrt(square.numerator * scale * scale // square.denominator), scale)


def _rounded(value: Fraction | float) -> Fraction:
    return Fraction(round(Fraction(value) * _SCALE), _SCALE)


# Which test -----------------------------------------------------------------------------------------------------------


def compare_shares(shares: Sequence[Share]) -> Tested | None:
    """The test of shares of several groups: exact for two groups, and for more where an expected count is under five.

    Where the exact test would take too long, Pearson's chi-square, if no expected count is under five; else none.
    """
    fits = least_expected(shares) >= LEAST_EXPECTED
    if len(shares) > 2 and fits:
        return Tested(Method.CHI_SQUARE, chi_square(shares))
    exact = fisher(shares)
    if exact is not None:
        return Tested(Method.FISHER, exact)
    return Tested(Method.CHI_SQUARE, chi_square(shares)) if fits else None


def least_expected(shares: Sequence[Share]) -> Fraction:
    """The smallest count that is expected in the table of groups by counted or not, if all have the same share."""
    k, n = _sums(shares)
    if not n:
        return Fraction(0)
    return min(Fraction(share.n * part, n) for share in shares for part in (k, n - k))


def _sums(shares: Sequence[Share]) -> tuple[int, int]:
    return sum(share.k for share in shares), sum(share.n for share in shares)


# Pearson's chi-square -------------------------------------------------------------------------------------------------


def chi_square(shares: Sequence[Share]) -> Fraction:
    """The p-value of Pearson's chi-square test of equal shares, without continuity correction.

    In R: `chisq.test(cbind(k, n - k), correct = FALSE)$p.value`.
    """
    k, n = _sums(shares)
    groups = [share for share in shares if share.n]
    if k in (0, n) or len(groups) < 2:
        return Fraction(1)
    spread = sum(Fraction(share.k**2, share.n) for share in groups) - Fraction(k * k, n)
    return _rounded(_above(float(spread * n * n / (k * (n - k))), len(groups) - 1))


def _above(x: float, freedom: int) -> float:
    """The chi-square distribution's part above x, for whole degrees of freedom: a finite sum without cancellation.

    M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 26.4.4 and 26.4.5.
    """
    half = x / 2
    if half <= 0:
        return 1.0
    odd = freedom % 2
    start = math.erfc(math.sqrt(half)) if odd else 0.0
    powers = ((place + odd / 2) for place in range(freedom // 2))
    return start + sum(math.exp(power * math.log(half) - half - math.lgamma(power + 1)) for power in powers)


# Fisher's exact test --------------------------------------------------------------------------------------------------


def fisher(shares: Sequence[Share]) -> Fraction | None:
    """The two-sided p-value of Fisher's exact test of equal shares; None where it would take too long.

    The sum of the probabilities of all tables with these margins that are no likelier than the observed one. Counted in
    whole numbers: of C(n, k) ways for everybody, each table takes the product of its groups'. In R:
    `fisher.test(cbind(k, n - k))$p.value`.
    """
    groups = sorted((share for share in shares if share.n), key=lambda share: share.n)
    k, n = _sums(groups)
    if k in (0, n) or len(groups) < 2:
        return Fraction(1)
    if 2 * k > n:
        # The same table with its columns changed over has the same tests, and fewer steps.
        groups, k = [Share(share.n - share.k, share.n) for share in groups], n - k
    if len(groups) == 2:
        return _two_groups(groups[0], groups[1], k)
    return _several_groups(groups, k)


def _two_groups(one: Share, other: Share, k: int) -> Fraction | None:
    """The ways of each table, as multiples that leave out what all tables have in common."""
    first, last = max(0, k - other.n), min(one.n, k)
    if last - first >= MOST_TABLES:
        return None
    steps = [((one.n - x) * (k - x), (x + 1) * (other.n - k + x + 1)) for x in range(first, last)]
    start = math.prod(down for _, down in steps)
    most = _no_likelier(_walked(start, steps[: one.k - first])[-1])
    every = _walked(start, steps)
    return _part(sum(ways for ways in every if ways <= most), sum(every))


def _walked(start: int, steps: Sequence[tuple[int, int]]) -> list[int]:
    found = [start]
    for up, down in steps:
        found.append(found[-1] * up // down)
    return found


def _no_likelier(ways: int) -> int:
    return ways * _TOLERANCE[0] // _TOLERANCE[1]


def _part(ways: int, of: int) -> Fraction:
    return Fraction((2 * ways * _SCALE + of) // (2 * of), _SCALE)


# People still to be placed → ways so far → how many tables have come so.
Nodes = dict[int, dict[int, int]]


def _several_groups(groups: Sequence[Share], k: int) -> Fraction | None:
    """Group after group, tables that have taken equally many people in equally many ways go on together.

    C. R. Mehta and N. R. Patel, “A network algorithm for performing Fisher's exact test in r × c contingency tables”,
    Journal of the American Statistical Association 78 (1983), 427–434. All that can still come is bounded from both
    sides, so a way whose end is certain is not walked.
    """
    sizes = [share.n for share in groups]
    if sum(min(size, k) for size in sizes) * k > MOST_STEPS:
        return None
    rows = [[math.comb(size, x) for x in range(min(size, k) + 1)] for size in sizes]
    likeliest, unlikeliest = _bounds(rows, k, max), _bounds(rows, k, min)
    most = _no_likelier(math.prod(math.comb(share.n, share.k) for share in groups))
    whole, steps = 0, 0
    here: Nodes = {k: {1: 1}}
    for place, row in enumerate(rows):
        onward: Nodes = {}
        room = sum(sizes[place + 1 :])
        moves = [(left, x) for left in here for x in range(max(0, left - room), min(len(row) - 1, left) + 1)]
        steps += sum(len(here[left]) for left, _ in moves)
        if steps > MOST_STEPS:
            return None
        for left, x in moves:
            rest = left - x
            ends = (likeliest[place + 1][rest], unlikeliest[place + 1][rest])
            whole += _moved(here[left], row[x], ends, most, onward.setdefault(rest, {})) * math.comb(room, rest)
        here = onward
    return _part(whole, math.comb(sum(sizes), k))


def _moved(pasts: Mapping[int, int], factor: int, ends: tuple[int, int], most: int, onward: dict[int, int]) -> int:
    """Takes tables one group further. Returns the ways of those that end no likelier than `most`, whatever comes."""
    settled = 0
    for past, tables in pasts.items():
        ways = past * factor
        if ways * ends[0] <= most:
            settled += tables * ways
        elif ways * ends[1] <= most:
            onward[ways] = onward.get(ways, 0) + tables
    return settled


def _bounds(rows: Sequence[Sequence[int]], k: int, pick: Callable[[Iterable[int]], int]) -> list[list[int]]:
    """By group and people left: the largest or smallest product that the groups from there on can have."""
    bounds = [[1] + [0] * k]
    room = 0
    for row in reversed(rows):
        room += len(row) - 1
        after = bounds[0]
        bounds.insert(
            0,
            [
                pick([row[x] * after[left - x] for x in range(min(len(row) - 1, left) + 1) if after[left - x]] or [0])
                if left <= room
                else 0
                for left in range(k + 1)
            ],
        )
    return bounds


# Several tests --------------------------------------------------------------------------------------------------------


def holm(values: Sequence[Fraction], among: int) -> list[Fraction]:
    """p-values adjusted for how many tests were declared, in their order; those without a p-value count as the last.

    S. Holm, “A simple sequentially rejective multiple test procedure”, Scandinavian Journal of Statistics 6 (1979),
    65–70. In R: `p.adjust(p, "holm", n = among)`.
    """
    order = sorted(range(len(values)), key=values.__getitem__)
    adjusted = [Fraction(1)] * len(values)
    largest = Fraction(0)
    for rank, place in enumerate(order):
        largest = max(largest, min(Fraction(1), values[place] * (among - rank)))
        adjusted[place] = largest
    return adjusted
