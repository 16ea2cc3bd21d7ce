"""The questionnaire at one address, complete without scripts: its pages, the review, the receipt."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from survey import codes, drafts, responses
from survey.drafts import StaleDraftError
from survey.forms import PageForm
from survey.journey import Journey
from survey.language import CHOICE, SESSION_KEY, ui_language
from survey.sealers import NoKeyError
from survey.sealing import BusyError
from survey.views import frames, holding

_SAYINGS = {
    "erased": (
        gettext_lazy("Your answers are erased"),
        gettext_lazy("Nothing of them is kept. You can close this page."),
    ),
    "withdrawn": (
        gettext_lazy("Your answers are deleted"),
        gettext_lazy("They are in no table, now or later. Thank you."),
    ),
}

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
    if holding.lost_its_draft(request) and not responses.was_stored(code=request.session[holding.RECEIPT]):
        text = _("They were not sent, and nothing of them is kept here. You can close this page.")
        return frames.message(request, _("Your answers are not here any more"), text)
    if holding.was_sent(request):
        receipt = codes.in_groups(request.session[holding.RECEIPT])
        place = {"site": request.session[holding.SITE], "cohort": request.session[holding.COHORT]}
        return frames.own_page(request, "survey/receipt.html", **place, code=receipt)
    if said := _SAYINGS.get(request.session.get(holding.SAID, "")):
        return frames.message(request, *said)
    text = _("If you wrote down your code, open “I have a code” and type it. Your saved answers are kept.")
    return frames.message(request, _("There is nothing open here"), text, door=True)


def _act(request: HttpRequest, secret: bytes, journey: Journey) -> HttpResponse:
    action, language = request.POST.get("_do", ""), request.POST.get(CHOICE, "")
    if action == "submit" and journey.at_review:
        return _submit(request, secret, journey)
    journey = journey.at(request.POST.get("_at", ""))
    form = journey.form(request.POST)
    if request.POST.get("_rev") != str(journey.sheet.revision):
        return _stale(request, journey, form)
    sheet = journey.after(form, action, language)
    stay = form is not None and bool(form.errors) and action != "back"
    try:
        saved = drafts.save_draft(secret=secret, sheet=replace(sheet, place=journey.place) if stay else sheet)
    except StaleDraftError:
        return _stale(request, journey, form)
    request.session[SESSION_KEY] = ui_language(saved.language)
    if action in holding.ASIDES:
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
    except StaleDraftError:
        return HttpResponseRedirect("/", status=303)
    except responses.FrozenCohortError:
        return frames.message(request, _("This survey has ended"), _("Answers cannot be sent any more."), 410)
    except NoKeyError:
        text = _("This country takes no answers now. What you saved is kept under your code until its last day.")
        return frames.message(request, _("Nothing can be sent now"), text, 503, door=True)
    except BusyError:
        return frames.busy(request)
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
    return _page(request, journey, f"survey/{holding.aside(request)}.html", code=code, days=drafts.DRAFT_DAYS)


def _act_aside(request: HttpRequest, secret: bytes, journey: Journey) -> HttpResponse:
    if request.POST.get("_do") == "erase-now" and holding.aside(request) == holding.ERASE_PAGE:
        drafts.erase_draft(secret=secret, sheet=journey.sheet)
        holding.say(request, "erased")
        return HttpResponseRedirect("/", status=303)
    language = request.POST.get(CHOICE, "")
    if language in journey.offered:
        drafts.save_draft(secret=secret, sheet=replace(journey.sheet, language=language))
        request.session[SESSION_KEY] = ui_language(language)
    elif request.POST.get("_do") == "go-on":
        holding.go_on(request)
    return HttpResponseRedirect("/", status=303)


def _page(request: HttpRequest, journey: Journey, template: str, **values: Any) -> HttpResponse:
    sheet = journey.sheet
    offered = journey.offered
    return frames.page(
        request,
        template,
        language=sheet.language,
        offered=offered,
        site=sheet.site_id,
        cohort=sheet.cohort_id,
        **values,
    )
