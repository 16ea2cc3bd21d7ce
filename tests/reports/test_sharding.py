"""A large cohort is counted in shards: the figures of one count, whatever happens to the workers."""

import datetime
import random
import uuid
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as slowly
from hypothesis import strategies as st

from reports import cancelling, releasing, runs, sharding, shards, sweeping, versions
from reports.cutting import plan_for
from reports.models import Comparison, JobState, Release, ReleaseShard
from reports.plans import plan_numbered
from survey import custody, keyring
from survey.models import Cohort, Cut, Response, SiteKey, Version
from survey.scope import site_scope, study_scope
from tests.factories import begin_comparison
from tests.reports.test_plans import second_version
from tests.roles import acting_as
from tests.studies import add_cohort, add_cut, answers, publish_small, site_of

pytestmark = pytest.mark.django_db

SIZE, ROWS, SHARDS = 60, 10, 6


@pytest.fixture(autouse=True)
def _small_shards(settings: Any) -> None:
    settings.SHARD_ROWS = ROWS


@pytest.fixture
def comparison(version: Version) -> Comparison:
    kenya = site_of(version, "KE")
    add_cohort(kenya, version, size=SIZE)
    return begin_comparison(version, [kenya])


def the_release(comparison: Comparison) -> Release:
    with study_scope(comparison.study_id):
        return comparison.releases.get()


def parts(comparison: Comparison) -> list[ReleaseShard]:
    release = the_release(comparison)
    with acting_as("survey_worker"), site_scope(release.site_id):
        return list(ReleaseShard.objects.order_by("number"))


def states(comparison: Comparison) -> list[str]:
    return [shard.state for shard in parts(comparison)]


def leave(shard: ReleaseShard, **values: object) -> None:
    """The shard as a worker left it."""
    with acting_as("survey_worker"), site_scope(shard.site_id):
        ReleaseShard.objects.filter(pk=shard.pk).update(**values)


def ask(comparison: Comparison, token: str = "") -> list[tuple[int, int]]:
    """A worker takes the release; returns the shards that it asks for."""
    release = the_release(comparison)
    with acting_as("survey_worker"):
        return releasing.make_release(site_id=release.site_id, release_id=release.pk, token=token)


def count(wanted: list[tuple[int, int]], token: str = "") -> list[tuple[int, int]]:
    """Workers take shards, one after the other; returns what they ask for."""
    with acting_as("survey_worker"):
        return [
            again for site_id, pk in wanted for again in sharding.count_shard(site_id=site_id, shard_id=pk, token=token)
        ]


