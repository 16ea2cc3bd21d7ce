"""The coordinator's pages until a comparison is done: access, the form, progress, and a queue that is down."""

import datetime
import time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import Role
from reports import tasks
from reports.models import Comparison, JobState, Release
from reports.views import waiting
from survey.models import Cohort, Site, SiteKey, Version
from survey.scope import site_scope, study_scope
from tests.factories import begin_comparison, finish_comparison, make_staff, signed_in
from tests.reports.test_plans import second_version
from tests.roles import acting_as
from tests.studies import add_cohort, site_of

pytestmark = pytest.mark.django_db
DESK = "/desk/"


@pytest.fixture
def sites(version: Version) -> list[Site]:
    both = [site_of(version, "KE"), site_of(version, "EG")]
    for site in both:
        add_cohort(site, version, size=30, synthetic=True)
    return both


@pytest.fixture
def comparison(version: Version, sites: list[Site]) -> Comparison:
    return begin_comparison(version, sites)


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """What was put into the job queue: the broker stands outside this process."""
    sent: list[tuple[int, ...]] = []
    for task in (tasks.make_release, tasks.assemble):
        monkeypatch.setattr(task, "apply_async", lambda args=(), kwargs=None, **options: sent.append(tuple(args)))
    return sent


def fail_release(comparison: Comparison, reason: str = "OperationalError") -> None:
    """One country's counting has been tried once and stopped."""
    with acting_as("survey_worker"), study_scope(comparison.study_id):
        release = comparison.releases.order_by("pk")[0]
        Release.objects.filter(pk=release.pk).update(state=JobState.FAILED, reason=reason, attempts=1)


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


# Access ---------------------------------------------------------------------------------------------------------------


def addresses(comparison: Comparison) -> list[str]:
    return [
        reverse("desk"),
        reverse("new-comparison", args=["small"]),
        reverse("comparison", args=[comparison.pk]),
        reverse("comparison-file", args=[comparison.pk, "csv"]),
    ]


def test_a_stranger_is_led_to_sign_in(desk: Client, comparison: Comparison) -> None:
    for address in addresses(comparison):
        response = Client().get(address)
        assert (response.status_code, response["Location"]) == (302, f"/desk/sign-in/?next={address}")


@pytest.mark.parametrize("role", [Role.Name.RESEARCHER, Role.Name.ADMINISTRATOR])
def test_other_staff_find_nothing(desk: Client, comparison: Comparison, sites: list[Site], role: str) -> None:
    signed_in(desk, make_staff("other", role, sites[0] if role == Role.Name.RESEARCHER else None))
    # The first page leads a researcher to the cohorts, an administrator to the accounts.
    first, *others = [desk.get(address) for address in addresses(comparison)]
    assert first["Location"] == ("/desk/cohorts/" if role == Role.Name.RESEARCHER else "/desk/accounts/")
    assert [answer.status_code for answer in others] == [404, 404, 404]
    assert desk.post(reverse("comparison-again", args=[comparison.pk])).status_code == 404
    assert desk.post(reverse("new-comparison", args=["small"])).status_code == 404


def test_what_does_not_exist_is_not_found(desk: Client, version: Version) -> None:
    for address in ("comparisons/99/", "comparisons/99/csv/", "comparisons/new/unheard-of/"):
        assert desk.get(DESK + address).status_code == 404


def test_acting_needs_a_post(desk: Client, comparison: Comparison) -> None:
    assert desk.get(reverse("comparison-again", args=[comparison.pk])).status_code == 405


# The desk -------------------------------------------------------------------------------------------------------------


def test_an_empty_desk_says_what_to_type(desk: Client) -> None:
    page = text_of(desk.get(DESK))
    assert "bin/manage publish_study studies/defenders" in page
    assert "bin/manage load_demo" in page


def test_a_study_without_frozen_cohorts_offers_no_comparison(desk: Client, version: Version) -> None:
    add_cohort(site_of(version, "KE"), version, size=0, state=Cohort.State.OPEN)
    page = text_of(desk.get(DESK))
    assert "No country can be compared yet." in page
    assert reverse("new-comparison", args=["small"]) not in page


def test_the_desk_shows_versions_and_countries_side_by_side(desk: Client, version: Version, sites: list[Site]) -> None:
    page = text_of(desk.get(DESK))
    assert "Version 1 (number 1), published Nov. 23, 2026." in page
    assert [version.layout_hash[:8] in page, version.layout_hash[:9] in page] == [True, False]
    assert page.count("Ready</span>") == 2
    assert page.count("synthetic</span>") == 2
    assert reverse("new-comparison", args=["small"]) in page


