"""Whether anybody can be in an indicator: the conditions of a plan tried on every kind of person that matters. Pure.

Only answers that some condition looks at matter. Of a number it is those beside a limit; of a multi-select each choice
that is named, ticked or not. Where that makes too many kinds of people, nothing is said.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from math import prod

from reports import deriving
from reports.deriving import Derivation
from survey.protocol import routing
from survey.protocol.checks import SITE_VARIABLE
from survey.protocol.expressions import Expression, Scope, Value
from survey.protocol.schema import Answer, Kind, Missing, Protocol, Question

MOST = 5_000
MOST_TICKS = 6


@dataclass(frozen=True, slots=True)
class Person:
    """One kind of person: what conditions see of the answers, and which questions were asked."""

    seen: Mapping[str, Value]
    asked: frozenset[str]

    def meets(self, condition: Expression | None) -> bool:
        return condition is None or condition.holds(Scope(answers=self.seen))


class Reach:
    """People of one study, as far as some conditions can tell them apart."""

    def __init__(self, protocol: Protocol, derived: Iterable[Derivation]) -> None:
        self.protocol, self.derived = protocol, {one.name: one for one in derived}
        self.questions = {question.name: question for question in protocol.questions()}
        self.gates = {question.name: gates for question, gates in protocol.gates()}

    def people(self, names: Iterable[str], conditions: Sequence[Expression]) -> list[Person] | None:
        """Every kind of person that these names and conditions tell apart; None when there are too many."""
        needed = self._needed({*names, *chain.from_iterable(one.references() for one in conditions)})
        asked_first = [question for question in self.questions.values() if question.name in needed]
        limits = [*conditions, *(gate for question in asked_first for gate in self.gates[question.name])]
        domains = [self._domain(question, limits) for question in asked_first]
        countries = [country.code for country in self.protocol.countries] if SITE_VARIABLE in needed else [""]
        if prod(len(domain) for domain in domains) * len(countries) > MOST:
            return None
        return [self._person(asked_first, given, country) for country in countries for given in product(*domains)]

    def _needed(self, names: Iterable[str]) -> set[str]:
        """Questions behind the names, and those that decide whether they are asked."""
        found: set[str] = set()
        waiting = set(names)
        while waiting:
            name = waiting.pop()
            own = self.derived.get(name)
            found.add(name)
            gates = self.gates.get(name, ())
            waiting |= {
                *(own.sources if own else ()),
                *chain.from_iterable(gate.references() for gate in gates),
            } - found
        return found

    def _person(self, questions: Sequence[Question], given: Sequence[Answer], country: str) -> Person:
        answers: dict[str, Answer] = {}
        for question, answer in zip(questions, given, strict=True):
            seen = routing.values(answers, country)
            is_open = all(gate.holds(Scope(answers=seen)) for gate in self.gates[question.name])
            answers[question.name] = answer if is_open else Missing.NOT_ASKED
        asked = frozenset(name for name, answer in answers.items() if answer is not Missing.NOT_ASKED)
        for name, own in self.derived.items():
            if set(own.sources) <= answers.keys():
                answers[name] = deriving.answer(own, self.questions, answers)
        return Person(routing.values(answers, country), asked)

    def _domain(self, question: Question, conditions: Iterable[Expression]) -> list[Answer]:
        return [Missing.BLANK, *_DOMAINS.get(question.kind, _given)(question, self._marks(question, conditions))]

    def _marks(self, question: Question, conditions: Iterable[Expression]) -> set[object]:
        """Choices and numbers of a question that conditions or groups mention."""
        groups = [group for own in self.derived.values() if question.name in own.sources for group in own.groups]
        marks: set[object] = {choice for group in groups for choice in group.choices}
        marks |= {limit for group in groups for span in group.spans for limit in span}
        for condition in conditions:
            marks |= {choice for name, choice in condition.choices_named() if name == question.name}
            if question.name in condition.references():
                marks |= condition.numbers()
        return marks


def _chosen(question: Question, marks: set[object]) -> list[Answer]:
    return [choice.name for choice in question.options]


def _ticked(question: Question, marks: set[object]) -> list[Answer]:
    named = [choice for choice in question.options if choice.name in marks]
    several = [choice.name for choice in named if not choice.exclusive and choice.missing is None]
    alone = [choice.name for choice in question.options if choice.exclusive or choice.missing is not None]
    other = [c.name for c in question.options if c.name not in (*several, *alone)][:1]
    if len(several) > MOST_TICKS:
        return [()] * (MOST + 1)
    sets = chain.from_iterable(combinations([*several, *other], size) for size in range(1, len(several) + 2))
    return [*((name,) for name in alone), *sets]


def _numbers(question: Question, marks: set[object]) -> list[Answer]:
    near = {round(mark) + step for mark in marks if isinstance(mark, int | float) for step in (-1, 0, 1)}
    return sorted({question.low, question.high, *(n for n in near if question.low <= n <= question.high)})


def _given(question: Question, marks: set[object]) -> list[Answer]:
    return ["x"]


_DOMAINS: Mapping[Kind, Callable[[Question, set[object]], Sequence[Answer]]] = {
    Kind.SELECT_ONE: _chosen,
    Kind.SELECT_MULTIPLE: _ticked,
    Kind.INTEGER: _numbers,
}
