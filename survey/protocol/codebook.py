"""The codebook of a version: what was asked of whom, where a variable stands, what its codes mean in every language.

Pure. `rows` is the table of the stored records; `parts` is what the readable codebook and the one for archives tell of
data files. Neither holds an answer or a count.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from survey.protocol.columns import Column
from survey.protocol.expressions import Expression
from survey.protocol.record import NOT_TICKED, TICKED, RecordLayout, Variable, missing_code
from survey.protocol.schema import Battery, Kind, Missing, Protocol, Question, Section

COLUMNS = ("variable", "position", "width", "type", "code", "value")


def headings(languages: tuple[str, ...]) -> list[str]:
    """The columns of a codebook in these languages."""
    return [*COLUMNS, *languages]


def rows(protocol: Protocol, layout: RecordLayout, languages: tuple[str, ...]) -> Iterator[list[str]]:
    """For every variable one row with its question, then one for each of its codes.

    Positions count bytes from 1, as codebooks do. Codes of two bytes stand with the lower byte first.
    """
    for variable in layout.variables:
        question = variable.question
        place = [variable.name, str(variable.offset + 1), str(variable.width), question.kind.value]
        yield [*place, "", "", *(question.label.get(language) for language in languages)]
        for code, value, labels in _codes(variable, languages):
            yield [*place, code, value, *labels]


def _codes(variable: Variable, languages: tuple[str, ...]) -> Iterator[tuple[str, str, list[str]]]:
    question = variable.question
    if variable.choice is not None:
        labels = [variable.choice.label.get(language) for language in languages]
        yield str(TICKED), variable.choice.name, labels
        yield str(NOT_TICKED), f"not {variable.choice.name}", [""] * len(languages)
    elif question.kind is Kind.INTEGER:
        yield f"{question.low}–{question.high}", "the number itself", [""] * len(languages)
    elif question.choices is None:
        yield "1", "given", [""] * len(languages)
    for choice in question.options if variable.choice is None else ():
        if choice.code is not None:
            yield str(choice.code), choice.name, [choice.label.get(language) for language in languages]
    for reason in Missing:
        named = question.choices.for_reason(reason) if question.choices else None
        labels = [named.label.get(language) if named else "" for language in languages]
        yield str(missing_code(reason, variable.width)), named.name if named else f"[{reason.value}]", labels


# Parts ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One question with its columns: one, or one a choice that can be ticked; none for a free text.

    It is asked only where all `conditions` hold.
    """

    question: Question
    battery: Battery | None
    conditions: tuple[Expression, ...]
    columns: tuple[Column, ...]

    @property
    def is_left_out(self) -> bool:
        """Whether no data file has its answers."""
        return not self.columns


@dataclass(frozen=True, slots=True)
class Part:
    """One section with its questions."""

    section: Section
    entries: tuple[Entry, ...]


def parts(protocol: Protocol, columns: tuple[Column, ...]) -> tuple[Part, ...]:
    """The sections that ask anything, in the order of the questionnaire."""
    by_question: dict[str, tuple[Column, ...]] = {}
    for column in columns:
        name = column.question.name
        by_question[name] = (*by_question.get(name, ()), column)
    gates = {question.name: own for question, own in protocol.gates()}
    found = (Part(section, tuple(_entries(section, by_question, gates))) for section in protocol.sections)
    return tuple(part for part in found if part.entries)


def _entries(
    section: Section, columns: Mapping[str, tuple[Column, ...]], gates: Mapping[str, tuple[Expression, ...]]
) -> Iterator[Entry]:
    for item in section.items:
        battery = item if isinstance(item, Battery) else None
        for question in item.questions if isinstance(item, Battery) else (item,):
            if question.kind is not Kind.NOTE:
                yield Entry(question, battery, gates[question.name], columns.get(question.name, ()))
