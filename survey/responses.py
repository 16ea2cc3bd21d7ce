"""Answers under way and submitted: start a draft, save a page, submit once."""

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone

from survey import sealing
from survey.models import Cohort, Draft, FreeText, Response, Site
from survey.protocol import record, routing
from survey.protocol.schema import Answer, Answers, Missing, Protocol
from survey.publishing import layout_for, protocol_of
from survey.scope import site_scope

DRAFT_DAYS = 14


class StaleDraftError(Exception):
    """The draft was saved elsewhere since this page was made."""


class FrozenCohortError(Exception):
    """The cohort's answers change no more."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A draft as its holder sees it. `place` is the index of a page, or the number of pages for the review.

    `reviewed` is true once the review was reached: from then on it can be returned to from every page.
    """

    site_id: int
    cohort_id: int
    version_id: int
    country: str
    language: str
    revision: int
    place: int
    answers: Mapping[str, Answer]
    reviewed: bool = False

    @property
    def protocol(self) -> Protocol:
        return protocol_of(self.version_id)


def start_draft(*, cohort: Cohort, language: str) -> bytes:
    """Open an empty draft; returns the secret that alone opens it again."""
    secret = sealing.new_secret()
    with site_scope(cohort.site_id):
        Draft(
            locator=sealing.locator(secret),
            site_id=cohort.site_id,
            cohort_id=cohort.pk,
            version_id=cohort.version_id,
            sealed=_sealed(
                secret, cohort.site_id, cohort.version_id, {"language": language, "place": 0, "answers": {}}
            ),
            expires_on=timezone.now().date() + datetime.timedelta(days=DRAFT_DAYS),
        ).save(force_insert=True)
    return secret


def open_draft(*, secret: bytes, site_id: int) -> Sheet | None:
    """The draft of a secret, or None when it is submitted, erased or expired."""
    with site_scope(site_id):
        row = Draft.objects.filter(pk=sealing.locator(secret)).first()
    return _opened(secret, row) if row is not None else None


def save_draft(*, secret: bytes, sheet: Sheet) -> Sheet:
    """Store a draft over the revision it was opened at. Raises StaleDraftError when that is no longer the newest."""
    content = {
        "language": sheet.language,
        "place": sheet.place,
        "reviewed": sheet.reviewed,
        "answers": {name: _to_json(answer) for name, answer in sheet.answers.items()},
    }
    with site_scope(sheet.site_id):
        saved = Draft.objects.filter(pk=sealing.locator(secret), revision=sheet.revision).update(
            revision=sheet.revision + 1, sealed=_sealed(secret, sheet.site_id, sheet.version_id, content)
        )
    if not saved:
        raise StaleDraftError
    return replace(sheet, revision=sheet.revision + 1)


def submit(*, secret: bytes, site_id: int, revision: int) -> bool:
    """Turn a draft into a response, once, in one transaction. False when there is no draft (any more).

    Raises StaleDraftError when `revision`, which was reviewed, is no longer the newest, and FrozenCohortError when the
    cohort was frozen meanwhile; the draft stays in both cases.
    """
    with site_scope(site_id):
        row = Draft.objects.select_for_update().filter(pk=sealing.locator(secret)).first()
        if row is None:
            return False
        if row.revision != revision:
            raise StaleDraftError
        if Cohort.objects.filter(pk=row.cohort_id, state=Cohort.State.FROZEN).exists():
            raise FrozenCohortError
        sheet = _opened(secret, row)
        response, texts = response_rows(
            cohort=Cohort(pk=sheet.cohort_id, site_id=sheet.site_id, version_id=sheet.version_id),
            country=sheet.country,
            language=sheet.language,
            day=timezone.now().date(),
            answers=sheet.answers,
        )
        response.save(force_insert=True)
        FreeText.objects.bulk_create(texts)
        Draft.objects.filter(pk=row.pk).delete()
    return True


def response_rows(
    *, cohort: Cohort, country: str, language: str, day: datetime.date, answers: Answers
) -> tuple[Response, list[FreeText]]:
    """The rows of one answer sheet. Only answers on the route count: a changed earlier answer drops what hung on it.

    Raises RecordError when an answer does not fit its question.
    """
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
    return response, [
        FreeText(site_id=cohort.site_id, response_id=response.pk, variable=name, text=text.encode())
        for name, text in record.texts(protocol, counted).items()
    ]


def iso_week(day: datetime.date) -> str:
    """The ISO week of a day, as it is stored: '2026-W48'. Nothing finer is ever kept."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _opened(secret: bytes, row: Draft) -> Sheet:
    content = json.loads(sealing.unseal(secret, bytes(row.sealed), _context(row.site_id, row.version_id)))
    return Sheet(
        site_id=row.site_id,
        cohort_id=row.cohort_id,
        version_id=row.version_id,
        country=Site.objects.values_list("country", flat=True).get(pk=row.site_id),
        language=content["language"],
        revision=row.revision,
        place=content["place"],
        reviewed=content.get("reviewed", False),
        answers={name: _from_json(answer) for name, answer in content["answers"].items()},
    )


def _sealed(secret: bytes, site_id: int, version_id: int, content: Mapping[str, Any]) -> bytes:
    return sealing.seal(secret, json.dumps(content, ensure_ascii=False).encode(), _context(site_id, version_id))


def _context(site_id: int, version_id: int) -> bytes:
    return f"draft|{site_id}|{version_id}".encode()


def _to_json(answer: Answer) -> Any:
    if isinstance(answer, Missing):
        return {"missing": answer.value}
    return list(answer) if isinstance(answer, tuple) else answer


def _from_json(value: Any) -> Answer:
    if isinstance(value, dict):
        return Missing(value["missing"])
    return tuple(value) if isinstance(value, list) else value
