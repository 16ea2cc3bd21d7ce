"""Files that come in at the desk: kept sealed until a worker has checked them and somebody has decided; then gone.

The web process seals what comes in and cannot read it back; workers open it with the site's key. The state is in the
database, so a worker or a message that is lost is found again: see `sweep`.
"""

import datetime
import hmac
import json
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts import audit
from survey import datakeys, sealers
from survey.datakeys import Place
from survey.keyring import Opener
from survey.models import Cohort, Site, Upload
from survey.scope import site_scope

State, Kind = Upload.State, Upload.Kind
# A file that nobody decides about is deleted after so many days, and no more than so many wait in a cohort.
DAYS = 7
MOST_WAITING = 10
# A file whose workers die again and again is what kills them; it is given up, visibly.
MOST_ATTEMPTS = 5
WORKER_LOST = "WorkerLost"
UNDER_WAY = (State.CHECKING, State.TAKING)
TAKES_NOTHING = frozenset({Cohort.State.PREPARING, Cohort.State.FROZEN})
_LENGTH = 4


class NotTakingError(Exception):
    """The cohort is not open for files: it is being prepared, or frozen."""


class TooManyError(Exception):
    """Enough files of this cohort wait for a decision."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A file with what its sender said about it. `packed` is the compressed file."""

    packed: bytes
    mapping: str = ""
    day: str = ""
    language: str = ""


# By researchers ------------------------------------------------------------------------------------------------------


def receive(*, cohort: Cohort, kind: str, name: str, parcel: Parcel, size: int, digest: bytes, by: str) -> Upload:
    """Keep a file for the workers to check. Raises NotTakingError, TooManyError and NoKeyError."""
    with site_scope(cohort.site_id):
        _refuse_unless_taking(cohort)
        waiting = Upload.objects.filter(cohort_id=cohort.pk).exclude(state=State.TAKEN)
        if waiting.count() >= MOST_WAITING:
            raise TooManyError
        sealer = sealers.sealer(site_id=cohort.site_id, version_id=cohort.version_id)
        upload = Upload(
            site_id=cohort.site_id,
            cohort_id=cohort.pk,
            kind=kind,
            name=name,
            key_id=sealer.key_id,
            by=by,
            on=timezone.now().date(),
            size=max(size, 1),
            report={"digest": hmac.digest(_key(), digest, "sha256").hex()},
        )
        upload.content = sealer.content(_packed(parcel), _place(upload), datakeys.FILE)
        upload.save(force_insert=True)
        audit.record(by=by, action="file-received", cohort=str(cohort), upload=upload.pk, kind=str(kind))
    return upload


def of_cohort(cohort: Cohort) -> QuerySet[Upload]:
    """The files of a cohort, the newest first. Needs the site's scope."""
    return Upload.objects.filter(cohort_id=cohort.pk).defer("content", "report")


def find(*, cohort: Cohort, upload_id: int) -> Upload | None:
    with site_scope(cohort.site_id):
        return Upload.objects.filter(cohort_id=cohort.pk, pk=upload_id).defer("content").first()


def twin_of(upload: Upload) -> Upload | None:
    """A file of the same cohort with the same content that was taken before."""
    with site_scope(upload.site_id):
        same = Upload.objects.filter(cohort_id=upload.cohort_id, state=State.TAKEN, kind=upload.kind)
        return same.filter(report__digest=upload.report["digest"]).exclude(pk=upload.pk).defer("content").first()


def confirm(*, cohort: Cohort, upload: Upload, again: bool, by: str) -> bool:
    """Have a file that was checked taken in. False when it is not (any more) there to be decided about.

    `again` says that the same file was taken before and is meant. Raises NotTakingError.
    """
    with site_scope(cohort.site_id):
        _refuse_unless_taking(cohort)
        checked = Upload.objects.filter(pk=upload.pk, state=State.CHECKED)
        report = {**upload.report, "again": again, "by": by}
        asked = checked.update(state=State.TAKING, asked_at=Now(), beat_at=None, attempts=0, report=report)
        if asked:
            audit.record(by=by, action="file-confirmed", cohort=str(cohort), upload=upload.pk)
    return bool(asked)


def remove(*, cohort: Cohort, upload: Upload, by: str) -> bool:
    """Delete a file that is not being taken in and was not. False when it was decided about meanwhile."""
    with site_scope(cohort.site_id):
        own = Upload.objects.filter(pk=upload.pk).exclude(state__in=[State.TAKING, State.TAKEN])
        removed, _ = own.delete()
        if removed:
            audit.record(by=by, action="file-removed", cohort=str(cohort), upload=upload.pk)
    return bool(removed)


