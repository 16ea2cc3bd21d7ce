"""Key pairs of sites and of people, and what is sealed to them. Pure: bytes in, bytes out.

A pair is post-quantum and classical at once (HPKE over ML-KEM-768 and X25519): who seizes ciphertexts today and breaks
one of the two later still reads nothing. Every sealed thing begins with a version byte and is bound to an `info` that
says what it is and whose.
"""

import hashlib
import hmac
import os
import secrets
import unicodedata
from dataclasses import dataclass
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from survey.sealing import SealError

PUBLIC_BYTES, PRIVATE_BYTES, SHRED_BYTES, TOKEN_BYTES = 1216, 96, 32, 32
# What guessing a passphrase costs; six words of 7,776 leave 77 bits to guess.
MEMORY_KIB, PASSES = 256 * 1024, 3
WORDS = 6
_VERSION = b"\x01"
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_MLKEM_PUBLIC, _MLKEM_SEED = 1184, 64
_SALT, _NONCE = 16, 12
# A private key as it is kept, or made ready by `usable`.
PrivateKey: TypeAlias = bytes | MLKEM768X25519PrivateKey


@dataclass(frozen=True, slots=True)
class Pair:
    """A public key of 1,216 bytes and its private key of 96."""

    public: bytes
    private: bytes

    def __post_init__(self) -> None:
        if len(self.public) != PUBLIC_BYTES or len(self.private) != PRIVATE_BYTES:
            raise ValueError("a key of another length")


def new_pair() -> Pair:
    return _pair(mlkem.MLKEM768PrivateKey.generate(), x25519.X25519PrivateKey.generate())


def pair_of(private: bytes) -> Pair:
    """The pair that a private key belongs to. Raises ValueError for what is no private key."""
    if len(private) != PRIVATE_BYTES:
        raise ValueError("a key of another length")
    seed, scalar = private[:_MLKEM_SEED], private[_MLKEM_SEED:]
    return _pair(mlkem.MLKEM768PrivateKey.from_seed_bytes(seed), x25519.X25519PrivateKey.from_private_bytes(scalar))


def _pair(post_quantum: mlkem.MLKEM768PrivateKey, classical: x25519.X25519PrivateKey) -> Pair:
    return Pair(
        public=post_quantum.public_key().public_bytes_raw() + classical.public_key().public_bytes_raw(),
        private=post_quantum.private_bytes_raw() + classical.private_bytes_raw(),
    )


def fingerprint(public: bytes) -> str:
    """Sixteen hexadecimal digits by which people and files name a public key."""
    return hashlib.blake2b(public, digest_size=8, person=b"public-key").hexdigest()


def seal_to(public: bytes, plain: bytes, info: bytes) -> bytes:
    """Encrypt for the holder of a private key; whoever sealed it cannot open it again."""
    post_quantum = mlkem.MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC])
    classical = x25519.X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC:])
    return _VERSION + _SUITE.encrypt(plain, MLKEM768X25519PublicKey(post_quantum, classical), info=_VERSION + info)


def usable(private: bytes) -> MLKEM768X25519PrivateKey:
    """A private key made ready once, for whoever opens much with it."""
    post_quantum = mlkem.MLKEM768PrivateKey.from_seed_bytes(private[:_MLKEM_SEED])
    return MLKEM768X25519PrivateKey(post_quantum, x25519.X25519PrivateKey.from_private_bytes(private[_MLKEM_SEED:]))


def open_with(private: PrivateKey, sealed: bytes, info: bytes) -> bytes:
    """The inverse of `seal_to`. Raises SealError on another key, another info, or a changed byte."""
    if sealed[:1] != _VERSION:
        raise SealError("unknown seal version")
    try:
        ready = usable(private) if isinstance(private, bytes) else private
        return _SUITE.decrypt(sealed[1:], ready, info=_VERSION + info)
    except (InvalidTag, ValueError):
        raise SealError("sealed to another key or for another purpose, or changed") from None


# Passphrases ----------------------------------------------------------------------------------------------------------


def new_passphrase(words: tuple[str, ...]) -> str:
    """Six words drawn from a list; shown once, never stored."""
    return " ".join(secrets.choice(words) for _ in range(WORDS))


def wrap(private: bytes, passphrase: str, shred: bytes, context: bytes) -> bytes:
    """A private key under a passphrase and the site's shred file: without either it is lost, also in old backups."""
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    box = ChaCha20Poly1305(_wrapping_key(passphrase, salt, shred)).encrypt(nonce, private, _VERSION + context)
    return _VERSION + salt + nonce + box


def unwrap(wrapped: bytes, passphrase: str, shred: bytes, context: bytes) -> bytes:
    """The inverse of `wrap`. Raises SealError."""
    if wrapped[:1] != _VERSION:
        raise SealError("unknown wrap version")
    salt, nonce, box = wrapped[1 : 1 + _SALT], wrapped[1 + _SALT : 1 + _SALT + _NONCE], wrapped[1 + _SALT + _NONCE :]
    try:
        return ChaCha20Poly1305(_wrapping_key(passphrase, salt, shred)).decrypt(nonce, box, _VERSION + context)
    except (InvalidTag, ValueError):
        raise SealError("another passphrase, or the shred file is gone") from None


def _wrapping_key(passphrase: str, salt: bytes, shred: bytes) -> bytes:
    plain = " ".join(unicodedata.normalize("NFKC", passphrase).casefold().split())
    stretched = Argon2id(salt=salt, length=32, iterations=PASSES, lanes=1, memory_cost=MEMORY_KIB).derive(
        plain.encode()
    )
    return hmac.digest(shred, stretched, "sha256")
