"""The doors: an open link, a personal invitation, and what each says when it is closed."""

import datetime
import re
from collections.abc import Mapping

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from survey import codes, drafts, invitations, links, responses
from survey.models import Cohort, Invitation, Response, Tally
from survey.scope import receipt_scope, site_scope
from survey.sealing import receipt_locator, response_id
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of
from tests.survey.test_participant import PAGES, TOKEN, post, send

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()
DAY = datetime.timedelta(days=1)


@pytest.fixture
def cohort() -> Cohort:
    version = publish_small()
    found = add_cohort(site_of(version, "EG"), version, state=Cohort.State.OPEN, size=0)
    with acting_as("survey_worker"):
        links.set_link(cohort=found, token=TOKEN)
    return found


def invite(
    cohort: Cohort, size: int = 1, language: str = "en", expires_on: datetime.date = TODAY + 30 * DAY
) -> list[str]:
    _, tokens = invitations.make_batch(
        cohort=cohort, size=size, language=language, channel="message", expires_on=expires_on
    )
    return list(tokens)


def states(cohort: Cohort) -> list[str]:
    with site_scope(cohort.site_id):
        return list(Invitation.objects.order_by("number").values_list("state", flat=True))


def begin(token: str, client: Client | None = None) -> tuple[Client, int]:
    own = client or Client()
    status = own.post(f"/i/{token}/", {"_do": "start"}).status_code
    return own, status


def finish(client: Client) -> None:
    for _ in ("the code", "staying safe"):
        client.post("/", {"_do": "go-on"})
    for page in PAGES:
        post(client, page)
    assert send(client).status_code == 303


def change(cohort: Cohort, **values: object) -> None:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        Cohort.objects.filter(pk=cohort.pk).update(**values)


def tallies(cohort: Cohort) -> Mapping[str, int]:
    with site_scope(cohort.site_id):
        rows = Tally.objects.values_list("event", "detail", "language", "count")
        return {" ".join(part for part in row[:3] if part): row[3] for row in rows}


def test_an_invitation_is_reserved_when_begun_and_spent_when_sent(cohort: Cohort) -> None:
    token, _ = invite(cohort, size=2)
    assert Client().get(f"/i/{token}/").status_code == 200
    assert states(cohort) == ["free", "free"]
    one, status = begin(token)
    assert (status, states(cohort)) == (303, ["reserved", "free"])
    page = Client().get(f"/i/{token}/")
    assert (page.status_code, "Somebody has begun with this link" in page.content.decode()) == (410, True)
    finish(one)
    assert states(cohort) == ["used", "free"]
    page = Client().get(f"/i/{token}/")
    assert (page.status_code, "This link has been used" in page.content.decode()) == (410, True)


def test_an_invitation_is_free_again_after_its_draft_is_erased_or_has_expired(cohort: Cohort) -> None:
    (token,) = invite(cohort)
    one, _ = begin(token)
    one.post("/", {"_do": "go-on"})
    one.post("/", {"_do": "go-on"})
    post(one, {}, do="erase")
    one.post("/", {"_do": "erase-now"})
    assert states(cohort) == ["free"]
    begin(token)
    with site_scope(cohort.site_id):
        until = Invitation.objects.get().reserved_until
        assert until == TODAY + drafts.DRAFT_DAYS * DAY
        Invitation.objects.update(reserved_until=TODAY - DAY)
    assert begin(token)[1] == 303


def test_whoever_presses_second_finds_it_taken_and_has_no_draft(cohort: Cohort) -> None:
    (token,) = invite(cohort)
    found = invitations.find(token)
    assert found is not None
    begin(token)
    with pytest.raises(drafts.TakenError):
        drafts.start_draft(cohort=cohort, language="en", invitation=bytes(found[0].hash))
    assert tallies(cohort) == {"started en": 1}


def test_a_token_may_be_typed_in_capitals_and_without_groups(cohort: Cohort) -> None:
    (token,) = invite(cohort)
    assert re.fullmatch(r"([2-9a-z]{7}-){3}[2-9a-z]{7}", token)
    assert Client().get(f"/i/{token.replace('-', '').upper()}/").status_code == 200


