"""Cuts: what stands in the way of one, making it, freezing a cohort with the last one, and opening a frozen one again.

A cut is a promise about which responses count. It is kept by a worker, which gives the cut's number to every response
that has none yet, once, before it counts anything. Responses that come later wait for the next cut.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from accounts import audit
from survey import cohorts
from survey.cohorts import MoveError, State
from survey.locks import Lock, alone, alone_at_once
from survey.models import Cohort, Cut, Draft, PaperBatch, Response, Upload
from survey.scope import site_scope, study_scope

# Between two tries to have a cohort's answers for oneself, in seconds.
PAUSE = 0.2


class ObstacleError(Exception):
    """A cohort that cannot be cut now; the obstacles say why."""


class SecondPersonError(Exception):
    """What one person asks for, another one has to agree to."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that a cut has to wait for, or, when not `blocking`, that one should know before. `count` of it."""

    code: str
    count: int
    blocking: bool = True


def obstacles(*, cohort: Cohort) -> list[Obstacle]:
    """What stands in the way of freezing a cohort."""
    with site_scope(cohort.site_id):
        found = [Obstacle(code, look(cohort), blocking) for code, look, blocking in _OBSTACLES]
    return [obstacle for obstacle in found if obstacle.count]


def _still_open(cohort: Cohort) -> int:
    return int(cohort.state != State.CLOSED)


def _open_batches(cohort: Cohort) -> int:
    return PaperBatch.objects.filter(cohort_id=cohort.pk, closed=False).count()


def _waiting_files(cohort: Cohort) -> int:
    waiting = [Upload.State.CHECKING, Upload.State.CHECKED, Upload.State.TAKING]
    return Upload.objects.filter(cohort_id=cohort.pk, state__in=waiting).count()


def _drafts(cohort: Cohort) -> int:
    return Draft.objects.filter(cohort_id=cohort.pk, expires_on__gte=timezone.now().date()).count()


_OBSTACLES: tuple[tuple[str, Callable[[Cohort], int], bool], ...] = (
    ("not-closed", _still_open, True),
    ("paper", _open_batches, True),
    ("files", _waiting_files, True),
    # Drafts cannot be sent after the freeze: a pity for whoever wrote them, but they may never come.
    ("drafts", _drafts, False),
)


def make(*, cohort: Cohort, reason: str, revision: int, by: str) -> Cut:
    """An early cut of a cohort in fieldwork. Raises MoveError for one that is being prepared or frozen."""
    with site_scope(cohort.site_id):
        cohorts.claim(cohort, revision)
        if cohort.state in (State.PREPARING, State.FROZEN):
            raise MoveError
        return _cut(cohort, reason, by, is_last=False)


def freeze(*, cohort: Cohort, reason: str, revision: int, by: str) -> Cut:
    """The last cut: from now on nothing is sent, taken back or excluded. Waits for whoever is doing so just now.

    Raises ObstacleError while something stands in the way, StaleCohortError when somebody else changed the cohort.
    """
    with site_scope(cohort.site_id):
        cohorts.claim(cohort, revision)
        # Looked at before the lock too: waiting for it behind a long import would hold up everybody who sends answers.
        if any(obstacle.blocking for obstacle in obstacles(cohort=cohort)):
            raise ObstacleError
        alone(Lock.ANSWERS, cohort.pk)
        if any(obstacle.blocking for obstacle in obstacles(cohort=cohort)):
            raise ObstacleError
        cut = _cut(cohort, reason, by, is_last=True)
        cohorts.set_state(cohort=cohort, to=State.FROZEN, reason=reason, by=by)
    return cut


def _cut(cohort: Cohort, reason: str, by: str, *, is_last: bool) -> Cut:
    number = Cut.objects.filter(cohort_id=cohort.pk).count() + 1
    audit.record(by=by, action="cut", cohort=str(cohort), number=number)
    return Cut.objects.create(
        site_id=cohort.site_id,
        cohort_id=cohort.pk,
        number=number,
        made_on=timezone.now().date(),
        by=by,
        reason=reason,
        is_last=is_last,
    )


def ask_to_unfreeze(*, cohort: Cohort, reason: str, revision: int, by: str) -> None:
    """Ask for a frozen cohort to be opened again. Raises MoveError when it is not frozen, or asked for already."""
    with site_scope(cohort.site_id):
        cohorts.claim(cohort, revision)
        if cohort.state != State.FROZEN or cohort.unfreeze_asked_by:
            raise MoveError
        Cohort.objects.filter(pk=cohort.pk).update(unfreeze_asked_by=by, unfreeze_reason=reason)
        audit.record(by=by, action="unfreeze-asked", cohort=str(cohort))


def answer_unfreeze(*, cohort: Cohort, agreed: bool, revision: int, by: str) -> None:
    """Agree that a frozen cohort is opened again, or leave it frozen. What was released stays released.

    Raises MoveError when nobody has asked, and SecondPersonError when the one who asked would agree.
    """
    with site_scope(cohort.site_id):
        cohorts.claim(cohort, revision)
        asker, reason = cohort.unfreeze_asked_by, cohort.unfreeze_reason
        if not asker:
            raise MoveError
        if agreed and asker == by:
            raise SecondPersonError
        Cohort.objects.filter(pk=cohort.pk).update(unfreeze_asked_by="", unfreeze_reason="")
        audit.record(by=by, action="unfreeze-agreed" if agreed else "unfreeze-declined", cohort=str(cohort))
        if agreed:
            cohorts.set_state(cohort=cohort, to=State.CLOSED, reason=f"{reason} ({asker})"[:200], by=by)


def of_cohort(*, cohort: Cohort) -> list[Cut]:
    """The cuts of a cohort, the latest first."""
    with site_scope(cohort.site_id):
        return list(Cut.objects.filter(cohort_id=cohort.pk).order_by("-number"))


def newest(*, study_id: int, site_ids: Iterable[int], version_ids: Iterable[int]) -> dict[int, tuple[Cohort, Cut]]:
    """Of every site the cohort that a comparison takes, with its newest cut: a frozen one before one in fieldwork."""
    with study_scope(study_id):
        own = Cohort.objects.filter(site_id__in=list(site_ids), version_id__in=list(version_ids)).in_bulk()
        found: dict[int, tuple[Cohort, Cut]] = {}
        for cut in Cut.objects.filter(cohort_id__in=list(own)).order_by("cohort_id", "number"):
            cohort, before = own[cut.cohort_id], found.get(cut.site_id)
            is_frozen = cohort.state == State.FROZEN
            if before is None or is_frozen or before[0].state != State.FROZEN:
                found[cut.site_id] = (cohort, cut)
    return found


def mark(*, site_id: int, cohort_id: int, number: int) -> None:
    """Give responses the number of the cut that counts them first, for all cuts up to a number. For workers.

    Once a cut is marked, it is for ever: what comes later belongs to later cuts. Waits for whoever is sending answers,
    without standing in the way of those who come after.
    """
    while not _marked(site_id=site_id, cohort_id=cohort_id, number=number):
        time.sleep(PAUSE)


def _marked(*, site_id: int, cohort_id: int, number: int) -> bool:
    with site_scope(site_id):
        if not alone_at_once(Lock.ANSWERS, cohort_id):
            return False
        unmarked = Cut.objects.filter(Q(number__lte=number), cohort_id=cohort_id, is_marked=False).order_by("number")
        for cut in unmarked:
            Response.objects.filter(site_id=site_id, cohort_id=cohort_id, cut__isnull=True).update(cut=cut.number)
            Cut.objects.filter(pk=cut.pk).update(is_marked=True)
    return True
