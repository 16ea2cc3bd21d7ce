"""One country's release: claimed, counted, stored once. Any worker may try it, at any time, any number of times.

A claim numbers the attempt. While it counts, a worker says every few seconds that it lives; one that stays silent for
longer is taken for dead and its release is given to another. Should it have been alive after all, what it stores under
its old number is refused: a release is stored once, by the attempt that was the latest.
"""

import datetime
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, models
from django.db.models.functions import Now

from reports import succession
from reports.assembling import assemble_waiting, plan_of, waiting_for
from reports.cells import SiteCounts, publishable
from reports.counts import count_cohort, count_participants
from reports.disclosure import Policy
from reports.models import JobState, Release
from reports.table import cells_from_json, cells_to_json
from survey import cuts
from survey.models import Version
from survey.publishing import layout_for, versions_counting_together
from survey.scope import site_scope

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One worker's try at one release. `number` rises with every claim; only the latest may store."""

    site_id: int
    release_id: int
    number: int

    def row(self) -> models.QuerySet[Release]:
        """The release, while this attempt is the latest and nothing is stored yet. Needs the site's scope."""
        return Release.objects.filter(pk=self.release_id, attempts=self.number).exclude(state=JobState.DONE)


def lost() -> models.Q:
    """Releases whose worker has been silent for longer than a living one is. By the database's clock."""
    silence = datetime.timedelta(seconds=settings.JOB_LOST_SECONDS)
    return models.Q(state=JobState.RUNNING, beat_at__lt=Now() - silence)


def make_release(*, site_id: int, release_id: int) -> None:
    """Count one cohort and store its publishable cells, once; then assemble what was waiting for it.

    Does nothing while another worker is at it. A database that goes away leaves the release to the sweeper; any other
    error fails it, with the error's kind as the reason.
    """
    attempt = _claim(site_id=site_id, release_id=release_id)
    if attempt is not None:
        _try(attempt)
    assemble_waiting(release_id=release_id)


def _claim(*, site_id: int, release_id: int) -> Attempt | None:
    with site_scope(site_id):
        release = Release.objects.select_for_update().get(pk=release_id)
        at_work = release.state == JobState.RUNNING and not Release.objects.filter(lost(), pk=release_id).exists()
        if release.state == JobState.DONE or at_work:
            return None
        attempt = Attempt(site_id, release_id, release.attempts + 1)
        Release.objects.filter(pk=release_id).update(
            state=JobState.RUNNING, reason="", beat_at=Now(), attempts=attempt.number
        )
        waiting_for(release_id).update(state=JobState.RUNNING, reason="")
        return attempt


def _try(attempt: Attempt) -> None:
    try:
        with _heartbeat(attempt):
            _mark(attempt)
            values = _count(attempt)
        with site_scope(attempt.site_id):
            if not attempt.row().update(state=JobState.DONE, beat_at=Now(), **values):
                logger.warning("Release %d was counted by another worker meanwhile.", attempt.release_id)
    except Exception as error:
        if _database_is_lost(error):
            raise
        with site_scope(attempt.site_id):
            # The kind of error only: a message could quote an answer.
            attempt.row().update(state=JobState.FAILED, reason=type(error).__name__)
        assemble_waiting(release_id=attempt.release_id)
        raise


def _database_is_lost(error: Exception) -> bool:
    """Whether the database went away: a copy that is cut off ends in whatever error the half row makes."""
    return isinstance(error, (OperationalError, InterfaceError)) or not connection.is_usable()


def _mark(attempt: Attempt) -> None:
    """Settle which responses the cut counts, before anything is counted; short, since submissions wait for it."""
    with site_scope(attempt.site_id):
        cohort_id, number = Release.objects.values_list("cohort_id", "cut").get(pk=attempt.release_id)
    cuts.mark(site_id=attempt.site_id, cohort_id=cohort_id, number=number)


def _count(attempt: Attempt) -> dict[str, object]:
    """What the release will hold. Takes no lock: a worker that hangs in here holds up nobody."""
    with site_scope(attempt.site_id):
        release = Release.objects.get(pk=attempt.release_id)
        version = Version.objects.defer("sheets").get(pk=release.version_id)
        plan, layout = plan_of(version), layout_for(version.pk)
        counts = count_cohort(
            site_id=attempt.site_id,
            cohort_id=release.cohort_id,
            version_ids=versions_counting_together(version),
            layout=layout,
            plan=plan,
            cut=release.cut,
        )
        earlier = list(_earlier(release))
        registry = count_participants(site_id=attempt.site_id, cohort_id=release.cohort_id)
    cells = publishable(
        plan=plan,
        layout=layout,
        counts=SiteCounts(counts.fields, registry),
        policy=Policy(release.threshold),
        signed_off=bool(release.signed_off_by),
    )
    printed = [{name: cells_from_json(own) for name, own in (one.cells or {}).items()} for one in earlier]
    following = succession.follow(printed, cells, plan, Policy(release.threshold))
    if following is None:
        last = earlier[-1]
        return {name: getattr(last, name) for name in ("cells", "respondents", "participants", "stands")}
    return {
        "cells": {name: cells_to_json(own) for name, own in following.items()},
        "respondents": counts.responses,
        "participants": sum(registry.values()),
        "stands": release.cut,
    }


def _earlier(release: Release) -> models.QuerySet[Release]:
    """What was released of the cohort before this cut, the oldest first. Needs the site's scope."""
    own = Release.objects.filter(site_id=release.site_id, cohort_id=release.cohort_id, state=JobState.DONE)
    return own.filter(cut__lt=release.cut).order_by("cut", "pk")


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
