"""The participant's way, through the pages, as the web role."""

import re
import threading

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from survey import drafts, links, responses
from survey.models import Cohort, Draft, Response, Version
from survey.publishing import layout_for
from survey.scope import site_scope
from tests.roles import acting_as, take_role
from tests.studies import add_cohort, publish_small, site_of, stored_records

pytestmark = pytest.mark.django_db
TOKEN = "0123456789abcdef01234567"
PAGES: tuple[dict[str, object], ...] = (
    {"gender": "woman", "age": "34"},
    {"assess": "often", "manage": "prefer_not"},
    {"training": "yes", "work": ["paid", "unpaid"], "secure": "canary-friends"},
    {"training": "yes", "trainings": "٣", "work": ["paid", "unpaid"], "secure": "canary-friends"},
)


@pytest.fixture
def version() -> Version:
    return publish_small()


@pytest.fixture
def cohort(version: Version) -> Cohort:
    found = add_cohort(site_of(version, "EG"), version, state=Cohort.State.OPEN, size=0)
    with acting_as("survey_worker"):
        links.set_link(cohort=found, token=TOKEN)
    return found


def start(client: Client) -> None:
    assert client.post(f"/j/{TOKEN}/", {"_do": "start", "_lang": "en"}).status_code == 303
    for _ in ("the code", "staying safe"):
        assert client.post("/", {"_do": "go-on"}).status_code == 303


def revision(client: Client) -> str:
    found = re.search(r'name="_rev" value="(\d+)"', client.get("/").content.decode())
    assert found
    return found.group(1)


def post(client: Client, data: dict[str, object], do: str = "next") -> str:
    response = client.post("/", {**data, "_rev": revision(client), "_do": do})
    return client.get("/").content.decode() if response.status_code == 303 else response.content.decode()


def answer_everything(client: Client) -> None:
    start(client)
    for page in PAGES:
        post(client, page)


def send(client: Client) -> HttpResponse:
    return client.post("/", {"_rev": revision(client), "_do": "submit"})


def stored(cohort: Cohort) -> list[dict[str, object]]:
    rows = sorted(stored_records(cohort.site_id), key=lambda found: found[0].pk)
    return [dict(layout_for(cohort.version_id).decode(record, texts)) for _, record, texts in rows]


def test_what_was_answered_is_what_is_stored(client: Client, cohort: Cohort) -> None:
    answer_everything(client)
    assert "Check your answers" in client.get("/").content.decode()
    assert send(client).status_code == 303
    assert stored(cohort) == [
        {
            "gender": "woman",
            "age": 34,
            "assess": "often",
            "manage": "prefer_not",
            "training": "yes",
            "trainings": 3,
            "work": ("paid", "unpaid"),
            "secure": "canary-friends",
        }
    ]
    with site_scope(cohort.site_id):
        assert Draft.objects.count() == 0
    assert "Thank you" in client.get("/").content.decode()


def test_nothing_has_to_be_answered(client: Client, cohort: Cohort) -> None:
    start(client)
    for _ in range(3):
        post(client, {})
    send(client)
    assert {str(answer) for answer in stored(cohort)[0].values()} == {"blank", "not_asked"}


def test_a_follow_up_appears_on_the_same_page_after_saving(client: Client, cohort: Cohort) -> None:
    start(client)
    post(client, PAGES[0])
    assert 'name="trainings"' not in post(client, PAGES[1])
    assert 'name="trainings"' in post(client, {"training": "yes"})


def test_an_answer_that_is_routed_off_later_is_dropped(client: Client, cohort: Cohort) -> None:
    answer_everything(client)
    post(client, {}, do="page-2")
    post(client, {"training": "no"})
    send(client)
    assert str(stored(cohort)[0]["trainings"]) == "not_asked"


def test_back_keeps_what_was_typed(client: Client, cohort: Cohort) -> None:
    start(client)
    post(client, PAGES[0])
    post(client, {"assess": "always"}, do="back")
    assert re.search(r'value="often"[^>]*checked', post(client, PAGES[0])) is None
    assert re.search(r'value="always"[^>]*checked', client.get("/").content.decode())


@pytest.mark.parametrize("age", ["7", "121", "abc", "-20", "3.5", "９９９", "²", "1" * 9])
def test_an_impossible_number_keeps_the_page_and_the_typed(client: Client, cohort: Cohort, age: str) -> None:
    start(client)
    page = post(client, {"gender": "man", "age": age})
    assert "Write a whole number." in page
    assert f'value="{age}"' in page
    assert "<title>Error:" in page
    assert re.search(r'value="man"[^>]*checked', page)


