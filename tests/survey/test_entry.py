"""Paper on its way to a response: entered twice by two people, compared by a worker, counted once; or out of reach."""

import datetime
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import AuditEntry, Role
from survey import batches, entry, tasks
from survey.batches import NoPaperError, SheetError
from survey.entry import OccupiedError, SamePersonError
from survey.models import (
    Cohort,
    Difference,
    Draft,
    Flag,
    PaperEntry,
    PaperSheet,
    Response,
    Tally,
    Version,
)
from survey.protocol.schema import Answer, Missing
from survey.publishing import layout_for
from survey.scope import site_scope
from tests.factories import make_staff, signed_in
from tests.roles import acting_as, take_role
from tests.studies import MONDAY, add_cohort, publish_small, site_of, stored_records

pytestmark = pytest.mark.django_db
TRAINED = {
    "gender": "1",
    "age": "34",
    "assess": "2",
    "manage": "4",
    "training": "2",
    "work": "1 2",
    "secure": "friends",
}
ANSWERS: Mapping[str, Answer] = {
    "gender": "woman",
    "age": 34,
    "assess": "often",
    "manage": "prefer_not",
    "training": "yes",
    "trainings": 2,
    "work": ("paid", "unpaid"),
    "secure": "friends",
}


@pytest.fixture
def version() -> Version:
    return publish_small()


@pytest.fixture
def cohort(version: Version) -> Cohort:
    cohort = add_cohort(site_of(version, "KE"), version, state=Cohort.State.OPEN, size=0)
    batches.register(cohort=cohort, language="en", sheets=3, received_on=MONDAY, by="amina")
    return cohort


@pytest.fixture
def kenyans(version: Version) -> None:
    for name in ("amina", "brian"):
        make_staff(name, Role.Name.RESEARCHER, site_of(version, "KE"))


def at_desk(name: str) -> Client:
    client = Client()
    signed_in(client, name)
    return client


def address(cohort: Cohort, page: str = "") -> str:
    return f"/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/paper/{page}"


def sheet_of(cohort: Cohort, number: int = 1) -> PaperSheet:
    found = batches.find_sheet(cohort=cohort, batch=1, number=number)
    assert found is not None
    return found


def type_in(client: Client, cohort: Cohort, keys: Mapping[str, str], trainings: str = "2", number: int = 1) -> None:
    """Enter a sheet as a browser does, from the first section to handing it in."""
    enter = address(cohort, f"1/{number}/enter/")
    assert client.post(enter, {"_do": "begin"}).status_code == 303
    page = client.get(enter)
    for _ in range(9):
        context = page.context
        if "lines" in context:
            break
        form = context["form"]
        typed = {name: keys.get(name, trainings if name == "trainings" else "") for name in form.fields}
        sent = {"_do": "next", "_rev": context["revision"], "_at": context["at"], **typed}
        page = client.post(enter, sent, follow=True)
    done = client.post(enter, {"_do": "finish", "_rev": page.context["revision"]})
    assert (done.status_code, done["Location"]) == (303, address(cohort, f"1/?entered={number}"))


def work(cohort: Cohort, number: int = 1) -> None:
    """What the worker does with a sheet that was entered twice."""
    with acting_as("survey_worker"):
        entry.compare(site_id=cohort.site_id, cohort_id=cohort.pk, batch=1, number=number)


@contextmanager
def seen_by_workers(cohort: Cohort) -> Iterator[None]:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        yield


def newest(cohort: Cohort) -> int:
    """What the page of differences sends along."""
    with site_scope(cohort.site_id):
        return max(Difference.objects.values_list("pk", flat=True))


def stored(cohort: Cohort) -> list[tuple[str, str, Mapping[str, Answer]]]:
    return [
        (one.week, one.language, layout_for(one.version_id).decode(record, texts))
        for one, record, texts in stored_records(cohort.site_id)
        if one.cohort_id == cohort.pk
    ]


