"""Lost workers and lost messages: decided about, never waited for in vain."""

import datetime

import pytest
from django.utils import timezone

from reports import assembling, releasing, runs, sweeping
from reports.models import Comparison, JobState, Release
from survey.models import Version
from survey.scope import study_scope
from tests.factories import begin_comparison
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def comparison(version: Version) -> Comparison:
    return comparison_of(version)


def comparison_of(version: Version) -> Comparison:
    sites = [site_of(version, "KE"), site_of(version, "EG")]
    for site in sites:
        add_cohort(site, version, size=30)
    return begin_comparison(version, sites)


def leave(comparison: Comparison, **values: object) -> None:
    """Kenya's release as a worker, or a lost message, left it. Egypt's was asked for just now."""
    with acting_as("survey_worker"), study_scope(comparison.study_id):
        release = comparison.releases.order_by("pk")[0]
        Release.objects.filter(pk=release.pk).update(**values)


def states(comparison: Comparison) -> list[tuple[str, str]]:
    with study_scope(comparison.study_id):
        return list(comparison.releases.order_by("pk").values_list("state", "reason"))


def sweep() -> list[tuple[int, int]]:
    with acting_as("survey_worker"):
        return sweeping.sweep()


def long_ago(seconds: int = 21) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(seconds=seconds)


def test_what_is_waiting_or_alive_is_left_alone(comparison: Comparison) -> None:
    leave(comparison, state=JobState.RUNNING, attempts=1, beat_at=long_ago(5), asked_at=long_ago(3600))
    assert sweep() == []
    assert states(comparison) == [(JobState.RUNNING, ""), (JobState.QUEUED, "")]


def test_a_lost_message_is_sent_again_once_at_a_time(comparison: Comparison) -> None:
    leave(comparison, asked_at=long_ago())
    assert sweep() == runs.unfinished_releases(comparison)[:1]
    assert sweep() == []


def test_what_a_dead_worker_left_is_asked_for_again(comparison: Comparison) -> None:
    leave(comparison, state=JobState.RUNNING, attempts=1, beat_at=long_ago())
    assert sweep() == runs.unfinished_releases(comparison)[:1]
    assert states(comparison) == [(JobState.QUEUED, ""), (JobState.QUEUED, "")]


def test_what_kills_every_worker_is_given_up_with_its_reason(comparison: Comparison) -> None:
    leave(comparison, state=JobState.RUNNING, attempts=5, beat_at=long_ago())
    assert sweep() == []
    assert states(comparison)[0] == (JobState.FAILED, "WorkerLost")
    # The comparison says so once nothing more is to come; here Egypt's part is.
    with acting_as("survey_worker"):
        for site_id, release_id in runs.unfinished_releases(comparison)[1:]:
            releasing.make_release(site_id=site_id, release_id=release_id)
    found = Comparison.objects.get(pk=comparison.pk)
    assert (found.state, found.reason) == (JobState.FAILED, "WorkerLost")


def test_a_comparison_that_nobody_assembled_is_assembled(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die_before_assembling(**_: object) -> None:
        return None

    monkeypatch.setattr(releasing, "assemble_waiting", die_before_assembling)
    with acting_as("survey_worker"):
        for site_id, release_id in runs.unfinished_releases(comparison):
            releasing.make_release(site_id=site_id, release_id=release_id)
    assert Comparison.objects.get(pk=comparison.pk).state == JobState.RUNNING
    assert sweep() == []
    assert Comparison.objects.get(pk=comparison.pk).state == JobState.DONE


def test_every_study_is_swept(comparison: Comparison) -> None:
    other = comparison_of(publish_small("other"))
    for one in (comparison, other):
        leave(one, asked_at=long_ago())
    assert sweep() == [runs.unfinished_releases(one)[0] for one in (comparison, other)]


def test_asking_again_puts_only_what_failed_back_into_the_queue(comparison: Comparison) -> None:
    leave(comparison, state=JobState.FAILED, reason="MemoryError", attempts=5)
    with acting_as("survey_worker"):
        assembling.assemble(comparison_id=comparison.pk)
    assert Comparison.objects.get(pk=comparison.pk).state == JobState.FAILED
    runs.requeue(comparison)
    assert states(comparison) == [(JobState.QUEUED, ""), (JobState.QUEUED, "")]
    assert Comparison.objects.get(pk=comparison.pk).state == JobState.QUEUED


def test_starting_anew_over_a_failed_release_puts_it_back_into_the_queue(comparison: Comparison) -> None:
    leave(comparison, state=JobState.FAILED, reason="MemoryError")
    version = Version.objects.get(pk=comparison.version_id)
    begin_comparison(version, [site_of(version, "KE")])
    assert states(comparison)[0] == (JobState.QUEUED, "")
