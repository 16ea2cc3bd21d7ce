"""Variables that a plan derives from the questionnaire's: bands of a number, choices grouped, any of several. Pure.

The record stays what it is: the codes of a derived variable are made from its columns when they are counted. A derived
variable is a single choice like any other, so it can be counted, split by and named in a filter. Nobody is lost on the
way: every answer falls into one group, and a reason why there is none stays what it was.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from survey.protocol.expressions import Binary, Call, Expression, Node, Reference, conjunction, parse
from survey.protocol.record import TICKED, RecordLayout, Variable, missing_code
from survey.protocol.schema import Answer, Answers, Choice, ChoiceList, Kind, Missing, Question, Texts

Codes = npt.NDArray[np.int64]
Columns = Callable[[Variable], Codes]
# What stands in a group: choices of the source, or the whole numbers from one to another.
Span = tuple[int, int]
_NOWHERE = -1
_TOP = 256
# Of several answers that are missing for different reasons, the first of these that one of them has.
PRECEDENCE = (Missing.DONT_KNOW, Missing.NOT_APPLICABLE, Missing.PREFER_NOT, Missing.BLANK, Missing.NOT_ASKED)


class Rule(StrEnum):
    BAND = "band"
    RECODE = "recode"
    ANY_OF = "any_of"


@dataclass(frozen=True, slots=True)
class Group:
    """One value of a derived variable: choices of the source that it takes in, or spans of a number."""

    name: str
    choices: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()

    @property
    def atoms(self) -> frozenset[str]:
        """Everything of the source that falls into it: names of choices, or numbers as they are written."""
        numbers = (str(number) for low, high in self.spans for number in range(low, high + 1))
        return frozenset((*self.choices, *numbers))


@dataclass(frozen=True, slots=True)
class Derivation:
    """How codes follow from codes. Without a word of any language, so that equal ones are counted once.

    `sources` are questions of the questionnaire, never other derived variables: those are followed down when the plan
    is read. `reasons` are the choices that stand for a missing answer, taken over from the sources. Of several
    sources `answered` have to be answered; an any_of has two groups, what holds and the rest.
    """

    name: str
    rule: Rule
    sources: tuple[str, ...]
    groups: tuple[Group, ...]
    reasons: tuple[tuple[str, Missing], ...] = ()
    answered: int = 1

    @property
    def root(self) -> str:
        """The one question whose answers it groups; '' for an any_of, which looks at several."""
        return "" if self.rule is Rule.ANY_OF else self.sources[0]

    def atoms_of(self, names: Iterable[str]) -> frozenset[str]:
        """Everything of the source that falls into groups of these names; a name of no group stands for itself."""
        groups = {group.name: group.atoms for group in self.groups}
        return frozenset[str]().union(*(groups.get(name, {name}) for name in names))

    def question(self) -> Question:
        """The single choice that it amounts to, without words."""
        return self.worded(Texts(), {})

    def worded(self, label: Texts, labels: Mapping[str, Texts]) -> Question:
        choices = [Choice(group.name, labels.get(group.name, Texts()), code) for code, group in enumerate(self.groups)]
        choices += [Choice(name, labels.get(name, Texts()), missing=reason) for name, reason in self.reasons]
        return Question(self.name, Kind.SELECT_ONE, label, choices=ChoiceList(self.name, tuple(choices)))

    def key(self) -> "Derivation":
        """What it does, whatever it is called."""
        return replace(self, name="")


def find(derived: Iterable[Derivation], name: str) -> Derivation | None:
    return next((one for one in derived if one.name == name), None)


def variables(layout: RecordLayout, derived: Iterable[Derivation], name: str) -> tuple[Variable, ...]:
    """The variables of a question or of a derived one; a derived one has no place in the record."""
    own = find(derived, name)
    if own is None:
        return layout.of(name)
    return (Variable(own.name, own.question(), _NOWHERE, 1, gates=gates(own, layout)),)


def gates(derivation: Derivation, layout: RecordLayout) -> tuple[Expression, ...]:
    """What has to hold for somebody to be in one of its groups: the gates of all sources, or those of one of them."""
    routes = [found[0].gates for name in derivation.sources if (found := layout.of(name))]
    if len(set(routes)) <= 1 or derivation.answered == len(derivation.sources):
        return tuple(dict.fromkeys(gate for route in routes for gate in route))
    if not all(routes):
        return ()
    ways = (conjunction(route) for route in routes)
    return (parse(" or ".join(f"({way.source})" for way in ways if way is not None)),)


def extended(layout: RecordLayout, derived: Iterable[Derivation]) -> RecordLayout:
    """A layout in which derived variables are found beside the record's. For looking things up, not for records."""
    own = [variable for one in derived for variable in variables(layout, (one,), one.name)]
    return RecordLayout((*layout.variables, *own), layout.length) if own else layout


def with_derived(layout: RecordLayout, derived: Iterable[Derivation], columns: Columns) -> Columns:
    """`columns` for derived variables too."""
    known = {one.name: one for one in derived}

    def read(variable: Variable) -> Codes:
        is_derived = variable.offset == _NOWHERE
        return codes(known[variable.name], layout, columns) if is_derived else columns(variable)

    return read


def codes(derivation: Derivation, layout: RecordLayout, columns: Columns) -> Codes:
    """One code a record: the place of its group, or the code of the reason why there is none."""
    return _CODES[derivation.rule](derivation, layout, columns)


