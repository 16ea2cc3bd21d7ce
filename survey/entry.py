"""Sheets of paper entered twice: begun, saved page by page, finished; compared by a worker; differences settled.

What is under way is a draft under a key of the installation and of whoever enters it: the database alone opens none. A
finished entry is written by the web process and read
by workers alone; of two that agree comes one response, and they are deleted.
"""

import json
from collections.abc import Mapping

from django.utils import timezone

from accounts import audit
from survey import agreement, datakeys, differences, drafts, keyring, sealers, tallies
from survey.batches import SheetError, State, claimed, need_paper
from survey.datakeys import Place
from survey.differences import Differing
from survey.drafts import Sheet, StaleDraftError, entry_secret_of
from survey.keyring import Opener
from survey.locks import Lock, share
from survey.models import Cohort, Difference, Flag, PaperBatch, PaperEntry, PaperSheet, Response, Site
from survey.protocol import record, routing
from survey.protocol.schema import Answer, Answers
from survey.publishing import layout_for, protocol_of
from survey.responses import response_rows, store_rows
from survey.scope import site_scope
from survey.sealers import Sealer
from survey.tallies import Event

FIRST, SECOND = 1, 2
# What the tallies say of a submission that came on paper.
ON_PAPER = "paper"


class OccupiedError(Exception):
    """Somebody else is entering this sheet."""


class SamePersonError(Exception):
    """Whoever entered a sheet first cannot be the second."""


# Entering -------------------------------------------------------------------------------------------------------------


def begin(*, cohort: Cohort, batch: int, number: int, by: str, instead: bool = False) -> None:
    """Take a sheet to enter it, or go on where one stopped; `instead` of somebody who left off, whose entry is lost.

    Raises NoPaperError, SheetError, OccupiedError, SamePersonError.
    """
    with site_scope(cohort.site_id):
        need_paper(cohort)
        sheet = claimed(cohort, batch, number)
        turn, holder = _turn(sheet)
        if turn == SECOND and sheet.first_by == by:
            raise SamePersonError
        if holder not in ("", by):
            if not instead:
                raise OccupiedError
            drafts.delete_draft(_secret(sheet, turn, holder))
            audit.record(by=by, action="paper-taken-over", cohort=str(cohort), batch=batch, sheet=number)
        _hold(sheet, turn, by)
        secret = _secret(sheet, turn, by)
        if drafts.open_draft(secret=secret, site_id=cohort.site_id) is None:
            # One that is over may still be there until it is swept away.
            drafts.delete_draft(secret)
            drafts.insert_draft(secret=secret, sheet=_blank(cohort, batch))


def opened(*, cohort: Cohort, batch: int, number: int, by: str) -> Sheet | None:
    """What somebody has entered of a sheet so far; None when they are not entering it, or it is over."""
    with site_scope(cohort.site_id):
        sheet = PaperSheet.objects.filter(cohort_id=cohort.pk, batch=batch, number=number).first()
    secret = _held(sheet, by)
    return drafts.open_draft(secret=secret, site_id=cohort.site_id) if secret is not None else None


def save(*, cohort: Cohort, batch: int, number: int, by: str, sheet: Sheet) -> Sheet:
    """Keep what was entered so far. Raises StaleDraftError; SheetError when the sheet is not theirs (any more)."""
    with site_scope(cohort.site_id):
        secret = _held(PaperSheet.objects.filter(cohort_id=cohort.pk, batch=batch, number=number).first(), by)
        if secret is None:
            raise SheetError
        return drafts.save_draft(secret=secret, sheet=sheet)


def give_up(*, cohort: Cohort, batch: int, number: int, by: str) -> None:
    """Throw away what somebody has entered of a sheet and not finished. Raises SheetError."""
    with site_scope(cohort.site_id):
        row = claimed(cohort, batch, number)
        secret = _held(row, by)
        if secret is None:
            raise SheetError
        drafts.delete_draft(secret)
        _hold(row, _turn(row)[0], "")


def finish(*, cohort: Cohort, batch: int, number: int, by: str, revision: int) -> bool:
    """Hand an entry in. True when it was the second one, which workers are now to compare with the first.

    Raises NoPaperError, SheetError, and StaleDraftError when `revision`, which was reviewed, is not the newest.
    """
    with site_scope(cohort.site_id):
        share(Lock.KEYS, cohort.site_id)
        need_paper(cohort)
        row = claimed(cohort, batch, number)
        secret = _held(row, by)
        sheet = drafts.open_to_send(secret=secret) if secret is not None else None
        if secret is None or sheet is None:
            raise SheetError
        if sheet.revision != revision:
            raise StaleDraftError
        turn, _holder = _turn(row)
        sealer = sealers.sealer(site_id=row.site_id, version_id=sheet.version_id)
        _entry(row, turn, sheet, sealer).save(force_insert=True)
        drafts.delete_draft(secret)
        today = timezone.now().date()
        done = (
            {"state": State.ENTERED, "first_on": today}
            if turn == FIRST
            else {"state": State.COMPARING, "second_on": today}
        )
        PaperSheet.objects.filter(pk=row.pk).update(**done)
        audit.record(by=by, action="paper-entered", cohort=str(cohort), batch=batch, sheet=number, turn=turn)
    return turn == SECOND


