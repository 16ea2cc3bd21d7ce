"""The sign-in form."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib.auth.forms import UsernameField
from django.utils.translation import gettext_lazy as _


class SignInForm(forms.Form):
    username = UsernameField(label=_("User name"), max_length=64, widget=forms.TextInput(attrs={"dir": "auto"}))
    password = forms.CharField(
        label=_("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The page owns the form's tag, its buttons and the summary of errors.
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
