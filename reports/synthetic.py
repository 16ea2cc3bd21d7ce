"""A deterministic synthetic data set that has exactly the figures a paper printed, and is plausible elsewhere.

No line of it describes a person. Every printed fraction k/n is dealt out to n of the country's respondents; questions
without printed figures get weights drawn from a generator seeded by country and question.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from reports.plan import Indicator, Plan, Stat
from reports.published import Figure
from survey.protocol import routing
from survey.protocol.expressions import Scope
from survey.protocol.schema import Answer, Choice, Kind, Missing, Protocol, Question

GENDER = "gender"
FREE_TEXT = "Synthetic answer, written by no one."


@dataclass(frozen=True, slots=True)
class Group:
    """How many respondents of one gender a country has."""

    gender: str
    size: int


@dataclass(frozen=True, slots=True)
class Target:
    """k of n people in one block (a gender, or '' for everybody) for one choice ('' for the counted ones)."""

    block: str
    choice: str
    k: int
    n: int


@dataclass
class Person:
    gender: str
    answers: dict[str, Answer] = field(default_factory=dict)


def synthesize(
    *, protocol: Protocol, plan: Plan, figures: Sequence[Figure], country: str, groups: Sequence[Group]
) -> list[dict[str, Answer]]:
    """Answer sheets of one country, routed, in an order that says nothing. Same input, same output."""
    maker = _Maker(protocol, plan, figures, country)
    people = [Person(group.gender) for group in groups for _ in range(group.size)]
    random.Random(f"{country}:order").shuffle(people)
    for question in protocol.questions():
        if question.kind is not Kind.NOTE:
            maker.fill(question, people)
    return [routing.on_route(protocol, person.answers, country) for person in people]


class _Maker:
    def __init__(self, protocol: Protocol, plan: Plan, figures: Sequence[Figure], country: str) -> None:
        self.protocol, self.plan, self.country = protocol, plan, country
        self.all_figures = figures
        self.figures = [figure for figure in figures if figure.country == country]
        self.people: Sequence[Person] = ()

    def fill(self, question: Question, people: Sequence[Person]) -> None:
        self.people = people
        rng = random.Random(f"{self.country}:{question.name}")
        asked = [person for person in people if self._is_asked(question, person)]
        if question.name == GENDER:
            for person in asked:
                person.answers[GENDER] = person.gender
            return
        indicators = [indicator for indicator in self.plan.indicators if indicator.variable == question.name]
        _FILLERS[question.kind](self, question, indicators, asked, rng)

    def _is_asked(self, question: Question, person: Person) -> bool:
        return question.name in routing.asked(self.protocol, person.answers, self.country)

    def _targets(self, indicator: Indicator) -> list[Target]:
        own = [figure for figure in self.figures if figure.indicator == indicator.id and figure.k is not None]
        only = indicator.counted[0] if len(indicator.counted) == 1 else ""
        targets = [Target(figure.block, figure.choice or only, figure.k or 0, figure.n or 0) for figure in own]
        found = list(dict.fromkeys(targets))
        blocks = [target for target in found if target.block]
        return blocks or found

    # One filler per kind of question ----------------------------------------------------------------------------------

    def select_one(
        self, question: Question, indicators: Sequence[Indicator], people: Sequence[Person], rng: random.Random
    ) -> None:
        for indicator in indicators:
            targets = self._targets(indicator)
            if targets and indicator.stat is Stat.PERCENT_IN:
                for target in targets:
                    members = [person for person in people if target.block in ("", person.gender)]
                    self._deal_box(question, indicator, target, members, rng)
                return
            if targets and indicator.stat is Stat.PERCENT_EACH:
                self._deal_choices(question, targets, people, rng)
                return
        self._deal_freely(question, people, rng)

    def _deal_box(
        self, question: Question, indicator: Indicator, target: Target, people: Sequence[Person], rng: random.Random
    ) -> None:
        inside, outside = _drawn(people, target.n, rng)
        counted, rest = inside[: target.k], inside[target.k :]
        box = [choice for choice in self._substantive(question) if choice.name in indicator.counted]
        others = [choice for choice in self._substantive(question) if choice.name not in indicator.counted]
        others += [choice for choice in question.options if choice.missing in indicator.includes and choice.missing]
        _spread(question.name, counted, box)
        _spread(question.name, rest, others)
        self._leave_out(question, outside, indicator.includes)

    def _deal_choices(
        self, question: Question, targets: Sequence[Target], people: Sequence[Person], rng: random.Random
    ) -> None:
        inside, outside = _drawn(people, max(target.n for target in targets), rng)
        names = [target.choice for target in targets for _ in range(target.k)]
        named = {target.choice for target in targets}
        spare = [choice.name for choice in self._substantive(question) if choice.name not in named]
        names += [spare[place % len(spare)] for place in range(len(inside) - len(names))] if spare else []
        for person, name in zip(inside, names, strict=True):
            person.answers[question.name] = name
        self._leave_out(question, outside, frozenset())

    def _deal_freely(self, question: Question, people: Sequence[Person], rng: random.Random) -> None:
        inside, outside = _drawn(people, len(people) - min(3, len(people) // 20), rng)
        choices = self._substantive(question)
        weights = [rng.uniform(0.7, 1.6) for _ in choices]
        for person in inside:
            person.answers[question.name] = rng.choices([choice.name for choice in choices], weights)[0]
        self._leave_out(question, outside, frozenset())

    def select_multiple(
        self, question: Question, indicators: Sequence[Indicator], people: Sequence[Person], rng: random.Random
    ) -> None:
        targets = [target for indicator in indicators for target in self._targets(indicator)]
        choices = [choice for choice in self._substantive(question) if not choice.exclusive]
        if not targets:
            n = len(people) - min(2, len(people) // 20)
            targets = [Target("", choice.name, round(n * rng.uniform(0.2, 0.65)), n) for choice in choices]
        inside, outside = _drawn(people, max((target.n for target in targets), default=0), rng)
        ticked: list[set[str]] = [set() for _ in inside]
        for target in targets:
            # People without a tick come first, so that the exact numbers leave nobody empty-handed.
            members = [place for place, person in enumerate(inside) if target.block in ("", person.gender)]
            order = sorted(members, key=lambda place: (bool(ticked[place]), rng.random()))
            for place in order[: target.k]:
                ticked[place].add(target.choice)
        none = next((choice.name for choice in question.options if choice.exclusive and not choice.missing), "")
        for person, names in zip(inside, ticked, strict=True):
            chosen = tuple(choice.name for choice in question.options if choice.name in names)
            person.answers[question.name] = chosen or (none,)
        for person in outside:
            person.answers[question.name] = Missing.BLANK

    def integer(
        self, question: Question, indicators: Sequence[Indicator], people: Sequence[Person], rng: random.Random
    ) -> None:
        wanted = {indicator.stat: self._value(indicator, rng) for indicator in indicators}
        mean = next((indicator for indicator in indicators if indicator.stat is Stat.MEAN), None)
        low, high = wanted.get(Stat.MIN), wanted.get(Stat.MAX)
        low = Fraction(min(max(question.low, 1), question.high)) if low is None else low
        high = Fraction(min(question.high, int(low) + 11)) if high is None else high
        value = wanted.get(Stat.MEAN)
        value = (low + high) / 2 if value is None else value
        zeros = self._zeros(mean) if mean is not None else 0
        total = round(value * (len(people) + zeros))
        for person, number in zip(people, _numbers(len(people), int(low), int(high), total, rng), strict=True):
            person.answers[question.name] = number

    def _zeros(self, indicator: Indicator) -> int:
        """People who count as zero in a mean, so that the others' numbers must carry it."""
        if indicator.zero_if is None:
            return 0
        return sum(
            indicator.zero_if.holds(Scope(answers=routing.values(person.answers, self.country)))
            for person in self.people
        )

    def _value(self, indicator: Indicator, rng: random.Random) -> Fraction | None:
        """The printed value, or for a country without one something near another country's."""
        own = next((figure for figure in self.figures if figure.indicator == indicator.id and figure.value), None)
        if own is not None:
            return Fraction(own.value)
        near = next((figure for figure in self.all_figures if figure.indicator == indicator.id and figure.value), None)
        if near is None or indicator.stat is not Stat.MEAN:
            return Fraction(near.value) if near else None
        return Fraction(near.value) * Fraction(rng.randint(90, 110), 100)

    def text(
        self, question: Question, indicators: Sequence[Indicator], people: Sequence[Person], rng: random.Random
    ) -> None:
        for person in people:
            person.answers[question.name] = FREE_TEXT if rng.random() < 0.4 else Missing.BLANK

    def acknowledge(
        self, question: Question, indicators: Sequence[Indicator], people: Sequence[Person], rng: random.Random
    ) -> None:
        for person in people:
            person.answers[question.name] = "OK"

    # ------------------------------------------------------------------------------------------------------------------

    def _substantive(self, question: Question) -> list[Choice]:
        """Choices with a code that this country offers."""
        return [choice for choice in routing.offered(question, {}, self.country) if choice.missing is None]

    def _leave_out(self, question: Question, people: Iterable[Person], included: frozenset[Missing]) -> None:
        """People outside the base: the scale's own “does not apply” first, then declining, then a blank."""
        reasons = [Missing.NOT_APPLICABLE, Missing.NOT_APPLICABLE, Missing.PREFER_NOT, Missing.BLANK]
        offered = [
            choice.name if choice else Missing.BLANK
            for reason in reasons
            if reason not in included
            for choice in [question.choices.for_reason(reason) if question.choices else None]
        ]
        for place, person in enumerate(people):
            person.answers[question.name] = offered[place % len(offered)]


