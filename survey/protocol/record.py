"""The fixed-width coded record: every answer sheet of a version has the same length, so a sealed one says nothing.

A variable has an offset and a width of 1 or 2 bytes (little-endian). A multi-select takes one byte per substantive
choice. The five top codes of each width are reserved for the reasons why there is no answer.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from survey.protocol.expressions import Expression
from survey.protocol.schema import Answer, Answers, Choice, Kind, Missing, Protocol, Question

BYTE_ORDER: Final = "little"
TICKED, NOT_TICKED = 1, 0
GIVEN = 1
_REASON_ORDER = (
    Missing.BLANK,
    Missing.PREFER_NOT,
    Missing.DONT_KNOW,
    Missing.NOT_APPLICABLE,
    Missing.NOT_ASKED,
)


class RecordError(ValueError):
    """An answer that the layout cannot hold, or bytes that no answer has."""


def missing_code(reason: Missing, width: int) -> int:
    """The reserved code of a reason: 255..251 in one byte, 65535..65531 in two."""
    return int(256**width) - 1 - _REASON_ORDER.index(reason)


def missing_reason(code: int, width: int) -> Missing | None:
    """The reason that a code stands for, or None for a substantive code."""
    place = int(256**width) - 1 - code
    return _REASON_ORDER[place] if 0 <= place < len(_REASON_ORDER) else None


@dataclass(frozen=True, slots=True)
class Variable:
    """One field of the record. `choice` is set for the tick of one choice of a multi-select.

    `gates` have to hold for its question to be asked.
    """

    name: str
    question: Question
    offset: int
    width: int
    choice: Choice | None = None
    gates: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class RecordLayout:
    """Offsets of a version's variables. `length` is the size of every record in bytes."""

    variables: tuple[Variable, ...]
    length: int

    @cached_property
    def by_question(self) -> Mapping[str, tuple[Variable, ...]]:
        """The variables of every question that has any, in the order of the record."""
        found: dict[str, tuple[Variable, ...]] = {}
        for variable in self.variables:
            name = variable.question.name
            found[name] = (*found.get(name, ()), variable)
        return found

    def of(self, question: str) -> tuple[Variable, ...]:
        """The variables of one question: one, or one per substantive choice of a multi-select."""
        return self.by_question.get(question, ())

    def encode(self, answers: Answers, asked: Iterable[str]) -> bytes:
        """One record. Questions not in `asked` are coded as not asked, asked ones without an answer as blank.

        Free texts are not in the record: a text that was given leaves its mark only (see `texts`). Raises
        RecordError naming the variable when an answer does not fit its question.
        """
        open_now = frozenset(asked)
        record = bytearray()
        for name, variables in self.by_question.items():
            answer = answers.get(name, Missing.BLANK) if name in open_now else Missing.NOT_ASKED
            for variable, code in zip(variables, _codes(variables, answer), strict=True):
                record += code.to_bytes(variable.width, BYTE_ORDER)
        return bytes(record)

    def decode(self, record: bytes, texts: Mapping[str, str] | None = None) -> dict[str, Answer]:
        """The answers of one record; every question has an entry. Raises RecordError on bytes that no answer has."""
        if len(record) != self.length:
            raise RecordError(f"a record of this version has {self.length} bytes, here are {len(record)}")
        answers: dict[str, Answer] = {}
        codes: dict[str, list[tuple[Variable, int]]] = {}
        for variable in self.variables:
            field = record[variable.offset : variable.offset + variable.width]
            code = int.from_bytes(field, BYTE_ORDER)
            codes.setdefault(variable.question.name, []).append((variable, code))
        for name, fields in codes.items():
            answers[name] = _answer(fields, (texts or {}).get(name, ""))
        return answers


def layout_of(protocol: Protocol) -> RecordLayout:
    """The layout that a protocol gives: variables in the order of the questionnaire, without gaps."""
    variables: list[Variable] = []
    offset = 0
    for question, gates in protocol.gates():
        for name, width, choice in _fields(question):
            variables.append(Variable(name, question, offset, width, choice, gates))
            offset += width
    return RecordLayout(tuple(variables), offset)


def texts(protocol: Protocol, answers: Answers) -> dict[str, str]:
    """The free texts among the answers, by question; they are kept apart from the record."""
    return {
        question.name: answer
        for question in protocol.questions()
        if question.kind is Kind.TEXT
        and isinstance(answer := answers.get(question.name), str)
        and not isinstance(answer, Missing)
    }