def test_the_database_keeps_no_token_and_joins_no_invitation_to_a_response(cohort: Cohort) -> None:
    tokens = invite(cohort, size=5)
    one, _ = begin(tokens[2])
    one.post("/", {"_do": "go-on"})
    receipt = one.session["receipt"]
    one.post("/", {"_do": "go-on"})
    for page in PAGES:
        post(one, page)
    send(one)
    with acting_as("survey_worker"), site_scope(cohort.site_id), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT xmin::text FROM survey_invitation")
        assert len(cursor.fetchall()) == 1
        cursor.execute("SELECT * FROM survey_invitation")
        kept = str([[bytes(cell) if isinstance(cell, memoryview) else cell for cell in row] for row in cursor])
    assert not any(token.replace("-", "") in kept or token in kept for token in tokens)
    secret = drafts.receipt_secret_of(receipt)
    with receipt_scope(cohort.site_id, response_id(secret)):
        assert Response.objects.values_list("pk", flat=True).get() == response_id(secret)
    assert receipt_locator(secret) not in {invitations.token_hash(token) for token in tokens}


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({"state": "preparing"}, "This survey is not open yet"),
        ({"fieldwork_from": TODAY + DAY}, "This survey is not open yet"),
        ({"state": "paused"}, "This survey is paused"),
        ({"state": "closed"}, "This survey has ended"),
        ({"state": "frozen"}, "This survey has ended"),
        ({"fieldwork_from": TODAY - 9 * DAY, "fieldwork_to": TODAY - DAY}, "This survey has ended"),
    ],
)
@pytest.mark.parametrize("personal", [False, True])
def test_a_closed_door_says_what_to_do_and_lets_nobody_in(
    cohort: Cohort, changes: dict[str, object], title: str, personal: bool
) -> None:
    address = f"/i/{invite(cohort)[0]}/" if personal else f"/j/{TOKEN}/"
    change(cohort, **changes)
    client = Client(headers={"Accept-Language": "en"})
    pages = [client.get(address), client.post(address, {"_do": "inform"}), client.post(address, {"_do": "start"})]
    assert [page.status_code for page in pages] == [410, 410, 410]
    assert all(f"<h1>{title}</h1>" in page.content.decode() for page in pages)


def test_an_invitation_past_its_day_is_too_old(cohort: Cohort) -> None:
    (token,) = invite(cohort, expires_on=TODAY - DAY)
    page = Client().get(f"/i/{token}/")
    assert (page.status_code, "This link is too old" in page.content.decode()) == (410, True)


def test_a_withdrawn_invitation_is_as_unknown_as_one_that_never_was(cohort: Cohort) -> None:
    (token,) = invite(cohort)
    with site_scope(cohort.site_id):
        Invitation.objects.update(state="withdrawn")
    pages = [Client().get(f"/i/{address}/") for address in (token, invitations.token_of(invitations.new_seed(), 1))]
    assert [page.status_code for page in pages] == [404, 404]
    assert pages[0].content == pages[1].content


def test_a_withdrawn_invitation_does_not_come_back_when_its_draft_is_erased(cohort: Cohort) -> None:
    (token,) = invite(cohort)
    found = invitations.find(token)
    assert found is not None
    started = drafts.start_draft(cohort=cohort, language="en", invitation=bytes(found[0].hash))
    with site_scope(cohort.site_id):
        Invitation.objects.update(state="withdrawn", reserved_until=None)
    drafts.erase_draft(secret=started.secret, sheet=started.sheet)
    assert states(cohort) == ["withdrawn"]


def test_the_language_is_the_links_before_the_browsers_and_the_persons_before_all(cohort: Cohort) -> None:
    (token,) = invite(cohort, language="ar")
    browser = Client(headers={"Accept-Language": "en"})
    assert '<html lang="ar" dir="rtl">' in browser.get(f"/i/{token}/").content.decode()
    assert '<html lang="ar"' in browser.get(f"/j/{TOKEN}/ar/").content.decode()
    assert '<html lang="en"' in browser.get(f"/j/{TOKEN}/").content.decode()
    chosen = browser.post(f"/i/{token}/", {"_lang": "en"}).content.decode()
    assert '<html lang="en"' in chosen
    assert 'action="?_lang=en"' in chosen


