"""Seeds and backup codes as they are kept: sealed or hashed under a key that is not in the database.

A dump of the tables makes no code. Losing SECRET_KEY means that everybody's second factor is set up anew.
"""

import base64
import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

SEED_BYTES = 20


def _derived(purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose).derive(settings.SECRET_KEY.encode())


def sealed(seed: bytes, *, user_id: int) -> str:
    """36 bytes as hexadecimal digits, 40 are what django-otp's column takes. Bound to its user: no swapping of rows."""
    return AESSIV(_derived(b"totp-seed", 64)).encrypt(seed, [str(user_id).encode()]).hex()


def opened(key: str, *, user_id: int) -> bytes:
    """The seed; random-looking bytes that fit no app when it was not sealed under our key for this user."""
    raw = bytes.fromhex(key)
    try:
        return AESSIV(_derived(b"totp-seed", 64)).decrypt(raw, [str(user_id).encode()])
    except InvalidTag:
        return hmac.digest(_derived(b"totp-foreign", 32), raw, "sha256")


def code_hash(code: str, *, user_id: int) -> str:
    """Sixteen signs, as many as django-otp's column takes: 80 bits of a keyed hash. Case and blanks do not matter."""
    plain = "".join(sign for sign in code.casefold() if sign.isalnum())
    keyed = hmac.digest(_derived(b"backup-code", 32), f"{user_id}:{plain}".encode(), "sha256")
    return base64.b32encode(keyed[:10]).decode()


def demo_seed(username: str) -> bytes:
    """The seed of a demonstration's account: the same at every start, another in every installation."""
    return hashlib.blake2b(username.encode(), key=_derived(b"demo-seed", 32), digest_size=SEED_BYTES).digest()
