"""From a link to the questionnaire: plain pages that post onward, since a redirect would lose a Strict cookie.

Until somebody agrees, nothing is kept of them, not even a cookie; the language that they choose travels in the form.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from survey import doors, drafts, tallies
from survey.arrival import Arrival
from survey.doors import Closed, Door
from survey.language import tag_wished, ui_language
from survey.publishing import protocol_of
from survey.sealing import BusyError
from survey.views import frames, holding

_LATER = gettext_lazy("Nothing that you saved is lost. Open this link again in a few days.")
_ANOTHER = gettext_lazy("Ask the person who gave it to you for a new one.")
_SAYINGS: dict[Closed, tuple[Any, Any]] = {
    Closed.NOT_YET: (gettext_lazy("This survey is not open yet"), gettext_lazy("Open this link again later.")),
    Closed.PAUSED: (gettext_lazy("This survey is paused"), _LATER),
    Closed.ENDED: (
        gettext_lazy("This survey has ended"),
        gettext_lazy("Nobody can begin any more. If you began earlier, your code still opens what you saved."),
    ),
    Closed.RESERVED: (
        gettext_lazy("Somebody has begun with this link"),
        gettext_lazy(
            "If it was you, open “I have a code” and type your code. Without the code, the link can be used again "
            "after 14 days at the latest."
        ),
    ),
    Closed.USED: (gettext_lazy("This link has been used"), gettext_lazy("It is for one person and one time.")),
    Closed.EXPIRED: (gettext_lazy("This link is too old"), _ANOTHER),
    Closed.FULL: (
        gettext_lazy("Enough people have begun today"),
        gettext_lazy("Open this link again tomorrow. If you began earlier, your code still opens what you saved."),
    ),
}


def _patient(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def waited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        frames.refuse_other_encodings(request)
        try:
            return view(request, *args, **kwargs)
        except BusyError:
            return frames.busy(request)

    return waited


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@_patient
def link(request: HttpRequest, token: str, language: str = "") -> HttpResponse:
    """A cohort's open link, printed or sent; it may name a language."""
    return _arrive(request, doors.by_link(token, language))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@_patient
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """A personal invitation."""
    return _arrive(request, doors.by_invitation(token))


def _arrive(request: HttpRequest, door: Door | None) -> HttpResponse:
    if door is None:
        text = _("Check that it is complete, or ask for a new one.")
        return frames.message(request, _("This link is not known"), text, 404)
    language = tag_wished(request, door.offered, link=door.language)
    arrival = Arrival(protocol_of(door.cohort.version_id), door.country, language, door.cohort)
    # Messengers open links by themselves, and other sites can post: neither gets further than the first page.
    posted = request.method == "POST" and request.headers.get("Sec-Fetch-Site") != "cross-site"
    # Another language chosen on the second page is no step.
    step = request.POST.get("_do") or request.POST.get("_at", "") if posted else ""
    held = holding.held(request) if posted else None
    if step == "inform" and held is not None and held[1].cohort_id == door.cohort.pk:
        return _page(request, door, arrival, "survey/begun.html")
    if door.closed is not None:
        return _closed(request, door, language)
    if step == "start":
        return _agreed(request, door=door, arrival=arrival)
    if step in ("inform", "anew"):
        if "_do" in request.POST:
            tallies.note_opened(site_id=door.cohort.site_id, cohort_id=door.cohort.pk, language=language)
        return _inform(request, door, arrival)
    return _page(request, door, arrival, "survey/link.html")


def _page(request: HttpRequest, door: Door, arrival: Arrival, template: str, **values: Any) -> HttpResponse:
    frame = {
        "language": arrival.language,
        "offered": door.offered,
        "site": door.cohort.site_id,
        "cohort": door.cohort.pk,
    }
    return frames.page(request, template, **frame, **values)


def _closed(request: HttpRequest, door: Door, language: str) -> HttpResponse:
    assert door.closed is not None
    with translation.override(ui_language(language)):
        title, text = (str(words) for words in _SAYINGS[door.closed])
    frame = {"language": language, "offered": door.offered, "site": door.cohort.site_id, "cohort": door.cohort.pk}
    return frames.message(request, title, text, 410, door=True, **frame)


def _inform(request: HttpRequest, door: Door, arrival: Arrival, error: str = "") -> HttpResponse:
    agreed = "agree" in request.POST
    values = {"asks": arrival.asks, "agreed": agreed, "error": error, "status": 422 if error else 200, **arrival.told()}
    return _page(request, door, arrival, "survey/information.html", **values)


@csrf_protect
def _agreed(request: HttpRequest, *, door: Door, arrival: Arrival) -> HttpResponse:
    cohort = door.cohort
    if arrival.asks and "agree" not in request.POST:
        with translation.override(ui_language(arrival.language)):
            error = _("Tick the box if you want to take part.")
        return _inform(request, door, arrival, error)
    try:
        started = drafts.start_draft(cohort=cohort, language=arrival.language, invitation=door.invitation)
    except drafts.TakenError:
        return HttpResponseRedirect(request.path, status=303)
    aside = [holding.CODE_PAGE, holding.SAFETY_PAGE]
    holding.hold(request, secret=started.secret, sheet=started.sheet, code=started.code, aside=aside)
    return HttpResponseRedirect("/", status=303)
