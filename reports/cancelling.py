"""Calling a comparison off: what only it waits for is not counted on; what others wait for goes on."""

from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from accounts import audit
from reports.models import Comparison, JobState, Release
from survey.locks import Lock, alone
from survey.scope import study_scope

UNFINISHED = (JobState.QUEUED, JobState.RUNNING, JobState.LOCKED, JobState.FAILED)


def cancel(*, comparison: Comparison, by: str) -> bool:
    """Call a comparison off. False if it is done, or was called off before.

    A worker that counts for nobody else ends its count in vain: what it found is not stored, and so was never released.
    """
    with study_scope(comparison.study_id):
        alone(Lock.RUNS, comparison.study_id)
        # Releases before the comparison, as a worker that begins takes them: nobody waits for the other in a circle.
        mine = list(_releases_of(comparison).select_for_update().order_by("pk").values_list("pk", flat=True))
        own = Comparison.objects.filter(pk=comparison.pk, state__in=UNFINISHED)
        if not own.update(state=JobState.CANCELLED, reason="", cancelled_by=by, cancelled_at=Now()):
            return False
        _wanted_by_nobody(mine).update(state=JobState.CANCELLED, reason="")
        audit.record(by=by, action="comparison-cancelled", comparison=comparison.pk)
    return True


def _releases_of(comparison: Comparison) -> models.QuerySet[Release]:
    links = Comparison.releases.through.objects.filter(comparison_id=comparison.pk)
    return Release.objects.filter(pk__in=links.values("release_id"), state__in=UNFINISHED)


def _wanted_by_nobody(releases: list[int]) -> models.QuerySet[Release]:
    """Releases not made yet that no comparison under way waits for, nor a researcher's cut. Needs the study's scope."""
    waiting = Comparison.releases.through.objects.filter(release_id=OuterRef("pk"), comparison__state__in=UNFINISHED)
    return Release.objects.filter(~Exists(waiting), pk__in=releases, state__in=UNFINISHED, asked_by_cut=False)
