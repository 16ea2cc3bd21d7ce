"""From the cut to its release: counted by a worker, held back where it would tell of few, reached by its own alone."""

import pytest
from django.test import Client

from accounts.models import Role
from reports import cutting, looking, releasing, runs
from reports.models import Release
from reports.table import Result
from survey import cohorts
from survey.cohorts import Setup, State, Wanted
from survey.imports import add_responses
from survey.models import Cohort, Version
from survey.publishing import latest_plan
from survey.scope import site_scope
from tests.factories import finish_comparison, make_staff, signed_in
from tests.roles import acting_as
from tests.studies import MONDAY, add_cohort, answers, site_of

pytestmark = pytest.mark.django_db
REASON = {"reason": "The workshop is on Friday", "by": "amina"}


@pytest.fixture
def cohort(version: Version) -> Cohort:
    return add_cohort(site_of(version, "KE"), version, size=60, state=State.OPEN)


@pytest.fixture
def researcher(client: Client, version: Version) -> Client:
    make_staff("amina", Role.Name.RESEARCHER, site_of(version, "KE"))
    signed_in(client, "amina")
    return client


def again(cohort: Cohort) -> Cohort:
    found = cohorts.find(site_id=cohort.site_id, cohort_id=cohort.pk)
    assert found is not None
    return found


def counted(release: Release) -> Release:
    with acting_as("survey_worker"):
        releasing.make_release(site_id=release.site_id, release_id=release.pk)
        with site_scope(release.site_id):
            return Release.objects.get(pk=release.pk)


def add_answers(cohort: Cohort, size: int) -> None:
    with acting_as("survey_worker"):
        sheets = [(MONDAY, answers(number)) for number in range(size)]
        add_responses(cohort=cohort, country="KE", language="en", sheets=sheets)


def address(cohort: Cohort, page: str) -> str:
    return f"/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/{page}"


def test_an_early_cut_is_counted_and_answers_after_it_wait(cohort: Cohort) -> None:
    release = cutting.cut_early(cohort=cohort, revision=0, **REASON)
    assert counted(release).respondents == 60
    add_answers(cohort, 60)
    later = counted(cutting.cut_early(cohort=again(cohort), revision=1, **REASON))
    assert (later.cut, later.stands, later.respondents) == (2, 2, 120)


def test_a_cut_with_few_new_answers_leaves_the_earlier_one_standing(cohort: Cohort) -> None:
    first = counted(cutting.cut_early(cohort=cohort, revision=0, **REASON))
    add_answers(cohort, 1)
    second = counted(cutting.cut_early(cohort=again(cohort), revision=1, **REASON))
    assert (second.cut, second.stands, second.respondents) == (2, 1, 60)
    assert second.cells == first.cells


def test_a_comparison_of_an_early_cut_says_that_it_is_preliminary(cohort: Cohort, version: Version) -> None:
    counted(cutting.cut_early(cohort=cohort, revision=0, **REASON))
    comparison = runs.start(version=version, sites=[site_of(version, "KE")], tables=["one"], by="coordinator")
    country = Result.from_json(finish_comparison(comparison).result).countries[0]
    assert (country.respondents, country.cut, country.preliminary, country.held_back) == (60, 1, True, False)


def test_a_researcher_freezes_a_closed_cohort_and_the_release_waits_for_a_worker(
    researcher: Client, cohort: Cohort
) -> None:
    assert "Close it first" in researcher.get(address(cohort, "freeze/")).content.decode()
    refused = researcher.post(address(cohort, "freeze/"), {"revision": "0", "reason": "Done"})
    assert refused.status_code == 422
    cohorts.move(cohort=cohort, to="closed", reason="Done", revision=0, by="amina")
    frozen = researcher.post(address(cohort, "freeze/"), {"revision": "1", "reason": "All are in"})
    assert (frozen.status_code, again(cohort).state) == (303, "frozen")
    [(cut, release)] = cutting.releases_of(cohort)
    assert release is not None
    assert (cut.is_last, release.state, release.cut) == (True, "queued", 1)


def test_the_freeze_tells_which_quotas_are_not_reached(researcher: Client, cohort: Cohort) -> None:
    quotas = [Wanted("gender", 30, "woman"), Wanted("gender", 300, "man")]
    cohorts.change(cohort=cohort, setup=Setup("first"), quotas=quotas, revision=0, by="amina")
    page = researcher.get(address(cohort, "freeze/")).content.decode()
    assert page.count("not known yet") == 2
    count_id = looking.ask(cohort=again(cohort), by="amina")
    with acting_as("survey_worker"):
        looking.look(site_id=cohort.site_id, count_id=count_id)
    page = researcher.get(address(cohort, "freeze/")).content.decode()
    assert "What is your gender? man" in page
    assert "What is your gender? woman" not in page


def test_a_frozen_cohort_is_opened_again_by_a_second_person(researcher: Client, cohort: Cohort) -> None:
    cohorts.move(cohort=cohort, to="closed", reason="Done", revision=0, by="amina")
    cutting.freeze(cohort=again(cohort), revision=1, **REASON)
    asked = researcher.post(address(cohort, "unfreeze/"), {"revision": "2", "reason": "A batch was forgotten"})
    assert asked.status_code == 303
    own = researcher.post(address(cohort, "unfreeze/answer/"), {"revision": "3", "answer": "agree"})
    assert (own.status_code, again(cohort).state) == (422, "frozen")
    make_staff("wanjiru", Role.Name.RESEARCHER, site_of(Version.objects.get(), "KE"))
    second = Client()
    signed_in(second, "wanjiru")
    agreed = second.post(address(cohort, "unfreeze/answer/"), {"revision": "3", "answer": "agree"})
    assert (agreed.status_code, again(cohort).state) == (303, "closed")


@pytest.mark.parametrize("page", ["cut/", "freeze/", "unfreeze/", "unfreeze/answer/"])
def test_another_countrys_researcher_finds_nothing(client: Client, version: Version, cohort: Cohort, page: str) -> None:
    make_staff("basma", Role.Name.RESEARCHER, site_of(version, "EG"))
    signed_in(client, "basma")
    assert client.get(address(cohort, page)).status_code == 404
    assert client.post(address(cohort, page), {"reason": "x", "revision": "0"}).status_code == 404


def test_a_release_counts_nothing_that_no_cut_has_marked(cohort: Cohort, version: Version) -> None:
    counted(cutting.cut_early(cohort=cohort, revision=0, **REASON))
    add_answers(cohort, 20)
    with site_scope(cohort.site_id):
        forged = Release.objects.create(
            study_id=version.study_id,
            site_id=cohort.site_id,
            cohort_id=cohort.pk,
            version_id=version.pk,
            plan_id=latest_plan(version.pk).pk,
            cut=2,
            threshold=5,
        )
    assert counted(forged).respondents == 60