def left(cohort: Cohort) -> tuple[int, int, int]:
    """Drafts, entries and differences that are still there."""
    with seen_by_workers(cohort):
        return Draft.objects.count(), PaperEntry.objects.count(), Difference.objects.count()


# The way of a sheet ---------------------------------------------------------------------------------------------------


def test_two_entries_that_agree_become_one_response(kenyans: None, cohort: Cohort) -> None:
    type_in(at_desk("amina"), cohort, TRAINED)
    assert (sheet_of(cohort).state, stored(cohort)) == ("entered", [])
    # Spaces and the form of an accent are no difference.
    type_in(at_desk("brian"), cohort, {**TRAINED, "work": "2,1", "secure": "friends "})
    assert (sheet_of(cohort).state, stored(cohort)) == ("comparing", [])
    for _ in range(2):
        work(cohort)
    assert stored(cohort) == [("2026-W48", "en", ANSWERS)]
    sheet = sheet_of(cohort)
    assert (sheet.state, sheet.first_by, sheet.second_by) == ("agreed", "amina", "brian")
    assert left(cohort) == (0, 0, 0)
    with seen_by_workers(cohort):
        tallies = list(Tally.objects.values_list("event", "detail", "language", "count"))
        flag, response = Flag.objects.get(), Response.objects.get()
    assert tallies == [("submitted", "paper", "en", 1)]
    assert (flag.kind, flag.sheet, flag.week, flag.language) == ("paper", "1/1", "2026-W48", "en")
    assert flag.response_id == response.pk


def test_differences_are_settled_side_by_side(kenyans: None, cohort: Cohort) -> None:
    amina, brian = at_desk("amina"), at_desk("brian")
    type_in(amina, cohort, TRAINED)
    type_in(brian, cohort, {**TRAINED, "age": "43", "training": "1"})
    work(cohort)
    assert sheet_of(cohort).state == "differs"
    rows = entry.differences_of(cohort=cohort, batch=1, number=1)
    assert [(row.question, row.first, row.second, row.right) for row in rows] == [
        ("age", 34, 43, ""),
        ("training", "yes", "no", ""),
        ("trainings", 2, {"missing": "not_asked"}, "first"),
    ]
    settle = address(cohort, "1/1/settle/")
    page = brian.get(settle).content.decode()
    assert "2 yes" in page
    assert "1 no" in page
    assert brian.post(settle, {"age": "second"}).status_code == 422
    assert brian.post(settle, {"age": "second", "training": "third"}).status_code == 422
    chosen = {"age": "second", "training": "first"}
    # A page from before somebody entered the sheet again speaks of other entries.
    assert brian.post(settle, {**chosen, "newest": str(newest(cohort) - 1)}).status_code == 409
    assert brian.post(settle, {**chosen, "newest": str(newest(cohort))}).status_code == 303
    work(cohort)
    assert stored(cohort) == [("2026-W48", "en", {**ANSWERS, "age": 43})]
    assert left(cohort) == (0, 0, 0)


def test_answers_off_the_chosen_route_are_dropped(kenyans: None, cohort: Cohort) -> None:
    type_in(at_desk("amina"), cohort, TRAINED)
    type_in(at_desk("brian"), cohort, {**TRAINED, "training": "1"})
    work(cohort)
    entry.settle(cohort=cohort, batch=1, number=1, right={"training": "second"}, newest=newest(cohort), by="amina")
    work(cohort)
    untrained = {**ANSWERS, "training": "no", "trainings": Missing.NOT_ASKED}
    assert stored(cohort) == [("2026-W48", "en", untrained)]


