"""Who holds a site's private key: made, handed over, changed, erased. Every act stands in the audit trail.

A site's private key is made by a worker. What is done with private keys needs the worker's role, but for erasing, which
must also work at once from a page: the row is marked, and workers burn the file.
"""

from django.utils import timezone

from accounts import audit
from survey import datakeys, keyfiles, keypairs, keyring
from survey.keypairs import Pair
from survey.keyring import current_key
from survey.links import country_of
from survey.locks import Lock, alone
from survey.models import DataKey, Site, SiteKey, Study
from survey.publishing import latest_version, protocol_of
from survey.scope import site_scope
from survey.sealers import OPEN_RECORDS

BY_PROGRAM = "worker"


class ErasedError(Exception):
    """The site's key was erased: what was sealed to it opens no more."""


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

    Answers stay as they are: only the keys that they lie under are sealed again. For workers. Raises LockedError,
    KeyFileError, and ErasedError for a site without a key.
    """
    site = Site.objects.get(pk=site_id)
    with site_scope(site_id):
        alone(Lock.KEYS, site_id)
        old = current_key(site_id)
        if old is None:
            raise ErasedError
        private = keyring.private_key(old, token=token)
        pair = keypairs.new_pair()
        SiteKey.objects.filter(pk=old.pk).update(state=SiteKey.State.RETIRED, recovery=None)
        new = _store(site, pair, number=old.number + 1, custody=old.custody)
        _seal_again(site_id, private, pair, new.number)
        audit.record(by=by, action="key-rotated", country=site.country, number=new.number)
    keyfiles.burn(keyring.key_file(bytes(old.public)))
    return new


def _seal_again(site_id: int, private: bytes, pair: Pair, number: int) -> None:
    for row in DataKey.objects.select_for_update().filter(site_id=site_id).exclude(site_key=number).iterator():
        opened = datakeys.open_key(row.pk, bytes(row.sealed), private, site_id=site_id)
        sealed = datakeys.seal_key(opened, pair.public, site_id=site_id)
        DataKey.objects.filter(site_id=site_id, pk=row.pk).update(sealed=sealed, site_key=number)


def erase(*, site_id: int, by: str) -> None:
    """Make everything that was sealed in a site unreadable for good, here and in every backup.

    The private key goes: its file, by the workers; what researchers hold, with their rows and the shred file. Only who
    has the study's recovery key, off this server, can open the answers again.
    """
    with site_scope(site_id):
        alone(Lock.KEYS, site_id)
        SiteKey.objects.filter(site_id=site_id).exclude(state=SiteKey.State.ERASED).update(state=SiteKey.State.ERASED)
        keyring.lock(site_id=site_id)
        audit.record(by=by, action="key-erased", country=country_of(site_id))


def burn_erased() -> int:
    """Overwrite and unlink the key files of erased and retired keys. Returns how many. For workers."""
    burnt = 0
    for site_id in Site.objects.values_list("pk", flat=True):
        with site_scope(site_id):
            over = SiteKey.objects.exclude(state=SiteKey.State.CURRENT).values_list("public", flat=True)
            burnt += sum(keyfiles.burn(keyring.key_file(bytes(public))) for public in over)
    return burnt
