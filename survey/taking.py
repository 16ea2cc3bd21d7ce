"""What workers do with a file that came in: check all of it, and later take all of it, once, or nothing.

A file of rows passes the same checks as `import_responses`; a bundle brings responses of a field laptop, each once.
"""

import csv
import datetime
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models.functions import Now
from django.utils import timezone

from accounts import audit
from survey import bundles, carrying, keyring, tallies, uploads
from survey.bundles import BundleError
from survey.exchange import Findings, ImportRefused, Source, lines_of, take_lines
from survey.keyring import LockedError, Opener
from survey.links import country_of
from survey.locks import Lock, alone, share
from survey.models import Cohort, Upload
from survey.packing import unpacked
from survey.protocol.datafile import DataFile, Defaults, Line
from survey.protocol.mapping import Mapped, read_mapping
from survey.protocol.problems import Problem
from survey.responses import iso_week
from survey.scope import site_scope
from survey.tallies import Event
from survey.uploads import Kind, Parcel, State

LONGEST_HEADING = 60
MOST_COLUMNS = 1_000
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
Report = dict[str, Any]
Progress = Callable[[int], None]


class _Refused(Exception):
    """A file that cannot be taken for a reason that stands in no row."""


def check(*, site_id: int, upload_id: int, token: str = "") -> None:
    """Look at all of a file and write down what would be taken, or everything that is wrong. Stores no response.

    Raises LockedError while nobody has unlocked the site's key; the file goes on waiting.
    """
    opener = _opener(site_id, token)
    upload = uploads.claim(site_id=site_id, upload_id=upload_id, state=State.CHECKING)
    if upload is None:
        return
    with _failing_visibly(upload, opener):
        with site_scope(site_id):
            cohort = Cohort.objects.get(pk=upload.cohort_id)
            parcel = uploads.opened(upload, opener)
        report = _KINDS[upload.kind].look(cohort, upload, parcel, opener)
        state = State.REFUSED if report.get("count") or report.get("reason") else State.CHECKED
        uploads.settle(upload, state, {**upload.report, **report})


def take(*, site_id: int, upload_id: int, token: str = "") -> None:
    """Take a file in, all of it or nothing: the rows and the word that it was taken are stored in one transaction.

    Raises LockedError while nobody has unlocked the site's key; the file goes on waiting.
    """
    opener = _opener(site_id, token)
    upload = uploads.claim(site_id=site_id, upload_id=upload_id, state=State.TAKING)
    if upload is None:
        return
    with _failing_visibly(upload, opener):
        try:
            _take_at_once(upload, opener)
        except ImportRefused as refused:
            uploads.settle(upload, State.REFUSED, {**upload.report, **_told(refused.problems, refused.count)})
        except _Refused as reason:
            uploads.settle(upload, State.REFUSED, {**upload.report, "reason": str(reason)})


def _opener(site_id: int, token: str) -> Opener:
    with site_scope(site_id):
        return keyring.opener(site_id=site_id, token=token)


def _take_at_once(upload: Upload, opener: Opener) -> None:
    with site_scope(upload.site_id):
        if uploads.of_attempt(upload).select_for_update(skip_locked=True).values_list("pk").first() is None:
            return
        # One file of a cohort after the other, and never while it is being frozen.
        alone(Lock.UPLOADS, upload.cohort_id)
        share(Lock.ANSWERS, upload.cohort_id)
        cohort = Cohort.objects.get(pk=upload.cohort_id)
        if cohort.state in uploads.TAKES_NOTHING:
            raise _Refused(cohort.state)
        if upload.kind == Kind.TABLE and not upload.report["again"] and uploads.twin_of(upload):
            # The same file was taken a moment ago: back to the page, which asks whether it is meant.
            uploads.settle(upload, State.CHECKED, upload.report)
            return
        told = _KINDS[upload.kind].take(cohort, uploads.opened(upload, opener), opener)
        for language, times in sorted(told["languages"].items()):
            tallies.note(
                Event.SUBMITTED,
                site_id=cohort.site_id,
                cohort_id=cohort.pk,
                language=language,
                detail="file",
                times=times,
            )
        kept = {"digest": upload.report["digest"], "taken_on": timezone.now().date().isoformat(), **told}
        uploads.settle(upload, State.TAKEN, kept)
        audit.record(by=upload.report["by"], action="import", cohort=str(cohort), responses=told["lines"])


@contextmanager
def _failing_visibly(upload: Upload, opener: Opener) -> Iterator[None]:
    """An error fails the file, with its kind as the reason.

    A database that goes away, or a key that was changed meanwhile, leaves it to the sweeper.
    """
    try:
        yield
    except Exception as error:
        if not isinstance(error, (OperationalError, InterfaceError)) and connection.is_usable():
            with site_scope(upload.site_id):
                if keyring.is_outdated(opener):
                    raise LockedError from None
            # The kind of error only: a message could quote an answer.
            uploads.settle(upload, State.FAILED, {**upload.report, "reason": type(error).__name__})
        raise


# A file of rows ------------------------------------------------------------------------------------------------------


