"""What opens sealed answers: the site's private key, from where its custody says that it is.

With workers it lies in a file that only they can read. Where researchers hold it, one of them unlocks it for some
minutes: the key then lies boxed in the database, and the token that opens the box travels with the jobs and in the
session of whoever unlocked; neither is enough alone.
"""

import datetime
import hmac
import os
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from survey import datakeys, keyfiles, keypairs, sealing
from survey.datakeys import Decrypt, Place
from survey.keyfiles import KeyFileError
from survey.keypairs import PrivateKey
from survey.models import DataKey as DataKeyRow
from survey.models import SiteKey, Unlock
from survey.scope import site_scope
from survey.sealing import SealError

UNLOCK_MINUTES = 10
T = TypeVar("T")


class LockedError(Exception):
    """Nobody who holds the site's private key has unlocked it."""


class Opener:
    """Opens what is stored for one site, with its private key; each data key is opened once."""

    def __init__(self, site_id: int, private: bytes | None, number: int | None = None) -> None:
        self.site_id, self.number = site_id, number
        self._private = keypairs.usable(private) if private is not None else None
        self._ciphers: dict[bytes, Decrypt] = {}
        self._stored: dict[bytes, bytes] = {}

    @property
    def is_locked(self) -> bool:
        return self._private is None

    def load(self) -> None:
        """Have all data keys of the site at hand: none has to be asked for while rows come. Needs the site's scope."""
        rows = DataKeyRow.objects.filter(site_id=self.site_id).values_list("pk", "sealed")
        self._stored = {number.bytes: bytes(sealed) for number, sealed in rows}

    def has(self, key_id: bytes) -> bool:
        """Whether a data key is at hand."""
        return key_id in self._ciphers or key_id in self._stored

    def ciphers(self, key_ids: Iterable[bytes]) -> Mapping[bytes, Decrypt]:
        """What decrypts under data keys, by their 16 bytes; these among them. Needs the site's scope.

        Raises LockedError without a private key, and SealError for a data key that is not the site's.
        """
        missing = [key_id for key_id in set(key_ids) if key_id not in self._ciphers]
        if missing and self._private is None:
            raise LockedError
        unheard = [uuid.UUID(bytes=key_id) for key_id in missing if key_id not in self._stored]
        if unheard:
            rows = DataKeyRow.objects.filter(site_id=self.site_id, pk__in=unheard).values_list("pk", "sealed")
            self._stored |= {number.bytes: bytes(sealed) for number, sealed in rows}
        for key_id in missing:
            self._ciphers[key_id] = self._opened(key_id)
        return self._ciphers

    def _opened(self, key_id: bytes) -> Decrypt:
        sealed = self._stored.get(key_id)
        if sealed is None:
            raise SealError("sealed under a data key that is not there")
        assert self._private is not None
        key = datakeys.open_key(uuid.UUID(bytes=key_id), sealed, self._private, site_id=self.site_id)
        return AESGCM(key.key).decrypt

    def private_key(self, key: SiteKey) -> PrivateKey:
        """The private half of one of the site's keys: of the present one, or of an older one that was passed on to it.

        Raises LockedError without the present one, and KeyFileError.
        """
        if self._private is None:
            raise LockedError
        if key.state == SiteKey.State.CURRENT:
            return self._private
        found = self._passed_on().get(key.number)
        if found is None:
            raise KeyFileError("this key is gone")
        return found

    def _passed_on(self) -> dict[int, PrivateKey]:
        """The private halves of older keys, by number: each was sealed to the key that followed it."""
        known: dict[int, PrivateKey] = {}
        for older in SiteKey.objects.filter(site_id=self.site_id, passed_on__isnull=False).order_by("-number"):
            info = datakeys.passing_info(self.site_id, older.number)
            for private in (self._private, *known.values()):
                assert private is not None
                with suppress(SealError):
                    known[older.number] = keypairs.open_with(private, bytes(older.passed_on), info)
                    break
        return known

    def record(self, record: bytes, key_id: uuid.UUID | None, place: Place) -> bytes:
        return record if key_id is None else self._plain(record, key_id, place.context(datakeys.RECORD))

    def content(self, content: bytes, key_id: uuid.UUID | None, place: Place, kind: bytes) -> bytes:
        if key_id is None:
            return content
        return datakeys.unpadded(self._plain(content, key_id, place.context(kind)))

    def _plain(self, sealed: bytes, key_id: uuid.UUID, context: bytes) -> bytes:
        return datakeys.open_under(self.ciphers([key_id.bytes])[key_id.bytes], sealed, context)


def opener(*, site_id: int, token: str = "") -> Opener:
    """What opens a site's rows; `token` is an unlock's. Needs the site's scope and the worker's role.

    Raises LockedError while researchers hold the key and none has unlocked it, KeyFileError when its file is missing.
    """
    current = current_key(site_id)
    if current is not None:
        return Opener(site_id, private_key(current, token=token), current.number)
    if SiteKey.objects.filter(site_id=site_id).exists():
        # Erased, or its file is missing: what waits goes on waiting, for a recovery.
        raise LockedError
    return Opener(site_id, None)


