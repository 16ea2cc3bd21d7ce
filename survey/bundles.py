"""A bundle: the responses of one cohort as one sealed file, from a field laptop to the server. Pure.

    mark ‖ fingerprint of the site's public key, 16 digits ‖ length, 4 bytes ‖ a fresh secret, sealed to that key ‖ rest

Everything else lies under the secret: records and free texts as the laptop stored them, each sealed under a data key
and bound to the laptop's own numbers, and the data keys, sealed to the site's key. Nobody without the site's private
key opens any of it, whoever sealed it included: a laptop and what is on it is looked at on the way. One changed byte
anywhere, and nothing of it opens. Where a study keeps its records open, sixteen zeros stand for the fingerprint, and
the rest is only compressed.
"""

import json
import os
import re
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from survey import datakeys, keypairs, sealing
from survey.datakeys import Decrypt, Place
from survey.keypairs import PrivateKey
from survey.protocol.record import RecordError, RecordLayout
from survey.protocol.schema import Kind, Protocol
from survey.sealing import SealError

MARK = b"SURVEYBUNDLE2\n"
# Bundles under a code of twenty digits, as laptops made them before they had their server's key.
OLD_MARK = b"SURVEYBUNDLE1\n"
CONTEXT = b"bundle|2"
# More than this is no cohort's; a bundle that unfolds without end would fill the memory.
MOST_UNFOLDED = 512 * 1024 * 1024
_FINGERPRINT, _LENGTH = 16, 4
_OPEN = b"0" * _FINGERPRINT
_WEEK = re.compile(r"[0-9]{4}-W[0-9]{2}")

# The private key of a site to the fingerprint of its public one. Raises BundleError for one that is not there.
Keys = Callable[[str], PrivateKey]


class BundleError(ValueError):
    """A bundle that cannot be opened or read; `code` is stable."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a bundle's responses were collected: they go into the cohort of the same study, country and name."""

    study: str
    country: str
    cohort: str
    instrument: str
    layout: str


@dataclass(frozen=True, slots=True)
class Carried:
    """One response as a bundle carries it, under the number that its receipt gives."""

    id: uuid.UUID
    week: str
    language: str
    record: bytes
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stored:
    """One response as it lies on the laptop; what has no key is open."""

    id: uuid.UUID
    week: str
    language: str
    version_id: int
    key_id: uuid.UUID | None
    record: bytes
    texts_key_id: uuid.UUID | None = None
    texts: bytes | None = None


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A data key, sealed to the public key with this fingerprint."""

    id: uuid.UUID
    fingerprint: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Packed:
    """What a laptop puts into a bundle, with the numbers of its own that everything is bound to."""

    origin: Origin
    site_id: int
    cohort_id: int
    keys: tuple[SealedKey, ...]
    responses: tuple[Stored, ...]
    tombstones: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Bundle:
    """What the server finds in one, opened. A response that does not open has no record."""

    origin: Origin
    responses: tuple[Carried, ...]
    tombstones: frozenset[bytes] = frozenset()


# On the laptop -------------------------------------------------------------------------------------------------------


def seal(packed: Packed, public: bytes | None) -> bytes:
    """The file of a bundle, in which a response's place tells nothing of when it came. Without a key it is open."""
    inside = zlib.compress("\n".join(json.dumps(line) for line in _lines(packed)).encode(), 6)
    if public is None:
        return MARK + _OPEN + inside
    secret = os.urandom(sealing.SECRET_BYTES)
    sealed = keypairs.seal_to(public, secret, CONTEXT)
    head = keypairs.fingerprint(public).encode() + len(sealed).to_bytes(_LENGTH, "big") + sealed
    return MARK + head + sealing.seal(secret, inside, CONTEXT)


def _lines(packed: Packed) -> Iterator[Any]:
    yield {
        **asdict(packed.origin),
        "site": packed.site_id,
        "number": packed.cohort_id,
        "keys": [[one.id.hex, one.fingerprint, one.sealed.hex()] for one in packed.keys],
        "tombstones": sorted(one.hex() for one in packed.tombstones),
    }
    for one in sorted(packed.responses, key=lambda one: one.id):
        texts = ["", ""] if one.texts is None else [_hex(one.texts_key_id), one.texts.hex()]
        sealed = [_hex(one.key_id), one.record.hex(), *texts]
        yield [one.id.hex, one.week, one.language, one.version_id, *sealed]


def _hex(number: uuid.UUID | None) -> str:
    return number.hex if number else ""


# On the server -------------------------------------------------------------------------------------------------------