def _look_at_table(cohort: Cohort, upload: Upload, parcel: Parcel, opener: Opener) -> Report:
    findings, columns, counted = Findings(), _Columns(), _Counted()
    mapped, problems = _mapped(parcel)
    findings.add(problems or _wrong_from_the_start(parcel))
    if not findings.count:
        source = _source(upload.name, parcel, mapped, _progress(upload), columns.note)
        for one in lines_of(cohort=cohort, country=country_of(cohort.site_id), source=source):
            if isinstance(one, list):
                findings.add(one)
            else:
                counted.note(one)
    if not findings.count and not counted.languages:
        findings.add([Problem("", 0, "", "no-rows", "")])
    if columns.none_known:
        # Most likely the first row is no heading but somebody's answers, which belong into no report.
        findings = Findings([Problem("", 1, "", "no-heading", "")], 1)
        columns = _Columns()
    return {
        **counted.told(),
        "read": columns.read,
        "unread": columns.unread,
        **_told(findings.problems, findings.count),
    }


def _take_table(cohort: Cohort, parcel: Parcel, opener: Opener) -> Report:
    mapped, _ = _mapped(parcel)
    counted = _Counted()
    source = _source("", parcel, mapped)
    take_lines(cohort=cohort, country=country_of(cohort.site_id), source=source, heard=counted.note)
    return counted.told()


@dataclass
class _Counted:
    """How many rows are responses, by language and week."""

    languages: Counter[str] = field(default_factory=Counter)
    weeks: Counter[str] = field(default_factory=Counter)

    def note(self, line: Line) -> None:
        self.languages[line.language] += 1
        self.weeks[iso_week(line.day)] += 1

    def told(self) -> Report:
        weeks = dict(sorted(self.weeks.items()))
        return {"lines": self.languages.total(), "languages": dict(self.languages), "weeks": weeks}


@dataclass
class _Columns:
    """Which columns of a file are read, as far as its heading tells."""

    read: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    none_known: bool = False

    def note(self, file: DataFile) -> None:
        pairs = list(zip(file.heading, file.columns, strict=True))
        self.read = [_plain(text) for text, column in pairs if column][:MOST_COLUMNS]
        self.unread = [_plain(text) for text, column in pairs if text and not column][:MOST_COLUMNS]
        self.none_known = bool(self.unread) and not self.read


def _source(
    name: str,
    parcel: Parcel,
    mapped: Mapped,
    progress: Progress = lambda done: None,
    opened: Callable[[DataFile], None] = lambda file: None,
) -> Source:
    handle = io.TextIOWrapper(unpacked(parcel.packed), encoding="utf-8-sig", newline="")
    day = datetime.date.fromisoformat(parcel.day) if parcel.day else None
    return Source(name, handle, mapped, Defaults(day, parcel.language), progress, opened)


def _mapped(parcel: Parcel) -> tuple[Mapped, list[Problem]]:
    if not parcel.mapping:
        return Mapped(), []
    try:
        return read_mapping("", csv.reader(io.StringIO(parcel.mapping, newline=""), strict=True))
    except csv.Error:
        return Mapped(), [Problem("", 0, "", "mapping-not-csv", "")]


def _wrong_from_the_start(parcel: Parcel) -> list[Problem]:
    first = unpacked(parcel.packed).read(len(bundles.MARK))
    if first.startswith(_SPREADSHEETS):
        return [Problem("", 0, "", "spreadsheet", "")]
    return [Problem("", 0, "", "is-bundle", "")] if bundles.is_bundle(first) else []


def _progress(upload: Upload) -> Progress:
    """Says how far the check is, and that its worker lives, every few seconds."""
    told_at = [timezone.now()]

    def tell(done: int) -> None:
        now = timezone.now()
        if (now - told_at[0]).total_seconds() >= settings.JOB_BEAT_SECONDS / 2:
            told_at[0] = now
            with site_scope(upload.site_id):
                uploads.of_attempt(upload).update(done=min(done, upload.size), beat_at=Now())

    return tell


def _told(problems: list[Problem], count: int) -> Report:
    """Places and codes without their messages, which may quote what stands in a cell."""
    return {"problems": [[one.row, _plain(one.column), one.code] for one in problems], "count": count}


def _plain(text: str) -> str:
    """A heading as a report can hold it: short, and without signs that cannot be shown."""
    return "".join(sign if sign.isprintable() else " " for sign in text[:LONGEST_HEADING])


# A bundle ------------------------------------------------------------------------------------------------------------


def _look_at_bundle(cohort: Cohort, upload: Upload, parcel: Parcel, opener: Opener) -> Report:
    try:
        with site_scope(cohort.site_id):
            bundle = carrying.unpack(unpacked(parcel.packed).read(), opener)
        version_id = carrying.version_for(bundle.origin, cohort)
    except BundleError as error:
        return {"reason": error.code}
    findings = Findings()
    for number, fault in carrying.faults(bundle, version_id, _progress(upload)):
        findings.add([Problem("", number, "", f"bundle-{fault}", "")])
    with site_scope(cohort.site_id):
        sorted_out = carrying.sort_out(bundle, cohort)
    return {**sorted_out.counted(), **_told(findings.problems, findings.count)}


def _take_bundle(cohort: Cohort, parcel: Parcel, opener: Opener) -> Report:
    try:
        bundle = carrying.unpack(unpacked(parcel.packed).read(), opener)
        return carrying.take(bundle, cohort).counted()
    except BundleError as error:
        raise _Refused(error.code) from None


@dataclass(frozen=True, slots=True)
class _Handling:
    """What is done with one kind of file."""

    look: Callable[[Cohort, Upload, Parcel, Opener], Report]
    take: Callable[[Cohort, Parcel, Opener], Report]


_KINDS: Mapping[str, _Handling] = {
    Kind.TABLE: _Handling(_look_at_table, _take_table),
    Kind.BUNDLE: _Handling(_look_at_bundle, _take_bundle),
}
