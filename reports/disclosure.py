"""Disclosure control: split, total or nothing. Judges counts; percentages give no protection.

A count k of n is fit when k >= t and n - k >= t. What is printed of one site and indicator is exactly the blocks of a
partition, each fit or empty, and functions of them; so no equation mixes a hidden count with a shown one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from reports.tabulation import Count, Spread

T = TypeVar("T", Count, Spread)
FLOOR = 3
DEFAULT = 5
MEAN_BASE = 10


@dataclass(frozen=True, slots=True)
class Policy:
    """Threshold t of a release. The floor is not negotiable."""

    threshold: int = DEFAULT

    def __post_init__(self) -> None:
        if self.threshold < FLOOR:
            raise ValueError(f"the threshold is never under {FLOOR}")

    def fit(self, count: Count) -> bool:
        """k >= t and n - k >= t."""
        return count.k >= self.threshold and count.n - count.k >= self.threshold

    def fit_or_empty(self, count: Count) -> bool:
        return count.n == 0 or self.fit(count)

    def fit_mean(self, spread: Spread, *, floor: int = 0, ceiling: int | None = None, zeros: bool = False) -> bool:
        """Enough people, not all of them at one number, and a sum away from what the lowest or highest would give.

        A mean of 0.1 over ten people says that one of them said 1 and all the others 0. With `zeros` some people count
        with zero for another answer, and how many do not may be known: the mean of those follows, and has to fit too.
        """
        enough = spread.n >= max(self.threshold, MEAN_BASE) and spread.low != spread.high
        above = spread.total - floor * spread.n >= self.threshold
        below = ceiling is None or ceiling * spread.n - spread.total >= self.threshold
        return enough and above and below and (not zeros or self._fit_without_zeros(spread, ceiling or 0))

    def _fit_without_zeros(self, spread: Spread, ceiling: int) -> bool:
        people = spread.above_zero
        enough = people >= max(self.threshold, MEAN_BASE) and spread.least != spread.high
        # One person less could have said it all.
        spare = not ceiling or ceiling * people - spread.total >= max(self.threshold, ceiling)
        return enough and spare and spread.total - people >= self.threshold


@dataclass(frozen=True, slots=True)
class Printable(Generic[T]):
    """What may be printed of one figure: its blocks and total, the total alone, or nothing."""

    total: T | None
    blocks: Mapping[str, T]


def split_total_or_nothing(blocks: Mapping[str, Count], policy: Policy) -> Printable[Count]:
    """The split if every block is fit or empty; else the total if it is fit; else nothing.

    `blocks` partition the base: people of another or no stated group are a block too. A single block is its own total.
    """
    total = _add(blocks.values(), Count(0, 0))
    if len(blocks) > 1 and policy.fit(total) and all(policy.fit_or_empty(block) for block in blocks.values()):
        return Printable(total, dict(blocks))
    return Printable(total if policy.fit(total) else None, {})


def split_mean(
    blocks: Mapping[str, Spread], policy: Policy, *, floor: int = 0, ceiling: int | None = None, zeros: bool = False
) -> Printable[Spread]:
    """The same rule for a mean: every block large enough or empty, else the total, else nothing."""

    def fit(spread: Spread) -> bool:
        return policy.fit_mean(spread, floor=floor, ceiling=ceiling, zeros=zeros)

    total = _add(blocks.values(), Spread(0, 0))
    if len(blocks) > 1 and fit(total) and all(block.n == 0 or fit(block) for block in blocks.values()):
        return Printable(total, dict(blocks))
    return Printable(total if fit(total) else None, {})


def _add(parts: Iterable[T], start: T) -> T:
    total = start
    for part in parts:
        total = total + part
    return total


def merged_classes(counts: Mapping[str, int], policy: Policy) -> tuple[tuple[str, ...], ...]:
    """A single choice's distribution as classes that may all be printed, or () when none may.

    The two smallest classes are merged until every class is fit; a choice that nobody took is merged as well, because
    a printed zero says something about everybody. `counts` are in the order of the scale, which the classes keep.

    Whoever knows that the smallest are merged knows something of their sizes. Where that leaves a choice no other size
    than its own, nothing is printed.
    """
    classes = _smallest_merged(counts, policy)
    merged = [(names, name) for names in classes if len(names) > 1 for name in names]
    return classes if all(_is_open(counts, classes, names, name, policy) for names, name in merged) else ()


def _is_open(
    counts: Mapping[str, int], classes: tuple[tuple[str, ...], ...], names: tuple[str, ...], name: str, policy: Policy
) -> bool:
    """Whether a merged choice could have had another size, and the same classes would have come of it."""
    for other in names:
        both, t = counts[name] + counts[other], policy.threshold
        sizes = {*range(t + 1), *range(both - t, both + 1), counts[name] - 1, counts[name] + 1} - {counts[name]}
        for size in sizes if other != name else ():
            if 0 <= size <= both and classes == _smallest_merged({**counts, name: size, other: both - size}, policy):
                return True
    return False


def _smallest_merged(counts: Mapping[str, int], policy: Policy) -> tuple[tuple[str, ...], ...]:
    base, order = sum(counts.values()), list(counts)
    classes: list[tuple[str, ...]] = [(name,) for name in counts]

    def people(names: tuple[str, ...]) -> int:
        return sum(counts[name] for name in names)

    while len(classes) > 1 and not all(policy.fit(Count(people(names), base)) for names in classes):
        classes.sort(key=lambda names: (people(names), order.index(names[0])))
        classes = [tuple(sorted((*classes[0], *classes[1]), key=order.index)), *classes[2:]]
    if len(classes) < 2:
        return ()
    return tuple(sorted(classes, key=lambda names: order.index(names[0])))


def part_fits(part: Count, parent: Count, policy: Policy) -> bool:
    """A nested item is printed only when it is fit among the people whom its parent counts."""
    return part.k <= parent.k and policy.fit(Count(part.k, parent.k))