def unseal(content: bytes, keys: Keys) -> Bundle:
    """The bundle in a file. Raises BundleError."""
    if content.startswith(OLD_MARK):
        raise BundleError("bundle-old")
    if not is_bundle(content):
        raise BundleError("no-bundle")
    inside = _opened(content[len(MARK) :], keys)
    try:
        return _read(_unfolded(inside).splitlines(), keys)
    except BundleError:
        raise
    except (KeyError, TypeError, ValueError, zlib.error):
        raise BundleError("bundle-unreadable") from None


def is_bundle(content: bytes) -> bool:
    return content.startswith((MARK, OLD_MARK))


def _opened(content: bytes, keys: Keys) -> bytes:
    fingerprint, rest = content[:_FINGERPRINT], content[_FINGERPRINT:]
    if fingerprint == _OPEN:
        return rest
    end = _LENGTH + int.from_bytes(rest[:_LENGTH], "big")
    private = keys(fingerprint.decode("ascii", "replace"))
    try:
        secret = keypairs.open_with(private, rest[_LENGTH:end], CONTEXT)
        return sealing.unseal(secret, rest[end:], CONTEXT)
    except SealError:
        raise BundleError("bundle-closed") from None


def _unfolded(inside: bytes) -> bytes:
    unfolding = zlib.decompressobj()
    found = unfolding.decompress(inside, MOST_UNFOLDED)
    if unfolding.unconsumed_tail or not unfolding.eof:
        raise ValueError
    return found


def _read(lines: Iterable[bytes], keys: Keys) -> Bundle:
    remaining = iter(lines)
    head: dict[str, Any] = json.loads(next(remaining, b"null"))
    tombstones = frozenset(bytes.fromhex(one) for one in head.pop("tombstones"))
    site_id, cohort_id = int(head.pop("site")), int(head.pop("number"))
    ciphers = {"": None, **dict(_ciphers(head.pop("keys"), site_id, keys))}
    place = _Places(site_id, cohort_id, ciphers)
    responses = tuple(place.response(*json.loads(line)) for line in remaining)
    return Bundle(Origin(**head), responses, tombstones)


def _ciphers(told: Iterable[list[str]], site_id: int, keys: Keys) -> Iterator[tuple[str, Decrypt]]:
    privates: dict[str, PrivateKey] = {}
    for number, fingerprint, sealed in told:
        if fingerprint not in privates:
            privates[fingerprint] = keys(fingerprint)
        try:
            found = datakeys.open_key(
                uuid.UUID(hex=number), bytes.fromhex(sealed), privates[fingerprint], site_id=site_id
            )
        except SealError:
            raise BundleError("bundle-closed") from None
        yield number, AESGCM(found.key).decrypt


@dataclass(frozen=True, slots=True)
class _Places:
    """Opens what lay in one cohort of the laptop."""

    site_id: int
    cohort_id: int
    ciphers: Mapping[str, Decrypt | None]

    def response(
        self, number: str, week: str, language: str, version_id: int, key: str, record: str, texts_key: str, texts: str
    ) -> Carried:
        if not all(isinstance(text, str) for text in (week, language)):
            raise TypeError
        place = Place(self.site_id, self.cohort_id, version_id, uuid.UUID(hex=number))
        opened = self._open(key, record, place.context(datakeys.RECORD))
        return Carried(place.row_id, week, language, opened, self._texts(texts_key, texts, place) if texts else {})

    def _texts(self, key: str, texts: str, place: Place) -> dict[str, str]:
        plain = self._open(key, texts, place.context(datakeys.TEXTS))
        found = json.loads((datakeys.unpadded(plain) if key else plain) or b'{"": ""}')
        if not all(isinstance(text, str) for text in (*found, *found.values())):
            raise TypeError
        return dict(found)

    def _open(self, key: str, content: str, context: bytes) -> bytes:
        """Nothing for what is another's or was changed: the fault is told with the response's place."""
        cipher = self.ciphers[key]
        if cipher is None:
            return bytes.fromhex(content)
        sealed = bytes.fromhex(content)
        try:
            return datakeys.open_under(cipher, sealed, context)
        except ValueError:
            return b""


# Either --------------------------------------------------------------------------------------------------------------


def fault_of(one: Carried, protocol: Protocol, layout: RecordLayout) -> str:
    """What is wrong with a response under its version, as a code; '' for nothing."""
    if not _WEEK.fullmatch(one.week):
        return "week"
    if one.language not in protocol.languages:
        return "language"
    try:
        layout.decode(one.record, one.texts)
    except RecordError:
        return "record"
    open_questions = {question.name for question in protocol.questions() if question.kind is Kind.TEXT}
    return "" if all(name in open_questions and text for name, text in one.texts.items()) else "text"
