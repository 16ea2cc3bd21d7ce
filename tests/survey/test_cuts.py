"""Cuts: which responses count, what stands in the way of a freeze, and who opens a frozen cohort again."""

import threading

import pytest
from django.db import DatabaseError, connection, transaction

from survey import cohorts, cuts, drafts
from survey.cohorts import MoveError, StaleCohortError, State
from survey.locks import Lock, share
from survey.models import Cohort, Cut, PaperBatch, Response, Version
from survey.scope import site_scope
from tests.roles import acting_as, take_role
from tests.studies import MONDAY, add_cohort, publish_small, site_of

pytestmark = pytest.mark.django_db
REASON = {"reason": "The workshop is on Friday", "by": "amina"}


@pytest.fixture
def version() -> Version:
    return publish_small()


@pytest.fixture
def cohort(version: Version) -> Cohort:
    return add_cohort(site_of(version, "KE"), version, size=6, state=State.CLOSED)


def again(cohort: Cohort) -> Cohort:
    found = cohorts.find(site_id=cohort.site_id, cohort_id=cohort.pk)
    assert found is not None
    return found


def mark(cohort: Cohort, number: int) -> None:
    with acting_as("survey_worker"):
        cuts.mark(site_id=cohort.site_id, cohort_id=cohort.pk, number=number)


def by_cut(cohort: Cohort) -> dict[int | None, int]:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        found = list(Response.objects.filter(cohort_id=cohort.pk).values_list("cut", flat=True))
    return {number: found.count(number) for number in set(found)}


def add_late(cohort: Cohort, size: int) -> None:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        late = [
            Response(site_id=cohort.site_id, cohort_id=cohort.pk, version_id=1, week="2026-W49", record=b"")
            for _ in range(size)
        ]
        Response.objects.bulk_create(late)


def test_a_cut_counts_what_was_there_when_it_was_marked_and_nothing_later(cohort: Cohort) -> None:
    cuts.make(cohort=cohort, revision=0, **REASON)
    mark(cohort, 1)
    add_late(cohort, 2)
    mark(cohort, 1)
    assert by_cut(cohort) == {1: 6, None: 2}
    cuts.make(cohort=again(cohort), revision=1, **REASON)
    mark(cohort, 2)
    assert by_cut(cohort) == {1: 6, 2: 2}


def test_marking_a_later_cut_first_leaves_the_earlier_one_its_responses(cohort: Cohort) -> None:
    cuts.make(cohort=cohort, revision=0, **REASON)
    cuts.make(cohort=again(cohort), revision=1, **REASON)
    mark(cohort, 2)
    assert by_cut(cohort) == {1: 6}


def test_a_marked_cut_never_changes(cohort: Cohort) -> None:
    cuts.make(cohort=cohort, revision=0, **REASON)
    mark(cohort, 1)
    with acting_as("survey_worker"), pytest.raises(DatabaseError), transaction.atomic(), site_scope(cohort.site_id):
        Cut.objects.update(is_marked=False)


def test_freezing_ends_everything_and_is_the_last_cut(cohort: Cohort) -> None:
    cut = cuts.freeze(cohort=cohort, revision=0, **REASON)
    assert (cut.number, cut.is_last, again(cohort).state) == (1, True, "frozen")
    with pytest.raises(MoveError):
        cuts.make(cohort=again(cohort), revision=1, **REASON)


@pytest.mark.parametrize("state", ["preparing", "open", "paused"])
def test_only_a_closed_cohort_is_frozen(version: Version, state: str) -> None:
    cohort = add_cohort(site_of(version, "EG"), version, size=0, state=state)
    with pytest.raises(cuts.ObstacleError):
        cuts.freeze(cohort=cohort, revision=0, **REASON)
    assert [one.code for one in cuts.obstacles(cohort=again(cohort))] == ["not-closed"]


def test_open_paper_batches_stand_in_the_way_and_drafts_are_told_of(cohort: Cohort) -> None:
    drafts.start_draft(cohort=cohort, language="en")
    with site_scope(cohort.site_id):
        PaperBatch.objects.create(
            site_id=cohort.site_id, cohort_id=cohort.pk, number=1, language="en", sheets=3, received_on=MONDAY
        )
    found = [(one.code, one.count, one.blocking) for one in cuts.obstacles(cohort=cohort)]
    assert found == [("paper", 1, True), ("drafts", 1, False)]
    with pytest.raises(cuts.ObstacleError):
        cuts.freeze(cohort=cohort, revision=0, **REASON)
    with site_scope(cohort.site_id):
        PaperBatch.objects.update(closed=True)
    cuts.freeze(cohort=again(cohort), revision=0, **REASON)


def test_of_two_who_freeze_at_once_the_second_is_told(cohort: Cohort) -> None:
    cuts.freeze(cohort=cohort, revision=0, **REASON)
    with pytest.raises(StaleCohortError):
        cuts.freeze(cohort=cohort, revision=0, **REASON)


def test_opening_again_needs_a_second_person(cohort: Cohort) -> None:
    cuts.freeze(cohort=cohort, revision=0, **REASON)
    cuts.ask_to_unfreeze(cohort=again(cohort), revision=1, reason="A batch was forgotten", by="amina")
    with pytest.raises(cuts.SecondPersonError):
        cuts.answer_unfreeze(cohort=again(cohort), agreed=True, revision=2, by="amina")
    cuts.answer_unfreeze(cohort=again(cohort), agreed=True, revision=2, by="wanjiru")
    found = again(cohort)
    assert (found.state, found.unfreeze_asked_by) == ("closed", "")
    assert cohorts.changes_of(cohort)[0].reason == "A batch was forgotten (amina)"
    assert cuts.freeze(cohort=found, revision=3, **REASON).number == 2


def test_a_declined_request_leaves_the_cohort_frozen(cohort: Cohort) -> None:
    cuts.freeze(cohort=cohort, revision=0, **REASON)
    cuts.ask_to_unfreeze(cohort=again(cohort), revision=1, reason="A batch was forgotten", by="amina")
    cuts.answer_unfreeze(cohort=again(cohort), agreed=False, revision=2, by="amina")
    assert (again(cohort).state, again(cohort).unfreeze_asked_by) == ("frozen", "")


def test_a_frozen_cohort_goes_before_a_newer_one_in_fieldwork(version: Version) -> None:
    site = site_of(version, "KE")
    first = add_cohort(site, version, name="2025", size=0)
    second = add_cohort(site, version, name="2026", size=0, state=State.OPEN)
    cuts.make(cohort=second, revision=0, **REASON)
    found = cuts.newest(study_id=version.study_id, site_ids=[site.pk], version_ids=[version.pk])
    assert (found[site.pk][0].pk, found[site.pk][1].number) == (first.pk, 1)


@pytest.mark.django_db(transaction=True)
def test_the_freeze_waits_for_a_submission_under_way(version: Version) -> None:
    cohort = add_cohort(site_of(version, "KE"), version, size=0, state=State.CLOSED)
    submitting, frozen = threading.Event(), threading.Event()

    def freeze() -> None:
        take_role("survey_web")
        submitting.wait(10)
        cuts.freeze(cohort=cohort, revision=0, **REASON)
        frozen.set()
        connection.close()

    freezer = threading.Thread(target=freeze)
    freezer.start()
    with site_scope(cohort.site_id):
        share(Lock.ANSWERS, cohort.pk)
        submitting.set()
        assert not frozen.wait(0.5)
    freezer.join(10)
    assert frozen.is_set()
