"""From printed cells to what an attacker knows, and the questions that he asks of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import permutations, product

import numpy as np

from reports.disclosure import MEAN_BASE
from reports.plan import Indicator, Plan, Stat
from reports.table import SCALAR, TOTAL, Cell, Cells, State
from survey.protocol.checks import REGISTRY
from tests.auditor.attack import Known, Row
from tests.auditor.world import MOST, QUESTIONS, SPLITS, UNSTATED, World

SHARES = (Stat.PERCENT_IN, Stat.PERCENT_EACH)


@dataclass(frozen=True, eq=False)
class Moment:
    """One release among several: which kinds of people, crossed with when they were there, it could count."""

    presence: tuple[int, ...] = (1,)

    def spread(self, row: Row) -> Row:
        return np.concatenate([row * there for there in self.presence])


def learn(known: Known, world: World, plan: Plan, cells: Mapping[str, Cells], moment: Moment) -> None:
    """Everything that the cells of one release say, as rows and sums."""
    for indicator in plan.indicators:
        if indicator.variable == REGISTRY:
            continue
        for block, row in cells[indicator.id].items():
            own = world.everybody() if block == TOTAL else world.block(indicator.split, block)
            for category, cell in row.items():
                for counts, value in _said(world, indicator, own, category, cell):
                    known.add(moment.spread(counts), value)


def _said(world: World, indicator: Indicator, own: Row, category: str, cell: Cell) -> Iterator[tuple[Row, int]]:
    base = world.base(indicator) * own
    if indicator.stat is Stat.COUNT:
        # The base of a block of people counted is everybody; `k` are those of the block.
        yield from [(base, cell.k)] if cell.k is not None else []
        return
    yield from [(base, cell.n)] if cell.n is not None else []
    if cell.state is not State.SHOWN or cell.value is None:
        return
    if indicator.stat in SHARES:
        yield world.counted(indicator, category) * own, cell.k or 0
    elif indicator.stat is Stat.MEAN:
        yield world.numbers(indicator) * own, int(cell.value * (cell.n or 0))
    else:
        values = world.numbers(indicator)
        outside = values < cell.value if indicator.stat is Stat.MIN else values > cell.value
        yield base * outside, 0


# Questions ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Question:
    """A number asked for: k people of a group against the m others of its base, or a sum over m people.

    `cell` is set where a plan prints it: indicator, block, category.
    """

    name: str
    k: Row
    m: Row
    # Here `k` is the sum of what m people said.
    is_sum: bool = False
    # Of numbers that a mean adds up it is no secret that nobody said more than the sum.
    is_number: bool = False
    # How many gave a reason instead of an answer, beside a base that is no secret.
    only_k: bool = False
    cell: tuple[str, str, str] | None = None

    def unfit(self, people: Row, threshold: int) -> bool:
        """Whether it is a number that must not be known."""
        k, m = int(self.k @ people), int(self.m @ people)
        if self.only_k:
            return 0 < k < threshold
        if self.is_number:
            return 0 < k < threshold
        if not self.is_sum:
            return k + m > 0 and (k < threshold or m < threshold)
        # The numbers that the sum adds up, of the people in its base.
        numbers = self.k[(people > 0) & (self.m > 0)]
        return 0 < m < max(threshold, MEAN_BASE) or (m > 0 and numbers.min() == numbers.max())


def plan_cells(world: World, plan: Plan) -> Iterator[Question]:
    """Every cell that a plan might print, block by block."""
    for indicator in plan.indicators:
        if indicator.stat not in (*SHARES, Stat.MEAN) or indicator.variable == REGISTRY:
            continue
        blocks = (
            (*SPLITS[indicator.split], UNSTATED) if indicator.split and indicator.stat is not Stat.PERCENT_EACH else ()
        )
        for block in (TOTAL, *blocks):
            if not indicator.restrict or block in (TOTAL, *indicator.restrict):
                group = world.everybody() if block == TOTAL else world.block(indicator.split, block)
                for category in _categories(indicator):
                    question = _question(world, indicator, (indicator.id, block, category), group)
                    # Whoever signs for a lowest number says that nobody is in the bands below.
                    yield replace(question, is_number=True) if _has_extremes(plan, indicator) else question


def _has_extremes(plan: Plan, indicator: Indicator) -> bool:
    own = indicator.derivation(indicator.variable)
    return own is not None and any(
        one.variable == own.root and one.stat in (Stat.MIN, Stat.MAX) for one in plan.indicators
    )


def _categories(indicator: Indicator) -> list[str]:
    if indicator.stat is not Stat.PERCENT_EACH:
        return [SCALAR]
    own = indicator.derivation(indicator.variable)
    options = QUESTIONS[indicator.variable].options if own is None else own.question().options
    return [choice.name for choice in options if choice.missing is None or choice.missing in indicator.includes]


def _question(world: World, indicator: Indicator, cell: tuple[str, str, str], group: Row) -> Question:
    base, name = world.base(indicator) * group, "/".join(cell)
    if indicator.stat is Stat.MEAN:
        return Question(name, world.numbers(indicator) * group, base, is_sum=True, cell=cell)
    k = world.counted(indicator, cell[2]) * group
    return Question(name, k, base - k, cell=cell, only_k=cell[2] == "dont_know")


def parts(world: World, plan: Plan) -> Iterator[Question]:
    """A part within what it is part of: how many of these are in it, and how many are not."""
    for one in plan.indicators:
        if one.part_of:
            k, whole = world.counted(one, SCALAR), world.counted(plan.indicator(one.part_of), SCALAR)
            yield Question(f"{one.id} within {one.part_of}", k, np.maximum(whole - k, 0))


def pieces(world: World, plan: Plan) -> Iterator[Question]:
    """What nobody printed but an attacker may work out: each answer and each box among each group and its rest.

    What the routing rules out is no secret.
    """
    for indicator in plan.indicators:
        if indicator.stat in (*SHARES, Stat.MEAN) and indicator.variable != REGISTRY:
            groups = _groups(world, plan, indicator)
            for variable in _read_by(indicator):
                whole = replace(indicator, variable=variable, filter=None, restrict=())
                is_number = "times" in _read_by(whole)
                for (where, group), (what, k) in product(groups, _answers(world, plan, whole)):
                    base = world.base(whole) * group
                    flags = {"is_number": is_number, "only_k": what == "dont_know"}
                    if (k * base).any() and (base - k * base).any():
                        name = f"{indicator.id}: {variable} {what} of {where}"
                        yield Question(name, k * base, base - k * base, **flags)
                yield from _outside(world, plan, whole)
            yield from _overlaps(world, indicator, groups)


def _outside(world: World, plan: Plan, indicator: Indicator) -> Iterator[Question]:
    """Of filters that ask for an answer to the question among other things: how many gave it and are outside.

    That nobody is outside is no number of people.
    """
    told = {one.filter for one in plan.indicators if one.filter is not None}
    for condition in sorted(told, key=lambda one: one.source):
        if {indicator.variable} < condition.references():
            group = world.base(indicator) * (1 - world.holds(condition))
            for what, k in _answers(world, plan, indicator):
                name = f"{indicator.id}: {indicator.variable} {what} of not ({condition.source})"
                yield Question(name, k * group, group - k * group, only_k=True)


def _read_by(indicator: Indicator) -> tuple[str, ...]:
    """What an indicator counts, and the questions behind it."""
    own = indicator.derivation(indicator.variable)
    return (indicator.variable, *(own.sources if own is not None else ()))


def _answers(world: World, plan: Plan, indicator: Indicator) -> list[tuple[str, Row]]:
    values = {value for kind in world.kinds for value in _single(kind.get(indicator.variable))} - {"dont_know"}
    if indicator.stat is Stat.MEAN:
        values = {0, MOST}
    if indicator.includes:
        values.add("dont_know")
    found = [(str(value), world.answered(indicator.variable, value)) for value in sorted(values, key=str)]
    boxes = _boxes(plan, indicator.variable)
    boxes |= {one - other for one in boxes for other in boxes}
    named = {"+".join(sorted(map(str, box))): box for box in boxes if len(box) > 1}
    return [*found, *((name, world.answered(indicator.variable, *named[name])) for name in sorted(named))]


def _boxes(plan: Plan, variable: str) -> set[frozenset[object]]:
    """Answers to a question that some figure counts together."""
    found: set[frozenset[object]] = {frozenset(one.counted) for one in plan.indicators if one.variable == variable}
    for one in plan.indicators:
        own = one.derivation(one.variable)
        if own is not None and own.root == variable:
            found |= {frozenset(int(atom) if atom.isdigit() else atom for atom in group.atoms) for group in own.groups}
    return found


def _overlaps(world: World, indicator: Indicator, groups: list[tuple[str, Row]]) -> Iterator[Question]:
    """Of an any-of, for each two answers: who gave both, and who gave but one of them."""
    own = indicator.derivation(indicator.variable)
    if own is None or own.root:
        return
    base = world.base(replace(indicator, filter=None, restrict=()))
    rows = {
        f"{name}={choice}": world.answered(name, choice)
        for name in own.sources
        for choice in own.groups[0].choices
        if choice in {one.name for one in QUESTIONS[name].options}
    }
    for (a, x), (b, y) in permutations(rows.items(), 2):
        for what, k in ((f"{a} and {b}", x * y), (f"{a} without {b}", x * (1 - y))):
            for where, group in groups:
                inside, others = k * base * group, (1 - k) * base * group
                if inside.any() and others.any():
                    yield Question(f"{indicator.id}: {what} of {where}", inside, others)


def _single(answer: object) -> tuple[object, ...]:
    if isinstance(answer, tuple):
        return answer
    return () if answer is None else (answer,)


def _groups(world: World, plan: Plan, indicator: Indicator) -> list[tuple[str, Row]]:
    """Everybody, the blocks of every split of the plan, each filter and its rest, and both together."""
    read = set(_read_by(indicator))
    own = [one for one in plan.indicators if read & set(_read_by(one))]
    splits = sorted({one.split for one in own if one.split})
    blocks = [(f"{split}={name}", world.block(split, name)) for split in splits for name in (*SPLITS[split], UNSTATED)]
    filters = {one.filter.source: world.holds(one.filter) for one in own if one.filter is not None}
    parts = [(f"({source})", row) for source, row in filters.items()]
    parts += [(f"not ({source})", 1 - row) for source, row in filters.items()]
    parts += [(f"({a}) less ({b})", filters[a] * (1 - filters[b])) for a in filters for b in filters if a != b]
    parts += [("none of the filters", np.prod([1 - row for row in filters.values()], axis=0))] if filters else []
    both = [(f"{a} {b}", x * y) for (a, x), (b, y) in product(blocks, parts)]
    return [("everybody", world.everybody()), *blocks, *parts, *both]
