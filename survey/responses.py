"""Answers under way and submitted: start a draft, save a page, come back to it, erase it, submit once, withdraw."""

import datetime
import hmac
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from survey import codes, sealing
from survey.models import Cohort, Draft, FreeText, Locator, Response, Site
from survey.protocol import record, routing
from survey.protocol.schema import Answer, Answers, Missing, Protocol
from survey.publishing import layout_for, protocol_of
from survey.scope import receipt_scope, site_scope

DRAFT_DAYS = 14


class StaleDraftError(Exception):
    """The draft was saved elsewhere since this page was made."""


class FrozenCohortError(Exception):
    """The cohort's answers change no more."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A draft as its holder sees it. `place` is the index of a page, or the number of pages for the review.

    `reviewed` is true once the review was reached: from then on it can be returned to from every page. `receipt` is the
    code that will withdraw the response.
    """

    site_id: int
    cohort_id: int
    version_id: int
    country: str
    language: str
    revision: int
    place: int
    answers: Mapping[str, Answer]
    receipt: str
    reviewed: bool = False

    @property
    def protocol(self) -> Protocol:
        return protocol_of(self.version_id)


class Started(NamedTuple):
    """What a new draft's holder gets: the code to write down, the secret for the session, and the receipt to come."""

    code: str
    secret: bytes
    receipt: str


class Found(NamedTuple):
    """A draft that a code has opened."""

    secret: bytes
    sheet: Sheet


def secret_of(code: str) -> bytes:
    """The secret of a code of this installation. Slow on purpose."""
    salt = hmac.digest(settings.SECRET_KEY.encode(), b"participants' codes", "sha256")
    return sealing.stretch(code, salt=salt, **settings.CODE_STRETCHING)


def start_draft(*, cohort: Cohort, language: str) -> Started:
    """Open an empty draft. Only its code, and the secret that comes of it, open it again."""
    started = Started(codes.new_code(), b"", codes.new_code())
    started = started._replace(secret=secret_of(started.code))
    content = {"language": language, "place": 0, "answers": {}, "receipt": started.receipt}
    with site_scope(cohort.site_id):
        Locator.objects.create(hash=sealing.locator(started.secret), site_id=cohort.site_id)
        Draft(
            locator=sealing.locator(started.secret),
            site_id=cohort.site_id,
            cohort_id=cohort.pk,
            version_id=cohort.version_id,
            sealed=_sealed(started.secret, cohort.site_id, cohort.version_id, content),
            expires_on=timezone.now().date() + datetime.timedelta(days=DRAFT_DAYS),
        ).save(force_insert=True)
    return started


def find_draft(*, code: str) -> Found | None:
    """The draft of a code, or None when it is submitted, erased, expired, or never was."""
    secret = secret_of(code)
    place = Locator.objects.filter(pk=sealing.locator(secret)).first()
    sheet = open_draft(secret=secret, site_id=place.site_id) if place is not None else None
    return Found(secret, sheet) if sheet is not None else None


def erase_draft(*, secret: bytes, site_id: int) -> None:
    """Leave nothing of a draft."""
    with site_scope(site_id):
        Draft.objects.filter(pk=sealing.locator(secret)).delete()
        Locator.objects.filter(pk=sealing.locator(secret)).delete()


def expire_drafts() -> int:
    """Erase every draft whose time is over; returns how many. Needs the worker's role."""
    erased = 0
    for site_id in Site.objects.values_list("pk", flat=True):
        with site_scope(site_id):
            over = Draft.objects.filter(expires_on__lt=timezone.now().date())
            Locator.objects.filter(pk__in=list(over.values_list("pk", flat=True))).delete()
            erased += over.delete()[0]
    return erased


def open_draft(*, secret: bytes, site_id: int) -> Sheet | None:
    """The draft of a secret, or None when it is submitted, erased or expired."""
    with site_scope(site_id):
        row = Draft.objects.filter(pk=sealing.locator(secret), expires_on__gte=timezone.now().date()).first()
    return _opened(secret, row) if row is not None else None


def save_draft(*, secret: bytes, sheet: Sheet) -> Sheet:
    """Store a draft over the revision it was opened at. Raises StaleDraftError when that is no longer the newest."""
    content = {
        "language": sheet.language,
        "place": sheet.place,
        "receipt": sheet.receipt,
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
        if _is_frozen(row.cohort_id):
            raise FrozenCohortError
        sheet = _opened(secret, row)
        receipt_secret = secret_of(sheet.receipt)
        response, texts = response_rows(
            cohort=Cohort(pk=sheet.cohort_id, site_id=sheet.site_id, version_id=sheet.version_id),
            country=sheet.country,
            language=sheet.language,
            day=timezone.now().date(),
            answers=sheet.answers,
            response_id=sealing.response_id(receipt_secret),
        )
        response.save(force_insert=True)
        FreeText.objects.bulk_create(texts)
        Locator.objects.create(hash=sealing.receipt_locator(receipt_secret), site_id=site_id)
        erase_draft(secret=secret, site_id=site_id)
    return True


def can_withdraw(*, code: str) -> bool:
    """Whether a code is the receipt of a response that may still be taken back."""
    return _site_of_receipt(secret_of(code)) is not None


@transaction.atomic
def withdraw(*, code: str) -> bool:
    """Delete the response of a receipt. False when there is none, or its cohort is frozen: published tables hold it."""
    secret = secret_of(code)
    site_id, response_id = _site_of_receipt(secret), sealing.response_id(secret)
    if site_id is None:
        return False
    with receipt_scope(site_id, response_id):
        FreeText.objects.filter(site_id=site_id, response_id=response_id).delete()
        Response.objects.filter(site_id=site_id, id=response_id).delete()
        Locator.objects.filter(pk=sealing.receipt_locator(secret)).delete()
    return True


def _site_of_receipt(secret: bytes) -> int | None:
    """The site of a receipt's response, None when it is gone or can be taken back no more."""
    place = Locator.objects.filter(pk=sealing.receipt_locator(secret)).first()
    if place is None:
        return None
    response_id = sealing.response_id(secret)
    with receipt_scope(place.site_id, response_id):
        own = Response.objects.filter(site_id=place.site_id, id=response_id)
        cohort_id = own.values_list("cohort_id", flat=True).first()
        return place.site_id if cohort_id is not None and not _is_frozen(cohort_id) else None


def _is_frozen(cohort_id: int) -> bool:
    return Cohort.objects.filter(pk=cohort_id, state=Cohort.State.FROZEN).exists()


def response_rows(
    *,
    cohort: Cohort,
    country: str,
    language: str,
    day: datetime.date,
    answers: Answers,
    response_id: uuid.UUID | None = None,
) -> tuple[Response, list[FreeText]]:
    """The rows of one answer sheet, under a random number unless one is given.

    Only answers on the route count: a changed earlier answer drops what hung on it.

    Raises RecordError when an answer does not fit its question.
    """
    protocol = protocol_of(cohort.version_id)
    asked = routing.asked(protocol, answers, country)
    counted = {name: answer for name, answer in answers.items() if name in asked}
    response = Response(
        id=response_id or uuid.uuid4(),
        site_id=cohort.site_id,
        cohort_id=cohort.pk,
        version_id=cohort.version_id,
        week=iso_week(day),
        language=language,
        record=layout_for(cohort.version_id).encode(counted, asked),
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
        receipt=content["receipt"],
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