def test_neither_entry_is_right_and_the_sheet_is_entered_again(kenyans: None, cohort: Cohort) -> None:
    type_in(at_desk("amina"), cohort, TRAINED)
    type_in(at_desk("brian"), cohort, {**TRAINED, "age": "43"})
    work(cohort)
    assert at_desk("brian").post(address(cohort, "1/1/"), {"_do": "again"}).status_code == 303
    sheet = sheet_of(cohort)
    assert (sheet.state, sheet.first_by, sheet.second_by, left(cohort)) == ("waiting", "", "", (0, 0, 0))
    type_in(at_desk("brian"), cohort, TRAINED)
    assert sheet_of(cohort).first_by == "brian"


def test_what_staff_did_is_written_down_without_an_answer(kenyans: None, cohort: Cohort) -> None:
    type_in(at_desk("amina"), cohort, TRAINED)
    type_in(at_desk("brian"), cohort, {**TRAINED, "age": "43"})
    work(cohort)
    entry.settle(cohort=cohort, batch=1, number=1, right={"age": "first"}, newest=newest(cohort), by="brian")
    trail = AuditEntry.objects.filter(action__startswith="paper").order_by("pk")
    here = {"cohort": str(cohort), "batch": 1}
    assert [(one.actor, one.action, one.detail) for one in trail] == [
        ("amina", "paper-registered", {**here, "sheets": 3}),
        ("amina", "paper-entered", {**here, "sheet": 1, "turn": 1}),
        ("brian", "paper-entered", {**here, "sheet": 1, "turn": 2}),
        ("brian", "paper-settled", {**here, "sheet": 1}),
    ]


# Typing ---------------------------------------------------------------------------------------------------------------


def test_a_finished_section_is_safe_and_one_goes_on_where_one_stopped(kenyans: None, cohort: Cohort) -> None:
    enter = address(cohort, "1/1/enter/")
    at_desk("amina").post(enter, {"_do": "begin"})
    sent = {"_do": "next", "_rev": "0", "_at": "0", "gender": "1", "age": "34"}
    assert at_desk("amina").post(enter, sent)["Location"] == enter
    # Another day, another session.
    page = at_desk("amina").get(enter)
    assert (page.context["at"], next(iter(page.context["form"].fields))) == (1, "assess")
    assert at_desk("amina").get(f"{enter}?q=2").context["form"].initial == {"gender": "1", "age": "34"}


def test_a_wrong_key_is_told_and_the_others_are_kept(kenyans: None, cohort: Cohort) -> None:
    enter, amina = address(cohort, "1/1/enter/"), at_desk("amina")
    amina.post(enter, {"_do": "begin"})
    page = amina.post(enter, {"_do": "next", "_rev": "0", "_at": "0", "gender": "9", "age": "34"})
    assert page.status_code == 422
    assert "1: <bdi>Type a key from 1 to 3, or leave it empty.</bdi>" in page.content.decode()
    assert 'value="9"' in page.content.decode()
    kept = amina.get(enter).context["form"].initial
    assert kept == {"gender": "", "age": "34"}


def test_a_follow_up_appears_in_place_once_it_is_opened(kenyans: None, cohort: Cohort) -> None:
    enter, amina = address(cohort, "1/1/enter/"), at_desk("amina")
    amina.post(enter, {"_do": "begin"})
    amina.post(enter, {"_do": "next", "_rev": "0", "_at": "0"})
    assert "trainings" not in amina.get(enter).context["form"].fields
    page = amina.post(enter, {"_do": "next", "_rev": "1", "_at": "1", "training": "2"}, follow=True)
    assert page.redirect_chain == [(f"{enter}?q=6", 303)]
    assert page.context["form"].fields["trainings"].widget.attrs["autofocus"] is True
    # Closed again, it is not asked, and what was typed of it is not counted.
    amina.post(enter, {"_do": "next", "_rev": "2", "_at": "1", "training": "2", "trainings": "3"})
    amina.post(enter, {"_do": "next", "_rev": "3", "_at": "1", "training": "1", "trainings": "3"})
    assert [(line.number, line.answer) for line in amina.get(enter).context["lines"]][4:6] == [
        (5, "1 no"),
        (7, "No answer"),
    ]


