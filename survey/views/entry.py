"""Typing a sheet of paper: a section at a time, by keyboard alone; the review; and what two entries differ in."""

from dataclasses import dataclass
from typing import Any, TypedDict

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import require_researcher
from survey import batches, entry
from survey.batch_forms import SettleForm
from survey.batches import NoPaperError, SheetError
from survey.drafts import StaleDraftError
from survey.entry import OccupiedError, SamePersonError
from survey.entry_forms import EntryForm
from survey.entry_journey import EntryJourney
from survey.journey import whole
from survey.links import country_of
from survey.models import Cohort
from survey.protocol.languages import direction
from survey.sealers import NoKeyError
from survey.tasks import ask_to_compare
from survey.views import desk, unlocked
from survey.views.batches import PLACE, show_sheet


class Place(TypedDict):
    """Which sheet."""

    cohort: Cohort
    batch: int
    number: int


@dataclass(frozen=True, slots=True)
class Typist:
    """One sheet in front of one person."""

    request: HttpRequest
    place: Place
    by: str

    def address(self, name: str = "paper-enter") -> str:
        cohort = self.place["cohort"]
        return reverse(name, args=[cohort.site_id, cohort.pk, self.place["batch"], self.place["number"]])

    def back_to_batch(self) -> HttpResponse:
        cohort, number = self.place["cohort"], self.place["number"]
        address = reverse("paper-batch", args=[cohort.site_id, cohort.pk, self.place["batch"]])
        return HttpResponseRedirect(f"{address}?entered={number}", status=303)

    def ask(self) -> None:
        cohort = self.place["cohort"]
        batch, number = self.place["batch"], self.place["number"]
        token = unlocked.token(self.request, cohort.site_id)
        ask_to_compare(site_id=cohort.site_id, cohort_id=cohort.pk, batch=batch, number=number, token=token)

    def to_sheet(self) -> HttpResponse:
        """To the page that says how far the sheet is, if there is such a sheet."""
        if batches.find_sheet(**self.place) is None:
            raise Http404
        return HttpResponseRedirect(self.address("paper-sheet"), status=303)

    def refused(self) -> HttpResponse:
        return show_sheet(self.request, **self.place, stale=True)


def _typist(request: HttpRequest, site_id: int, cohort_id: int, batch: int, number: int) -> Typist:
    cohort = desk.own_cohort(site_id, cohort_id)
    return Typist(request, {"cohort": cohort, "batch": batch, "number": number}, request.user.get_username())


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def enter(request: HttpRequest, site_id: int, cohort_id: int, batch: int, number: int) -> HttpResponse:
    """A sheet that the reader is entering, at the section where they are, or at question `q`."""
    at = _typist(request, site_id, cohort_id, batch, number)
    if request.POST.get("_do") in ("begin", "instead"):
        return _begin(at)
    sheet = entry.opened(**at.place, by=at.by)
    if sheet is None:
        return at.to_sheet()
    journey = EntryJourney(sheet)
    if request.method == "POST":
        return _finish(at, journey) if request.POST.get("_do") == "finish" else _act(at, journey)
    wanted = whole(request.GET.get("q", ""))
    step = journey.jump(sheet, wanted) if wanted is not None else None
    if step is not None:
        journey = EntryJourney(step.sheet)
    missed = request.GET.get("q", "")[:4] if step is None else ""
    return _show(at, journey, focus=step.focus if step else "", missed=missed)


def _begin(at: Typist) -> HttpResponse:
    instead = at.request.POST.get("_do") == "instead"
    try:
        entry.begin(**at.place, by=at.by, instead=instead)
    except (NoPaperError, SheetError, OccupiedError, SamePersonError):
        return at.refused()
    return HttpResponseRedirect(at.address(), status=303)


