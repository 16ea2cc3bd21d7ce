"""The protocol as frozen values: what a study asks, of whom, in which words. Everything here checks itself at birth."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from survey.protocol.expressions import Expression

NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


class Missing(StrEnum):
    """Why there is no substantive answer. Five distinct reasons: they never share a code."""

    BLANK = "blank"
    PREFER_NOT = "prefer_not"
    DONT_KNOW = "dont_know"
    NOT_APPLICABLE = "not_applicable"
    NOT_ASKED = "not_asked"


# A choice name, a whole number, the ticked choices in list order, a free text, or the reason why there is none.
Answer = str | int | tuple[str, ...] | Missing
Answers = Mapping[str, Answer]


class Kind(StrEnum):
    SELECT_ONE = "select_one"
    SELECT_MULTIPLE = "select_multiple"
    INTEGER = "integer"
    TEXT = "text"
    NOTE = "note"
    ACKNOWLEDGE = "acknowledge"


class Source(StrEnum):
    """Where a text comes from: the paper's own words, partly so, or our reconstruction."""

    VERBATIM = "verbatim"
    PARTLY = "partly"
    RECONSTRUCTED = "reconstructed"


@dataclass(frozen=True, slots=True)
class Texts:
    """One text in every language, keyed by BCP 47 tag, with wording of single countries within a language."""

    by_language: Mapping[str, str] = field(default_factory=dict)
    by_country: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def get(self, language: str, country: str | None = None) -> str:
        """The text for one language, in the country's own wording where it has one; '' when there is none."""
        own = self.by_country.get((country, language)) if country else None
        return own or self.by_language.get(language, "")

    def __bool__(self) -> bool:
        return any(self.by_language.values())


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer option. `code` is its number in the record; a missing choice has a reason instead."""

    name: str
    label: Texts
    code: int | None = None
    missing: Missing | None = None
    exclusive: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.code is None) == (self.missing is None):
            raise ValueError(f"choice {self.name}: either a code or a missing reason")


@dataclass(frozen=True, slots=True)
class ChoiceList:
    name: str
    choices: tuple[Choice, ...]

    def __post_init__(self) -> None:
        names = [choice.name for choice in self.choices]
        codes = [choice.code for choice in self.choices if choice.code is not None]
        reasons = [choice.missing for choice in self.choices if choice.missing is not None]
        for values in (names, codes, reasons):
            if len(values) != len(set(values)):
                raise ValueError(f"list {self.name}: names, codes and missing reasons occur once each")

    def get(self, name: str) -> Choice | None:
        return next((choice for choice in self.choices if choice.name == name), None)

    def for_reason(self, reason: Missing) -> Choice | None:
        """The choice that stands for a missing reason, if the list offers it."""
        return next((choice for choice in self.choices if choice.missing is reason), None)

    @property
    def substantive(self) -> tuple[Choice, ...]:
        return tuple(choice for choice in self.choices if choice.missing is None)


@dataclass(frozen=True, slots=True)
class Question:
    """One row of the survey sheet that is shown to a participant. `low` and `high` bound an integer.

    `required` asks for an answer or for declining to give one; nobody is forced to answer.
    """

    name: str
    kind: Kind
    label: Texts
    hint: Texts = Texts()
    constraint_message: Texts = Texts()
    choices: ChoiceList | None = None
    relevant: Expression | None = None
    constraint: Expression | None = None
    choice_filter: Expression | None = None
    low: int = 0
    high: int = 0
    required: bool = False
    sensitive: bool = False
    source: Source = Source.RECONSTRUCTED
    row: int = 0

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"question name {self.name!r}")
        if (self.kind in (Kind.SELECT_ONE, Kind.SELECT_MULTIPLE)) != (self.choices is not None):
            raise ValueError(f"question {self.name}: a choice list belongs to a select and to nothing else")
        if self.kind is Kind.INTEGER and not self.low <= self.high:
            raise ValueError(f"question {self.name}: {self.low}..{self.high} is no range")

    @property
    def options(self) -> tuple[Choice, ...]:
        """All choices, in the workbook's order; empty for a question without a list."""
        return self.choices.choices if self.choices else ()


@dataclass(frozen=True, slots=True)
class Battery:
    """Questions that share a stem and a scale."""

    name: str
    stem: Texts
    hint: Texts
    questions: tuple[Question, ...]
    relevant: Expression | None = None
    row: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    title: Texts
    lead: Texts
    items: tuple[Question | Battery, ...]
    relevant: Expression | None = None
    row: int = 0


@dataclass(frozen=True, slots=True)
class Country:
    """A country of the study: the site's code, its name in every language, and the languages it offers.

    `exit` is the address of a neutral site there, where somebody who leaves in a hurry is taken.
    """

    code: str
    label: Texts
    languages: tuple[str, ...]
    exit: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Z]{2}", self.code):
            raise ValueError(f"country code {self.code!r}")


@dataclass(frozen=True, slots=True)
class Deviation:
    """Wording that one country has for itself, with its way back to the master text and the reason."""

    country: str
    language: str
    name: str
    field: str
    text: str
    back_translation: str
    reason: str
    row: int = 0


class Part(StrEnum):
    """What a line of the information is for: to be read, to be true of everybody who takes part, to be agreed to."""

    HEADING = "heading"
    TEXT = "text"
    CONDITION = "condition"
    AGREE = "agree"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Information:
    """One line of what people are told before they agree; `country` is empty when it is for all."""

    part: Part
    country: str
    text: Texts
    row: int = 0


# What choices of the study can say of a participant without saying who it is; each may name its question in the
# settings sheet, as in `gender_question`.
DESCRIBING = ("gender", "issue", "region")


# What the design takes as safe; a study may choose a smaller one, down to 3, which is an exception to be noted.
DEFAULT_THRESHOLD = 5


@dataclass(frozen=True, slots=True)
class Settings:
    """The study as a whole. `describing` names the questions whose choices describe participants, by what they say."""

    form_id: str
    version: str
    title: str
    default_language: str
    threshold: int
    records: str
    translations: str
    describing: Mapping[str, str] = field(default_factory=dict)
    row: int = 0


@dataclass(frozen=True, slots=True)
class Protocol:
    """Everything that a published version asks. The plan (indicators, tables) is read by the report side."""

    settings: Settings
    languages: tuple[str, ...]
    countries: tuple[Country, ...]
    lists: Mapping[str, ChoiceList]
    sections: tuple[Section, ...]
    deviations: tuple[Deviation, ...] = ()
    information: tuple[Information, ...] = ()

    def informing(self, country: str, *parts: Part) -> tuple[Information, ...]:
        """What is said in one country, in the workbook's order."""
        return tuple(line for line in self.information if line.part in parts and line.country in ("", country))

    def questions(self) -> Iterator[Question]:
        """Every question in the order of the workbook, those of batteries included."""
        return (question for question, _ in self.gates())

    def gates(self) -> Iterator[tuple[Question, tuple[Expression, ...]]]:
        """Every question with the conditions that all have to hold for it to be asked: of its section, battery, own."""
        for section in self.sections:
            for item in section.items:
                outer = (section.relevant, item.relevant) if isinstance(item, Battery) else (section.relevant,)
                for question in item.questions if isinstance(item, Battery) else (item,):
                    yield question, tuple(gate for gate in (*outer, question.relevant) if gate is not None)

    def question(self, name: str) -> Question | None:
        return next((question for question in self.questions() if question.name == name), None)

    def country(self, code: str) -> Country:
        """Raises KeyError when the study does not run there."""
        for country in self.countries:
            if country.code == code:
                return country
        raise KeyError(code)
