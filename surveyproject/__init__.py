"""The project: settings, URLs, jobs, headers, and the embedded servers."""

from surveyproject.celery import app as celery_app

__all__ = ["celery_app"]
