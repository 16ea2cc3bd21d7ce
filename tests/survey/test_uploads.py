"""Files at the desk: sent, checked by a worker, looked at, taken once; broken, hostile and repeated ones told."""

import datetime
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client

from accounts.models import AuditEntry, Role
from survey import packing, taking, uploads
from survey.models import Cohort, FreeText, Response, Tally, Upload, Version
from survey.protocol import cells, datafile, mapping
from survey.scope import site_scope
from survey.uploads import State
from survey.views import upload_words
from tests.factories import make_staff, signed_in
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of

pytestmark = pytest.mark.django_db
HEADING = "_week,_language,gender,age,assess,manage,training,trainings,work,secure"
GOOD = "2026-W48,en,woman,34,often,prefer_not,no,,paid,friends"


@pytest.fixture
def version() -> Version:
    return publish_small()


@pytest.fixture
def kenya(version: Version) -> Cohort:
    return add_cohort(site_of(version, "KE"), version, name="Nairobi", size=0, state=Cohort.State.OPEN)


@pytest.fixture
def researcher(client: Client, version: Version) -> Client:
    make_staff("amina", Role.Name.RESEARCHER, site_of(version, "KE"))
    signed_in(client, "amina")
    return client


def address(cohort: Cohort, page: str = "") -> str:
    return f"/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/files/{page}"


def send(client: Client, cohort: Cohort, content: bytes | str, name: str = "a.csv", **fields: Any) -> Any:
    data = content.encode() if isinstance(content, str) else content
    return client.post(address(cohort), {"kind": "table", "file": SimpleUploadedFile(name, data), **fields})


def latest(cohort: Cohort) -> Upload:
    with site_scope(cohort.site_id):
        return Upload.objects.defer("content").filter(cohort_id=cohort.pk).order_by("-pk")[0]


def work(cohort: Cohort) -> Upload:
    """What the workers do with the newest file, in their role."""
    upload = latest(cohort)
    with acting_as("survey_worker"):
        act = {State.CHECKING: taking.check, State.TAKING: taking.take}[State(upload.state)]
        act(site_id=cohort.site_id, upload_id=upload.pk)
    return latest(cohort)


def has_content(upload: Upload) -> bool:
    with acting_as("survey_worker"), site_scope(upload.site_id):
        return Upload.objects.get(pk=upload.pk).content is not None


def stored(cohort: Cohort) -> tuple[int, int]:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        return Response.objects.filter(cohort_id=cohort.pk).count(), FreeText.objects.count()


def file_of(*rows: str) -> str:
    return "\n".join([HEADING, *rows])


def test_a_file_is_checked_looked_at_and_taken_in(researcher: Client, kenya: Cohort) -> None:
    sent = send(researcher, kenya, file_of(GOOD, GOOD, GOOD.replace("W48", "W47")))
    assert (sent.status_code, sent["Location"]) == (303, address(kenya, f"{latest(kenya).pk}/"))
    waiting = researcher.get(sent["Location"])
    assert "The file is being checked" in waiting.content.decode()
    assert waiting["Refresh"] == "2"
    checked = work(kenya)
    assert (checked.state, checked.report["lines"]) == ("checked", 3)
    assert (checked.report["weeks"], checked.report["languages"]) == ({"2026-W47": 1, "2026-W48": 2}, {"en": 3})
    assert stored(kenya) == (0, 0)
    page = researcher.get(sent["Location"]).content.decode()
    assert "3 responses would be taken in." in page
    assert "friends" not in page
    assert researcher.post(sent["Location"], {"_do": "take"}).status_code == 303
    taken = work(kenya)
    assert (taken.state, stored(kenya), has_content(taken)) == ("taken", (3, 3), False)
    assert "3 responses were taken in." in researcher.get(sent["Location"]).content.decode()
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        tally = list(Tally.objects.values_list("event", "language", "detail", "count"))
    assert tally == [("submitted", "en", "file", 3)]
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", "actor"))
    assert actions == [("file-received", "amina"), ("file-confirmed", "amina"), ("import", "amina")]


