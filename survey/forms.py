"""A page of the questionnaire as a Django form: one field builder per kind of question, one layout object per shape."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from survey.protocol import routing
from survey.protocol.routing import Page
from survey.protocol.schema import Answer, Answers, Battery, Kind, Missing, Question

LONGEST_TEXT = 2_000
LONGEST_NUMBER = 9
DECLINE = "_decline"


class DigitsField(forms.CharField):
    """A whole number in any script's digits; `None` for an empty field."""

    def __init__(self, question: Question, message: str, **kwargs: Any) -> None:
        self.question, self.message = question, message
        widget = forms.TextInput(attrs={"inputmode": "numeric", "dir": "ltr", "autocomplete": "off"})
        errors = dict.fromkeys(("max_length", "null_characters_not_allowed"), message)
        super().__init__(required=False, max_length=LONGEST_NUMBER, widget=widget, error_messages=errors, **kwargs)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        if not text:
            return None
        if not text.isdecimal():
            raise forms.ValidationError(self.message)
        number = int("".join(str(unicodedata.decimal(character)) for character in text))
        if not self.question.low <= number <= self.question.high:
            raise forms.ValidationError(self.message)
        return number


class ChoicesField(forms.MultipleChoiceField):
    """Ticked choices, each once and in the order of the list, whatever order they were sent in."""

    def clean(self, value: Any) -> list[str]:
        ticked = super().clean(value)
        return [name for name, _label in self.choices if name in ticked]


