"""Celery tasks: one call each. And what puts them into the queue."""

import logging
from collections.abc import Sequence

from celery import Signature, shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from survey import drafts, entry

logger = logging.getLogger(__name__)
# The sweeper asks every minute for every sheet that waits; a message that nobody took by then is one too many.
SWEEP_SECONDS = 60


@shared_task(name="survey.expire_drafts")
def expire_drafts() -> None:
    drafts.expire_drafts()


@shared_task(name="survey.compare_entries")
def compare_entries(site_id: int, cohort_id: int, batch: int, number: int) -> None:
    entry.compare(site_id=site_id, cohort_id=cohort_id, batch=batch, number=number)


@shared_task(name="survey.sweep_entries")
def sweep_entries() -> None:
    _send([compare_entries.s(*ids) for ids in entry.waiting_for_comparison()])


def ask_to_compare(*, site_id: int, cohort_id: int, batch: int, number: int) -> None:
    """Ask the workers, after commit, to compare a sheet. A queue that is down loses nothing: the sweeper asks again."""
    wanted = [compare_entries.s(site_id, cohort_id, batch, number)]
    transaction.on_commit(lambda: _send(wanted))


def _send(wanted: Sequence["Signature[None]"]) -> None:
    try:
        for signature in wanted:
            signature.apply_async(expires=SWEEP_SECONDS)
    except OperationalError:
        logger.warning("The job queue cannot be reached; %d task(s) wait for the sweeper.", len(wanted))
