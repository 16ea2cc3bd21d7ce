"""The codebook of a version: where a variable stands in a record, what its codes mean in every language. Pure."""

from collections.abc import Iterator

from survey.protocol.record import NOT_TICKED, TICKED, RecordLayout, Variable, missing_code
from survey.protocol.schema import Kind, Missing, Protocol

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
