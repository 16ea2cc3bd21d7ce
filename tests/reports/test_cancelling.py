"""Calling a comparison off: what only it waits for is dropped, what others wait for goes on."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from accounts.models import AuditEntry
from reports import cancelling, cutting, releasing, runs, sweeping
from reports.models import Comparison, JobState, Release
from survey.models import Cohort, Version
from survey.scope import study_scope
from tests.factories import begin_comparison, finish_comparison
from tests.reports.test_plans import changed, published, second_table
from tests.roles import acting_as, take_role
from tests.studies import add_cohort, publish_small, site_of

pytestmark = pytest.mark.django_db


def ready(version: Version) -> Version:
    """Kenya and Egypt are frozen and can be compared."""
    for country, size in (("KE", 60), ("EG", 30)):
        add_cohort(site_of(version, country), version, size=size)
    return version


@pytest.fixture
def version(db: None) -> Version:
    return ready(publish_small())


def begin(version: Version, *countries: str, by: str = "coordinator") -> Comparison:
    return begin_comparison(version, [site_of(version, country) for country in countries or ("KE", "EG")], by)


def cancel(comparison: Comparison, by: str = "coordinator") -> bool:
    return cancelling.cancel(comparison=comparison, by=by)


def state(comparison: Comparison) -> str:
    return Comparison.objects.get(pk=comparison.pk).state


def releases(comparison: Comparison) -> list[str]:
    with study_scope(comparison.study_id):
        return list(comparison.releases.order_by("pk").values_list("state", flat=True))


def count(comparison: Comparison) -> None:
    with acting_as("survey_worker"):
        for site_id, release_id in runs.unfinished_releases(comparison):
            releasing.make_release(site_id=site_id, release_id=release_id)


def test_what_nobody_else_waits_for_is_not_counted(version: Version) -> None:
    comparison = begin(version)
    assert cancel(comparison)
    count(comparison)
    assert (state(comparison), releases(comparison)) == (JobState.CANCELLED, [JobState.CANCELLED] * 2)
    with acting_as("survey_worker"):
        assert sweeping.sweep() == []
    assert (state(comparison), releases(comparison)) == (JobState.CANCELLED, [JobState.CANCELLED] * 2)


def test_who_cancelled_is_kept_and_in_the_audit_trail(version: Version) -> None:
    comparison = begin(version)
    cancel(comparison, by="amina")
    found = Comparison.objects.get(pk=comparison.pk)
    assert (found.cancelled_by, found.cancelled_at is not None) == ("amina", True)
    entry = AuditEntry.objects.get(action="comparison-cancelled")
    assert (entry.actor, entry.detail) == ("amina", {"comparison": comparison.pk})


def test_what_another_comparison_waits_for_goes_on(version: Version) -> None:
    both, kenya = begin(version), begin(version, "KE")
    cancel(both)
    assert releases(both) == [JobState.QUEUED, JobState.CANCELLED]
    assert finish_comparison(kenya).state == JobState.DONE
    assert (state(both), releases(both)) == (JobState.CANCELLED, [JobState.DONE, JobState.CANCELLED])


def test_the_second_of_two_equal_comparisons_is_done_though_the_first_is_called_off(version: Version) -> None:
    first, second = begin(version, by="amina"), begin(version, by="brian")
    cancel(first)
    assert finish_comparison(second).state == JobState.DONE
    assert state(first) == JobState.CANCELLED


def test_a_later_comparison_takes_up_what_was_called_off(version: Version) -> None:
    cancel(begin(version))
    later = begin(version)
    assert releases(later) == [JobState.QUEUED] * 2
    assert finish_comparison(later).state == JobState.DONE


def test_a_web_process_that_dies_before_it_takes_up_what_was_called_off_leaves_nothing_that_waits(
    version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_: Comparison) -> None:
        raise SystemExit

    cancel(begin(version))
    with monkeypatch.context() as dying:
        dying.setattr(runs, "requeue", die)
        with pytest.raises(SystemExit):
            begin(version)
    assert [one.state for one in Comparison.objects.all()] == [JobState.CANCELLED]
    assert finish_comparison(begin(version)).state == JobState.DONE


@pytest.mark.parametrize("new_plan", [False, True])
def test_what_a_researchers_cut_asked_for_goes_on(new_plan: bool) -> None:
    version = publish_small()
    cohort = add_cohort(site_of(version, "KE"), version, state=Cohort.State.CLOSED)
    own = cutting.freeze(cohort=cohort, reason="All are in", revision=cohort.revision, by="amina")
    if new_plan:
        published(changed(*second_table("practice.assess")))
    comparison = begin(version, "KE")
    cancel(comparison)
    # Under a plan that is newer than the cut the comparison waited for a release of its own.
    assert releases(comparison) == [JobState.CANCELLED if new_plan else JobState.QUEUED]
    with acting_as("survey_worker"):
        releasing.make_release(site_id=own.site_id, release_id=own.pk)
    with study_scope(version.study_id):
        own.refresh_from_db()
    assert (own.state, own.respondents, state(comparison)) == (JobState.DONE, 60, JobState.CANCELLED)


def test_what_is_done_or_called_off_cannot_be_called_off(version: Version) -> None:
    done, off = begin(version), begin(version)
    assert cancel(off)
    finish_comparison(done)
    assert [cancel(done), cancel(off)] == [False, False]
    assert [state(done), state(off)] == [JobState.DONE, JobState.CANCELLED]
    assert AuditEntry.objects.filter(action="comparison-cancelled").count() == 1


def test_a_failed_comparison_can_be_called_off(version: Version) -> None:
    comparison = begin(version)
    with acting_as("survey_worker"), study_scope(comparison.study_id):
        Release.objects.update(state=JobState.FAILED, reason="MemoryError")
        Comparison.objects.update(state=JobState.FAILED)
    assert cancel(comparison)
    assert releases(comparison) == [JobState.CANCELLED] * 2


def before_storing(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen while the first count of a worker is under way."""
    real = releasing.publishable
    left = [happens]

    def publishable(**arguments: Any) -> object:
        found = real(**arguments)
        if left:
            left.pop()()
        return found

    monkeypatch.setattr(releasing, "publishable", publishable)


