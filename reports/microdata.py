"""Files of answers for a country's researchers: asked for, agreed to by a second one, fetched. For web processes.

A worker makes the file (see `making`) and seals it to a key pair of one use, whose private half is in the session of
whoever asked and nowhere else. So the file lies sealed wherever it lies, and opens in that session alone.
"""

import datetime
from collections.abc import Sequence

from django.db import IntegrityError
from django.db.models.functions import Now
from django.utils import timezone

from accounts import audit
from accounts.models import Role
from reports.models import JobState, MicrodataFile, MicrodataRequest
from survey import keypairs
from survey.models import Cohort, Cut, Site
from survey.scope import site_scope
from survey.sealing import SealError

State = MicrodataRequest.State
KINDS = ("csv", "sav", "dta")
# So many days to agree, and then so many to fetch.
AGREE_DAYS = FETCH_DAYS = 7
# A file that was made is kept for so long; whoever needs it later has it made again.
FILE_HOURS = 12
# The newest requests of a cohort that its page lists.
MOST_LISTED = 50


class NotFrozenError(Exception):
    """The cohort's answers may still change: there is no file of them."""


class AskedAlreadyError(Exception):
    """The same person asked for a file of this cohort, and nobody has answered yet."""


class SecondPersonError(Exception):
    """What one person asks for, another one has to agree to."""


class StaleError(Exception):
    """Somebody answered meanwhile, or it is too late."""


class GoneError(Exception):
    """There is no file that this session can open: it was made for another one, or deleted."""


# Looking --------------------------------------------------------------------------------------------------------------


def of_cohort(cohort: Cohort) -> list[MicrodataRequest]:
    """The newest requests for files of a cohort."""
    with site_scope(cohort.site_id):
        return list(MicrodataRequest.objects.filter(cohort_id=cohort.pk)[:MOST_LISTED])


def find(*, cohort: Cohort, request_id: int) -> MicrodataRequest | None:
    with site_scope(cohort.site_id):
        return MicrodataRequest.objects.filter(cohort_id=cohort.pk, pk=request_id).first()


def file_of(request: MicrodataRequest) -> MicrodataFile | None:
    """The latest making of a request's file, without its content."""
    with site_scope(request.site_id):
        return MicrodataFile.objects.filter(request_id=request.pk).defer("content").first()


def waits_for_answer(*, cohort: Cohort, by: str) -> bool:
    """Whether somebody else asks for a file of a cohort, so that this person may answer."""
    with site_scope(cohort.site_id):
        asked = MicrodataRequest.objects.filter(cohort_id=cohort.pk, state=State.ASKED).exclude(asked_by=by)
        return asked.filter(expires_on__gte=timezone.now().date()).exists()


def has_colleague(*, site_id: int, by: str) -> bool:
    """Whether anybody else is there to agree."""
    here = Role.objects.filter(name=Role.Name.RESEARCHER, site_id=site_id, user__is_active=True)
    return bool(here.exclude(user__username=by).exists())


def newest_cut(cohort: Cohort) -> Cut | None:
    """The cut of a frozen cohort that its file holds; None while its answers may change. Needs the site's scope."""
    if not Cohort.objects.filter(pk=cohort.pk, state=Cohort.State.FROZEN).exists():
        return None
    return Cut.objects.filter(cohort_id=cohort.pk).order_by("-number").first()


# Asking and answering -------------------------------------------------------------------------------------------------


def ask(*, cohort: Cohort, kinds: Sequence[str], language: str, purpose: str, by: str) -> MicrodataRequest:
    """Ask for files of a frozen cohort's answers. Raises NotFrozenError and AskedAlreadyError."""
    today = timezone.now().date()
    try:
        with site_scope(cohort.site_id):
            cut = newest_cut(cohort)
            if cut is None:
                raise NotFrozenError
            request = MicrodataRequest.objects.create(
                site_id=cohort.site_id,
                cohort_id=cohort.pk,
                cut=cut.number,
                kinds=" ".join(kind for kind in KINDS if kind in kinds),
                language=language,
                purpose=purpose,
                asked_by=by,
                asked_on=today,
                expires_on=today + datetime.timedelta(days=AGREE_DAYS),
            )
            _record("microdata-asked", request, by, kinds=request.kinds, language=language, purpose=purpose)
    except IntegrityError:
        raise AskedAlreadyError from None
    return request


