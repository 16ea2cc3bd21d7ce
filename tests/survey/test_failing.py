"""A database that goes away in the middle: what was typed is sent again by one press, and leaving never waits."""

import re
from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.test import Client

from survey import drafts
from survey.models import Cohort, Version
from survey.scope import site_scope
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of
from tests.survey.test_participant import PAGES, TOKEN, answer_everything, post, revision, send, start, stored
from tests.surveyproject.answers import faults

pytestmark = pytest.mark.django_db


@pytest.fixture
def version() -> Version:
    return publish_small()


@pytest.fixture
def cohort(version: Version) -> Cohort:
    from survey import links

    found = add_cohort(site_of(version, "EG"), version, state=Cohort.State.OPEN, size=0)
    with acting_as("survey_worker"):
        links.set_link(cohort=found, token=TOKEN)
    return found


class Outage:
    """Every statement fails while it is on, as without a server; with a word, only those that hold it."""

    def __init__(self, word: str = "", error: type[DatabaseError] = OperationalError) -> None:
        self.word, self.error, self.on = word, error, False

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.on and self.word in str(sql):
            raise self.error("canary: server closed the connection unexpectedly") from psycopg2.DatabaseError("canary")
        return execute(sql, params, many, context)


def patient() -> Client:
    return Client(raise_request_exception=False)


def fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page))


@pytest.mark.parametrize("word", ["", "survey_draft", "UPDATE", "django_session", 'UPDATE "django_session"'])
@pytest.mark.parametrize("error", [OperationalError, DatabaseError, InterfaceError])
def test_a_page_that_could_not_be_saved_says_so_and_is_sent_again_by_one_press(
    cohort: Cohort, word: str, error: type[DatabaseError]
) -> None:
    client, outage = patient(), Outage(word, error)
    start(client)
    typed = {**PAGES[0], "_rev": revision(client), "_do": "next"}
    with connection.execute_wrapper(outage):
        outage.on = True
        failed = client.post("/", typed)
    assert (failed.status_code, failed["Retry-After"], faults(failed)) == (503, "10", [])
    page = failed.content.decode()
    assert "Your last page was not saved. Everything before it was" in page
    assert fields(page) == typed
    assert "canary" not in page
    assert '<a href="/leave/0/0/" rel="noreferrer">Leave now</a>' in page
    again = client.post("/", fields(page))
    assert (again.status_code, again["Location"]) == (303, "/")
    assert "Assess risks" in client.get("/").content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("word", ['INSERT INTO "django_session"', 'DELETE FROM "django_session"', "survey_draft"])
def test_whoever_begins_during_an_outage_has_the_same_session_afterwards(cohort: Cohort, word: str) -> None:
    client, outage = Client(raise_request_exception=False, enforce_csrf_checks=True), Outage(word)
    page = client.post(f"/j/{TOKEN}/", {"_do": "inform", "_lang": "en"}).content.decode()
    form = {**fields(page), "_do": "start", "_lang": "en", "agree": "on"}
    with connection.execute_wrapper(outage):
        outage.on = True
        failed = client.post(f"/j/{TOKEN}/", form)
    assert failed.status_code == 503
    again = client.post(f"/j/{TOKEN}/", fields(failed.content.decode()))
    assert (again.status_code, again["Location"]) == (303, "/")


def test_what_was_saved_before_is_there_when_the_database_is_back(cohort: Cohort) -> None:
    client, outage = patient(), Outage()
    start(client)
    post(client, PAGES[0])
    with connection.execute_wrapper(outage):
        outage.on = True
        failed = client.get("/")
    assert failed.status_code == 503
    assert "Nothing that you saved is lost" in failed.content.decode()
    assert fields(failed.content.decode()) == {}
    assert 'value="34"' in post(client, {}, do="back")


@pytest.mark.parametrize("word", ["INSERT", "DELETE", "survey_response"])
def test_a_submission_that_fails_is_no_submission_until_it_is_sent_again(cohort: Cohort, word: str) -> None:
    client, outage = patient(), Outage(word)
    answer_everything(client)
    form = {"_rev": revision(client), "_do": "submit"}
    with connection.execute_wrapper(outage):
        outage.on = True
        failed = client.post("/", form)
    assert failed.status_code == 503
    assert stored(cohort) == []
    assert send(client).status_code == 303
    assert len(stored(cohort)) == 1


def test_leaving_never_waits_for_a_database(cohort: Cohort) -> None:
    client, outage = patient(), Outage()
    start(client)
    with connection.execute_wrapper(outage):
        outage.on = True
        left = client.get("/leave/1/2/")
        away = client.get("/left/1/2/")
    assert (left.status_code, left.content, left["Refresh"]) == (200, b"", "0; url=/left/1/2/")
    assert client.cookies["s"].value == ""
    assert (away.status_code, away["Location"]) == (303, "https://www.wikipedia.org/")
    assert away["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    with site_scope(cohort.site_id):
        assert drafts.Draft.objects.count() == 1


def test_a_member_of_staff_is_told_what_is_not_saved(version: Version) -> None:
    outage = Outage()
    with connection.execute_wrapper(outage):
        outage.on = True
        failed = patient().post("/desk/sign-in/", {"username": "ana", "password": "x"})
    assert failed.status_code == 503
    assert "What you just sent is not saved" in failed.content.decode()


def test_what_was_typed_comes_back_as_text_and_never_as_a_page(cohort: Cohort) -> None:
    client, outage = patient(), Outage()
    with connection.execute_wrapper(outage):
        outage.on = True
        failed = client.post("/", {'"><script>': '"><script>alert(1)</script>'})
    assert faults(failed) == []


def test_an_error_that_only_a_broken_line_explains_is_no_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def half_an_answer(*args: object, **values: object) -> None:
        raise TypeError("'NoneType' object is not subscriptable")

    monkeypatch.setattr("survey.views.code.frames.own_page", half_an_answer)
    assert patient().get("/code/").status_code == 500
    monkeypatch.setattr("accounts.outages.connection.is_usable", lambda: False)
    assert patient().get("/code/").status_code == 500
    monkeypatch.setattr("accounts.outages.connection.errors_occurred", True)
    assert patient().get("/code/").status_code == 503
