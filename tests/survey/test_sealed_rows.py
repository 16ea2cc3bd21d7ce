"""What is stored sealed: opened where it was put and nowhere else, by workers alone, under keys that are never lost."""

import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import AuditEntry
from reports import copying, releasing, sweeping
from reports.models import Release
from survey import custody, datakeys, keyfiles, keyring, sealers
from survey.datakeys import Place
from survey.keyfiles import KeyFileError
from survey.keyring import LockedError
from survey.models import Cohort, DataKey, FreeText, Response, SiteKey, Version
from survey.publishing import layout_for
from survey.scope import site_scope, study_scope
from survey.sealing import SealError
from tests.factories import begin_comparison
from tests.roles import acting_as
from tests.studies import add_cohort, answers, publish_small, site_of, stored_records

pytestmark = pytest.mark.django_db
FRIENDS = b"friends"


@pytest.fixture
def version() -> Version:
    return publish_small()


@pytest.fixture
def kenya(version: Version) -> Cohort:
    return add_cohort(site_of(version, "KE"), version, size=12)


def raw(cohort: Cohort, column: str, table: str = "survey_response") -> list[bytes]:
    with acting_as("survey_worker"), site_scope(cohort.site_id), connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        return [bytes(row[0]) for row in cursor.fetchall()]


def asked_for(version: Version) -> int:
    """A release of Kenya that waits for a worker; returns its number."""
    begin_comparison(version, [site_of(version, "KE")])
    with study_scope(version.study_id):
        return Release.objects.get().pk


def made(cohort: Cohort, release_id: int, token: str = "") -> Release:
    """The release once a worker has tried it."""
    with acting_as("survey_worker"):
        releasing.make_release(site_id=cohort.site_id, release_id=release_id, token=token)
    with site_scope(cohort.site_id):
        return Release.objects.get(pk=release_id)


def test_rows_tell_nothing_and_workers_open_them(kenya: Cohort, version: Version) -> None:
    assert {len(record) for record in raw(kenya, "record")} == {version.record_length + datakeys.OVERHEAD}
    assert {len(text) for text in raw(kenya, "texts", "survey_freetext")} == {1024 + datakeys.OVERHEAD}
    assert not any(FRIENDS in text for text in raw(kenya, "texts", "survey_freetext"))
    assert len(set(raw(kenya, "record"))) == 12
    opened = stored_records(kenya.site_id)
    assert [texts for _, _, texts in opened] == [{"secure": "friends"}] * 12
    assert {len(record) for _, record, _ in opened} == {version.record_length}
    assert made(kenya, asked_for(version)).respondents == 12


def test_open_records_of_a_study_that_says_so_are_counted_beside_sealed_ones() -> None:
    version = publish_small("plain", records="open")
    cohort = add_cohort(site_of(version, "KE"), version, size=12)
    assert {len(record) for record in raw(cohort, "record")} == {version.record_length}
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        assert not SiteKey.objects.exists()
    assert made(cohort, asked_for(version)).respondents == 12


def test_every_changed_byte_of_a_stored_row_is_refused(kenya: Cohort) -> None:
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        opener = keyring.opener(site_id=kenya.site_id)
        row, text = Response.objects.all()[0], FreeText.objects.all()[0]
        place = Place(row.site_id, row.cohort_id, row.version_id, row.pk)
        of_text = Place(row.site_id, row.cohort_id, row.version_id, text.response_id)
        assert len(opener.record(bytes(row.record), row.key_id, place)) == len(row.record) - datakeys.OVERHEAD
        refused = 0
        for at in range(len(row.record)):
            changed = bytearray(row.record)
            changed[at] ^= 1
            with pytest.raises(SealError):
                opener.record(bytes(changed), row.key_id, place)
            refused += 1
        for at in range(len(text.texts)):
            changed = bytearray(text.texts)
            changed[at] ^= 1
            with pytest.raises(SealError):
                opener.content(bytes(changed), text.key_id, of_text, datakeys.TEXTS)
            refused += 1
    assert refused == len(row.record) + 1024 + datakeys.OVERHEAD


