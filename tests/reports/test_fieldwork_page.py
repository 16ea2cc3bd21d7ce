"""The morning page: where a cohort stands from tallies and invitations, and what its answers show, in bands."""

import datetime
from collections.abc import Sequence
from fractions import Fraction

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from reports import charts, looking, tasks
from reports.charts import Level
from reports.models import FieldworkCount, JobState
from reports.recruitment import Invited, Line, recruitment
from survey.models import Batch, Cohort, Invitation, Tally, Version
from survey.scope import site_scope
from tests.factories import make_staff, signed_in
from tests.roles import acting_as
from tests.studies import add_cohort, site_of

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 24)  # a Tuesday of week 48


@pytest.fixture
def kenya(version: Version) -> Cohort:
    return add_cohort(site_of(version, "KE"), version, size=0, state="open")


@pytest.fixture
def amina(desk: Client, version: Version) -> Client:
    signed_in(desk, make_staff("amina", Role.Name.RESEARCHER, site_of(version, "KE")))
    return desk


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """What was put into the job queue: the broker stands outside this process."""
    sent: list[tuple[int, ...]] = []
    monkeypatch.setattr(tasks.look, "apply_async", lambda args=(), kwargs=None, **options: sent.append(tuple(args)))
    return sent


def happened(cohort: Cohort, *rows: tuple[int, str, int] | tuple[int, str, int, str], language: str = "en") -> None:
    """So many of an event, so many days before today; with a detail for some."""
    with site_scope(cohort.site_id):
        for ago, event, count, *detail in rows:
            Tally.objects.create(
                site_id=cohort.site_id,
                cohort_id=cohort.pk,
                day=TODAY - datetime.timedelta(days=ago),
                language=language,
                event=event,
                detail=detail[0] if detail else "",
                count=count,
            )


def invited(cohort: Cohort, states: Sequence[str], *, number: int = 1, last: datetime.date = TODAY) -> None:
    """A batch with one invitation in each of these states."""
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        Batch.objects.create(
            site_id=cohort.site_id,
            cohort_id=cohort.pk,
            number=number,
            language="en",
            channel="paper",
            expires_on=last,
            made_on=TODAY - datetime.timedelta(days=8),
        )
        Invitation.objects.bulk_create(
            Invitation(
                hash=bytes([number, place]) * 16,
                site_id=cohort.site_id,
                cohort_id=cohort.pk,
                batch=number,
                number=place,
                state=state,
                reserved_until=TODAY if state == "reserved" else None,
            )
            for place, state in enumerate(states)
        )


def address(cohort: Cohort, page: str = "") -> str:
    return f"/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/{page}"


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


# Recruitment ----------------------------------------------------------------------------------------------------------


def test_recruitment_is_exact_by_week_and_language(kenya: Cohort) -> None:
    happened(kenya, (8, "opened", 5), (8, "started", 4), (1, "opened", 2), (1, "started", 2), (0, "submitted", 3))
    happened(kenya, (0, "submitted", 1), language="sw")
    happened(kenya, (0, "withdrawn", 1), language="")
    invited(kenya, ["free", "used", "reserved", "withdrawn"])
    found = recruitment(cohort=kenya, today=TODAY)
    assert found.total == Line(invited=3, opened=7, started=6, submitted=4, withdrawn=1)
    assert found.total.kept == 3
    assert found.weeks == (
        (datetime.date(2026, 11, 16), Line(invited=3, opened=5, started=4)),
        (datetime.date(2026, 11, 23), Line(opened=2, started=2, submitted=4, withdrawn=1)),
    )
    assert dict(found.languages) == {
        "en": Line(invited=3, opened=7, started=6, submitted=3),
        "sw": Line(submitted=1),
    }


def test_sections_and_minutes_are_those_of_the_tallies(kenya: Cohort) -> None:
    happened(kenya, (0, "reached", 5, "about"), (0, "reached", 3, "security"))
    happened(kenya, (0, "minutes", 1, "10"), (0, "minutes", 4, "20"))
    found = recruitment(cohort=kenya, today=TODAY)
    assert (found.reached, found.minutes) == ({"about": 5, "security": 3}, {10: 1, 20: 4})


def test_invitations_are_free_or_have_expired(kenya: Cohort) -> None:
    invited(kenya, ["free", "free", "used"])
    invited(kenya, ["free", "used"], number=2, last=TODAY - datetime.timedelta(days=1))
    assert recruitment(cohort=kenya, today=TODAY).invited == Invited(made=5, free=2, expired=1)


@pytest.mark.parametrize(
    ("rows", "rate"),
    [
        ([], Fraction(0)),
        ([(0, "submitted", 3)], Fraction(3)),
        ([(9, "submitted", 4), (0, "submitted", 2), (0, "withdrawn", 1)], Fraction(5, 10)),
        ([(100, "submitted", 50), (27, "submitted", 14)], Fraction(14, 28)),
        ([(-5, "submitted", 9)], Fraction(0)),
    ],
)
def test_the_present_rate_is_that_of_four_weeks_at_most(
    kenya: Cohort, rows: list[tuple[int, str, int]], rate: Fraction
) -> None:
    happened(kenya, *rows)
    assert recruitment(cohort=kenya, today=TODAY).rate == rate


# Charts ---------------------------------------------------------------------------------------------------------------