def again_under_a_new_key(site_id: int, work: Callable[[], T]) -> T:
    """Do what opens a site's rows; once more when the site's key was changed meanwhile. Raises what `work` raises."""
    with site_scope(site_id):
        before = current_key(site_id)
    try:
        return work()
    except SealError:
        with site_scope(site_id):
            now = current_key(site_id)
        if before is None or now is None or before.pk == now.pk:
            raise
        return work()


def is_outdated(opener: Opener) -> bool:
    """Whether the site has another key by now than the opener has. Needs the site's scope."""
    current = current_key(opener.site_id)
    return (current.number if current is not None else None) != opener.number


def current_key(site_id: int) -> SiteKey | None:
    """The key that a site's answers are sealed to now. Needs the site's scope."""
    return SiteKey.objects.filter(site_id=site_id, state=SiteKey.State.CURRENT).defer("recovery").first()


def private_key(key: SiteKey, *, token: str = "") -> bytes:
    """The private half of a site's key. Raises LockedError and KeyFileError."""
    return _CUSTODIES[key.custody](key, token)


def key_file(public: bytes) -> Path:
    """Where a worker finds the private half of a site's key.

    The name comes of the public half: whatever database is restored beside the files, none ever stands for another.
    """
    return Path(settings.SITE_KEYS_DIR) / f"{fingerprint(public)}.key"


def fingerprint(public: bytes) -> str:
    """Sixteen hexadecimal digits by which people and files name a public key."""
    return keypairs.fingerprint(public)


def in_groups(digits: str) -> str:
    """A fingerprint as people compare it by voice: four groups of four."""
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _from_file(key: SiteKey, token: str) -> bytes:
    return keyfiles.read(key_file(bytes(key.public)), length=keypairs.PRIVATE_BYTES)


def _from_unlock(key: SiteKey, token: str) -> bytes:
    alive = Unlock.objects.filter(site_id=key.site_id, site_key=key.number, expires_at__gt=Now())
    for unlock in alive if token else ():
        try:
            return sealing.unseal(_box_secret(token), bytes(unlock.box), _box_context(unlock))
        except SealError:
            # Somebody else's unlock.
            continue
    raise LockedError


def _from_nowhere(key: SiteKey, token: str) -> bytes:
    raise LockedError


_CUSTODIES: Mapping[str, Callable[[SiteKey, str], bytes]] = {
    SiteKey.Custody.WORKER: _from_file,
    SiteKey.Custody.RESEARCHERS: _from_unlock,
    SiteKey.Custody.ELSEWHERE: _from_nowhere,
}


# Unlocks --------------------------------------------------------------------------------------------------------------


def unlock(*, key: SiteKey, private: bytes, by: str) -> str:
    """Lend a site's private key to its jobs for some minutes. Returns the token. Needs the site's scope."""
    token = os.urandom(keypairs.TOKEN_BYTES).hex()
    row = Unlock(
        site_id=key.site_id,
        site_key=key.number,
        by=by,
        expires_at=timezone.now() + datetime.timedelta(minutes=UNLOCK_MINUTES),
    )
    row.box = sealing.seal(_box_secret(token), private, _box_context(row))
    row.save(force_insert=True)
    return token


def change_box(*, old: SiteKey, new: SiteKey, private: bytes, token: str) -> None:
    """After a site's key changed: an unlock's token opens the new one, every other unlock ends. For workers."""
    for row in Unlock.objects.filter(site_id=old.site_id, site_key=old.number) if token else ():
        try:
            sealing.unseal(_box_secret(token), bytes(row.box), _box_context(row))
        except SealError:
            continue
        row.site_key = new.number
        box = sealing.seal(_box_secret(token), private, _box_context(row))
        Unlock.objects.filter(pk=row.pk).update(site_key=new.number, box=box)
    Unlock.objects.filter(site_id=old.site_id).exclude(site_key=new.number).delete()


def forget_expired(*, site_id: int) -> int:
    """Delete the boxes of unlocks whose time is over. Returns how many. Needs the site's scope."""
    return Unlock.objects.filter(site_id=site_id, expires_at__lte=Now()).delete()[0]


def waits_for_unlock(*, site_id: int) -> bool:
    """Whether researchers hold a site's key and nobody has it unlocked now. Needs the site's scope."""
    held = SiteKey.objects.filter(
        site_id=site_id, state=SiteKey.State.CURRENT, custody=SiteKey.Custody.RESEARCHERS
    ).exists()
    return held and not Unlock.objects.filter(site_id=site_id, expires_at__gt=Now()).exists()


def lock(*, site_id: int, by: str = "") -> int:
    """End a site's unlocks, all or one person's, before their time. Returns how many. Needs the site's scope."""
    own = Unlock.objects.filter(site_id=site_id, **({"by": by} if by else {}))
    return own.delete()[0]


def _box_secret(token: str) -> bytes:
    # The installation's key makes a third part, which is neither in the database nor in the job queue.
    return hmac.digest(settings.SECRET_KEY.encode(), b"unlock:" + token.encode(), "sha256")


def _box_context(unlock: Unlock) -> bytes:
    return b"unlock|%d|%d|" % (unlock.site_id, unlock.site_key) + unlock.id.bytes
