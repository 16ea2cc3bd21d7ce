"""A cohort in the morning: where it stands, and what to do next."""

import time
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language_bidi
from django.views.decorators.http import require_POST, require_safe

from accounts.access import require_researcher
from reports import cutting, fieldwork, looking, microdata, progress, tasks
from reports.models import FieldworkCount, JobState, Release
from reports.views import waiting
from reports.views.cutting import steps_from
from survey import cohorts, links
from survey.models import Cohort, Cut
from survey.views import desk, unlocked


@require_safe
@require_researcher
def overview(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """The first page of a cohort."""
    cohort = desk.own_cohort(site_id, cohort_id)
    protocol, tag = desk.protocol_and_tag(cohort)
    morning = fieldwork.morning(
        cohort=cohort,
        country=links.country_of(site_id),
        protocol=protocol,
        tag=tag,
        today=timezone.now().date(),
        rtl=get_language_bidi(),
    )
    under_way = morning.count is not None and morning.count.state in (JobState.QUEUED, JobState.RUNNING)
    waited = time.time() - waiting.since(request.GET.get("since", ""))
    pause = waiting.pause(waited) if under_way else waiting.NEVER
    response = desk.page(
        request,
        "fieldwork/overview.html",
        cohort,
        place="cohort",
        moves=[(to, desk.MOVES[to]) for to in cohorts.MOVES[cohorts.State(cohort.state)]],
        steps=steps_from(cohort),
        cuts=_worded_cuts(cohort),
        data_asked=microdata.waits_for_answer(cohort=cohort, by=request.user.get_username()),
        morning=morning,
        advice=[(one.text, one.link) for one in morning.advice],
        can_look=cohort.state != Cohort.State.FROZEN and not under_way,
        under_way=under_way,
        locked=morning.count is not None and morning.count.state == JobState.LOCKED,
        silent=under_way and fieldwork.is_silent(morning.count),
        stopped=_reason(morning.count),
        pause=pause,
        look_again=f"{request.path}?since={int(time.time())}#answers",
    )
    if pause:
        response["Refresh"] = str(pause)
    return response


@require_POST
@require_researcher
def look(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """Ask the workers for a look at the answers as they are now."""
    cohort = desk.own_cohort(site_id, cohort_id)
    try:
        count_id = looking.ask(cohort=cohort, by=request.user.get_username())
    except looking.FrozenError:
        raise Http404 from None
    tasks.enqueue_look(site_id=site_id, count_id=count_id, token=unlocked.token(request, site_id))
    address = reverse("cohort", args=[site_id, cohort_id])
    return HttpResponseRedirect(f"{address}?since={int(time.time())}#answers", status=303)


def _worded_cuts(cohort: Cohort) -> list[tuple[Cut, Release | None, Any]]:
    """Every cut with its release and how far that is, the newest first."""
    found = cutting.releases_of(cohort)
    return [(cut, release, progress.STATES[release.state] if release else "") for cut, release in found]


def _reason(count: FieldworkCount | None) -> str:
    """Why the latest look stopped, in words; '' when it did not."""
    return progress.reason_text(count.reason) if count is not None and count.state == JobState.FAILED else ""