def _turn(sheet: PaperSheet) -> tuple[int, str]:
    """Which entry a sheet waits for, and who has begun it. Raises SheetError when it waits for none."""
    if sheet.state == State.WAITING:
        return FIRST, sheet.first_by
    if sheet.state == State.ENTERED:
        return SECOND, sheet.second_by
    raise SheetError


def _held(sheet: PaperSheet | None, by: str) -> bytes | None:
    """The secret of what somebody enters of a sheet; None when they do not."""
    if sheet is None or sheet.state not in (State.WAITING, State.ENTERED):
        return None
    turn, holder = _turn(sheet)
    return _secret(sheet, turn, by) if holder == by else None


def _hold(sheet: PaperSheet, turn: int, by: str) -> None:
    PaperSheet.objects.filter(pk=sheet.pk).update(**{"first_by" if turn == FIRST else "second_by": by})


def _secret(sheet: PaperSheet, turn: int, by: str) -> bytes:
    return entry_secret_of(cohort_id=sheet.cohort_id, batch=sheet.batch, number=sheet.number, turn=turn, by=by)


def _blank(cohort: Cohort, batch: int) -> Sheet:
    """A sheet with nothing entered. Nobody has started or reached anything, so nothing of it is tallied."""
    return Sheet(
        site_id=cohort.site_id,
        cohort_id=cohort.pk,
        version_id=cohort.version_id,
        country=Site.objects.values_list("country", flat=True).get(pk=cohort.site_id),
        language=PaperBatch.objects.values_list("language", flat=True).get(cohort_id=cohort.pk, number=batch),
        revision=0,
        place=0,
        answers={},
        receipt="",
        noted=len(protocol_of(cohort.version_id).sections),
    )


def _entry(row: PaperSheet, turn: int, sheet: Sheet, sealer: Sealer) -> PaperEntry:
    protocol = sheet.protocol
    asked = routing.asked(protocol, sheet.answers, sheet.country)
    counted = {name: answer for name, answer in sheet.answers.items() if name in asked}
    content = {
        "record": layout_for(sheet.version_id).encode(counted, asked).hex(),
        "texts": record.texts(protocol, counted),
    }
    entry = PaperEntry(
        site_id=row.site_id,
        cohort_id=row.cohort_id,
        batch=row.batch,
        number=row.number,
        turn=turn,
        key_id=sealer.key_id,
    )
    plain = json.dumps(content, ensure_ascii=False).encode()
    entry.content = sealer.content(plain, _place(entry, sheet.version_id), datakeys.ENTRY)
    return entry


def _place(entry: PaperEntry, version_id: int) -> Place:
    return Place(entry.site_id, entry.cohort_id, version_id, entry.pk)


# Comparing: workers ---------------------------------------------------------------------------------------------------


def waiting_for_comparison(*, site_id: int | None = None) -> list[tuple[int, int, int, int]]:
    """(site, cohort, batch, number) of every sheet that two people have entered and no worker has compared yet.

    Of one site, or of all.
    """
    found: list[tuple[int, int, int, int]] = []
    everywhere = Site.objects.values_list("pk", flat=True)
    for own in everywhere if site_id is None else [site_id]:
        with site_scope(own):
            sheets = PaperSheet.objects.filter(state=State.COMPARING)
            found += list(sheets.values_list("site_id", "cohort_id", "batch", "number"))
    return found


def compare(*, site_id: int, cohort_id: int, batch: int, number: int, token: str = "") -> None:
    """Make one response of two entries that agree, or whose differences are settled; else say where they differ.

    May run twice, or in two workers at once: a sheet is stored once. A frozen cohort's sheet stays as it is.

    Raises LockedError while nobody has unlocked the site's key; the sheet goes on waiting.
    """
    with site_scope(site_id):
        opener = keyring.opener(site_id=site_id, token=token)
        share(Lock.ANSWERS, cohort_id)
        here = {"site_id": site_id, "cohort_id": cohort_id, "batch": batch, "number": number}
        sheet = PaperSheet.objects.select_for_update().filter(**here, state=State.COMPARING).first()
        cohort = Cohort.objects.exclude(state=Cohort.State.FROZEN).filter(pk=cohort_id).first()
        if sheet is None or cohort is None:
            return
        first, second = (
            _answers(cohort, entry, opener) for entry in PaperEntry.objects.filter(**here).order_by("turn")
        )
        right = dict(Difference.objects.filter(**here).exclude(right="").values_list("question", "right"))
        found = agreement.disagreements(first, second)
        if all(one.question in right for one in found):
            _accept(cohort, sheet, agreement.merged(first, second, right))
            state = State.AGREED
        else:
            rows = [
                differences.row_of(
                    sheet=sheet,
                    question=one.question,
                    first=drafts.to_json(one.first),
                    second=drafts.to_json(one.second),
                    right=one.settled or "",
                )
                for one in found
            ]
            Difference.objects.bulk_create(rows, ignore_conflicts=True)
            state = State.DIFFERS
        PaperSheet.objects.filter(pk=sheet.pk).update(state=state)