def sweep() -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The shards and the releases that the sweeper asks for."""
    with acting_as("survey_worker"):
        return sweeping.sweep_shards(), sweeping.sweep()


def long_ago(seconds: int = 21) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(seconds=seconds)


def is_made(comparison: Comparison) -> bool:
    """Whether everybody was counted once, and nothing is left over."""
    release = the_release(comparison)
    done = Comparison.objects.get(pk=comparison.pk).state == JobState.DONE
    return (release.state, release.respondents, states(comparison), done) == (JobState.DONE, SIZE, [], True)


# Together they are one ------------------------------------------------------------------------------------------------


def test_a_large_cohort_is_counted_in_shards_and_prints_what_one_count_prints(
    comparison: Comparison, settings: Any
) -> None:
    wanted = ask(comparison)
    assert (len(wanted), states(comparison)) == (SHARDS, ["queued"] * SHARDS)
    assert (the_release(comparison).state, the_release(comparison).beat_at) == (JobState.RUNNING, None)
    count(wanted)
    assert is_made(comparison)
    in_shards = the_release(comparison).cells
    settings.SHARD_ROWS = 1_000_000
    version = publish_small("alone")
    add_cohort(site_of(version, "KE"), version, size=SIZE)
    alone = begin_comparison(version, [site_of(version, "KE")])
    assert ask(alone) == []
    assert the_release(alone).cells == in_shards


@slowly(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.integers(0, 40), st.integers(1, 15), st.integers(2, 16))
def test_counts_of_shards_add_up_to_the_count_of_all(
    version: Version, settings: Any, seed: int, size: int, rows: int, most: int
) -> None:
    rng = random.Random(seed)
    sheets = [answers(rng.randrange(1000)) for _ in range(size)]
    kenya = site_of(version, "KE")
    cohort = add_cohort(kenya, version, name=str(uuid.uuid4()), sheets=sheets)
    with acting_as("survey_worker"), site_scope(kenya.pk):
        release = runs.release_of(cohort, Cut.objects.get(cohort_id=cohort.pk), plan=plan_for(cohort))
        Response.objects.filter(cohort_id=cohort.pk).update(cut=1)
        opener = keyring.opener(site_id=kenya.pk)
        among = releasing._groups(release, plan_numbered(release.plan_id))
        whole = releasing._count_groups(release, among, opener)
        settings.SHARD_ROWS, settings.MOST_SHARDS = rows, most
        release = shards.find_release(release.pk)
        assert (release.size or 0, shards.are_wanted(release)) == (size, size > rows)
        shards.hand_over(shards.Unfinished(release))
        for shard in shards._of(release):
            own = releasing.count_range(release, opener, (shard.low, shard.high))
            ReleaseShard.objects.filter(pk=shard.pk).update(state=JobState.DONE, **shards.sealed(shard, release, own))
        together = shards.add_up(release, [group for group, _ in whole], opener)
    assert not isinstance(together, shards.Unfinished)
    assert [group for group, _ in together] == [group for group, _ in whole]
    for (_, ours), (_, theirs) in zip(together, whole, strict=True):
        assert ours.responses == theirs.responses == size
        assert ours.blocks == theirs.blocks
        assert all(ours.fields(part) == theirs.fields(part) for part in theirs.blocks)


def test_answers_to_two_layouts_are_counted_in_shards_version_by_version() -> None:
    first = publish_small()
    second = second_version()
    kenya = site_of(first, "KE")
    add_cohort(kenya, first, size=SIZE)
    comparison = runs.start(version=second, sites=[kenya], tables=["one"], by="coordinator")
    count(ask(comparison))
    assert is_made(comparison)
    cells = the_release(comparison).cells
    assert cells is not None
    assert (cells["practice.assess"]["all"][""]["k"], cells["practice.share"]["all"][""]["state"]) == (20, "not_asked")


def test_ranges_leave_no_gap_and_do_not_overlap(comparison: Comparison, settings: Any) -> None:
    settings.SHARD_ROWS, settings.MOST_SHARDS = 7, 7
    ask(comparison)
    ranges = [(shard.low.int, shard.high.int) for shard in parts(comparison)]
    assert len(ranges) == 7
    assert (ranges[0][0], ranges[-1][1]) == (0, 2**128 - 1)
    assert all(after[0] == before[1] + 1 for before, after in pairwise(ranges))


def test_a_small_cohort_costs_no_row_and_no_query_more(comparison: Comparison, settings: Any) -> None:
    settings.SHARD_ROWS = SIZE
    with CaptureQueriesContext(connection) as queries:
        assert ask(comparison) == []
    assert is_made(comparison)
    touching = [str(query["sql"]) for query in queries if "reports_releaseshard" in str(query["sql"])]
    # Only where the release's own row is read, in the same statement.
    assert len(touching) == 1
    assert 'FROM "reports_release"' in touching[0]


def test_what_was_counted_lies_sealed_for_workers_of_its_site_only(comparison: Comparison) -> None:
    count(ask(comparison)[:2])
    first, second, *_ = parts(comparison)
    assert b"responses" not in bytes(first.content)
    assert first.key_id is not None
    release = the_release(comparison)
    egypt = site_of(Version.objects.get(pk=release.version_id), "EG")
    with acting_as("survey_worker"):
        with site_scope(release.site_id):
            opener = keyring.opener(site_id=release.site_id)
            assert b'"responses":' in shards._opened(first, release, opener)
            first.content = second.content
            with pytest.raises(Exception, match="sealed under another key or for another place"):
                shards._opened(first, release, opener)
        with site_scope(egypt.pk):
            assert not ReleaseShard.objects.exists()
    with acting_as("survey_web"), connection.cursor() as cursor:
        cursor.execute("SELECT has_any_column_privilege('reports_releaseshard', 'SELECT')")
        assert cursor.fetchone() == (False,)


def test_open_records_are_counted_in_shards_too() -> None:
    version = publish_small("plain", records="open")
    add_cohort(site_of(version, "KE"), version, size=SIZE)
    comparison = begin_comparison(version, [site_of(version, "KE")])
    wanted = ask(comparison)
    count(wanted[:1])
    assert parts(comparison)[0].key_id is None
    count(wanted[1:])
    assert is_made(comparison)


def test_bin_manage_counts_shards_itself(version: Version) -> None:
    kenya = site_of(version, "KE")
    add_cohort(kenya, version, size=SIZE)
    with acting_as("survey_worker"):
        result = runs.compare_now(study="small", countries=["KE"], tables=["one"])
    assert result.countries[0].respondents == SIZE


# Whatever happens -----------------------------------------------------------------------------------------------------


def test_a_shard_asked_for_twice_or_at_the_wrong_time_counts_once(comparison: Comparison) -> None:
    wanted = ask(comparison)
    assert ask(comparison) == []
    count([*wanted[:3], *wanted[:3], *reversed(wanted)])
    assert is_made(comparison)
    assert count(wanted) == []
    assert the_release(comparison).attempts == 2


def test_a_shard_that_another_worker_is_at_is_left_to_it(comparison: Comparison) -> None:
    wanted = ask(comparison)
    leave(parts(comparison)[0], state=JobState.RUNNING, attempts=1, beat_at=long_ago(5))
    count(wanted)
    assert states(comparison) == ["running", *["done"] * (SHARDS - 1)]
    assert the_release(comparison).state == JobState.RUNNING


def test_messages_that_were_lost_are_sent_again(comparison: Comparison) -> None:
    wanted = ask(comparison)
    assert sweep() == ([], [])
    for shard in parts(comparison):
        leave(shard, asked_at=long_ago())
    assert sweep() == (wanted, [])
    assert sweep() == ([], [])
    count(wanted)
    assert is_made(comparison)


def test_a_worker_that_died_over_a_shard_is_followed_by_another(comparison: Comparison) -> None:
    wanted = ask(comparison)
    leave(parts(comparison)[2], state=JobState.RUNNING, attempts=1, beat_at=long_ago())
    count([*wanted[:2], *wanted[3:]])
    assert sweep() == ([wanted[2]], [])
    count([wanted[2]])
    assert is_made(comparison)


def test_a_worker_that_died_after_the_last_shard_is_followed_by_another(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(sharding, "go_on", lambda **_: [])
        count(ask(comparison))
    assert states(comparison) == ["done"] * SHARDS
    release = the_release(comparison)
    assert release.state == JobState.RUNNING
    with acting_as("survey_worker"), site_scope(release.site_id):
        Release.objects.update(asked_at=long_ago())
    assert sweep() == ([], [(release.site_id, release.pk)])
    assert ask(comparison) == []
    assert is_made(comparison)


def test_a_message_that_comes_again_goes_on_where_the_dead_worker_stopped(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ask(comparison)
    with monkeypatch.context() as dying:
        dying.setattr(sharding, "go_on", lambda **_: [])
        count(wanted)
    count(wanted[-1:])
    assert is_made(comparison)


def test_a_worker_that_died_while_it_added_up_is_followed_by_another(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(**_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(releasing, "publishable", die)
        with pytest.raises(SystemExit):
            count(ask(comparison))
    release = the_release(comparison)
    assert (release.state, release.attempts) == (JobState.RUNNING, 2)
    with acting_as("survey_worker"), site_scope(release.site_id):
        Release.objects.update(beat_at=long_ago())
    assert sweep() == ([], [(release.site_id, release.pk)])
    ask(comparison)
    assert is_made(comparison)


def test_a_worker_taken_for_dead_stores_no_shard_when_it_wakes(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ask(comparison)
    real: Callable[..., Any] = sharding.count_range
    seen: list[int] = []

    def count_range(*arguments: Any) -> Any:
        found = real(*arguments)
        seen.append(sum(counts.responses for _, counts in found))
        if len(seen) == 1:
            leave(parts(comparison)[0], beat_at=long_ago())
            count(wanted[:1])
        return found

    monkeypatch.setattr(sharding, "count_range", count_range)
    count(wanted)
    assert len(seen) == SHARDS + 1
    assert seen[0] == seen[1]
    assert is_made(comparison)


def test_a_shard_that_kills_every_worker_stops_its_release_with_the_reason(comparison: Comparison) -> None:
    ask(comparison)
    leave(parts(comparison)[0], state=JobState.RUNNING, attempts=5, beat_at=long_ago())
    assert sweep() == ([], [])
    release, found = the_release(comparison), Comparison.objects.get(pk=comparison.pk)
    assert (release.state, release.reason) == (JobState.FAILED, "WorkerLost")
    assert (found.state, found.reason) == (JobState.FAILED, "WorkerLost")


def test_a_shard_that_fails_stops_its_release_and_can_be_tried_again(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    wanted = ask(comparison)
    count(wanted[:2])
    with monkeypatch.context() as breaking:
        breaking.setattr(sharding, "count_range", broken)
        with pytest.raises(MemoryError):
            count(wanted[2:])
    release, found = the_release(comparison), Comparison.objects.get(pk=comparison.pk)
    assert (release.state, release.reason) == (JobState.FAILED, "MemoryError")
    assert (found.state, found.reason) == (JobState.FAILED, "MemoryError")
    # What comes after it is for nothing, and is left.
    count(wanted[3:])
    assert states(comparison) == ["done", "done", "failed", "queued", "queued", "queued"]
    runs.requeue(comparison)
    again = ask(comparison)
    assert again == wanted[2:]
    count(again)
    assert is_made(comparison)


def test_a_release_that_came_meanwhile_has_its_figures_counted_too(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ask(comparison)
    real = versions.sorted_slices
    with monkeypatch.context() as earlier:
        # As if an indicator of another release were wanted only now.
        earlier.setattr(versions, "sorted_slices", lambda *told: real(*told)[1:])
        count(wanted[:2])
    again = count(wanted[2:])
    assert again == wanted[:2]
    assert states(comparison) == ["queued", "queued", *["done"] * (SHARDS - 2)]
    assert count(again) == []
    assert is_made(comparison)


def take_back(comparison: Comparison, size: int) -> None:
    """So many people take their answers back."""
    with acting_as("survey_worker"), site_scope(the_release(comparison).site_id):
        taken = list(Response.objects.values_list("pk", flat=True)[:size])
        Response.objects.filter(pk__in=taken).delete()


@pytest.fixture
def early(version: Version) -> Comparison:
    """A comparison of an early cut, five of whose six shards are counted. Fieldwork goes on."""
    kenya = site_of(version, "KE")
    cohort = add_cohort(kenya, version, size=SIZE, state=Cohort.State.OPEN)
    with acting_as("survey_worker"), site_scope(kenya.pk):
        add_cut(cohort)
    comparison = begin_comparison(version, [kenya])
    count(ask(comparison)[:5])
    return comparison


def is_made_of(comparison: Comparison, left: int) -> bool:
    count(ask(comparison))
    return (the_release(comparison).state, the_release(comparison).respondents) == (JobState.DONE, left)


def test_who_took_their_answers_back_after_a_count_was_called_off_is_in_no_later_one(
    early: Comparison, version: Version
) -> None:
    cancelling.cancel(comparison=early, by="coordinator")
    take_back(early, 30)
    again = begin_comparison(version, [site_of(version, "KE")])
    assert the_release(again).pk == the_release(early).pk
    assert is_made_of(again, 30)


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.LOCKED, JobState.RUNNING])
@pytest.mark.parametrize("is_frozen_since", [False, True])
def test_nor_after_a_count_that_stopped(early: Comparison, state: str, is_frozen_since: bool) -> None:
    release = the_release(early)
    take_back(early, 30)
    with acting_as("survey_worker"), site_scope(release.site_id):
        Release.objects.update(state=state, beat_at=long_ago())
        if is_frozen_since:
            # With another cut than the one that was being counted.
            add_cut(Cohort.objects.get(), number=2, is_last=True)
            Cohort.objects.update(state=Cohort.State.FROZEN)
    runs.requeue(early)
    assert is_made_of(early, 30)


def test_what_was_counted_for_a_count_that_was_called_off_is_not_kept(early: Comparison) -> None:
    release = the_release(early)
    with acting_as("survey_worker"):
        sweeping.sweep_shards()
        with site_scope(release.site_id):
            assert ReleaseShard.objects.filter(state=JobState.DONE).count() == 5
    cancelling.cancel(comparison=early, by="coordinator")
    with acting_as("survey_worker"):
        sweeping.sweep_shards()
        with site_scope(release.site_id):
            assert ReleaseShard.objects.count() == 0


# Keys -----------------------------------------------------------------------------------------------------------------


def hold_back(comparison: Comparison) -> Callable[[], str]:
    """Kenya's researchers hold the key from now on; returns what unlocks it."""
    release = the_release(comparison)
    with acting_as("survey_worker"), site_scope(release.site_id):
        key = keyring.current_key(release.site_id)
        assert key is not None
        private = keyring.private_key(key)
        SiteKey.objects.filter(pk=key.pk).update(custody=SiteKey.Custody.RESEARCHERS)

    def unlock() -> str:
        with acting_as("survey_worker"), site_scope(release.site_id):
            held = SiteKey.objects.get(pk=key.pk)
        with acting_as("survey_web"), site_scope(release.site_id):
            return keyring.unlock(key=held, private=private, by="amina")

    return unlock


