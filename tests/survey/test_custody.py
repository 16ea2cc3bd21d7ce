"""A country's key with its researchers: the drills of docs/keys.md, step by step."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from accounts.models import Role
from survey import cohorts, custody, holders, keyring, sealers, shares
from survey.custody import CustodyError, NobodyError, NoRecoveryError
from survey.holders import ChangedError, LastHolderError, WaitError
from survey.keyfiles import KeyFileError
from survey.keyring import LockedError, fingerprint, key_file
from survey.models import Cohort, DataKey, Draft, KeyHolder, Locator, Site, SiteKey, Study, Unlock, Version
from survey.responses import opened_rows
from survey.scope import site_scope
from survey.sealers import NoKeyError
from survey.sealing import SealError
from survey.shares import NoShareError, NoShredError, WrongPassphraseError
from tests.factories import make_staff
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of, stored_records
from tests.survey.custodians import AMINA, BRIAN, CHEP, acts, ask, grant, handed_over, keys_of, unlocked

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folders(settings: Any, tmp_path: Path) -> None:
    settings.SITE_KEYS_DIR, settings.SHRED_DIR = tmp_path / "site-keys", tmp_path / "shred"


@pytest.fixture
def version() -> Version:
    return publish_small()


@pytest.fixture
def kenya(version: Version) -> Site:
    return site_of(version, "KE")


@pytest.fixture
def cohort(version: Version, kenya: Site) -> Cohort:
    return add_cohort(kenya, version, state=Cohort.State.OPEN, size=4)


def readable(site: Site, token: str = "") -> int:
    """How many responses a worker can open."""
    from survey.models import Response

    with acting_as("survey_worker"), site_scope(site.pk):
        opener = keyring.opener(site_id=site.pk, token=token)
        return len([opened_rows(opener, row, None) for row in Response.objects.filter(site_id=site.pk)])


def current(site: Site) -> SiteKey:
    with acting_as("survey_worker"), site_scope(site.pk):
        return SiteKey.objects.get(site_id=site.pk, state="current")


def file_of(site: Site) -> Path:
    return key_file(bytes(current(site).public))


# Handing over, unlocking ----------------------------------------------------------------------------------------------


def test_handed_over_no_file_opens_the_answers_and_an_unlock_does(kenya: Site, cohort: Cohort) -> None:
    before = file_of(kenya)
    assert readable(kenya) == 4
    handed_over(kenya)
    assert (before.exists(), file_of(kenya).exists()) == (False, False)
    assert keys_of(kenya) == [(1, "worker", "retired"), (2, "researchers", "current")]
    with pytest.raises(LockedError):
        readable(kenya)
    assert readable(kenya, unlocked(kenya)) == 4
    assert readable(kenya, unlocked(kenya, "brian", BRIAN)) == 4
    assert acts("key-asked", "handed-over", "unlocked") == [
        ("amina", "key-asked"),
        ("brian", "key-asked"),
        ("worker", "handed-over"),
        ("amina", "unlocked"),
        ("brian", "unlocked"),
    ]


def test_an_unlock_opens_for_its_token_and_its_country_until_it_is_over(version: Version, kenya: Site) -> None:
    add_cohort(kenya, version, size=2)
    handed_over(kenya)
    egypt = site_of(version, "EG")
    handed_over(egypt)
    token = unlocked(kenya)
    for site, wrong in ((kenya, "00" * 32), (egypt, token)):
        assert not holders.is_open(site_id=site.pk, token=wrong)
    assert holders.standing(site_id=kenya.pk).minutes == 10
    with acting_as("survey_owner"), site_scope(kenya.pk):
        Unlock.objects.update(expires_at=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    with pytest.raises(LockedError):
        readable(kenya, token)
    with acting_as("survey_worker"):
        custody.forget_expired_unlocks()
    with site_scope(kenya.pk):
        assert Unlock.objects.count() == 0


def test_locking_ends_every_unlock_at_once(kenya: Site) -> None:
    handed_over(kenya)
    tokens = [unlocked(kenya), unlocked(kenya, "brian", BRIAN)]
    holders.lock(site_id=kenya.pk, by="brian")
    assert [holders.is_open(site_id=kenya.pk, token=token) for token in tokens] == [False, False]
    assert acts("locked") == [("brian", "locked")]


def test_a_wrong_passphrase_is_told_and_the_fourth_has_to_wait(kenya: Site) -> None:
    handed_over(kenya)
    for _ in range(4):
        with pytest.raises(WrongPassphraseError):
            unlocked(kenya, "amina", BRIAN)
    with pytest.raises(WaitError) as told:
        unlocked(kenya, "amina", AMINA)
    assert told.value.seconds == 2
    # Somebody else is held up by none of it.
    assert unlocked(kenya, "brian", BRIAN)


def test_the_web_process_cannot_read_what_is_sealed_for_recovery(kenya: Site) -> None:
    with site_scope(kenya.pk), pytest.raises(DatabaseError), transaction.atomic():
        SiteKey.objects.values_list("recovery").get(site_id=kenya.pk)


def test_only_workers_keys_are_handed_over_and_only_to_people_who_asked(version: Version, kenya: Site) -> None:
    with acting_as("survey_worker"), pytest.raises(NobodyError):
        custody.hand_over(site_id=kenya.pk, holder_ids=[], by="worker")
    stranger = ask(site_of(version, "EG"), "basma", CHEP)
    with acting_as("survey_worker"), pytest.raises(NobodyError):
        custody.hand_over(site_id=kenya.pk, holder_ids=[stranger.pk], by="worker")
    amina, _ = handed_over(kenya)
    with acting_as("survey_worker"), pytest.raises(CustodyError):
        custody.hand_over(site_id=kenya.pk, holder_ids=[amina.pk], by="worker")


def test_given_back_the_workers_count_again_and_no_passphrase_opens_anything(kenya: Site, cohort: Cohort) -> None:
    handed_over(kenya)
    token = unlocked(kenya)
    with acting_as("survey_worker"):
        custody.take_back(site_id=kenya.pk, token=token, by="worker")
    assert readable(kenya) == 4
    assert current(kenya).custody == "worker"
    with pytest.raises(NoShareError):
        unlocked(kenya)
    with site_scope(kenya.pk):
        # They asked, and hold nothing: the next handing over needs no new passphrase.
        assert list(KeyHolder.objects.values_list("username", "share", "granted_by")) == [
            ("amina", None, ""),
            ("brian", None, ""),
        ]


def test_nothing_is_given_back_while_it_is_locked(kenya: Site) -> None:
    handed_over(kenya)
    with acting_as("survey_worker"), pytest.raises(LockedError):
        custody.take_back(site_id=kenya.pk, token="00" * 32, by="worker")


# Drill: add -----------------------------------------------------------------------------------------------------------


def test_drill_add_a_colleague(kenya: Site, cohort: Cohort) -> None:
    handed_over(kenya)
    chep = ask(kenya, "chep", CHEP)
    with pytest.raises(NoShareError):
        unlocked(kenya, "chep", CHEP)
    with pytest.raises(LockedError):
        grant(kenya, chep, "")
    grant(kenya, chep, unlocked(kenya))
    assert readable(kenya, unlocked(kenya, "chep", CHEP)) == 4
    assert acts("key-granted") == [("amina", "key-granted")]


def test_a_key_that_was_put_in_the_place_of_the_compared_one_gets_nothing(kenya: Site) -> None:
    handed_over(kenya)
    chep = ask(kenya, "chep", CHEP)
    token = unlocked(kenya)
    ask(kenya, "chep", "another passphrase")
    with pytest.raises(ChangedError):
        grant(kenya, chep, token)
    swapped = ask(kenya, "chep", CHEP)
    with pytest.raises(ChangedError):
        holders.grant(
            site_id=kenya.pk, holder_id=swapped.pk, fingerprint=fingerprint(chep.public), token=token, by="amina"
        )


# Drill: remove, rotate ------------------------------------------------------------------------------------------------


def test_drill_remove_a_colleague(kenya: Site, cohort: Cohort) -> None:
    _, brian = handed_over(kenya)
    with site_scope(kenya.pk):
        kept = KeyHolder.objects.get(pk=brian.pk)
    token = unlocked(kenya)
    assert holders.remove(site_id=kenya.pk, holder_id=brian.pk, token=token, by="amina")
    with acting_as("survey_worker"):
        custody.settle(site_id=kenya.pk, by="worker", token=token)
    with pytest.raises(NoShareError):
        unlocked(kenya, "brian", BRIAN)
    # What he may have copied before opens nothing that is here now.
    with pytest.raises(NoShareError):
        shares.opened(kept, BRIAN, current(kenya))
    assert current(kenya).rotation_due is False
    # The unlock goes on over the change.
    assert readable(kenya, token) == 4
    assert readable(kenya, unlocked(kenya)) == 4
    assert acts("key-removed", "key-rotated") == [("amina", "key-removed"), ("worker", "key-rotated")]


def test_who_leaves_the_country_loses_the_key_but_the_last_one(kenya: Site, cohort: Cohort) -> None:
    handed_over(kenya)

    def leave(*names: str) -> list[str]:
        with acting_as("survey_owner"):
            Role.objects.filter(site_id=kenya.pk, user__username__in=names).delete()
        with acting_as("survey_worker"):
            holders.forget_those_who_left()
        with site_scope(kenya.pk):
            return list(KeyHolder.objects.values_list("username", flat=True))

    for name in ("amina", "brian"):
        make_staff(name, Role.Name.RESEARCHER, kenya)
    assert leave() == ["amina", "brian"]
    assert leave("brian") == ["amina"]
    assert current(kenya).rotation_due is True
    assert leave("amina") == ["amina"]
    assert readable(kenya, unlocked(kenya)) == 4


def test_nobody_is_removed_while_the_key_is_locked_and_the_last_one_never(kenya: Site) -> None:
    amina, brian = handed_over(kenya)
    with pytest.raises(LockedError):
        holders.remove(site_id=kenya.pk, holder_id=brian.pk, token="", by="amina")
    token = unlocked(kenya)
    holders.remove(site_id=kenya.pk, holder_id=brian.pk, token=token, by="amina")
    with pytest.raises(LastHolderError):
        holders.remove(site_id=kenya.pk, holder_id=amina.pk, token=token, by="amina")
    with pytest.raises(LastHolderError):
        ask(kenya, "amina", "a new passphrase that would lose everything")
    assert unlocked(kenya)


def test_a_change_that_was_missed_comes_with_the_next_unlock(kenya: Site, cohort: Cohort) -> None:
    _, brian = handed_over(kenya)
    holders.remove(site_id=kenya.pk, holder_id=brian.pk, token=unlocked(kenya), by="amina")
    assert (current(kenya).number, current(kenya).rotation_due) == (2, True)
    token = unlocked(kenya)
    with acting_as("survey_worker"):
        custody.settle(site_id=kenya.pk, by="worker", token=token)
    assert (current(kenya).number, current(kenya).rotation_due) == (3, False)


def test_drill_change_the_key(kenya: Site, cohort: Cohort) -> None:
    handed_over(kenya)
    before = current(kenya)
    token = unlocked(kenya)
    with acting_as("survey_worker"):
        custody.rotate(site_id=kenya.pk, by="worker", token=token)
    assert keys_of(kenya)[-2:] == [(2, "researchers", "retired"), (3, "researchers", "current")]
    assert bytes(current(kenya).public) != bytes(before.public)
    assert readable(kenya, unlocked(kenya, "brian", BRIAN)) == 4
    with acting_as("survey_worker"), site_scope(kenya.pk):
        assert set(DataKey.objects.values_list("site_key", flat=True)) == {3}


def test_drill_change_the_workers_key_at_the_command_line(kenya: Site, cohort: Cohort, capsys: Any) -> None:
    before = file_of(kenya)
    with acting_as("survey_worker"):
        call_command("rotate_site_key", "--study", "small", "--site", "KE")
    assert capsys.readouterr().out == "KE has a new key (number 2).\n"
    assert (before.exists(), file_of(kenya).exists()) == (False, True)
    assert readable(kenya) == 4
    handed_over(kenya)
    with acting_as("survey_worker"), pytest.raises(CommandError, match="Researchers hold the key of KE"):
        call_command("rotate_site_key", "--study", "small", "--site", "KE")


# Drill: recovery ------------------------------------------------------------------------------------------------------


def recovery_key(tmp_path: Path, capsys: Any) -> tuple[Path, str]:
    file = tmp_path / "recovery.key"
    call_command("make_recovery_key", str(file))
    return file, capsys.readouterr().out.strip()


def test_drill_recover_after_everybody_forgot(
    version: Version, kenya: Site, cohort: Cohort, tmp_path: Path, capsys: Any
) -> None:
    file, public = recovery_key(tmp_path, capsys)
    assert (oct(file.stat().st_mode)[-3:], len(public)) == ("400", 2 * 1216)
    handed_over(kenya)
    with acting_as("survey_worker"):
        call_command("set_recovery_key", "small", public)
    told = capsys.readouterr().out
    assert "At the next unlock by their researchers: KE." in told
    token = unlocked(kenya)
    with acting_as("survey_worker"):
        custody.settle(site_id=kenya.pk, by="worker", token=token)
        call_command("recover_site_key", "--study", "small", "--site", "KE", "--key", str(file))
    assert readable(kenya) == 4
    assert keys_of(kenya)[-1] == (3, "worker", "current")
    assert acts("recovered") == [("bin/manage", "recovered")]
    with pytest.raises(NoShareError):
        unlocked(kenya)


def test_the_public_key_may_be_a_file_and_must_be_whole(kenya: Site, tmp_path: Path, capsys: Any) -> None:
    _, public = recovery_key(tmp_path, capsys)
    (tmp_path / "public.txt").write_text(public + "\n")
    with acting_as("survey_worker"):
        call_command("set_recovery_key", "small", str(tmp_path / "public.txt"))
        assert bytes(Study.objects.get(slug="small").recovery_public).hex() == public
        (tmp_path / "short.txt").write_text("abcd")
        with pytest.raises(CommandError, match="A public key has 1216 bytes; this has 2"):
            call_command("set_recovery_key", "small", str(tmp_path / "short.txt"))
        with pytest.raises(CommandError, match="neither a file nor a line"):
            call_command("set_recovery_key", "small", "nowhere")


def test_another_recovery_key_opens_nothing(kenya: Site, tmp_path: Path, capsys: Any) -> None:
    file, public = recovery_key(tmp_path, capsys)
    other = tmp_path / "other.key"
    call_command("make_recovery_key", str(other))
    with pytest.raises(CommandError, match="is there already, and stays"):
        call_command("make_recovery_key", str(file))
    arguments = ["recover_site_key", "--study", "small", "--site", "KE", "--key"]
    with acting_as("survey_worker"):
        with pytest.raises(CommandError, match="was ever sealed to a recovery key"):
            call_command(*arguments, str(file))
        call_command("set_recovery_key", "small", public)
        with pytest.raises(CommandError, match="another recovery key"):
            call_command(*arguments, str(other))


# Drill: erase ---------------------------------------------------------------------------------------------------------


def dump(site: Site) -> tuple[list[SiteKey], list[KeyHolder]]:
    """What last night's backup has of a site's keys."""
    with acting_as("survey_worker"), site_scope(site.pk):
        return list(SiteKey.objects.filter(site_id=site.pk)), list(KeyHolder.objects.filter(site_id=site.pk))


def restore(site: Site, backup: tuple[list[SiteKey], list[KeyHolder]]) -> None:
    keys, people = backup
    with acting_as("survey_worker"), site_scope(site.pk):
        for key in keys:
            key.save(force_update=True)
    with site_scope(site.pk):
        KeyHolder.objects.bulk_create(people)


def test_drill_erase_and_restore_last_nights_backup(
    kenya: Site, cohort: Cohort, version: Version, tmp_path: Path, capsys: Any
) -> None:
    file, public = recovery_key(tmp_path, capsys)
    before = stored_records(kenya.pk)
    handed_over(kenya)
    with acting_as("survey_worker"):
        call_command("set_recovery_key", "small", public)
    token = unlocked(kenya)
    with acting_as("survey_worker"):
        custody.settle(site_id=kenya.pk, by="worker", token=token)
    backup = dump(kenya)
    shred = shares.shred_file(kenya.pk)
    assert oct(shred.stat().st_mode)[-3:] == "400"

    custody.erase(site_id=kenya.pk, by="amina")
    assert not shred.exists()
    with site_scope(kenya.pk):
        assert (KeyHolder.objects.count(), Unlock.objects.count()) == (0, 0)
    with pytest.raises(LockedError):
        readable(kenya, token)

    restore(kenya, backup)
    for username, passphrase in (("amina", AMINA), ("brian", BRIAN)):
        with pytest.raises(NoShredError):
            unlocked(kenya, username, passphrase)
    # A new shred file, which whoever sets up a key now makes, does not help.
    ask(kenya, "chep", CHEP)
    for username, passphrase in (("amina", AMINA), ("brian", BRIAN)):
        with pytest.raises(WrongPassphraseError):
            unlocked(kenya, username, passphrase)
    with pytest.raises(LockedError):
        readable(kenya, token)

    with acting_as("survey_worker"):
        call_command("recover_site_key", "--study", "small", "--site", "KE", "--key", str(file))
    assert stored_records(kenya.pk) == before
    assert len(before) == 4


def test_drill_erase_while_workers_hold_the_key(kenya: Site, cohort: Cohort, version: Version) -> None:
    file, backup = file_of(kenya), dump(kenya)
    custody.erase(site_id=kenya.pk, by="amina")
    with acting_as("survey_worker"):
        custody.burn_erased()
    assert not file.exists()
    with pytest.raises(LockedError):
        readable(kenya)
    restore(kenya, backup)
    with pytest.raises(KeyFileError):
        readable(kenya)
    with acting_as("survey_worker"), pytest.raises(NoRecoveryError):
        custody.recover(site_id=kenya.pk, private=bytes(96), by="bin/manage")
    assert acts("key-erased") == [("amina", "key-erased")]
    # Another country's key is as it was.
    assert file_of(site_of(version, "EG")).exists()


def test_after_erasing_nothing_is_under_way_and_nothing_can_begin(kenya: Site, cohort: Cohort) -> None:
    with site_scope(kenya.pk):
        Draft.objects.create(
            locator=b"d" * 32,
            site_id=kenya.pk,
            cohort_id=cohort.pk,
            version_id=cohort.version_id,
            sealed=b"x",
            expires_on=datetime.date(2027, 1, 1),
        )
        Locator.objects.create(hash=b"d" * 32, site_id=kenya.pk)
        Locator.objects.create(hash=b"r" * 32, site_id=kenya.pk)
    custody.erase(site_id=kenya.pk, by="amina")
    with site_scope(kenya.pk):
        assert Draft.objects.count() == 0
        # Receipts still lead to what can be taken back.
        assert [bytes(one.hash) for one in Locator.objects.filter(site_id=kenya.pk)] == [b"r" * 32]
        found = Cohort.objects.get(pk=cohort.pk)
    assert found.state == "paused"
    with site_scope(kenya.pk), pytest.raises(NoKeyError):
        sealers.sealer(site_id=kenya.pk, version_id=cohort.version_id)
    with pytest.raises(NoKeyError):
        cohorts.move(cohort=found, to="open", reason="try", revision=found.revision, by="amina")


def test_a_study_with_open_records_opens_cohorts_without_a_key() -> None:
    version = publish_small("open", records="open")
    found = add_cohort(site_of(version, "KE"), version, state=Cohort.State.PREPARING, size=0)
    cohorts.move(cohort=found, to="open", reason="begin", revision=found.revision, by="amina")
    assert found.state == "open"


def test_erasing_at_the_command_line_is_said_twice(kenya: Site, cohort: Cohort) -> None:
    arguments = ["erase_site", "--study", "small", "--site", "KE"]
    with acting_as("survey_worker"):
        with pytest.raises(CommandError, match="If it is meant, add --yes KE"):
            call_command(*arguments)
        call_command(*arguments, "--yes", "KE")
    assert keys_of(kenya) == [(1, "worker", "erased")]


def test_a_sealed_recovery_is_bound_to_its_country(version: Version, kenya: Site, tmp_path: Path, capsys: Any) -> None:
    file, public = recovery_key(tmp_path, capsys)
    egypt = site_of(version, "EG")
    with acting_as("survey_worker"):
        call_command("set_recovery_key", "small", public)
        with site_scope(egypt.pk):
            moved = bytes(SiteKey.objects.get(site_id=egypt.pk).recovery)
        with site_scope(kenya.pk):
            SiteKey.objects.filter(site_id=kenya.pk).update(recovery=moved)
        with pytest.raises(SealError):
            custody.recover(site_id=kenya.pk, private=bytes.fromhex(file.read_text().strip()), by="bin/manage")
