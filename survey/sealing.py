"""Encryption of answers under way. Pure: bytes in, bytes out; knows neither the database nor the session.

A code that a person holds becomes a secret of 32 bytes, a draft's by stretching. From a draft's secret come the row's
locator, of which the secret cannot be got back, and the key that the row is encrypted under. From a receipt's secret
come the number of the response that it withdraws and the locator of its site.
"""

import hashlib
import os
import threading
import uuid

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES = 32
BLOCK = 4096
_VERSION = b"\x01"
_NONCE = 12
_LENGTH = 4
_ONE_AT_A_TIME = threading.Lock()
# Whoever waits longer is told so: a flood of guesses must not hold every thread of the server.
_PATIENCE_SECONDS = 4


class BusyError(Exception):
    """Too many codes are being stretched in this process just now."""


class SealError(ValueError):
    """Bytes that were not sealed under this secret and context, or were changed since."""


def stretch(code: str, *, salt: bytes, memory_kib: int, passes: int) -> bytes:
    """The secret of a code: Argon2id, so that guessing costs memory and time. One at a time in a process.

    There is no name beside a code that could salt it, so the salt is the installation's and the code is long.

    Raises BusyError after some seconds of waiting for others.
    """
    kdf = Argon2id(salt=salt, length=SECRET_BYTES, iterations=passes, lanes=1, memory_cost=memory_kib)
    if not _ONE_AT_A_TIME.acquire(timeout=_PATIENCE_SECONDS):
        raise BusyError
    try:
        return kdf.derive(code.encode())
    finally:
        _ONE_AT_A_TIME.release()


def locator(secret: bytes) -> bytes:
    """32 bytes that find the draft's row and open nothing."""
    return hashlib.blake2b(secret, digest_size=32, person=b"draft-locator").digest()


def receipt_locator(secret: bytes) -> bytes:
    """32 bytes that lead from a receipt to the site of its response."""
    return hashlib.blake2b(secret, digest_size=32, person=b"receipt-locator").digest()


def response_id(secret: bytes) -> uuid.UUID:
    """The number under which the response of a receipt is stored: nobody without the receipt can tell it."""
    return uuid.UUID(bytes=hashlib.blake2b(secret, digest_size=16, person=b"response-id").digest(), version=4)


def tombstone(number: uuid.UUID) -> bytes:
    """32 bytes that tell a response that was taken back when it comes again, and nothing about it."""
    return hashlib.blake2b(number.bytes, digest_size=32, person=b"tombstone").digest()


def seal(secret: bytes, plain: bytes, context: bytes) -> bytes:
    """Encrypt, bound to `context` and padded to whole blocks, so that the size tells little about the content."""
    nonce = os.urandom(_NONCE)
    padded = len(plain).to_bytes(_LENGTH, "big") + plain
    padded += bytes(-len(padded) % BLOCK)
    return _VERSION + nonce + _cipher(secret).encrypt(nonce, padded, _VERSION + context)


def unseal(secret: bytes, sealed: bytes, context: bytes) -> bytes:
    """The inverse of `seal`. Raises SealError on another secret, another context, or a changed byte."""
    if sealed[:1] != _VERSION or len(sealed) < 1 + _NONCE:
        raise SealError("unknown seal version")
    nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    try:
        padded = _cipher(secret).decrypt(nonce, body, _VERSION + context)
    except InvalidTag:
        raise SealError("sealed under another secret or context, or changed") from None
    return padded[_LENGTH : _LENGTH + int.from_bytes(padded[:_LENGTH], "big")]


def _cipher(secret: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(algorithm=SHA256(), length=32, salt=None, info=b"draft-key").derive(secret))
