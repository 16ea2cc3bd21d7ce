"""Cutting and freezing a cohort, and opening a frozen one again: what it means, what stands in the way, why."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.access import require_researcher
from reports import cutting, fieldwork, tasks
from survey import cohorts, cuts, links
from survey.cohort_forms import ReasonForm
from survey.cuts import ObstacleError, SecondPersonError
from survey.models import Cohort
from survey.views import desk, unlocked

_IN_FIELDWORK = ("open", "paused", "closed")
OBSTACLES: dict[str, Promise] = {
    "not-closed": _("The cohort is not closed yet. Close it first, so that people who have begun can still finish."),
    "paper": _("Batches of sheets on paper are not closed: enter and compare their sheets first."),
    "files": _("Files wait to be checked or taken in: take them in or discard them first."),
    "drafts": _("People have begun and not sent their answers. After the freeze they cannot send them any more."),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a cohort that needs a reason: its words, what it does, and which states it starts from."""

    button: Promise
    title: Promise
    consequence: Promise
    act: Callable[..., Any]
    states: tuple[str, ...]


STEPS = {
    "cut": Step(
        _("Cut"),
        _("Make a cut now"),
        _(
            "What was sent until now is counted and released; fieldwork goes on. A later cut is printed only where "
            "enough answers have changed since, so do not cut often."
        ),
        cutting.cut_early,
        _IN_FIELDWORK,
    ),
    "freeze": Step(
        _("Freeze"),
        _("Freeze this cohort"),
        _(
            "This is the last cut. From now on nobody can send answers or take them back, and nothing is excluded or "
            "entered any more. The country is ready to compare. Opening it again needs a second person."
        ),
        cutting.freeze,
        _IN_FIELDWORK,
    ),
    "unfreeze": Step(
        _("Open again"),
        _("Ask for this cohort to be opened again"),
        _(
            "Another researcher of this country has to agree. What was released stays released; answers that come "
            "afterwards wait for a further cut."
        ),
        cuts.ask_to_unfreeze,
        ("frozen",),
    ),
}


def steps_from(cohort: Cohort) -> list[tuple[str, Promise]]:
    """The steps that a cohort can take from its state: address name and words."""
    if cohort.unfreeze_asked_by:
        return []
    return [(f"cohort-{name}", step.button) for name, step in STEPS.items() if cohort.state in step.states]


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def step(request: HttpRequest, site_id: int, cohort_id: int, name: str) -> HttpResponse:
    """One of the steps, asked about before it is taken."""
    cohort = desk.own_cohort(site_id, cohort_id)
    wanted = STEPS[name]
    if cohort.state not in wanted.states or cohort.unfreeze_asked_by:
        raise Http404
    form = ReasonForm(request.POST or None)
    stale = False
    if request.method == "POST" and form.is_valid():
        try:
            return _take(request, wanted, cohort, form.cleaned_data["reason"])
        except (cohorts.StaleCohortError, cohorts.MoveError):
            stale = True
        except ObstacleError:
            form.add_error(None, _("Something stands in the way; see below."))
    freezing = name == "freeze"
    found = cuts.obstacles(cohort=cohort) if freezing else []
    return desk.page(
        request,
        "fieldwork/step.html",
        cohort,
        place="cohort",
        status=409 if stale else 422 if form.is_bound else 200,
        form=form,
        step=wanted,
        stale=stale,
        problems=form.problems() if form.is_bound else [],
        obstacles=[(OBSTACLES[one.code], one) for one in found],
        blocked=any(one.blocking for one in found),
        quotas=_unfilled(cohort) if freezing else [],
    )


def _unfilled(cohort: Cohort) -> list[tuple[str, Any]]:
    protocol, tag = desk.protocol_and_tag(cohort)
    return fieldwork.unfilled(cohort=cohort, country=links.country_of(cohort.site_id), protocol=protocol, tag=tag)


def _take(request: HttpRequest, step: Step, cohort: Cohort, reason: str) -> HttpResponse:
    revision, by = desk.whole(request.POST.get("revision", "")), request.user.get_username()
    release = step.act(cohort=cohort, reason=reason, revision=revision, by=by)
    if release is not None:
        tasks.enqueue_release(release, token=unlocked.token(request, cohort.site_id))
    return HttpResponseRedirect(reverse("cohort", args=[cohort.site_id, cohort.pk]), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def answer(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """Whether a frozen cohort is opened again: asked of a second person."""
    cohort = desk.own_cohort(site_id, cohort_id)
    if not cohort.unfreeze_asked_by:
        raise Http404
    by = request.user.get_username()
    problems: list[tuple[str, str, Any]] = []
    if request.method == "POST":
        agreed = request.POST.get("answer") == "agree"
        revision = desk.whole(request.POST.get("revision", ""))
        try:
            cuts.answer_unfreeze(cohort=cohort, agreed=agreed, revision=revision, by=by)
            return HttpResponseRedirect(reverse("cohort", args=[site_id, cohort_id]), status=303)
        except SecondPersonError:
            problems = [("main", "", _("You asked for it yourself. Somebody else has to agree."))]
        except (cohorts.StaleCohortError, cohorts.MoveError):
            return desk.page(request, "fieldwork/answer.html", cohort, place="cohort", status=409, stale=True)
    values = {"problems": problems, "is_asker": cohort.unfreeze_asked_by == by}
    return desk.page(
        request, "fieldwork/answer.html", cohort, place="cohort", status=422 if problems else 200, **values
    )