def test_what_waits_is_sealed_and_the_web_process_cannot_read_it(researcher: Client, kenya: Cohort) -> None:
    send(researcher, kenya, file_of(GOOD))
    with pytest.raises(DatabaseError), transaction.atomic(), site_scope(kenya.site_id):
        list(Upload.objects.values_list("content"))
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        content = bytes(Upload.objects.get().content)
    assert b"friends" not in content
    with pytest.raises(OSError, match="gzip"):
        packing.unpacked(content).read()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ((HEADING + "\n2026-W48,en,,,,,,,,se\xf1or").encode("latin-1"), [(1, "", "not-utf-8")]),
        ("\ufeff" + file_of(GOOD), []),
        (file_of(GOOD).replace(",", ";"), []),
        (file_of(GOOD).replace(",", "|"), [(1, "", "no-heading")]),
        (file_of(GOOD + "\x00"), [(2, "secure", "text-unreadable")]),
        (file_of(GOOD.replace("friends", "=1+1")), []),
        (file_of(GOOD.replace("woman", "=cmd|' /C calc'!A0")), [(2, "gender", "choice-unknown")]),
        (b"PK\x03\x04" + bytes(100), [(0, "", "spreadsheet")]),
        (HEADING, [(0, "", "no-rows")]),
        (HEADING + ",age\n" + GOOD + ",34", [(1, "age", "column-twice")]),
        ("friends,enemies\n" + GOOD, [(1, "", "no-heading")]),
        ('"' + file_of(GOOD), [(1, "", "not-csv")]),
        (b"SURVEYBUNDLE1\n" + bytes(100), [(0, "", "is-bundle")]),
        (file_of(GOOD.replace("W48", "W99")), [(2, "_week", "week")]),
        (bytes(1000), [(1, "", "no-heading")]),
    ],
)
def test_every_broken_file_is_told_by_place_and_code_and_none_is_a_crash(
    researcher: Client, kenya: Cohort, content: bytes | str, told: list[tuple[int, str, str]]
) -> None:
    sent = send(researcher, kenya, content)
    checked = work(kenya)
    assert [tuple(one) for one in checked.report["problems"]] == told
    assert (checked.state, has_content(checked)) == (("refused", False) if told else ("checked", True))
    assert researcher.get(sent["Location"]).status_code == 200
    assert stored(kenya) == (0, 0)


def test_what_stands_in_a_faulty_cell_is_not_kept_in_the_report(researcher: Client, kenya: Cohort) -> None:
    send(researcher, kenya, file_of(GOOD.replace("woman", "canary-answer")))
    assert "canary-answer" not in str(work(kenya).report)


def test_ten_thousand_columns_and_a_name_with_a_path_are_told_in_one_short_report(
    researcher: Client, kenya: Cohort
) -> None:
    columns = ",".join(f"x{number}" for number in range(10_000))
    send(researcher, kenya, f"{HEADING},{columns}\n{GOOD}", name="../../etc/" + "n" * 300 + ".csv")
    checked = work(kenya)
    assert (checked.state, checked.report["count"], len(checked.report["problems"])) == ("refused", 10_000, 1_000)
    assert len(checked.report["unread"]) == taking.MOST_COLUMNS
    assert checked.name == "n" * 116 + ".csv"
    page = researcher.get(address(kenya, f"{checked.pk}/")).content.decode()
    assert "10000 problems were found" in page
    assert "9000 more are not listed." in page


def test_problems_come_as_a_csv_that_starts_no_formula(researcher: Client, kenya: Cohort) -> None:
    send(researcher, kenya, f"{HEADING},=cmd()\n{GOOD},x")
    work(kenya)
    answer = researcher.get(address(kenya, f"{latest(kenya).pk}/problems/"))
    assert answer.content.decode("utf-8-sig").splitlines() == [
        "Row,Column,What to do",
        '1,\'=cmd(),"No question has this name. Rename the column, or say in the mapping file what it is."',
    ]


