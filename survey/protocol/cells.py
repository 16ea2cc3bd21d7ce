"""One answer as the text of one spreadsheet cell, and back.

Choices stand by name, ticks with `;` between, numbers in digits, free texts as they are. Nothing stands for a question
left blank or not asked; another reason without a choice of its own stands in brackets, as `[prefer_not]`.
"""

import unicodedata
from collections.abc import Callable, Mapping

from survey.protocol.schema import Answer, ChoiceList, Kind, Missing, Question

BETWEEN_TICKS = ";"
# What a spreadsheet program would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_REASONS: Mapping[str, Missing] = {f"[{reason.value}]": reason for reason in Missing}
_SILENT = (Missing.BLANK, Missing.NOT_ASKED)
_YES, _NO = frozenset({"ok", "1", "yes", "true"}), frozenset({"", "0", "no", "false"})
_LONGEST_NUMBER = 9


class CellError(ValueError):
    """A cell that is no answer to its question; `code` is stable, the message says what to write."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def harmless(text: str) -> str:
    """The text, led by an apostrophe where its first character could start a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


def write(question: Question, answer: Answer) -> str:
    """The cell of an answer. `read` gives the answer back, whatever was typed."""
    if isinstance(answer, Missing):
        return "" if answer in _SILENT else f"[{answer.value}]"
    if isinstance(answer, tuple):
        return BETWEEN_TICKS.join(answer)
    if question.kind is Kind.TEXT:
        text = str(answer)
        return "'" + text if text.startswith((*_FORMULA, "'", "[")) else text
    return str(answer)


class Reader:
    """Reads the cells of one question: a choice by its name, its code, or its label in any language of the study."""

    def __init__(self, question: Question, separator: str = BETWEEN_TICKS) -> None:
        self.question, self.separator = question, separator
        self.names, self.unclear = _names(question.choices) if question.choices else ({}, frozenset())

    def read(self, text: str) -> Answer:
        """The answer of a cell. Raises CellError."""
        if text in _REASONS and _REASONS[text] not in _SILENT:
            return _REASONS[text]
        return _READERS[self.question.kind](self, text)

    def choice(self, text: str) -> str:
        """The name of the choice that a text means."""
        if text in self.unclear:
            raise CellError("choice-unclear", f"“{_short(text)}” is the label of several choices; write the name")
        if text not in self.names:
            message = f"“{_short(text)}” is no choice; write one of {', '.join(self._some_names())}"
            raise CellError("choice-unknown", message)
        return self.names[text]

    def _some_names(self) -> list[str]:
        names = [choice.name for choice in self.question.options]
        return names if len(names) <= 12 else [*names[:12], "…"]


def _names(choices: ChoiceList) -> tuple[dict[str, str], frozenset[str]]:
    """Text → name of choice, and the labels that several share. Names come before codes, codes before labels."""
    labels: dict[str, set[str]] = {}
    for choice in choices.choices:
        for text in (*choice.label.by_language.values(), *choice.label.by_country.values()):
            labels.setdefault(text, set()).add(choice.name)
    found = {text: next(iter(names)) for text, names in labels.items() if len(names) == 1}
    found |= {str(choice.code): choice.name for choice in choices.choices if choice.code is not None}
    found |= {choice.name: choice.name for choice in choices.choices}
    return found, frozenset(text for text, names in labels.items() if len(names) > 1 and text not in found)


def _one(reader: Reader, text: str) -> Answer:
    return reader.choice(text.strip()) if text.strip() else Missing.BLANK


def _several(reader: Reader, text: str) -> Answer:
    ticked = {reader.choice(part.strip()) for part in text.split(reader.separator) if part.strip()}
    if not ticked:
        return Missing.BLANK
    return in_order(reader.question, ticked)


def in_order(question: Question, ticked: set[str]) -> tuple[str, ...]:
    """Ticked choices in the order of their list. Raises CellError when one that stands alone does not."""
    alone = next((choice.name for choice in question.options if choice.exclusive and choice.name in ticked), None)
    if alone is not None and len(ticked) > 1:
        raise CellError("choice-alone", f"“{alone}” cannot be ticked with others; leave one of them out")
    return tuple(choice.name for choice in question.options if choice.name in ticked)


def _number(reader: Reader, text: str) -> Answer:
    digits = text.strip()
    if not digits:
        return Missing.BLANK
    low, high = reader.question.low, reader.question.high
    if digits.isdecimal() and len(digits) <= _LONGEST_NUMBER:
        number = int("".join(str(unicodedata.decimal(character)) for character in digits))
        if low <= number <= high:
            return number
    raise CellError("number", f"write a whole number from {low} to {high}")


def _text(reader: Reader, text: str) -> Answer:
    if "\x00" in text:
        raise CellError("text-unreadable", "remove the unreadable characters")
    return text.removeprefix("'") or Missing.BLANK


def _given(reader: Reader, text: str) -> Answer:
    said = text.strip().lower()
    if said not in _YES | _NO:
        raise CellError("acknowledge", "write OK, or leave the cell empty")
    return "OK" if said in _YES else Missing.BLANK


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


_READERS: Mapping[Kind, Callable[[Reader, str], Answer]] = {
    Kind.SELECT_ONE: _one,
    Kind.SELECT_MULTIPLE: _several,
    Kind.INTEGER: _number,
    Kind.TEXT: _text,
    Kind.ACKNOWLEDGE: _given,
}
