"""Files of answers: two people agree, a worker makes them sealed, one session opens them, and not for long."""

import csv
import datetime
import io
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from reports import making, microdata, sweeping
from reports import tasks as report_tasks
from reports.datafiles import statistics
from reports.making import NotAgreedError, NotFrozenError
from reports.microdata import AskedAlreadyError, GoneError, SecondPersonError, StaleError
from reports.models import JobState, MicrodataFile, MicrodataRequest
from survey import custody, cuts
from survey.models import Cohort, Site, Version
from survey.scope import site_scope, study_scope
from tests.factories import make_staff, signed_in
from tests.reports.test_plans import changed, published
from tests.roles import acting_as
from tests.studies import add_cohort, answers, site_of
from tests.survey.custodians import acts, handed_over, unlocked

pytestmark = pytest.mark.django_db
WISH = {"kinds": ["csv"], "language": "en", "purpose": "analysis"}
SIZE = 8


@pytest.fixture(autouse=True)
def _own_folders(settings: Any, tmp_path: Path, plain_files: None) -> None:
    settings.SITE_KEYS_DIR, settings.SHRED_DIR = tmp_path / "site-keys", tmp_path / "shred"


@pytest.fixture
def cohort(kenya: Site, version: Version) -> Cohort:
    for name in ("amina", "brian"):
        make_staff(name, Role.Name.RESEARCHER, kenya)
    return add_cohort(kenya, version, size=SIZE)


def agreed(cohort: Cohort, **wish: object) -> MicrodataRequest:
    """Asked for by Amina, agreed to by Brian."""
    asked = microdata.ask(cohort=cohort, **{**WISH, **wish}, by="amina")
    microdata.answer(request=asked, agreed=True, by="brian")
    return again(asked)


def again(request: MicrodataRequest) -> MicrodataRequest:
    with site_scope(request.site_id):
        return MicrodataRequest.objects.get(pk=request.pk)


def ordered(request: MicrodataRequest) -> tuple[MicrodataFile, bytes]:
    return microdata.have_made(request=request, by="amina")


def made(file: MicrodataFile, token: str = "") -> MicrodataFile:
    """The row after a worker was at it."""
    with acting_as("survey_worker"):
        making.make(site_id=file.site_id, file_id=file.pk, token=token)
    with site_scope(file.site_id):
        return MicrodataFile.objects.get(pk=file.pk)


def leave(file: MicrodataFile, **values: object) -> None:
    """The file as a worker, or a lost message, left it."""
    with acting_as("survey_worker"), site_scope(file.site_id):
        MicrodataFile.objects.filter(pk=file.pk).update(**values)


