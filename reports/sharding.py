"""One shard of a large cohort: counted and sealed once, by whichever worker gets to it (see `attempts`, `shards`)."""

from collections.abc import Mapping
from dataclasses import dataclass

from reports import shards
from reports.attempts import Attempt, carry_out, claim, database_is_lost
from reports.models import JobState, Release, ReleaseShard
from reports.releasing import count_range, go_on
from survey import keyring
from survey.scope import site_scope


def count_shard(*, site_id: int, shard_id: int, token: str = "") -> list[tuple[int, int]]:
    """Count one shard, once. Whoever finishes the last shard of a release makes the release.

    Does nothing while another worker is at it, or when the release does not wait for it any more. Returns the shards
    that have to be counted again: a release that was made meanwhile may want more counted than this one did.
    """
    with site_scope(site_id):
        shard = ReleaseShard.objects.filter(site_id=site_id, pk=shard_id).only("release_id").first()
        if shard is None or not shards.handed_over().filter(pk=shard.release_id).exists():
            return []
        attempt = claim(ReleaseShard, site_id=site_id, pk=shard_id)
    try:
        if attempt is not None:
            _count_and_store(attempt, token)
    except Exception as error:
        if not database_is_lost(error):
            go_on(site_id=site_id, release_id=shard.release_id, token=token)
        raise
    # Also where nothing was left to count: the worker that counted it may have died before it came to this.
    return go_on(site_id=site_id, release_id=shard.release_id, token=token)


def count_here(*, site_id: int, release_id: int) -> None:
    """Count, in this process, the shards of a release that no other is at."""
    with site_scope(site_id):
        own = ReleaseShard.objects.filter(site_id=site_id, release_id=release_id).exclude(state=JobState.DONE)
        waiting = list(own.order_by("number").values_list("pk", flat=True))
    for pk in waiting:
        count_shard(site_id=site_id, shard_id=pk)


@dataclass(frozen=True, slots=True)
class _Counted:
    shard: ReleaseShard
    release: Release
    parts: shards.Parts


def _count_and_store(attempt: Attempt, token: str) -> None:
    carry_out(attempt, lambda: keyring.again_under_a_new_key(attempt.site_id, lambda: _count(attempt, token)), _sealed)


def _count(attempt: Attempt, token: str) -> _Counted:
    with site_scope(attempt.site_id):
        shard = ReleaseShard.objects.get(pk=attempt.pk)
        release = Release.objects.get(pk=shard.release_id)
        opener = keyring.opener(site_id=attempt.site_id, token=token)
    return _Counted(shard, release, count_range(release, opener, (shard.low, shard.high)))


def _sealed(counted: _Counted) -> Mapping[str, object]:
    return shards.sealed(counted.shard, counted.release, counted.parts)
