"""Data keys, and what is sealed under them: records, free texts, paper entries, files, counts. Pure.

A data key is drawn by the process that stores answers, sealed to the site's public key, and forgotten within the hour;
what it sealed can be opened only by who holds the site's private key. Everything is bound to the place where it is
stored: moved to another row, cohort, version or site it does not open.

    record   0x01 ‖ nonce 12 ‖ AES-256-GCM(record), as long for one answer sheet as for the other
    content  the same, of a length of 4 bytes, the content, and zeros up to a whole number of blocks
"""

import os
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from survey import keypairs
from survey.keypairs import PrivateKey
from survey.sealing import SealError

KEY_BYTES = 32
VERSION = b"\x01"
NONCE, TAG = 12, 16
# How much longer a sealed record is than a plain one.
OVERHEAD = len(VERSION) + NONCE + TAG
BLOCK = 1024
_LENGTH = 4

Decrypt = Callable[[bytes | memoryview, bytes | memoryview, bytes | memoryview], bytes]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something sealed is stored: it opens there and nowhere else."""

    site_id: int
    cohort_id: int
    version_id: int
    row_id: uuid.UUID

    def context(self, kind: bytes) -> bytes:
        """`kind` ‖ site, cohort, version as 4 bytes each, high byte first ‖ the row's number."""
        return kind + struct.pack(">iii", self.site_id, self.cohort_id, self.version_id) + self.row_id.bytes


# One byte a kind, so that SQL can put the context of a record together (see `reports.counts`).
RECORD, TEXTS, ENTRY, FILE, COUNTS = b"R", b"T", b"E", b"F", b"C"


@dataclass(frozen=True, slots=True)
class DataKey:
    """A random key with a random number; the number stands beside everything that it sealed."""

    id: uuid.UUID
    key: bytes = field(repr=False)

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """A record: nothing is padded, since all records of a version are equally long."""
        nonce = os.urandom(NONCE)
        return VERSION + nonce + AESGCM(self.key).encrypt(nonce, plain, context)

    def seal_padded(self, plain: bytes, context: bytes) -> bytes:
        """Something of any length, padded so that its length says little."""
        padded = len(plain).to_bytes(_LENGTH, "big") + plain
        return self.seal(padded + bytes(-len(padded) % BLOCK), context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Raises SealError on another key or place, or a changed byte."""
        return open_under(AESGCM(self.key).decrypt, sealed, context)

    def open_padded(self, sealed: bytes, context: bytes) -> bytes:
        return unpadded(self.open(sealed, context))


def new_data_key() -> DataKey:
    return DataKey(uuid.uuid4(), os.urandom(KEY_BYTES))


def open_under(decrypt: Decrypt, sealed: bytes, context: bytes) -> bytes:
    if sealed[:1] != VERSION:
        raise SealError("unknown seal version")
    try:
        return decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], context)
    except InvalidTag:
        raise SealError("sealed under another key or for another place, or changed") from None


def unpadded(plain: bytes) -> bytes:
    return plain[_LENGTH : _LENGTH + int.from_bytes(plain[:_LENGTH], "big")]


# Data keys themselves -------------------------------------------------------------------------------------------------


def seal_key(data_key: DataKey, public: bytes, *, site_id: int) -> bytes:
    """A data key sealed to a site's public key."""
    return keypairs.seal_to(public, data_key.key, _info(site_id, data_key.id))


def open_key(number: uuid.UUID, sealed: bytes, private: PrivateKey, *, site_id: int) -> DataKey:
    """Raises SealError."""
    return DataKey(number, keypairs.open_with(private, sealed, _info(site_id, number)))


def _info(site_id: int, number: uuid.UUID) -> bytes:
    return b"data-key|%d|" % site_id + number.bytes


def passing_info(site_id: int, number: int) -> bytes:
    """What an older private key is bound to when it is sealed to the one that follows it."""
    return b"passed-on|%d|%d" % (site_id, number)


def recovery_info(site_id: int, number: int) -> bytes:
    """What a site's private key is bound to when it is sealed to the recovery key."""
    return b"recovery|%d|%d" % (site_id, number)
