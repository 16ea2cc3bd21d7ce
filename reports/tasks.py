"""Celery tasks: ids in, one call. And the one place that puts them into the queue."""

import logging
from collections.abc import Sequence

from celery import Signature, shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from reports import assembling, looking, making, microdata, releasing, returning, runs, sharding, sweeping
from reports.models import Comparison, MicrodataFile, Release
from survey import tasks as survey_tasks
from survey.tasks import lent

logger = logging.getLogger(__name__)


@shared_task(name="reports.make_release")
def make_release(site_id: int, release_id: int, token: str = "") -> None:
    wanted = releasing.make_release(site_id=site_id, release_id=release_id, token=token)
    _send([count_shard.s(*ids, **lent(token)) for ids in wanted])


@shared_task(name="reports.count_shard")
def count_shard(site_id: int, shard_id: int, token: str = "") -> None:
    wanted = sharding.count_shard(site_id=site_id, shard_id=shard_id, token=token)
    _send([count_shard.s(*ids, **lent(token)) for ids in wanted])


@shared_task(name="reports.take_release")
def take_release(site_id: int, content: str, by: str) -> None:
    # What comes is publishable: it may lie in the queue. A file that was sent twice is taken once.
    returning.take_or_note(site_id=site_id, content=content.encode(), by=by)


@shared_task(name="reports.assemble")
def assemble(comparison_id: int) -> None:
    assembling.assemble(comparison_id=comparison_id)


@shared_task(name="reports.look")
def look(site_id: int, count_id: int, token: str = "") -> None:
    looking.look(site_id=site_id, count_id=count_id, token=token)


@shared_task(name="reports.look_daily")
def look_daily() -> None:
    _send([look.s(*ids) for ids in looking.ask_daily()])


@shared_task(name="reports.make_microdata")
def make_microdata(site_id: int, file_id: int, token: str = "") -> None:
    making.make(site_id=site_id, file_id=file_id, token=token)


@shared_task(name="reports.expire_microdata")
def expire_microdata() -> None:
    microdata.expire()


@shared_task(name="reports.sweep")
def sweep() -> None:
    # Shards first: a release whose last one is done is asked for at once.
    _send([count_shard.s(*ids) for ids in sweeping.sweep_shards()])
    _send([make_release.s(*ids) for ids in sweeping.sweep()])
    _send([look.s(*ids) for ids in sweeping.sweep_fieldwork()])
    _send([make_microdata.s(*ids) for ids in sweeping.sweep_microdata()])


def enqueue(comparison: Comparison) -> bool:
    """Ask the workers, after commit, for all that a comparison still waits for. False if the job queue does not answer.

    Asking twice does no harm, and a queue that is down loses nothing: the state is in the database, and the sweeper
    asks again when the queue is back.
    """
    wanted = [make_release.s(*ids) for ids in runs.unfinished_releases(comparison)]
    return _send_after_commit(wanted or [assemble.s(comparison.pk)])


def enqueue_look(*, site_id: int, count_id: int, token: str = "") -> bool:
    """Ask the workers, after commit, for a look at the answers. False if the job queue does not answer."""
    return _send_after_commit([look.s(site_id, count_id, **lent(token))])


def enqueue_microdata(file: MicrodataFile, token: str = "") -> bool:
    """Ask the workers, after commit, for a file of answers. False if the job queue does not answer."""
    return _send_after_commit([make_microdata.s(file.site_id, file.pk, **lent(token))])


def _send_after_commit(wanted: Sequence["Signature[None]"]) -> bool:
    answers: list[bool] = []
    # Outside a transaction this runs at once; inside one the answer comes later and is taken for a yes.
    transaction.on_commit(lambda: answers.append(_send(wanted)))
    return answers != [False]


def enqueue_release(release: Release, token: str = "") -> None:
    """Ask the workers, after commit, for one release; should the queue be down, the sweeper asks again."""
    transaction.on_commit(lambda: _send([make_release.s(release.site_id, release.pk, **lent(token))]))


def enqueue_waiting(*, site_id: int, token: str) -> None:
    """Ask the workers, after commit, for all of a site that waited for an unlock, and lend them its token."""
    wanted = [make_release.s(*ids, **lent(token)) for ids in sweeping.waiting_releases(site_id=site_id)]
    wanted += [look.s(*ids, **lent(token)) for ids in sweeping.waiting_looks(site_id=site_id)]
    wanted += [make_microdata.s(*ids, **lent(token)) for ids in sweeping.waiting_microdata(site_id=site_id)]
    survey_tasks.enqueue_waiting(site_id=site_id, token=token)
    transaction.on_commit(lambda: _send(wanted))


def enqueue_return(*, site_id: int, content: bytes, by: str) -> bool:
    """Have the workers store a release that a laptop made. False if the job queue does not answer: nothing is kept."""
    return _send([take_release.s(site_id, content.decode(), by)])


def _send(wanted: Sequence["Signature[None]"]) -> bool:
    try:
        for signature in wanted:
            signature.delay()
    except OperationalError:
        logger.warning("The job queue cannot be reached; %d task(s) wait for the sweeper.", len(wanted))
        return False
    return True
