"""Answers submitted: once, in one transaction; taken back with the receipt, until the cohort is frozen."""

import datetime
import json
import uuid
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.utils import timezone

from survey import datakeys, drafts, invitations, sealers, sealing, tallies
from survey.datakeys import Place
from survey.drafts import Sheet, StaleDraftError, receipt_secret_of
from survey.keyring import Opener
from survey.locks import Lock, share
from survey.models import Cohort, Draft, FreeText, Locator, Response, Site, Tombstone
from survey.protocol import record, routing
from survey.protocol.schema import Answers
from survey.publishing import layout_for, protocol_of
from survey.scope import receipt_scope, site_scope
from survey.sealers import Sealer
from survey.tallies import Event


class FrozenCohortError(Exception):
    """The cohort's answers change no more."""


def submit(*, secret: bytes, site_id: int, revision: int) -> bool:
    """Turn a draft into a response, once, in one transaction. False when there is no draft (any more).

    Raises StaleDraftError when `revision`, which was reviewed, is no longer the newest, FrozenCohortError when the
    cohort was frozen meanwhile, and NoKeyError when the site has no key; the draft stays in all these cases.
    """
    with site_scope(site_id):
        # Before any row: who erases the country waits for neither of us while we wait for them.
        share(Lock.KEYS, site_id)
        row = Draft.objects.select_for_update().filter(pk=sealing.locator(secret)).first()
        if row is None:
            return False
        if row.revision != revision:
            raise StaleDraftError
        share(Lock.ANSWERS, row.cohort_id)
        if _is_frozen(row.cohort_id):
            raise FrozenCohortError
        sheet = drafts.opened(secret, row)
        _store(sheet)
        drafts.delete_draft(secret)
        if sheet.invitation:
            invitations.spend(cohort_id=sheet.cohort_id, invitation=sheet.invitation)
        for event, detail in ((Event.MINUTES, tallies.band(sheet.minutes)), (Event.SUBMITTED, "")):
            tallies.note(event, site_id=site_id, cohort_id=sheet.cohort_id, language=sheet.language, detail=detail)
    return True


def _store(sheet: Sheet) -> None:
    """The rows of a sheet, under the number that its receipt gives."""
    receipt_secret = receipt_secret_of(sheet.receipt)
    rows = response_rows(
        sealer=sealers.sealer(site_id=sheet.site_id, version_id=sheet.version_id),
        cohort=Cohort(pk=sheet.cohort_id, site_id=sheet.site_id, version_id=sheet.version_id),
        country=sheet.country,
        language=sheet.language,
        day=timezone.now().date(),
        answers=sheet.answers,
        response_id=sealing.response_id(receipt_secret),
    )
    store_rows([rows])
    Locator.objects.create(hash=sealing.receipt_locator(receipt_secret), site_id=sheet.site_id)


def was_stored(*, code: str) -> bool:
    """Whether a receipt is that of a response that is kept here, be it frozen."""
    return Locator.objects.filter(pk=sealing.receipt_locator(receipt_secret_of(code))).exists()


def can_withdraw(*, code: str) -> bool:
    """Whether a code is the receipt of a response that may still be taken back."""
    return _place_of_receipt(code) is not None


@transaction.atomic
def withdraw(*, code: str) -> bool:
    """Delete the response of a receipt. False when there is none, or its cohort is frozen: published tables hold it.

    A tombstone stays, so that a bundle that still carries the response does not bring it back.
    """
    place = _place_of_receipt(code)
    if place is None:
        return False
    site_id, cohort_id, secret = place
    response_id = sealing.response_id(secret)
    with receipt_scope(site_id, response_id):
        share(Lock.ANSWERS, cohort_id)
        if _is_frozen(cohort_id):
            return False
        FreeText.objects.filter(site_id=site_id, response_id=response_id).delete()
        deleted, _ = Response.objects.filter(site_id=site_id, id=response_id).delete()
        Locator.objects.filter(pk=sealing.receipt_locator(secret)).delete()
        if deleted:
            Tombstone(hash=sealing.tombstone(response_id), site_id=site_id).save(force_insert=True)
            tallies.note(Event.WITHDRAWN, site_id=site_id, cohort_id=cohort_id, language="")
    return True


