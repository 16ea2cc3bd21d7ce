"""Drafts and submission as actions: what is kept, what is refused, and that both happen once."""

import datetime
from dataclasses import replace

import pytest
from django.db import DatabaseError, connection

from survey import drafts, responses
from survey.models import Cohort, Draft, FreeText, Response
from survey.protocol.schema import Answer, Missing
from survey.scope import site_scope
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def cohort() -> Cohort:
    version = publish_small()
    return add_cohort(site_of(version, "KE"), version, state=Cohort.State.OPEN, size=0)


def saved(cohort: Cohort, **answers: Answer) -> tuple[bytes, drafts.Sheet]:
    """A draft with answers, at revision 1."""
    secret = drafts.start_draft(cohort=cohort, language="en").secret
    sheet = drafts.open_draft(secret=secret, site_id=cohort.site_id)
    assert sheet is not None
    return secret, drafts.save_draft(secret=secret, sheet=replace(sheet, answers=answers))


def stored(cohort: Cohort) -> tuple[int, int]:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        return Response.objects.count(), FreeText.objects.count()


def kept(cohort: Cohort) -> int:
    with site_scope(cohort.site_id):
        return Draft.objects.count()


def test_a_draft_comes_back_as_it_was_saved(cohort: Cohort) -> None:
    secret, sheet = saved(cohort, gender="woman", age=Missing.PREFER_NOT, secure="مع أصدقائي")
    assert drafts.open_draft(secret=secret, site_id=cohort.site_id) == sheet
    assert sheet.revision == 1


def test_another_secret_or_site_finds_no_draft(cohort: Cohort) -> None:
    secret, _ = saved(cohort)
    assert drafts.open_draft(secret=bytes(32), site_id=cohort.site_id) is None
    assert drafts.open_draft(secret=secret, site_id=cohort.site_id + 1) is None


def test_an_older_revision_is_neither_saved_nor_submitted(cohort: Cohort) -> None:
    secret, sheet = saved(cohort, gender="woman")
    with pytest.raises(drafts.StaleDraftError):
        drafts.save_draft(secret=secret, sheet=replace(sheet, revision=0, answers={}))
    with pytest.raises(drafts.StaleDraftError):
        responses.submit(secret=secret, site_id=cohort.site_id, revision=0)
    assert drafts.open_draft(secret=secret, site_id=cohort.site_id) == sheet
    assert stored(cohort) == (0, 0)


def test_a_draft_is_submitted_once_and_is_gone(cohort: Cohort) -> None:
    secret, sheet = saved(cohort, secure="friends")
    assert [responses.submit(secret=secret, site_id=cohort.site_id, revision=sheet.revision) for _ in range(2)] == [
        True,
        False,
    ]
    assert (stored(cohort), kept(cohort)) == ((1, 1), 0)


def test_a_frozen_cohort_refuses_and_keeps_the_draft(cohort: Cohort) -> None:
    secret, sheet = saved(cohort)
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        Cohort.objects.update(state=Cohort.State.FROZEN)
    with pytest.raises(responses.FrozenCohortError):
        responses.submit(secret=secret, site_id=cohort.site_id, revision=sheet.revision)
    assert (stored(cohort), kept(cohort)) == ((0, 0), 1)


def test_a_submission_that_fails_half_way_leaves_only_the_draft(cohort: Cohort) -> None:
    secret, sheet = saved(cohort, secure="friends")
    with acting_as("survey_owner"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE survey_freetext ADD CONSTRAINT refuse CHECK (false)")
    with pytest.raises(DatabaseError, match="refuse"):
        responses.submit(secret=secret, site_id=cohort.site_id, revision=sheet.revision)
    assert (stored(cohort), kept(cohort)) == ((0, 0), 1)


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (datetime.date(2026, 11, 23), "2026-W48"),
        (datetime.date(2027, 1, 3), "2026-W53"),
        (datetime.date(2024, 12, 30), "2025-W01"),
    ],
)
def test_only_the_iso_week_is_kept(day: datetime.date, week: str) -> None:
    assert responses.iso_week(day) == week
