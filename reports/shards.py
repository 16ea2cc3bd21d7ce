"""A cohort too large for one worker, in shards: ranges of the responses' numbers, fixed when the counting begins.

Numbers are random, so equal ranges hold about equally many responses, and each response lies in exactly one, whatever
happens meanwhile. While shards are counted their release is running and gives no sign of life of its own; it goes on
when the last of them is done. What was counted of a shard lies sealed, as the records do, until the release is done.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.conf import settings
from django.db.models import Case, Exists, IntegerField, OuterRef, QuerySet, When
from django.db.models.functions import Now

from reports import adding
from reports.assembling import is_final
from reports.counts import cohort_size
from reports.models import JobState, Release, ReleaseShard
from reports.tallying import Counts
from reports.versions import Group
from survey import sealers
from survey.datakeys import COUNTS, Place
from survey.keyring import Opener
from survey.models import Cohort

_NUMBERS = 1 << 128
# What was counted of the answers to the versions of one layout.
Parts = list[tuple[Group, Counts]]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A release whose shards do not add up yet; those in `lacking` did not count everything that is wanted now."""

    release: Release
    lacking: tuple[int, ...] = ()


def find_release(release_id: int) -> Release:
    """A release to be counted, with `in_shards`, and the `size` of its cohort otherwise. Needs the site's scope."""
    begun = Exists(ReleaseShard.objects.filter(release_id=OuterRef("pk"), site_id=OuterRef("site_id")))
    # One statement for both: most cohorts are small, and pay nothing for those that are not.
    size = Case(When(begun, then=None), default=cohort_size(), output_field=IntegerField())
    return Release.objects.annotate(in_shards=begun, size=size).get(pk=release_id)


def are_wanted(release: Release) -> bool:
    """Whether a release from `find_release` is counted in shards."""
    return release.in_shards or (release.size or 0) > settings.SHARD_ROWS


def add_up(release: Release, wanted: Iterable[Group], opener: Opener) -> Parts | Unfinished:
    """What the shards of a release counted, together. Needs the site's scope. Raises LockedError and SealError."""
    rows = list(_of(release).order_by("number"))
    if not rows or any(row.state != JobState.DONE for row in rows):
        return Unfinished(release)
    groups = {_name(group): group for group in wanted}
    slices = {name: group.slices for name, group in groups.items()}
    found = {row.pk: adding.from_bytes(_opened(row, release, opener), slices) for row in rows}
    whole = [parts for parts in found.values() if parts is not None]
    if len(whole) < len(found):
        return Unfinished(release, tuple(pk for pk, parts in found.items() if parts is None))
    return [(group, sum((parts[name] for parts in whole), Counts())) for name, group in groups.items()]


def hand_over(unfinished: Unfinished) -> dict[str, object] | None:
    """What the release's row holds while its shards are counted; None when they all are by now.

    Makes the shards the first time; those that stopped or wait for an unlock are wanted again. Needs the site's scope
    and the release's row for oneself.
    """
    release = unfinished.release
    own = _of(release)
    if not own.exists():
        ReleaseShard.objects.bulk_create(_ranges(release))
    again = {"state": JobState.QUEUED, "reason": "", "asked_at": Now()}
    own.filter(pk__in=unfinished.lacking).update(content=None, key_id=None, **again)
    own.filter(state__in=[JobState.FAILED, JobState.LOCKED]).update(**again)
    if not own.exclude(state=JobState.DONE).exists():
        return None
    return {"state": JobState.RUNNING, "beat_at": None}


def begin_anew(release_id: int) -> None:
    """Forget what was counted for a release that stopped: people may have taken their answers back since.

    Once the cohort is frozen with the release's cut nobody can, and the shards are kept. Needs the site's scope.
    """
    release = Release.objects.only("site_id", "cohort_id", "cut").get(pk=release_id)
    if not is_final(Cohort.objects.get(pk=release.cohort_id), release.cut):
        _of(release).delete()


