"""Quality: what was noticed about responses, and leaving one out or putting it back, with a reason."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import require_researcher
from survey import flags
from survey.cohort_forms import ReasonForm
from survey.language import language_name
from survey.models import Cohort, Flag
from survey.views import desk


@dataclass(frozen=True, slots=True)
class FlagLine:
    """A flag in words: what was noticed, and of when, in which language, from which sheet the response is."""

    flag: Flag
    noticed: str
    language: str


_NOTICED = {
    Flag.Kind.TWIN: lambda flag: (
        _("Answers nearly the same as another's: group %(number)d") % {"number": int(flag.detail)}
    ),
    Flag.Kind.FLAT: lambda flag: _("One and the same answer all through every battery"),
    Flag.Kind.PAPER: lambda flag: _("Entered from paper"),
}


def _line(flag: Flag) -> FlagLine:
    return FlagLine(flag, _NOTICED[Flag.Kind(flag.kind)](flag), language_name(flag.language))


@require_safe
@require_researcher
def responses(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """The flags of a cohort, a page of them."""
    cohort = desk.own_cohort(site_id, cohort_id)
    number = desk.whole(request.GET.get("page", ""))
    found, pages = flags.page_of(cohort, number=number)
    here = min(max(number, 1), pages)
    return desk.page(
        request,
        "fieldwork/responses.html",
        cohort,
        place="responses",
        lines=[_line(flag) for flag in found],
        here=here,
        pages=pages,
        before=here - 1,
        after=here + 1 if here < pages else 0,
        frozen=cohort.state == Cohort.State.FROZEN,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def exclude(request: HttpRequest, site_id: int, cohort_id: int, flag_id: int) -> HttpResponse:
    """Leave a response out: what that means, and why it is done."""
    return _change(request, site_id, cohort_id, flag_id, excluded=False)


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def put_back(request: HttpRequest, site_id: int, cohort_id: int, flag_id: int) -> HttpResponse:
    """Put a response back that was left out."""
    return _change(request, site_id, cohort_id, flag_id, excluded=True)


def _change(request: HttpRequest, site_id: int, cohort_id: int, flag_id: int, *, excluded: bool) -> HttpResponse:
    """Change a flag that is `excluded` now into the other state."""
    cohort = desk.own_cohort(site_id, cohort_id)
    flag = flags.find(cohort=cohort, flag_id=flag_id)
    if flag is None or cohort.state == Cohort.State.FROZEN:
        raise Http404
    form = ReasonForm(request.POST or None)
    stale = flag.excluded != excluded
    if request.method == "POST" and form.is_valid() and not stale:
        act = flags.put_back if excluded else flags.exclude
        try:
            act(cohort=cohort, flag=flag, reason=form.cleaned_data["reason"], by=request.user.get_username())
        except flags.FrozenFlagsError:
            raise Http404 from None
        except flags.StaleFlagError:
            stale = True
        else:
            return HttpResponseRedirect(reverse("responses", args=[site_id, cohort_id]), status=303)
    values: dict[str, Any] = {
        "form": form,
        "line": _line(flag),
        "stale": stale,
        "excluded": excluded,
        "alone": flag.kind == Flag.Kind.TWIN and not excluded and not flags.others_that_count(flag),
        "problems": form.problems() if form.is_bound else [],
    }
    status = 409 if stale else 422 if form.is_bound else 200
    return desk.page(request, "fieldwork/flag.html", cohort, place="responses", status=status, **values)
