"""Answers under way: start a draft, save a page, come back to it with its code, erase it."""

import datetime
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.conf import settings
from django.utils import timezone

from survey import codes, invitations, sealing, tallies
from survey.locks import Lock, alone
from survey.models import Cohort, Draft, Locator, Site
from survey.protocol.schema import Answer, Missing, Protocol
from survey.publishing import protocol_of
from survey.scope import site_scope
from survey.tallies import Event

DRAFT_DAYS = 14
# A longer pause between two saves was not spent answering.
LONGEST_PAUSE_MINUTES = 30


class StaleDraftError(Exception):
    """The draft was saved elsewhere since this page was made."""


class TakenError(Exception):
    """Somebody else began with this invitation a moment ago, or took the open link's last place of today."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A draft as its holder sees it. `place` is the index of a page, or the number of pages for the review.

    `reviewed` is true once the review was reached: from then on it can be returned to from every page. `receipt` is the
    code that will withdraw the response. `reached` is the furthest section, `noted` the furthest that was tallied.
    `minutes` were spent on it until minute `clock`. `invitation` is the hash of the one it was begun with. `languages`
    are those that its cohort offers, () for all of its country.
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
    reached: int = 0
    noted: int = -1
    minutes: int = 0
    clock: int = 0
    invitation: bytes = b""
    languages: tuple[str, ...] = ()

    @property
    def protocol(self) -> Protocol:
        return protocol_of(self.version_id)


class Started(NamedTuple):
    """What a new draft's holder gets: the code to write down, the secret for the session, and the draft."""

    code: str
    secret: bytes
    sheet: Sheet


class Found(NamedTuple):
    """A draft that a code has opened."""

    secret: bytes
    sheet: Sheet


def secret_of(code: str) -> bytes:
    """The secret of a code of this installation. Slow on purpose. Raises BusyError when too many wait for theirs."""
    salt = _keyed(b"participants' codes")
    return sealing.stretch(code, salt=salt, **settings.CODE_STRETCHING)


def receipt_secret_of(code: str, *, key: str = "") -> bytes:
    """The secret of a receipt, at once: it opens nothing, and nobody guesses it without a key.

    The key is the installation's; on a field laptop it is the one that the server gave it for its country.
    """
    return _keyed(b"receipts:" + code.encode(), key or settings.RECEIPT_KEY)


def entry_secret_of(*, cohort_id: int, batch: int, number: int, turn: int, by: str) -> bytes:
    """The secret of a sheet of paper that somebody is entering: nobody else's entry of it is opened by theirs."""
    return _keyed(f"paper:{cohort_id}:{batch}:{number}:{turn}:{by}".encode())


def laptop_key(site_id: int) -> str:
    """The key of receipts that are given on field laptops of a site, so that they work here once a bundle came in."""
    return _keyed(f"laptop receipts:{site_id}".encode()).hex()


def _keyed(message: bytes, key: str = "") -> bytes:
    return hmac.digest((key or settings.CODE_SALT).encode(), message, "sha256")


def start_draft(*, cohort: Cohort, language: str, invitation: bytes = b"") -> Started:
    """Open an empty draft. Only its code, and the secret that comes of it, open it again.

    Raises TakenError when the invitation is not free (any more), or without one when today's places are taken.
    """
    code = codes.new_code()
    secret = secret_of(code)
    with site_scope(cohort.site_id):
        sheet = Sheet(
            site_id=cohort.site_id,
            cohort_id=cohort.pk,
            version_id=cohort.version_id,
            country=Site.objects.values_list("country", flat=True).get(pk=cohort.site_id),
            language=language,
            revision=0,
            place=0,
            answers={},
            receipt=codes.new_code(),
            clock=_minute(),
            invitation=invitation,
            languages=tuple(cohort.languages),
        )
        Locator.objects.create(hash=sealing.locator(secret), site_id=cohort.site_id)
        last_day = insert_draft(secret=secret, sheet=sheet)
        if invitation and not invitations.reserve(cohort_id=cohort.pk, invitation=invitation, until=last_day):
            raise TakenError
        if not invitation and cohort.daily_cap is not None:
            _take_place(sheet, cohort.daily_cap)
        _note(sheet, Event.STARTED)
    return Started(code, secret, sheet)


def _take_place(sheet: Sheet, cap: int) -> None:
    """One of today's places of the open link; whoever wants one too waits, so that the last is given once."""
    alone(Lock.PLACES, sheet.cohort_id)
    if tallies.begun_by_link_today(sheet.cohort_id) >= cap:
        raise TakenError
    _note(sheet, Event.BY_LINK)


def insert_draft(*, secret: bytes, sheet: Sheet) -> datetime.date:
    """The row of a new draft; returns its last day. Needs the site's scope."""
    last_day = timezone.now().date() + datetime.timedelta(days=DRAFT_DAYS)
    Draft(
        locator=sealing.locator(secret),
        site_id=sheet.site_id,
        cohort_id=sheet.cohort_id,
        version_id=sheet.version_id,
        sealed=_sealed(secret, sheet),
        expires_on=last_day,
    ).save(force_insert=True)
    return last_day


