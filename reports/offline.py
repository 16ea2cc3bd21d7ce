"""A release made without a server: sealed answers come in a file, publishable cells go back in another one. Pure.

For a country whose private key never comes near the server. Both files are described in docs/offline-release.md. What
is counted, hidden and held against earlier releases is what a worker would have counted, by the same code.
"""

import base64
import gzip
import hashlib
import json
import uuid
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import IO, Any

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from reports import succession
from reports.cells import SiteCounts, publishable
from reports.disclosure import Policy
from reports.plan import Plan
from reports.plan_sheets import reread_plan
from reports.succession import Present, Released
from reports.table import Cells, cells_from_json, cells_to_json
from reports.tallying import Counts, Tally, sorted_slices
from survey import datakeys, keypairs
from survey.datakeys import Decrypt, Place
from survey.protocol.fingerprints import digest, fingerprints
from survey.protocol.problems import WorkbookError
from survey.protocol.record import RecordLayout, layout_of
from survey.protocol.sheets import from_json
from survey.protocol.workbook import reread_protocol
from survey.sealing import SealError

MARK = b"SURVEYSEALED1\n"
FORMAT = 3
ROWS_AT_ONCE = 4096
LONGEST_LINE = 64 * 1024 * 1024
HASHES = ("instrument", "layout", "plan")
# What a release holds beside its cells; where an earlier one stands, of that one.
KEPT = ("respondents", "participants", "stands", "threshold", "signed_off_by")


class OfflineError(Exception):
    """Why no release can be made of a file, in one sentence that says what to do."""


_DAMAGED = "This file was damaged or changed on the way. Export it once more from the server."


# Sealed answers, as the server writes them ----------------------------------------------------------------------------


def write(to: IO[bytes], head: Mapping[str, Any], lines: Iterable[list[Any]], *, key: bytes) -> int:
    """The file: a mark, then compressed lines of JSON. Returns how many lines there are after the head.

    The last line holds the sum over all others, and a second one under the server's own `key`: by it the server knows
    that a release was made of what it had exported for that release.
    """
    check, written = hashlib.sha256(), 0
    release, earlier = head["release"], digest(head["earlier"])
    to.write(MARK)
    with gzip.GzipFile(fileobj=to, mode="wb", compresslevel=5, mtime=0) as packed:
        for written, line in enumerate(chain([head], lines)):  # noqa: B007  the last number is wanted
            text = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            check.update(text)
            packed.write(text)
        said = check.hexdigest()
        seal = export_seal(said, release=release, earlier=earlier, key=key)
        packed.write(json.dumps(["end", said, seal]).encode() + b"\n")
    return written


def export_seal(check: str, *, release: Mapping[str, Any], earlier: str, key: bytes) -> str:
    """The server's own sum of an export, for one release beside one state of the earlier ones.

    It comes back in the clear with every release. Were it a sum of `check` alone, it would fit any other release too.
    """
    bound = digest([check, digest(release), earlier])
    return hashlib.blake2b(bound.encode(), key=key, digest_size=32, person=b"sealed-export").hexdigest()


def key_line(number: uuid.UUID, sealed: bytes) -> list[Any]:
    return ["key", number.hex, base64.b64encode(sealed).decode()]


def record_line(number: uuid.UUID, version_id: int, key_id: uuid.UUID | None, record: bytes) -> list[Any]:
    return ["record", number.hex, version_id, key_id.hex if key_id else "", base64.b64encode(record).decode()]


# The same, as the laptop reads them -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Head:
    """Everything in the file but keys and records."""

    told: Mapping[str, Any]

    @property
    def release(self) -> Mapping[str, Any]:
        """Which release this is, with the numbers that the server gave to its site, cohort and version."""
        found: Mapping[str, Any] = self.told["release"]
        return found

    @property
    def earlier(self) -> list[Mapping[str, Any]]:
        return list(self.told["earlier"])

    @cached_property
    def plans(self) -> Mapping[str, Plan]:
        """The plans that this release or an earlier one was made under, by their number."""
        books = {number: from_json(sheets) for number, sheets in self.told["workbooks"].items()}
        return {number: reread_plan(book, reread_protocol(book)) for number, book in books.items()}

    @property
    def plan(self) -> Plan:
        return self.plans[str(self.release["plan_number"])]

    @cached_property
    def layout(self) -> RecordLayout:
        """The layout of the records. Raises OfflineError when the workbook is not the one that the hashes name."""
        book = from_json(self.told["workbooks"][str(self.release["plan_number"])])
        protocol = reread_protocol(book)
        found = fingerprints(book, protocol)
        if any(getattr(found, name) != self.release[name] for name in HASHES):
            raise OfflineError(_DAMAGED)
        return layout_of(protocol)

    def private_key(self, own: bytes) -> bytes | None:
        """The site's private key, given it or the study's recovery key; None where answers are stored open.

        Raises OfflineError.
        """
        key = self.told["key"]
        if key is None:
            return None
        public = base64.b64decode(key["public"])
        for private in (own, _recovered(own, key, self.release["site"])):
            if private is not None and keypairs.pair_of(private).public == public:
                return private
        country = self.release["country"]
        raise OfflineError(
            f"This key does not open the answers of {country}: it is another site's, or an older one. "
            f"The fingerprint of the right one is {keypairs.fingerprint(public)}."
        )


def _recovered(own: bytes, key: Mapping[str, Any], site_id: int) -> bytes | None:
    if not key["recovery"]:
        return None
    try:
        return keypairs.open_with(
            own, base64.b64decode(key["recovery"]), datakeys.recovery_info(site_id, key["number"])
        )
    except SealError:
        return None


