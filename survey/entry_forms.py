"""Pages of the questionnaire as they are typed from paper: one small field a question, which takes the printed keys.

What is typed is turned into what a participant's form would have sent, and goes through that form.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from survey.forms import DECLINE, LONGEST_TEXT, PageForm, asked_on
from survey.paper import Option, keyed
from survey.protocol.routing import Page
from survey.protocol.schema import Answer, Answers, Choice, Kind, Missing, Question

# What is typed where somebody declined to answer, and in a run of keys where they left a line blank.
DECLINED, BLANK_IN_RUN = "-", "0"
LONGEST_KEYS = 120
_BETWEEN_KEYS = re.compile(r"[\s,;.+،؛]+")

# What a participant's form would have sent for one question, by field.
Sent = Mapping[str, list[str]]


class WrongKeyError(Exception):
    """Nothing on the sheet has this key."""


# From keys to answers -------------------------------------------------------------------------------------------------


def sent(question: Question, typed: str, country: str) -> Sent:
    """What the participant's form sends for the same answer. Raises WrongKeyError."""
    text = tidy(typed)
    return _SENT[question.kind](question, text, keyed(question, country)) if text else {}


def tidy(typed: str) -> str:
    """Typed text without what two people type differently without meaning it: spaces, and how an accent is made."""
    return " ".join(unicodedata.normalize("NFC", typed).split())


def _one(question: Question, text: str, choices: Mapping[int, Choice]) -> Sent:
    return {question.name: [_chosen(text, choices).name]}


def _several(question: Question, text: str, choices: Mapping[int, Choice]) -> Sent:
    keys = [key for key in _BETWEEN_KEYS.split(text) if key]
    return {question.name: [_chosen(key, choices).name for key in keys]}


def _typed(question: Question, text: str, choices: Mapping[int, Choice]) -> Sent:
    return {question.name + DECLINE: ["on"]} if text == DECLINED else {question.name: [text]}


def _ticked(question: Question, text: str, choices: Mapping[int, Choice]) -> Sent:
    if _number(text) != 1:
        raise WrongKeyError
    return {question.name: ["on"]}


def _chosen(text: str, choices: Mapping[int, Choice]) -> Choice:
    declined = next((one for one in choices.values() if one.missing is Missing.PREFER_NOT), None)
    choice = declined if text == DECLINED else choices.get(_number(text))
    if choice is None:
        raise WrongKeyError
    return choice


def _number(text: str) -> int:
    """A key in any script's digits; 0, which no option has, for anything else."""
    if not text.isdecimal() or len(text) > 4:
        return 0
    return int("".join(str(unicodedata.decimal(character)) for character in text))


_SENT: Mapping[Kind, Callable[[Question, str, Mapping[int, Choice]], Sent]] = {
    Kind.SELECT_ONE: _one,
    Kind.SELECT_MULTIPLE: _several,
    Kind.INTEGER: _typed,
    Kind.TEXT: _typed,
    Kind.ACKNOWLEDGE: _ticked,
}


# From answers to keys and words ---------------------------------------------------------------------------------------


def keys_of(question: Question, answer: Answer, country: str) -> str:
    """What is typed to give an answer; '' for none."""
    if answer is Missing.PREFER_NOT:
        return DECLINED
    if isinstance(answer, Missing):
        return ""
    if question.kind is Kind.ACKNOWLEDGE:
        return "1"
    if question.choices is None:
        return str(answer)
    names = answer if isinstance(answer, tuple) else (answer,)
    return " ".join(str(key) for key, choice in keyed(question, country).items() if choice.name in names)


def words_of(question: Question, answer: Answer, country: str, language: str) -> str:
    """An answer as the sheet prints it, its key before each option."""
    if isinstance(answer, Missing):
        return str(_REASONS[answer]())
    if question.kind is Kind.ACKNOWLEDGE:
        return _("Ticked")
    if question.choices is None:
        return str(answer)
    names = answer if isinstance(answer, tuple) else (answer,)
    chosen = [(key, choice) for key, choice in keyed(question, country).items() if choice.name in names]
    return " · ".join(f"{key} {choice.label.get(language, country)}" for key, choice in chosen)


_REASONS: Mapping[Missing, Callable[[], str]] = {
    Missing.BLANK: lambda: _("No answer"),
    Missing.PREFER_NOT: lambda: _("I prefer not to answer"),
    Missing.DONT_KNOW: lambda: _("Does not know"),
    Missing.NOT_APPLICABLE: lambda: _("Does not apply"),
    Missing.NOT_ASKED: lambda: _("Not asked"),
}