def opened(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def asked_long_ago(request: MicrodataRequest) -> MicrodataRequest:
    """The same, a day too late."""
    with acting_as("survey_owner"), site_scope(request.site_id):
        late = timezone.now().date() - datetime.timedelta(days=1)
        MicrodataRequest.objects.filter(pk=request.pk).update(expires_on=late)
    return again(request)


# What is in it --------------------------------------------------------------------------------------------------------


def test_the_file_holds_every_response_that_counts_and_nothing_that_tells_whose_it_is(cohort: Cohort) -> None:
    request = agreed(cohort, kinds=["csv", "sav", "dta"])
    file, private = ordered(request)
    assert made(file).state == JobState.DONE
    members = opened(microdata.fetch(request=request, private=private, by="amina"))
    stem = "small-1-KE-en"
    assert list(members) == [
        *(f"{stem}.csv", f"{stem}-labels.csv", f"{stem}.sav", f"{stem}.dta"),
        *("codebook.html", "codebook.xml"),
    ]
    found = list(csv.DictReader(io.StringIO(members[f"{stem}-labels.csv"].decode("utf-8-sig"))))
    wanted = [answers(number) for number in range(SIZE)]
    assert sorted((row["gender"], int(row["age"])) for row in found) == sorted(
        (str(one["gender"]), int(str(one["age"]))) for one in wanted
    )
    assert set(found[0]) == {
        *("gender", "age", "assess", "manage", "training", "trainings", "work_paid", "work_unpaid", "work_none")
    }
    # Nobody's own words, no week, no participant's code.
    assert all(secret not in content for content in members.values() for secret in (b"friends", b"W48", b"P0001"))


def test_the_same_answers_make_the_same_bytes(cohort: Cohort) -> None:
    request = agreed(cohort, kinds=["csv", "sav", "dta"], language="ar")
    contents = []
    for _ in range(2):
        file, private = ordered(request)
        made(file)
        contents.append(microdata.fetch(request=request, private=private, by="amina"))
    assert contents[0] == contents[1]


def test_made_up_answers_say_so_in_every_file(kenya: Site, version: Version, cohort: Cohort) -> None:
    request = agreed(add_cohort(kenya, version, name="demo", size=SIZE, synthetic=True), kinds=["sav"])
    file, private = ordered(request)
    made(file)
    members = opened(microdata.fetch(request=request, private=private, by="amina"))
    assert next(iter(members)) == "SYNTHETIC-small-1-KE-en.sav"
    assert all(b"SYNTHETIC" in content for content in members.values())


def test_answers_to_another_version_count_where_they_mean_the_same(cohort: Cohort) -> None:
    def fewer_years(sheets: dict[str, list[list[str]]]) -> None:
        for row in sheets["survey"]:
            row[:] = [cell.replace("<= 120", "<= 99") for cell in row]

    second = published(changed(fewer_years))
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        Cohort.objects.filter(pk=cohort.pk).update(version_id=second.pk)
    request = agreed(cohort)
    file, private = ordered(request)
    made(file)
    content = opened(microdata.fetch(request=request, private=private, by="amina"))["small-1-KE-en.csv"]
    found = list(csv.DictReader(io.StringIO(content.decode())))
    assert [row["age"] for row in found] == ["-5"] * SIZE
    assert Counter(row["gender"] for row in found) == {"0": SIZE // 2, "1": SIZE // 2}


# Who agrees -----------------------------------------------------------------------------------------------------------


def test_whoever_asks_cannot_agree(cohort: Cohort) -> None:
    asked = microdata.ask(cohort=cohort, **WISH, by="amina")
    with pytest.raises(SecondPersonError):
        microdata.answer(request=asked, agreed=True, by="amina")
    assert again(asked).state == "asked"


def test_the_database_refuses_one_person_for_two(cohort: Cohort) -> None:
    asked = microdata.ask(cohort=cohort, **WISH, by="amina")
    attack = "UPDATE reports_microdatarequest SET state = 'agreed', answered_by = 'amina'"
    with pytest.raises(DatabaseError, match="microdata_takes_two"), transaction.atomic(), site_scope(asked.site_id):
        connection.cursor().execute(attack)


def test_what_was_refused_or_taken_back_is_not_made(cohort: Cohort) -> None:
    asked = microdata.ask(cohort=cohort, **WISH, by="amina")
    microdata.answer(request=asked, agreed=False, by="brian")
    with pytest.raises(StaleError):
        microdata.answer(request=asked, agreed=True, by="brian")
    with pytest.raises(StaleError):
        ordered(asked)
    assert acts("microdata-asked", "microdata-refused") == [
        ("amina", "microdata-asked"),
        ("brian", "microdata-refused"),
    ]


def test_one_person_asks_once_at_a_time(cohort: Cohort) -> None:
    microdata.ask(cohort=cohort, **WISH, by="amina")
    with pytest.raises(AskedAlreadyError):
        microdata.ask(cohort=cohort, **WISH, by="amina")
    microdata.ask(cohort=cohort, **WISH, by="brian")


def test_there_is_no_file_of_answers_that_may_change(kenya: Site, version: Version) -> None:
    running = add_cohort(kenya, version, name="open", size=3, state="open")
    with pytest.raises(microdata.NotFrozenError):
        microdata.ask(cohort=running, **WISH, by="amina")


def test_a_worker_makes_nothing_for_people_who_are_not_there(cohort: Cohort) -> None:
    """Whoever writes rows past the pages would have to be two researchers of the country all the same."""
    asked = microdata.ask(cohort=cohort, **WISH, by="amina")
    microdata.answer(request=asked, agreed=True, by="nobody")
    file, _private = ordered(asked)
    with pytest.raises(NotAgreedError):
        made(file)
    with site_scope(file.site_id):
        assert MicrodataFile.objects.get(pk=file.pk).reason == "NotAgreedError"


def test_a_cohort_that_was_opened_again_has_no_file_any_more(cohort: Cohort) -> None:
    request = agreed(cohort)
    cuts.ask_to_unfreeze(cohort=cohort, reason="late sheets", revision=cohort.revision, by="amina")
    with site_scope(cohort.site_id):
        now = Cohort.objects.get(pk=cohort.pk)
    cuts.answer_unfreeze(cohort=now, agreed=True, revision=now.revision, by="brian")
    file, _private = ordered(request)
    with pytest.raises(NotFrozenError):
        made(file)


# Sealed ---------------------------------------------------------------------------------------------------------------


def test_the_stored_file_opens_with_the_sessions_key_alone(cohort: Cohort) -> None:
    request = agreed(cohort)
    file, private = ordered(request)
    content = bytes(made(file).content)
    assert b"PK" not in content[:64]
    assert b"gender" not in content
    other, _ = microdata.have_made(request=request, by="amina"), None
    with pytest.raises(GoneError):
        microdata.fetch(request=request, private=private, by="amina")
    made(other[0])
    for wrong in (private, b"", bytes(96)):
        with pytest.raises(GoneError):
            microdata.fetch(request=request, private=wrong, by="amina")
    assert microdata.fetch(request=request, private=other[1], by="amina").startswith(b"PK")


def test_only_whoever_asked_has_it_made_and_fetches_it(cohort: Cohort) -> None:
    request = agreed(cohort)
    with pytest.raises(StaleError):
        microdata.have_made(request=request, by="brian")
    file, private = ordered(request)
    made(file)
    with pytest.raises(GoneError):
        microdata.fetch(request=request, private=private, by="brian")


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE reports_microdatarequest SET cut = 9",
        "UPDATE reports_microdatarequest SET asked_by = 'x'",
        "DELETE FROM reports_microdatarequest",
        "UPDATE reports_microdatafile SET public = ''",
        "UPDATE reports_microdatafile SET content = ''",
        "SELECT record FROM survey_response",
    ],
)
def test_the_web_role_changes_no_wish_and_no_file(cohort: Cohort, attack: str) -> None:
    made(ordered(agreed(cohort))[0])
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), site_scope(cohort.site_id):
        connection.cursor().execute(attack)


