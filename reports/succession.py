"""One release of a cohort beside the others: whole or not at all. Pure.

Whoever holds two releases of one cohort can subtract them, and what is left describes only the people between them:
those who came, were taken back or were left out. So a release prints every figure in the form in which another printed
it, and the two have to differ by a fit count, at least t more people counted and t more not, or not at all. So has
whatever follows from several figures of one question (`reports.differences`). Otherwise the other one stands. Figures
are the same when their definitions are, whatever a plan calls them; it does not matter which of the two releases was
made first. Where the answers to a question are others by too few people, no new figure of it is printed either: beside
an old one it could be subtracted as well.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from reports import any_of
from reports.cells import JOINED
from reports.deriving import Derivation, Rule, settled, variables
from reports.differences import Change, fit_together
from reports.disclosure import MEAN_BASE, Policy
from reports.grids import source
from reports.partitions import split_of
from reports.plan import Indicator, Plan, Stat
from reports.reprinting import Row, hidden, in_the_form_of, printed_of
from reports.table import SCALAR, TOTAL, Cell, Cells
from reports.tabulation import Count
from reports.telling import doors_of
from survey.protocol.expressions import Expression
from survey.protocol.record import RecordLayout
from survey.protocol.schema import Missing


class Definition(NamedTuple):
    """What makes two figures the same. Conditions and splits stand with derived variables in place of their names."""

    variable: str | Derivation
    stat: Stat
    counted: frozenset[str]
    includes: frozenset[Missing]
    zero_if: object
    filter: object
    split: object
    restrict: frozenset[str]
    shape: str


@dataclass(frozen=True)
class Present:
    """What is counted now: a plan together with all that was ever released, so that it shows what has changed."""

    plan: Plan
    cells: Mapping[str, Cells]
    layout: RecordLayout
    respondents: int

    def asks_for(self, indicator: Indicator) -> frozenset[str]:
        """The questions whose answers decide who is asked the one that an indicator counts."""
        found = variables(self.layout, indicator.derived, indicator.variable)[:1]
        gates = (gate for variable in found for gate in variable.gates if gate not in self._doors)
        return frozenset(name for gate in gates for name in gate.references())

    @cached_property
    def _doors(self) -> frozenset[Expression]:
        return doors_of(self.plan.indicators, self.layout)


@dataclass(frozen=True, slots=True)
class Released:
    """What another release printed, by definition; `same_cut` when it counted up to the same cut."""

    cells: Mapping[Definition, Cells]
    same_cut: bool = False
    respondents: int = 0


def definition(indicator: Indicator) -> Definition:
    """What a figure is, apart from its name and looks, and from the names of derived variables."""
    own = indicator.derivation(indicator.variable)
    variable: str | Derivation = indicator.variable if own is None else own.key()
    counted = frozenset(indicator.counted)
    if own is not None and own.rule is Rule.RECODE and indicator.stat is Stat.PERCENT_IN:
        # The share of a group is the share of the choices in it, whether or not they have a name together.
        variable = own.root
        counted = frozenset(name for group in own.groups if group.name in counted for name in group.choices)
    return Definition(
        variable=variable,
        stat=indicator.stat,
        counted=counted,
        includes=indicator.includes,
        zero_if=settled(indicator.zero_if, indicator.derived),
        filter=settled(indicator.filter, indicator.derived),
        split=split_of(indicator),
        restrict=frozenset(indicator.restrict),
        shape=indicator.shape,
    )


def by_definition(plan: Plan, cells: Mapping[str, Cells]) -> dict[Definition, Cells]:
    """A release's cells as others are held against them."""
    return {definition(indicator): cells[indicator.id] for indicator in plan.indicators if indicator.id in cells}


