"""What may be printed of one question beside what is derived from it. Pure.

A band, the mean of the same number and another band are equations about the same people; so are "any of these" and each
of these alone. They are looked at together, in the order of the plan: what was printed stays, and what would say too
much beside it is hidden. Rules about the figures of a question itself are in `cells`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reports.deriving import Rule, settled, variables
from reports.disclosure import Policy, boxes_fit
from reports.partitions import refines, split_of
from reports.plan import Indicator, Plan, Slice, Stat
from reports.tabulation import Count, Fields, percents
from survey.protocol.checks import REGISTRY
from survey.protocol.record import RecordLayout
from survey.protocol.schema import Choice, Kind, Missing, Question

Box = frozenset[str]
# Answers of one question → how many people gave them.
Histogram = Mapping[str, int]
_SHARES = (Stat.PERCENT_IN, Stat.PERCENT_EACH)
_GATHERED = (*_SHARES, Stat.MEAN)


def blocked(plan: Plan, layout: RecordLayout, fields: Callable[[Slice], Fields], policy: Policy) -> frozenset[str]:
    """Ids of the indicators that may not be printed beside earlier ones."""
    groups = [indicator for indicator in plan.indicators if _root(indicator)]
    hidden = _OfOneQuestion(layout, fields, policy).hidden(groups)
    shares = [indicator for indicator in plan.indicators if indicator.stat in _SHARES and indicator.id not in hidden]
    return hidden | _OfSeveral(layout, fields, policy).hidden(shares)


def _root(indicator: Indicator) -> str:
    """The question whose answers an indicator counts or adds up; '' where it is none or several."""
    own = indicator.derivation(indicator.variable)
    if indicator.stat not in _GATHERED or indicator.variable == REGISTRY:
        return ""
    return indicator.variable if own is None else own.root


def _people(indicator: Indicator) -> tuple[object, ...]:
    """Over whom an indicator is taken, before its own missing answers."""
    blocks = (split_of(indicator), frozenset(indicator.restrict)) if indicator.restrict else ()
    return settled(indicator.filter, indicator.derived), blocks


class _OfOneQuestion:
    """Bands of a number and its mean; choices, and choices put together."""

    def __init__(self, layout: RecordLayout, fields: Callable[[Slice], Fields], policy: Policy) -> None:
        self.layout, self.fields, self.policy = layout, fields, policy

    def asked(self, name: str) -> Question | None:
        found = self.layout.of(name)
        return found[0].question if found else None

    def hidden(self, indicators: Iterable[Indicator]) -> frozenset[str]:
        families: dict[str, list[Indicator]] = {}
        for indicator in indicators:
            families.setdefault(_root(indicator), []).append(indicator)
        derived = [family for family in families.values() if any(_root(one) != one.variable for one in family)]
        return frozenset(name for family in derived for name in self._hidden_of(family))

    def _hidden_of(self, family: Sequence[Indicator]) -> Iterator[str]:
        kept: list[Indicator] = []
        for indicator in family:
            if self._fits_with(kept, indicator) and all(self._fits_beside(one, indicator) for one in kept):
                kept.append(indicator)
            else:
                yield indicator.id

    def _fits_with(self, kept: Sequence[Indicator], new: Indicator) -> bool:
        """Whether figures over the same people leave enough of them between each other, in all and in every block."""
        group = [*(one for one in kept if _people(one) == _people(new)), new]
        # A reason that one of them has in its base is a class of its own.
        includes = frozenset[Missing]().union(*(one.includes for one in group))
        if len(group) < 2 or not self._fit(group, _added(self._blocks(new, includes), new)):
            return len(group) < 2
        for one in {split_of(indicator): indicator for indicator in group if indicator.split}.values():
            inside = [other for other in group if other.split and refines(other, one, self.asked)]
            if new in inside and len(inside) > 1:
                blocks = self._blocks(one, includes)
                if not all(self._fit(inside, people) for people in blocks.values() if any(people.values())):
                    return False
        return True

    def _fit(self, group: Sequence[Indicator], people: Histogram) -> bool:
        shares = [one for one in group if one.stat in _SHARES]
        boxes = [box for one in shares for box in self._boxes(one, people)]
        if not boxes or not any(people.values()):
            return True
        if len(shares) > 1 and not boxes_fit(boxes, people, self.policy):
            return False
        return len(shares) == len(group) or self._mean_fits(boxes, people)

    def _mean_fits(self, boxes: Sequence[Box], people: Histogram) -> bool:
        """Whether a mean says no exact number of few people beside shares of the same number.

        The sum is known, and how many are in each class. What the sum is above the lowest that the classes allow, and
        below the highest, has to be enough: at the limit everybody's number would be known.
        """
        classes: dict[tuple[bool, ...], list[str]] = {}
        for number in people:
            classes.setdefault(tuple(number in box for box in boxes), []).append(number)
        total = sum(int(number) * size for number, size in people.items())
        sizes = [(sorted(map(int, numbers)), sum(people[one] for one in numbers)) for numbers in classes.values()]
        above = total - sum(numbers[0] * size for numbers, size in sizes)
        below = sum(numbers[-1] * size for numbers, size in sizes) - total
        return min(above, below) >= self.policy.threshold

    def _fits_beside(self, earlier: Indicator, later: Indicator) -> bool:
        """Whether shares of more and of fewer people differ by enough, where they count the same answers."""
        if Stat.MEAN in (earlier.stat, later.stat) or not (_is_wider(earlier, later) or _is_wider(later, earlier)):
            return True
        one, other = (_added(self._blocks(indicator, indicator.includes), indicator) for indicator in (earlier, later))
        n = abs(sum(one.values()) - sum(other.values()))
        boxes = set(self._boxes(earlier, one)) & set(self._boxes(later, other))
        differences = [abs(_inside(box, one) - _inside(box, other)) for box in boxes]
        return n == 0 or all(k <= n and self.policy.fit(Count(k, n)) for k in differences)

    def _boxes(self, indicator: Indicator, people: Histogram) -> list[Box]:
        """What an indicator counts together, in answers of the question behind it."""
        own = indicator.derivation(indicator.variable)
        if own is None:
            each: list[Box] = [frozenset({answer}) for answer in people]
            counted = frozenset(indicator.counted)
        else:
            each = [*(group.atoms for group in own.groups), *(frozenset({name}) for name, _ in own.reasons)]
            counted = frozenset[str]().union(*(one.atoms for one in own.groups if one.name in indicator.counted))
        return each if indicator.stat is Stat.PERCENT_EACH else [counted]

    def _blocks(self, indicator: Indicator, includes: frozenset[Missing]) -> dict[str, dict[str, int]]:
        """Block → how many people gave every answer to the question behind an indicator."""
        share = {"stat": Stat.PERCENT_EACH, "counted": (), "includes": includes}
        wide = replace(indicator, variable=_root(indicator), zero_if=None, **share)  # type: ignore[arg-type]
        variable = self.layout.of(wide.variable)[0]
        found = self.fields(wide.slice)
        if variable.question.kind is Kind.INTEGER:
            numbers = range(variable.question.low, variable.question.high + 1)
            rows = found[variable.name]
            return {block: {str(number): row.get(number, 0) for number in numbers} for block, row in rows.items()}
        shares = percents(wide, variable.question, found)
        blocks = next(iter(shares.values()), {})
        return {block: {answer: row[block].k for answer, row in shares.items()} for block in blocks}


def _is_wider(wide: Indicator, narrow: Indicator) -> bool:
    """Whether one indicator's people hold all of another's and may hold more."""
    if _people(wide) == _people(narrow):
        return False
    same = settled(wide.filter, wide.derived) == settled(narrow.filter, narrow.derived)
    blocks = not wide.restrict or (
        split_of(wide) == split_of(narrow) and bool(narrow.restrict) and set(narrow.restrict) <= set(wide.restrict)
    )
    return blocks and (wide.filter is None or same)


def _added(blocks: Mapping[str, Histogram], indicator: Indicator) -> dict[str, int]:
    found: dict[str, int] = {}
    for block, row in blocks.items():
        for answer, people in row.items() if not indicator.restrict or block in indicator.restrict else ():
            found[answer] = found.get(answer, 0) + people
    return found


def _inside(box: Box, people: Histogram) -> int:
    return sum(size for answer, size in people.items() if answer in box)


# Any of several -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Figure:
    """People of whom something holds: which choices of which questions, and how many, block by block."""

    indicator: Indicator
    holds: frozenset[tuple[str, str]]
    is_any: bool
    blocks: Mapping[str, Count]

    @property
    def total(self) -> Count:
        total = Count(0, 0)
        for block in self.blocks.values():
            total = total + block
        return total


class _OfSeveral:
    """Shares of "any of these" beside shares of some of these."""

    def __init__(self, layout: RecordLayout, fields: Callable[[Slice], Fields], policy: Policy) -> None:
        self.layout, self.fields, self.policy = layout, fields, policy

    def hidden(self, indicators: Sequence[Indicator]) -> frozenset[str]:
        """In the order of the plan; figures of no question that an any_of looks at are left as they are."""
        own = (indicator.derivation(indicator.variable) for indicator in indicators)
        sources = {name for one in own if one is not None and one.rule is Rule.ANY_OF for name in one.sources}
        kept: list[_Figure] = []
        hidden: set[str] = set()
        for indicator in indicators:
            figures = [one for one in self._figures(indicator, sources) if self.policy.fit(one.total)]
            if all(self._fits(kept, figure) for figure in figures):
                kept += figures
            else:
                hidden.add(indicator.id)
        return frozenset(hidden)

    def _figures(self, indicator: Indicator, sources: set[str]) -> Iterator[_Figure]:
        own = indicator.derivation(indicator.variable)
        if not ({indicator.variable} if own is None else set(own.sources)) & sources:
            return
        question = variables(self.layout, indicator.derived, indicator.variable)[0].question
        found = percents(indicator, question, self.fields(indicator.slice))
        for name, blocks in found.items():
            counted = frozenset({name} if name else indicator.counted)
            inside = {b: count for b, count in blocks.items() if not indicator.restrict or b in indicator.restrict}
            yield from self._read(indicator, question, counted, inside)

    def _read(
        self, indicator: Indicator, question: Question, counted: frozenset[str], blocks: Mapping[str, Count]
    ) -> Iterator[_Figure]:
        """A figure, and for a single choice what it says of the others."""
        own = indicator.derivation(indicator.variable)
        rest = {block: Count(count.n - count.k, count.n) for block, count in blocks.items()}
        if own is not None and own.rule is Rule.ANY_OF:
            holds = frozenset((name, choice) for name in own.sources for choice in own.groups[0].choices)
            known = {name: {choice.name for choice in self._options(name)} for name in own.sources}
            real = frozenset((name, choice) for name, choice in holds if choice in known[name])
            is_first = own.groups[0].name in counted
            yield _Figure(indicator, real, True, blocks if is_first else rest)
            return
        groups = {group.name: group.atoms for group in own.groups} if own is not None else {}
        name = own.root if own is not None else question.name
        taken = frozenset(choice for one in counted for choice in groups.get(one, {one}))
        yield _Figure(indicator, frozenset((name, choice) for choice in taken), False, blocks)
        if question.kind is Kind.SELECT_ONE:
            others = {choice.name for choice in self._options(name) if choice.missing is None} - taken
            yield _Figure(indicator, frozenset((name, choice) for choice in others), False, rest)

    def _options(self, name: str) -> tuple[Choice, ...]:
        return self.layout.of(name)[0].question.options

    def _fits(self, kept: Sequence[_Figure], new: _Figure) -> bool:
        beside = [one for one in kept if _people(one.indicator) == _people(new.indicator)]
        pairs = all(self._pair_fits(one, new) for one in beside if one.is_any or new.is_any)
        return pairs and all(self._overlap_fits(whole, [*beside, new]) for whole in [*beside, new] if whole.is_any)

    def _pair_fits(self, one: _Figure, other: _Figure) -> bool:
        """Of people for whom more holds there are enough beside those for whom less holds."""
        if not (one.holds <= other.holds or other.holds <= one.holds):
            return True
        if one.indicator.split and other.indicator.split and split_of(one.indicator) != split_of(other.indicator):
            return False
        pairs = [(one.total, other.total)]
        if one.indicator.split and other.indicator.split:
            pairs += [(one.blocks[name], other.blocks[name]) for name in one.blocks if one.blocks[name].n]
        return all(self._differ(a, b, is_same=one.holds == other.holds) for a, b in pairs)

    def _differ(self, one: Count, other: Count, *, is_same: bool) -> bool:
        k, n = abs(one.k - other.k), abs(one.n - other.n)
        if is_same:
            return n == 0 or (k <= n and self.policy.fit(Count(k, n)))
        return k >= self.policy.threshold

    def _overlap_fits(self, whole: _Figure, others: Sequence[_Figure]) -> bool:
        """Parts that make up the whole tell by how much they overlap."""
        parts = {one.holds: one for one in others if len(one.holds) == 1 and one.holds < whole.holds}
        if not whole.holds or frozenset[tuple[str, str]]().union(*parts) != whole.holds:
            return True
        return sum(one.total.k for one in parts.values()) - whole.total.k >= self.policy.threshold