def _fields(question: Question) -> list[tuple[str, int, Choice | None]]:
    if question.kind is Kind.NOTE:
        return []
    if question.kind is Kind.SELECT_MULTIPLE and question.choices:
        return [(f"{question.name}/{choice.name}", 1, choice) for choice in question.choices.substantive]
    return [(question.name, 2 if question.kind is Kind.INTEGER and question.high > 199 else 1, None)]


def _codes(variables: tuple[Variable, ...], answer: Answer) -> Sequence[int]:
    """The codes of all variables of one question."""
    first = variables[0]
    if isinstance(answer, Missing):
        return [missing_code(answer, first.width)] * len(variables)
    codes = _CODERS[first.question.kind](variables, answer)
    if codes is None:
        raise RecordError(f"{first.question.name}: {answer!r} is not an answer to this question")
    return codes


def _code_choice(variables: tuple[Variable, ...], answer: Answer) -> Sequence[int] | None:
    variable = variables[0]
    choice = variable.question.choices.get(answer) if variable.question.choices and isinstance(answer, str) else None
    if choice is None:
        return None
    if choice.missing is not None:
        return [missing_code(choice.missing, variable.width)]
    return None if choice.code is None else [choice.code]


def _code_ticks(variables: tuple[Variable, ...], answer: Answer) -> Sequence[int] | None:
    choices = variables[0].question.choices
    if choices is None or not isinstance(answer, tuple):
        return None
    ticked = [choice for name in answer if (choice := choices.get(name)) is not None]
    alone = len(ticked) == 1 or not any(choice.exclusive for choice in ticked)
    if not ticked or len(ticked) < len(answer) or not alone:
        return None
    if ticked[0].missing is not None:
        return [missing_code(ticked[0].missing, variables[0].width)] * len(variables)
    names = set(answer)
    return [TICKED if v.choice and v.choice.name in names else NOT_TICKED for v in variables]


def _code_integer(variables: tuple[Variable, ...], answer: Answer) -> Sequence[int] | None:
    if not isinstance(answer, int) or isinstance(answer, bool):
        return None
    return [answer] if variables[0].question.low <= answer <= variables[0].question.high else None


def _code_given(variables: tuple[Variable, ...], answer: Answer) -> Sequence[int] | None:
    return [GIVEN] if isinstance(answer, str) and answer else None


_CODERS: Mapping[Kind, Callable[[tuple[Variable, ...], Answer], Sequence[int] | None]] = {
    Kind.SELECT_ONE: _code_choice,
    Kind.SELECT_MULTIPLE: _code_ticks,
    Kind.INTEGER: _code_integer,
    Kind.TEXT: _code_given,
    Kind.ACKNOWLEDGE: _code_given,
}


def _answer(fields: list[tuple[Variable, int]], text: str) -> Answer:
    variable, code = fields[0]
    reason = missing_reason(code, variable.width)
    if reason is not None and all(other == code for _, other in fields):
        return _missing_answer(variable.question, reason)
    answer = _DECODERS[variable.question.kind](fields, text)
    if answer is None:
        raise RecordError(f"{variable.name}: the code {code} is no answer to this question")
    return answer


def _missing_answer(question: Question, reason: Missing) -> Answer:
    """A reason that the list offers as a choice reads as that choice, as it was answered."""
    choice = question.choices.for_reason(reason) if question.choices else None
    if choice is None:
        return reason
    return (choice.name,) if question.kind is Kind.SELECT_MULTIPLE else choice.name


def _read_choice(fields: list[tuple[Variable, int]], text: str) -> Answer | None:
    variable, code = fields[0]
    return next((choice.name for choice in variable.question.options if choice.code == code), None)


def _read_ticks(fields: list[tuple[Variable, int]], text: str) -> Answer | None:
    if any(code not in (TICKED, NOT_TICKED) for _, code in fields):
        return None
    ticked = [variable.choice for variable, code in fields if code == TICKED and variable.choice]
    if len(ticked) > 1 and any(choice.exclusive for choice in ticked):
        return None
    return tuple(choice.name for choice in ticked) or None


def _read_integer(fields: list[tuple[Variable, int]], text: str) -> Answer | None:
    variable, code = fields[0]
    return code if variable.question.low <= code <= variable.question.high else None


_DECODERS: Mapping[Kind, Callable[[list[tuple[Variable, int]], str], Answer | None]] = {
    Kind.SELECT_ONE: _read_choice,
    Kind.SELECT_MULTIPLE: _read_ticks,
    Kind.INTEGER: _read_integer,
    Kind.TEXT: lambda fields, text: (text or Missing.BLANK) if fields[0][1] == GIVEN else None,
    Kind.ACKNOWLEDGE: lambda fields, text: "OK" if fields[0][1] == GIVEN else None,
}
