"""Encryption of answers under way. Pure: bytes in, bytes out; knows neither the database nor the session.

A draft has one secret of 32 bytes, which only the participant's session holds. From it come the row's locator, of which
the secret cannot be got back, and the key that the row is encrypted under.
"""

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES = 32
BLOCK = 4096
_VERSION = b"\x01"
_NONCE = 12
_LENGTH = 4


class SealError(ValueError):
    """Bytes that were not sealed under this secret and context, or were changed since."""


def new_secret() -> bytes:
    """The secret of a new draft. A resume code will take its place as the source of secrets."""
    return os.urandom(SECRET_BYTES)


def locator(secret: bytes) -> bytes:
    """32 bytes that find the draft's row and open nothing."""
    return hashlib.blake2b(secret, digest_size=32, person=b"draft-locator").digest()


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
