"""A bundle: the responses of one cohort as one sealed file, from a field laptop to the server. Pure.

A mark, sixteen bytes of salt, then everything else encrypted under a code of twenty digits, stretched by Argon2id: a
laptop and what is on it is looked at on the way. One changed byte anywhere, and nothing of it opens. When records are
sealed to the key pair of their site, a bundle will be sealed to its public key too, and need no code.
"""

import json
import os
import re
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from survey import sealing
from survey.protocol.record import RecordError, RecordLayout
from survey.protocol.schema import Kind, Protocol

MARK = b"SURVEYBUNDLE1\n"
SALT = 16
CONTEXT = b"bundle|1"
# Part of the format: whoever opens a bundle must not be told by it how hard to work.
STRETCHING = {"memory_kib": 64 * 1024, "passes": 3}
# More than this is no cohort's; a bundle that unfolds without end would fill the memory.
MOST_UNFOLDED = 512 * 1024 * 1024
_WEEK = re.compile(r"[0-9]{4}-W[0-9]{2}")


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
class Bundle:
    """Responses, and the tombstones of those that were taken back on the laptop."""

    origin: Origin
    responses: tuple[Carried, ...]
    tombstones: frozenset[bytes] = frozenset()


def seal(bundle: Bundle, code: str) -> bytes:
    """The file of a bundle, in which a response's place tells nothing of when it came."""
    salt = os.urandom(SALT)
    inside = zlib.compress("\n".join(json.dumps(line) for line in _lines(bundle)).encode(), 6)
    return MARK + salt + sealing.seal(_secret(code, salt), inside, CONTEXT)


def unseal(content: bytes, code: str) -> Bundle:
    """The bundle in a file. Raises BundleError."""
    if not is_bundle(content):
        raise BundleError("no-bundle")
    salt, sealed = content[len(MARK) : len(MARK) + SALT], content[len(MARK) + SALT :]
    try:
        inside = sealing.unseal(_secret(code, salt), sealed, CONTEXT)
    except sealing.SealError:
        raise BundleError("bundle-closed") from None
    try:
        return _read(_unfolded(inside).splitlines())
    except (KeyError, TypeError, ValueError, zlib.error):
        raise BundleError("bundle-unreadable") from None


def is_bundle(content: bytes) -> bool:
    return content.startswith(MARK)


def _secret(code: str, salt: bytes) -> bytes:
    return sealing.stretch(code, salt=salt, **STRETCHING)


def _lines(bundle: Bundle) -> Iterator[Any]:
    yield asdict(bundle.origin) | {"tombstones": sorted(one.hex() for one in bundle.tombstones)}
    for one in sorted(bundle.responses, key=lambda one: one.id):
        yield [one.id.hex, one.week, one.language, one.record.hex(), dict(one.texts)]


def _unfolded(inside: bytes) -> bytes:
    unfolding = zlib.decompressobj()
    found = unfolding.decompress(inside, MOST_UNFOLDED)
    if unfolding.unconsumed_tail or not unfolding.eof:
        raise ValueError
    return found


def _read(lines: Iterable[bytes]) -> Bundle:
    remaining = iter(lines)
    head: dict[str, Any] = json.loads(next(remaining, b"null"))
    tombstones = frozenset(bytes.fromhex(one) for one in head.pop("tombstones"))
    responses = tuple(_response(*json.loads(line)) for line in remaining)
    return Bundle(Origin(**head), responses, tombstones)


def _response(number: str, week: str, language: str, record: str, texts: dict[str, str]) -> Carried:
    if not all(isinstance(text, str) for text in (week, language, *texts, *texts.values())):
        raise TypeError
    return Carried(uuid.UUID(hex=number), week, language, bytes.fromhex(record), texts)


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
