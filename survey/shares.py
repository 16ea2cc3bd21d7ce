"""Shares of a site's private key: sealed to each researcher who holds it, and what opens one.

A share opens with the holder's passphrase and the site's shred file together. The shred file lies outside the database
and its backups: once it is burnt, no passphrase opens a share any more, not even one from an old backup.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

from survey import keyfiles, keypairs
from survey.keyfiles import KeyFileError
from survey.keypairs import Pair
from survey.models import KeyHolder, SiteKey
from survey.sealing import BusyError, SealError

_ONE_AT_A_TIME = threading.Lock()
# Stretching a passphrase takes a quarter of a gigabyte: a process does it for one person after the other.
_PATIENCE_SECONDS = 10


class WrongPassphraseError(Exception):
    """The passphrase does not open the holder's own key."""


class NoShredError(Exception):
    """The site's shred file is not there: it was burnt or never copied. No passphrase opens anything."""


class NoShareError(Exception):
    """This person has no share of the site's present key."""


def shred_file(site_id: int) -> Path:
    """Where web processes find a site's shred file."""
    return Path(settings.SHRED_DIR) / f"site-{site_id}.key"


def make_shred(site_id: int) -> bytes:
    """The site's shred secret; drawn when there is none yet."""
    with suppress(FileExistsError):
        keyfiles.write(shred_file(site_id), os.urandom(keypairs.SHRED_BYTES))
    return _shred(site_id)


def burn_shred(site_id: int) -> bool:
    """Overwrite and unlink a site's shred file. False when there was none."""
    return keyfiles.burn(shred_file(site_id))


def _shred(site_id: int) -> bytes:
    try:
        return keyfiles.read(shred_file(site_id), length=keypairs.SHRED_BYTES)
    except KeyFileError:
        raise NoShredError from None


def wrapped(private: bytes, passphrase: str, *, site_id: int, username: str) -> bytes:
    """A person's own private key as it is stored. Raises BusyError."""
    shred = make_shred(site_id)
    with _stretching():
        return keypairs.wrap(private, passphrase, shred, _wrap_context(site_id, username))


def own_key(holder: KeyHolder, passphrase: str) -> bytes:
    """A holder's own private key. Raises NoShredError, WrongPassphraseError and BusyError."""
    shred = _shred(holder.site_id)
    context = _wrap_context(holder.site_id, holder.username)
    with _stretching():
        try:
            return keypairs.unwrap(bytes(holder.wrapped), passphrase, shred, context)
        except SealError:
            raise WrongPassphraseError from None


def opened(holder: KeyHolder, passphrase: str, key: SiteKey) -> bytes:
    """The site's private key out of a holder's share. Raises NoShareError and what `own_key` raises."""
    own = own_key(holder, passphrase)
    if holder.share is None or holder.site_key != key.number:
        raise NoShareError
    try:
        private = keypairs.open_with(own, bytes(holder.share), _share_info(holder, key.number))
    except SealError:
        raise NoShareError from None
    if keypairs.pair_of(private).public != bytes(key.public):
        raise NoShareError
    return private


def give(holder: KeyHolder, pair: Pair, *, number: int, by: str) -> None:
    """Seal a site's private key to a holder. Needs the site's scope."""
    share = keypairs.seal_to(bytes(holder.public), pair.private, _share_info(holder, number))
    KeyHolder.objects.filter(pk=holder.pk).update(share=share, site_key=number, granted_by=by)


def _wrap_context(site_id: int, username: str) -> bytes:
    return b"holder|%d|" % site_id + username.encode()


def _share_info(holder: KeyHolder, number: int) -> bytes:
    return b"share|%d|%d|" % (holder.site_id, number) + holder.username.encode()


@contextmanager
def _stretching() -> Iterator[None]:
    if not _ONE_AT_A_TIME.acquire(timeout=_PATIENCE_SECONDS):
        raise BusyError
    try:
        yield
    finally:
        _ONE_AT_A_TIME.release()