def test_bars_stand_side_by_side_and_are_mirrored_for_those_who_read_from_the_right() -> None:
    points = [("W47", 5, 10), ("W48", 10, 10)]
    first, second = charts.columns(points, told="", mirrored=False).bars
    assert (first.x, first.y, first.width, first.height) == (3, 74, 174, 56)
    assert (first.outer_y, first.outer_height, first.middle, first.number_y) == (18, 112, 90, 14)
    assert (second.x, second.y, second.height) == (183, 18, 112)
    assert [bar.x for bar in charts.columns(points, told="", mirrored=True).bars] == [183, 3]


@pytest.mark.parametrize(
    ("part", "whole", "mirrored", "level"),
    [
        (1, 4, False, Level(0, 25)),
        (1, 4, True, Level(75, 25)),
        (1, 500, False, Level(0, 1)),
        (0, 0, False, Level(0, 0)),
        (9, 4, False, Level(0, 100)),
    ],
)
def test_a_level_is_a_part_of_a_hundred(part: int, whole: int, mirrored: bool, level: Level) -> None:
    assert charts.level(part, whole, mirrored=mirrored) == level


# The page -------------------------------------------------------------------------------------------------------------


def test_an_empty_cohort_says_what_to_do(amina: Client, kenya: Cohort) -> None:
    page = text_of(amina.get(address(kenya)))
    assert "Nobody has opened the questionnaire yet." in page
    assert "0 invitations can still be used. Make new ones." in page


def test_the_page_shows_where_the_cohort_stands(amina: Client, kenya: Cohort) -> None:
    with site_scope(kenya.site_id):
        Cohort.objects.filter(pk=kenya.pk).update(target=40)
    happened(kenya, (0, "started", 12), (0, "submitted", 10), (0, "reached", 11, "security"), (0, "minutes", 10, "20"))
    page = text_of(amina.get(address(kenya)))
    assert "10 of 40 wanted." in page
    assert "At the rate of the last four weeks the target is reached on" in page
    assert "Half of them need no more than this: 20 to 30 minutes." in page
    assert 'aria-label="2026-W48: 12 begun, 10 sent"' in page
    assert "style=" not in page


def test_the_answers_are_asked_for_and_shown_in_bands(
    amina: Client, version: Version, queue: list[tuple[int, ...]], django_capture_on_commit_callbacks
) -> None:
    cohort = add_cohort(site_of(version, "KE"), version, name="full", size=60, state="open")
    with django_capture_on_commit_callbacks(execute=True):
        asked = amina.post(address(cohort, "look/"))
    assert asked.status_code == 303
    waiting = amina.get(asked["Location"].partition("#")[0])
    assert waiting["Refresh"] == "2"
    assert "The answers are being looked at." in text_of(waiting)
    with acting_as("survey_worker"):
        for site_id, count_id in queue:
            looking.look(site_id=site_id, count_id=count_id)
    page = amina.get(address(cohort))
    assert "Refresh" not in page
    assert "at least 60 responses" in text_of(page)
    assert 'Manage risks</bdi></th><td class="num">60</td><td>under 10 %</td><td>half or more</td>' in text_of(page)
    assert "Many do not answer “Manage risks”." in text_of(page)


def test_a_look_that_stopped_says_why(amina: Client, kenya: Cohort) -> None:
    looking.ask(cohort=kenya, by="amina")
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        FieldworkCount.objects.update(state=JobState.FAILED, reason="MemoryError")
    page = amina.get(address(kenya))
    assert "The worker did not have enough memory." in text_of(page)
    assert "Refresh" not in page


def test_silent_workers_are_told_of(amina: Client, kenya: Cohort) -> None:
    looking.ask(cohort=kenya, by="amina")
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        FieldworkCount.objects.update(asked_at=timezone.now() - datetime.timedelta(minutes=2))
    page = amina.get(address(kenya))
    assert "Nothing has been heard from the workers" in text_of(page)
    # Whoever has not just asked is not made to look every two seconds.
    assert "Refresh" not in page


def test_a_frozen_cohort_is_not_looked_at(amina: Client, version: Version) -> None:
    frozen = add_cohort(site_of(version, "KE"), version, name="frozen", size=0)
    assert "Its answers are in the comparisons" in text_of(amina.get(address(frozen)))
    assert amina.post(address(frozen, "look/")).status_code == 404


@pytest.mark.parametrize("page", ["", "look/"])
def test_another_countrys_researcher_finds_nothing(desk: Client, version: Version, kenya: Cohort, page: str) -> None:
    signed_in(desk, make_staff("basma", Role.Name.RESEARCHER, site_of(version, "EG")))
    assert desk.post(address(kenya, page)).status_code in (404, 405)
    assert desk.get(address(kenya, page)).status_code in (404, 405)
    assert looking.latest(kenya) is None


def test_a_year_of_tallies_asks_as_often_as_a_day(amina: Client, kenya: Cohort) -> None:
    happened(kenya, (0, "submitted", 1))
    amina.get(address(kenya))
    with CaptureQueriesContext(connection) as few:
        amina.get(address(kenya))
    events = [("opened", ""), ("started", ""), ("submitted", "")]
    events += [("reached", f"s{place}") for place in range(9)] + [
        ("minutes", str(band)) for band in (0, 10, 20, 30, 45)
    ]
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        Tally.objects.all().delete()
        Tally.objects.bulk_create(
            Tally(
                site_id=kenya.site_id,
                cohort_id=kenya.pk,
                day=TODAY - datetime.timedelta(days=ago),
                language=language,
                event=event,
                detail=detail,
                count=3,
            )
            for ago in range(365)
            for language in ("en", "sw", "ar")
            for event, detail in events
        )
    with CaptureQueriesContext(connection) as many:
        amina.get(address(kenya))
    assert len(many) == len(few)
