"""Forms about ways in: a batch of invitations, a last day, one slip's number, the daily cap of the open link."""

import datetime
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.forms import DeskForm
from survey.cohort_forms import MOST, DayField
from survey.invitations import MOST_IN_BATCH
from survey.language import language_name
from survey.models import Cohort

CHANNELS: Mapping[str, Promise] = {
    "printed": _("printed"),
    "message": _("message"),
    "in person": _("in person"),
    "other": _("another way"),
}
USUAL_DAYS, MOST_DAYS = 30, 366


class LastDayField(DayField):
    """The last day on which somebody can begin: from today to a year from now."""

    def __init__(self) -> None:
        super().__init__(label=_("Last day"), help_text=_("The last day on which somebody can begin."))

    def clean(self, value: Any) -> datetime.date:
        day: datetime.date = super().clean(value)
        today = timezone.now().date()
        if not today <= day <= today + datetime.timedelta(days=MOST_DAYS):
            raise forms.ValidationError(_("Choose a day from today to a year from now."))
        return day


def usual_last_day(cohort: Cohort) -> datetime.date:
    """The end of fieldwork where it is known and ahead, else a month from now."""
    today = timezone.now().date()
    last = cohort.fieldwork_to
    in_reach = last is not None and today <= last <= today + datetime.timedelta(days=MOST_DAYS)
    return last if last is not None and in_reach else today + datetime.timedelta(days=USUAL_DAYS)


class BatchForm(DeskForm):
    """Invitations to make together."""

    size = forms.IntegerField(label=_("How many"), min_value=1)
    language = forms.ChoiceField(label=_("Language"), help_text=_("People can change it when they arrive."))
    channel = forms.ChoiceField(label=_("How they are handed out"), choices=list(CHANNELS.items()))
    expires_on = LastDayField()

    def __init__(self, *args: Any, languages: tuple[str, ...], room: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["size"] = forms.IntegerField(
            label=_("How many"),
            min_value=1,
            max_value=room,
            help_text=_("%(most)s at the most.") % {"most": min(room, MOST_IN_BATCH)},
        )
        chosen = self.fields["language"]
        assert isinstance(chosen, forms.ChoiceField)
        chosen.choices = [(tag, language_name(tag)) for tag in languages]


class ReissueForm(DeskForm):
    """Until when the new ones can be used."""

    expires_on = LastDayField()


class NumberForm(DeskForm):
    """The number of one slip, as its small print says it after the dot."""

    number = forms.IntegerField(label=_("Number of the slip"), min_value=1, max_value=MOST_IN_BATCH)


class CapForm(DeskForm):
    """How many may begin in a day."""

    cap = forms.IntegerField(
        label=_("People a day"),
        min_value=1,
        max_value=MOST,
        required=False,
        help_text=_("Whoever comes later is asked to come back tomorrow. Empty: any number."),
    )
