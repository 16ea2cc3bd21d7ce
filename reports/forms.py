"""Forms of the coordinator: which countries and tables a new comparison takes."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reports.progress import CountryLine
from reports.runs import RunError

# Where a refusal is shown, and in which words; the exception's own message is for the shell.
_REFUSALS = {
    "no-country": ("countries", _("Choose at least one country.")),
    "no-table": ("tables", _("Choose at least one table.")),
    "not-cut": ("countries", _("One of these countries has no cut yet. Freeze its cohort, or leave the country out.")),
    "mixed": (
        "countries",
        _(
            "Some of these cohorts are synthetic and some are real. They are never put in one comparison: "
            "choose only countries of one kind."
        ),
    ),
    "out-of-reach": (
        "countries",
        _(
            "The key of one of these countries is not on this server, and its cohort answered another version of the "
            "questionnaire: no laptop can release it for these tables. Choose tables that its release holds already, "
            "or leave the country out."
        ),
    ),
}


def refusal(error: RunError) -> tuple[str | None, Any]:
    """The field that can change it, if one can, and why a comparison could not be started."""
    return _REFUSALS.get(error.code, (None, str(error)))


class CountryCheckboxes(forms.CheckboxSelectMultiple):
    """Checkboxes of which those with an obstacle are shown and cannot be ticked."""

    def __init__(self, obstacles: Mapping[str, str]) -> None:
        super().__init__()
        self.obstacles = obstacles

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        if self.obstacles.get(str(value)):
            option["attrs"] |= {"disabled": True, "checked": False}
        return option


class ComparisonForm(forms.Form):
    """Countries and tables of a new comparison; everything that is ready is ticked to begin with."""

    countries = forms.MultipleChoiceField(label=_("Countries"), error_messages={"required": _REFUSALS["no-country"][1]})
    tables = forms.MultipleChoiceField(
        label=_("Tables"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _REFUSALS["no-table"][1]},
    )

    def __init__(
        self, *args: Any, countries: Sequence[CountryLine], tables: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lines = {country.code: country for country in countries}
        chosen = self.fields["countries"]
        assert isinstance(chosen, forms.MultipleChoiceField)
        chosen.widget = CountryCheckboxes({country.code: country.obstacle for country in countries})
        chosen.choices = [(country.code, country.label) for country in countries]
        chosen.initial = [country.code for country in countries if country.ready]
        offered = self.fields["tables"]
        assert isinstance(offered, forms.MultipleChoiceField)
        offered.choices = list(tables)
        offered.initial = [name for name, _title in tables]

    def country_rows(self) -> list[tuple[forms.boundfield.BoundWidget, CountryLine]]:
        """Each country's checkbox with what is known of the country."""
        return [(widget, self.lines[str(widget.data["value"])]) for widget in self["countries"]]

    def refuse(self, error: RunError) -> None:
        """Show why a comparison could not be started, beside the field that can change it."""
        field, text = refusal(error)
        self.add_error(field, text)