Filler = Callable[[_Maker, Question, Sequence[Indicator], Sequence[Person], random.Random], None]
_FILLERS: Mapping[Kind, Filler] = {
    Kind.SELECT_ONE: _Maker.select_one,
    Kind.SELECT_MULTIPLE: _Maker.select_multiple,
    Kind.INTEGER: _Maker.integer,
    Kind.TEXT: _Maker.text,
    Kind.ACKNOWLEDGE: _Maker.acknowledge,
}


def _drawn(people: Sequence[Person], n: int, rng: random.Random) -> tuple[list[Person], list[Person]]:
    """n people drawn by lot, and the rest. Raises ValueError when there are not so many."""
    if n > len(people):
        raise ValueError(f"{n} people wanted, {len(people)} there")
    shuffled = list(people)
    rng.shuffle(shuffled)
    return shuffled[:n], shuffled[n:]


def _spread(name: str, people: Sequence[Person], choices: Sequence[Choice]) -> None:
    """Every choice taken by about equally many, none left without a taker."""
    for place, person in enumerate(people):
        person.answers[name] = choices[place % len(choices)].name


def _numbers(size: int, low: int, high: int, total: int, rng: random.Random) -> list[int]:
    """`size` whole numbers from low to high, both taken, that add up to `total`; in an order drawn by lot."""
    if size < 2:
        return [low] * size
    middle = [min(high, max(low, round(rng.gauss(total / size, (high - low) / 6)))) for _ in range(size - 2)]
    wanted = total - low - high
    place = 0
    while middle and sum(middle) != wanted and place < 100 * size * (high - low + 1):
        step = 1 if sum(middle) < wanted else -1
        spot = place % len(middle)
        middle[spot] = min(high, max(low, middle[spot] + step))
        place += 1
    numbers = [low, high, *middle]
    rng.shuffle(numbers)
    return numbers