def _refuse_unless_taking(cohort: Cohort) -> None:
    if Cohort.objects.values_list("state", flat=True).get(pk=cohort.pk) in TAKES_NOTHING:
        raise NotTakingError


# By workers ----------------------------------------------------------------------------------------------------------


def opened(upload: Upload, opener: Opener) -> Parcel:
    """What was sent. Needs the site's scope. Raises SealError."""
    content = opener.content(bytes(upload.content), upload.key_id, _place(upload), datakeys.FILE)
    end = _LENGTH + int.from_bytes(content[:_LENGTH], "big")
    return Parcel(content[end:], **json.loads(content[_LENGTH:end]))


def silence() -> datetime.timedelta:
    """How long a living worker never stays silent."""
    return datetime.timedelta(seconds=settings.JOB_LOST_SECONDS)


def claim(*, site_id: int, upload_id: int, state: str) -> Upload | None:
    """A file for this worker to work on; None while another is at it, or when nothing is to be done.

    Whoever takes files in keeps the row locked until all is stored; whoever checks one says that it lives.
    """
    with site_scope(site_id):
        found = Upload.objects.select_for_update(skip_locked=True).filter(pk=upload_id, state=state)
        quiet = Q(beat_at=None) | Q(beat_at__lt=Now() - silence()) if state == State.CHECKING else Q()
        upload = found.filter(quiet).first()
        if upload is not None:
            Upload.objects.filter(pk=upload.pk).update(attempts=F("attempts") + 1, beat_at=Now())
            upload.attempts += 1
    return upload


def of_attempt(upload: Upload) -> QuerySet[Upload]:
    """The row, while this attempt is the latest. Needs the site's scope."""
    return Upload.objects.filter(pk=upload.pk, attempts=upload.attempts, state=upload.state)


def settle(upload: Upload, state: str, report: dict[str, Any]) -> None:
    """Write down how an attempt ended. The content stays only for a file that waits for a decision."""
    gone = {} if state == State.CHECKED else {"content": None}
    with site_scope(upload.site_id):
        of_attempt(upload).update(state=state, report=report, **gone)


def sweep() -> list[tuple[str, int, int]]:
    """(state, site id, upload id) of the files that the workers are to be asked for again; hopeless ones are failed."""
    wanted = []
    for site_id in Site.objects.values_list("pk", flat=True):
        with site_scope(site_id):
            # Rows that somebody works on at this moment are locked or have said so lately; they are passed over.
            free = Upload.objects.select_for_update(skip_locked=True).filter(state__in=UNDER_WAY)
            silent = free.filter(Q(beat_at=None) | Q(beat_at__lt=Now() - silence()), asked_at__lt=Now() - silence())
            for pk, state, attempts, report in silent.values_list("pk", "state", "attempts", "report"):
                row = Upload.objects.filter(pk=pk)
                if attempts >= MOST_ATTEMPTS:
                    row.update(state=State.FAILED, content=None, report={**report, "reason": WORKER_LOST})
                else:
                    row.update(asked_at=Now())
                    wanted.append((state, site_id, pk))
    return wanted


def waiting(*, site_id: int) -> list[tuple[str, int, int]]:
    """(state, site id, upload id) of a site's files that a worker is to go on with."""
    with site_scope(site_id):
        return list(Upload.objects.filter(state__in=UNDER_WAY).values_list("state", "site_id", "pk"))


def expire() -> int:
    """Delete the files that nobody decided about, and the reports of those refused; returns how many.

    One that was never checked stays: where researchers hold the key, nobody could decide about it yet.
    """
    last_day = timezone.now().date() - datetime.timedelta(days=DAYS)
    deleted = 0
    for site_id in Site.objects.values_list("pk", flat=True):
        with site_scope(site_id):
            old = Upload.objects.filter(on__lt=last_day).exclude(state__in=[State.TAKEN, State.TAKING, State.CHECKING])
            for pk in old.values_list("pk", flat=True):
                audit.record(by="worker", action="file-expired", upload=pk)
            deleted += old.delete()[0]
    return deleted


# Sealed content ------------------------------------------------------------------------------------------------------


def _packed(parcel: Parcel) -> bytes:
    said = asdict(parcel)
    packed = said.pop("packed")
    head = json.dumps(said).encode()
    return len(head).to_bytes(_LENGTH, "big") + head + packed


def _place(upload: Upload) -> Place:
    return Place(upload.site_id, upload.cohort_id, 0, upload.seal_id)


def _key() -> bytes:
    """Keyed, so that the database alone does not confirm that a certain file was sent."""
    return hmac.digest(settings.SECRET_KEY.encode(), b"uploads", "sha256")