def stopped(*, site_id: int) -> list[int]:
    """Releases that were called off or failed, and of whose answers some are counted. Needs the site's scope.

    Nobody takes them up again before the caller's transaction ends.
    """
    own = ReleaseShard.objects.filter(site_id=site_id, release_id=OuterRef("pk"))
    ended = Release.objects.filter(Exists(own), site_id=site_id, state__in=[JobState.CANCELLED, JobState.FAILED])
    return list(ended.select_for_update().values_list("pk", flat=True))


def queued(*, site_id: int, release_id: int) -> list[tuple[int, int]]:
    """(site id, shard id) of a release's shards that wait for a worker. Needs the site's scope."""
    own = ReleaseShard.objects.filter(site_id=site_id, release_id=release_id, state=JobState.QUEUED)
    return list(own.order_by("number").values_list("site_id", "pk"))


def handed_over() -> QuerySet[Release]:
    """The releases whose shards are being counted. Needs a scope."""
    return Release.objects.filter(state=JobState.RUNNING, beat_at__isnull=True)


def follow(*, site_id: int, release_id: int) -> bool:
    """Let a release follow its shards: stop with one of them, or wait for an unlock.

    Returns whether all are done and nobody has gone on with the release yet: the caller does, or else the sweeper.
    Needs the site's scope.
    """
    own = ReleaseShard.objects.filter(site_id=site_id, release_id=release_id)
    states = dict(own.values_list("state", "reason"))
    release = handed_over().filter(pk=release_id)
    if JobState.FAILED in states:
        release.update(state=JobState.FAILED, reason=states[JobState.FAILED])
    elif JobState.LOCKED in states:
        release.update(state=JobState.LOCKED)
    elif set(states) == {JobState.DONE}:
        return bool(release.update(state=JobState.QUEUED))
    return False


def sealed(shard: ReleaseShard, release: Release, parts: Parts) -> dict[str, object]:
    """The columns that keep what was counted of a shard. Needs the site's scope. Raises NoKeyError."""
    sealer = sealers.sealer(site_id=release.site_id, version_id=release.version_id)
    plain = adding.to_bytes({_name(group): counts for group, counts in parts})
    content = sealer.content(plain, _place(shard, release), COUNTS)
    return {"content": content, "key_id": sealer.key_id}


def forget(release: Release) -> None:
    """Delete the shards of a release that is done. Needs the site's scope."""
    if release.in_shards:
        _of(release).delete()


def _name(group: Group) -> str:
    """The oldest version of a layout stands for all of them, also for those that are still to come."""
    return str(group.version_ids[0])


def _of(release: Release) -> QuerySet[ReleaseShard]:
    return ReleaseShard.objects.filter(site_id=release.site_id, release_id=release.pk)


def _opened(shard: ReleaseShard, release: Release, opener: Opener) -> bytes:
    return opener.content(bytes(shard.content), shard.key_id, _place(shard, release), COUNTS)


def _place(shard: ReleaseShard, release: Release) -> Place:
    return Place(release.site_id, release.cohort_id, release.version_id, uuid.UUID(int=shard.pk))


def _ranges(release: Release) -> Sequence[ReleaseShard]:
    """Not more than there is use for: to find the rows of a range, each shard looks at most pages of the table."""
    many = max(2, min(settings.MOST_SHARDS, -(-(release.size or 0) // settings.SHARD_ROWS)))
    return [
        ReleaseShard(site_id=release.site_id, release_id=release.pk, number=number, low=low, high=high)
        for number, (low, high) in enumerate(equal_ranges(many))
    ]


def equal_ranges(many: int) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """The first and the last number of each of so many ranges that hold all numbers there are."""
    firsts = [-(-_NUMBERS * number // many) for number in range(many + 1)]
    return [(uuid.UUID(int=first), uuid.UUID(int=after - 1)) for first, after in pairwise(firsts)]