def test_a_foreign_export_is_read_with_its_mapping_and_the_week_of_the_form(researcher: Client, kenya: Cohort) -> None:
    rules = "column,question,choice,separator,value,answer\nQ1,gender,,,,\nQ1,,,,F,woman\nid,-,,,,\n"
    extra = {"mapping": SimpleUploadedFile("m.csv", rules.encode()), "language": "ar", "day": "2026-11-24"}
    send(researcher, kenya, "id,Q1,age\n7,F,30\n", **extra)
    checked = work(kenya)
    assert (checked.report["read"], checked.report["unread"]) == (["Q1", "age"], ["id"])
    assert (checked.report["languages"], checked.report["weeks"]) == ({"ar": 1}, {"2026-W48": 1})
    send(researcher, kenya, "Q1\nF\n", mapping=SimpleUploadedFile("m.csv", b"nothing\n"))
    assert work(kenya).report["problems"] == [[1, "", "mapping-heading"]]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"file": ""}, "This field is required."),
        ({"file": SimpleUploadedFile("a.csv", b"")}, "The submitted file is empty."),
        ({"day": "soon"}, "Enter a valid date."),
        ({"language": "xx"}, "Select a valid choice."),
        ({"mapping": SimpleUploadedFile("m.csv", b"\xff\xfe")}, "Save the mapping file as CSV UTF-8"),
        ({"mapping": SimpleUploadedFile("m.csv", bytes(300_000))}, "Save the mapping file as CSV UTF-8"),
        ({"kind": "bundle", "bundle-code": "1234"}, "Check the digits."),
    ],
)
def test_what_the_form_cannot_take_is_told_beside_its_field(
    researcher: Client, kenya: Cohort, fields: dict[str, Any], message: str
) -> None:
    form = {"kind": "table", "file": SimpleUploadedFile("a.csv", file_of(GOOD).encode()), **fields}
    answer = researcher.post(address(kenya), form)
    assert (answer.status_code, message in answer.content.decode()) == (422, True)
    with site_scope(kenya.site_id):
        assert not Upload.objects.exists()


def test_a_file_over_the_limit_is_told_and_never_held(
    researcher: Client, kenya: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "MOST_BYTES", 1_000)
    answer = send(researcher, kenya, file_of(*[GOOD] * 100))
    assert (answer.status_code, "This file is too big." in answer.content.decode()) == (422, True)
    packer = packing.Packer()
    packer.feed(bytes(2_000))
    assert len(packer.packed()) < 100


def test_the_same_file_again_is_told_and_needs_a_tick(researcher: Client, kenya: Cohort) -> None:
    for _ in range(2):
        sent = send(researcher, kenya, file_of(GOOD))
        work(kenya)
        answer = researcher.post(sent["Location"], {"_do": "take"})
        if answer.status_code == 303:
            work(kenya)
    assert answer.status_code == 422
    assert "This very file came in on" in answer.content.decode()
    assert stored(kenya)[0] == 1
    assert researcher.post(sent["Location"], {"_do": "take", "again": "on"}).status_code == 303
    assert (work(kenya).state, stored(kenya)[0]) == ("taken", 2)


def test_of_two_equal_files_confirmed_at_once_the_second_goes_back_to_the_page(
    researcher: Client, kenya: Cohort
) -> None:
    for _ in range(2):
        sent = send(researcher, kenya, file_of(GOOD))
        work(kenya)
        found = uploads.find(cohort=kenya, upload_id=latest(kenya).pk)
        assert found is not None
        assert uploads.confirm(cohort=kenya, upload=found, again=False, by="amina")
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        for pk in Upload.objects.order_by("pk").values_list("pk", flat=True):
            taking.take(site_id=kenya.site_id, upload_id=pk)
        states = list(Upload.objects.order_by("pk").values_list("state", flat=True))
    assert (states, stored(kenya)[0]) == (["taken", "checked"], 1)
    assert "This very file came in on" in researcher.get(sent["Location"]).content.decode()


