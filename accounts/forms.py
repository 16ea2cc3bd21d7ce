"""Forms about accounts, and the form that all pages of the desk are made of."""

import re
from collections.abc import Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.password_validation import validate_password
from django.core.validators import RegexValidator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from accounts.places import Place

USERNAME = re.compile(r"\A[a-z][a-z0-9._-]{2,31}\Z")
LONGEST_PASSWORD = 256


class DeskForm(forms.Form):
    """A form of the staff pages: the page owns the form's tag, its buttons and the summary of errors."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="%s", **kwargs)

    @cached_property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        return helper

    def problems(self) -> list[tuple[str, str, str]]:
        """(id of the control, its label, message) of every error, for the summary at the top of the page."""
        found = []
        for name, messages in self.errors.items():
            bound = self[name] if name in self.fields else None
            place, label = (_control(bound), str(bound.label)) if bound else (self._first_control(), "")
            found += [(place, label, str(message)) for message in messages]
        return found

    def _first_control(self) -> str:
        return _control(self[next(iter(self.fields))]) if self.fields else "main"


def _control(bound: forms.BoundField) -> str:
    """The id of the control where a field is filled in: of several boxes, the first."""
    several = isinstance(bound.field.widget, forms.CheckboxSelectMultiple | forms.RadioSelect)
    return f"{bound.auto_id}_0" if several else str(bound.auto_id)


def _password(label: Any, *, new: bool, **more: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password" if new else "current-password"})
    return forms.CharField(label=label, max_length=LONGEST_PASSWORD, strip=False, widget=widget, **more)


# Signing in -----------------------------------------------------------------------------------------------------------


class SignInForm(DeskForm):
    username = UsernameField(label=_("User name"), max_length=64, widget=forms.TextInput(attrs={"dir": "auto"}))
    password = _password(_("Password"), new=False)


class CodeForm(DeskForm):
    """A code of the authenticator app, or one from the paper."""

    code = forms.CharField(
        label=_("Code"),
        max_length=32,
        help_text=_("Six digits from the authenticator app on your phone, or one of your backup codes."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "dir": "ltr"}),
    )


class FirstCodeForm(DeskForm):
    """The proof that the app has the seed."""

    code = forms.CharField(
        label=_("Code"),
        max_length=16,
        help_text=_("The six digits that the app shows now."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "dir": "ltr"}),
    )


_WEAK = {
    "password_too_short": _("It has fewer than 15 characters."),
    "password_too_common": _("Many people have this password; it is among the first that are tried."),
}
_OTHERWISE_WEAK = _("It is too easy to guess.")


class NewPasswordForm(DeskForm):
    """A password chosen twice."""

    new = _password(
        _("New password"),
        new=True,
        help_text=_("At least 15 characters; five or six words that do not belong together are easy to remember."),
    )
    again = _password(_("The same password again"), new=True)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_new(self) -> str:
        new = str(self.cleaned_data["new"])
        try:
            validate_password(new, self.user)
        except forms.ValidationError as error:
            # In our words: Django's are not there in every language of the desk.
            raise forms.ValidationError([_WEAK.get(one.code, _OTHERWISE_WEAK) for one in error.error_list]) from None
        return new

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if "new" in found and "again" in found and found["new"] != found["again"]:
            self.add_error("again", _("The two passwords differ."))
        return found


class ProofForm(DeskForm):
    """The present password, before something that a stranger at an open desk must not do."""

    password = _password(_("Your present password"), new=False)


class ChangePasswordForm(NewPasswordForm):
    """The present password and a new one."""

    password = _password(_("Your present password"), new=False)
    field_order = ["password", "new", "again"]


# An administrator's forms ---------------------------------------------------------------------------------------------


class RolesForm(DeskForm):
    """What somebody may do. An administrator has no other role: accounts and answers stay in different hands."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            (Role.Name.COORDINATOR, _("Coordinator: studies and comparisons of all countries, no rows")),
            (Role.Name.ADMINISTRATOR, _("Administrator: accounts only, no cohort and no rows")),
        ],
    )
    sites = forms.TypedMultipleChoiceField(
        label=_("Field researcher in"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, places: Sequence[Place], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites = self.fields["sites"]
        assert isinstance(sites, forms.TypedMultipleChoiceField)
        sites.choices = [(place.site_id, str(place)) for place in places]
        if not places:
            del self.fields["sites"]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        names, sites = found.get("roles", []), found.get("sites", [])
        if not self.errors and not names and not sites:
            self.add_error("roles", _("Choose at least one role or country."))
        if Role.Name.ADMINISTRATOR in names and (len(names) > 1 or sites):
            self.add_error("roles", _("An administrator has no other role. Make a second account for the other work."))
        return found

    def wanted(self) -> frozenset[tuple[str, int | None]]:
        """(name, site) of every role."""
        sites = self.cleaned_data.get("sites", [])
        return frozenset(
            {(str(name), None) for name in self.cleaned_data["roles"]}
            | {(str(Role.Name.RESEARCHER), int(site_id)) for site_id in sites}
        )


class InviteForm(RolesForm):
    """A new account."""

    username = forms.CharField(
        label=_("User name"),
        max_length=32,
        validators=[
            RegexValidator(
                USERNAME, _("A user name has 3 to 32 of a-z, 0-9, “.”, “_” and “-”, and begins with a letter.")
            )
        ],
        help_text=_("Small letters and digits. It cannot be changed and stands in the audit trail."),
        widget=forms.TextInput(attrs={"dir": "ltr", "autocapitalize": "none"}),
    )
    display_name = forms.CharField(
        label=_("Name to show"),
        max_length=120,
        required=False,
        help_text=_("For the team. It need not be a real name; empty: the user name."),
    )
    field_order = ["username", "display_name", "roles", "sites"]