def test_one_jumps_to_a_question_by_its_number(kenyans: None, cohort: Cohort) -> None:
    enter, amina = address(cohort, "1/1/enter/"), at_desk("amina")
    amina.post(enter, {"_do": "begin"})
    jumped = amina.post(enter, {"_do": "next", "_rev": "0", "_at": "0", "gender": "1", "q": "٧"}, follow=True)
    assert jumped.redirect_chain == [(f"{enter}?q=7", 303)]
    assert jumped.context["form"].fields["work"].widget.attrs["autofocus"] is True
    missed = amina.get(f"{enter}?q=99").content.decode()
    assert "Question 99 is not asked after the answers so far." in missed


def test_two_windows_do_not_overwrite_each_other(kenyans: None, cohort: Cohort) -> None:
    enter, amina = address(cohort, "1/1/enter/"), at_desk("amina")
    amina.post(enter, {"_do": "begin"})
    first = {"_do": "next", "_rev": "0", "_at": "0", "age": "34"}
    assert [amina.post(enter, first).status_code for _ in range(2)] == [303, 303]
    late = amina.post(enter, {**first, "age": "43"})
    assert late.status_code == 409
    assert 'value="43"' in late.content.decode()
    assert amina.get(f"{enter}?q=2").context["form"].initial["age"] == "34"


def test_starting_over_throws_away_what_was_typed(kenyans: None, cohort: Cohort) -> None:
    enter, amina = address(cohort, "1/1/enter/"), at_desk("amina")
    amina.post(enter, {"_do": "begin"})
    amina.post(enter, {"_do": "next", "_rev": "0", "_at": "0", "age": "34"})
    assert amina.post(address(cohort, "1/1/"), {"_do": "give-up"}).status_code == 303
    assert (sheet_of(cohort).first_by, left(cohort)) == ("", (0, 0, 0))
    assert amina.get(enter)["Location"] == address(cohort, "1/1/")


@pytest.mark.parametrize(
    "sent",
    [
        {"_do": "next", "_rev": "0", "_at": "9" * 5000},
        {"_do": "next", "_rev": "0", "_at": "9999"},
        {"_do": "next", "_rev": "0", "_at": "-1", "gender": "\x00", "age": "9" * 5000},
        {"_do": "next", "_rev": "٠", "_at": "0", "q": "1" * 5000},
        {"_do": "finish", "_rev": "x"},
        {"_do": "finish", "_rev": "0"},
        {"_do": "submit"},
        {},
    ],
)
def test_nothing_that_is_sent_breaks_the_page(kenyans: None, cohort: Cohort, sent: dict[str, str]) -> None:
    enter, amina = address(cohort, "1/1/enter/"), at_desk("amina")
    amina.post(enter, {"_do": "begin"})
    assert amina.post(enter, sent).status_code in (303, 409, 422)
    assert amina.get(f"{enter}?q={'9' * 500}").status_code == 200
    assert sheet_of(cohort).state == "waiting"


# Two people -----------------------------------------------------------------------------------------------------------


def test_nobody_enters_a_sheet_twice(kenyans: None, cohort: Cohort) -> None:
    amina = at_desk("amina")
    type_in(amina, cohort, TRAINED)
    with pytest.raises(SamePersonError):
        entry.begin(cohort=cohort, batch=1, number=1, by="amina")
    assert amina.post(address(cohort, "1/1/enter/"), {"_do": "begin"}).status_code == 409
    refused = pytest.raises(DatabaseError, match="paper_sheet_by_two_people")
    with refused, transaction.atomic(), site_scope(cohort.site_id):
        PaperSheet.objects.filter(number=1).update(second_by="amina")