def test_a_task_that_comes_twice_takes_once(researcher: Client, kenya: Cohort) -> None:
    sent = send(researcher, kenya, file_of(GOOD))
    work(kenya)
    researcher.post(sent["Location"], {"_do": "take"})
    work(kenya)
    with acting_as("survey_worker"):
        for act in (taking.take, taking.check, taking.take):
            act(site_id=kenya.site_id, upload_id=latest(kenya).pk)
    assert stored(kenya)[0] == 1


@pytest.mark.parametrize("state", [Cohort.State.FROZEN, Cohort.State.PREPARING])
def test_a_cohort_that_is_frozen_or_prepared_takes_nothing(researcher: Client, kenya: Cohort, state: str) -> None:
    sent = send(researcher, kenya, file_of(GOOD))
    work(kenya)
    researcher.post(sent["Location"], {"_do": "take"})
    with site_scope(kenya.site_id):
        Cohort.objects.filter(pk=kenya.pk).update(state=state)
    # Confirmed before, frozen since.
    refused = work(kenya)
    assert (refused.state, refused.report["reason"], stored(kenya)[0]) == ("refused", state, 0)
    assert send(researcher, kenya, file_of(GOOD)).status_code == 422
    assert "takes no files" in researcher.get(address(kenya)).content.decode()


def test_a_lost_worker_is_found_and_one_that_is_lost_for_ever_is_told(researcher: Client, kenya: Cohort) -> None:
    sent = send(researcher, kenya, file_of(GOOD))
    upload = latest(kenya)

    def swept_after(seconds: int) -> list[tuple[str, int, int]]:
        past = datetime.timedelta(seconds=seconds)
        with acting_as("survey_worker"), site_scope(kenya.site_id):
            row = Upload.objects.get()
            row.asked_at -= past
            row.beat_at = row.beat_at and row.beat_at - past
            row.save(update_fields=["asked_at", "beat_at"])
            return uploads.sweep()

    assert swept_after(1) == []
    assert swept_after(60) == [("checking", kenya.site_id, upload.pk)]
    with acting_as("survey_worker"):
        assert uploads.claim(site_id=kenya.site_id, upload_id=upload.pk, state="checking") is not None
        # Somebody is at it and lives.
        assert uploads.claim(site_id=kenya.site_id, upload_id=upload.pk, state="checking") is None
    assert swept_after(1) == []
    for _ in range(uploads.MOST_ATTEMPTS - 1):
        assert swept_after(60) == [("checking", kenya.site_id, upload.pk)]
        with acting_as("survey_worker"):
            uploads.claim(site_id=kenya.site_id, upload_id=upload.pk, state="checking")
    assert swept_after(60) == []
    assert (latest(kenya).state, has_content(upload)) == ("failed", False)
    assert "stopped several times" in researcher.get(sent["Location"]).content.decode()


def test_an_error_fails_the_file_with_its_kind_and_nothing_else(
    researcher: Client, kenya: Cohort, settings: Any
) -> None:
    sent = send(researcher, kenya, file_of(GOOD))
    # Sealed under another installation's key.
    settings.SECRET_KEY, own = "y" * 50, settings.SECRET_KEY
    with pytest.raises(ValueError, match="another secret"):
        work(kenya)
    settings.SECRET_KEY = own
    assert (latest(kenya).state, latest(kenya).report["reason"]) == ("failed", "SealError")
    assert "An error stopped the work on this file." in researcher.get(sent["Location"]).content.decode()


