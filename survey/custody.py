"""Who holds a site's private key: made, handed over, changed, erased. Every act stands in the audit trail.

A site's private key is made by a worker. What is done with private keys needs the worker's role, but for erasing, which
must also work at once from a page: the row is marked, and workers burn the file.
"""

from collections.abc import Iterable, Sequence

from django.utils import timezone
from django.utils.translation import gettext

from accounts import audit
from survey import cohorts, datakeys, keyfiles, keypairs, keyring, shares
from survey.keyfiles import KeyFileError
from survey.keypairs import Pair
from survey.keyring import current_key
from survey.links import country_of
from survey.locks import Lock, alone
from survey.models import (
    Cohort,
    DataKey,
    Difference,
    Draft,
    KeyHolder,
    Locator,
    PaperSheet,
    Site,
    SiteKey,
    Study,
)
from survey.publishing import latest_version, protocol_of
from survey.scope import site_scope
from survey.sealers import OPEN_RECORDS

BY_PROGRAM = "worker"


class ErasedError(Exception):
    """The site's key was erased: what was sealed to it opens no more."""


class CustodyError(Exception):
    """The site's key is not, or not any more, in the custody that this starts from."""


class NobodyError(Exception):
    """None of the researchers who were named has asked for the key."""


class NoRecoveryError(Exception):
    """No private key of the site was ever sealed to this recovery key."""


def make_missing_keys() -> list[str]:
    """Give a key pair to every site that needs one and never had any. Returns the countries. For workers."""
    made = []
    for study in Study.objects.all():
        if protocol_of(latest_version(study).pk).settings.records == OPEN_RECORDS:
            continue
        for site in Site.objects.filter(study_id=study.pk):
            with site_scope(site.pk):
                if not SiteKey.objects.filter(site_id=site.pk).exists() and _make_first(site):
                    made.append(site.country)
    return made


def _make_first(site: Site) -> bool:
    """The first pair of a site; False when another worker made it meanwhile. Needs the site's scope."""
    alone(Lock.KEYS, site.pk)
    if SiteKey.objects.filter(site_id=site.pk).exists():
        return False
    _store(site, keypairs.new_pair(), number=1, custody=SiteKey.Custody.WORKER)
    audit.record(by=BY_PROGRAM, action="key-made", country=site.country, number=1)
    return True


def _store(site: Site, pair: Pair, *, number: int, custody: str) -> SiteKey:
    """The row of a new current pair; with workers its file first: a row must not promise a key that nobody has."""
    if custody == SiteKey.Custody.WORKER:
        keyfiles.write(keyring.key_file(pair.public), pair.private)
    recovery = Study.objects.values_list("recovery_public", flat=True).get(pk=site.study_id)
    return SiteKey.objects.create(
        site_id=site.pk,
        number=number,
        custody=custody,
        public=pair.public,
        recovery=_for_recovery(pair.private, bytes(recovery), site.pk, number) if recovery else None,
        made_on=timezone.now().date(),
    )


def _for_recovery(private: bytes, public: bytes, site_id: int, number: int) -> bytes:
    return keypairs.seal_to(public, private, datakeys.recovery_info(site_id, number))


def rotate(*, site_id: int, by: str, token: str = "") -> SiteKey:
    """A new pair for a site: every data key is sealed to it anew, and the old private key opens nothing any more.

    Answers stay as they are: only the keys that they lie under are sealed again. Whoever held the old one among
    researchers holds the new one. For workers. Raises LockedError, KeyFileError, and ErasedError without a key.
    """
    with site_scope(site_id):
        old = _current_alone(site_id)
        holders = _holders_of(old)
        new = _renew(old, keyring.private_key(old, token=token), custody=old.custody, holders=holders, token=token)
        _record("key-rotated", site_id, by, number=new.number)
    keyfiles.burn(keyring.key_file(bytes(old.public)))
    return new


def settle(*, site_id: int, by: str, token: str) -> None:
    """What an unlock makes possible: a key is changed that somebody held who holds it no more; recovery is sealed.

    For workers. Raises LockedError.
    """
    with site_scope(site_id):
        due = SiteKey.objects.filter(site_id=site_id, state=SiteKey.State.CURRENT, rotation_due=True).exists()
    if due:
        rotate(site_id=site_id, by=by, token=token)
    seal_for_recovery(site_id=site_id, token=token)


def hand_over(*, site_id: int, holder_ids: Sequence[int], by: str) -> SiteKey:
    """From the workers to researchers who asked: a new pair whose private half is in no file. For workers.

    Raises CustodyError unless workers hold it, NobodyError when none of the named has asked, and KeyFileError.
    """
    with site_scope(site_id):
        old = _current_alone(site_id)
        if old.custody != SiteKey.Custody.WORKER:
            raise CustodyError
        holders = list(KeyHolder.objects.filter(site_id=site_id, pk__in=holder_ids))
        if not holders:
            raise NobodyError
        new = _renew(old, keyring.private_key(old), custody=SiteKey.Custody.RESEARCHERS, holders=holders, by=by)
        _record("handed-over", site_id, by, to=[one.username for one in holders], number=new.number)
    keyfiles.burn(keyring.key_file(bytes(old.public)))
    return new