def test_a_sheet_in_somebodys_hands_is_not_taken_unasked_and_never_shown(kenyans: None, cohort: Cohort) -> None:
    enter, amina, brian = address(cohort, "1/1/enter/"), at_desk("amina"), at_desk("brian")
    amina.post(enter, {"_do": "begin"})
    amina.post(enter, {"_do": "next", "_rev": "0", "_at": "0", "age": "34"})
    with pytest.raises(OccupiedError):
        entry.begin(cohort=cohort, batch=1, number=1, by="brian")
    assert brian.get(enter)["Location"] == address(cohort, "1/1/")
    assert brian.post(enter, {"_do": "next", "_rev": "1", "_at": "0", "age": "43"}).status_code == 303
    assert brian.post(enter, {"_do": "instead"}).status_code == 303
    assert brian.get(enter).context["form"].initial == {"gender": "", "age": ""}
    assert amina.post(enter, {"_do": "next", "_rev": "1", "_at": "0", "age": "34"})["Location"] == address(
        cohort, "1/1/"
    )
    assert left(cohort) == (1, 0, 0)


def test_the_second_entry_begins_empty(kenyans: None, cohort: Cohort) -> None:
    type_in(at_desk("amina"), cohort, TRAINED)
    enter, brian = address(cohort, "1/1/enter/"), at_desk("brian")
    brian.post(enter, {"_do": "begin"})
    page = brian.get(enter)
    assert page.context["form"].initial == {"gender": "", "age": ""}


def test_the_web_process_cannot_read_an_entry(kenyans: None, cohort: Cohort) -> None:
    type_in(at_desk("amina"), cohort, TRAINED)
    for column in ("content", "key_id"):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), site_scope(cohort.site_id):
            connection.cursor().execute(f"SELECT {column} FROM survey_paperentry")


@pytest.mark.parametrize("page", ["", "1/", "1/1/", "1/1/enter/", "1/1/settle/", "print/en/"])
def test_paper_does_not_exist_for_another_countrys_researcher(version: Version, cohort: Cohort, page: str) -> None:
    egypt = site_of(version, "EG")
    make_staff("basma", Role.Name.RESEARCHER, egypt)
    basma = at_desk("basma")
    for path in (address(cohort, page), address(cohort, page).replace(f"/{cohort.site_id}/", f"/{egypt.pk}/", 1)):
        assert basma.get(path).status_code == 404
        assert basma.post(path, {"_do": "begin"}).status_code in (404, 405)


@pytest.mark.parametrize(
    "page", ["2/", "1/4/", "1/4/enter/", "99999999999/", "1/99999999999/", "print/ar/", "print/xx/"]
)
def test_what_is_not_there_is_not_found(kenyans: None, cohort: Cohort, page: str) -> None:
    assert at_desk("amina").get(address(cohort, page)).status_code == 404


# Batches --------------------------------------------------------------------------------------------------------------


def test_batches_are_numbered_and_their_sheets_too(kenyans: None, cohort: Cohort) -> None:
    amina = at_desk("amina")
    sent = {"language": "en", "sheets": "2", "received_on": "2026-11-20"}
    assert amina.post(address(cohort), sent)["Location"] == address(cohort, "2/")
    assert amina.post(address(cohort, "2/"), {"_do": "add", "sheets": "2"}).status_code == 303
    found = batches.find_batch(cohort=cohort, number=2)
    assert found is not None
    assert [sheet.number for sheet in batches.sheets_of(found)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sheets": "0"}, "Ensure this value is greater than or equal to 1."),
        ({"sheets": "501"}, "Ensure this value is less than or equal to 500."),
        ({"language": "ar"}, "Select a valid choice."),
        ({"received_on": "2999-01-01"}, "This day is still to come."),
        ({"received_on": "yesterday"}, "Enter a valid date."),
    ],
)
def test_a_batch_that_cannot_be_is_told(kenyans: None, cohort: Cohort, changed: dict[str, str], message: str) -> None:
    sent = {"language": "en", "sheets": "2", "received_on": "2026-11-20", **changed}
    page = at_desk("amina").post(address(cohort), sent)
    assert page.status_code == 422
    assert message in page.content.decode()
    assert batches.find_batch(cohort=cohort, number=2) is None


