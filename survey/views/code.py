"""“I have a code”: back to a draft, or answers taken back."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from survey import codes, drafts, responses
from survey.journey import Journey
from survey.language import CHOICE, ui_language
from survey.sealing import BusyError
from survey.views import frames, holding


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """One box for both kinds of code. What opens nothing says the same, whatever the reason."""
    frames.refuse_other_encodings(request)
    with translation.override(ui_language(frames.own_language(request))):
        try:
            return _look_at(request) if request.method == "POST" else _ask(request)
        except BusyError:
            return frames.busy(request)


def _look_at(request: HttpRequest) -> HttpResponse:
    typed = codes.read_code(request.POST.get("code", ""))
    if CHOICE in request.POST:
        # Another language, nothing else: what was typed stays.
        asked_before = request.POST.get("_at") == "withdraw" and typed is not None
        return _ask_again(request, str(typed)) if asked_before else _ask(request)
    if typed is None:
        return _ask(
            request, error=_("Check the digits. The code has 20 of them, and at least one is wrong or missing.")
        )
    if request.POST.get("_do") == "withdraw":
        return _withdraw(request, typed)
    found = drafts.find_draft(code=typed)
    if found is not None:
        return _come_back(request, typed, found)
    return _ask_again(request, typed) if responses.can_withdraw(code=typed) else _opens_nothing(request)


def _page(request: HttpRequest, template: str, code: str, *, status: int = 200, error: str = "") -> HttpResponse:
    return frames.own_page(request, template, status=status, code=code, error=error)


def _ask(request: HttpRequest, error: str = "") -> HttpResponse:
    typed = request.POST.get("code", "")[: 4 * codes.DIGITS]
    return _page(request, "survey/have_code.html", typed, error=error, status=422 if error else 200)


def _ask_again(request: HttpRequest, typed: str) -> HttpResponse:
    """Before answers that were sent are deleted."""
    return _page(request, "survey/withdraw.html", codes.in_groups(typed))


def _come_back(request: HttpRequest, typed: str, found: drafts.Found) -> HttpResponse:
    """At the next page without an answer: whoever looks on, or forces the code, is not shown what was answered."""
    sheet = Journey(found.sheet).to_next_unanswered()
    saved = drafts.save_draft(secret=found.secret, sheet=sheet)
    holding.hold(request, secret=found.secret, sheet=saved, code=typed, aside=[holding.SAFETY_PAGE])
    return HttpResponseRedirect("/", status=303)


def _withdraw(request: HttpRequest, typed: str) -> HttpResponse:
    if not responses.withdraw(code=typed):
        return _opens_nothing(request)
    holding.say(request, "withdrawn")
    return HttpResponseRedirect("/", status=303)


def _opens_nothing(request: HttpRequest) -> HttpResponse:
    text = _(
        "Answers that were not sent are erased after %(days)d days. Answers that were sent can be taken back until "
        "their country is closed; after that they are part of published tables, which name nobody and never show few "
        "people."
    )
    title = _("This code opens nothing now")
    return frames.message(request, title, text % {"days": drafts.DRAFT_DAYS}, 404)