def test_files_that_nobody_decides_about_are_deleted_after_a_week(researcher: Client, kenya: Cohort) -> None:
    send(researcher, kenya, file_of(GOOD))
    work(kenya)
    for age, left in ((7, 1), (8, 0)):
        with acting_as("survey_worker"), site_scope(kenya.site_id):
            Upload.objects.update(on=datetime.date.today() - datetime.timedelta(days=age))
            uploads.expire()
            assert Upload.objects.count() == left


def test_a_file_can_be_deleted_and_no_more_than_ten_wait(researcher: Client, kenya: Cohort) -> None:
    for _ in range(uploads.MOST_WAITING):
        assert send(researcher, kenya, file_of(GOOD)).status_code == 303
    assert "Enough files" in send(researcher, kenya, file_of(GOOD)).content.decode()
    gone = researcher.post(address(kenya, f"{latest(kenya).pk}/"), {"_do": "remove"})
    assert gone["Location"].endswith("?removed=1")
    assert send(researcher, kenya, file_of(GOOD)).status_code == 303


def test_files_are_listed_in_pages_with_as_many_queries_as_one(
    researcher: Client, kenya: Cohort, django_assert_num_queries: Any
) -> None:
    def rows(count: int) -> None:
        with site_scope(kenya.site_id):
            Upload.objects.bulk_create(
                Upload(site_id=kenya.site_id, cohort_id=kenya.pk, kind="table", state="taken", name="a", by="amina",
                       on=datetime.date(2026, 11, 24), size=1, report={"lines": 1})
                for _ in range(count)
            )  # fmt: skip

    rows(1)
    researcher.get(address(kenya))
    with django_assert_num_queries(21) as first:
        researcher.get(address(kenya))
    rows(50)
    with django_assert_num_queries(len(first.captured_queries)):
        page = researcher.get(address(kenya)).content.decode()
    assert page.count("file of responses ·") == 20
    assert "Page 1 of 3" in page


@pytest.mark.parametrize("page", ["", "1/", "1/problems/", "cohort/"])
def test_files_do_not_exist_for_another_countrys_researcher(
    client: Client, version: Version, kenya: Cohort, page: str
) -> None:
    make_staff("basma", Role.Name.RESEARCHER, site_of(version, "EG"))
    signed_in(client, "basma")
    answers = [client.post(address(kenya, page), {"kind": "table"}), client.get(address(kenya, page))]
    # An address that takes only one of the two says so to everybody.
    assert {answer.status_code for answer in answers} - {405} == {404}


def test_a_file_of_another_cohort_is_not_found(researcher: Client, kenya: Cohort, version: Version) -> None:
    other = add_cohort(site_of(version, "KE"), version, name="Mombasa", size=0, state=Cohort.State.OPEN)
    send(researcher, kenya, file_of(GOOD))
    assert researcher.get(address(other, f"{latest(kenya).pk}/")).status_code == 404


def test_participants_addresses_take_no_file(client: Client) -> None:
    form = {"code": "1", "file": SimpleUploadedFile("a.csv", b"canary" * 100_000)}
    answer = client.post("/code/", form)
    assert answer.status_code == 422
    assert b"canary" not in answer.content


def test_a_post_without_our_token_is_refused(version: Version, kenya: Cohort) -> None:
    make_staff("amina", Role.Name.RESEARCHER, site_of(version, "KE"))
    client = Client(enforce_csrf_checks=True)
    signed_in(client, "amina")
    assert send(client, kenya, file_of(GOOD)).status_code == 403


def test_every_code_has_words_on_the_page() -> None:
    used: set[str] = set()
    for module in (cells, datafile, mapping):
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        used |= set(re.findall(r'CellError\(\s*"([a-z-]+)"', source))
        used |= set(re.findall(r'(?:heading|name|number|""|WEEK|LANGUAGE|column\.heading), "([a-z-]+)", ', source))
        used |= set(re.findall(r'yield "\w+", "([a-z-]+)"', source))
    assert len(used) > 20
    assert used - set(upload_words.PROBLEMS) == set()
