"""What may be printed of "any of these" beside figures of each of these. Pure.

"Any of these" less one of these is the others alone; each of these together less "any of these" is who said more than
one. A choice that excludes all others ("none of these") says of how many any other holds. So such figures are looked at
together, in the order of the plan: what was printed stays, and what would say too much beside it is hidden. Figures of
one question by itself are judged in `reports.grids`, whatever is derived from it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from reports.deriving import Rule, settled, variables
from reports.disclosure import Policy
from reports.grids import SHARES
from reports.judging import JOINED
from reports.partitions import split_of
from reports.plan import Indicator, Slice
from reports.table import TOTAL, Cells
from reports.tabulation import Count, Fields, Percents, percents
from survey.protocol.checks import REGISTRY
from survey.protocol.record import RecordLayout
from survey.protocol.schema import Kind, Question

# (question, choice): what has to be said for somebody to be counted.
Holds = frozenset[tuple[str, str]]
# Category → block, all of them too → how many.
Shares = Mapping[str, Mapping[str, Count]]
Changed = tuple[Indicator, Shares]
# An indicator and one of its categories; '' stands for all of it.
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Figure:
    """People of whom any of several things holds, and how many, block by block.

    `people` and `restricted` say over whom it is taken, before its own missing answers; `excludes` if one person says
    only one of these things.
    """

    place: Place
    holds: Holds
    is_any: bool
    total: Count
    blocks: Mapping[str, Count]
    people: object
    restricted: object
    split: object = ""
    excludes: bool = False

    @property
    def questions(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.holds)


def blocked(
    indicators: Sequence[Indicator], layout: RecordLayout, fields: Callable[[Slice], Fields], policy: Policy
) -> frozenset[Place]:
    """What may not be printed beside earlier figures: indicators, and single options of a multi-select."""
    reader = _Reader(layout)
    shares = [one for one in indicators if one.stat in SHARES and one.variable != REGISTRY]
    looked_at = questions(shares, layout)
    kept: list[_Figure] = []
    hidden: set[Place] = set()
    for indicator in shares if looked_at else ():
        question = variables(layout, indicator.derived, indicator.variable)[0].question
        found = percents(indicator, question, fields(indicator.slice))
        figures = [
            one for one in reader.figures(indicator, _with_totals(indicator, found)) if one.questions & looked_at
        ]
        for place in dict.fromkeys(one.place for one in figures):
            own = [one for one in figures if one.place == place and policy.fit(one.total)]
            everything = [*kept, *own]
            if _are_of_the_same(everything) and all(_fits(known, policy) for known in _known(everything)):
                kept = everything
            else:
                hidden.add(place)
    return frozenset(hidden)


def questions(indicators: Iterable[Indicator], layout: RecordLayout) -> frozenset[str]:
    """The questions of which some figure says how many gave any of several answers."""
    return frozenset(name for one in indicators if one.stat in SHARES for name in _Reader(layout).wholes(one))


def changed(indicator: Indicator, before: Cells, now: Cells) -> Changed:
    """By how much every printed share changed between two releases; of fewer people as of more."""
    found: dict[str, dict[str, Count]] = {}
    for block, row in before.items() if indicator.stat in SHARES else ():
        for name, cell in row.items():
            k, n = (now[block][name].k or 0) - (cell.k or 0), (now[block][name].n or 0) - (cell.n or 0)
            found.setdefault(name, {})[block] = Count(min(abs(k), abs(n)), abs(n))
    return indicator, {name: blocks for name, blocks in found.items() if TOTAL in blocks}


def changes_fit(changes: Sequence[Changed], layout: RecordLayout, policy: Policy) -> bool:
    """Whether nothing follows from how printed shares changed together, each by enough for itself."""
    looked_at = questions((indicator for indicator, _ in changes), layout)
    read = (one for indicator, found in changes if found for one in _Reader(layout).figures(indicator, found))
    figures = [one for one in read if one.questions & looked_at]
    return all(_fits(known, policy) for known in _known(figures))


def _with_totals(indicator: Indicator, found: Percents) -> Shares:
    """Shares with that of all blocks together; without the blocks that a restriction leaves out."""
    shares: dict[str, dict[str, Count]] = {}
    for name, blocks in found.items():
        inside = {b: count for b, count in blocks.items() if not indicator.restrict or b in indicator.restrict}
        shares[name] = {TOTAL: sum(inside.values(), Count(0, 0)), **(inside if indicator.split else {})}
    return shares


class _Reader:
    """Figures in terms of questions and choices."""

    def __init__(self, layout: RecordLayout) -> None:
        self.layout = layout

    def wholes(self, indicator: Indicator) -> tuple[str, ...]:
        """The questions of which an indicator may say that any of several answers was given."""
        own = indicator.derivation(indicator.variable)
        if own is not None or indicator.variable == REGISTRY:
            return own.sources if own is not None and own.rule is Rule.ANY_OF else ()
        question = self._question(indicator.variable)
        return (question.name,) if any(_is_none(one.name, question) for one in question.options) else ()

    def figures(self, indicator: Indicator, shares: Shares) -> Iterator[_Figure]:
        """What every category of an indicator says of whom; of a single choice also of the others."""
        question = variables(self.layout, indicator.derived, indicator.variable)[0].question
        is_many = question.kind is Kind.SELECT_MULTIPLE
        split = split_of(indicator) if indicator.split else ""
        for name, inside in shares.items():
            rest = {block: Count(count.n - count.k, count.n) for block, count in inside.items()}
            counted = frozenset(name.split(JOINED) if name else indicator.counted)
            for holds, is_any, is_rest in self._read(indicator, question, counted):
                own = rest if is_rest else inside
                yield _Figure(
                    place=(indicator.id, name if is_many else ""),
                    holds=holds,
                    is_any=is_any,
                    total=own[TOTAL],
                    blocks={block: count for block, count in own.items() if block != TOTAL},
                    people=settled(indicator.filter, indicator.derived),
                    restricted=(split, frozenset(indicator.restrict)) if indicator.restrict else (),
                    split=split,
                    excludes=not is_many and not is_any,
                )

    def _read(
        self, indicator: Indicator, question: Question, counted: frozenset[str]
    ) -> Iterator[tuple[Holds, bool, bool]]:
        """What holds of the people counted or, of a single choice, of the others; whether any of it is enough."""
        own = indicator.derivation(indicator.variable)
        if own is not None and not own.root:
            known = {name: {choice.name for choice in self._question(name).options} for name in own.sources}
            taken = own.groups[0].choices
            yield _of({name: known[name] & set(taken) for name in own.sources}), True, own.groups[0].name not in counted
        elif own is not None:
            yield from self._of_one(self._question(own.root), own.atoms_of(counted))
        elif question.kind is not Kind.SELECT_MULTIPLE:
            yield from self._of_one(question, counted)
        elif any(_is_none(name, question) for name in counted):
            others = {one.name for one in question.options if one.missing is None and not one.exclusive}
            yield _of({question.name: others}), True, True
        else:
            yield _of({question.name: counted}), False, False

    def _of_one(self, question: Question, counted: frozenset[str]) -> Iterator[tuple[Holds, bool, bool]]:
        yield _of({question.name: counted}), False, False
        others = {one.name for one in question.options if one.missing is None} - counted
        yield _of({question.name: others}), False, True

    def _question(self, name: str) -> Question:
        return self.layout.of(name)[0].question


def _is_none(name: str, question: Question) -> bool:
    """Whether somebody who gives this answer gives no other, and everybody else gives some other."""
    alone = [one.name for one in question.options if one.exclusive and one.missing is None]
    return question.kind is Kind.SELECT_MULTIPLE and alone == [name]


def _of(holds: Mapping[str, set[str] | frozenset[str]]) -> Holds:
    return frozenset((name, choice) for name, choices in holds.items() for choice in choices)


# What is known of a group of people -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Known:
    """Of how many of the same people any of something holds, and in each case only one thing."""

    wholes: Mapping[Holds, Count]
    parts: Mapping[Holds, Count]
    exclusive: frozenset[str]


def _groups(figures: Sequence[_Figure]) -> list[list[_Figure]]:
    found: dict[object, list[_Figure]] = {}
    for one in figures:
        found.setdefault((one.people, one.restricted), []).append(one)
    return list(found.values())


def _are_of_the_same(figures: Sequence[_Figure]) -> bool:
    """Whether a whole and what it overlaps are known of the same people.

    One part of it may be known of other people as well: two would say together how many of those gave but one of them.
    """
    for own, others in permutations(_groups(figures), 2):
        here, there = ({(one.holds, one.is_any) for one in group} for group in (own, others))
        for holds in (holds for holds, is_any in here - there if is_any):
            beside = {(other, is_any) for other, is_any in there if holds & other}
            if len(beside) > 1 or not beside <= here:
                return False
    return True


def _known(figures: Sequence[_Figure]) -> Iterator[_Known]:
    """What is known of each group of people, of each of its blocks, and of those in one group and not in another."""
    groups = _groups(figures)
    for own in groups:
        yield _of_these(own, lambda one: one.total)
    for more, fewer in permutations(groups, 2):
        less = {(one.holds, one.is_any): one.total for one in fewer}
        both = [one for one in more if (one.holds, one.is_any) in less]
        if all(_is_within(less[one.holds, one.is_any], one.total) for one in both):
            yield _of_these(both, lambda one, less=less: _without(one.total, less[one.holds, one.is_any]))  # type: ignore[misc]
    for people, split, block in dict.fromkeys((o.people, o.split, b) for o in figures if o.split for b in o.blocks):
        inside = [one for one in figures if (one.people, one.split) == (people, split) and block in one.blocks]
        yield _of_these(inside, lambda one, block=block: one.blocks[block])  # type: ignore[misc]


def _of_these(figures: Sequence[_Figure], count: Callable[[_Figure], Count]) -> _Known:
    exclusive = frozenset(name for one in figures if one.excludes for name, _ in one.holds)
    parts = {one.holds: count(one) for one in figures if not one.is_any}
    return _Known({one.holds: count(one) for one in figures if one.is_any}, parts, exclusive)


def _is_within(one: Count, other: Count) -> bool:
    return one.k <= other.k and one.n - one.k <= other.n - other.k


def _without(one: Count, other: Count) -> Count:
    return Count(one.k - other.k, one.n - other.n)


# Beside each other ----------------------------------------------------------------------------------------------------


def _fits(known: _Known, policy: Policy) -> bool:
    """Whether nothing but fit numbers follows from all wholes and parts of the same people."""
    return all(_whole_fits(holds, known, policy) for holds, count in known.wholes.items() if count.n)


def _whole_fits(whole: Holds, known: _Known, policy: Policy) -> bool:
    own = known.wholes[whole]
    beside = {holds: count for holds, count in known.wholes.items() if holds != whole and holds & whole}
    # Two that overlap tell by a third how far they do, and what is only in one of them.
    if not all(holds <= whole or whole <= holds for holds in beside):
        return False
    smaller = {holds: count for holds, count in beside.items() if holds < whole}
    parts = _with_sums({**smaller, **known.parts}, known.exclusive)
    if any(whole < holds and count.k - own.k < policy.threshold for holds, count in parts.items()):
        return False
    inside = {holds: count for holds, count in parts.items() if holds and holds <= whole}
    if not all(_differ(own, count, holds == whole, policy) for holds, count in inside.items()):
        return False
    covers = _covers(whole, [one for one in inside if one != whole])
    several = (cover for cover in covers if not _is_of_one(cover, known.exclusive))
    return all(sum(inside[part].k for part in cover) - own.k >= policy.threshold for cover in several)


def _differ(whole: Count, part: Count, is_same: bool, policy: Policy) -> bool:
    if is_same:
        k, n = abs(whole.k - part.k), abs(whole.n - part.n)
        return n == 0 or (k <= n and policy.fit(Count(k, n)))
    return whole.k - part.k >= policy.threshold


def _with_sums(parts: Mapping[Holds, Count], exclusive: frozenset[str]) -> dict[Holds, Count]:
    """Printed parts, and the sums of those that exclude each other: choices of one single choice."""
    known = dict(parts)
    for part, count in parts.items():
        for other, added in list(known.items()):
            names = {name for name, _ in part | other}
            if len(names) == 1 and names <= exclusive and not part & other:
                both = count.k + added.k
                known.setdefault(part | other, Count(both, max(both, count.n, added.n)))
    return known


def _covers(whole: Holds, parts: Sequence[Holds]) -> Iterator[tuple[Holds, ...]]:
    """Every way of putting the whole together from parts that have nothing in common."""
    if not whole:
        yield ()
        return
    first = min(whole)
    for part in parts:
        if first in part and part <= whole:
            for rest in _covers(whole - part, parts):
                yield (part, *rest)


def _is_of_one(cover: Sequence[Holds], exclusive: frozenset[str]) -> bool:
    """Whether parts are choices of one single choice, which nobody gives two of."""
    names = {name for part in cover for name, _ in part}
    return len(names) == 1 and names <= exclusive