def _answers(cohort: Cohort, entry: PaperEntry, opener: Opener) -> dict[str, Answer]:
    place = _place(entry, cohort.version_id)
    content = json.loads(opener.content(bytes(entry.content), entry.key_id, place, datakeys.ENTRY))
    return layout_for(cohort.version_id).decode(bytes.fromhex(content["record"]), content["texts"])


def _accept(cohort: Cohort, sheet: PaperSheet, answers: Answers) -> None:
    """The rows of an agreed sheet, as those of a submitted one. It belongs to the week in which the paper came in."""
    batch = PaperBatch.objects.get(cohort_id=cohort.pk, number=sheet.batch)
    response, texts = response_rows(
        sealer=sealers.sealer(site_id=cohort.site_id, version_id=cohort.version_id),
        cohort=cohort,
        country=Site.objects.values_list("country", flat=True).get(pk=cohort.site_id),
        language=batch.language,
        day=batch.received_on,
        answers=answers,
    )
    store_rows([(response, texts)])
    _flag(response, sheet).save(force_insert=True)
    _forget(sheet)
    tallies.note(Event.SUBMITTED, site_id=cohort.site_id, cohort_id=cohort.pk, language=batch.language, detail=ON_PAPER)


def _flag(response: Response, sheet: PaperSheet) -> Flag:
    """The way from a sheet to its response, so that one entered wrongly can be excluded and entered again."""
    return Flag(
        site_id=response.site_id,
        cohort_id=response.cohort_id,
        kind=Flag.Kind.PAPER,
        response_id=response.pk,
        week=response.week,
        language=response.language,
        sheet=f"{sheet.batch}/{sheet.number}",
    )


# Settling -------------------------------------------------------------------------------------------------------------


def differences_of(*, cohort: Cohort, batch: int, number: int) -> list[Differing]:
    """Where the two entries of a sheet differ, in the order of the questionnaire."""
    with site_scope(cohort.site_id):
        rows = Difference.objects.filter(cohort_id=cohort.pk, batch=batch, number=number)
        return [differences.opened(row) for row in rows]


def settle(*, cohort: Cohort, batch: int, number: int, right: Mapping[str, str], newest: int, by: str) -> None:
    """Say which entry is right for every question that differs; a worker then makes the response.

    Raises NoPaperError; SheetError unless the sheet differs, in exactly these questions, and `newest` is still the
    newest of its differences: others may stand in their place since somebody entered the sheet again.
    """
    with site_scope(cohort.site_id):
        need_paper(cohort)
        row = claimed(cohort, batch, number)
        found = Difference.objects.filter(cohort_id=cohort.pk, batch=batch, number=number)
        owed = set(found.filter(right="").values_list("question", flat=True))
        seen = found.order_by("-pk").values_list("pk", flat=True).first() == newest
        if row.state != State.DIFFERS or owed != set(right) or not seen:
            raise SheetError
        for question, entry in right.items():
            found.filter(question=question).update(right=agreement.Right(entry))
        PaperSheet.objects.filter(pk=row.pk).update(state=State.COMPARING)
        audit.record(by=by, action="paper-settled", cohort=str(cohort), batch=batch, sheet=number)


def enter_again(*, cohort: Cohort, batch: int, number: int, by: str) -> None:
    """Delete what was entered of a sheet, once or twice; it waits for its first entry again. Raises SheetError."""
    with site_scope(cohort.site_id):
        need_paper(cohort)
        row = claimed(cohort, batch, number)
        if row.state not in (State.ENTERED, State.DIFFERS):
            raise SheetError
        if row.state == State.ENTERED and row.second_by:
            drafts.delete_draft(_secret(row, SECOND, row.second_by))
        _forget(row)
        nobody = {"first_by": "", "second_by": "", "first_on": None, "second_on": None}
        PaperSheet.objects.filter(pk=row.pk).update(state=State.WAITING, **nobody)
        audit.record(by=by, action="paper-again", cohort=str(cohort), batch=batch, sheet=number)


def _forget(sheet: PaperSheet) -> None:
    for rows in (PaperEntry, Difference):
        rows.objects.filter(cohort_id=sheet.cohort_id, batch=sheet.batch, number=sheet.number).delete()
