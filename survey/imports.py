"""Bringing in responses and participants that exist already. Every answer passes the same layout as a submitted one."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from survey.models import Cohort, FreeText, Participant, Response
from survey.protocol import record, routing
from survey.protocol.schema import Answers
from survey.publishing import layout_for, protocol_of
from survey.scope import site_scope

BATCH = 1_000


def iso_week(day: datetime.date) -> str:
    """The ISO week of a day, as it is stored: '2026-W48'. Nothing finer is ever kept."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def add_responses(
    *, cohort: Cohort, country: str, language: str, sheets: Iterable[tuple[datetime.date, Answers]]
) -> int:
    """Store answer sheets in batches, all or nothing. Returns how many. Raises RecordError on an impossible answer."""
    added = 0
    with site_scope(cohort.site_id):
        remaining = iter(sheets)
        while batch := list(islice(remaining, BATCH)):
            pairs = [_rows(cohort, country, language, day, answers) for day, answers in batch]
            Response.objects.bulk_create([response for response, _ in pairs])
            FreeText.objects.bulk_create([text for _, texts in pairs for text in texts])
            added += len(batch)
    return added


def _rows(
    cohort: Cohort, country: str, language: str, day: datetime.date, answers: Answers
) -> tuple[Response, Sequence[FreeText]]:
    protocol = protocol_of(cohort.version_id)
    counted = routing.on_route(protocol, answers, country)
    response = Response(
        site_id=cohort.site_id,
        cohort_id=cohort.pk,
        version_id=cohort.version_id,
        week=iso_week(day),
        language=language,
        record=layout_for(cohort.version_id).encode(counted, routing.asked(protocol, answers, country)),
    )
    texts = record.texts(protocol, counted)
    return response, [
        FreeText(site_id=cohort.site_id, response_id=response.pk, variable=name, text=text.encode())
        for name, text in texts.items()
    ]


def add_participants(*, cohort: Cohort, participants: Iterator[Participant] | Sequence[Participant]) -> int:
    """Register participants of a cohort; a code that exists already is refused by the database."""
    with site_scope(cohort.site_id):
        return len(Participant.objects.bulk_create(participants, batch_size=BATCH))
