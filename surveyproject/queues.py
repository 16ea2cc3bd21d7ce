"""Which queue a task waits in: its country's, where the country has workers of its own (docs/scale.md)."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings


def queue_of(site_id: int) -> str:
    return f"site-{site_id}"


def route(
    name: str, args: Sequence[Any], kwargs: Mapping[str, Any], options: Mapping[str, Any], task: Any = None, **_: Any
) -> dict[str, str] | None:
    """Celery asks this of every task; None leaves it in the common queue."""
    first = next(iter(inspect.signature(task.run).parameters), "") if task is not None else ""
    site_id = kwargs.get("site_id", args[0] if args and first == "site_id" else None)
    return {"queue": queue_of(site_id)} if site_id in settings.SITE_QUEUES else None
