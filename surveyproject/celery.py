"""The Celery application."""

import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "surveyproject.settings")
app = Celery("surveyproject")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def tell_supervisor(**_: Any) -> None:
    """`bin/run` waits for this file before it says that everything is up."""
    if file := os.environ.get("WORKER_READY_FILE"):
        Path(file).touch()