def test_a_batch_gets_no_more_than_its_most_sheets(kenyans: None, cohort: Cohort) -> None:
    page = at_desk("amina").post(address(cohort, "1/"), {"_do": "add", "sheets": "498"})
    assert page.status_code == 422
    assert "A batch has at most 500 sheets" in page.content.decode()


def test_a_batch_closes_when_every_sheet_is_dealt_with(kenyans: None, cohort: Cohort) -> None:
    amina = at_desk("amina")
    assert amina.post(address(cohort, "1/"), {"_do": "close"}).status_code == 422
    for number in (1, 2, 3):
        assert amina.post(address(cohort, f"1/{number}/"), {"_do": "empty"}).status_code == 303
    assert amina.post(address(cohort, "1/2/"), {"_do": "wait"}).status_code == 303
    assert sheet_of(cohort, 2).state == "waiting"
    amina.post(address(cohort, "1/2/"), {"_do": "empty"})
    assert amina.post(address(cohort, "1/"), {"_do": "close"}).status_code == 303
    assert amina.post(address(cohort, "1/1/"), {"_do": "wait"}).status_code == 409
    assert amina.post(address(cohort, "1/1/enter/"), {"_do": "begin"}).status_code == 409


def test_a_sheet_that_is_being_entered_is_not_empty(kenyans: None, cohort: Cohort) -> None:
    entry.begin(cohort=cohort, batch=1, number=1, by="brian")
    with pytest.raises(SheetError):
        batches.mark_empty(cohort=cohort, batch=1, number=1, by="amina")


def test_the_page_leads_to_the_next_sheet_and_counts_the_day(kenyans: None, cohort: Cohort) -> None:
    amina, brian = at_desk("amina"), at_desk("brian")
    type_in(amina, cohort, TRAINED)
    page = amina.get(address(cohort, "1/?entered=1"))
    assert (page.context["next"].number, page.context["today"]) == (2, 1)
    assert brian.get(address(cohort, "1/")).context["next"].number == 1
    entry.begin(cohort=cohort, batch=1, number=3, by="amina")
    assert amina.get(address(cohort, "1/")).context["next"].number == 3
    assert amina.get(address(cohort)).context["today"] == 1


def test_lists_take_as_many_queries_for_many_as_for_one(kenyans: None, cohort: Cohort) -> None:
    amina = at_desk("amina")
    amina.get(address(cohort))
    counts = []
    for batch, sheets in ((2, 1), (3, 120)):
        batches.register(cohort=cohort, language="en", sheets=sheets, received_on=MONDAY, by="amina")
        for page in (address(cohort), address(cohort, f"{batch}/")):
            with CaptureQueriesContext(connection) as queries:
                assert amina.get(page).status_code == 200
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


# The state of the cohort ----------------------------------------------------------------------------------------------


def set_state(cohort: Cohort, state: str) -> None:
    with seen_by_workers(cohort):
        Cohort.objects.filter(pk=cohort.pk).update(state=state)


@pytest.mark.parametrize("state", ["preparing", "frozen"])
def test_a_cohort_that_is_being_prepared_or_is_frozen_takes_no_paper(kenyans: None, cohort: Cohort, state: str) -> None:
    set_state(cohort, state)
    amina = at_desk("amina")
    sent = {"language": "en", "sheets": "2", "received_on": "2026-11-20"}
    assert amina.post(address(cohort), sent).status_code == 409
    assert amina.post(address(cohort, "1/1/enter/"), {"_do": "begin"}).status_code == 409
    assert amina.post(address(cohort, "1/1/"), {"_do": "empty"}).status_code == 409
    with pytest.raises(NoPaperError):
        batches.add_sheets(cohort=cohort, number=1, sheets=1, by="amina")
    assert amina.get(address(cohort, "1/")).status_code == 200


