"""Two results side by side: which figures changed, and why. Pure; it compares what was printed and opens nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import chain

from reports.plan import Average
from reports.table import SCALAR, TOTAL, Cell, CountryResult, IndicatorResult, Labels, Result, State, round_half_up

# An average belongs to no country; the country of its place is then the one that it is seen from, or ''.
AVERAGE = "average"


class Cause(StrEnum):
    """Why a figure is another one. `CHOICE`: other tables or countries were asked for."""

    ANSWERS = "answers"
    PLAN = "plan"
    POLICY = "policy"
    WORDING = "wording"
    CHOICE = "choice"
    SOFTWARE = "software"


class Kind(StrEnum):
    CAME = "came"
    WENT = "went"
    SHOWN = "shown"
    HIDDEN = "hidden"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Place:
    """Which figure: of an indicator in a country, a block and a category; or an average."""

    indicator: str
    country: str
    block: str = TOTAL
    category: str = SCALAR
    average: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One figure that is not what it was. A side that does not have it is None."""

    place: Place
    kind: Kind
    old: Cell | None
    new: Cell | None
    causes: tuple[Cause, ...]

    @property
    def points(self) -> Fraction:
        """How far the exact figure moved; 0 where one side shows none."""
        values = [cell.value for cell in (self.old, self.new) if cell is not None and cell.value is not None]
        return abs(values[1] - values[0]) if len(values) == 2 else Fraction(0)


@dataclass(frozen=True, slots=True)
class Reworded:
    """A text of an indicator that reads another way: its label, its question, or an answer offered."""

    indicator: str
    part: str
    old: Labels
    new: Labels


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about the runs themselves, such as the threshold, or one country's cut."""

    name: str
    country: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Changes:
    """All that differs. `same` is how many figures are printed as they were."""

    figures: tuple[Change, ...]
    reworded: tuple[Reworded, ...]
    facts: tuple[Fact, ...]
    same: int


def changes(old: Result, new: Result) -> Changes:
    """What differs from an earlier result to a later one, in the order of the later one's tables."""
    work = _Work(old, new)
    places = list(dict.fromkeys(chain(_places(new), _places(old))))
    found = [change for change in map(work.cell, places) if change]
    found += work.averages(found)
    order = {name: number for number, name in enumerate(dict.fromkeys(place.indicator for place in places))}
    return Changes(
        figures=tuple(sorted(found, key=lambda change: order[change.place.indicator])),
        reworded=tuple(_reworded(work)),
        facts=tuple(_facts(old, new)),
        same=len(places) - sum(not change.place.average for change in found),
    )


class _Work:
    def __init__(self, old: Result, new: Result) -> None:
        self.old, self.new = old, new
        self.before = {one.id: one for one in old.indicators}
        self.after = {one.id: one for one in new.indicators}
        self.sides = ({one.code: one for one in old.countries}, {one.code: one for one in new.countries})
        self.other_plan = old.provenance.plan_hash != new.provenance.plan_hash

    def cell(self, place: Place) -> Change | None:
        old, new = _cell(self.before, place), _cell(self.after, place)
        kind = _kind(old, new, self._decimals(place.indicator))
        if kind is None:
            return None
        return Change(place, kind, old, new, tuple(self._causes(place, kind, old, new)))

    def _decimals(self, name: str) -> tuple[int, int]:
        sides = (self.before.get(name), self.after.get(name))
        old, new = (one.decimals if one else 0 for one in sides)
        return old, new

    # Why --------------------------------------------------------------------------------------------------------------

    def _causes(self, place: Place, kind: Kind, old: Cell | None, new: Cell | None) -> Iterator[Cause]:
        found = list(dict.fromkeys(self._found(place, kind, old, new)))
        if found:
            yield from found
        elif self.other_plan:
            # Other figures of a plan can forbid this one beside them.
            yield Cause.PLAN
        else:
            yield Cause.SOFTWARE

    def _found(self, place: Place, kind: Kind, old: Cell | None, new: Cell | None) -> Iterator[Cause]:
        before, after = self.before.get(place.indicator), self.after.get(place.indicator)
        here, there = (own.get(place.country) for own in self.sides)
        if before is None or after is None:
            yield Cause.PLAN if self._table_is_in_both(place.indicator) else Cause.CHOICE
            return
        if here is None or there is None:
            yield Cause.CHOICE
            return
        if redefined(before, after):
            yield Cause.PLAN
        if self._other_policy(here, there) and kind is not Kind.MOVED:
            yield Cause.POLICY
        if _other_answers(here, there) or (_other_people(old, new) and here.release != there.release):
            yield Cause.ANSWERS

    def _table_is_in_both(self, indicator: str) -> bool:
        """Whether an indicator that one side lacks stands in a table of both: then its plan changed, not the choice."""
        holding = {table.id for side in (self.old, self.new) for table in side.tables if indicator in table.indicators}
        return all(any(table.id in holding for table in side.tables) for side in (self.old, self.new))

    def _other_policy(self, old: CountryResult, new: CountryResult) -> bool:
        thresholds = self.old.provenance.threshold != self.new.provenance.threshold
        return thresholds or old.signed_off_by != new.signed_off_by

    # Averages ---------------------------------------------------------------------------------------------------------

    def averages(self, cells: list[Change]) -> Iterator[Change]:
        for name in [name for name in self.after if name in self.before]:
            before, after = self.before[name], self.after[name]
            own = [change for change in cells if change.place.indicator == name]
            for country, old, new in _averages(before, after):
                change = self._average(before, after, Place(after.id, country, average=True), (old, new), own)
                if change:
                    yield change

    def _average(
        self,
        before: IndicatorResult,
        after: IndicatorResult,
        place: Place,
        values: tuple[Fraction | None, Fraction | None],
        own: list[Change],
    ) -> Change | None:
        old, new = map(_mean, values)
        kind = _kind(old, new, (before.decimals, after.decimals))
        if kind is None:
            return None
        causes = [cause for change in own if change.place.block == TOTAL for cause in change.causes]
        causes += [Cause.PLAN] if before.average != after.average else []
        causes += [Cause.CHOICE] if self.sides[0].keys() != self.sides[1].keys() else []
        causes = list(dict.fromkeys(causes)) or [Cause.SOFTWARE]
        return Change(place, kind, old, new, tuple(causes))


