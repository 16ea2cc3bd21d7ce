"""What a comparison is waiting for, and which countries can be compared."""

import datetime

import pytest
from django.utils import timezone

from reports import progress, releasing, runs
from reports.models import Comparison, JobState, Release
from survey.models import Cohort, Version
from survey.scope import study_scope
from tests.factories import begin_comparison, finish_comparison
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def comparison(version: Version) -> Comparison:
    sites = [site_of(version, "KE"), site_of(version, "EG")]
    for site in sites:
        add_cohort(site, version, size=30)
    return begin_comparison(version, sites)


def set_release(comparison: Comparison, country_position: int, **values: object) -> None:
    """Put one country's release into a state, as a worker would have left it."""
    with acting_as("survey_worker"), study_scope(comparison.study_id):
        release = comparison.releases.order_by("pk")[country_position]
        Release.objects.filter(pk=release.pk).update(**values)


def of(comparison: Comparison) -> progress.Progress:
    return progress.progress_of(Comparison.objects.get(pk=comparison.pk), language="en")


def test_a_new_comparison_waits_for_every_country_in_the_order_of_the_study(comparison: Comparison) -> None:
    found = of(comparison)
    assert [(part.country, part.label, part.state) for part in found.parts] == [
        ("KE", "Kenya", "queued"),
        ("EG", "Egypt", "queued"),
    ]
    assert (found.state, found.done, found.silent) == (JobState.QUEUED, 0, False)


def test_counting_one_country_leaves_the_other_missing(comparison: Comparison) -> None:
    site_id, release_id = runs.unfinished_releases(comparison)[0]
    with acting_as("survey_worker"):
        releasing.make_release(site_id=site_id, release_id=release_id)
    found = of(comparison)
    assert (found.state, found.done) == (JobState.RUNNING, 1)


def test_all_countries_counted_and_assembled_is_done(comparison: Comparison) -> None:
    assert of(finish_comparison(comparison)).state == JobState.DONE


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        ("OperationalError", "The database could not be reached"),
        ("RecordError", "A stored answer sheet does not match"),
        ("ZeroDivisionError", "The program met an error that it does not know (ZeroDivisionError)"),
    ],
)
def test_a_failure_gives_its_reason_in_words(comparison: Comparison, kind: str, start: str) -> None:
    set_release(comparison, 0, state=JobState.FAILED, reason=kind)
    found = of(comparison)
    assert found.state == JobState.FAILED
    assert [reason.startswith(start) for reason in found.reasons] == [True]


def test_the_same_failure_in_two_countries_is_told_once(comparison: Comparison) -> None:
    for position in (0, 1):
        set_release(comparison, position, state=JobState.FAILED, reason="MemoryError")
    assert of(comparison).reasons == ["The worker did not have enough memory."]


@pytest.mark.parametrize(
    ("state", "seconds", "silent"),
    [("queued", 29, False), ("queued", 31, True), ("running", 59, False), ("running", 61, True)],
)
def test_silence_is_longer_than_work_explains(comparison: Comparison, state: str, seconds: int, silent: bool) -> None:
    heard = timezone.now() - datetime.timedelta(seconds=seconds)
    with acting_as("survey_worker"):
        Comparison.objects.filter(pk=comparison.pk).update(requested_at=heard)
    set_release(comparison, 0, state=state, beat_at=heard if state == "running" else None)
    assert of(comparison).silent is silent


def test_a_country_needs_a_frozen_cohort_to_be_compared(version: Version) -> None:
    add_cohort(site_of(version, "KE"), version, size=0, state=Cohort.State.OPEN)
    found = progress.countries(version=version, language="en")
    assert [(line.code, line.obstacle, line.ready) for line in found] == [
        ("KE", "not-frozen", False),
        ("EG", "no-cohort", False),
    ]
    add_cohort(site_of(version, "KE"), version, name="second", size=0, synthetic=True)
    kenya = progress.countries(version=version, language="en")[0]
    assert (kenya.ready, kenya.synthetic, len(kenya.cohorts)) == (True, True, 2)


def test_countries_of_another_study_are_not_listed(version: Version) -> None:
    other = publish_small("other")
    add_cohort(site_of(other, "KE"), other, size=0)
    assert [line.cohorts for line in progress.countries(version=version, language="en")] == [(), ()]


def test_a_country_is_named_in_the_readers_language_or_the_studys_first(version: Version) -> None:
    assert [line.label for line in progress.countries(version=version, language="sw")] == ["Kenya", "Egypt"]
