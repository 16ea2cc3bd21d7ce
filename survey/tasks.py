"""Celery tasks: one call each. And the one place that puts them into the queue."""

import logging
from collections.abc import Iterable

from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from survey import drafts, taking, uploads
from survey.models import Upload

logger = logging.getLogger(__name__)


@shared_task(name="survey.expire_drafts")
def expire_drafts() -> None:
    drafts.expire_drafts()


# Files ---------------------------------------------------------------------------------------------------------------


@shared_task(name="survey.check_upload")
def check_upload(site_id: int, upload_id: int) -> None:
    taking.check(site_id=site_id, upload_id=upload_id)


@shared_task(name="survey.take_upload")
def take_upload(site_id: int, upload_id: int) -> None:
    taking.take(site_id=site_id, upload_id=upload_id)


@shared_task(name="survey.sweep_uploads")
def sweep_uploads() -> None:
    _send_uploads(uploads.sweep())


@shared_task(name="survey.expire_uploads")
def expire_uploads() -> None:
    uploads.expire()


def enqueue_upload(upload: Upload, state: str) -> None:
    """Ask the workers, after commit, to go on with a file. A queue that is down loses nothing: see the sweeper."""
    transaction.on_commit(lambda: _send_uploads([(state, upload.site_id, upload.pk)]))


def _send_uploads(wanted: Iterable[tuple[str, int, int]]) -> None:
    tasks = {Upload.State.CHECKING: check_upload, Upload.State.TAKING: take_upload}
    try:
        for state, site_id, upload_id in wanted:
            tasks[Upload.State(state)].delay(site_id, upload_id)
    except OperationalError:
        logger.warning("The job queue cannot be reached; files wait for the sweeper.")
