"""Celery tasks: ids in, one call."""

from celery import shared_task

from reports import runs


@shared_task(name="reports.make_release")
def make_release(site_id: int, release_id: int) -> None:
    runs.make_release(site_id=site_id, release_id=release_id)
