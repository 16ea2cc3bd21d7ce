"""A country with workers of its own has its tasks in a queue of its own; the rest shares one."""

from typing import Any

import pytest

from reports import tasks
from survey import tasks as survey_tasks
from surveyproject.celery import app


@pytest.fixture(autouse=True)
def _one_country_has_its_own(settings: Any) -> None:
    settings.SITE_QUEUES = frozenset({3})


def queue(task: Any, *args: object, **kwargs: object) -> str:
    """Where the program's own router puts a task."""
    return app.amqp.router.route({}, task.name, args, kwargs, task)["queue"].name


@pytest.mark.parametrize("task", [tasks.make_release, tasks.count_shard, tasks.look, survey_tasks.rotate_key])
def test_tasks_of_a_country_wait_in_its_queue(task: Any) -> None:
    assert [queue(task, 3, 8), queue(task, site_id=3), queue(task, 4, 3)] == ["site-3", "site-3", "celery"]


def test_what_belongs_to_no_country_waits_in_the_common_queue() -> None:
    assert [queue(tasks.assemble, 3), queue(tasks.sweep), queue(survey_tasks.keep_keys)] == ["celery"] * 3


def test_without_queues_of_their_own_all_share_one(settings: Any) -> None:
    settings.SITE_QUEUES = frozenset()
    assert queue(tasks.make_release, 3, 8) == "celery"
