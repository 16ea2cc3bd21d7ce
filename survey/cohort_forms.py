"""Forms of the researcher's desk about a cohort: how it is run, its quotas, why its state changes."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.forms import DeskForm
from survey.cohorts import Setup, Wanted
from survey.language import language_name
from survey.models import Cohort, Quota
from survey.protocol import routing
from survey.protocol.schema import Kind, Protocol, Question

MODES: Mapping[str, Promise] = {"survey": _("survey"), "interview": _("interview"), "focus group": _("focus group")}
MOST = 100_000
LONGEST_WORDS = 2_000
SPARE_ROWS = 4
# Four fields each: the server takes a few hundred fields of one form.
MOST_QUOTAS = 60


class ReasonForm(DeskForm):
    """Why something is done; whoever reads the record later has nothing but this."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("One sentence. Write no name of a participant.")
    )


class DayField(forms.DateField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date", "dir": "ltr"}, format="%Y-%m-%d")
        super().__init__(widget=widget, input_formats=["%Y-%m-%d"], **kwargs)


class CohortForm(DeskForm):
    """How a cohort is run."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("For the team; participants never see it."))
    fieldwork_from = DayField(label=_("First day of fieldwork"), required=False)
    fieldwork_to = DayField(label=_("Last day of fieldwork"), required=False)
    modes = forms.MultipleChoiceField(
        label=_("Ways of taking part"), choices=list(MODES.items()), widget=forms.CheckboxSelectMultiple, required=False
    )
    target = forms.IntegerField(
        label=_("Target"),
        min_value=0,
        max_value=MOST,
        required=False,
        help_text=_("How many submitted questionnaires you want to reach."),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Tick none to offer all of the country's."),
    )
    exit = forms.CharField(
        label=_("Neutral website for leaving"),
        max_length=200,
        required=False,
        validators=[URLValidator(schemes=["https"])],
        help_text=_("Where “Leave now” leads. Empty: the country's."),
    )
    signed_off_by = forms.CharField(
        label=_("Who signs for printing minima and maxima"),
        max_length=120,
        required=False,
        help_text=_("A minimum or maximum is one person. It is printed only with somebody's name."),
    )

    def __init__(self, *args: Any, protocol: Protocol, country: str, **kwargs: Any) -> None:
        self.tags = protocol.country(country).languages
        super().__init__(*args, **kwargs)
        chosen = self.fields["languages"]
        assert isinstance(chosen, forms.MultipleChoiceField)
        chosen.choices = [(tag, language_name(tag)) for tag in self.tags]
        for tag in self.tags:
            self.fields[f"information_{tag}"] = self._words(_("Information for participants, in addition"), tag)
            self.fields[f"helplines_{tag}"] = self._words(_("Where to find support, one line each"), tag)

    @staticmethod
    def _words(label: Any, tag: str) -> forms.CharField:
        widget = forms.Textarea(attrs={"rows": 3, "lang": tag, "dir": "auto"})
        return forms.CharField(
            label=f"{label} ({language_name(tag)})", max_length=LONGEST_WORDS, required=False, widget=widget
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("fieldwork_from"), cleaned.get("fieldwork_to")
        if last and not first and "fieldwork_from" not in self.errors:
            self.add_error("fieldwork_from", _("Name the first day too."))
        if first and last and last < first:
            self.add_error("fieldwork_to", _("The last day comes before the first."))
        return cleaned

    def setup(self) -> Setup:
        """What was typed."""
        value = self.cleaned_data
        return Setup(
            name=value["name"],
            fieldwork_from=value["fieldwork_from"],
            fieldwork_to=value["fieldwork_to"],
            modes=", ".join(value["modes"]),
            target=value["target"] or 0,
            languages=tuple(value["languages"]),
            information=self._typed("information"),
            helplines=self._typed("helplines"),
            exit=value["exit"],
            signed_off_by=value["signed_off_by"],
        )

    def _typed(self, name: str) -> dict[str, str]:
        return {tag: text for tag in self.tags if (text := self.cleaned_data[f"{name}_{tag}"])}


def initial_of(cohort: Cohort) -> dict[str, Any]:
    """A cohort as its form shows it."""
    plain = ("name", "fieldwork_from", "fieldwork_to", "target", "languages", "exit", "signed_off_by")
    values = {name: getattr(cohort, name) for name in plain}
    values["modes"] = [mode for mode in cohort.modes.split(", ") if mode in MODES]
    for name in ("information", "helplines"):
        values |= {f"{name}_{tag}": text for tag, text in getattr(cohort, name).items()}
    return values


class QuotaForm(DeskForm):
    """One line of the quotas. An empty one is none."""

    kind = forms.ChoiceField(label=_("Who"), required=False)
    low = forms.IntegerField(label=_("From"), min_value=0, max_value=MOST, required=False)
    high = forms.IntegerField(label=_("To"), min_value=0, max_value=MOST, required=False)
    target = forms.IntegerField(label=_("Wanted"), min_value=1, max_value=MOST, required=False)

    def __init__(self, *args: Any, kinds: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["kind"]
        assert isinstance(chosen, forms.ChoiceField)
        chosen.choices = [("", "–"), *kinds]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        kind, low, high = cleaned.get("kind"), cleaned.get("low"), cleaned.get("high")
        is_band = bool(kind) and "=" not in str(kind)
        if kind and not cleaned.get("target") and "target" not in self.errors:
            self.add_error("target", _("Say how many are wanted."))
        if cleaned.get("target") and not kind and "kind" not in self.errors:
            self.add_error("kind", _("Say who is wanted."))
        if is_band and (low is None or high is None or high < low):
            self.add_error("high", _("Name both ends of the band, the lower one first."))
        return cleaned

    def wanted(self) -> Wanted | None:
        value = self.cleaned_data
        if not value["kind"]:
            return None
        question, _equals, choice = value["kind"].partition("=")
        band = {} if choice else {"low": value["low"], "high": value["high"]}
        return Wanted(question, value["target"], choice, **band)


class QuotaForms:
    """All quotas of a cohort, with some empty lines to add more."""

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        protocol: Protocol,
        country: str,
        language: str,
        quotas: Sequence[Quota],
    ) -> None:
        kinds = quota_kinds(protocol, country, language)
        sent = data.get("rows", "") if data is not None else ""
        wanted = int(sent) if sent.isdecimal() and len(sent) < 5 else len(quotas) + SPARE_ROWS
        count = min(wanted, MOST_QUOTAS)
        starts = [_initial_of_quota(quota) for quota in quotas]
        self.rows = [
            QuotaForm(data, prefix=f"q{at}", kinds=kinds, initial=starts[at] if at < len(starts) else {})
            for at in range(count)
        ]
        self.error = ""

    def is_valid(self, target: int) -> bool:
        """Whether every line can be taken; a quota of more people than the target is told."""
        for form in self.rows:
            if form.is_valid() and target and (form.cleaned_data.get("target") or 0) > target:
                form.add_error("target", _("More than the target of the whole cohort."))
        keys = [(w.question, w.choice, w.low, w.high) for w in self.wanted()]
        if len(keys) != len(set(keys)):
            self.error = str(_("The same people stand in two lines. Keep one."))
        return not self.error and not any(form.errors for form in self.rows)

    def wanted(self) -> list[Wanted]:
        return [wanted for form in self.rows if not form.errors and (wanted := form.wanted()) is not None]

    def problems(self) -> list[tuple[str, str, str]]:
        own = [("main", "", self.error)] if self.error else []
        return own + [problem for form in self.rows for problem in form.problems()]


def quota_kinds(protocol: Protocol, country: str, language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """What a quota can be about: every choice of every closed question, and every number, by question."""
    found = []
    for question in protocol.questions():
        label = question.label.get(language, country)
        if question.kind is Kind.INTEGER:
            found.append((label, [(question.name, str(_("a number from … to …")))]))
        elif question.kind in (Kind.SELECT_ONE, Kind.SELECT_MULTIPLE):
            found.append((label, _choices(question, country, language)))
    return found


def _choices(question: Question, country: str, language: str) -> list[tuple[str, str]]:
    offered = routing.offered(question, {}, country)
    return [(f"{question.name}={one.name}", one.label.get(language, country)) for one in offered if not one.missing]


def _initial_of_quota(quota: Quota) -> dict[str, Any]:
    kind = f"{quota.question}={quota.choice}" if quota.choice else quota.question
    return {"kind": kind, "low": quota.low, "high": quota.high, "target": quota.target}
