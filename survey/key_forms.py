"""Forms about a country's key."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import DeskForm
from survey import passphrases
from survey.models import KeyHolder

# No autofill: a passphrase belongs on paper, not into a browser.
_HIDDEN = forms.PasswordInput(attrs={"autocomplete": "off", "dir": "ltr", "spellcheck": "false"})


class PassphraseForm(DeskForm):
    """The researcher's own passphrase."""

    passphrase = forms.CharField(label=_("Your passphrase"), max_length=120, widget=_HIDDEN)


class NotedForm(DeskForm):
    """Some words of a new passphrase, to show that it was written down."""

    words = forms.CharField(label=_("The words, with a space between them"), max_length=120, widget=_HIDDEN)

    def __init__(self, *args: Any, passphrase: str, asked: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.passphrase, self.asked = passphrase, asked

    def clean_words(self) -> str:
        typed: str = self.cleaned_data["words"]
        if not passphrases.was_noted(self.passphrase, self.asked, typed):
            raise forms.ValidationError(_("These are other words. Look at your note, or at the passphrase once more."))
        return typed


class HandOverForm(DeskForm):
    """Who will hold the key."""

    people = forms.MultipleChoiceField(
        label=_("Who holds the key from now on"), widget=forms.CheckboxSelectMultiple, help_text=_("At least two.")
    )

    def __init__(self, *args: Any, asking: Sequence[KeyHolder], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = self.fields["people"]
        assert isinstance(people, forms.MultipleChoiceField)
        people.choices = [(str(one.pk), one.username) for one in asking]

    def chosen(self) -> list[int]:
        return [int(pk) for pk in self.cleaned_data["people"]]


class EraseForm(DeskForm):
    """The own passphrase or the country's name: something that is not typed by mistake."""

    proof = forms.CharField(
        label=_("Your passphrase, or the name of the country"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