def _place_of_receipt(code: str) -> tuple[int, int, bytes] | None:
    """Site, cohort and secret of a receipt's response; None when it is gone or can be taken back no more."""
    for site_id, secret in _places_to_look(code):
        response_id = sealing.response_id(secret)
        with receipt_scope(site_id, response_id):
            own = Response.objects.filter(site_id=site_id, id=response_id)
            cohort_id = own.values_list("cohort_id", flat=True).first()
            if cohort_id is not None:
                return None if _is_frozen(cohort_id) else (site_id, cohort_id, secret)
    return None


def _places_to_look(code: str) -> list[tuple[int, bytes]]:
    """Where a receipt's response can be: its locator tells; without one it may have come from a field laptop."""
    secret = receipt_secret_of(code)
    place = Locator.objects.filter(pk=sealing.receipt_locator(secret)).first()
    if place is not None:
        return [(place.site_id, secret)]
    sites = Site.objects.order_by("pk").values_list("pk", flat=True)
    return [(pk, receipt_secret_of(code, key=drafts.laptop_key(pk))) for pk in sites]


def _is_frozen(cohort_id: int) -> bool:
    return Cohort.objects.filter(pk=cohort_id, state=Cohort.State.FROZEN).exists()


def response_rows(
    *,
    sealer: Sealer,
    cohort: Cohort,
    country: str,
    language: str,
    day: datetime.date,
    answers: Answers,
    response_id: uuid.UUID | None = None,
) -> tuple[Response, FreeText | None]:
    """The rows of one answer sheet, sealed, under a random number unless one is given; no texts, no row of texts.

    Only answers on the route count: a changed earlier answer drops what hung on it.

    Raises RecordError when an answer does not fit its question.
    """
    protocol = protocol_of(cohort.version_id)
    asked = routing.asked(protocol, answers, country)
    counted = {name: answer for name, answer in answers.items() if name in asked}
    return sealed_rows(
        sealer=sealer,
        cohort=cohort,
        version_id=cohort.version_id,
        response_id=response_id or uuid.uuid4(),
        week=iso_week(day),
        language=language,
        record=layout_for(cohort.version_id).encode(counted, asked),
        texts=record.texts(protocol, counted),
    )


def sealed_rows(
    *,
    sealer: Sealer,
    cohort: Cohort,
    version_id: int,
    response_id: uuid.UUID,
    week: str,
    language: str,
    record: bytes,
    texts: Mapping[str, str],
) -> tuple[Response, FreeText | None]:
    """The rows of one response whose record is made already."""
    place = Place(cohort.site_id, cohort.pk, version_id, response_id)
    response = Response(
        id=response_id,
        site_id=cohort.site_id,
        cohort_id=cohort.pk,
        version_id=version_id,
        week=week,
        language=language,
        key_id=sealer.key_id,
        record=sealer.record(record, place),
    )
    if not texts:
        return response, None
    plain = json.dumps(dict(texts), ensure_ascii=False, sort_keys=True).encode()
    own = FreeText(site_id=cohort.site_id, response_id=response_id, key_id=sealer.key_id)
    own.texts = sealer.content(plain, place, datakeys.TEXTS)
    return response, own


def store_rows(rows: Iterable[tuple[Response, FreeText | None]], *, unless_known: bool = False) -> None:
    """Store responses with their texts, those that are there already left alone if asked. Needs the site's scope."""
    rows = list(rows)
    Response.objects.bulk_create([response for response, _ in rows], ignore_conflicts=unless_known)
    FreeText.objects.bulk_create([texts for _, texts in rows if texts is not None])


def opened_rows(opener: Opener, response: Response, texts: FreeText | None) -> tuple[bytes, dict[str, str]]:
    """The record and the free texts of a response: the inverse of `sealed_rows`. Raises SealError and LockedError."""
    place = Place(response.site_id, response.cohort_id, response.version_id, response.pk)
    found = opener.record(bytes(response.record), response.key_id, place)
    if texts is None:
        return found, {}
    return found, json.loads(opener.content(bytes(texts.texts), texts.key_id, place, datakeys.TEXTS))


def iso_week(day: datetime.date) -> str:
    """The ISO week of a day, as it is stored: '2026-W48'. Nothing finer is ever kept."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"