@pytest.mark.parametrize("change", ["site_id", "cohort_id", "version_id", "row_id"])
def test_a_row_opens_only_where_it_was_put(kenya: Cohort, change: str) -> None:
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        opener = keyring.opener(site_id=kenya.site_id)
        row = Response.objects.all()[0]
        where: dict[str, Any] = {
            "site_id": row.site_id,
            "cohort_id": row.cohort_id,
            "version_id": row.version_id,
            "row_id": row.pk,
        }
        elsewhere = {**where, change: uuid.uuid4() if change == "row_id" else where[change] + 1}
        opener.record(bytes(row.record), row.key_id, Place(**where))
        with pytest.raises(SealError):
            opener.record(bytes(row.record), row.key_id, Place(**elsewhere))


def test_a_changed_record_fails_its_release_visibly(kenya: Cohort, version: Version) -> None:
    with acting_as("survey_owner"), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE survey_response NO FORCE ROW LEVEL SECURITY")
        cursor.execute(
            "UPDATE survey_response SET record = set_byte(record, 20, get_byte(record, 20) # 1)"
            " WHERE id = (SELECT id FROM survey_response LIMIT 1)"
        )
        cursor.execute("ALTER TABLE survey_response FORCE ROW LEVEL SECURITY")
    number = asked_for(version)
    with acting_as("survey_worker"), pytest.raises(SealError):
        releasing.make_release(site_id=kenya.site_id, release_id=number)
    with site_scope(kenya.site_id):
        release = Release.objects.get(pk=number)
    assert (release.state, release.reason, release.cells) == ("failed", "SealError", None)


# Keys -----------------------------------------------------------------------------------------------------------------


def test_the_web_process_draws_data_keys_and_reads_none(kenya: Cohort) -> None:
    for attack in (
        "SELECT sealed FROM survey_datakey",
        "UPDATE survey_datakey SET sealed = ''",
        "DELETE FROM survey_datakey",
        "SELECT recovery FROM survey_sitekey",
        "UPDATE survey_sitekey SET public = ''",
    ):
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            site_scope(kenya.site_id),
            connection.cursor() as cursor,
        ):
            cursor.execute(attack)
    with site_scope(kenya.site_id):
        assert sealers.sealer(site_id=kenya.site_id, version_id=kenya.version_id).key_id is not None


def test_the_database_refuses_an_answer_without_its_data_key(kenya: Cohort) -> None:
    row = Response(site_id=kenya.site_id, cohort_id=kenya.pk, version_id=kenya.version_id, week="2026-W48", record=b"")
    row.key_id = uuid.uuid4()
    with pytest.raises(IntegrityError), transaction.atomic(), site_scope(kenya.site_id):
        row.save(force_insert=True)


def key_used(cohort: Cohort) -> uuid.UUID | None:
    with site_scope(cohort.site_id):
        return sealers.sealer(site_id=cohort.site_id, version_id=cohort.version_id).key_id


@pytest.fixture
def committed(transactional_db: None) -> Cohort:
    """A cohort whose keys are there for good, as in life."""
    sealers.forget_data_keys()
    version = publish_small()
    return add_cohort(site_of(version, "KE"), version, size=1)


@pytest.mark.django_db(transaction=True)
def test_a_data_key_serves_an_hour_and_no_longer(committed: Cohort, monkeypatch: pytest.MonkeyPatch) -> None:
    sealers.forget_data_keys()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    first = key_used(committed)
    assert key_used(committed) == first
    monkeypatch.setattr(time, "monotonic", lambda: now + 3599)
    assert key_used(committed) == first
    monkeypatch.setattr(time, "monotonic", lambda: now + 3601)
    assert key_used(committed) != first


@pytest.mark.django_db(transaction=True)
def test_a_data_key_whose_transaction_failed_is_never_used(committed: Cohort) -> None:
    sealers.forget_data_keys()
    lost: list[uuid.UUID | None] = []

    def fail() -> None:
        with site_scope(committed.site_id):
            lost.append(key_used(committed))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    kept = key_used(committed)
    assert kept not in lost
    with acting_as("survey_worker"), site_scope(committed.site_id):
        assert DataKey.objects.filter(pk=kept).exists()


