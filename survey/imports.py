"""Bringing in responses and participants that exist already. Every answer passes the same layout as a submitted one."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from survey import sealers
from survey.models import Cohort, Participant
from survey.protocol.datafile import Line
from survey.protocol.schema import Answers
from survey.responses import response_rows, store_rows
from survey.scope import site_scope

BATCH = 1_000


def add_responses(
    *, cohort: Cohort, country: str, language: str, sheets: Iterable[tuple[datetime.date, Answers]]
) -> int:
    """Store answer sheets in one language, all or nothing. Returns how many.

    Raises RecordError on an impossible answer, NoKeyError when the site has no key.
    """
    lines = (Line(day, language, dict(answers)) for day, answers in sheets)
    return add_lines(cohort=cohort, country=country, lines=lines)


def add_lines(*, cohort: Cohort, country: str, lines: Iterable[Line]) -> int:
    """Store the lines of a file in batches, all or nothing. Returns how many. Raises RecordError."""
    added = 0
    with site_scope(cohort.site_id):
        sealer = sealers.sealer(site_id=cohort.site_id, version_id=cohort.version_id)
        remaining = iter(lines)
        while batch := list(islice(remaining, BATCH)):
            store_rows(
                response_rows(
                    sealer=sealer,
                    cohort=cohort,
                    country=country,
                    language=line.language,
                    day=line.day,
                    answers=line.answers,
                )
                for line in batch
            )
            added += len(batch)
    return added


def add_participants(*, cohort: Cohort, participants: Iterator[Participant] | Sequence[Participant]) -> int:
    """Register participants of a cohort; a code that exists already is refused by the database."""
    with site_scope(cohort.site_id):
        return len(Participant.objects.bulk_create(participants, batch_size=BATCH))