def take_back(*, site_id: int, token: str, by: str) -> SiteKey:
    """From researchers back to the workers. Their shares are void; their own keys stay for another time. For workers.

    Raises CustodyError unless researchers hold it, and LockedError.
    """
    with site_scope(site_id):
        old = _current_alone(site_id)
        if old.custody != SiteKey.Custody.RESEARCHERS:
            raise CustodyError
        new = _renew(old, keyring.private_key(old, token=token), custody=SiteKey.Custody.WORKER, holders=())
        keyring.lock(site_id=site_id)
        _record("handed-over", site_id, by, to="workers", number=new.number)
    return new


def _current_alone(site_id: int) -> SiteKey:
    """The site's key, which nobody else changes or seals to meanwhile. Needs the site's scope. Raises ErasedError."""
    alone(Lock.KEYS, site_id)
    found = current_key(site_id)
    if found is None:
        raise ErasedError
    return found


def _holders_of(key: SiteKey) -> list[KeyHolder]:
    if key.custody != SiteKey.Custody.RESEARCHERS:
        return []
    return list(KeyHolder.objects.filter(site_id=key.site_id, site_key=key.number, share__isnull=False))


def _renew(
    old: SiteKey, private: bytes, *, custody: str, holders: Iterable[KeyHolder], by: str = "", token: str = ""
) -> SiteKey:
    """A new current pair in place of `old`; `by` grants the shares, or whoever granted the old ones did."""
    site_id, pair = old.site_id, keypairs.new_pair()
    site = Site.objects.get(pk=site_id)
    newest = SiteKey.objects.filter(site_id=site_id).order_by("-number").values_list("number", flat=True)[0]
    passed_on = keypairs.seal_to(pair.public, private, datakeys.passing_info(site_id, old.number))
    SiteKey.objects.filter(pk=old.pk).update(state=SiteKey.State.RETIRED, recovery=None, passed_on=passed_on)
    new = _store(site, pair, number=newest + 1, custody=custody)
    _seal_again(site_id, private, pair, new.number)
    KeyHolder.objects.filter(site_id=site_id).exclude(pk__in=[one.pk for one in holders]).update(
        share=None, site_key=None, granted_by=""
    )
    for holder in holders:
        shares.give(holder, pair, number=new.number, by=by or holder.granted_by)
    keyring.change_box(old=old, new=new, private=pair.private, token=token)
    return new


def _seal_again(site_id: int, private: bytes, pair: Pair, number: int) -> None:
    for row in DataKey.objects.select_for_update().filter(site_id=site_id).exclude(site_key=number).iterator():
        opened = datakeys.open_key(row.pk, bytes(row.sealed), private, site_id=site_id)
        sealed = datakeys.seal_key(opened, pair.public, site_id=site_id)
        DataKey.objects.filter(site_id=site_id, pk=row.pk).update(sealed=sealed, site_key=number)


def _record(action: str, site_id: int, by: str, **detail: str | int | list[str]) -> None:
    audit.record(by=by, action=action, country=country_of(site_id), **detail)


# Erasing --------------------------------------------------------------------------------------------------------------


def erase(*, site_id: int, by: str) -> None:
    """Make everything that was sealed in a site unreadable for good, here and in every backup. From a web process.

    The private key goes: its file, by the workers within a minute; what researchers hold, with their rows and the shred
    file, at once. So do answers that people and typists have under way. Only who has the study's recovery key, off this
    server, can open again what was sent.
    """
    # First what matters, behind nobody: a file that is being taken in holds the lock of the key for minutes.
    with site_scope(site_id):
        _erase_keys(site_id)
        _record("key-erased", site_id, by)
        # Before the end of the transaction: should the machine fail just now, too much is gone rather than too little.
        shares.burn_shred(site_id)
    with site_scope(site_id):
        alone(Lock.KEYS, site_id)
        # Once more: a key that was being changed has a successor by now.
        _erase_keys(site_id)
        shares.burn_shred(site_id)
        _erase_what_is_under_way(site_id)
        for cohort in Cohort.objects.filter(site_id=site_id, state=Cohort.State.OPEN):
            cohorts.claim(cohort, cohort.revision)
            reason = gettext("The key of this country was erased.")
            cohorts.set_state(cohort=cohort, to=Cohort.State.PAUSED, reason=reason, by=by)


def _erase_keys(site_id: int) -> None:
    """Needs the site's scope."""
    SiteKey.objects.filter(site_id=site_id).update(state=SiteKey.State.ERASED, passed_on=None)
    keyring.lock(site_id=site_id)
    KeyHolder.objects.filter(site_id=site_id).delete()


