"""Stop, come back, erase, send, take back, leave: with a code and without a trace."""

import datetime
import re
import threading

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from survey import codes, drafts, links, sealing
from survey.models import Cohort, Draft, FreeText, Locator, Response
from survey.scope import site_scope
from survey.views import holding
from tests.roles import acting_as, take_role
from tests.studies import add_cohort, publish_small, site_of
from tests.survey.test_participant import PAGES, TOKEN, answer_everything, post, send, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def cohort() -> Cohort:
    version = publish_small()
    found = add_cohort(site_of(version, "EG"), version, state=Cohort.State.OPEN, size=0)
    with acting_as("survey_worker"):
        links.set_link(cohort=found, token=TOKEN)
    return found


def code_on(page: str) -> str:
    found = re.search(r'<bdi dir="ltr">([\d ]+)</bdi>', page)
    assert found
    return found.group(1)


def text(client: Client) -> str:
    return client.get("/").content.decode()


def begin(client: Client) -> str:
    """Start, and read the code as a person does."""
    client.post(f"/j/{TOKEN}/", {"_do": "start", "_lang": "en"})
    code = code_on(text(client))
    for _ in ("the code", "staying safe"):
        client.post("/", {"_do": "go-on"})
    return code


def type_code(code: str, client: Client | None = None) -> tuple[Client, int, str]:
    """On another device: status and what can be read after typing a code."""
    other = client or Client()
    answer = other.post("/code/", {"code": code})
    return other, answer.status_code, (text(other) if answer.status_code == 303 else answer.content.decode())


def rows(cohort: Cohort) -> tuple[int, int, int, int]:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        counts = [model.objects.count() for model in (Draft, Response, FreeText)]
    return counts[0], counts[1], counts[2], Locator.objects.count()


ONLY_THE_LINK = (0, 0, 0, 1)


def test_the_code_opens_the_draft_elsewhere_at_the_next_page_without_an_answer(client: Client, cohort: Cohort) -> None:
    code = begin(client)
    post(client, PAGES[0])
    post(client, PAGES[1], do="back")
    other, status, page = type_code(code.replace(" ", "-"))
    assert status == 303
    assert "Staying safe" in page
    other.post("/", {"_do": "go-on"})
    shown = text(other)
    assert 'name="training"' in shown
    assert "checked" not in shown


def test_the_code_can_be_seen_again_without_losing_what_was_typed(client: Client, cohort: Cohort) -> None:
    code = begin(client)
    assert code_on(post(client, PAGES[0], do="code")) == code
    client.post("/", {"_do": "go-on"})
    assert 'value="34"' in text(client)


def test_a_slip_in_the_code_is_told_at_once(client: Client, cohort: Cohort) -> None:
    code = begin(client)
    wrong = ("1" if code[0] != "1" else "2") + code[1:]
    _, status, page = type_code(wrong)
    assert (status, "at least one is wrong or missing" in page) == (422, True)


def test_every_code_that_opens_nothing_reads_the_same(client: Client, cohort: Cohort) -> None:
    resumed = begin(client)
    for page in PAGES:
        post(client, page)
    send(client)
    receipt = code_on(text(client))
    pages = [type_code(code) for code in (codes.new_code(), resumed)]
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        Cohort.objects.filter(pk=cohort.pk).update(state=Cohort.State.FROZEN)
    pages.append(type_code(receipt))
    assert [status for _, status, _ in pages] == [404, 404, 404]
    assert len({re.sub(r'value="[^"]{64}"', "", page) for _, _, page in pages}) == 1
    assert "part of published tables" in pages[0][2]


def test_erasing_leaves_nothing(client: Client, cohort: Cohort) -> None:
    code = begin(client)
    assert "Erase your answers?" in post(client, PAGES[0], do="erase")
    client.post("/", {"_do": "erase-now"})
    assert "Your answers are erased" in text(client)
    assert rows(cohort) == ONLY_THE_LINK
    assert type_code(code)[1] == 404


def test_erasing_can_be_thought_better_of(client: Client, cohort: Cohort) -> None:
    begin(client)
    post(client, PAGES[0], do="erase")
    client.post("/", {"_do": "go-on"})
    assert 'value="34"' in text(client)


