"""Responses out to a file and in from one. What comes out goes in again as the same records and texts."""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO

from django.db import transaction

from accounts import audit
from survey import keyring
from survey.flags import NOT_EXCLUDED
from survey.imports import BATCH, add_lines
from survey.models import Cohort, FreeText, Response
from survey.protocol import datafile
from survey.protocol.datafile import DataFile, Defaults, Line
from survey.protocol.mapping import Mapped
from survey.protocol.problems import Problem
from survey.publishing import layout_for, protocol_of
from survey.responses import opened_rows
from survey.scope import site_scope

# More problems than these are counted, not listed.
MOST_PROBLEMS = 1_000

Progress = Callable[[int], None]


class ImportRefused(Exception):
    """A file that cannot be taken in; nothing of it was. `problems` are the first ones of `count`."""

    def __init__(self, problems: list[Problem], count: int) -> None:
        self.problems, self.count = problems, count
        super().__init__(f"{count} problem(s)")


@dataclass
class Findings:
    """The first problems of a file, and how many there are."""

    problems: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, problems: list[Problem]) -> None:
        self.count += len(problems)
        self.problems += problems[: MOST_PROBLEMS - len(self.problems)]

    def refuse_if_any(self) -> None:
        if self.count:
            raise ImportRefused(self.problems, self.count)


@transaction.atomic
def import_responses(
    *,
    cohort: Cohort,
    country: str,
    path: Path,
    by: str,
    mapped: Mapped | None = None,
    defaults: Defaults | None = None,
    progress: Progress = lambda done: None,
) -> int:
    """Take a file of responses into a cohort, all of it or nothing. Returns how many.

    Reads on after the first problem, so that all are told at once. `progress` hears how many bytes were read. Raises
    ImportRefused, and OSError when the file cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as handle:
        source = Source(path.name, handle, mapped or Mapped(), defaults or Defaults(), progress)
        taken = take_lines(cohort=cohort, country=country, source=source)
    audit.record(by=by, action="import", cohort=str(cohort), responses=taken)
    return taken


@dataclass(frozen=True, slots=True)
class Source:
    """A file of responses, with what its columns mean here. `opened` hears of its heading."""

    name: str
    handle: IO[str]
    mapped: Mapped = field(default_factory=Mapped)
    defaults: Defaults = field(default_factory=Defaults)
    progress: Progress = lambda done: None
    opened: Callable[[DataFile], None] = lambda file: None


def take_lines(
    *, cohort: Cohort, country: str, source: Source, heard: Callable[[Line], None] = lambda line: None
) -> int:
    """Store the responses of a file; `heard` hears each. Raises ImportRefused, and no transaction must keep them then.

    Returns how many.
    """
    findings = Findings()
    lines = _good(lines_of(cohort=cohort, country=country, source=source), findings)
    taken = add_lines(cohort=cohort, country=country, lines=_told(lines, heard))
    findings.refuse_if_any()
    return taken


def _told(lines: Iterator[Line], heard: Callable[[Line], None]) -> Iterator[Line]:
    for line in lines:
        heard(line)
        yield line


def _good(found: Iterator[Line | list[Problem]], findings: Findings) -> Iterator[Line]:
    """The lines up to the first problem; from there on only problems are looked for."""
    for one in found:
        if isinstance(one, list):
            findings.add(one)
        elif not findings.count:
            yield one


def lines_of(*, cohort: Cohort, country: str, source: Source) -> Iterator[Line | list[Problem]]:
    """Every row of a file: as a response, or as what is wrong with it."""
    number = 0
    try:
        first = source.handle.readline()
        numbered = datafile.rows(_noted(chain([first], source.handle), source.progress), datafile.dialect(first))
        number, heading = next(numbered, (1, []))
        file = DataFile(
            source.name,
            heading,
            protocol=protocol_of(cohort.version_id),
            country=country,
            mapped=source.mapped,
            defaults=source.defaults,
        )
        source.opened(file)
        if file.problems:
            yield file.problems
            return
        for number, row in numbered:
            yield file.read(number, row)
    except UnicodeDecodeError:
        message = "this is not UTF-8; save the file as “CSV UTF-8” and try again"
        yield [Problem(source.name, number + 1, "", "not-utf-8", message)]
    except csv.Error as error:
        yield [Problem(source.name, number + 1, "", "not-csv", f"the file is no CSV from here on: {error}")]


def _noted(lines: Iterable[str], progress: Progress) -> Iterator[str]:
    done = 0
    for count, text in enumerate(lines, start=1):
        done += len(text.encode())
        if count % BATCH == 0:
            progress(done)
        yield text


def export_responses(*, cohort: Cohort, path: Path, by: str) -> int:
    """Write the responses of a cohort that count, sorted by what they say: the order tells nothing of when they came.

    Returns how many.

    Needs the worker's role, and raises LockedError where researchers hold the key. The file holds answers of people:
    keep it as safe as the database.
    """
    written = 0
    protocol, layout = protocol_of(cohort.version_id), layout_for(cohort.version_id)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(datafile.headings(protocol))
        for week, language, record, texts in _stored(cohort):
            answers = layout.decode(record, dict(texts))
            writer.writerow(datafile.line(protocol, week, language, answers))
            written += 1
    audit.record(by=by, action="export", cohort=str(cohort), responses=written)
    return written


def _stored(cohort: Cohort) -> list[tuple[str, str, bytes, list[tuple[str, str]]]]:
    """(week, language, record, texts by question) of every response that counts, sorted by what it says.

    All at once in memory: what is sealed cannot be sorted where it lies.
    """
    query = f"""
        SELECT r.*, t.key_id AS texts_key_id, t.texts
        FROM survey_response r
        LEFT JOIN survey_freetext t ON t.site_id = r.site_id AND t.response_id = r.id
        WHERE r.site_id = %s AND r.cohort_id = %s AND {NOT_EXCLUDED}
    """
    found = []
    with site_scope(cohort.site_id):
        opener = keyring.opener(site_id=cohort.site_id)
        for row in Response.objects.raw(query, [cohort.site_id, cohort.pk]).iterator():
            texts = FreeText(key_id=row.texts_key_id, texts=row.texts) if row.texts is not None else None
            record, plain = opened_rows(opener, row, texts)
            found.append((row.week, row.language, record, sorted(plain.items())))
    return sorted(found)