def test_shards_that_the_unlock_did_not_last_for_wait_for_the_next_one(comparison: Comparison) -> None:
    unlock = hold_back(comparison)
    assert ask(comparison) == []
    assert the_release(comparison).state == JobState.LOCKED
    token = unlock()
    wanted = ask(comparison, token)
    count(wanted[:2], token)
    # The unlock is over.
    count(wanted[2:])
    assert states(comparison) == ["done", "done", "locked", "queued", "queued", "queued"]
    assert the_release(comparison).state == JobState.LOCKED
    assert sweep() == ([], [])
    release = the_release(comparison)
    with acting_as("survey_worker"):
        assert sweeping.waiting_releases(site_id=release.site_id) == [(release.site_id, release.pk)]
    again = ask(comparison, unlock())
    assert again == wanted[2:]
    count(again, unlock())
    assert is_made(comparison)


def test_an_unlock_that_ends_before_adding_up_leaves_the_release_waiting(comparison: Comparison) -> None:
    unlock = hold_back(comparison)
    wanted = ask(comparison, token := unlock())
    count(wanted[:-1], token)
    with pytest.MonkeyPatch.context() as ending:
        real = sharding.go_on
        ending.setattr(sharding, "go_on", lambda **ids: real(**{**ids, "token": ""}))
        count(wanted[-1:], token)
    assert (states(comparison), the_release(comparison).state) == (["done"] * SHARDS, JobState.LOCKED)
    assert ask(comparison, unlock()) == []
    assert is_made(comparison)