def test_another_country_and_a_coordinator_see_no_request_and_no_file(cohort: Cohort, version: Version) -> None:
    made(ordered(agreed(cohort))[0])
    egypt = site_of(version, "EG").pk
    for role in ("survey_web", "survey_worker", "survey_owner"):
        for scope in (site_scope(egypt), study_scope(version.study_id)):
            with acting_as(role), scope:
                assert (MicrodataRequest.objects.count(), MicrodataFile.objects.count()) == (0, 0)


def test_a_row_of_another_site_is_refused(cohort: Cohort, version: Version) -> None:
    egypt = site_of(version, "EG").pk
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic(), site_scope(egypt):
        MicrodataFile.objects.create(site_id=cohort.site_id, request_id=1, public=b"x")


def test_the_table_of_files_is_in_no_write_ahead_log(cohort: Cohort) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'reports_microdatafile'")
        assert cursor.fetchone() == ("u",)


# Workers --------------------------------------------------------------------------------------------------------------


def test_where_researchers_hold_the_key_the_file_waits_for_an_unlock(cohort: Cohort, kenya: Site) -> None:
    handed_over(kenya)
    request = agreed(cohort)
    file, private = ordered(request)
    assert made(file).state == JobState.LOCKED
    assert sweeping.waiting_microdata(site_id=kenya.pk) == [(kenya.pk, file.pk)]
    assert made(file, token=unlocked(kenya)).state == JobState.DONE
    assert microdata.fetch(request=request, private=private, by="amina").startswith(b"PK")


def test_an_erased_key_takes_the_files_with_it_and_says_why(cohort: Cohort, kenya: Site) -> None:
    finished = agreed(cohort)
    done, _ = ordered(finished)
    made(done)
    waiting = microdata.ask(cohort=cohort, **WISH, by="brian")
    microdata.answer(request=waiting, agreed=True, by="amina")
    file, _private = microdata.have_made(request=waiting, by="brian")
    custody.erase(site_id=kenya.pk, by="amina")
    assert made(file).state == JobState.LOCKED
    with acting_as("survey_worker"):
        assert sweeping.sweep_microdata() == []
    with site_scope(kenya.pk):
        assert list(MicrodataFile.objects.values_list("pk", "state", "reason")) == [
            (file.pk, JobState.FAILED, "KeyErased")
        ]