def follow(
    others: Iterable[Released],
    cells: Mapping[str, Cells],
    plan: Plan,
    policy: Policy,
    present: Present | None = None,
) -> dict[str, Cells] | None:
    """The cells of a release as they may be printed beside the others; None when one of those has to stand."""
    now = dict(cells)
    for other in others:
        stale = _stale(other, present, policy)
        changes: dict[object, list[Change]] = {}
        shares: list[any_of.Changed] = []
        for indicator in plan.indicators:
            before = _before(other, indicator)
            told = changes.setdefault(source(indicator), [])
            told += _base_change(indicator, other, now[indicator.id], present)
            if before is None:
                is_free = _is_free(indicator, stale, present) and _has_its_reasons(indicator, other, present)
                now[indicator.id] = now[indicator.id] if is_free else hidden(now[indicator.id])
                continue
            own = in_the_form_of(before, now[indicator.id])
            if own is None or not _may_follow(before, own, indicator, policy, other, present):
                return None
            now[indicator.id] = own
            told += _changes(indicator, before, own, present)
            shares += [any_of.changed(indicator, before, own)]
        if not all(fit_together(found, policy) for found in changes.values()):
            return None
        if present is not None and not any_of.changes_fit(shares, present.layout, policy):
            return None
    return now


def _questions(found: Definition) -> frozenset[str]:
    """The questions whose answers a defined figure counts."""
    return frozenset(found.variable.sources if isinstance(found.variable, Derivation) else (found.variable,))


def _before(other: Released, indicator: Indicator) -> dict[str, dict[str, Cell]] | None:
    """What another release printed of a figure: all of it, or of one with another split the total; None if nothing."""
    own = definition(indicator)
    exact = printed_of(other.cells.get(own, {}))
    if exact or indicator.restrict:
        return exact or None
    for found, cells in other.cells.items():
        if is_the_same_total(found, own):
            printed = printed_of(cells)
            if TOTAL in printed:
                return {TOTAL: printed[TOTAL]}
    return None


def is_the_same_total(one: Definition, other: Definition) -> bool:
    """Whether figures differ in their split alone; of the questions that both read, all answers mean the same."""
    if one != other._replace(split=one.split, shape=one.shape) or one.restrict:
        return False
    mine, theirs = ({part.partition(":")[0]: part for part in own.shape.split()} for own in (one, other))
    return all(mine[name] == theirs[name] for name in mine.keys() & theirs.keys())


def _stale(other: Released, present: Present | None, policy: Policy) -> frozenset[str]:
    """The questions whose figures are not so any more, by too few people for anything new to be printed of them.

    Where all figures of a question changed by enough, another figure of it tells no more of those who came between.
    """
    if present is None:
        return frozenset()
    found: set[str] = set()
    changes: dict[object, list[Change]] = {}
    questions: dict[object, frozenset[str]] = {}
    shares: list[any_of.Changed] = []
    for indicator in present.plan.indicators:
        place = definition(indicator)
        printed = printed_of(other.cells.get(place, {}))
        if not _asked_enough(indicator, other, present, policy):
            found |= _questions(place) | _chosen_by(indicator, present)
        told = changes.setdefault(source(indicator), [])
        told += _base_change(indicator, other, present.cells[indicator.id], present)
        questions[source(indicator)] = questions.get(source(indicator), frozenset()) | _questions(place)
        if not printed:
            continue
        own = in_the_form_of(printed, present.cells[indicator.id])
        if own is None or not _may_follow(printed, own, indicator, policy, other, present):
            found |= _questions(place)
        else:
            told += _changes(indicator, printed, own, present)
            shares += [any_of.changed(indicator, printed, own)]
    if not any_of.changes_fit(shares, present.layout, policy):
        found |= any_of.questions((indicator for indicator, _ in shares), present.layout)
    return frozenset(found).union(*(questions[one] for one, own in changes.items() if not fit_together(own, policy)))


def _asked_enough(indicator: Indicator, other: Released, present: Present, policy: Policy) -> bool:
    """Whether of those between two releases enough are in a base that only some can be in, and enough not."""
    if not _chosen_by(indicator, present):
        return True
    before, now = (_base(cells) for cells in (other.cells.get(definition(indicator), {}), present.cells[indicator.id]))
    came, asked = present.respondents - other.respondents, 0 if before is None or now is None else now - before
    if came < 0:
        came, asked = -came, -asked
    return asked == 0 or (0 <= asked <= came and policy.fit(Count(asked, came)))