def answer(*, request: MicrodataRequest, agreed: bool, by: str) -> None:
    """Agree that a file is made, or refuse it; whoever asked may only take the request back.

    Raises SecondPersonError, and StaleError when it was answered meanwhile or is too old.
    """
    if agreed and request.asked_by == by:
        raise SecondPersonError
    today = timezone.now().date()
    with site_scope(request.site_id):
        still = MicrodataRequest.objects.filter(pk=request.pk, state=State.ASKED, expires_on__gte=today)
        answered = still.update(
            state=State.AGREED if agreed else State.REFUSED,
            answered_by=by,
            answered_on=today,
            expires_on=today + datetime.timedelta(days=FETCH_DAYS),
        )
        if not answered:
            raise StaleError
        _record("microdata-confirmed" if agreed else "microdata-refused", request, by)


# Making and fetching --------------------------------------------------------------------------------------------------


def have_made(*, request: MicrodataRequest, by: str) -> tuple[MicrodataFile, bytes]:
    """Have the agreed file made for this session, in place of one made before.

    Returns its row, for the workers, and the private key that opens it, for the session. Raises StaleError when it is
    not agreed to (any more), or another's.
    """
    pair = keypairs.new_pair()
    with site_scope(request.site_id):
        if request.asked_by != by or not _is_agreed(request):
            raise StaleError
        MicrodataFile.objects.filter(request_id=request.pk).delete()
        file = MicrodataFile.objects.create(site_id=request.site_id, request_id=request.pk, public=pair.public)
    return file, pair.private


def fetch(*, request: MicrodataRequest, private: bytes, by: str) -> bytes:
    """What was made, opened with the session's key. Raises GoneError."""
    with site_scope(request.site_id):
        file = MicrodataFile.objects.filter(request_id=request.pk, state=JobState.DONE).first()
        if file is None or request.asked_by != by or not _is_agreed(request):
            raise GoneError
        try:
            content = keypairs.open_with(private, bytes(file.content), file.binding())
        except (SealError, ValueError):
            raise GoneError from None
        MicrodataRequest.objects.filter(pk=request.pk).update(fetched_on=timezone.now().date())
        _record("microdata-fetched", request, by)
    return content


def _is_agreed(request: MicrodataRequest) -> bool:
    today = timezone.now().date()
    return MicrodataRequest.objects.filter(pk=request.pk, state=State.AGREED, expires_on__gte=today).exists()


# Forgetting -----------------------------------------------------------------------------------------------------------


def forget(*, site_id: int) -> int:
    """Delete every file of a site now; returns how many. Its requests stay."""
    with site_scope(site_id):
        return MicrodataFile.objects.filter(site_id=site_id).delete()[0]


def expire() -> int:
    """Close what nobody answered or fetched in time, and delete files that are too old; returns how many files."""
    today, oldest = timezone.now().date(), datetime.timedelta(hours=FILE_HOURS)
    deleted = 0
    for site_id in Site.objects.values_list("pk", flat=True):
        with site_scope(site_id):
            late = MicrodataRequest.objects.filter(state__in=[State.ASKED, State.AGREED], expires_on__lt=today)
            for request in late.select_for_update(skip_locked=True):
                MicrodataRequest.objects.filter(pk=request.pk).update(state=State.EXPIRED)
                deleted += MicrodataFile.objects.filter(request_id=request.pk).delete()[0]
                _record("microdata-expired", request, "worker")
            old = MicrodataFile.objects.filter(asked_at__lt=Now() - oldest)
            deleted += old.delete()[0]
    return deleted


def _record(action: str, request: MicrodataRequest, by: str, **detail: str) -> None:
    cohort = f"{request.site_id}/{request.cohort_id}"
    audit.record(by=by, action=action, cohort=cohort, cut=request.cut, request=request.pk, **detail)
