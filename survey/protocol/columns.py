"""How a version's variables stand in a data file for statistics programs: their names, labels, values, missing codes.

Free texts have no column. Every other variable of the record has one, in the order of the questionnaire. Pure.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from survey.protocol.record import GIVEN, NOT_TICKED, TICKED, RecordLayout, Variable
from survey.protocol.schema import Choice, Kind, Missing, Question

# Stata takes 32 characters and SPSS 64; what names a set of value labels appends up to four digits to a name.
LONGEST_NAME = 28
_DIGITS = 6
_PLAIN = re.compile(rf"[a-z](?:[a-z0-9_]{{0,{LONGEST_NAME - 2}}}[a-z0-9])?")
# Words of their own in SPSS and in Stata; in small letters, since SPSS does not tell capitals apart.
RESERVED = frozenset(
    {
        *("all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"),
        *("byte", "double", "float", "if", "in", "int", "long", "str", "strl", "using"),
    }
) | {f"str{number}" for number in range(1, 2046)}

# One run of whole numbers, which SPSS takes as a range of missing values; no answer is ever below nought.
VALUE_OF: Mapping[Missing, int] = {
    Missing.BLANK: -1,
    Missing.PREFER_NOT: -2,
    Missing.DONT_KNOW: -3,
    Missing.NOT_APPLICABLE: -4,
    Missing.NOT_ASKED: -5,
}
LOWEST, HIGHEST = min(VALUE_OF.values()), max(VALUE_OF.values())
# The same reasons as extended missing values of Stata: .a to .e.
TAG_OF: Mapping[Missing, str] = dict(zip(VALUE_OF, "abcde", strict=True))

CUT_MARK = "…"


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a label may be in one format: in characters, or in bytes of UTF-8."""

    length: int
    in_bytes: bool = False

    def holds(self, text: str) -> bool:
        return (len(text.encode()) if self.in_bytes else len(text)) <= self.length

    def cut(self, text: str) -> str:
        """The text, or as much of it as fits with a mark behind it, never half a character."""
        if self.holds(text):
            return text
        if not self.in_bytes:
            return text[: self.length - len(CUT_MARK)].rstrip() + CUT_MARK
        room = self.length - len(CUT_MARK.encode())
        return text.encode()[:room].decode(errors="ignore").rstrip() + CUT_MARK


@dataclass(frozen=True, slots=True)
class Limits:
    """What one program takes."""

    title: Limit
    label: Limit
    value: Limit


SPSS = Limits(title=Limit(64, in_bytes=True), label=Limit(256, in_bytes=True), value=Limit(120, in_bytes=True))
STATA = Limits(title=Limit(80), label=Limit(80), value=Limit(32_000, in_bytes=True))


@dataclass(frozen=True, slots=True)
class Words:
    """What no workbook says, in the language of a file: ticked or not, and why there is no answer."""

    ticked: str
    not_ticked: str
    given: str
    missing: Mapping[Missing, str]


@dataclass(frozen=True, slots=True)
class Value:
    """One code of a column. `reason` is set for a missing one."""

    code: int
    name: str
    label: str
    reason: Missing | None = None

    @property
    def tag(self) -> str:
        """Its letter in Stata, for a missing one."""
        return TAG_OF[self.reason] if self.reason is not None else ""


@dataclass(frozen=True, slots=True)
class Column:
    """One variable of a data file. `name` fits every program; `variable.name` is the study's own."""

    name: str
    variable: Variable

    @property
    def question(self) -> Question:
        return self.variable.question

    @property
    def choice(self) -> Choice | None:
        return self.variable.choice

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers and not codes."""
        return self.question.kind is Kind.INTEGER

    def label(self, language: str, country: str = "") -> str:
        """The question in one language; of a choice that can be ticked, the choice first: a label may be cut."""
        question = self.question.label.get(language, country)
        return f"{self.choice.label.get(language, country)} – {question}" if self.choice is not None else question

    def values(self, language: str, words: Words, country: str = "") -> Iterator[Value]:
        """Its codes with their labels: substantive ones first, then every reason why there may be no answer."""
        if self.choice is not None:
            yield Value(TICKED, self.choice.name, words.ticked)
            yield Value(NOT_TICKED, f"not {self.choice.name}", words.not_ticked)
        elif self.question.kind is Kind.ACKNOWLEDGE:
            yield Value(GIVEN, "given", words.given)
        for choice in self.question.options if self.choice is None else ():
            if choice.code is not None:
                yield Value(choice.code, choice.name, choice.label.get(language, country))
        for reason, code in VALUE_OF.items():
            named = self.question.choices.for_reason(reason) if self.question.choices else None
            label = named.label.get(language, country) if named else ""
            yield Value(code, named.name if named else reason.value, label or words.missing[reason], reason)


def columns(layout: RecordLayout) -> tuple[Column, ...]:
    """The columns of a data file. The names depend on the study's names alone, not on their order."""
    kept = [variable for variable in layout.variables if variable.question.kind is not Kind.TEXT]
    wished = Counter(_plain(variable.name) for variable in kept)
    questions = {variable.name for variable in kept if variable.choice is None}
    return tuple(Column(_name(variable, wished, questions), variable) for variable in kept)


def left_out(layout: RecordLayout) -> tuple[Question, ...]:
    """The questions whose answers are free texts: no data file has them."""
    return tuple(variable.question for variable in layout.variables if variable.question.kind is Kind.TEXT)


def _plain(name: str) -> str:
    """A name in letters, digits and underscores; '' where nothing usable is left."""
    return re.sub(r"[^a-z0-9_]", "_", name.lower())


def _name(variable: Variable, wished: Counter[str], questions: set[str]) -> str:
    plain = _plain(variable.name)
    is_own = variable.name == plain
    alone = wished[plain] == 1 or (is_own and plain in questions)
    if alone and _PLAIN.fullmatch(plain) and plain not in RESERVED:
        return plain
    mark = hashlib.sha256(variable.name.encode()).hexdigest()[:_DIGITS]
    return f"{plain[: LONGEST_NAME - _DIGITS - 1].rstrip('_')}_{mark}"
