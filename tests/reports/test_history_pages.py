"""What happened to a comparison, the list of a study's comparisons, and two of them side by side."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from reports import cancelling, releasing, runs
from reports.models import Comparison, JobState, Release
from survey.models import Cohort, Version
from survey.scope import study_scope
from tests.factories import begin_comparison, finish_comparison
from tests.reports.results import across, country, indicator, result
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def cohorts(version: Version) -> list[Cohort]:
    return [add_cohort(site_of(version, code), version, size=size) for code, size in (("KE", 60), ("EG", 30))]


def begin(version: Version, by: str = "coordinator") -> Comparison:
    return begin_comparison(version, [site_of(version, "KE"), site_of(version, "EG")], by)


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def stored(version: Version, *pairs: tuple[int, int], cut: int = 1, size: int = 1, **state: Any) -> Comparison:
    """A finished comparison of Kenya and Egypt with as many indicators as wanted, as if workers had made it."""
    codes = ("KE", "EG")
    rows = [indicator(across(*pairs, codes=codes), "", id=f"i{place}") for place in range(size)]
    own = replace(result(*rows), countries=tuple(country(code, cut=cut, release=cut) for code in codes))
    with acting_as("survey_worker"), study_scope(version.study_id):
        plan = Release.objects.values_list("plan_id", flat=True).first() or 1
        return Comparison.objects.create(
            study_id=version.study_id,
            version_id=version.pk,
            plan_id=plan,
            tables=["one"],
            requested_by="coordinator",
            **{"state": JobState.DONE, "result": own.to_json(), "result_hash": "ab" * 32, **state},
        )


# Waiting, and no longer waiting ---------------------------------------------------------------------------------------


def test_the_progress_page_tells_the_estimated_rest_once_something_was_measured(
    desk: Client, version: Version, cohorts: list[Cohort]
) -> None:
    first = begin(version)
    page = reverse("comparison", args=[first.pk])
    assert "Estimated rest" not in text_of(desk.get(page))
    site_id, release_id = runs.unfinished_releases(first)[0]
    with acting_as("survey_worker"):
        releasing.make_release(site_id=site_id, release_id=release_id)
    assert "Estimated rest: less than a minute" in text_of(desk.get(page))


def test_a_coordinator_cancels_on_the_page_and_sees_by_whom(
    desk: Client, version: Version, cohorts: list[Cohort]
) -> None:
    comparison = begin(version)
    page = reverse("comparison", args=[comparison.pk])
    assert "Cancel this comparison" in text_of(desk.get(page))
    response = desk.post(reverse("comparison-cancel", args=[comparison.pk]))
    assert (response.status_code, response["Location"]) == (303, page)
    response = desk.get(page)
    assert "This comparison was cancelled" in text_of(response)
    assert "By coordinator, " in text_of(response)
    assert "Refresh" not in response
    assert "Cancel this comparison" not in text_of(response)


def test_trying_again_what_was_cancelled_changes_nothing(desk: Client, version: Version, cohorts: list[Cohort]) -> None:
    comparison = begin(version)
    cancelling.cancel(comparison=comparison, by="coordinator")
    assert desk.post(reverse("comparison-again", args=[comparison.pk])).status_code == 303
    assert Comparison.objects.get(pk=comparison.pk).state == JobState.CANCELLED


def test_cancelling_what_is_done_leads_to_its_result(desk: Client, version: Version, cohorts: list[Cohort]) -> None:
    comparison = finish_comparison(begin(version))
    desk.post(reverse("comparison-cancel", args=[comparison.pk]))
    assert Comparison.objects.get(pk=comparison.pk).state == JobState.DONE


# History --------------------------------------------------------------------------------------------------------------


def history(desk: Client, comparison: Comparison) -> list[str]:
    response = desk.get(reverse("comparison-history", args=[comparison.pk]))
    return [event.text for event in response.context["events"]]


def test_the_history_of_a_comparison_from_the_asking_to_its_tables(
    desk: Client, version: Version, cohorts: list[Cohort]
) -> None:
    comparison = finish_comparison(begin(version, by="amina"))
    assert history(desk, comparison) == [
        "amina asked for the comparison.",
        "Kenya: counting began.",
        "Kenya was counted.",
        "Egypt: counting began.",
        "Egypt was counted.",
        "The tables were put together.",
    ]


def test_what_was_there_already_is_told(desk: Client, version: Version, cohorts: list[Cohort]) -> None:
    finish_comparison(begin(version))
    assert history(desk, finish_comparison(begin(version))) == [
        "coordinator asked for the comparison.",
        "Kenya was counted already for an earlier comparison.",
        "Egypt was counted already for an earlier comparison.",
        "The tables were put together.",
    ]


def test_failures_and_who_cancelled_are_told(desk: Client, version: Version, cohorts: list[Cohort]) -> None:
    comparison = begin(version)
    with acting_as("survey_worker"), study_scope(comparison.study_id):
        [kenya, _egypt] = comparison.releases.order_by("pk")
        Release.objects.filter(pk=kenya.pk).update(
            state=JobState.FAILED, reason="MemoryError", attempts=2, begun_at=kenya.asked_at, beat_at=kenya.asked_at
        )
    told = history(desk, comparison)
    assert "Kenya: attempt 2 began." in told
    assert "Kenya: counting stopped. The worker did not have enough memory." in told
    cancelling.cancel(comparison=comparison, by="brian")
    assert history(desk, comparison)[-1] == "brian cancelled the comparison."


def test_the_list_can_be_narrowed_and_turned(desk: Client, version: Version, cohorts: list[Cohort]) -> None:
    done = finish_comparison(begin(version, by="amina"))
    off = begin(version, by="brian")
    cancelling.cancel(comparison=off, by="brian")
    page = reverse("study-runs", args=["small"])

    def numbers(**query: str) -> list[int]:
        return [row.id for row in desk.get(page, query).context["rows"]]

    assert numbers() == [off.pk, done.pk]
    assert numbers(kind="done") == [done.pk]
    assert numbers(kind="cancelled") == [off.pk]
    assert numbers(kind="under-way") == []
    assert numbers(who="amina") == [done.pk]
    assert desk.get(page, {"kind": "nonsense"}).status_code == 404
    assert "No comparison like that." in text_of(desk.get(page, {"who": "nobody"}))


def test_a_long_list_is_turned_within_its_narrowing_and_costs_as_many_queries(
    desk: Client, version: Version, cohorts: list[Cohort]
) -> None:
    page = reverse("study-runs", args=["small"])
    finish_comparison(begin(version))
    # The first page of a session writes the session.
    desk.get(page)
    with CaptureQueriesContext(connection) as one:
        desk.get(page)
    for _ in range(22):
        finish_comparison(begin(version))
    with CaptureQueriesContext(connection) as many:
        response = desk.get(page, {"who": "coordinator"})
    assert len(many) == len(one)
    assert "?who=coordinator&amp;page=2" in response.content.decode()
    assert len(desk.get(page, {"who": "coordinator", "page": "2"}).context["rows"]) == 3


# Side by side ---------------------------------------------------------------------------------------------------------


def test_two_runs_of_the_same_releases_are_the_same(desk: Client, version: Version, cohorts: list[Cohort]) -> None:
    first, second = (finish_comparison(begin(version)) for _ in range(2))
    page = text_of(desk.get(reverse("changes", args=["small"]), {"old": first.pk, "new": second.pk}))
    assert "They are the same: all " in page


def test_figures_reasons_and_narrowing(desk: Client, version: Version) -> None:
    first, second = stored(version, (20, 60), (10, 30)), stored(version, (30, 80), (10, 30), cut=2)
    pair = {"old": str(first.pk), "new": str(second.pk)}
    address = reverse("changes", args=["small"])
    page = text_of(desk.get(address, pair))
    assert "1 figure changed. 1 is printed as it was." in page
    assert "<td><bdi>33.3%</bdi>" in page
    assert "<td><strong><bdi>37.5%</bdi></strong>" in page
    assert "new answers" in page
    assert AuditEntry.objects.filter(action="comparison-changes").count() == 1
    assert "No change like that." in text_of(desk.get(address, {**pair, "cause": "policy"}))
    assert desk.get(address, {**pair, "cause": "weather"}).status_code == 404
    file = desk.get(reverse("changes-file", args=["small"]), {**pair, "cause": "answers"})
    assert file["Content-Disposition"] == f'attachment; filename="changes-{first.pk}-{second.pk}.csv"'
    assert len(file.content.decode().splitlines()) == 2


def test_many_changes_come_in_pages_at_the_same_cost(desk: Client, version: Version) -> None:
    address = reverse("changes", args=["small"])

    def cost(size: int) -> tuple[int, str]:
        old, new = (stored(version, *pairs, size=size, cut=cut) for cut, pairs in enumerate(MOVES, 1))
        with CaptureQueriesContext(connection) as queries:
            response = desk.get(address, {"old": old.pk, "new": new.pk})
        return len(queries), text_of(response)

    cost(1)
    few, many = cost(1), cost(150)
    assert few[0] == many[0]
    assert "Page 1 of 2" in many[1]


MOVES = (((20, 60), (10, 30)), ((30, 80), (20, 40)))


@pytest.mark.parametrize("number", ["", "x", "0", "99999999", "-1", "٣", "1" * 30])
def test_what_is_no_finished_comparison_is_not_there(desk: Client, version: Version, number: str) -> None:
    done = stored(version, (20, 60), (10, 30))
    for pair in ({"old": number, "new": done.pk}, {"old": done.pk, "new": number}):
        assert desk.get(reverse("changes", args=["small"]), pair).status_code == 404


def test_a_comparison_of_another_study_is_not_there(desk: Client, version: Version) -> None:
    other = publish_small("other")
    here, there = stored(version, (20, 60), (10, 30)), stored(other, (20, 60), (10, 30))
    assert desk.get(reverse("changes", args=["small"]), {"old": here.pk, "new": there.pk}).status_code == 404
