"""What may be printed of "any of these" beside figures of each of these. Pure.

"Any of these" less one of these is the others alone; each of these together less "any of these" is who said more than
one. So such figures are looked at together, in the order of the plan: what was printed stays, and what would say too
much beside it is hidden. Figures of one question are judged in `reports.grids`, whatever is derived from it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from reports.deriving import Rule, settled, variables
from reports.disclosure import Policy
from reports.grids import source
from reports.partitions import split_of
from reports.plan import Indicator, Slice, Stat
from reports.tabulation import Count, Fields, percents
from survey.protocol.checks import REGISTRY
from survey.protocol.record import RecordLayout
from survey.protocol.schema import Choice, Kind

SHARES = (Stat.PERCENT_IN, Stat.PERCENT_EACH)
# (question, choice): what has to be said for somebody to be counted.
Holds = frozenset[tuple[str, str]]


def blocked(
    indicators: Sequence[Indicator], layout: RecordLayout, fields: Callable[[Slice], Fields], policy: Policy
) -> frozenset[str]:
    """Ids of the indicators that may not be printed beside earlier ones."""
    shares = [one for one in indicators if one.stat in SHARES and one.variable != REGISTRY]
    own = (one.derivation(one.variable) for one in shares)
    sources = frozenset(name for one in own if one is not None and one.rule is Rule.ANY_OF for name in one.sources)
    reader, kept, hidden = _Reader(layout, fields), list[_Figure](), set[str]()
    for indicator in shares if sources else ():
        figures = [one for one in reader.figures(indicator, sources) if policy.fit(one.total)]
        if _fits([*kept, *figures], figures, policy):
            kept += figures
        else:
            hidden.add(indicator.id)
    return frozenset(hidden)


@dataclass(frozen=True, slots=True)
class _Figure:
    """People of whom something holds, and how many, block by block."""

    indicator: Indicator
    holds: Holds
    is_any: bool
    blocks: Mapping[str, Count]
    # Of a single choice, who said one thing did not say another.
    excludes: bool = False

    @property
    def questions(self) -> frozenset[str]:
        return frozenset(name for name, _ in self.holds)

    @property
    def people(self) -> tuple[object, ...]:
        """Over whom it is taken, before its own missing answers."""
        own = self.indicator
        blocks = (split_of(own), frozenset(own.restrict)) if own.restrict else ()
        return settled(own.filter, own.derived), blocks

    @property
    def total(self) -> Count:
        return sum(self.blocks.values(), Count(0, 0))


class _Reader:
    """Figures in terms of questions and choices."""

    def __init__(self, layout: RecordLayout, fields: Callable[[Slice], Fields]) -> None:
        self.layout, self.fields = layout, fields

    def figures(self, indicator: Indicator, sources: frozenset[str]) -> Iterator[_Figure]:
        """What an indicator says of questions that an any-of looks at; nothing of others."""
        own = indicator.derivation(indicator.variable)
        if not ({indicator.variable} if own is None else set(own.sources)) & sources:
            return
        question = variables(self.layout, indicator.derived, indicator.variable)[0].question
        for name, blocks in percents(indicator, question, self.fields(indicator.slice)).items():
            counted = frozenset({name} if name else indicator.counted)
            inside = {b: count for b, count in blocks.items() if not indicator.restrict or b in indicator.restrict}
            yield from self._read(indicator, question.kind, counted, inside)

    def _read(
        self, indicator: Indicator, kind: Kind, counted: frozenset[str], blocks: Mapping[str, Count]
    ) -> Iterator[_Figure]:
        """A figure, and for a single choice what it says of the others."""
        own = indicator.derivation(indicator.variable)
        rest = {block: Count(count.n - count.k, count.n) for block, count in blocks.items()}
        if own is not None and own.rule is Rule.ANY_OF:
            known = {name: {choice.name for choice in self._options(name)} for name in own.sources}
            holds = frozenset(
                (name, one) for name in own.sources for one in own.groups[0].choices if one in known[name]
            )
            yield _Figure(indicator, holds, True, blocks if own.groups[0].name in counted else rest)
            return
        groups = {group.name: group.atoms for group in own.groups} if own is not None else {}
        name = own.root if own is not None else indicator.variable
        taken = frozenset(choice for one in counted for choice in groups.get(one, {one}))
        excludes = kind is Kind.SELECT_ONE
        yield _Figure(indicator, frozenset((name, choice) for choice in taken), False, blocks, excludes)
        if excludes:
            others = {choice.name for choice in self._options(name) if choice.missing is None} - taken
            yield _Figure(indicator, frozenset((name, choice) for choice in others), False, rest, excludes)

    def _options(self, name: str) -> tuple[Choice, ...]:
        return self.layout.of(name)[0].question.options


# Beside each other ----------------------------------------------------------------------------------------------------


def _fits(figures: Sequence[_Figure], new: Sequence[_Figure], policy: Policy) -> bool:
    """Whether every any-of may stand beside the figures of its questions; of `new` ones at least one is in question."""
    for whole in figures:
        beside = [one for one in figures if one.questions & whole.questions and source(one.indicator) != _of(whole)]
        if whole.is_any and (whole in new or any(one in new for one in beside)):
            if not all(_may_stand_beside(whole, one) for one in beside):
                return False
            parts = [one for one in beside if not one.is_any]
            if not all(_tells_enough(whole, parts, block, policy) for block in _common_blocks(whole, parts)):
                return False
    return True


def _of(figure: _Figure) -> object:
    return source(figure.indicator)


def _may_stand_beside(whole: _Figure, other: _Figure) -> bool:
    """Only over the same people and in the same blocks; and of two any-ofs none takes in all that the other does."""
    if whole.people != other.people:
        return False
    if whole.indicator.split and other.indicator.split and split_of(whole.indicator) != split_of(other.indicator):
        return False
    nested = whole.holds <= other.holds or other.holds <= whole.holds
    return not (other.is_any and nested)


def _common_blocks(whole: _Figure, parts: Sequence[_Figure]) -> list[str]:
    """'' for everybody, and the blocks by which the whole and some part are split."""
    is_split = bool(whole.indicator.split) and any(one.indicator.split for one in parts)
    return ["", *(name for name, count in whole.blocks.items() if count.n and is_split)]


def _tells_enough(whole: _Figure, parts: Sequence[_Figure], block: str, policy: Policy) -> bool:
    """Of everybody, or of one block: whether nothing but fit numbers follows from the whole and its parts."""
    exclusive = frozenset(name for one in parts if one.excludes for name in one.questions)
    own = _count(whole, block)
    known = _with_sums({one.holds: _count(one, block) for one in parts if not block or one.indicator.split}, exclusive)
    if any(whole.holds < holds and count.k - own.k < policy.threshold for holds, count in known.items()):
        return False
    inside = {holds: count for holds, count in known.items() if holds and holds <= whole.holds}
    if not all(_differ(own, count, holds == whole.holds, policy) for holds, count in inside.items()):
        return False
    covers = _covers(whole.holds, [one for one in inside if one != whole.holds])
    several = (cover for cover in covers if not _is_of_one(cover, exclusive))
    return all(sum(inside[part].k for part in cover) - own.k >= policy.threshold for cover in several)


def _count(figure: _Figure, block: str) -> Count:
    return figure.blocks.get(block, Count(0, 0)) if block else figure.total


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