def make_release(file: IO[bytes], private: bytes, *, software: str) -> dict[str, Any]:
    """The cells of the release that a file of sealed answers is for, ready to go back. Raises OfflineError."""
    try:
        return _made(file, private, software)
    except SealError:
        message = "A record does not open under its key: this file was changed. Export it once more from the server."
        raise OfflineError(message) from None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, EOFError, OSError, zlib.error, WorkbookError):
        raise OfflineError(_DAMAGED) from None


def _made(file: IO[bytes], private: bytes, software: str) -> dict[str, Any]:
    lines = _Lines(file)
    head = Head(lines.head())
    plan = succession.together(head.plan, (head.plans[str(one["plan"])] for one in head.earlier))
    reader = _Records(head, head.private_key(private))
    counts = reader.counted(lines, plan)
    registry = {str(gender): int(people) for gender, people in head.told["participants"].items()}
    cells = publishable(
        plan=plan,
        layout=head.layout,
        counts=SiteCounts(counts.fields, registry),
        policy=Policy(head.release["threshold"]),
        signed_off=bool(head.release["signed_off_by"]),
    )
    own = {indicator.id: cells[indicator.id] for indicator in head.plan.indicators}
    told = {
        "format": FORMAT,
        "release": dict(head.release),
        "earlier": [one["id"] for one in head.earlier],
        "earlier_hash": digest(head.earlier),
        **_settled(
            head,
            own,
            Present(plan, cells, head.layout, counts.responses),
            counts.responses,
            sum(registry.values()),
        ),
        "software": software,
        "export": {"check": lines.check, "seal": lines.seal},
    }
    return {**told, "check": digest(told)}


def _settled(
    head: Head, own: Mapping[str, Cells], present: Present, respondents: int, participants: int
) -> dict[str, Any]:
    printed = [released(one, head.plans[str(one["plan"])], head.release["cut"]) for one in head.earlier]
    cells, is_own = succession.settle(printed, own, head.plan, Policy(head.release["threshold"]), present)
    own_kept = {**head.release, "respondents": respondents, "participants": participants, "stands": head.release["cut"]}
    kept = own_kept if is_own else head.earlier[-1]
    return {
        "cells": {name: cells_to_json(one) for name, one in cells.items()},
        **{name: kept[name] for name in KEPT},
    }


def released(one: Mapping[str, Any], plan: Plan, cut: int) -> Released:
    cells = {name: cells_from_json(own) for name, own in one["cells"].items()}
    return Released(
        succession.by_definition(plan, cells), same_cut=one["stands"] == cut, respondents=one["respondents"]
    )


class _Lines:
    """The lines of a file, added up on the way; `check` and `seal` are there once all were read."""

    def __init__(self, file: IO[bytes]) -> None:
        if file.read(len(MARK)) != MARK:
            raise OfflineError("This is no file of sealed answers. Make one with bin/manage export_sealed.")
        self._packed = gzip.GzipFile(fileobj=file)
        self._sum = hashlib.sha256()
        self.check = self.seal = ""

    def head(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = next(iter(self))
        if found["format"] != FORMAT:
            raise OfflineError("This file was made by another version of the program. Update this one or the server.")
        return found

    def __iter__(self) -> Iterator[Any]:
        while text := self._packed.readline(LONGEST_LINE):
            line = json.loads(text)
            if isinstance(line, list) and line[0] == "end":
                self._end(*line[1:])
                return
            self._sum.update(text)
            yield line
        raise OfflineError(_DAMAGED)

    def _end(self, check: str, seal: str) -> None:
        if check != self._sum.hexdigest() or self._packed.read(1):
            raise OfflineError(_DAMAGED)
        self.check, self.seal = check, seal


class _Records:
    """Opens the records of a file, some thousand at a time, and adds them up."""

    def __init__(self, head: Head, private: bytes | None) -> None:
        self.head, self.private = head, private
        self.ciphers: dict[str, Decrypt] = {}

    def counted(self, lines: _Lines, plan: Plan) -> Counts:
        tally = Tally(self.head.layout, sorted_slices(plan, self.head.layout))
        records = self._records(lines)
        while several := b"".join(islice(records, ROWS_AT_ONCE)):
            tally.add(np.frombuffer(several, dtype=np.uint8).reshape(-1, self.head.layout.length))
        return tally.counts

    def _records(self, lines: _Lines) -> Iterator[bytes]:
        seen: set[str] = set()
        for kind, number, *rest in lines:
            if kind == "key":
                self._learn(number, base64.b64decode(rest[0]))
                continue
            record = self._record(number, *rest)
            if kind != "record" or number in seen or len(record) != self.head.layout.length:
                raise OfflineError(_DAMAGED)
            seen.add(number)
            yield record

    def _learn(self, number: str, sealed: bytes) -> None:
        if self.private is None:
            raise OfflineError(_DAMAGED)
        found = datakeys.open_key(uuid.UUID(hex=number), sealed, self.private, site_id=self.head.release["site"])
        self.ciphers[number] = AESGCM(found.key).decrypt

    def _record(self, number: str, version_id: int, key: str, content: str) -> bytes:
        stored = base64.b64decode(content)
        if not key:
            return stored
        release = self.head.release
        place = Place(release["site"], release["cohort"], version_id, uuid.UUID(hex=number))
        return datakeys.open_under(self.ciphers[key], stored, place.context(datakeys.RECORD))
