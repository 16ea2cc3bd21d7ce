"""Sessions that the database alone cannot open: the row's key is a hash of the cookie, its data encrypted under it."""

import hashlib
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.core import signing
from django.db import DatabaseError

from accounts.outages import database_is_lost

_NONCE = 12


def row_key(cookie: str) -> str:
    """The primary key of the row that a cookie leads to: 40 hex characters, of which the cookie cannot be got back."""
    return hashlib.blake2b(cookie.encode(), digest_size=20, person=b"session-row").hexdigest()


def _cipher(cookie: str) -> ChaCha20Poly1305:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"session-data").derive(cookie.encode())
    return ChaCha20Poly1305(key)


class SessionStore(DatabaseSessionStore):
    """Django's database sessions under another key and encrypted."""

    # The session that this one takes the place of, until it is stored.
    _former: str | None = None

    def _get_session_from_db(self) -> Any:
        cookie: str | None = self.session_key
        self._session_key = row_key(cookie) if cookie else None
        try:
            row = super()._get_session_from_db()
        finally:
            # A row that is gone resets the key to None; it must stay so.
            self._session_key = cookie if self._session_key is not None else None
        return row

    def begin_anew(self) -> None:
        """An empty session under a new key. The old one goes once this one is stored: an outage leaves one of them."""
        self._former = self.session_key
        self.clear()
        self._session_key = None

    def save(self, must_create: bool = False) -> None:
        """Django takes every error of an update for a session that was deleted meanwhile, an outage too."""
        try:
            super().save(must_create)
        except UpdateError as error:
            outage = error.__context__
            if isinstance(outage, DatabaseError) and database_is_lost(outage):
                # Its cause tells it from an error of Django's own.
                raise outage from outage.__cause__
            raise
        former, self._former = self._former, None
        if former:
            self.delete(former)

    def exists(self, session_key: str) -> bool:
        return bool(super().exists(row_key(session_key)))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row = super().create_model_instance(data)
        row.session_key = row_key(row.session_key)
        row.expire_date = row.expire_date.replace(minute=59, second=59, microsecond=0)
        return row

    def delete(self, session_key: str | None = None) -> None:
        cookie = session_key or self.session_key
        if cookie:
            super().delete(row_key(cookie))

    def encode(self, session_dict: dict[str, Any]) -> str:
        cookie = self._get_or_create_session_key()
        nonce = os.urandom(_NONCE)
        plain = self.serializer().dumps(session_dict)
        return (nonce + _cipher(cookie).encrypt(nonce, plain, row_key(cookie).encode())).hex()

    def decode(self, session_data: str) -> dict[str, Any]:
        """The data; an empty session when the row was not written under this cookie."""
        try:
            raw, cookie = bytes.fromhex(session_data), str(self.session_key)
            plain = _cipher(cookie).decrypt(raw[:_NONCE], raw[_NONCE:], row_key(cookie).encode())
            found: dict[str, Any] = self.serializer().loads(plain)
        except (ValueError, InvalidTag, signing.BadSignature):
            return {}
        return found