def test_the_desk_asks_as_often_for_one_comparison_as_for_many(
    desk: Client, version: Version, sites: list[Site]
) -> None:
    begin_comparison(version, sites)
    desk.get(DESK)
    with CaptureQueriesContext(connection) as one:
        desk.get(DESK)
    for _ in range(11):
        begin_comparison(version, sites)
    with CaptureQueriesContext(connection) as twelve:
        page = text_of(desk.get(DESK))
    assert page.count("KE, EG") == 12
    assert len(twelve) == len(one)


def test_comparisons_come_in_pages_newest_first(desk: Client, version: Version, sites: list[Site]) -> None:
    made = [begin_comparison(version, sites).pk for _ in range(21)]
    first, second = text_of(desk.get(DESK)), text_of(desk.get(DESK + "?page=2"))
    assert f"Comparison {made[-1]}<" in first
    assert f"Comparison {made[0]}<" not in first
    assert f"Comparison {made[0]}<" in second
    assert "Page 2 of 2" in second


# A new comparison -----------------------------------------------------------------------------------------------------


def test_the_form_ticks_what_is_ready_and_names_the_obstacle_of_the_rest(desk: Client, version: Version) -> None:
    add_cohort(site_of(version, "KE"), version, size=0)
    page = text_of(desk.get(reverse("new-comparison", args=["small"])))
    assert '<input type="checkbox" name="countries" value="KE" id="id_countries_0" checked>' in page
    assert '<input type="checkbox" name="countries" value="EG" id="id_countries_1" disabled>' in page
    assert "No cohort yet." in page
    assert '<input type="checkbox" name="tables" value="one" id="id_tables_0" checked>' in page


def start(desk: Client, countries: tuple[str, ...] = ("KE", "EG"), tables: tuple[str, ...] = ("one",)):
    return desk.post(reverse("new-comparison", args=["small"]), {"countries": countries, "tables": tables})