def find_draft(*, code: str) -> Found | None:
    """The draft of a code, or None when it is submitted, erased, expired, or never was."""
    secret = secret_of(code)
    place = Locator.objects.filter(pk=sealing.locator(secret)).first()
    sheet = open_draft(secret=secret, site_id=place.site_id) if place is not None else None
    return Found(secret, sheet) if sheet is not None else None


def open_draft(*, secret: bytes, site_id: int) -> Sheet | None:
    """The draft of a secret, or None when it is submitted, erased or expired."""
    with site_scope(site_id):
        row = Draft.objects.filter(pk=sealing.locator(secret), expires_on__gte=timezone.now().date()).first()
    return opened(secret, row) if row is not None else None


def open_to_send(*, secret: bytes) -> Sheet | None:
    """A draft that nobody changes until this transaction ends; None when there is none. Needs the site's scope."""
    row = Draft.objects.select_for_update().filter(pk=sealing.locator(secret)).first()
    return opened(secret, row) if row is not None else None


def save_draft(*, secret: bytes, sheet: Sheet) -> Sheet:
    """Store a draft over the revision it was opened at. Raises StaleDraftError when that is no longer the newest."""
    now = _minute()
    pause = now - sheet.clock
    spent = pause if 0 <= pause <= LONGEST_PAUSE_MINUTES else 0
    kept = replace(sheet, noted=max(sheet.noted, sheet.reached), minutes=sheet.minutes + spent, clock=now)
    with site_scope(sheet.site_id):
        saved = Draft.objects.filter(pk=sealing.locator(secret), revision=sheet.revision).update(
            revision=sheet.revision + 1, sealed=_sealed(secret, kept)
        )
        if not saved:
            raise StaleDraftError
        names = [section.name for section in sheet.protocol.sections]
        for name in names[sheet.noted + 1 : sheet.reached + 1]:
            _note(sheet, Event.REACHED, name)
    return replace(kept, revision=sheet.revision + 1)


def erase_draft(*, secret: bytes, sheet: Sheet) -> None:
    """Leave nothing of a draft; the invitation that it was begun with is free again."""
    with site_scope(sheet.site_id):
        delete_draft(secret)
        if sheet.invitation:
            invitations.free(cohort_id=sheet.cohort_id, invitation=sheet.invitation)


def delete_draft(secret: bytes) -> None:
    """Delete the rows of a draft. Needs the site's scope."""
    Draft.objects.filter(pk=sealing.locator(secret)).delete()
    Locator.objects.filter(pk=sealing.locator(secret)).delete()


def expire_drafts() -> int:
    """Erase every draft whose time is over; returns how many. Needs the worker's role.

    Invitations that were reserved for them are free by their date.
    """
    erased = 0
    for site_id in Site.objects.values_list("pk", flat=True):
        with site_scope(site_id):
            over = Draft.objects.filter(expires_on__lt=timezone.now().date())
            Locator.objects.filter(pk__in=list(over.values_list("pk", flat=True))).delete()
            erased += over.delete()[0]
    return erased


def opened(secret: bytes, row: Draft) -> Sheet:
    """The content of a draft's row."""
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
        reviewed=content["reviewed"],
        reached=content["reached"],
        noted=content["noted"],
        minutes=content["minutes"],
        clock=content["clock"],
        invitation=bytes.fromhex(content["invitation"]),
        languages=tuple(content["languages"]),
        answers={name: from_json(answer) for name, answer in content["answers"].items()},
    )


def _sealed(secret: bytes, sheet: Sheet) -> bytes:
    content = {
        "language": sheet.language,
        "place": sheet.place,
        "receipt": sheet.receipt,
        "reviewed": sheet.reviewed,
        "reached": sheet.reached,
        "noted": sheet.noted,
        "minutes": sheet.minutes,
        "clock": sheet.clock,
        "invitation": sheet.invitation.hex(),
        "languages": list(sheet.languages),
        "answers": {name: to_json(answer) for name, answer in sheet.answers.items()},
    }
    plain = json.dumps(content, ensure_ascii=False).encode()
    return sealing.seal(secret, plain, _context(sheet.site_id, sheet.version_id))


def _note(sheet: Sheet, event: str, detail: str = "") -> None:
    tallies.note(event, site_id=sheet.site_id, cohort_id=sheet.cohort_id, language=sheet.language, detail=detail)


def _minute() -> int:
    return int(time.time()) // 60


def _context(site_id: int, version_id: int) -> bytes:
    return f"draft|{site_id}|{version_id}".encode()


def to_json(answer: Answer) -> Any:
    """An answer as JSON keeps it; a missing reason can be told from a text that says the same."""
    if isinstance(answer, Missing):
        return {"missing": answer.value}
    return list(answer) if isinstance(answer, tuple) else answer


def from_json(value: Any) -> Answer:
    """The inverse of `to_json`."""
    if isinstance(value, dict):
        return Missing(value["missing"])
    return tuple(value) if isinstance(value, list) else value