def _chosen_by(indicator: Indicator, present: Present) -> frozenset[str]:
    """The questions whose answers decide who is in a base."""
    conditions = (indicator.filter, indicator.zero_if)
    filtered, zeros = (frozenset[str]() if one is None else one.references() for one in conditions)
    restricted = {indicator.split} if indicator.restrict else frozenset[str]()
    return filtered | restricted | present.asks_for(indicator) - zeros


def _base(cells: Cells) -> int | None:
    return next((cell.n for cell in cells.get(TOTAL, {}).values() if cell.n is not None), None)


def _is_free(indicator: Indicator, stale: frozenset[str], present: Present | None) -> bool:
    """Whether a figure that another release did not print cannot be subtracted from what that printed.

    It tells of the question that it counts, and by its base of those that choose its people.
    """
    read = _questions(definition(indicator)) | indicator.questions
    return not (read | (present.asks_for(indicator) if present is not None else frozenset())) & stale


def _has_its_reasons(indicator: Indicator, other: Released, present: Present | None) -> bool:
    """A reason that counts as an answer for the first time tells who of those between gave it."""
    if not indicator.includes or present is None or present.respondents == other.respondents:
        return True
    own = _questions(definition(indicator))
    printed = (found.includes for found, cells in other.cells.items() if _questions(found) & own and printed_of(cells))
    told = frozenset[Missing]().union(*printed)
    return not any(_questions(found) & own for found in other.cells) or indicator.includes <= told


def _changes(indicator: Indicator, before: Mapping[str, Row], now: Cells, present: Present | None) -> Iterator[Change]:
    """By how much every printed share and mean of an indicator changed."""
    if indicator.stat not in (Stat.PERCENT_IN, Stat.PERCENT_EACH, Stat.MEAN):
        return
    conditions = (settled(one, indicator.derived) for one in (indicator.filter, indicator.zero_if))
    group = (*conditions, frozenset(indicator.restrict), split_of(indicator) if indicator.restrict else "")
    whole = _whole(indicator, present)
    for block, row in before.items():
        for name, cell in row.items():
            names = indicator.counted if indicator.stat is Stat.PERCENT_IN else tuple(name.split(JOINED))
            box = None if indicator.stat is Stat.MEAN else _atoms(indicator, names)
            yield Change.of(group, block, box, whole, (cell, now[block][name]))


def _base_change(indicator: Indicator, other: Released, now: Cells, present: Present | None) -> Iterator[Change]:
    """By how much the base of a share of everybody changed, which stands beside hidden figures too."""
    whole = _whole(indicator, present)
    before, after = _base(other.cells.get(definition(indicator), {})), _base(now)
    share = indicator.stat in (Stat.PERCENT_IN, Stat.PERCENT_EACH) and indicator.filter is None
    if share and not indicator.restrict and whole and before is not None and after is not None:
        yield Change((None, None, frozenset(), ""), TOTAL, whole, whole, after - before, after - before)


def _atoms(indicator: Indicator, names: Iterable[str]) -> frozenset[str]:
    """Counted choices as answers to the question behind them."""
    own = indicator.derivation(indicator.variable)
    return own.atoms_of(names) if own is not None and own.root else frozenset(names)


def _whole(indicator: Indicator, present: Present | None) -> frozenset[str]:
    """All answers in a base, where each person gives one of them; empty where that is not known."""
    if present is None:
        return frozenset()
    found = variables(present.layout, indicator.derived, indicator.variable)
    if not found or found[0].choice is not None:
        return frozenset()
    options = [one for one in found[0].question.options if one.missing is None or one.missing in indicator.includes]
    return _atoms(indicator, [one.name for one in options])


