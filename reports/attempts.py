"""Work for a worker, done once: claimed, kept alive, stored. Any worker may try it, at any time, any number of times.

A claim numbers the attempt. While it counts, a worker says every few seconds that it lives; one that stays silent for
longer is taken for dead and its work is given to another. Should it have been alive after all, what it stores under its
old number is refused: a piece of work is stored once, by the attempt that was the latest.
"""

import datetime
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, models
from django.db.models.functions import Now

from reports.models import Job, JobState
from survey.keyring import LockedError
from survey.scope import site_scope

logger = logging.getLogger(__name__)

# What is stored once and never again, and what nobody waits for any more.
ENDED = (JobState.DONE, JobState.CANCELLED)
# What is worked on: rows with a state, a reason, the number of attempts, and the last sign of life.
Work = type[Job]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One worker's try at one piece of work. `number` rises with every claim; only the latest may store."""

    work: Work
    site_id: int
    pk: int
    number: int

    def row(self) -> models.QuerySet[Any]:
        """The row, while this attempt is the latest, nothing is stored and somebody waits. Needs the site's scope."""
        return self.work.objects.filter(pk=self.pk, attempts=self.number).exclude(state__in=ENDED)


def lost() -> models.Q:
    """Rows whose worker has been silent for longer than a living one is. By the database's clock."""
    silence = datetime.timedelta(seconds=settings.JOB_LOST_SECONDS)
    return models.Q(state=JobState.RUNNING, beat_at__lt=Now() - silence)


def claim(work: Work, *, site_id: int, pk: int) -> Attempt | None:
    """Take a piece of work; None while another is at it, when it is done or called off. Needs the site's scope."""
    row = work.objects.select_for_update().get(pk=pk)
    at_work = row.state == JobState.RUNNING and not work.objects.filter(lost(), pk=pk).exists()
    if row.state in ENDED or at_work:
        return None
    attempt = Attempt(work, site_id, pk, row.attempts + 1)
    work.objects.filter(pk=pk).update(
        state=JobState.RUNNING, reason="", beat_at=Now(), begun_at=Now(), attempts=attempt.number
    )
    return attempt


def carry_out(
    attempt: Attempt, count: Callable[[], T], settle: Callable[[T], Mapping[str, object] | None]
) -> Mapping[str, object]:
    """Count, and store the columns that come of it. Returns them; none when it waits or another was faster.

    `settle` makes the columns of what was counted, in the transaction that stores them; None asks for another count.
    They make the row done, unless they say otherwise.

    Where the site's key is locked, the row waits for an unlock. A database that goes away leaves it to the sweeper; any
    other error fails it, with the error's kind as the reason. Both are raised on.
    """
    try:
        stored = None
        while stored is None:
            stored = _counted_and_stored(attempt, count, settle)
        return stored
    except LockedError:
        with site_scope(attempt.site_id):
            attempt.row().update(state=JobState.LOCKED)
        return {}
    except Exception as error:
        if not database_is_lost(error):
            with site_scope(attempt.site_id):
                # The kind of error only: a message could quote an answer.
                attempt.row().update(state=JobState.FAILED, reason=type(error).__name__)
        raise


def _counted_and_stored(
    attempt: Attempt, count: Callable[[], T], settle: Callable[[T], Mapping[str, object] | None]
) -> Mapping[str, object] | None:
    with _heartbeat(attempt):
        counted = count()
    with site_scope(attempt.site_id):
        if not attempt.row().select_for_update().exists():
            logger.warning(
                "%s %d was counted by another worker meanwhile, or called off.", attempt.work.__name__, attempt.pk
            )
            return {}
        values = settle(counted)
        if values is not None:
            attempt.row().update(**{"state": JobState.DONE, "beat_at": Now(), **values})
    return values


def database_is_lost(error: Exception) -> bool:
    """Whether the database went away: a copy that is cut off ends in whatever error the half row makes."""
    return isinstance(error, (OperationalError, InterfaceError)) or not connection.is_usable()


@contextmanager
def _heartbeat(attempt: Attempt) -> Iterator[None]:
    """Say from a second connection that this attempt is alive, until the block ends."""
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=(attempt, ended), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _beat(attempt: Attempt, ended: threading.Event) -> None:
    while not ended.wait(settings.JOB_BEAT_SECONDS):
        try:
            with site_scope(attempt.site_id):
                attempt.row().update(beat_at=Now())
        except (OperationalError, InterfaceError):
            logger.warning("The database does not answer; the next sign of life may reach it.")
        finally:
            connection.close()
