"""Invitations on the desk: links shown once, counted, withdrawn and made again; and the cohort's open link."""

import datetime
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import AuditEntry, Role
from survey import drafts, invitations, links
from survey.models import Batch, Cohort, Invitation, Locator, Site, Version
from survey.scope import site_scope
from tests.factories import make_staff, signed_in
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of

pytestmark = pytest.mark.django_db
TODAY = timezone.now().date()
DAY = datetime.timedelta(days=1)
FORM = {"size": "3", "language": "ar", "channel": "printed", "expires_on": f"{TODAY + 30 * DAY}"}


@pytest.fixture
def version() -> Version:
    return publish_small()


@pytest.fixture
def egypt(version: Version) -> Site:
    return site_of(version, "EG")


@pytest.fixture
def cohort(version: Version, egypt: Site) -> Cohort:
    return add_cohort(egypt, version, name="Cairo", state=Cohort.State.OPEN, size=0)


@pytest.fixture
def researcher(client: Client, egypt: Site) -> Client:
    make_staff("basma", Role.Name.RESEARCHER, egypt)
    signed_in(client, "basma")
    return client


def desk(cohort: Cohort, page: str = "") -> str:
    return f"/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/{page}"


def make(cohort: Cohort, size: int = 3, **values: Any) -> tuple[Batch, list[str]]:
    wanted = {"language": "ar", "channel": "printed", "expires_on": TODAY + 30 * DAY, **values}
    batch, tokens = invitations.make_batch(cohort=cohort, size=size, **wanted)
    return batch, list(tokens)


def numbers(cohort: Cohort, number: int = 1) -> tuple[int, int, int, int]:
    found = invitations.batch_of(cohort=cohort, number=number)
    assert found is not None
    return found[1].free, found[1].begun, found[1].used, found[1].withdrawn


def change(cohort: Cohort, **values: object) -> None:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        Cohort.objects.filter(pk=cohort.pk).update(**values)


def begin(token: str, where: str = "i") -> int:
    return Client(headers={"Accept-Language": "en"}).post(f"/{where}/{token}/", {"_do": "start"}).status_code


def text(answer: Any) -> str:
    return str(answer.content.decode()).replace("<wbr>", "")


def tokens_in(page: str) -> list[str]:
    return re.findall(r"http://testserver/i/([^/<]+)/", page)


def written(action: str) -> list[dict[str, object]]:
    with acting_as("survey_owner"):
        return list(AuditEntry.objects.filter(action=action).values_list("detail", flat=True))


# Made and handed out once ---------------------------------------------------------------------------------------------


def test_a_batch_is_made_and_its_links_can_be_printed_and_saved_until_they_are_forgotten(
    researcher: Client, cohort: Cohort
) -> None:
    made = researcher.post(desk(cohort, "invitations/new/"), FORM)
    assert (made.status_code, made["Location"]) == (303, desk(cohort, "invitations/1/"))
    sheet = researcher.get(desk(cohort, "invitations/1/slips/0/"))
    assert '<html lang="ar" dir="rtl">' in text(sheet)
    tokens = tokens_in(text(sheet))
    assert [Client().get(f"/i/{token}/").status_code for token in tokens] == [200, 200, 200]
    assert text(sheet) == text(researcher.get(desk(cohort, "invitations/1/slips/0/")))
    file = researcher.get(desk(cohort, "invitations/1/messages/"))
    assert file["Content-Disposition"] == 'attachment; filename="batch-1.csv"'
    assert all(f"/i/{token}/" in text(file) for token in tokens)
    researcher.post(desk(cohort, "invitations/1/forget/"))
    pages = ("invitations/1/slips/0/", "invitations/1/messages/")
    assert [researcher.get(desk(cohort, page)).status_code for page in pages] == [404, 404]
    assert "cannot be had any more" in text(researcher.get(desk(cohort, "invitations/1/")))