def test_starting_asks_for_every_release_after_commit(
    desk: Client, sites: list[Site], queue: list[tuple[int, ...]], django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        response = start(desk)
        assert queue == []
    comparison = Comparison.objects.get()
    with study_scope(comparison.study_id):
        assert sorted(queue) == sorted(comparison.releases.values_list("site_id", "pk"))
    assert response.status_code == 303
    assert response["Location"].startswith(f"/desk/comparisons/{comparison.pk}/?since=")
    assert comparison.requested_by == "coordinator"


def test_a_comparison_of_counted_releases_is_only_assembled(
    version: Version, sites: list[Site], queue: list[tuple[int, ...]], django_capture_on_commit_callbacks
) -> None:
    finish_comparison(begin_comparison(version, sites))
    again = begin_comparison(version, sites)
    with django_capture_on_commit_callbacks(execute=True):
        tasks.enqueue(again)
    assert queue == [(again.pk,)]


@pytest.mark.parametrize(
    ("countries", "tables", "message"),
    [
        ((), ("one",), "Choose at least one country."),
        (("KE",), (), "Choose at least one table."),
        (("KE", "EG"), ("one",), "One of these countries has no cut yet."),
    ],
)
def test_what_cannot_be_started_is_said_beside_the_form(
    desk: Client, version: Version, countries: tuple[str, ...], tables: tuple[str, ...], message: str
) -> None:
    add_cohort(site_of(version, "KE"), version, size=0)
    response = start(desk, countries, tables)
    assert response.status_code == 422
    assert message in text_of(response)
    assert not Comparison.objects.exists()


def test_synthetic_and_real_cohorts_are_refused_together(desk: Client, version: Version) -> None:
    add_cohort(site_of(version, "KE"), version, size=0)
    add_cohort(site_of(version, "EG"), version, size=0, synthetic=True)
    assert "They are never put in one comparison" in text_of(start(desk))
    assert start(desk, ("KE",)).status_code == 303


def test_a_country_that_no_laptop_can_release_is_refused_in_words(desk: Client, version: Version) -> None:
    cohort = add_cohort(site_of(version, "KE"), version, synthetic=True)
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        SiteKey.objects.filter(site_id=cohort.site_id).update(custody=SiteKey.Custody.ELSEWHERE)
    add_cohort(site_of(version, "EG"), version, synthetic=True)
    second_version()
    response = start(desk)
    assert response.status_code == 422
    assert "no laptop can release it for these tables" in text_of(response)
    assert start(desk, ("EG",)).status_code == 303


def test_a_country_of_another_study_is_no_choice(desk: Client, version: Version) -> None:
    assert start(desk, ("MX",)).status_code == 422


# Progress -------------------------------------------------------------------------------------------------------------


def test_a_page_under_way_says_how_far_it_is_and_looks_again(desk: Client, comparison: Comparison) -> None:
    response = desk.get(reverse("comparison", args=[comparison.pk]))
    page = text_of(response)
    assert response["Refresh"] == "2"
    assert "0 of 2 countries counted" in page
    assert '<progress id="progress" value="0" max="2"></progress>' in page
    assert "Kenya" in page


@pytest.mark.parametrize(("waited", "pause"), [(0, 2), (59.9, 2), (60, 10), (899.9, 10), (900, waiting.NEVER)])
def test_pauses_grow_at_a_minute_and_end_at_a_quarter_of_an_hour(waited: float, pause: int) -> None:
    assert waiting.pause(waited) == pause


# Far from the bounds: the clock goes on while a page is made.
@pytest.mark.parametrize(("waited", "refresh"), [(0, "2"), (300, "10"), (5_000, None)])
def test_a_page_left_open_looks_ever_more_seldom_and_then_stops(
    desk: Client, comparison: Comparison, waited: int, refresh: str | None
) -> None:
    since = int(time.time()) - waited
    response = desk.get(reverse("comparison", args=[comparison.pk]), {"since": since})
    assert response.get("Refresh") == refresh
    assert ("Look again" in text_of(response)) is (refresh is None)


def test_a_failure_stops_looking_and_offers_another_try(desk: Client, comparison: Comparison) -> None:
    fail_release(comparison)
    response = desk.get(reverse("comparison", args=[comparison.pk]))
    page = text_of(response)
    assert "Refresh" not in response
    assert "The database could not be reached while counting." in page
    assert reverse("comparison-again", args=[comparison.pk]) in page


def test_trying_again_puts_what_failed_into_the_queue_once_more(desk: Client, comparison: Comparison, queue) -> None:
    fail_release(comparison)
    response = desk.post(reverse("comparison-again", args=[comparison.pk]))
    assert response.status_code == 303
    waiting = desk.get(response["Location"])
    assert waiting["Refresh"] == "2"
    assert "Counting stopped" not in text_of(waiting)


def test_trying_again_what_is_done_leads_to_the_result(desk: Client, comparison: Comparison) -> None:
    finish_comparison(comparison)
    response = desk.post(reverse("comparison-again", args=[comparison.pk]))
    assert (response.status_code, response["Location"]) == (303, f"/desk/comparisons/{comparison.pk}/")


@pytest.mark.parametrize("value", ["x", "-1", "٣", "9" * 30])
def test_odd_addresses_do_no_harm(desk: Client, comparison: Comparison, value: str) -> None:
    assert desk.get(reverse("comparison", args=[comparison.pk]), {"queue": value, "since": value}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_is_down_is_told_of_and_loses_nothing(
    desk: Client, sites: list[Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*args: object, **kwargs: object) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.make_release, "apply_async", unreachable)
    response = start(desk)
    page = desk.get(response["Location"])
    assert "counting starts by itself when the job queue is back" in text_of(page)
    assert page["Refresh"] == "2"
    comparison = Comparison.objects.get()
    assert comparison.state == JobState.QUEUED
    # Once a worker has begun, the note has had its time.
    with acting_as("survey_worker"), study_scope(comparison.study_id):
        Release.objects.filter(comparisons=comparison).update(state=JobState.RUNNING, beat_at=timezone.now())
    assert "job queue" not in text_of(desk.get(response["Location"]))


def test_silent_workers_are_told_of_after_a_while(desk: Client, comparison: Comparison) -> None:
    long_ago = timezone.now() - datetime.timedelta(minutes=5)
    with acting_as("survey_worker"):
        Comparison.objects.filter(pk=comparison.pk).update(requested_at=long_ago)
    address = reverse("comparison", args=[comparison.pk])
    assert "Nothing has been heard from the workers" in text_of(desk.get(address))
    just_asked = desk.get(address, {"since": int(time.time())})
    assert "Nothing has been heard from the workers" not in text_of(just_asked)
