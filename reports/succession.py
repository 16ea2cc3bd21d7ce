"""A later cut after earlier releases: whole or not at all. Pure.

Whoever holds two releases of one cohort can subtract them, and what is left describes only the people who came between.
So a later release prints every figure in the form in which an earlier one printed it, and each has to have changed by a
fit difference: at least t more people counted and t more not, or nobody at all. Otherwise the earlier one stands.
"""

from collections.abc import Iterable, Mapping

from reports.cells import JOINED
from reports.disclosure import MEAN_BASE, Policy
from reports.plan import Indicator, Plan, Stat
from reports.table import TOTAL, Cell, Cells, State
from reports.tabulation import Count

Row = Mapping[str, Cell]


def follow(
    earlier: Iterable[Mapping[str, Cells]], later: Mapping[str, Cells], plan: Plan, policy: Policy
) -> dict[str, Cells] | None:
    """The cells of a later cut as they may be printed after the earlier releases; None when those have to stand.

    What no earlier release printed of an indicator is printed as it is: there is nothing to subtract from it.
    """
    now = dict(later)
    for before in earlier:
        for indicator in plan.indicators:
            printed = _printed(before.get(indicator.id, {}))
            if printed:
                cells = _in_the_form_of(printed, now[indicator.id])
                if cells is None or not _may_follow(printed, cells, indicator, policy):
                    return None
                now[indicator.id] = cells
    return now


def _printed(cells: Cells) -> dict[str, dict[str, Cell]]:
    shown = {block: {n: cell for n, cell in row.items() if cell.state is State.SHOWN} for block, row in cells.items()}
    return {block: row for block, row in shown.items() if row}


def _in_the_form_of(printed: Mapping[str, Row], cells: Cells) -> dict[str, dict[str, Cell]] | None:
    """The same blocks and classes as before; None when one of them cannot be printed now."""
    found: dict[str, dict[str, Cell]] = {}
    for block, row in printed.items():
        own = _joined(row, cells.get(block, {}))
        if own is None:
            return None
        found[block] = own
    return {TOTAL: dict(cells.get(TOTAL, {})), **found}


def _joined(before: Row, now: Row) -> dict[str, Cell] | None:
    """A row whose classes are merged as they were; classes that were not printed before stay as they are."""
    merged: dict[str, Cell] = {}
    taken: set[str] = set()
    for name in before:
        atoms = set(name.split(JOINED))
        parts = {own: cell for own, cell in now.items() if set(own.split(JOINED)) <= atoms}
        covered = {atom for own in parts for atom in own.split(JOINED)}
        if covered != atoms or any(cell.state is not State.SHOWN for cell in parts.values()):
            return None
        merged[name] = _sum(list(parts.values()))
        taken |= parts.keys()
    return {**merged, **{name: cell for name, cell in now.items() if name not in taken}}


def _sum(cells: list[Cell]) -> Cell:
    if len(cells) == 1:
        return cells[0]
    count = Count(sum(cell.k or 0 for cell in cells), cells[0].n or 0)
    return Cell(State.SHOWN, count.percent(), count.k, count.n)


def _may_follow(printed: Mapping[str, Row], cells: Cells, indicator: Indicator, policy: Policy) -> bool:
    return all(
        _changed_enough(before, cells[block][name], indicator, block, policy)
        for block, row in printed.items()
        for name, before in row.items()
    )


def _changed_enough(before: Cell, now: Cell, indicator: Indicator, block: str, policy: Policy) -> bool:
    k, n = (now.k or 0) - (before.k or 0), (now.n or 0) - (before.n or 0)
    if before == now:
        # The same figure of the same people tells of those who came since only that none is in its base.
        return not indicator.sensitive
    if indicator.stat is Stat.COUNT:
        # How many people there are is no secret; of one group, a few more would be.
        return (block == TOTAL and not indicator.sensitive) or k == 0 or k >= policy.threshold
    if before.k is None:
        return n >= max(policy.threshold, MEAN_BASE)
    return 0 <= k <= n and policy.fit(Count(k, n))