def test_the_links_are_there_for_nobody_else_and_not_after_signing_out(
    researcher: Client, cohort: Cohort, egypt: Site
) -> None:
    researcher.post(desk(cohort, "invitations/new/"), FORM)
    make_staff("colleague", Role.Name.RESEARCHER, egypt)
    colleague = Client()
    signed_in(colleague, "colleague")
    assert colleague.get(desk(cohort, "invitations/1/")).status_code == 200
    assert colleague.get(desk(cohort, "invitations/1/slips/0/")).status_code == 404
    researcher.logout()
    signed_in(researcher, "basma")
    assert researcher.get(desk(cohort, "invitations/1/slips/0/")).status_code == 404


def test_neither_the_database_nor_the_audit_trail_holds_a_token_or_its_seed(researcher: Client, cohort: Cohort) -> None:
    researcher.post(desk(cohort, "invitations/new/"), FORM)
    seed = researcher.session["shown_once"][f"batch:{cohort.pk}:1"]
    token = invitations.token_of(bytes.fromhex(seed), 1)
    with acting_as("survey_owner"), site_scope(cohort.site_id), connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [row[0] for row in cursor.fetchall()]
        stored = ""
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            stored += " ".join(row[0] for row in cursor.fetchall())
    assert invitations.token_hash(token).hex() in stored
    assert [secret for secret in (token, token.replace("-", ""), seed) if secret in stored] == []
    assert written("invitations-made") == [{"cohort": str(cohort), "batch": 1, "size": 3}]


def test_a_slip_says_survey_and_until_when_and_its_number_and_nothing_of_the_study(
    researcher: Client, cohort: Cohort
) -> None:
    researcher.post(desk(cohort, "invitations/new/"), {**FORM, "language": "en", "expires_on": f"{TODAY + 2 * DAY}"})
    page = text(researcher.get(desk(cohort, "invitations/1/slips/0/")))
    words = re.sub(r"<[^>]+>", "\n", page[page.index("<article>") : page.index("</article>")])
    assert [line for line in words.split("\n") if line.strip()] == [
        "Survey",
        "Point a phone's camera at the square, or type this address into a browser:",
        f"http://testserver/i/{tokens_in(page)[0]}/",
        f"Valid until {date_format(TODAY + 2 * DAY)}, for one person and one time.",
        "1 · 1",
    ]
    assert not re.search(r"\sstyle=|<script", page)


def test_links_have_the_public_name_where_one_is_set(researcher: Client, cohort: Cohort, settings: Any) -> None:
    researcher.post(desk(cohort, "invitations/new/"), FORM)
    settings.PUBLIC_ORIGIN = "https://survey.example.org"
    assert "https://survey.example.org/i/" in text(researcher.get(desk(cohort, "invitations/1/slips/0/")))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"size": "0"}, "Ensure this value is greater than or equal to 1."),
        ({"size": "5001"}, "Ensure this value is less than or equal to 5000."),
        ({"size": "=1+1"}, "Enter a whole number."),
        ({"language": "sw"}, "Select a valid choice."),
        ({"channel": "carrier pigeon"}, "Select a valid choice."),
        ({"expires_on": f"{TODAY - DAY}"}, "Choose a day from today to a year from now."),
        ({"expires_on": "9999-12-31"}, "Choose a day from today to a year from now."),
        ({"expires_on": "tomorrow"}, "Enter a valid date."),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_made(
    researcher: Client, cohort: Cohort, changed: dict[str, str], message: str
) -> None:
    answer = researcher.post(desk(cohort, "invitations/new/"), {**FORM, **changed})
    assert (answer.status_code, message in text(answer)) == (422, True)
    assert invitations.batch_of(cohort=cohort, number=1) is None


def test_only_the_languages_of_the_cohort_are_offered(researcher: Client, cohort: Cohort) -> None:
    change(cohort, languages=["en"])
    assert researcher.post(desk(cohort, "invitations/new/"), FORM).status_code == 422


def test_an_invitation_whose_language_is_offered_no_more_opens_in_another(cohort: Cohort) -> None:
    _, (token, *_rest) = make(cohort)
    change(cohort, languages=["en"])
    page = Client().get(f"/i/{token}/")
    assert (page.status_code, '<html lang="en"' in text(page)) == (200, True)