def _averages(
    before: IndicatorResult, after: IndicatorResult
) -> Iterator[tuple[str, Fraction | None, Fraction | None]]:
    """(focal country, old, new) of every average. One of all countries is the same from wherever it is seen."""
    if before.average == after.average == Average.ALL:
        old, new = (next(iter(one.averages.values()), {}).get(SCALAR) for one in (before, after))
        yield "", old, new
        return
    for focal in sorted({*before.averages, *after.averages}):
        old, new = (one.averages.get(focal, {}).get(SCALAR) for one in (before, after))
        yield focal, old, new


def _mean(value: Fraction | None) -> Cell | None:
    return None if value is None else Cell(State.SHOWN, value)


def _kind(old: Cell | None, new: Cell | None, decimals: tuple[int, int]) -> Kind | None:
    """What became of a figure; None where the same is printed with the same base."""
    if old is None or new is None:
        return None if old is new else Kind.CAME if old is None else Kind.WENT
    if old.value is None or new.value is None:
        if old.value is None and new.value is None:
            return None if (old.state, old.n) == (new.state, new.n) else Kind.MOVED
        return Kind.SHOWN if old.value is None else Kind.HIDDEN
    printed = [
        round_half_up(cell.value or Fraction(0), places) for cell, places in zip((old, new), decimals, strict=True)
    ]
    same = printed[0] == printed[1] and (old.k, old.n) == (new.k, new.n)
    return None if same else Kind.MOVED


def redefined(before: IndicatorResult, after: IndicatorResult) -> bool:
    """Whether an indicator is made in another way. What an older result does not hold is not held against it."""
    always = ("stat", "decimals", "rules")
    if any(getattr(before, name) != getattr(after, name) for name in always):
        return True
    known = [name for name in ("variable", "counted") if getattr(before, name) and getattr(after, name)]
    return any(getattr(before, name) != getattr(after, name) for name in known)


def _other_answers(old: CountryResult, new: CountryResult) -> bool:
    """Whether a country's figures come from another cut, or from other people."""
    names = ("cut", "respondents", "participants", "fieldwork_from", "fieldwork_to", "modes", "synthetic")
    return any(getattr(old, name) != getattr(new, name) for name in names)


def _other_people(old: Cell | None, new: Cell | None) -> bool:
    return old is not None and new is not None and (old.k, old.n, old.value) != (new.k, new.n, new.value)


# What there is --------------------------------------------------------------------------------------------------------


def _places(result: Result) -> Iterator[Place]:
    names = dict.fromkeys(name for table in result.tables for name in table.indicators)
    found = {indicator.id: indicator for indicator in result.indicators}
    for name in names:
        for country, blocks in found[name].cells.items():
            for block, row in blocks.items():
                yield from (Place(name, country, block, category) for category in row)


def _cell(indicators: Mapping[str, IndicatorResult], place: Place) -> Cell | None:
    indicator = indicators.get(place.indicator)
    return indicator.cell(place.country, place.block, place.category) if indicator else None


def _reworded(work: _Work) -> Iterator[Reworded]:
    for name in [name for name in work.after if name in work.before]:
        before, after = work.before[name], work.after[name]
        for part, old, new in _texts(before, after):
            if dict(old) != dict(new):
                yield Reworded(name, part, old, new)


def _texts(before: IndicatorResult, after: IndicatorResult) -> Iterator[tuple[str, Labels, Labels]]:
    yield "label", before.label, after.label
    if before.question and after.question:
        yield "question", before.question, after.question
    for choice in before.choices:
        if choice in after.choices:
            yield f"choice:{choice}", before.choices[choice], after.choices[choice]


def _facts(old: Result, new: Result) -> Iterator[Fact]:
    for name in ("version", "threshold", "software", "instrument_hash", "layout_hash", "plan_hash"):
        pair = [str(getattr(result.provenance, name)) for result in (old, new)]
        if pair[0] != pair[1]:
            yield Fact(name, "", *pair)
    before, after = ({one.code: one for one in result.countries} for result in (old, new))
    for code in dict.fromkeys((*after, *before)):
        for name in ("cut", "respondents", "signed_off_by"):
            pair = [str(getattr(side[code], name)) if code in side else "" for side in (before, after)]
            if pair[0] != pair[1]:
                yield Fact(name, code, *pair)