def test_paper_that_comes_late_is_taken_by_a_closed_cohort(kenyans: None, cohort: Cohort) -> None:
    set_state(cohort, "closed")
    type_in(at_desk("amina"), cohort, TRAINED)
    type_in(at_desk("brian"), cohort, TRAINED)
    work(cohort)
    assert len(stored(cohort)) == 1


def test_nothing_is_stored_in_a_cohort_that_was_frozen_meanwhile(kenyans: None, cohort: Cohort) -> None:
    type_in(at_desk("amina"), cohort, TRAINED)
    type_in(at_desk("brian"), cohort, TRAINED)
    set_state(cohort, "frozen")
    work(cohort)
    assert (sheet_of(cohort).state, stored(cohort), left(cohort)) == ("comparing", [], (0, 2, 0))


def test_a_comparison_that_fails_half_way_leaves_both_entries(kenyans: None, cohort: Cohort) -> None:
    type_in(at_desk("amina"), cohort, TRAINED)
    type_in(at_desk("brian"), cohort, TRAINED)
    with acting_as("survey_owner"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE survey_flag ADD CONSTRAINT refuse CHECK (false)")
    with pytest.raises(DatabaseError, match="refuse"), transaction.atomic():
        work(cohort)
    assert (sheet_of(cohort).state, stored(cohort), left(cohort)) == ("comparing", [], (0, 2, 0))


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_store_a_sheet_once(kenyans: None, cohort: Cohort) -> None:
    type_in(at_desk("amina"), cohort, TRAINED)
    type_in(at_desk("brian"), cohort, TRAINED)

    def compare() -> None:
        work(cohort)
        connection.close()

    threads = [threading.Thread(target=compare) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sheet_of(cohort).state, len(stored(cohort)), left(cohort)) == ("agreed", 1, (0, 0, 0))


@pytest.mark.django_db(transaction=True)
def test_of_many_who_take_a_sheet_at_once_one_has_it(cohort: Cohort) -> None:
    taken: list[str] = []

    def begin(name: str) -> None:
        take_role("survey_web")
        with suppress(OccupiedError):
            entry.begin(cohort=cohort, batch=1, number=1, by=name)
            taken.append(name)
        connection.close()

    threads = [threading.Thread(target=begin, args=[name]) for name in ("amina", "brian", "chege", "dalia")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == [sheet_of(cohort).first_by]


# Lost messages --------------------------------------------------------------------------------------------------------


def test_a_queue_that_is_down_loses_nothing(
    kenyans: None,
    cohort: Cohort,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreachable(*args: object, **kwargs: object) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.compare_entries, "apply_async", unreachable)
    type_in(at_desk("amina"), cohort, TRAINED)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        type_in(at_desk("brian"), cohort, TRAINED)
    assert [one.__qualname__.partition(".")[0] for one in callbacks].count("ask_to_compare") == 1
    with acting_as("survey_worker"):
        assert entry.waiting_for_comparison() == [(cohort.site_id, cohort.pk, 1, 1)]
    work(cohort)
    with acting_as("survey_worker"):
        assert entry.waiting_for_comparison() == []


def test_an_entry_that_lay_too_long_begins_anew(kenyans: None, cohort: Cohort) -> None:
    entry.begin(cohort=cohort, batch=1, number=1, by="amina")
    with site_scope(cohort.site_id):
        Draft.objects.update(expires_on=MONDAY - datetime.timedelta(days=400))
    assert entry.opened(cohort=cohort, batch=1, number=1, by="amina") is None
    entry.begin(cohort=cohort, batch=1, number=1, by="amina")
    again = entry.opened(cohort=cohort, batch=1, number=1, by="amina")
    assert again is not None
    assert (again.answers, left(cohort)) == ({}, (1, 0, 0))
