"""What fell by the wayside, picked up again: lost workers, lost messages, comparisons that nobody assembled."""

import datetime

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from reports.assembling import assemble
from reports.models import Comparison, JobState, Release
from reports.releasing import lost
from survey.models import Study
from survey.scope import study_scope

# A release whose workers die again and again is what kills them; it is given up, visibly.
MOST_ATTEMPTS = 5
WORKER_LOST = "WorkerLost"


def sweep() -> list[tuple[int, int]]:
    """Decide about everything that has been silent for too long.

    Returns (site id, release id) of the releases that the workers are to be asked for again. May run at any time, in
    any number of workers: a release asked for twice is made once.
    """
    wanted = [pair for study_id in Study.objects.values_list("pk", flat=True) for pair in _sweep_releases(study_id)]
    for comparison_id in _ready_comparisons():
        assemble(comparison_id=comparison_id)
    return wanted


def _sweep_releases(study_id: int) -> list[tuple[int, int]]:
    unanswered = datetime.timedelta(seconds=settings.JOB_LOST_SECONDS)
    with study_scope(study_id):
        # Rows that somebody claims or stores at this moment are alive; they are passed over.
        free = Release.objects.select_for_update(skip_locked=True)
        silent = free.filter(lost() | Q(state=JobState.QUEUED, asked_at__lt=Now() - unanswered)).order_by("pk")
        found = list(silent.values_list("site_id", "pk", "attempts", "state"))
        hopeless = [pk for _, pk, attempts, state in found if state == JobState.RUNNING and attempts >= MOST_ATTEMPTS]
        Release.objects.filter(pk__in=hopeless).update(state=JobState.FAILED, reason=WORKER_LOST)
        wanted = [(site_id, pk) for site_id, pk, _, _ in found if pk not in hopeless]
        Release.objects.filter(pk__in=[pk for _, pk in wanted]).update(state=JobState.QUEUED, asked_at=Now())
    return wanted


def _ready_comparisons() -> list[int]:
    """Unfinished comparisons none of whose releases is still to come."""
    found = []
    for comparison in Comparison.objects.exclude(state__in=[JobState.DONE, JobState.FAILED]).defer("result"):
        with study_scope(comparison.study_id):
            if not comparison.releases.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).exists():
                found.append(comparison.pk)
    return found
