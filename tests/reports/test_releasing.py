"""A release is stored once, by the latest attempt, whatever happens to the workers that try."""

import datetime
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from reports import releasing, runs
from reports.models import Comparison, JobState, Release
from survey.models import Version
from survey.scope import study_scope
from tests.factories import begin_comparison
from tests.roles import acting_as, take_role
from tests.studies import add_cohort, site_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def comparison(version: Version) -> Comparison:
    kenya = site_of(version, "KE")
    add_cohort(kenya, version, size=60)
    return begin_comparison(version, [kenya])


def the_release(comparison: Comparison) -> Release:
    with study_scope(comparison.study_id):
        return comparison.releases.get()


def leave(comparison: Comparison, **values: object) -> None:
    """The release as a worker left it."""
    with study_scope(comparison.study_id):
        Release.objects.filter(comparisons=comparison).update(**values)


def silent_for(seconds: int) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(seconds=seconds)


def try_it(comparison: Comparison) -> None:
    for site_id, release_id in runs.unfinished_releases(comparison):
        releasing.make_release(site_id=site_id, release_id=release_id)


def before_storing(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> list[object]:
    """Let something happen after the first count, before it is stored. Returns what was counted, try by try."""
    counted: list[object] = []
    real = releasing.publishable

    def publishable(**arguments: Any) -> object:
        counted.append(real(**arguments))
        if len(counted) == 1:
            happens()
        return counted[-1]

    monkeypatch.setattr(releasing, "publishable", publishable)
    return counted


def test_what_another_worker_is_counting_is_left_to_it(comparison: Comparison) -> None:
    with acting_as("survey_worker"):
        leave(comparison, state=JobState.RUNNING, attempts=1, beat_at=silent_for(5))
        try_it(comparison)
        release = the_release(comparison)
    assert (release.state, release.attempts) == (JobState.RUNNING, 1)


def test_what_a_silent_worker_left_is_counted_by_the_next(comparison: Comparison) -> None:
    with acting_as("survey_worker"):
        leave(comparison, state=JobState.RUNNING, attempts=1, beat_at=silent_for(21))
        try_it(comparison)
        release = the_release(comparison)
    assert (release.state, release.attempts, release.respondents) == (JobState.DONE, 2, 60)


def test_a_worker_taken_for_dead_stores_nothing_when_it_wakes(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[object] = []

    def another_worker_takes_over() -> None:
        leave(comparison, beat_at=silent_for(21))
        try_it(comparison)
        stored.append(the_release(comparison).beat_at)

    counted = before_storing(monkeypatch, another_worker_takes_over)
    with acting_as("survey_worker"):
        try_it(comparison)
        release = the_release(comparison)
    # Counted twice, stored once: nothing has touched the row since the second worker stored it.
    assert len(counted) == 2
    assert (release.state, release.attempts, release.respondents) == (JobState.DONE, 2, 60)
    assert [release.beat_at] == stored


def test_a_failure_of_a_worker_taken_for_dead_does_not_undo_the_success_of_the_next(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken_over_then_broken() -> None:
        leave(comparison, beat_at=silent_for(21))
        try_it(comparison)
        raise ValueError("too late")

    before_storing(monkeypatch, taken_over_then_broken)
    with acting_as("survey_worker"):
        with pytest.raises(ValueError, match="too late"):
            try_it(comparison)
        assert the_release(comparison).state == JobState.DONE


def test_a_database_that_goes_away_fails_nothing(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose_the_database() -> None:
        raise OperationalError("terminating connection due to administrator command")

    before_storing(monkeypatch, lose_the_database)
    with acting_as("survey_worker"):
        with pytest.raises(OperationalError):
            try_it(comparison)
        release = the_release(comparison)
    assert (release.state, release.reason) == (JobState.RUNNING, "")


@pytest.mark.django_db(transaction=True)
def test_a_copy_cut_off_in_the_middle_of_a_row_fails_nothing(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_the_connection() -> None:
        connection.connection.close()
        raise ValueError("a stored record does not have the 90 bytes of its version")

    before_storing(monkeypatch, lose_the_connection)
    take_role("survey_worker")
    with pytest.raises(ValueError, match="90 bytes"):
        try_it(comparison)
    connection.close()
    assert the_release(comparison).state == JobState.RUNNING


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_counts_for_long_gives_signs_of_life(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.JOB_BEAT_SECONDS = 0.02
    # The second connection is made by the heartbeat's own thread, as a worker's is.
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "options", "-c role=survey_worker")
    began = silent_for(15)
    signs: list[datetime.datetime] = []

    def wait_for_a_sign() -> None:
        leave(comparison, beat_at=began)
        end = time.monotonic() + 60
        while (beat := the_release(comparison).beat_at) == began:
            assert time.monotonic() < end, "no sign of life"
            time.sleep(0.01)
        assert beat is not None
        signs.append(beat)

    before_storing(monkeypatch, wait_for_a_sign)
    with acting_as("survey_worker"):
        try_it(comparison)
        assert the_release(comparison).state == JobState.DONE
    assert signs[0] > silent_for(10)