def test_declining_and_answering_at_once_is_an_error(client: Client, cohort: Cohort) -> None:
    start(client)
    assert "Clear one of the two" in post(client, {"age": "30", "age_decline": "on"})


def test_an_exclusive_choice_stands_alone(client: Client, cohort: Cohort) -> None:
    start(client)
    post(client, PAGES[0])
    post(client, PAGES[1])
    assert "Choose “none” alone" in post(client, {"work": ["paid", "none"]})


def test_the_language_changes_without_losing_what_was_typed(client: Client, cohort: Cohort) -> None:
    start(client)
    response = client.post("/", {"gender": "man", "age": "41", "_rev": revision(client), "_lang": "ar"})
    page = client.get("/").content.decode() if response.status_code == 303 else response.content.decode()
    assert '<html lang="ar" dir="rtl">' in page
    assert 'value="41"' in page


def test_a_second_tab_cannot_overwrite_silently(client: Client, cohort: Cohort) -> None:
    start(client)
    old = revision(client)
    post(client, {"gender": "woman"})
    post(client, {}, do="back")
    page = client.post("/", {"gender": "man", "_rev": old, "_do": "next"}).content.decode()
    assert "saved in another window" in page
    assert re.search(r'value="woman"[^>]*checked', client.get("/").content.decode())


def test_a_form_of_another_page_is_shown_again_with_what_was_typed(client: Client, cohort: Cohort) -> None:
    start(client)
    old = revision(client)
    post(client, PAGES[0])
    post(client, PAGES[1])
    page = client.post("/", {"gender": "man", "age": "51", "_rev": old, "_at": "0", "_do": "next"}).content.decode()
    assert "saved in another window" in page
    assert 'name="_at" value="0"' in page
    assert 'value="51"' in page
    assert re.search(r'value="man"[^>]*checked', page)
    post(client, {"gender": "man", "age": "51", "_at": "0"})
    assert re.search(r'value="often"[^>]*checked', client.get("/").content.decode())


def test_the_second_half_of_a_double_click_is_no_conflict(client: Client, cohort: Cohort) -> None:
    start(client)
    data = {**PAGES[0], "_rev": revision(client), "_at": "0", "_do": "next"}
    assert [client.post("/", data).status_code for _ in range(2)] == [303, 303]
    assert 'name="assess"' in client.get("/").content.decode()


def test_what_was_not_reviewed_is_not_sent(client: Client, cohort: Cohort) -> None:
    answer_everything(client)
    reviewed = revision(client)
    post(client, {}, do="page-0")
    post(client, {"gender": "man"}, do="review")
    again = client.post("/", {"_rev": reviewed, "_do": "submit"})
    assert "Your answers were changed in another window" in again.content.decode()
    assert stored(cohort) == []
    assert "Check your answers" in client.get("/").content.decode()
    send(client)
    assert [row["gender"] for row in stored(cohort)] == ["man"]


def test_from_a_changed_answer_the_way_back_to_the_review_is_one_step(client: Client, cohort: Cohort) -> None:
    answer_everything(client)
    assert 'value="review"' in post(client, {}, do="page-0")
    assert "<title>Error:" in post(client, {"age": "7"}, do="review")
    assert "<dl" in post(client, {"age": "77"}, do="review")


def test_before_the_review_no_button_leads_there(client: Client, cohort: Cohort) -> None:
    start(client)
    assert 'value="review"' not in post(client, PAGES[0])


def test_a_frozen_cohort_takes_no_more_answers_and_the_draft_stays(client: Client, cohort: Cohort) -> None:
    answer_everything(client)
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        Cohort.objects.update(state=Cohort.State.FROZEN)
    response = send(client)
    assert (response.status_code, "This survey has ended" in response.content.decode()) == (410, True)
    assert stored(cohort) == []
    assert "canary-friends" in client.get("/").content.decode()


@pytest.mark.parametrize("state", ["paused", "closed"])
def test_who_has_begun_may_finish_until_the_freeze(client: Client, cohort: Cohort, state: str) -> None:
    answer_everything(client)
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        Cohort.objects.update(state=state)
    send(client)
    assert len(stored(cohort)) == 1


