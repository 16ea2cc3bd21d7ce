"""One release of a cohort beside the others: whole or not at all. Pure.

Whoever holds two releases of one cohort can subtract them, and what is left describes only the people between them:
those who came, were taken back or were left out. So a release prints every figure in the form in which another printed
it, and the two have to differ by a fit count, at least t more people counted and t more not, or not at all. Otherwise
the other one stands. Figures are the same when their definitions are, whatever a plan calls them; it does not matter
which of the two releases was made first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reports.cells import JOINED
from reports.disclosure import MEAN_BASE, Policy
from reports.plan import Indicator, Plan, Stat
from reports.table import TOTAL, Cell, Cells, State
from reports.tabulation import Count

Row = Mapping[str, Cell]
Definition = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Released:
    """What another release printed, by definition; `same_cut` when it counted up to the same cut."""

    cells: Mapping[Definition, Cells]
    same_cut: bool = False


def definition(indicator: Indicator) -> Definition:
    """What a figure is, apart from its name and looks."""
    rules = (indicator.includes, indicator.zero_if, indicator.filter)
    blocks = (indicator.split, frozenset(indicator.restrict))
    return (indicator.variable, indicator.stat, frozenset(indicator.counted), *rules, *blocks, indicator.shape)


def by_definition(plan: Plan, cells: Mapping[str, Cells]) -> dict[Definition, Cells]:
    """A release's cells as others are held against them."""
    return {definition(indicator): cells[indicator.id] for indicator in plan.indicators if indicator.id in cells}


def follow(
    others: Iterable[Released], cells: Mapping[str, Cells], plan: Plan, policy: Policy
) -> dict[str, Cells] | None:
    """The cells of a release as they may be printed beside the others; None when one of those has to stand.

    What no other release printed of an indicator is printed as it is: there is nothing to subtract from it.
    """
    now = dict(cells)
    for other in others:
        for indicator in plan.indicators:
            printed = _printed(other.cells.get(definition(indicator), {}))
            if printed:
                own = _in_the_form_of(printed, now[indicator.id])
                if own is None or not _may_follow(printed, own, indicator, policy, same_cut=other.same_cut):
                    return None
                now[indicator.id] = own
    return now


def settle(
    others: Sequence[Released], cells: Mapping[str, Cells], plan: Plan, policy: Policy
) -> tuple[dict[str, Cells], bool]:
    """What a release holds beside those before it, in their order, and whether these are its own figures.

    Where they are not, the newest one stands; it was held against all before it.
    """
    own = follow(others, cells, plan, policy)
    return (own, True) if own is not None else (standing(others[-1], cells, plan), False)


def standing(other: Released, cells: Mapping[str, Cells], plan: Plan) -> dict[str, Cells]:
    """The figures of a release that stands, under another plan; what it did not print stays hidden."""
    return {
        indicator.id: other.cells.get(definition(indicator)) or _hidden(cells[indicator.id])
        for indicator in plan.indicators
    }


def together(plan: Plan, others: Iterable[Plan]) -> Plan:
    """A plan after all that was released before it: rules about several figures of one item hold across plans too.

    Figures that only another plan has come first, under names of their own, since they are printed already. Those whose
    answers mean another thing in this plan's version are none of its answers.
    """
    names = {definition(indicator): indicator.id for indicator in plan.indicators}
    before: list[Indicator] = []
    for number, other in enumerate(others):
        for indicator in other.indicators:
            if definition(indicator) not in names and indicator.shape == indicator.shape_in(plan.shapes):
                names[definition(indicator)] = f"{number}/{indicator.id}"
                before.append(_renamed(indicator, other, names))
    return Plan((*before, *plan.indicators), plan.tables)


def _renamed(indicator: Indicator, plan: Plan, names: Mapping[Definition, str]) -> Indicator:
    parent = definition(plan.indicator(indicator.part_of)) if indicator.part_of else None
    return replace(indicator, id=names[definition(indicator)], part_of=names.get(parent, "") if parent else "")


def _hidden(cells: Cells) -> Cells:
    return {TOTAL: {name: _without_figure(cell) for name, cell in cells[TOTAL].items()}}


def _without_figure(cell: Cell) -> Cell:
    return cell if cell.state is State.NOT_ASKED else Cell(State.TOO_FEW)


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


def _may_follow(
    printed: Mapping[str, Row], cells: Cells, indicator: Indicator, policy: Policy, *, same_cut: bool
) -> bool:
    # The same figure of other people tells of them only that none is in its base: too much of a sensitive item.
    same_is_fine = same_cut or not indicator.sensitive
    pairs = [(block, before, cells[block][name]) for block, row in printed.items() for name, before in row.items()]
    return all(
        (before == now and same_is_fine) or _differ_enough(before, now, indicator, block, policy)
        for block, before, now in pairs
    )


def _differ_enough(before: Cell, now: Cell, indicator: Indicator, block: str, policy: Policy) -> bool:
    k, n = (now.k or 0) - (before.k or 0), (now.n or 0) - (before.n or 0)
    if n < 0 or (n == 0 and k < 0):
        k, n = -k, -n
    if indicator.stat is Stat.COUNT:
        # How many people there are is no secret; of one group, a few more would be.
        return (block == TOTAL and not indicator.sensitive) or k == 0 or abs(k) >= policy.threshold
    if before.k is None:
        return n >= max(policy.threshold, MEAN_BASE)
    return 0 <= k <= n and policy.fit(Count(k, n))
