"""The participant's way, complete without scripts: a link, the questionnaire at one address, review, receipt."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from survey import codes, cohorts, responses
from survey.arrival import Arrival
from survey.forms import PageForm
from survey.journey import Journey
from survey.language import SESSION_KEY, tag_wished, ui_language
from survey.models import Cohort, Site
from survey.publishing import protocol_of
from survey.views import frames, holding

# Pages that may stand before the form, and what leads to them.
CODE, SAFETY, ERASE = "code", "safety", "erase"
ASIDES = frozenset({CODE, SAFETY, ERASE})


# The link -------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """A cohort's open link: plain pages that post onward, since a redirect would lose a Strict cookie.

    Until somebody agrees, nothing is kept of them but the language they chose.
    """
    frames.refuse_other_encodings(request)
    cohort = cohorts.cohort_for_link(token)
    if cohort is None:
        text = _("Check that it is complete, or ask for a new one.")
        return frames.message(request, _("This link is not known"), text, 404)
    if cohort.state != Cohort.State.OPEN:
        return frames.message(request, _("This survey is not open"), _("It may open later, or it has ended."), 410)
    country = _country(cohort.site_id)
    arrival = Arrival(protocol_of(cohort.version_id), country, tag_wished(request, _offered(cohort, country)))
    step = request.POST.get("_do", "")
    if step == "start" and (not arrival.asks or "agree" in request.POST):
        return _start(request, cohort, arrival.language)
    if step in ("start", "inform"):
        error = _("Tick the box if you want to take part.") if step == "start" else ""
        return _inform(request, cohort, arrival, error)
    if request.method == "POST":
        request.session[SESSION_KEY] = ui_language(arrival.language)
        return HttpResponseRedirect(request.path, status=303)
    step = "inform" if arrival.asks else "start"
    offered = _offered(cohort, country)
    return frames.page(request, "survey/link.html", language=arrival.language, offered=offered, next=step)


def _offered(cohort: Cohort, country: str) -> tuple[str, ...]:
    return protocol_of(cohort.version_id).country(country).languages


def _inform(request: HttpRequest, cohort: Cohort, arrival: Arrival, error: str) -> HttpResponse:
    values = {"site": cohort.site_id, "error": error, "status": 422 if error else 200, **arrival.told()}
    offered = _offered(cohort, arrival.country)
    return frames.page(request, "survey/information.html", language=arrival.language, offered=offered, **values)


def _country(site_id: int) -> str:
    return str(Site.objects.values_list("country", flat=True).get(pk=site_id))


def _start(request: HttpRequest, cohort: Cohort, language: str) -> HttpResponse:
    started = responses.start_draft(cohort=cohort, language=language)
    sheet = responses.open_draft(secret=started.secret, site_id=cohort.site_id)
    assert sheet is not None
    holding.hold(request, secret=started.secret, sheet=sheet, code=started.code, aside=[CODE, SAFETY])
    return HttpResponseRedirect("/", status=303)


# The questionnaire ----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def questionnaire(request: HttpRequest) -> HttpResponse:
    """The whole questionnaire at one address, so that a history shows one neutral entry."""
    frames.refuse_other_encodings(request)
    held = holding.held(request)
    if held is None:
        return _ended(request)
    secret, sheet = held
    journey = Journey(sheet)
    if holding.aside(request):
        return _act_aside(request, secret, journey) if request.method == "POST" else _show_aside(request, journey)
    return _act(request, secret, journey) if request.method == "POST" else _show(request, journey)


def _ended(request: HttpRequest) -> HttpResponse:
    if holding.was_sent(request):
        language = translation.get_language() or "en"
        receipt = codes.in_groups(request.session[holding.RECEIPT])
        return frames.page(request, "survey/receipt.html", language=language, code=receipt)
    text = _("If you wrote down your code, open “I have a code” and type it. Your saved answers are kept.")
    return frames.message(request, _("There is nothing open here"), text, door=True)


def _act(request: HttpRequest, secret: bytes, journey: Journey) -> HttpResponse:
    action, language = request.POST.get("_do", ""), request.POST.get("_lang", "")
    if action == "submit" and journey.at_review:
        return _submit(request, secret, journey)
    journey = journey.at(request.POST.get("_at", ""))
    form = journey.form(request.POST)
    if request.POST.get("_rev") != str(journey.sheet.revision):
        return _stale(request, journey, form)
    sheet = journey.after(form, action, language)
    stay = form is not None and bool(form.errors) and action != "back"
    try:
        saved = responses.save_draft(secret=secret, sheet=replace(sheet, place=journey.place) if stay else sheet)
    except responses.StaleDraftError:
        return _stale(request, journey, form)
    request.session[SESSION_KEY] = ui_language(saved.language)
    if action in ASIDES:
        holding.show_aside(request, action)
    elif stay:
        again = Journey(saved)
        return _show(request, again, again.form(request.POST))
    return HttpResponseRedirect("/", status=303)


def _submit(request: HttpRequest, secret: bytes, journey: Journey) -> HttpResponse:
    """Send what was reviewed. What another window changed since is reviewed first."""
    sheet = journey.sheet
    if request.POST.get("_rev") != str(sheet.revision):
        return _show(request, journey, stale=True)
    try:
        responses.submit(secret=secret, site_id=sheet.site_id, revision=sheet.revision)
    except responses.StaleDraftError:
        return HttpResponseRedirect("/", status=303)
    except responses.FrozenCohortError:
        return frames.message(request, _("This survey is not open"), _("It may open later, or it has ended."), 410)
    holding.forget_draft(request)
    return HttpResponseRedirect("/", status=303)


def _stale(request: HttpRequest, journey: Journey, form: PageForm | None) -> HttpResponse:
    """A form from before the newest save: shown again as it was typed, unless it says nothing new."""
    if journey.repeats(form):
        return HttpResponseRedirect("/", status=303)
    return _show(request, journey, form, stale=True)


def _show(request: HttpRequest, journey: Journey, form: PageForm | None = None, *, stale: bool = False) -> HttpResponse:
    if journey.at_review:
        return _page(request, journey, "survey/review.html", sections=journey.review(), stale=stale, **journey.frame())
    with translation.override(ui_language(journey.sheet.language)):
        shown = form if form is not None else journey.form(None)
        assert shown is not None
        problems = shown.problems() if shown.is_bound and not stale else []
    values = {"form": shown, "problems": problems, "stale": stale, **journey.frame()}
    return _page(request, journey, "survey/page.html", **values)


# Pages beside the form ------------------------------------------------------------------------------------------------


def _show_aside(request: HttpRequest, journey: Journey) -> HttpResponse:
    code = codes.in_groups(request.session[holding.CODE])
    return _page(request, journey, f"survey/{holding.aside(request)}.html", code=code, days=responses.DRAFT_DAYS)


def _act_aside(request: HttpRequest, secret: bytes, journey: Journey) -> HttpResponse:
    if request.POST.get("_do") == "erase-now" and holding.aside(request) == ERASE:
        responses.erase_draft(secret=secret, site_id=journey.sheet.site_id)
        request.session.flush()
        text = _("Nothing of them is kept. You can close this page.")
        return frames.message(request, _("Your answers are erased"), text)
    language = request.POST.get("_lang", "")
    if language in journey.protocol.country(journey.sheet.country).languages:
        responses.save_draft(secret=secret, sheet=replace(journey.sheet, language=language))
        request.session[SESSION_KEY] = ui_language(language)
    elif request.POST.get("_do") == "go-on":
        holding.go_on(request)
    return HttpResponseRedirect("/", status=303)


def _page(request: HttpRequest, journey: Journey, template: str, **values: Any) -> HttpResponse:
    sheet = journey.sheet
    offered = journey.protocol.country(sheet.country).languages
    return frames.page(request, template, language=sheet.language, offered=offered, site=sheet.site_id, **values)