@pytest.mark.django_db(transaction=True)
def test_a_data_key_that_a_restored_database_lacks_is_not_used(committed: Cohort) -> None:
    sealers.forget_data_keys()
    gone = key_used(committed)
    with acting_as("survey_worker"), site_scope(committed.site_id):
        DataKey.objects.filter(pk=gone).delete()
    assert key_used(committed) != gone


@pytest.mark.django_db(transaction=True)
def test_after_a_rotation_the_old_private_key_opens_nothing_and_nothing_is_lost(committed: Cohort) -> None:
    before = key_used(committed)
    with site_scope(committed.site_id):
        old = SiteKey.objects.only("public", "number").get()
    private = keyfiles.read(keyring.key_file(bytes(old.public)), length=96)
    with acting_as("survey_worker"):
        new = custody.rotate(site_id=committed.site_id, by="admin")
    assert (new.number, key_used(committed) == before) == (2, False)
    assert not keyring.key_file(bytes(old.public)).exists()
    assert [texts for _, _, texts in stored_records(committed.site_id)] == [{"secure": "friends"}]
    with acting_as("survey_worker"), site_scope(committed.site_id):
        for row in DataKey.objects.all():
            with pytest.raises(SealError):
                datakeys.open_key(row.pk, bytes(row.sealed), private, site_id=committed.site_id)


def test_every_site_gets_its_own_key_once(version: Version) -> None:
    with acting_as("survey_worker"):
        assert custody.make_missing_keys() == []
    found = []
    for country in ("KE", "EG"):
        site = site_of(version, country)
        with site_scope(site.pk):
            found += [bytes(public) for public in SiteKey.objects.values_list("public", flat=True)]
    assert len(set(found)) == 2
    file = keyring.key_file(found[0])
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o400, 0o700)


def test_one_countrys_key_opens_nothing_of_another(kenya: Cohort, version: Version) -> None:
    egypt = add_cohort(site_of(version, "EG"), version, size=1)
    with acting_as("survey_worker"):
        with site_scope(egypt.site_id):
            other = keyring.private_key(SiteKey.objects.get())
        with site_scope(kenya.site_id):
            opener = keyring.Opener(kenya.site_id, other)
            row = Response.objects.all()[0]
            place = Place(row.site_id, row.cohort_id, row.version_id, row.pk)
            with pytest.raises(SealError):
                opener.record(bytes(row.record), row.key_id, place)


def test_without_its_file_nothing_opens_and_nothing_is_lost(kenya: Cohort, settings: Any, tmp_path: Path) -> None:
    own, settings.SITE_KEYS_DIR = settings.SITE_KEYS_DIR, tmp_path
    with acting_as("survey_worker"), site_scope(kenya.site_id), pytest.raises(KeyFileError):
        keyring.opener(site_id=kenya.site_id)
    settings.SITE_KEYS_DIR = own
    assert len(stored_records(kenya.site_id)) == 12


def test_erased_means_that_the_file_is_gone_and_nothing_more_comes_in(kenya: Cohort) -> None:
    with site_scope(kenya.site_id):
        public = bytes(SiteKey.objects.only("public").get().public)
    custody.erase(site_id=kenya.site_id, by="amina")
    with acting_as("survey_worker"):
        assert custody.burn_erased() >= 1
        assert custody.make_missing_keys() == []
    assert not keyring.key_file(public).exists()
    with pytest.raises(sealers.NoKeyError):
        key_used(kenya)
    with pytest.raises(LockedError):
        stored_records(kenya.site_id)


def test_a_locked_sites_release_waits_and_is_made_with_a_token(kenya: Cohort, version: Version) -> None:
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        key = SiteKey.objects.get()
        private = keyring.private_key(key)
        SiteKey.objects.update(custody="researchers")
    number = asked_for(version)
    assert [made(kenya, number, token).state for token in ("", "0" * 64)] == ["locked", "locked"]
    with site_scope(kenya.site_id):
        token = keyring.unlock(key=key, private=private, by="amina")
    release = made(kenya, number, token)
    assert (release.state, release.respondents) == ("done", 12)


