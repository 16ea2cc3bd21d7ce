"""Celery tasks: one call each."""

from celery import shared_task

from survey import drafts


@shared_task(name="survey.expire_drafts")
def expire_drafts() -> None:
    drafts.expire_drafts()
