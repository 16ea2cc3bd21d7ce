"""Celery tasks: one call each. And what puts them into the queue."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from celery import Signature, shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from survey import custody, drafts, entry, holders, taking, uploads
from survey.custody import CustodyError, ErasedError, NobodyError
from survey.keyfiles import KeyFileError
from survey.keyring import LockedError
from survey.models import Upload

logger = logging.getLogger(__name__)
# The sweeper asks every minute for every sheet that waits; a message that nobody took by then is one too many.
SWEEP_SECONDS = 60


@shared_task(name="survey.expire_drafts")
def expire_drafts() -> None:
    drafts.expire_drafts()


def lent(token: str) -> dict[str, str]:
    """An unlock's token as an argument of a task; nothing where there is none."""
    return {"token": token} if token else {}


# Keys -----------------------------------------------------------------------------------------------------------------


@shared_task(name="survey.keep_keys")
def keep_keys() -> None:
    custody.make_missing_keys()
    custody.watch_files()
    custody.burn_erased()
    holders.forget_those_who_left()
    custody.forget_expired_unlocks()


@shared_task(name="survey.rotate_key")
def rotate_key(site_id: int, token: str = "") -> None:
    # The trail has who asked for it; no name goes through the queue.
    with _told_when_it_fails(site_id, "key-change"):
        custody.rotate(site_id=site_id, by=custody.BY_PROGRAM, token=token)


@shared_task(name="survey.hand_over")
def hand_over(site_id: int, holder_ids: list[int]) -> None:
    with _told_when_it_fails(site_id, "hand-over"):
        custody.hand_over(site_id=site_id, holder_ids=holder_ids, by=custody.BY_PROGRAM)


@shared_task(name="survey.take_back")
def take_back(site_id: int, token: str) -> None:
    with _told_when_it_fails(site_id, "hand-over"):
        custody.take_back(site_id=site_id, by=custody.BY_PROGRAM, token=token)


@shared_task(name="survey.settle_key")
def settle_key(site_id: int, token: str) -> None:
    with suppress(LockedError):
        custody.settle(site_id=site_id, by=custody.BY_PROGRAM, token=token)


@contextmanager
def _told_when_it_fails(site_id: int, what: str) -> Iterator[None]:
    """The trail says that somebody asked for it; it must also say that nothing came of it."""
    try:
        yield
    except (CustodyError, LockedError, ErasedError, NobodyError, KeyFileError) as error:
        custody.note_failed(site_id=site_id, what=what, error=error)


def ask_to_burn() -> None:
    """Ask the workers to burn key files now; else they do within a minute."""
    transaction.on_commit(lambda: _send([keep_keys.s()], expires=SWEEP_SECONDS))


def ask_to_rotate(*, site_id: int, token: str) -> None:
    transaction.on_commit(lambda: _send([rotate_key.s(site_id, **lent(token))], expires=SWEEP_SECONDS * 10))


def ask_to_hand_over(*, site_id: int, holder_ids: Sequence[int]) -> None:
    transaction.on_commit(lambda: _send([hand_over.s(site_id, list(holder_ids))], expires=SWEEP_SECONDS * 10))


def ask_to_take_back(*, site_id: int, token: str) -> None:
    transaction.on_commit(lambda: _send([take_back.s(site_id, token)], expires=SWEEP_SECONDS * 10))


def enqueue_waiting(*, site_id: int, token: str) -> None:
    """Ask the workers, after commit, for every sheet and file of a site that waited for an unlock."""
    sheets = [compare_entries.s(*ids, **lent(token)) for ids in entry.waiting_for_comparison(site_id=site_id)]
    files = _for_uploads(uploads.waiting(site_id=site_id), token)
    wanted = [settle_key.s(site_id, token), *sheets, *files]
    transaction.on_commit(lambda: _send(wanted))


# Paper ----------------------------------------------------------------------------------------------------------------


@shared_task(name="survey.compare_entries")
def compare_entries(site_id: int, cohort_id: int, batch: int, number: int, token: str = "") -> None:
    # Where researchers hold the key, work waits in the database for an unlock.
    with suppress(LockedError):
        entry.compare(site_id=site_id, cohort_id=cohort_id, batch=batch, number=number, token=token)


@shared_task(name="survey.sweep_entries")
def sweep_entries() -> None:
    _send([compare_entries.s(*ids) for ids in entry.waiting_for_comparison()], expires=SWEEP_SECONDS)


def ask_to_compare(*, site_id: int, cohort_id: int, batch: int, number: int, token: str = "") -> None:
    """Ask the workers, after commit, to compare a sheet. A queue that is down loses nothing: the sweeper asks again."""
    wanted = [compare_entries.s(site_id, cohort_id, batch, number, **lent(token))]
    transaction.on_commit(lambda: _send(wanted, expires=SWEEP_SECONDS))


# Files ----------------------------------------------------------------------------------------------------------------


@shared_task(name="survey.check_upload")
def check_upload(site_id: int, upload_id: int, token: str = "") -> None:
    with suppress(LockedError):
        taking.check(site_id=site_id, upload_id=upload_id, token=token)


@shared_task(name="survey.take_upload")
def take_upload(site_id: int, upload_id: int, token: str = "") -> None:
    with suppress(LockedError):
        taking.take(site_id=site_id, upload_id=upload_id, token=token)


@shared_task(name="survey.sweep_uploads")
def sweep_uploads() -> None:
    _send(_for_uploads(uploads.sweep()))


@shared_task(name="survey.expire_uploads")
def expire_uploads() -> None:
    uploads.expire()


def enqueue_upload(upload: Upload, state: str, token: str = "") -> None:
    """Ask the workers, after commit, to go on with a file; should the queue be down, the sweeper asks again."""
    wanted = _for_uploads([(state, upload.site_id, upload.pk)], token)
    transaction.on_commit(lambda: _send(wanted))


def _for_uploads(wanted: Iterable[tuple[str, int, int]], token: str = "") -> list["Signature[None]"]:
    tasks = {Upload.State.CHECKING: check_upload, Upload.State.TAKING: take_upload}
    return [tasks[Upload.State(state)].s(site_id, upload_id, **lent(token)) for state, site_id, upload_id in wanted]


def _send(wanted: Sequence["Signature[None]"], *, expires: int | None = None) -> None:
    try:
        for signature in wanted:
            signature.apply_async(expires=expires)
    except OperationalError:
        logger.warning("The job queue cannot be reached; %d task(s) wait for the sweeper.", len(wanted))
