"""“I have a code”: back to a draft, or answers taken back."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from survey import codes, responses
from survey.journey import Journey
from survey.views import frames, holding
from survey.views.participant import SAFETY


@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """One box for both kinds of code. What opens nothing says the same, whatever the reason."""
    frames.refuse_other_encodings(request)
    if request.method == "GET":
        return _ask(request)
    typed = codes.read_code(request.POST.get("code", ""))
    if typed is None:
        return _ask(
            request, error=_("Check the digits. The code has 20 of them, and at least one is wrong or missing.")
        )
    if request.POST.get("_do") == "withdraw":
        return _withdraw(request, typed)
    found = responses.find_draft(code=typed)
    if found is not None:
        return _come_back(request, typed, found)
    if responses.can_withdraw(code=typed):
        language = translation.get_language() or "en"
        return frames.page(request, "survey/withdraw.html", language=language, code=codes.in_groups(typed))
    return _opens_nothing(request)


def _ask(request: HttpRequest, error: str = "") -> HttpResponse:
    language = translation.get_language() or "en"
    return frames.page(request, "survey/have_code.html", language=language, error=error, status=422 if error else 200)


def _come_back(request: HttpRequest, typed: str, found: responses.Found) -> HttpResponse:
    """At the next page without an answer: whoever looks on, or forces the code, is not shown what was answered."""
    sheet = Journey(found.sheet).to_next_unanswered()
    saved = responses.save_draft(secret=found.secret, sheet=sheet)
    holding.hold(request, secret=found.secret, sheet=saved, code=typed, aside=[SAFETY])
    return HttpResponseRedirect("/", status=303)


def _withdraw(request: HttpRequest, typed: str) -> HttpResponse:
    if not responses.withdraw(code=typed):
        return _opens_nothing(request)
    request.session.flush()
    return frames.message(request, _("Your answers are deleted"), _("They are in no table, now or later. Thank you."))


def _opens_nothing(request: HttpRequest) -> HttpResponse:
    text = _(
        "Answers that were not sent are erased after %(days)d days. Answers that were sent can be taken back until "
        "their country is closed; after that they are part of published tables, which name nobody and never show few "
        "people."
    )
    title = _("This code opens nothing now")
    return frames.message(request, title, text % {"days": responses.DRAFT_DAYS}, 404)