def settle(
    others: Sequence[Released],
    cells: Mapping[str, Cells],
    plan: Plan,
    policy: Policy,
    present: Present | None = None,
) -> tuple[dict[str, Cells], bool]:
    """What a release holds beside those before it, in their order, and whether these are its own figures.

    Where they are not, the newest one stands; it was held against all before it.
    """
    own = follow(others, cells, plan, policy, present)
    return (own, True) if own is not None else (standing(others[-1], cells, plan), False)


def standing(other: Released, cells: Mapping[str, Cells], plan: Plan) -> dict[str, Cells]:
    """The figures of a release that stands, under another plan; what it did not print stays hidden."""
    return {
        indicator.id: other.cells.get(definition(indicator)) or hidden(cells[indicator.id])
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


def _may_follow(
    printed: Mapping[str, Row],
    cells: Cells,
    indicator: Indicator,
    policy: Policy,
    other: Released,
    present: Present | None,
) -> bool:
    same_is_fine = _same_is_fine(indicator, other, present)
    pairs = [(block, before, cells[block][name]) for block, row in printed.items() for name, before in row.items()]
    asked_enough = present is None or _asked_enough(indicator, other, present, policy)
    rest = abs(_of_no_group(indicator, printed) - _of_no_group(indicator, cells))
    return (
        asked_enough
        and (rest == 0 or rest >= policy.threshold)
        and all(
            (before == now and same_is_fine) or _differ_enough(before, now, indicator, block, policy, present)
            for block, before, now in pairs
        )
    )


def _of_no_group(indicator: Indicator, cells: Cells) -> int:
    """Of people counted by groups that are printed, how many are in none of these: a group like the others."""
    groups = [row[SCALAR].k or 0 for block, row in cells.items() if block != TOTAL and SCALAR in row]
    counted = indicator.stat is Stat.COUNT and bool(groups)
    return (cells[TOTAL][SCALAR].k or 0) - sum(groups) if counted else 0


def _same_is_fine(indicator: Indicator, other: Released, present: Present | None) -> bool:
    """Whether a figure may be printed as it was. Of other people it tells only that none of them is in its base.

    That is too much of a sensitive item, and where somebody's answer elsewhere decides who is in the base.
    """
    if present is None:
        return other.same_cut or not indicator.sensitive
    chosen = indicator.filter is not None or indicator.zero_if is not None or bool(present.asks_for(indicator))
    return present.respondents == other.respondents or not (indicator.sensitive or chosen)


def _differ_enough(
    before: Cell, now: Cell, indicator: Indicator, block: str, policy: Policy, present: Present | None
) -> bool:
    k, n = (now.k or 0) - (before.k or 0), (now.n or 0) - (before.n or 0)
    if n < 0 or (n == 0 and k < 0):
        k, n = -k, -n
    if indicator.stat is Stat.COUNT:
        # How many people there are is no secret; of one group, a few more would be.
        chosen = indicator.sensitive or indicator.filter is not None or indicator.restrict or indicator.includes
        return (block == TOTAL and not chosen) or k == 0 or abs(k) >= policy.threshold
    if before.k is None:
        enough = n >= max(policy.threshold, MEAN_BASE)
        return enough and (indicator.stat is not Stat.MEAN or _adds_enough(before, now, n, indicator, policy, present))
    return 0 <= k <= n and policy.fit(Count(k, n))


def _adds_enough(
    before: Cell, now: Cell, came: int, indicator: Indicator, policy: Policy, present: Present | None
) -> bool:
    """Whether those between two releases may have said other than all the lowest number, or all the highest."""
    added = abs(Fraction(now.value or 0) * (now.n or 0) - Fraction(before.value or 0) * (before.n or 0))
    found = () if present is None else variables(present.layout, indicator.derived, indicator.variable)
    low, high = (found[0].question.low, found[0].question.high) if found else (0, None)
    floor = 0 if indicator.zero_if is not None else low
    return added - floor * came >= policy.threshold and (high is None or high * came - added >= policy.threshold)