def test_what_a_dead_worker_left_is_made_by_another_and_given_up_in_the_end(cohort: Cohort) -> None:
    file, _private = ordered(agreed(cohort))
    long_ago = timezone.now() - datetime.timedelta(seconds=21)
    leave(file, state=JobState.RUNNING, attempts=1, beat_at=long_ago)
    with acting_as("survey_worker"):
        assert sweeping.sweep_microdata() == [(file.site_id, file.pk)]
    now = made(file)
    assert (now.state, now.attempts) == (JobState.DONE, 2)
    leave(file, state=JobState.RUNNING, attempts=5, beat_at=long_ago)
    with acting_as("survey_worker"):
        assert sweeping.sweep_microdata() == []
    with site_scope(file.site_id):
        assert MicrodataFile.objects.values_list("state", "reason").get() == (JobState.FAILED, "WorkerLost")


def test_a_worker_that_was_taken_for_dead_stores_nothing(cohort: Cohort, monkeypatch: pytest.MonkeyPatch) -> None:
    file, _private = ordered(agreed(cohort))
    real = making.pack

    def overtaken(*arguments: Any, **named: Any) -> bytes:
        leave(file, attempts=2)
        return real(*arguments, **named)

    monkeypatch.setattr(making, "pack", overtaken)
    assert made(file).content is None
    assert acts("microdata-made") == []


def test_a_file_that_is_gone_is_not_made(cohort: Cohort) -> None:
    request = agreed(cohort)
    first, _ = ordered(request)
    ordered(request)
    with acting_as("survey_worker"):
        making.make(site_id=first.site_id, file_id=first.pk)
    with site_scope(first.site_id):
        assert MicrodataFile.objects.values_list("state", flat=True).get() == JobState.QUEUED


def test_a_failed_writer_is_the_reason(cohort: Cohort, monkeypatch: pytest.MonkeyPatch) -> None:
    file, _private = ordered(agreed(cohort, kinds=["sav"]))
    monkeypatch.setattr(statistics, "_ROOT", statistics._ROOT / "tests")
    with pytest.raises(statistics.WritingError):
        made(file)
    with site_scope(file.site_id):
        assert MicrodataFile.objects.values_list("state", "reason").get() == (JobState.FAILED, "WritingError")


def test_more_responses_than_fit_are_a_clear_reason(cohort: Cohort, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "MOST_ROWS", SIZE - 1)
    with pytest.raises(making.TooManyRowsError):
        made(ordered(agreed(cohort))[0])


# Time -----------------------------------------------------------------------------------------------------------------


def test_what_nobody_answers_or_fetches_in_time_is_over_and_the_file_is_gone(cohort: Cohort) -> None:
    request = agreed(cohort)
    file, private = ordered(request)
    made(file)
    unanswered = microdata.ask(cohort=cohort, **WISH, by="brian")
    with acting_as("survey_worker"):
        assert microdata.expire() == 0
    request, unanswered = asked_long_ago(request), asked_long_ago(unanswered)
    with pytest.raises(GoneError):
        microdata.fetch(request=request, private=private, by="amina")
    with pytest.raises(StaleError):
        microdata.answer(request=unanswered, agreed=True, by="amina")
    with acting_as("survey_worker"):
        report_tasks.expire_microdata()
        assert microdata.expire() == 0
    assert (again(request).state, again(unanswered).state) == ("expired", "expired")
    with site_scope(cohort.site_id):
        assert MicrodataFile.objects.count() == 0
    assert acts("microdata-expired") == [("worker", "microdata-expired")] * 2


def test_a_file_is_kept_for_hours_and_can_be_made_again(cohort: Cohort) -> None:
    request = agreed(cohort)
    file, private = ordered(request)
    made(file)
    leave(file, asked_at=timezone.now() - datetime.timedelta(hours=13))
    with acting_as("survey_worker"):
        assert microdata.expire() == 1
    with pytest.raises(GoneError):
        microdata.fetch(request=request, private=private, by="amina")
    file, private = ordered(request)
    made(file)
    assert microdata.fetch(request=request, private=private, by="amina").startswith(b"PK")


# Pages ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would go into the job queue: the task's name and its arguments."""
    found: list[Any] = []

    def put(task: Any, args: Any = (), kwargs: Any = None, **options: Any) -> None:
        found.append((task.name, tuple(args), dict(kwargs or {})))

    monkeypatch.setattr("celery.app.task.Task.apply_async", put)
    return found


def desk_of(name: str) -> Client:
    return signed_in(Client(), name)


def address(name: str, cohort: Cohort, *more: int) -> str:
    return reverse(name, args=[cohort.site_id, cohort.pk, *more])