class ParagraphsField(forms.CharField):
    """A free text. A line break counts as one character, as it does in the browser."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(str(value or "").replace("\r\n", "\n")))


class PageForm(forms.Form):
    """The asked questions of one page. `answers` holds what was valid, also when something else was not."""

    def __init__(self, *args: Any, page: Page, answers: Answers, country: str, language: str, **kwargs: Any) -> None:
        self.page, self.given, self.country, self.language = page, answers, country, language
        self.questions = asked_on(page, answers, country)
        super().__init__(*args, auto_id="%s", initial=_initial(self.questions, answers), **kwargs)
        for question in self.questions:
            _BUILDERS[question.kind](self, question)
        self.answers: dict[str, Answer] = {}

    def text(self, question: Question) -> dict[str, Any]:
        """Label and hint of a question, in the words of this country."""
        label = question.label.get(self.language, self.country)
        return {"label": label, "help_text": question.hint.get(self.language, self.country)}

    def choices(self, question: Question) -> list[tuple[str, str]]:
        found = routing.offered(question, self.given, self.country)
        return [(choice.name, choice.label.get(self.language, self.country)) for choice in found]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for question in self.questions:
            if question.name in self.fields and question.name not in self.errors:
                self._take(question, cleaned)
        return cleaned

    def _take(self, question: Question, cleaned: Mapping[str, Any]) -> None:
        value, declined = cleaned.get(question.name), bool(cleaned.get(question.name + DECLINE))
        if declined and value not in (None, "", []):
            self.add_error(question.name, _("Either answer, or choose not to answer. Clear one of the two."))
            return
        answer = Missing.PREFER_NOT if declined else _ANSWERS[question.kind](value)
        if routing.is_owed(question, answer):
            tick = question.kind is Kind.ACKNOWLEDGE
            self.add_error(question.name, _("Tick this to go on.") if tick else _("Answer, or choose not to answer."))
            return
        exclusive = {choice.name for choice in question.options if choice.exclusive or choice.missing}
        if isinstance(answer, tuple) and len(answer) > 1 and exclusive & set(answer):
            chosen = next(label for name, label in self.choices(question) if name in exclusive & set(answer))
            self.add_error(question.name, _("Choose “%(choice)s” alone, without other options.") % {"choice": chosen})
            return
        if not routing.satisfies(question, answer, self.given, self.country):
            message = question.constraint_message.get(self.language, self.country)
            self.add_error(question.name, message or _("This answer is not possible here."))
            return
        self.answers[question.name] = answer

    @cached_property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        battery = self.page.battery
        names = [question.name for question in self.questions]
        if battery is not None:
            stem = battery.stem.get(self.language, self.country)
            helper.layout = Layout(BatteryLayout(battery, stem, battery.hint.get(self.language, self.country), names))
        else:
            helper.layout = Layout(
                *(_LAYOUTS.get(question.kind, QuestionLayout)(question.name) for question in self.questions)
            )
        return helper

    def problems(self) -> list[tuple[str, str]]:
        """(id of the first control, message) of every error, for the summary at the top of the page."""
        return [(self.first_id(name), str(message)) for name, messages in self.errors.items() for message in messages]

    def first_id(self, name: str) -> str:
        return f"{name}_0" if isinstance(self.fields[name].widget, forms.RadioSelect) else name


def asked_on(page: Page, answers: Answers, country: str) -> tuple[Question, ...]:
    """The questions of a page that these answers put on the route."""
    asked = routing.asked_of(page, answers, country)
    return tuple(question for question in page.questions if question.name in asked)


# Fields ---------------------------------------------------------------------------------------------------------------


def _radios(form: PageForm, question: Question) -> None:
    form.fields[question.name] = forms.ChoiceField(
        choices=form.choices(question),
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": _("Choose one of the options of this question.")},
        **form.text(question),
    )


def _boxes(form: PageForm, question: Question) -> None:
    form.fields[question.name] = ChoicesField(
        choices=form.choices(question),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={"invalid_choice": _("Choose among the options of this question.")},
        **form.text(question),
    )


def _number(form: PageForm, question: Question) -> None:
    message = question.constraint_message.get(form.language, form.country) or _("Write a whole number.")
    form.fields[question.name] = DigitsField(question, message, **form.text(question))
    _add_decline(form, question)


def _text(form: PageForm, question: Question) -> None:
    too_long = _("Shorten your answer to at most %(limit_value)d characters; it has %(show_value)d now.")
    form.fields[question.name] = ParagraphsField(
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto", "autocomplete": "off"}),
        error_messages={"max_length": too_long, "null_characters_not_allowed": _("Remove unreadable characters.")},
        **form.text(question),
    )
    _add_decline(form, question)


def _add_decline(form: PageForm, question: Question) -> None:
    label = _("I prefer not to answer")
    form.fields[question.name + DECLINE] = forms.BooleanField(required=False, label=label)


def _tick(form: PageForm, question: Question) -> None:
    form.fields[question.name] = forms.BooleanField(required=False, **form.text(question))


def _nothing(form: PageForm, question: Question) -> None:
    """A note has no field; its text is part of the layout."""


_BUILDERS: Mapping[Kind, Callable[[PageForm, Question], None]] = {
    Kind.SELECT_ONE: _radios,
    Kind.SELECT_MULTIPLE: _boxes,
    Kind.INTEGER: _number,
    Kind.TEXT: _text,
    Kind.ACKNOWLEDGE: _tick,
    Kind.NOTE: _nothing,
}
_ANSWERS: Mapping[Kind, Callable[[Any], Answer]] = {
    Kind.SELECT_ONE: lambda value: value or Missing.BLANK,
    Kind.SELECT_MULTIPLE: lambda value: tuple(value) or Missing.BLANK,
    Kind.INTEGER: lambda value: Missing.BLANK if value is None else value,
    Kind.TEXT: lambda value: value or Missing.BLANK,
    Kind.ACKNOWLEDGE: lambda value: "OK" if value else Missing.BLANK,
}


def _initial(questions: Sequence[Question], answers: Answers) -> dict[str, Any]:
    initial: dict[str, Any] = {}
    for question in questions:
        answer = answers.get(question.name, Missing.BLANK)
        if answer is Missing.PREFER_NOT:
            initial[question.name + DECLINE] = True
        elif not isinstance(answer, Missing):
            initial[question.name] = list(answer) if isinstance(answer, tuple) else answer
    return initial


# Layout ---------------------------------------------------------------------------------------------------------------


class QuestionLayout:
    """One question by itself."""

    template = "survey/field.html"

    def __init__(self, name: str) -> None:
        self.name = name

    def render(self, form: PageForm, context: Any, **kwargs: Any) -> str:
        return render_to_string(self.template, {"field": form[self.name]})


class DeclinableLayout(QuestionLayout):
    """A question whose answer is typed, with the way to decline under it."""

    template = "survey/layout/declinable.html"

    def render(self, form: PageForm, context: Any, **kwargs: Any) -> str:
        return render_to_string(self.template, {"field": form[self.name], "decline": form[self.name + DECLINE]})


class TickLayout(QuestionLayout):
    """One box to tick, its label beside it."""

    template = "survey/layout/tick.html"


class NoteLayout(QuestionLayout):
    """Words without a question."""

    def render(self, form: PageForm, context: Any, **kwargs: Any) -> str:
        note = next(question for question in form.questions if question.name == self.name)
        return render_to_string("survey/layout/note.html", {"text": form.text(note)})


class BatteryLayout:
    """A stem and its items, one fieldset each: a table hides half of a scale on a phone."""

    def __init__(self, battery: Battery, stem: str, hint: str, names: Sequence[str]) -> None:
        self.battery, self.stem, self.hint, self.names = battery, stem, hint, names

    def render(self, form: PageForm, context: Any, **kwargs: Any) -> str:
        options = len(form.choices(self.battery.questions[0]))
        items = [form[name] for name in self.names]
        values = {"stem": self.stem, "hint": self.hint, "items": items, "options": options}
        return render_to_string("survey/layout/battery.html", values)


_LAYOUTS: Mapping[Kind, type[QuestionLayout]] = {
    Kind.INTEGER: DeclinableLayout,
    Kind.TEXT: DeclinableLayout,
    Kind.ACKNOWLEDGE: TickLayout,
    Kind.NOTE: NoteLayout,
}
