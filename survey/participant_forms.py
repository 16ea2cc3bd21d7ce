"""Forms of the registry: how a participant is described, and which participants are looked for."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.forms import DeskForm
from survey import identifying
from survey.cohort_forms import MODES
from survey.identifying import Clue
from survey.models import Participant
from survey.participants import MOST_AT_ONCE, Describing, Description, Wish, description_of
from survey.protocol.schema import Protocol

NOT_STATED = "-"
LOOK_AGAIN = _("Look at the description again.")
WARNINGS: Mapping[Clue, Promise] = {
    Clue.MAIL: _("This looks like a mail address or an account."),
    Clue.PHONE: _("This looks like a telephone number."),
    Clue.NAME: _("Two words with capital letters in a row can be a name."),
}
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_EARLIEST = "1900-01"


class ParticipantForm(DeskForm):
    """How a participant is described. Fields about choices are there when the study names a question for them.

    A descriptor that looks as if it named somebody is saved on the second press, after a look at this very text.
    """

    modes = forms.MultipleChoiceField(
        label=_("Ways of taking part"),
        choices=list(MODES.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one.")},
    )
    month = forms.CharField(
        label=_("Month of the interview"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"type": "month", "dir": "ltr"}),
        help_text=_("Year and month, such as 2015-08; never the day."),
    )
    descriptor = forms.CharField(
        label=_("Description, if no choice says it"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        help_text=_("A few words, printed as they are in every language. No name, no organisation, no place."),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        describing: Describing,
        language: str,
        country: str,
        harmless: Iterable[str] = (),
        participant: Participant | None = None,
    ) -> None:
        before = description_of(participant) if participant else Description(())
        super().__init__(data, initial=_initial(before))
        self._add_choices(describing, before, language, country)
        text = str(data.get("descriptor", "")).strip() if data is not None else ""
        self.clues = identifying.clues(text, harmless=harmless)
        if self.clues:
            self.fields["looked_again"] = _looked_again(text, self.clues)
        order = ("count", "gender", "modes", "month", "issues", "regions", "descriptor", "looked_again")
        self.order_fields(list(order))

    def _add_choices(self, describing: Describing, before: Description, language: str, country: str) -> None:
        def options(what: str, kept: Sequence[str]) -> list[tuple[str, str]]:
            names = [choice.name for choice in describing.choices[what]]
            # What an earlier version or an import brought stays until somebody takes it away.
            names += [name for name in kept if name and name not in names]
            return [(name, describing.label(what, name, language, country)) for name in names]

        if "gender" in describing.choices:
            offered = [("", _("not stated")), *options("gender", [before.gender])]
            self.fields["gender"] = forms.ChoiceField(label=_("Gender"), choices=offered, required=False)
        if "issue" in describing.choices:
            self.fields["issues"] = _ticks(_("Issues worked on"), options("issue", before.issues))
        if "region" in describing.choices:
            self.fields["regions"] = _ticks(_("Regions"), options("region", before.regions))

    def clean_month(self) -> str:
        typed = "".join(_western(character) for character in self.cleaned_data["month"])
        if not typed:
            return ""
        if not _MONTH.fullmatch(typed) or typed < _EARLIEST:
            raise forms.ValidationError(_("Write year and month, such as 2015-08."))
        if typed > timezone.now().strftime("%Y-%m"):
            raise forms.ValidationError(_("This month has not come yet."))
        return typed

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("month") and "interview" not in cleaned.get("modes", ["interview"]):
            self.add_error("month", _("Tick “interview”, or empty the month."))
        return cleaned

    def description(self) -> Description:
        """What was typed."""
        value = self.cleaned_data
        return Description(
            modes=tuple(value["modes"]),
            gender=value.get("gender", ""),
            issues=tuple(value.get("issues", ())),
            regions=tuple(value.get("regions", ())),
            descriptor=value["descriptor"],
            month=value["month"],
        )


class RegisterForm(ParticipantForm):
    """One participant, or several who are described alike."""

    count = forms.IntegerField(
        label=_("How many people"),
        min_value=1,
        max_value=MOST_AT_ONCE,
        initial=1,
        help_text=_("Several are described alike, and each gets a code."),
    )


class WishForm(DeskForm):
    """Which participants to see. What cannot be wished is wished by nobody: the whole registry is shown."""

    code = forms.CharField(label=_("Code"), required=False, max_length=40)
    gender = forms.ChoiceField(label=_("Gender"), required=False)
    mode = forms.ChoiceField(label=_("Way of taking part"), required=False, choices=[("", _("all")), *MODES.items()])

    def __init__(self, data: Mapping[str, Any], *, genders: Sequence[tuple[str, Any]]) -> None:
        super().__init__(data)
        offered = self.fields["gender"]
        assert isinstance(offered, forms.ChoiceField)
        offered.choices = [("", _("all")), *((name or NOT_STATED, words) for name, words in genders)]

    def wish(self) -> Wish:
        self.is_valid()
        value = self.cleaned_data
        gender = value.get("gender") or None
        return Wish(value.get("code", ""), "" if gender == NOT_STATED else gender, value.get("mode", ""))


def harmless_words(protocol: Protocol, describing: Describing) -> list[str]:
    """Words with capitals that name nobody: the study's countries, and its regions and issues, in every language."""
    choices = (choice for question in describing.questions.values() for choice in question.options)
    texts = [country.label for country in protocol.countries] + [choice.label for choice in choices]
    return [words for text in texts for words in text.by_language.values()]


def _looked_again(text: str, clues: Sequence[Clue]) -> forms.MultipleChoiceField:
    # The tick is worth the text that was looked at: another text asks again.
    stamp = hashlib.sha256(text.encode()).hexdigest()[:16]
    return forms.MultipleChoiceField(
        label=_("Could somebody be recognised by this?"),
        help_text=" ".join(str(WARNINGS[clue]) for clue in clues),
        choices=[(stamp, _("I looked again: nobody can be recognised by these words."))],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": LOOK_AGAIN, "invalid_choice": LOOK_AGAIN},
    )


def _ticks(label: Any, offered: list[tuple[str, str]]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, choices=offered, required=False, widget=forms.CheckboxSelectMultiple)


def _initial(before: Description) -> dict[str, Any]:
    return {
        "modes": before.modes,
        "gender": before.gender,
        "issues": before.issues,
        "regions": before.regions,
        "descriptor": before.descriptor,
        "month": before.month,
    }


def _western(character: str) -> str:
    return str(unicodedata.decimal(character)) if character.isdecimal() else character
