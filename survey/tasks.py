"""Celery tasks: one call each."""

from celery import shared_task

from survey import responses


@shared_task(name="survey.expire_drafts")
def expire_drafts() -> None:
    responses.expire_drafts()