def _grouped(derivation: Derivation, layout: RecordLayout, columns: Columns) -> Codes:
    """A single choice or a number: every code has its group in a table."""
    variable = layout.of(derivation.root)[0]
    known = {choice.name: choice.code for choice in variable.question.options if choice.code is not None}
    size: int = 256**variable.width
    table = np.full(size, missing_code(Missing.BLANK, 1), dtype=np.int64)
    table[size - len(Missing) :] = np.arange(_TOP - len(Missing), _TOP)
    for code, group in enumerate(derivation.groups):
        for low, high in group.spans:
            table[low : high + 1] = code
        table[[known[name] for name in group.choices]] = code
    return table[columns(variable)]


def _any_of(derivation: Derivation, layout: RecordLayout, columns: Columns) -> Codes:
    wanted = frozenset(derivation.groups[0].choices)
    parts = [_holds(layout.of(name), wanted, columns) for name in derivation.sources]
    held = np.logical_or.reduce([holds for _, holds in parts])
    reasons = np.array([reason for reason, _ in parts])
    answered = np.count_nonzero(reasons == 0, axis=0) >= derivation.answered
    missing = np.zeros(len(held), dtype=np.int64)
    for reason in reversed(PRECEDENCE):
        code = missing_code(reason, 1)
        missing = np.where((reasons == code).any(axis=0), code, missing)
    return np.where(answered, np.where(held, 0, 1), missing)


def _holds(
    fields: tuple[Variable, ...], wanted: frozenset[str], columns: Columns
) -> tuple[Codes, npt.NDArray[np.bool_]]:
    """The code of the reason for no answer (0 where there is one), and whether a wanted choice is taken."""
    first = columns(fields[0])
    reason = np.where(first > _TOP - 1 - len(Missing), first, 0)
    if fields[0].choice is not None:
        own = [columns(one) == TICKED for one in fields if one.choice is not None and one.choice.name in wanted]
        return reason, np.logical_or.reduce(own)
    taken = [choice.code for choice in fields[0].question.options if choice.name in wanted and choice.code is not None]
    return reason, np.isin(first, taken)


_CODES: Mapping[Rule, Callable[[Derivation, RecordLayout, Columns], Codes]] = {
    Rule.BAND: _grouped,
    Rule.RECODE: _grouped,
    Rule.ANY_OF: _any_of,
}


# The same for one person, from the answers themselves -----------------------------------------------------------------


def answer(derivation: Derivation, questions: Mapping[str, Question], answers: Answers) -> Answer:
    """The group that a person is in, or why in none, as `RecordLayout.decode` would tell it of a question."""
    told = [_told(questions[name], answers.get(name, Missing.BLANK)) for name in derivation.sources]
    reasons = {one for one in told if isinstance(one, Missing)}
    if sum(not isinstance(one, Missing) for one in told) < (derivation.answered if derivation.root == "" else 1):
        reason = next(one for one in PRECEDENCE if one in reasons)
        return next((name for name, own in derivation.reasons if own is reason), reason)
    values = {str(value) for one in told if not isinstance(one, Missing) for value in _each(one)}
    return next((group.name for group in derivation.groups if values & group.atoms), derivation.groups[-1].name)


def _each(answer: Answer) -> tuple[str | int, ...]:
    return answer if isinstance(answer, tuple) else (answer,)


def _told(question: Question, answer: Answer) -> Answer:
    """An answer, or the reason that the chosen choice stands for."""
    name = answer[0] if isinstance(answer, tuple) else answer
    choice = question.choices.get(name) if question.choices and isinstance(name, str) else None
    return answer if choice is None or choice.missing is None else choice.missing


# What a condition says, whatever its derived variables are called -----------------------------------------------------


def settled(expression: Expression | None, derived: Iterable[Derivation]) -> object:
    """A condition with derived variables in place of their names, so that equal ones are equal under any name."""
    if expression is None:
        return None
    named = tuple(one for one in derived if one.name in expression.references())
    if not named:
        return expression
    places = {one.name: place for place, one in enumerate(sorted(named, key=lambda one: repr(one.key())))}
    return _renamed(expression.node, places), tuple(sorted((one.key() for one in named), key=repr))


def _renamed(node: Node, places: Mapping[str, int]) -> Node:
    if isinstance(node, Reference) and node.name in places:
        return Reference(f"#{places[node.name]}")
    if isinstance(node, Call):
        return replace(node, arguments=tuple(_renamed(one, places) for one in node.arguments))
    if isinstance(node, Binary):
        return replace(node, left=_renamed(node.left, places), right=_renamed(node.right, places))
    return node


# Atoms: what of a question stands in a group --------------------------------------------------------------------------


def blocks_of(question: Question) -> dict[str, frozenset[str]]:
    """The blocks that a question itself makes: every choice alone."""
    return {choice.name: frozenset({choice.name}) for choice in question.options if choice.missing is None}


def merges(coarse: Derivation | None, fine: Iterable[frozenset[str]], root: str) -> bool:
    """Whether every group of `coarse` is made of whole `fine` blocks of the same question."""
    if coarse is None or not coarse.root or coarse.root != root:
        return False
    blocks = list(fine)
    return all(any(block <= group.atoms for group in coarse.groups) for block in blocks)