# The form -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One question of the form: its number on the sheet, its words, its field, and the keys that it takes."""

    number: int
    field: forms.BoundField
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that share their options, as a battery does, under their stem; or one line by itself."""

    lines: tuple[Line, ...]
    stem: str = ""
    options: tuple[Option, ...] = ()


class EntryForm(forms.Form):
    """Pages that are typed at once. `answers` holds what was valid, also when something else was not."""

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        pages: Sequence[Page],
        answers: Answers,
        country: str,
        language: str,
        numbers: Mapping[str, int],
    ) -> None:
        self.pages, self.given, self.country, self.language, self.numbers = pages, answers, country, language, numbers
        self.questions = {
            question.name: question
            for page in pages
            for question in asked_on(page, answers, country)
            if question.kind is not Kind.NOTE
        }
        initial = {
            name: keys_of(question, answers.get(name, Missing.BLANK), country)
            for name, question in self.questions.items()
        }
        super().__init__(None if data is None else _with_runs(data, self.runs()), auto_id="%s", initial=initial)
        for question in self.questions.values():
            self.fields[question.name] = _field(question, question.label.get(language, country))
        self.answers: dict[str, Answer] = {}

    def runs(self) -> list[list[str]]:
        """Names of the questions that one run of keys can answer: batteries whose options have one digit each."""
        found = []
        for page in self.pages:
            names = [question.name for question in page.questions if question.name in self.questions]
            short = page.battery is not None and len(keyed(page.questions[0], self.country)) <= 9
            if short and len(names) > 1:
                found.append(names)
        return found

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        as_sent = QueryDict(mutable=True)
        for name, question in self.questions.items():
            try:
                for field, values in sent(question, cleaned.get(name, ""), self.country).items():
                    as_sent.setlist(field, values)
            except WrongKeyError:
                self.add_error(name, _wrong_key(question, self.country))
        for page in self.pages:
            self._pass_through(page, as_sent)
        return cleaned

    def _pass_through(self, page: Page, as_sent: QueryDict) -> None:
        """What the participant's form says to the same answers."""
        form = PageForm(as_sent, page=page, answers=self.given, country=self.country, language=self.language)
        wrong = set(self.errors)
        for field, messages in form.errors.items():
            name = field.removesuffix(DECLINE)
            if name not in wrong:
                self.add_error(name, messages)
        self.answers |= {name: answer for name, answer in form.answers.items() if name not in self.errors}

    def blocks(self) -> tuple[Block, ...]:
        return tuple(block for page in self.pages for block in self._blocks_of(page))

    def _blocks_of(self, page: Page) -> tuple[Block, ...]:
        asked = [question for question in page.questions if question.name in self.questions]
        if page.battery is None:
            return tuple(Block((self._line(question, self._options(question)),)) for question in asked)
        if not asked:
            return ()
        stem = page.battery.stem.get(self.language, self.country)
        return (Block(tuple(self._line(question, ()) for question in asked), stem, self._options(asked[0])),)

    def _line(self, question: Question, options: tuple[Option, ...]) -> Line:
        return Line(self.numbers[question.name], self[question.name], options)

    def _options(self, question: Question) -> tuple[Option, ...]:
        choices = keyed(question, self.country)
        return tuple(Option(key, one.label.get(self.language, self.country)) for key, one in choices.items())

    def focus_on(self, name: str) -> None:
        """Let the browser begin at this question: at the first wrong one if there is any, at the first if not here."""
        wrong = next((one for one in self.questions if one in self.errors), "") if self.is_bound else ""
        chosen = wrong or (name if name in self.fields else next(iter(self.fields), ""))
        if chosen:
            self.fields[chosen].widget.attrs["autofocus"] = True

    def problems(self) -> list[tuple[str, str, str]]:
        """(id of the field, number of its question, message) of every error, in the order of the sheet."""
        return [
            (name, str(self.numbers[name]), str(message))
            for name in self.questions
            for message in self.errors.get(name, [])
        ]


def _field(question: Question, label: str) -> forms.CharField:
    typed = question.kind is Kind.TEXT
    attributes = {"autocomplete": "off", "dir": "auto" if typed else "ltr", "class": "text" if typed else "key"}
    if not typed:
        attributes |= {"inputmode": "text" if question.kind is Kind.SELECT_MULTIPLE else "numeric"}
    return forms.CharField(
        label=label,
        required=False,
        max_length=LONGEST_TEXT if typed else LONGEST_KEYS,
        widget=forms.TextInput(attrs=attributes),
        error_messages={"null_characters_not_allowed": _("Remove unreadable characters.")},
    )


def _wrong_key(question: Question, country: str) -> str:
    last = len(keyed(question, country)) or 1
    return _("Type a key from 1 to %(last)d, or leave it empty.") % {"last": last}


def _with_runs(data: Mapping[str, Any], runs: Sequence[Sequence[str]]) -> dict[str, str]:
    """What was typed, with a run of keys in the first field of a battery spread over its lines."""
    typed = {name: str(data.get(name, "")) for name in data}
    for names in runs:
        run = tidy(typed.get(names[0], ""))
        alone = not any(typed.get(name, "").strip() for name in names[1:])
        if len(run) == len(names) and alone and all(key.isdecimal() or key == DECLINED for key in run):
            blank = {key for key in run if key.isdecimal() and unicodedata.decimal(key) == int(BLANK_IN_RUN)}
            typed |= {name: "" if key in blank else key for name, key in zip(names, run, strict=True)}
    return typed
