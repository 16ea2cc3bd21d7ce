"""The frame around the researcher's pages of one cohort: fetched with permission, or it does not exist."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from survey import cohorts, keyring, links
from survey.language import tag_for
from survey.models import Cohort
from survey.protocol.schema import Protocol
from survey.publishing import protocol_of
from survey.scope import site_scope

# The pages of a cohort, in the order of the work: address name, words. A page marks its own by the address name.
PLACES = (
    ("cohort", _("Overview")),
    ("participants", _("Participants")),
    ("cohort-invitations", _("Invitations")),
    ("cohort-paper", _("On paper")),
    ("files", _("Files")),
    ("responses", _("Quality")),
    ("cohort-microdata", _("Data files")),
    ("cohort-settings", _("Settings")),
)
STATES = {
    "preparing": _("being prepared"),
    "open": _("open"),
    "paused": _("paused"),
    "closed": _("closed"),
    "frozen": _("frozen"),
}

# What leads to a state, as a button says it.
MOVES = {"open": _("Open"), "paused": _("Pause"), "closed": _("Close")}


def own_cohort(site_id: int, cohort_id: int) -> Cohort:
    """A cohort of a site whose researcher asks for it. Raises Http404."""
    found = cohorts.find(site_id=site_id, cohort_id=cohort_id)
    if found is None:
        raise Http404
    return found


def no_key() -> str:
    """What stands in the way of storing answers in a country without a key."""
    return gettext(
        "This country has no key, so that nothing can be stored in it now. See the page of the country's key."
    )


def waits_for_unlock(site_id: int) -> bool:
    """Whether work on a site's answers waits for its researchers."""
    with site_scope(site_id):
        return keyring.waits_for_unlock(site_id=site_id)


def whole(text: str) -> int:
    """A number as a form sends it; -1, which is the number of nothing, for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def protocol_and_tag(cohort: Cohort) -> tuple[Protocol, str]:
    """What the cohort asks, and the language of it that the reader of the page understands best."""
    protocol = protocol_of(cohort.version_id)
    return protocol, tag_for(get_language() or "en", protocol.languages)


def page(
    request: HttpRequest, template: str, cohort: Cohort, *, place: str, status: int = 200, **values: Any
) -> HttpResponse:
    """A page of a cohort, with the way to its other pages; `place` is the one that it belongs to."""
    protocol, tag = protocol_and_tag(cohort)
    country = protocol.country(links.country_of(cohort.site_id))
    frame = {
        "cohort": cohort,
        "country": country.label.get(tag),
        "country_code": country.code,
        "state": STATES[cohort.state],
        "places": [(name, words, name == place) for name, words in PLACES],
    }
    return render(request, template, {**frame, **values}, status=status)