@pytest.mark.parametrize(
    ("state", "status"), [("preparing", 303), ("open", 303), ("paused", 303), ("closed", 404), ("frozen", 404)]
)
def test_people_are_invited_until_the_cohort_is_closed(
    researcher: Client, cohort: Cohort, state: str, status: int
) -> None:
    change(cohort, state=state)
    assert researcher.post(desk(cohort, "invitations/new/"), FORM).status_code == status
    assert researcher.get(desk(cohort, "invitations/")).status_code == 200


def test_a_cohort_has_room_for_so_many(cohort: Cohort, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST_IN_COHORT", 5)
    make(cohort, size=3)
    assert invitations.room(cohort) == 2
    with pytest.raises(invitations.NoRoomError):
        make(cohort, size=3)
    assert invitations.batch_of(cohort=cohort, number=2) is None


def test_links_that_lead_to_this_computer_only_are_pointed_out(researcher: Client, cohort: Cohort) -> None:
    researcher.post(desk(cohort, "invitations/new/"), FORM)
    pages = [
        text(researcher.get(desk(cohort, "invitations/1/"), headers={"host": host}))
        for host in ("localhost:8000", "testserver")
    ]
    assert ["lead to this computer only" in page for page in pages] == [True, False]


def test_an_account_moved_to_another_country_has_its_links_no_more(
    researcher: Client, cohort: Cohort, version: Version
) -> None:
    researcher.post(desk(cohort, "invitations/new/"), FORM)
    with acting_as("survey_owner"):
        Role.objects.filter(user__username="basma").update(site_id=site_of(version, "KE").pk)
    pages = ("invitations/1/", "invitations/1/slips/0/", "invitations/1/messages/")
    assert [researcher.get(desk(cohort, page)).status_code for page in pages] == [404, 404, 404]


# Counted, withdrawn, made again ---------------------------------------------------------------------------------------


def test_a_batch_tells_how_many_are_free_begun_used_and_withdrawn(cohort: Cohort) -> None:
    _, tokens = make(cohort, size=6)
    for token in tokens[:3]:
        begin(token)
    with site_scope(cohort.site_id):
        invitations.spend(cohort_id=cohort.pk, invitation=invitations.token_hash(tokens[0]))
        # The draft of the third is over.
        Invitation.objects.filter(pk=invitations.token_hash(tokens[2])).update(reserved_until=TODAY - DAY)
    found = invitations.batch_of(cohort=cohort, number=1)
    assert found is not None
    invitations.withdraw(batch=found[0], number=6, by="basma")
    assert numbers(cohort) == (3, 1, 1, 1)


def test_one_slip_is_withdrawn_by_its_number_after_a_page_that_says_what_it_means(
    researcher: Client, cohort: Cohort
) -> None:
    _, tokens = make(cohort)
    sure = text(researcher.get(desk(cohort, "invitations/1/withdraw/?number=2")))
    assert "Withdraw invitation 2 of batch 1" in sure
    assert "leads nowhere from now on" in sure
    assert numbers(cohort) == (3, 0, 0, 0)
    done = researcher.post(desk(cohort, "invitations/1/withdraw/"), {"number": "2"})
    assert (done.status_code, done["Location"]) == (303, desk(cohort, "invitations/1/?withdrawn=some"))
    assert [Client().get(f"/i/{token}/").status_code for token in tokens] == [200, 404, 200]
    again = researcher.post(desk(cohort, "invitations/1/withdraw/"), {"number": "2"})
    assert "Nothing was withdrawn" in text(researcher.get(again["Location"]))
    assert written("invitations-withdrawn") == [{"cohort": str(cohort), "batch": 1, "withdrawn": 1}]


@pytest.mark.parametrize("number", ["0", "-1", "x", "5001", "99999999999999999999", ""])
def test_a_number_that_no_slip_can_have_is_told(researcher: Client, cohort: Cohort, number: str) -> None:
    make(cohort)
    answer = researcher.get(desk(cohort, "invitations/1/withdraw/"), {"number": number})
    assert (answer.status_code, "There is a problem" in text(answer)) == (422, True)


def test_the_rest_of_a_batch_is_withdrawn_and_what_is_used_stays(researcher: Client, cohort: Cohort) -> None:
    _, tokens = make(cohort)
    make(cohort)
    with site_scope(cohort.site_id):
        invitations.spend(cohort_id=cohort.pk, invitation=invitations.token_hash(tokens[0]))
    researcher.post(desk(cohort, "invitations/1/withdraw/"))
    assert (numbers(cohort), numbers(cohort, 2)) == ((0, 0, 1, 2), (3, 0, 0, 0))


def test_whoever_has_begun_can_send_although_the_invitation_is_withdrawn_meanwhile(cohort: Cohort) -> None:
    batch, (token, *_rest) = make(cohort)
    begin(token)
    invitations.withdraw(batch=batch, by="basma")
    assert numbers(cohort) == (0, 0, 0, 3)
    with site_scope(cohort.site_id):
        invitations.spend(cohort_id=cohort.pk, invitation=invitations.token_hash(token))
    assert numbers(cohort) == (0, 0, 1, 2)


def test_reissuing_withdraws_the_lost_slips_and_makes_as_many_new_ones_as_were_free(
    researcher: Client, cohort: Cohort
) -> None:
    _, tokens = make(cohort, size=4)
    begin(tokens[0])
    answer = researcher.post(desk(cohort, "invitations/1/reissue/"), {"expires_on": f"{TODAY + 5 * DAY}"})
    assert (answer.status_code, answer["Location"]) == (303, desk(cohort, "invitations/2/"))
    assert (numbers(cohort), numbers(cohort, 2)) == ((0, 0, 0, 4), (3, 0, 0, 0))
    new = tokens_in(text(researcher.get(desk(cohort, "invitations/2/slips/0/"))))
    assert [Client().get(f"/i/{token}/").status_code for token in (*tokens[1:], *new)] == [404] * 3 + [200] * 3
    found = invitations.batch_of(cohort=cohort, number=2)
    assert found is not None
    assert (found[0].language, found[0].channel, found[0].expires_on) == ("ar", "printed", TODAY + 5 * DAY)
    # Whoever presses second finds nothing left, and makes no third batch.
    late = researcher.post(desk(cohort, "invitations/1/reissue/"), {"expires_on": f"{TODAY + 5 * DAY}"})
    assert late["Location"] == desk(cohort, "invitations/1/?withdrawn=none")
    assert invitations.batch_of(cohort=cohort, number=3) is None


def test_a_withdrawn_slip_is_not_printed_again(researcher: Client, cohort: Cohort) -> None:
    researcher.post(desk(cohort, "invitations/new/"), FORM)
    researcher.post(desk(cohort, "invitations/1/withdraw/"), {"number": "2"})
    page = text(researcher.get(desk(cohort, "invitations/1/slips/0/")))
    assert re.findall(r"1 · \d", page) == ["1 · 1", "1 · 3"]


@pytest.mark.parametrize("page", ["invitations/1/withdraw/", "invitations/1/reissue/", "link/on/", "link/off/"])
def test_a_frozen_cohort_changes_no_more(researcher: Client, cohort: Cohort, page: str) -> None:
    make(cohort)
    change(cohort, state="frozen")
    assert researcher.post(desk(cohort, page), {"expires_on": f"{TODAY}"}).status_code == 404
    assert numbers(cohort) == (3, 0, 0, 0)


@pytest.mark.parametrize("what", ["withdraw one", "withdraw the rest", "reissue"])
def test_whatever_changes_all_rows_of_the_cohort_are_of_one_transaction(cohort: Cohort, what: str) -> None:
    batch, _ = make(cohort)
    make(cohort, size=2)
    acts: dict[str, Callable[[], object]] = {
        "withdraw one": lambda: invitations.withdraw(batch=batch, number=1, by="basma"),
        "withdraw the rest": lambda: invitations.withdraw(batch=batch, by="basma"),
        "reissue": lambda: invitations.reissue(batch=batch, expires_on=TODAY, seed=invitations.new_seed(), by="basma"),
    }
    acts[what]()
    with site_scope(cohort.site_id), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT xmin::text FROM survey_invitation")
        assert len(cursor.fetchall()) == 1


def test_rewriting_a_cohort_finds_its_room_on_the_same_pages(cohort: Cohort) -> None:
    with acting_as("survey_owner"), connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'survey_invitation'")
        assert cursor.fetchone() == (["fillfactor=45"],)


def test_a_batch_past_its_last_day_says_so(researcher: Client, cohort: Cohort) -> None:
    make(cohort, expires_on=TODAY - DAY)
    make(cohort, expires_on=TODAY)
    pages = ("invitations/1/", "invitations/2/", "invitations/")
    found = [text(researcher.get(desk(cohort, page))).count("past its last day") for page in pages]
    assert found == [1, 0, 1]


def test_batches_are_listed_by_page_in_as_many_queries_as_one(researcher: Client, cohort: Cohort) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert researcher.get(desk(cohort, "invitations/")).status_code == 200
        return len(caught)

    make(cohort, size=1)
    queries()
    of_one = queries()
    for _ in range(24):
        make(cohort, size=1)
    assert queries() == of_one
    assert "Page 1 of 2" in text(researcher.get(desk(cohort, "invitations/")))
    assert "Batch 5<" in text(researcher.get(desk(cohort, "invitations/?page=2")))
    assert researcher.get(desk(cohort, "invitations/?page=x")).status_code == 200


def test_an_empty_list_says_what_an_invitation_is(researcher: Client, cohort: Cohort) -> None:
    assert "a link for one person and one time" in text(researcher.get(desk(cohort, "invitations/")))


@pytest.mark.parametrize(
    "page",
    [
        *("invitations/", "invitations/new/", "invitations/1/", "invitations/1/slips/0/", "invitations/1/messages/"),
        *("invitations/1/withdraw/", "invitations/1/reissue/", "link/", "link/on/", "link/poster/"),
    ],
)
def test_none_of_it_exists_for_another_countrys_researcher(
    client: Client, version: Version, cohort: Cohort, page: str
) -> None:
    make(cohort)
    kenya = site_of(version, "KE")
    make_staff("amina", Role.Name.RESEARCHER, kenya)
    signed_in(client, "amina")
    assert client.get(desk(cohort, page)).status_code == 404
    assert client.post(desk(cohort, page).replace(f"/{cohort.site_id}/", f"/{kenya.pk}/", 1)).status_code in (404, 405)
    assert numbers(cohort) == (3, 0, 0, 0)


def test_another_country_can_neither_see_nor_change_an_invitation(version: Version, cohort: Cohort) -> None:
    make(cohort)
    with site_scope(site_of(version, "KE").pk):
        assert Invitation.objects.count() == Batch.objects.count() == 0
        assert Invitation.objects.update(state="withdrawn") == 0
    with pytest.raises(DatabaseError), transaction.atomic(), site_scope(cohort.site_id):
        Invitation.objects.all().delete()


# The open link --------------------------------------------------------------------------------------------------------


def open_link(page: str) -> str:
    found = re.search(r"http://testserver/j/([^/<]+)/ar/", page)
    assert found is not None
    return found.group(1)


def test_the_open_link_is_switched_on_shown_once_replaced_and_switched_off(researcher: Client, cohort: Cohort) -> None:
    assert "more than once too" in text(researcher.get(desk(cohort, "link/on/")))
    assert researcher.post(desk(cohort, "link/on/"))["Location"] == desk(cohort, "link/")
    first = open_link(text(researcher.get(desk(cohort, "link/"))))
    assert re.fullmatch(r"([2-9a-z]{5}-){3}[2-9a-z]{5}", first)
    poster = text(researcher.get(desk(cohort, "link/poster/")))
    assert re.findall(rf"/j/{first}/(\w+)/", poster) == ["ar", "en"]
    assert '<html lang="ar" dir="rtl">' in text(Client().get(f"/j/{first}/ar/"))
    assert Client().get(f"/j/{first.replace('-', '').upper()}/").status_code == 200
    researcher.post(desk(cohort, "link/replace/"))
    second = open_link(text(researcher.get(desk(cohort, "link/"))))
    assert [Client().get(f"/j/{token}/").status_code for token in (first, second)] == [404, 200]
    researcher.post(desk(cohort, "link/forget/"))
    assert "only its hash is kept" in text(researcher.get(desk(cohort, "link/")))
    assert researcher.get(desk(cohort, "link/poster/")).status_code == 404
    researcher.post(desk(cohort, "link/off/"))
    assert Client().get(f"/j/{second}/").status_code == 404
    assert Locator.objects.count() == 0
    assert [len(written(action)) for action in ("link-made", "link-ended", "link-printed")] == [2, 1, 1]


def test_a_link_that_a_colleague_replaced_is_not_shown_any_more(researcher: Client, cohort: Cohort) -> None:
    researcher.post(desk(cohort, "link/on/"))
    links.switch_on(cohort=cohort, by="colleague")
    assert "only its hash is kept" in text(researcher.get(desk(cohort, "link/")))


@pytest.mark.parametrize(("state", "status"), [("preparing", 303), ("paused", 303), ("closed", 404), ("frozen", 404)])
def test_the_open_link_is_made_until_the_cohort_is_closed(
    researcher: Client, cohort: Cohort, state: str, status: int
) -> None:
    change(cohort, state=state)
    assert researcher.post(desk(cohort, "link/on/")).status_code == status


@pytest.mark.parametrize(("cap", "status"), [("2", 303), ("", 303), ("0", 422), ("-1", 422), ("many", 422)])
def test_a_daily_cap_is_a_number_of_people_or_none(researcher: Client, cohort: Cohort, cap: str, status: int) -> None:
    assert researcher.post(desk(cohort, "link/"), {"cap": cap}).status_code == status


def capped(cohort: Cohort, cap: int) -> str:
    token = links.switch_on(cohort=cohort, by="basma")
    links.set_daily_cap(cohort=cohort, cap=cap, by="basma")
    return token


def test_when_the_cap_is_reached_the_link_says_come_back_tomorrow_and_invitations_go_on(cohort: Cohort) -> None:
    token = capped(cohort, 2)
    _, (invited, *_rest) = make(cohort)
    assert begin(invited) == 303
    assert [begin(token, "j"), begin(f"{token}/ar", "j"), begin(token, "j")] == [303, 303, 410]
    page = Client(headers={"Accept-Language": "en"}).get(f"/j/{token}/")
    assert (page.status_code, "Enough people have begun today" in text(page)) == (410, True)
    with acting_as("survey_worker"), site_scope(cohort.site_id), connection.cursor() as cursor:
        cursor.execute("UPDATE survey_tally SET day = day - 1")
    assert begin(token, "j") == 303


def test_whoever_has_begun_gets_back_when_the_cap_is_reached(cohort: Cohort) -> None:
    token = capped(cohort, 1)
    client = Client(headers={"Accept-Language": "en"})
    client.post(f"/j/{token}/", {"_do": "start"})
    assert "You have already begun" in text(client.post(f"/j/{token}/", {"_do": "inform"}))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_want_the_last_place_at_once_one_gets_it(cohort: Cohort) -> None:
    capped(cohort, 1)
    fresh = Cohort(pk=cohort.pk, site_id=cohort.site_id, version_id=cohort.version_id, daily_cap=1)
    both, outcomes = threading.Barrier(2), []

    def start() -> None:
        both.wait()
        try:
            drafts.start_draft(cohort=fresh, language="en")
            outcomes.append("begun")
        except drafts.TakenError:
            outcomes.append("full")
        finally:
            connection.close()

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["begun", "full"]
