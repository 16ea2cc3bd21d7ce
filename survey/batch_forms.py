"""Forms about sheets of paper: a batch that came in, more sheets, and what the paper says where entries differ."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.forms import DeskForm
from survey.agreement import Right
from survey.batches import MOST_SHEETS
from survey.cohort_forms import DayField
from survey.differences import Differing
from survey.drafts import from_json
from survey.entry_forms import words_of
from survey.language import language_name
from survey.paper import numbers_of
from survey.protocol.schema import Protocol


class MoreSheetsForm(DeskForm):
    """How many sheets."""

    sheets = forms.IntegerField(label=_("Number of sheets"), min_value=1, max_value=MOST_SHEETS)


class BatchForm(MoreSheetsForm):
    """Sheets that came in together."""

    language = forms.ChoiceField(label=_("Language"))
    received_on = DayField(label=_("Day received"), help_text=_("The answers count for the week of this day."))

    field_order = ["language", "sheets", "received_on"]

    def __init__(self, *args: Any, languages: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, initial={"received_on": timezone.now().date()}, **kwargs)
        chosen = self.fields["language"]
        assert isinstance(chosen, forms.ChoiceField)
        chosen.choices = [(tag, language_name(tag)) for tag in languages]

    def clean_received_on(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["received_on"]
        if day > timezone.now().date():
            raise forms.ValidationError(_("This day is still to come."))
        return day


class SettleForm(DeskForm):
    """Both answers to every question that was entered differently, side by side; what the paper says is chosen.

    `following` are questions that only one of the two was asked: they follow from the answers chosen here.
    """

    def __init__(
        self, *args: Any, protocol: Protocol, country: str, language: str, rows: Sequence[Differing], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.protocol, self.country, self.language = protocol, country, language
        numbers = numbers_of(protocol)
        for row in rows:
            if not row.right:
                self.fields[row.question] = forms.ChoiceField(
                    label=format_html("{} {}", numbers[row.question], self._in_its_language(self._label(row))),
                    widget=forms.RadioSelect,
                    choices=[
                        (Right.FIRST, format_html("{}: {}", _("First entry"), self._words(row, row.first))),
                        (Right.SECOND, format_html("{}: {}", _("Second entry"), self._words(row, row.second))),
                    ],
                    error_messages={"required": _("Look at the paper, then choose one of the two.")},
                )
        self.following = [(numbers[row.question], self._label(row)) for row in rows if row.right]

    def right(self) -> Mapping[str, str]:
        return dict(self.cleaned_data)

    def _label(self, row: Differing) -> str:
        question = self.protocol.question(row.question)
        return question.label.get(self.language, self.country) if question else row.question

    def _words(self, row: Differing, answer: Any) -> str:
        question = self.protocol.question(row.question)
        assert question is not None
        return self._in_its_language(words_of(question, from_json(answer), self.country, self.language))

    def _in_its_language(self, text: str) -> str:
        return format_html('<bdi lang="{}">{}</bdi>', self.language, text)