@pytest.mark.parametrize(("wish", "tag"), [("fr", "ar"), ("ar-EG,ar;q=0.9", "ar"), ("en-GB", "en"), ("id,en", "en")])
def test_the_link_speaks_the_browsers_language_or_the_sites(
    client: Client, cohort: Cohort, wish: str, tag: str
) -> None:
    response = client.get(f"/j/{TOKEN}/", headers={"Accept-Language": wish})
    assert f'<html lang="{tag}"' in response.content.decode()
    assert response.headers["Content-Language"] == tag


@pytest.mark.parametrize(("state", "status"), [("preparing", 410), ("paused", 410), ("closed", 410), ("frozen", 410)])
def test_a_link_that_is_not_open_says_so(client: Client, cohort: Cohort, state: str, status: int) -> None:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        Cohort.objects.update(state=state)
    assert client.get(f"/j/{TOKEN}/").status_code == status
    assert client.post(f"/j/{TOKEN}/", {"_do": "start"}).status_code == status


def test_an_unknown_link_and_a_lost_session_say_what_to_do(client: Client, cohort: Cohort) -> None:
    assert client.get("/j/unknown/").status_code == 404
    assert "open “I have a code” and type it" in client.get("/").content.decode()
    assert client.post("/", {"_do": "next"}).status_code == 200


def test_a_started_draft_is_finished_on_its_own_version(client: Client, cohort: Cohort) -> None:
    answer_everything(client)
    publish_small()
    send(client)
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        assert set(Response.objects.values_list("version_id", flat=True)) == {cohort.version_id}


def test_no_answer_stands_readable_in_a_draft_or_a_session(client: Client, cohort: Cohort) -> None:
    answer_everything(client)
    with connection.cursor() as cursor, site_scope(cohort.site_id):
        cursor.execute(
            "SELECT sealed FROM survey_draft UNION ALL SELECT decode(session_data, 'hex') FROM django_session"
        )
        rows = [bytes(row[0]) for row in cursor.fetchall()]
    assert len(rows) == 2
    assert all(b"canary" not in row for row in rows)


def test_drafts_of_any_content_have_the_same_size(client: Client, cohort: Cohort) -> None:
    start(client)
    with site_scope(cohort.site_id):
        empty = len(bytes(Draft.objects.get().sealed))
    for page in PAGES:
        post(client, page)
    with site_scope(cohort.site_id):
        assert len(bytes(Draft.objects.get().sealed)) == empty


JUNK = st.one_of(
    st.text(max_size=80), st.sampled_from(["\x00", "<script>alert(1)</script>", "' OR 1=1 --", "{{7*7}}", "x" * 9000])
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["gender", "age", "age_decline", "_do", "_rev", "_lang", "x", "assess"]), JUNK))
def test_junk_never_breaks_a_page_nor_comes_back_unescaped(
    client: Client, cohort: Cohort, data: dict[str, str]
) -> None:
    start(client)
    response = client.post("/", {"_rev": revision(client), **data})
    assert response.status_code in (200, 303)
    assert b"<script>alert" not in response.content


@pytest.mark.parametrize("name", ["_do", "_at", "_rev", "_lang"])
@pytest.mark.parametrize(
    "value", ["-1", "9999", "9" * 5000, "page-", "page--1", "page-" + "9" * 5000, "page-²", "\x00"]
)
def test_a_forged_place_never_breaks_a_page(client: Client, cohort: Cohort, name: str, value: str) -> None:
    answer_everything(client)
    data = {"_rev": revision(client), "_at": "0", "_do": "next", name: value}
    assert client.post("/", data).status_code in (200, 303)
    assert client.get("/").status_code == 200


def test_forms_in_another_encoding_are_refused(client: Client, cohort: Cohort) -> None:
    start(client)
    for address in ("/", f"/j/{TOKEN}/"):
        response = client.post(address, "age=%2B2AA-", content_type="application/x-www-form-urlencoded; charset=utf-7")
        assert response.status_code == 400


@pytest.mark.django_db(transaction=True)
def test_eight_parallel_submissions_give_one_response(version: Version, cohort: Cohort) -> None:
    secret = drafts.start_draft(cohort=cohort, language="en").secret

    def submit() -> None:
        take_role("survey_web")
        responses.submit(secret=secret, site_id=cohort.site_id, revision=0)
        connection.close()

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        assert Response.objects.count() == 1