def test_two_people_and_a_worker_from_wish_to_file(
    cohort: Cohort, sent: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    amina, brian = desk_of("amina"), desk_of("brian")
    answered = amina.post(address("cohort-microdata", cohort), {**WISH, "kinds": ["csv", "dta"]})
    assert answered.status_code == 303
    page = answered["Location"]
    assert "agree" not in amina.get(page).content.decode().split("<form")[-1]
    assert amina.post(page, {"_do": "agree"}).status_code == 409
    assert "Somebody asks for a data file" in brian.get(address("cohort", cohort)).content.decode()
    assert "Somebody asks for a data file" not in amina.get(address("cohort", cohort)).content.decode()
    assert brian.post(page, {"_do": "agree"}).status_code == 303
    assert brian.post(page, {"_do": "make"}).status_code == 409
    with django_capture_on_commit_callbacks(execute=True):
        assert amina.post(page, {"_do": "make"}).status_code == 303
    [(task, (site_id, file_id), lent)] = sent
    assert (task, site_id, lent) == ("reports.make_microdata", cohort.site_id, {})
    waiting = amina.get(page)
    assert "The file is being made" in waiting.content.decode()
    with acting_as("survey_worker"):
        report_tasks.make_microdata(site_id, file_id)
    assert "The file is ready" in amina.get(page).content.decode()
    [request] = microdata.of_cohort(cohort)
    got = amina.get(address("microdata-file", cohort, request.pk))
    assert got["Content-Disposition"] == 'attachment; filename="small-1-KE-en.zip"'
    assert got["Content-Type"] == "application/zip"
    assert "no-store" in got["Cache-Control"]
    assert "small-1-KE-en.dta" in opened(got.content)
    # Another session of the same person has no key to it, and Brian has none either.
    assert desk_of("amina").get(address("microdata-file", cohort, request.pk)).status_code == 404
    assert brian.get(address("microdata-file", cohort, request.pk)).status_code == 404
    assert "The file is ready" not in desk_of("amina").get(page).content.decode()
    assert acts("microdata-asked", "microdata-confirmed", "microdata-made", "microdata-fetched") == [
        ("amina", "microdata-asked"),
        ("brian", "microdata-confirmed"),
        ("worker", "microdata-made"),
        ("amina", "microdata-fetched"),
    ]


def test_pages_are_not_there_for_another_country_or_a_coordinator(cohort: Cohort, version: Version) -> None:
    request = agreed(cohort)
    make_staff("basma", Role.Name.RESEARCHER, site_of(version, "EG"))
    make_staff("coordinator")
    for name in ("basma", "coordinator"):
        other = desk_of(name)
        for place, parts in (("cohort-microdata", ()), ("microdata", (request.pk,)), ("microdata-file", (request.pk,))):
            assert other.get(address(place, cohort, *parts)).status_code == 404
            assert other.post(address(place, cohort, *parts), {"_do": "agree"}).status_code in (404, 405)


def test_one_researcher_alone_is_told_who_can_help(cohort: Cohort) -> None:
    with acting_as("survey_owner"):
        Role.objects.filter(user__username="brian").delete()
    page = desk_of("amina").get(address("cohort-microdata", cohort)).content.decode()
    assert "Nobody else works for this country" in page
    assert '<form method="post" novalidate' not in page


def test_a_wish_that_is_incomplete_is_asked_about(cohort: Cohort) -> None:
    answered = desk_of("amina").post(address("cohort-microdata", cohort), {"language": "xx", "purpose": "fun"})
    assert answered.status_code == 422
    assert microdata.of_cohort(cohort) == []


def test_a_locked_key_and_an_erased_one_are_told(cohort: Cohort, kenya: Site) -> None:
    handed_over(kenya)
    request = agreed(cohort)
    file, _private = ordered(request)
    made(file)
    amina, page = desk_of("amina"), address("microdata", cohort, request.pk)
    assert "waits until one of the country" in amina.get(page).content.decode()
    custody.erase(site_id=kenya.pk, by="brian")
    with acting_as("survey_worker"):
        sweeping.sweep_microdata()
    assert "The key of this country was erased" in amina.get(page).content.decode()


def test_many_requests_cost_as_many_queries_as_one(cohort: Cohort) -> None:
    amina, page = desk_of("amina"), address("cohort-microdata", cohort)
    agreed(cohort)
    amina.get(page)
    with CaptureQueriesContext(
        connection,
    ) as one:
        amina.get(page)
    for _ in range(5):
        agreed(cohort)
    with CaptureQueriesContext(connection) as many:
        assert amina.get(page).content.decode().count("agreed") == 6
    assert len(many) == len(one)
