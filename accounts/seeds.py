"""Seeds and backup codes as they are kept: sealed or hashed under a key that is not in the database.

A dump of the tables makes no code. Losing SECRET_KEY means that everybody's second factor is set up anew; a changed one
does not, as long as the old one stands in SECRET_KEY_FALLBACKS. What is new is always made under SECRET_KEY.
"""

import base64
import hashlib
import hmac
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

SEED_BYTES = 20


def _derived(purpose: bytes, length: int) -> list[bytes]:
    """One key of every SECRET_KEY that still counts, the present one's first."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [HKDF(SHA256(), length=length, salt=None, info=purpose).derive(secret.encode()) for secret in secrets]


def sealed(seed: bytes, *, user_id: int) -> str:
    """36 bytes as hexadecimal digits, 40 are what django-otp's column takes. Bound to its user: no swapping of rows."""
    return AESSIV(_derived(b"totp-seed", 64)[0]).encrypt(seed, [str(user_id).encode()]).hex()


def _found(key: str, *, user_id: int) -> bytes | None:
    for secret in _derived(b"totp-seed", 64):
        with suppress(InvalidTag):
            return AESSIV(secret).decrypt(bytes.fromhex(key), [str(user_id).encode()])
    return None


def opened(key: str, *, user_id: int) -> bytes:
    """The seed; random-looking bytes that fit no app when it was not sealed under a key of ours for this user."""
    seed = _found(key, user_id=user_id)
    return hmac.digest(_derived(b"totp-foreign", 32)[0], bytes.fromhex(key), "sha256") if seed is None else seed


def resealed(key: str, *, user_id: int) -> str | None:
    """The same seed under the present key, in the same letters if it was so already. None: no key of ours opens it."""
    seed = _found(key, user_id=user_id)
    return None if seed is None else sealed(seed, user_id=user_id)


def code_hashes(code: str, *, user_id: int) -> list[str]:
    """How a code may be kept: under the present key first, then under the ones before, which no hash can leave.

    Sixteen signs, as many as django-otp's column takes: 80 bits of a keyed hash. Case and blanks do not matter.
    """
    plain = "".join(sign for sign in code.casefold() if sign.isalnum())
    keyed = [hmac.digest(key, f"{user_id}:{plain}".encode(), "sha256") for key in _derived(b"backup-code", 32)]
    return [base64.b32encode(digest[:10]).decode() for digest in keyed]


def code_hash(code: str, *, user_id: int) -> str:
    """How a new code is kept."""
    return code_hashes(code, user_id=user_id)[0]


def demo_seeds(username: str) -> list[bytes]:
    """The seed of a demonstration's account: the same at every start, another in every installation.

    First the one that the next start gives it; then those that it may still have after SECRET_KEY was changed.
    """
    keys = _derived(b"demo-seed", 32)
    return [hashlib.blake2b(username.encode(), key=key, digest_size=SEED_BYTES).digest() for key in keys]
