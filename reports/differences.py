"""What lies between two releases of a cohort, figure by figure and together: all of it fit, or nothing at all. Pure.

Two boxes that each changed by enough can differ by one person: {often, always} by ten and {always} by nine say that one
person who came says often. So the changes of one question are taken apart as far as they can be, and every part has to
be fit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reports.disclosure import MEAN_BASE, Policy
from reports.table import Cell
from reports.tabulation import Count

Box = frozenset[str]


@dataclass(frozen=True, slots=True)
class Change:
    """By how much one printed figure changed. `group` is who was looked at, `block` a part of them; a mean has no box.

    `whole` are all answers in the base, where these exclude each other; empty for a multi-select.
    """

    group: object
    block: str
    box: Box | None
    whole: Box
    k: int
    n: int

    @staticmethod
    def of(group: object, block: str, box: Box | None, whole: Box, pair: tuple[Cell, Cell]) -> "Change":
        before, now = pair
        k, n = (now.k or 0) - (before.k or 0), (now.n or 0) - (before.n or 0)
        return Change(group, block, box, whole, k, n)


def fit_together(changes: Iterable[Change], policy: Policy) -> bool:
    """Whether nothing that can be computed from these changes is about too few people."""
    places: dict[tuple[object, str], list[Change]] = {}
    for change in changes:
        places.setdefault((change.group, change.block), []).append(change)
    return all(_parts_fit(own, policy) for own in places.values()) and _groups_fit(places, policy)


def _parts_fit(changes: Sequence[Change], policy: Policy) -> bool:
    """The changes of one group, taken apart: of two boxes one inside the other, what is between them.

    A base is a box as well, of all answers in it: beside one that takes in a reason it tells who gave that.
    """
    boxes: dict[Box, int] = {change.box: change.k for change in changes if change.box}
    wholes = {change.whole: change.n for change in changes if change.whole}
    if not boxes.keys() - wholes.keys():
        return True
    return all(_is_fit(k, _most(changes), policy) for k in _apart({**wholes, **boxes}).values())


def _most(changes: Sequence[Change]) -> int:
    return max((change.n for change in changes), key=abs)


def _apart(boxes: Mapping[Box, int]) -> dict[Box, int]:
    """Boxes and how they changed, until none is inside another."""
    found = dict(boxes)
    while True:
        nested = next(((a, b) for a in found for b in found if a < b), None)
        if nested is None:
            return found
        inner, outer = nested
        rest = found.pop(outer) - found[inner]
        found.setdefault(outer - inner, rest)


def _groups_fit(places: Mapping[tuple[object, str], Sequence[Change]], policy: Policy) -> bool:
    """Of every two groups of people, one may be inside the other: what is between them has to be fit as well."""
    by_block: dict[str, list[Sequence[Change]]] = {}
    for (_, block), own in places.items():
        by_block.setdefault(block, []).append(own)
    return all(
        _two_groups_fit(one, other, policy)
        for groups in by_block.values()
        for place, one in enumerate(groups)
        for other in groups[:place]
    )


def _two_groups_fit(one: Sequence[Change], other: Sequence[Change], policy: Policy) -> bool:
    """What is between two groups: their bases, and every box that is known of both."""
    n = abs(_most(one) - _most(other))
    if any(change.box is None for change in (*one, *other)):
        return n == 0 or n >= MEAN_BASE
    mine, theirs = _known_boxes(one), _known_boxes(other)
    shared = mine.keys() & theirs.keys()
    return (n == 0 or n >= policy.threshold) and all(
        _is_fit(mine[box] - theirs[box], _most(one) - _most(other), policy) for box in shared
    )


def _known_boxes(changes: Sequence[Change]) -> dict[Box, int]:
    """Every box whose change is known: what was printed, and what is left where one is inside another."""
    found = {change.box: change.k for change in changes if change.box}
    return {**_apart(found), **found}


def _is_fit(k: int, n: int, policy: Policy) -> bool:
    if n < 0 or (n == 0 and k < 0):
        k, n = -k, -n
    return (k, n) == (0, 0) or (0 <= k <= n and policy.fit(Count(k, n)))