def test_nothing_is_kept_of_anybody_who_only_looks(cohort: Cohort) -> None:
    client = Client()
    client.get(f"/j/{TOKEN}/")
    client.get("/")
    client.get("/j/unknown/")
    assert not client.cookies
    with site_scope(cohort.site_id):
        assert Tally.objects.count() == 0


def test_a_form_from_another_site_gets_no_further_than_the_first_page(cohort: Cohort) -> None:
    client = Client(enforce_csrf_checks=True)
    strange = client.post(f"/j/{TOKEN}/", {"_do": "inform"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert ('value="inform"' in strange.content.decode(), bool(client.cookies)) == (True, False)
    assert client.post(f"/j/{TOKEN}/", {"_do": "start"}).status_code == 403


def test_a_link_opened_again_leads_back_to_what_was_begun(cohort: Cohort) -> None:
    client = Client(headers={"Accept-Language": "en"})
    client.post(f"/j/{TOKEN}/", {"_do": "start"})
    page = client.post(f"/j/{TOKEN}/", {"_do": "inform"}).content.decode()
    assert "You have already begun" in page
    assert "Your code" in client.get("/").content.decode()
    assert 'value="start"' in client.post(f"/j/{TOKEN}/", {"_do": "anew"}).content.decode()


def test_recruitment_is_tallied_without_an_answer(cohort: Cohort) -> None:
    client = Client(headers={"Accept-Language": "en"})
    client.post(f"/j/{TOKEN}/", {"_do": "inform"})
    client.post(f"/j/{TOKEN}/", {"_do": "start"})
    finish(client)
    receipt = client.session["receipt"]
    assert tallies(cohort) == {
        "opened en": 1,
        "started en": 1,
        "reached about en": 1,
        "reached security en": 1,
        "submitted en": 1,
        "minutes 0 en": 1,
    }
    assert responses.withdraw(code=receipt)
    assert not responses.withdraw(code=receipt)
    assert tallies(cohort)["withdrawn"] == 1


def test_going_back_does_not_count_a_section_twice(cohort: Cohort) -> None:
    client = Client()
    client.post(f"/j/{TOKEN}/", {"_do": "start", "_lang": "en"})
    for _ in ("the code", "staying safe"):
        client.post("/", {"_do": "go-on"})
    for do in ("next", "back", "next", "back", "next"):
        post(client, {}, do=do)
    assert tallies(cohort) == {"started en": 1, "reached about en": 1, "reached security en": 1}


@pytest.mark.parametrize(
    ("address", "tongue"), [("/code/?_lang=sw", "sw"), ("/?_lang=ar", "ar"), ("/j/unknown/?_lang=id", "id")]
)
def test_pages_of_no_study_change_their_language_too(address: str, tongue: str, db: None) -> None:
    page = Client(headers={"Accept-Language": "en"}).get(address).content.decode()
    assert f'<html lang="{tongue}"' in page


def test_the_code_page_changes_its_language_and_keeps_what_was_typed(db: None) -> None:
    page = Client().post("/code/", {"code": "1234 5678", "_lang": "sw"})
    assert (page.status_code, '<html lang="sw"' in page.content.decode()) == (200, True)
    assert 'value="1234 5678"' in page.content.decode()


def test_the_information_page_changes_its_language_and_keeps_the_tick(cohort: Cohort) -> None:
    page = Client().post(f"/j/{TOKEN}/", {"_at": "inform", "_lang": "ar", "agree": "on"}).content.decode()
    assert ('<html lang="ar"' in page, 'value="start"' in page) == (True, True)
    assert tallies(cohort) == {}


def test_waiting_codes_are_told_to_wait(cohort: Cohort, monkeypatch: pytest.MonkeyPatch) -> None:
    from survey import sealing

    monkeypatch.setattr(sealing, "_PATIENCE_SECONDS", 0.01)
    with sealing._ONE_AT_A_TIME:
        answer = Client().post("/code/", {"code": codes.new_code()})
        begun = Client().post(f"/j/{TOKEN}/", {"_do": "start"})
    assert (answer.status_code, answer["Retry-After"], begun.status_code) == (503, "5", 503)
    assert Client().post(f"/j/{TOKEN}/", {"_do": "start"}).status_code == 303