def test_a_key_that_is_changed_between_two_shards_hinders_nothing(comparison: Comparison) -> None:
    wanted = ask(comparison)
    count(wanted[:3])
    with acting_as("survey_worker"):
        custody.rotate(site_id=the_release(comparison).site_id, by="amina")
    count(wanted[3:])
    assert is_made(comparison)


def test_an_erased_key_stops_the_release_with_its_reason(comparison: Comparison) -> None:
    wanted = ask(comparison)
    release = the_release(comparison)
    with acting_as("survey_worker"), site_scope(release.site_id):
        SiteKey.objects.update(state=SiteKey.State.ERASED)
    count(wanted[:1])
    sweep()
    assert (the_release(comparison).state, the_release(comparison).reason) == (JobState.FAILED, "KeyErased")


def test_answers_that_come_while_shards_are_counted_belong_to_no_shard(version: Version) -> None:
    kenya = site_of(version, "KE")
    cohort = add_cohort(kenya, version, size=SIZE)
    comparison = begin_comparison(version, [kenya])
    wanted = ask(comparison)
    count(wanted[:3])
    with acting_as("survey_worker"), site_scope(kenya.pk):
        Cohort.objects.filter(pk=cohort.pk).update(state=Cohort.State.OPEN)
        before = Response.objects.all()[0]
        Response(
            site_id=kenya.pk,
            cohort_id=cohort.pk,
            version_id=version.pk,
            week=before.week,
            language="en",
            key_id=before.key_id,
            record=before.record,
        ).save(force_insert=True)
    count(wanted[3:])
    assert is_made(comparison)