def test_a_draft_erases_itself_after_fourteen_days(client: Client, cohort: Cohort) -> None:
    code = begin(client)
    today = timezone.now().date()
    with site_scope(cohort.site_id):
        assert Draft.objects.get().expires_on == today + datetime.timedelta(days=14)
        Draft.objects.update(expires_on=today)
    with acting_as("survey_worker"):
        assert drafts.expire_drafts() == 0
    assert type_code(code)[1] == 303
    with site_scope(cohort.site_id):
        Draft.objects.update(expires_on=today - datetime.timedelta(days=1))
    assert type_code(code)[1] == 404
    with acting_as("survey_worker"):
        assert drafts.expire_drafts() == 1
    assert rows(cohort) == ONLY_THE_LINK


def test_the_receipt_takes_back_what_was_sent(client: Client, cohort: Cohort) -> None:
    answer_everything(client)
    send(client)
    receipt = code_on(text(client))
    assert rows(cohort) == (0, 1, 1, 2)
    other, status, page = type_code(receipt)
    assert (status, "Delete the answers that you sent?" in page) == (200, True)
    assert rows(cohort) == (0, 1, 1, 2)
    other.post("/code/", {"code": receipt, "_do": "withdraw"})
    assert "Your answers are deleted" in text(other)
    assert rows(cohort) == ONLY_THE_LINK
    assert type_code(receipt)[1] == 404


def test_a_receipt_takes_back_its_own_response_only(client: Client, cohort: Cohort) -> None:
    receipts = []
    for number in range(2):
        one = Client()
        answer_everything(one)
        if number:
            post(one, {}, do="page-0")
            post(one, {"gender": "man", "age": "20"}, do="review")
        send(one)
        receipts.append(code_on(text(one)))
    Client().post("/code/", {"code": receipts[0], "_do": "withdraw"})
    assert rows(cohort) == (0, 1, 1, 2)
    assert type_code(receipts[1])[1] == 200


def test_an_idle_session_ends_and_the_draft_is_kept(client: Client, cohort: Cohort) -> None:
    code = begin(client)
    post(client, PAGES[0])
    session = client.session
    session[holding.SEEN] -= 30 * 60 + 1
    session.save()
    assert "There is nothing open here" in text(client)
    assert type_code(code)[1] == 303


def test_leaving_takes_two_hops_and_ends_the_session(client: Client, cohort: Cohort) -> None:
    code = begin(client)
    post(client, PAGES[0])
    first = client.get(re.search(r'href="(/leave/\d+/\d+/)"', text(client)).group(1))  # type: ignore[union-attr]
    assert (first.status_code, first.content, first["Refresh"]) == (
        200,
        b"",
        f"0; url=/left/{cohort.site_id}/{cohort.pk}/",
    )
    second = client.get(f"/left/{cohort.site_id}/{cohort.pk}/")
    assert (second.status_code, second["Location"]) == (303, "https://www.wikipedia.org/")
    assert second["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert "There is nothing open here" in text(client)
    assert type_code(code)[1] == 303


def test_leaving_works_for_sites_that_do_not_exist(client: Client) -> None:
    assert client.get("/left/999999/1/").status_code == 303


@pytest.mark.parametrize("typed", ["", "\x00", "<script>alert(1)</script>", "1" * 100_000, "٣" * 20, "'; DROP TABLE x"])
def test_junk_in_the_code_box_is_an_error_and_never_an_echo(client: Client, typed: str) -> None:
    answer = client.post("/code/", {"code": typed})
    assert answer.status_code == 422
    assert b"script>alert" not in answer.content


@pytest.mark.django_db(transaction=True)
def test_eight_parallel_sendings_make_one_response_and_one_receipt(client: Client, cohort: Cohort) -> None:
    start(client)
    for page in PAGES:
        post(client, page)
    found = re.search(r'name="_rev" value="(\d+)"', text(client))
    assert found
    revision, cookie = found.group(1), client.cookies["s"].value
    receipts: list[str] = []

    def press() -> None:
        one = Client()
        one.cookies["s"] = cookie
        one.post("/", {"_rev": revision, "_do": "submit"})
        receipts.append(code_on(text(one)))
        connection.close()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    take_role("survey_web")
    assert rows(cohort)[:3] == (0, 1, 1)
    assert len(set(receipts)) == 1


def test_what_a_guess_costs_is_not_cheapened_by_accident() -> None:
    from surveyproject import settings

    assert settings.CODE_STRETCHING == {"memory_kib": 65_536, "passes": 3}
    assert django_settings.CODE_STRETCHING != settings.CODE_STRETCHING
    real = sealing.stretch("1" * 20, salt=b"s" * 32, **settings.CODE_STRETCHING)
    # Stored drafts open with the stretching they were made with: this value may never change.
    assert real.hex()[:16] == "c2151570d96818b4"