def _erase_what_is_under_way(site_id: int) -> None:
    """Drafts, and differences between entries, lie under other keys than the site's. Needs the site's scope."""
    drafts = Draft.objects.filter(site_id=site_id)
    Locator.objects.filter(site_id=site_id, pk__in=list(drafts.values_list("pk", flat=True))).delete()
    drafts.delete()
    Difference.objects.filter(site_id=site_id).delete()
    # Should the key be recovered, a worker finds the differences again.
    differing = PaperSheet.objects.filter(site_id=site_id, state=PaperSheet.State.DIFFERS)
    differing.update(state=PaperSheet.State.COMPARING)


def burn_erased() -> int:
    """Overwrite and unlink the key files of erased and retired keys. Returns how many. For workers."""
    burnt = 0
    for site_id in Site.objects.values_list("pk", flat=True):
        with site_scope(site_id):
            gone = [SiteKey.State.RETIRED, SiteKey.State.ERASED]
            over = SiteKey.objects.filter(state__in=gone).values_list("public", flat=True)
            burnt += sum(keyfiles.burn(keyring.key_file(bytes(public))) for public in over)
    return burnt


def watch_files() -> None:
    """Stop sealing to keys of the workers whose file is missing, until it is found again. For workers.

    Else people would be thanked for answers that nobody can open: after a restored backup, or on a moved server.
    """
    for site_id in Site.objects.values_list("pk", flat=True):
        with site_scope(site_id):
            watched = [SiteKey.State.CURRENT, SiteKey.State.LOST]
            for key in SiteKey.objects.filter(custody=SiteKey.Custody.WORKER, state__in=watched):
                _watch(key)


def _watch(key: SiteKey) -> None:
    try:
        keyfiles.read(keyring.key_file(bytes(key.public)), length=keypairs.PRIVATE_BYTES)
        state, action = SiteKey.State.CURRENT, "key-found"
    except KeyFileError:
        state, action = SiteKey.State.LOST, "key-missing"
    if key.state != state and SiteKey.objects.filter(pk=key.pk, state=key.state).update(state=state):
        _record(action, key.site_id, BY_PROGRAM, number=key.number)


def note_failed(*, site_id: int, what: str, error: Exception) -> None:
    """Write down that what somebody asked the workers for did not happen."""
    with site_scope(site_id):
        _record(f"{what}-failed", site_id, BY_PROGRAM, reason=type(error).__name__)


def forget_expired_unlocks() -> None:
    """Delete the boxes of unlocks whose time is over. For workers."""
    for site_id in Site.objects.values_list("pk", flat=True):
        with site_scope(site_id):
            keyring.forget_expired(site_id=site_id)


# Recovery -------------------------------------------------------------------------------------------------------------


def set_recovery_key(*, study: Study, public: bytes, by: str) -> tuple[list[str], list[str]]:
    """Seal every site's private key to a recovery key from now on. For workers.

    Returns the countries whose present key is sealed to it now, and those where that waits for an unlock.
    """
    Study.objects.filter(pk=study.pk).update(recovery_public=public)
    audit.record(by=by, action="recovery-key-set", study=study.slug, key=keyring.fingerprint(public))
    done: list[str] = []
    locked: list[str] = []
    for site in Site.objects.filter(study_id=study.pk):
        with site_scope(site.pk):
            # One that was sealed to another recovery key must not stay openable by it.
            SiteKey.objects.filter(site_id=site.pk, state=SiteKey.State.CURRENT).update(recovery=None)
            if current_key(site.pk) is None:
                continue
            try:
                seal_for_recovery(site_id=site.pk)
                done.append(site.country)
            except keyring.LockedError:
                locked.append(site.country)
    return done, locked


def seal_for_recovery(*, site_id: int, token: str = "") -> None:
    """Seal a site's private key to the study's recovery key, if there is one and it is not yet. For workers.

    Raises LockedError and KeyFileError.
    """
    with site_scope(site_id):
        alone(Lock.KEYS, site_id)
        key = SiteKey.objects.filter(site_id=site_id, state=SiteKey.State.CURRENT).first()
        public = Site.objects.values_list("study__recovery_public", flat=True).get(pk=site_id)
        if key is None or key.recovery is not None or public is None:
            return
        sealed = _for_recovery(keyring.private_key(key, token=token), bytes(public), site_id, key.number)
        SiteKey.objects.filter(pk=key.pk).update(recovery=sealed)


def recover(*, site_id: int, private: bytes, by: str) -> SiteKey:
    """Open a site's key with the recovery key, erased or not, and give a new one to the workers. For workers.

    Raises NoRecoveryError, and SealError for another recovery key.
    """
    with site_scope(site_id):
        alone(Lock.KEYS, site_id)
        old = SiteKey.objects.filter(site_id=site_id, recovery__isnull=False).order_by("-number").first()
        if old is None:
            raise NoRecoveryError
        opened = keypairs.open_with(private, bytes(old.recovery), datakeys.recovery_info(site_id, old.number))
        SiteKey.objects.filter(site_id=site_id, state=SiteKey.State.CURRENT).update(state=SiteKey.State.RETIRED)
        new = _renew(old, opened, custody=SiteKey.Custody.WORKER, holders=())
        keyring.lock(site_id=site_id)
        _record("recovered", site_id, by, number=new.number)
    return new
