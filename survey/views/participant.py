"""The participant's way: a link, the questionnaire at one address, the review, thanks. Complete without scripts."""

from dataclasses import replace
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from survey import cohorts, responses
from survey.forms import PageForm
from survey.journey import Journey
from survey.language import SESSION_KEY, language_name, tag_wished, ui_language
from survey.models import Cohort, Site
from survey.protocol.languages import direction
from survey.publishing import protocol_of
from survey.responses import Sheet

SECRET, SITE, DONE = "draft_secret", "draft_site", "submitted"


# The link -------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, token: str) -> HttpResponse:
    """A cohort's open link: a plain page that posts onward, since a redirect would lose a Strict cookie."""
    _refuse_other_encodings(request)
    cohort = cohorts.cohort_for_link(token)
    if cohort is None:
        return _message(
            request, _("This link is not known"), _("Check that it is complete, or ask for a new one."), 404
        )
    if cohort.state != Cohort.State.OPEN:
        return _message(request, _("This survey is not open"), _("It may open later, or it has ended."), 410)
    offered = protocol_of(cohort.version_id).country(_country(cohort.site_id)).languages
    language = tag_wished(request, offered)
    if request.method == "POST" and "_do" in request.POST:
        secret = responses.start_draft(cohort=cohort, language=language)
        request.session.cycle_key()
        request.session.update({SECRET: secret.hex(), SITE: cohort.site_id, SESSION_KEY: ui_language(language)})
        request.session.pop(DONE, None)
        return HttpResponseRedirect("/", status=303)
    if request.method == "POST":
        request.session[SESSION_KEY] = ui_language(language)
        return HttpResponseRedirect(request.path, status=303)
    return _page(request, "survey/link.html", language, offered, {})


def _country(site_id: int) -> str:
    return str(Site.objects.values_list("country", flat=True).get(pk=site_id))


# The questionnaire ----------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def questionnaire(request: HttpRequest) -> HttpResponse:
    """The whole questionnaire at one address, so that a history shows one neutral entry."""
    _refuse_other_encodings(request)
    opened = _open(request)
    if opened is None:
        return _ended(request)
    secret, sheet = opened
    journey = Journey(sheet)
    if request.method == "POST":
        return _act(request, secret, journey)
    return _show(request, journey)


def _open(request: HttpRequest) -> tuple[bytes, Sheet] | None:
    if SECRET not in request.session:
        return None
    secret = bytes.fromhex(request.session[SECRET])
    sheet = responses.open_draft(secret=secret, site_id=request.session[SITE])
    return (secret, sheet) if sheet is not None else None


def _ended(request: HttpRequest) -> HttpResponse:
    if SECRET in request.session or DONE in request.session:
        return _message(request, _("Thank you"), _("Your answers have been received. You can close this page."), 200)
    return _message(request, _("There is nothing open here"), _("Start again from the link that you were given."), 200)


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
    if stay:
        again = Journey(saved)
        return _show(request, again, again.form(request.POST))
    return HttpResponseRedirect("/", status=303)


def _submit(request: HttpRequest, secret: bytes, journey: Journey) -> HttpResponse:
    """Send what was reviewed. What another window changed since is reviewed first."""
    sheet = journey.sheet
    if request.POST.get("_rev") != str(sheet.revision):
        return HttpResponseRedirect("/", status=303)
    try:
        responses.submit(secret=secret, site_id=sheet.site_id, revision=sheet.revision)
    except responses.StaleDraftError:
        return HttpResponseRedirect("/", status=303)
    except responses.FrozenCohortError:
        return _message(request, _("This survey is not open"), _("It may open later, or it has ended."), 410)
    request.session[DONE] = True
    request.session.pop(SECRET, None)
    return HttpResponseRedirect("/", status=303)


def _stale(request: HttpRequest, journey: Journey, form: PageForm | None) -> HttpResponse:
    """A form from before the newest save: shown again as it was typed, unless it says nothing new."""
    if journey.repeats(form):
        return HttpResponseRedirect("/", status=303)
    return _show(request, journey, form, stale=True)


def _show(request: HttpRequest, journey: Journey, form: PageForm | None = None, *, stale: bool = False) -> HttpResponse:
    sheet = journey.sheet
    offered = journey.protocol.country(sheet.country).languages
    if journey.at_review:
        values: dict[str, Any] = {"sections": journey.review()}
        return _page(request, "survey/review.html", sheet.language, offered, {**values, **journey.frame()})
    with translation.override(ui_language(sheet.language)):
        shown = form if form is not None else journey.form(None)
        assert shown is not None
        problems = shown.problems() if shown.is_bound and not stale else []
    values = {"form": shown, "problems": problems, "stale": stale, **journey.frame()}
    return _page(request, "survey/page.html", sheet.language, offered, values)


def _refuse_other_encodings(request: HttpRequest) -> None:
    """Browsers send our forms as UTF-8. Others, as UTF-7, can smuggle in halves of characters that no page can show."""
    if (request.encoding or "utf-8").lower() != "utf-8":
        raise BadRequest("forms are sent as UTF-8")


# Frames ---------------------------------------------------------------------------------------------------------------


def _page(
    request: HttpRequest, template: str, language: str, offered: tuple[str, ...], values: dict[str, Any]
) -> HttpResponse:
    frame = {
        "language": language,
        "direction": direction(language),
        "languages": [(tag, language_name(tag), direction(tag)) for tag in offered],
    }
    with translation.override(ui_language(language)):
        response = render(request, template, {**frame, **values})
    response.headers["Content-Language"] = language
    return response


def _message(request: HttpRequest, title: str, text: str, status: int) -> HttpResponse:
    language = translation.get_language()
    values = {"title": title, "text": text, "language": language, "direction": direction(language)}
    return render(request, "survey/message.html", values, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose session is gone: say what to do instead of refusing without a word."""
    staff = request.path.startswith("/desk/")
    again = _("Sign in and do it again.") if staff else _("Go back to the link that you were given and start again.")
    return _message(request, _("Your session has ended"), again, 403)