def _act(at: Typist, journey: EntryJourney) -> HttpResponse:
    """Keep what was typed, and go on, back, or to another question."""
    sent = at.request.POST
    journey = journey.at(whole(sent.get("_at", "")) or 0)
    if journey.at_review:
        return HttpResponseRedirect(at.address(), status=303)
    form = journey.form(sent)
    back = sent.get("_do") == "back"
    if sent.get("_rev") != str(journey.sheet.revision):
        return _stale(at, journey, form)
    step = journey.back(journey.saved(form)) if back else journey.onward(form)
    stay = bool(form.errors) and not back
    try:
        kept = entry.save(**at.place, by=at.by, sheet=journey.saved(form) if stay else step.sheet)
    except StaleDraftError:
        return _stale(at, journey, form)
    except SheetError:
        return at.refused()
    if stay:
        return _show(at, EntryJourney(kept), form)
    number = whole(sent.get("q", "")) or journey.numbers.get(step.focus)
    return HttpResponseRedirect(at.address() + (f"?q={number}" if number else ""), status=303)


def _stale(at: Typist, journey: EntryJourney, form: EntryForm) -> HttpResponse:
    """A form from before the newest save: shown again as it was typed, unless it says nothing new."""
    if journey.repeats(form):
        return HttpResponseRedirect(at.address(), status=303)
    return _show(at, journey, form, stale=True)


def _finish(at: Typist, journey: EntryJourney) -> HttpResponse:
    revision = whole(at.request.POST.get("_rev", ""))
    if not journey.at_review or revision is None:
        return HttpResponseRedirect(at.address(), status=303)
    try:
        second = entry.finish(**at.place, by=at.by, revision=revision)
    except StaleDraftError:
        return HttpResponseRedirect(at.address(), status=303)
    except NoKeyError:
        return show_sheet(at.request, **at.place, problem=desk.no_key())
    except (NoPaperError, SheetError):
        return at.refused()
    if second:
        at.ask()
    return at.back_to_batch()


def _show(
    at: Typist,
    journey: EntryJourney,
    form: EntryForm | None = None,
    *,
    focus: str = "",
    missed: str = "",
    stale: bool = False,
) -> HttpResponse:
    values: dict[str, Any] = {"missed": missed, "batch": at.place["batch"], "number": at.place["number"]}
    language = journey.sheet.language
    values |= {"language": language, "direction": direction(language), "revision": journey.sheet.revision}
    if journey.at_review:
        values |= {"lines": journey.review(), "wrong": []}
        return desk.page(at.request, "cohorts/entry_review.html", at.place["cohort"], place=PLACE, **values)
    shown = form if form is not None else journey.form(None, focus)
    wrong = shown.problems() if form is not None and not stale else []
    values |= {"at": journey.place, "first": journey.first, "title": journey.title, "old": stale, "wrong": wrong}
    status = 409 if stale else 422 if wrong else 200
    page = {"form": shown, "blocks": shown.blocks(), **values}
    return desk.page(at.request, "cohorts/entry.html", at.place["cohort"], place=PLACE, status=status, **page)


# Two entries that differ ----------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def settle(request: HttpRequest, site_id: int, cohort_id: int, batch: int, number: int) -> HttpResponse:
    """Every question that the two entries answer differently, with both answers."""
    at = _typist(request, site_id, cohort_id, batch, number)
    rows = entry.differences_of(**at.place)
    found = batches.find_batch(cohort=at.place["cohort"], number=batch)
    if not rows or found is None:
        return at.to_sheet()
    protocol, _tag = desk.protocol_and_tag(at.place["cohort"])
    asked = {"protocol": protocol, "country": country_of(site_id), "language": found.language, "rows": rows}
    form = SettleForm(request.POST if request.method == "POST" else None, **asked)
    if form.is_bound and form.is_valid():
        try:
            newest = desk.whole(request.POST.get("newest", ""))
            entry.settle(**at.place, right=form.right(), newest=newest, by=at.by)
        except (NoPaperError, SheetError):
            return at.refused()
        at.ask()
        return at.back_to_batch()
    values = {"form": form, "problems": form.problems() if form.is_bound else [], "batch": batch, "number": number}
    values["newest"] = max(row.pk for row in rows)
    status = 422 if form.is_bound else 200
    return desk.page(request, "cohorts/entry_settle.html", at.place["cohort"], place=PLACE, status=status, **values)
