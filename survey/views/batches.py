"""Paper as it comes in: batches of sheets, the sheets of one, and what can be done with a single sheet."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import require_researcher
from survey import batches, entry
from survey.batch_forms import BatchForm, MoreSheetsForm
from survey.batches import NoPaperError, SheetError
from survey.language import language_name
from survey.links import country_of
from survey.models import Cohort, PaperSheet, Version
from survey.views import desk
from survey.views.papers import printed

STATES = {
    "waiting": gettext_lazy("waiting"),
    "entered": gettext_lazy("entered once"),
    "comparing": gettext_lazy("being compared"),
    "differs": gettext_lazy("differs"),
    "agreed": gettext_lazy("agreed"),
    "empty": gettext_lazy("empty sheet"),
}
BATCHES_ON_PAGE, SHEETS_ON_PAGE = 50, 100
PLACE = "cohort-paper"


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def index(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """The batches of a cohort, and a new one."""
    cohort = desk.own_cohort(site_id, cohort_id)
    languages = _languages(cohort)
    form = BatchForm(request.POST if request.method == "POST" else None, languages=languages)
    by = request.user.get_username()
    refused = False
    if form.is_bound and form.is_valid():
        try:
            made = batches.register(cohort=cohort, **form.cleaned_data, by=by)
        except NoPaperError:
            refused = True
        else:
            return HttpResponseRedirect(reverse("paper-batch", args=[site_id, cohort_id, made.number]), status=303)
    rows = [(one, language_name(one.language), counts) for one, counts in batches.of_cohort(cohort)]
    return desk.page(
        request,
        "cohorts/paper.html",
        cohort,
        place=PLACE,
        status=409 if refused else 422 if form.is_bound else 200,
        form=form,
        problems=form.problems() if form.is_bound else [],
        takes_paper=cohort.state in batches.TAKES_PAPER and not refused,
        page=Paginator(rows, BATCHES_ON_PAGE).get_page(request.GET.get("page")),
        prints=[(tag, language_name(tag)) for tag in languages],
        today=batches.entered_today(cohort=cohort, by=by),
    )


def _languages(cohort: Cohort) -> tuple[str, ...]:
    protocol, _tag = desk.protocol_and_tag(cohort)
    return tuple(cohort.languages) or protocol.country(country_of(cohort.site_id)).languages


@require_safe
@require_researcher
def sheet_to_print(request: HttpRequest, site_id: int, cohort_id: int, language: str) -> HttpResponse:
    """The questionnaire with its codes, in the version that this cohort asks, which need not be the newest."""
    cohort = desk.own_cohort(site_id, cohort_id)
    if language not in _languages(cohort):
        raise Http404
    version = Version.objects.defer("sheets").get(pk=cohort.version_id)
    return printed(request, version, country_of(site_id), language)


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def batch(request: HttpRequest, site_id: int, cohort_id: int, batch: int) -> HttpResponse:
    """The sheets of a batch, the next one to enter, more of them, and its end."""
    cohort = desk.own_cohort(site_id, cohort_id)
    found = batches.find_batch(cohort=cohort, number=batch)
    if found is None:
        raise Http404
    by = request.user.get_username()
    act = request.POST.get("_do", "") if request.method == "POST" else ""
    form = MoreSheetsForm(request.POST if act == "add" else None)
    problems = _change(cohort, batch, act, form, by) if act else []
    if act and not problems:
        return HttpResponseRedirect(request.path, status=303)
    sheets = batches.sheets_of(found)
    return desk.page(
        request,
        "cohorts/paper_batch.html",
        cohort,
        place=PLACE,
        status=422 if problems else 200,
        batch=found,
        language=language_name(found.language),
        form=form,
        problems=problems,
        takes_paper=cohort.state in batches.TAKES_PAPER,
        page=Paginator([(one, STATES[one.state]) for one in sheets], SHEETS_ON_PAGE).get_page(request.GET.get("page")),
        next=batches.next_for(sheets, by),
        entered=request.GET.get("entered", "")[:4],
        can_close=all(one.state in batches.DONE for one in sheets),
        most=batches.MOST_SHEETS,
        today=batches.entered_today(cohort=cohort, by=by),
    )


def _change(cohort: Cohort, number: int, act: str, form: MoreSheetsForm, by: str) -> list[tuple[str, str, str]]:
    """Do what a button of the batch's page says; returns what stands against it."""
    try:
        if act == "close":
            batches.close(cohort=cohort, number=number, by=by)
        elif form.is_valid():
            batches.add_sheets(cohort=cohort, number=number, sheets=form.cleaned_data["sheets"], by=by)
    except NoPaperError:
        return [("main", "", _("This cohort takes no paper now."))]
    except SheetError:
        told = {
            "close": _("Some sheets are not agreed or marked as empty yet, or the batch is closed already."),
            "add": _("A batch has at most %(most)d sheets, and a closed one gets no more. Register another batch."),
        }
        return [("main", "", told.get(act, told["add"]) % {"most": batches.MOST_SHEETS})]
    return form.problems()


# One sheet ------------------------------------------------------------------------------------------------------------

_ACTS: Mapping[str, Callable[..., None]] = {
    "empty": batches.mark_empty,
    "wait": batches.unmark_empty,
    "again": entry.enter_again,
    "give-up": entry.give_up,
}


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def sheet(request: HttpRequest, site_id: int, cohort_id: int, batch: int, number: int) -> HttpResponse:
    """How far a sheet is, and what can be done with it now, each with what comes of it."""
    cohort = desk.own_cohort(site_id, cohort_id)
    by = request.user.get_username()
    stale = False
    if request.method == "POST":
        act = _ACTS.get(request.POST.get("_do", ""))
        if act is None:
            raise Http404
        try:
            act(cohort=cohort, batch=batch, number=number, by=by)
        except (NoPaperError, SheetError):
            stale = True
        else:
            return HttpResponseRedirect(reverse("paper-batch", args=[site_id, cohort_id, batch]), status=303)
    return show_sheet(request, cohort, batch, number, stale=stale)


def show_sheet(
    request: HttpRequest, cohort: Cohort, batch: int, number: int, *, stale: bool = False, problem: str = ""
) -> HttpResponse:
    """The page of a sheet; `stale` when something was refused because the sheet had moved on."""
    found = batches.find_sheet(cohort=cohort, batch=batch, number=number)
    if found is None:
        raise Http404
    return desk.page(
        request,
        "cohorts/paper_sheet.html",
        cohort,
        place=PLACE,
        status=409 if stale or problem else 200,
        problems=[("main", "", problem)] if problem else [],
        waits_for_key=found.state == PaperSheet.State.COMPARING and desk.waits_for_unlock(cohort.site_id),
        sheet=found,
        sheet_state=STATES[found.state],
        takes_paper=cohort.state in batches.TAKES_PAPER,
        stale=stale,
        **_standing(found, request.user.get_username()),
    )


def _standing(sheet: PaperSheet, by: str) -> dict[str, Any]:
    """What the reader is to this sheet: who has begun the entry that it waits for, and whether it may be theirs."""
    waits = sheet.state in (PaperSheet.State.WAITING, PaperSheet.State.ENTERED)
    holder = sheet.first_by if sheet.state == PaperSheet.State.WAITING else sheet.second_by
    return {
        "can_enter": waits and not (sheet.state == PaperSheet.State.ENTERED and sheet.first_by == by),
        "mine": waits and holder == by,
        "holder": holder if waits else "",
    }