def test_a_worker_in_the_middle_of_counting_stores_nothing(version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = begin(version, "KE")
    before_storing(monkeypatch, lambda: cancel(comparison))
    count(comparison)
    with study_scope(comparison.study_id):
        release = comparison.releases.get()
    assert (release.state, release.cells, release.respondents) == (JobState.CANCELLED, None, None)
    assert AuditEntry.objects.filter(action="release-made").count() == 0


def test_an_error_of_a_worker_whose_comparison_was_called_off_fails_nothing(
    version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    def called_off_then_broken() -> None:
        cancel(comparison)
        raise ValueError("too late")

    comparison = begin(version, "KE")
    before_storing(monkeypatch, called_off_then_broken)
    with pytest.raises(ValueError, match="too late"):
        count(comparison)
    assert (state(comparison), releases(comparison)) == (JobState.CANCELLED, [JobState.CANCELLED])


def test_what_was_called_off_and_asked_for_again_meanwhile_is_stored_once(
    version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    def called_off_and_asked_again() -> None:
        cancel(comparison)
        again.append(begin(version, "KE"))
        count(again[0])

    comparison, again = begin(version, "KE"), []
    before_storing(monkeypatch, called_off_and_asked_again)
    count(comparison)
    assert (state(comparison), state(again[0]), releases(again[0])) == (
        JobState.CANCELLED,
        JobState.DONE,
        [JobState.DONE],
    )
    assert AuditEntry.objects.filter(action="release-made").count() == 1


# At the same time -----------------------------------------------------------------------------------------------------


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Acts of several coordinators, each with a connection of its own, begun together. Returns what came of them."""
    start = threading.Barrier(len(acts))
    found: list[object] = [None] * len(acts)

    def act(place: int) -> None:
        take_role("survey_web")
        start.wait(10)
        try:
            found[place] = acts[place]()
        except Exception as error:
            found[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


@pytest.mark.django_db(transaction=True)
def test_two_coordinators_who_start_the_same_at_once_wait_for_the_same_releases(transactional_db: None) -> None:
    version = ready(publish_small())
    found = at_once(*(lambda name=name: begin(version, by=name) for name in ("amina", "brian", "chao", "dina")))
    comparisons = [one for one in found if isinstance(one, Comparison)]
    assert len(comparisons) == 4, found
    with study_scope(version.study_id):
        assert Release.objects.count() == 2
    assert {finish_comparison(one).state for one in comparisons} == {JobState.DONE}
    figures = [{**Comparison.objects.get(pk=one.pk).result, "provenance": {}} for one in comparisons]
    assert figures[1:] == figures[:1] * 3
    assert AuditEntry.objects.filter(action="release-made").count() == 2


@pytest.mark.django_db(transaction=True)
def test_whoever_starts_while_another_calls_off_is_not_left_waiting(transactional_db: None) -> None:
    version = ready(publish_small())
    first = begin(version)
    cancelled, second = at_once(lambda: cancel(first), lambda: begin(version))
    assert cancelled is True
    assert isinstance(second, Comparison), second
    assert releases(second) == [JobState.QUEUED] * 2
    assert finish_comparison(second).state == JobState.DONE