def test_an_answer_is_what_it_was_through_both_hands(kenya: Cohort) -> None:
    layout = layout_for(kenya.version_id)
    opened = [layout.decode(record, texts) for _, record, texts in stored_records(kenya.site_id)]
    assert sorted(one["age"] for one in opened) == [answers(number)["age"] for number in range(12)]


def test_more_rows_than_one_piece_of_a_copy_are_counted(
    kenya: Cohort, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "CHUNK_BYTES", 300)
    assert made(kenya, asked_for(version)).respondents == 12


@pytest.mark.django_db(transaction=True)
def test_rows_under_a_data_key_that_came_in_between_are_counted_too(
    committed: Cohort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying._Opening, "know", lambda *_: None)
    found: list[int] = []
    with acting_as("survey_worker"), site_scope(committed.site_id):
        length = layout_for(committed.version_id).length
        copying.copy_records(
            "",
            "survey_response r WHERE r.site_id = %s",
            [committed.site_id],
            lengths=[],
            record_length=length,
            opener=keyring.opener(site_id=committed.site_id),
            use=lambda parts: found.append(len(parts[0])),
        )
    assert sum(found) == 1


def test_nothing_is_sealed_to_a_key_whose_file_is_missing_until_it_is_found_again(kenya: Cohort) -> None:
    with site_scope(kenya.site_id):
        file = keyring.key_file(bytes(SiteKey.objects.only("public").get().public))
    aside = file.with_suffix(".aside")
    file.rename(aside)
    with acting_as("survey_worker"):
        custody.watch_files()
        assert custody.make_missing_keys() == []
    with pytest.raises(sealers.NoKeyError):
        key_used(kenya)
    aside.rename(file)
    with acting_as("survey_worker"):
        custody.watch_files()
        custody.burn_erased()
    assert key_used(kenya) is not None
    assert len(stored_records(kenya.site_id)) == 12
    with acting_as("survey_owner"):
        seen = AuditEntry.objects.filter(action__startswith="key-", detail__country="KE").order_by("pk")
        assert [one.action for one in seen] == ["key-made", "key-missing", "key-found"]


def test_an_older_key_is_passed_on_to_the_ones_that_follow(kenya: Cohort) -> None:
    """What a field laptop sealed to the first key opens after two changes; after erasing it does not."""
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        first = SiteKey.objects.get()
        private = keyring.private_key(first)
        for _ in range(2):
            custody.rotate(site_id=kenya.site_id, by="admin")
        first.refresh_from_db()
        assert keyring.opener(site_id=kenya.site_id).private_key(first) == private
    custody.erase(site_id=kenya.site_id, by="amina")
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        assert list(SiteKey.objects.values_list("state", "passed_on")) == [("erased", None)] * 3


def test_a_release_that_waits_for_a_key_is_made_once_workers_hold_it_and_fails_once_it_is_erased(
    kenya: Cohort, version: Version
) -> None:
    number = asked_for(version)

    def wait(custody: str, state: str) -> str:
        with acting_as("survey_worker"):
            with site_scope(kenya.site_id):
                SiteKey.objects.update(custody=custody, state=state)
                Release.objects.filter(pk=number).update(state="locked")
            sweeping.sweep()
        with site_scope(kenya.site_id):
            return Release.objects.get(pk=number).state

    assert [wait("researchers", "current"), wait("worker", "lost"), wait("worker", "current")] == [
        *("locked", "locked", "queued")
    ]
    assert wait("worker", "erased") == "failed"


def test_work_is_done_again_when_the_key_was_changed_meanwhile(kenya: Cohort, version: Version) -> None:
    tries: list[int] = []

    def work() -> int:
        tries.append(1)
        with site_scope(kenya.site_id):
            opener = keyring.opener(site_id=kenya.site_id)
        if len(tries) == 1:
            custody.rotate(site_id=kenya.site_id, by="admin")
        with site_scope(kenya.site_id):
            row = Response.objects.all()[0]
            place = Place(row.site_id, row.cohort_id, row.version_id, row.pk)
            return len(opener.record(bytes(row.record), row.key_id, place))

    with acting_as("survey_worker"):
        assert keyring.again_under_a_new_key(kenya.site_id, work) == version.record_length
    assert len(tries) == 2
