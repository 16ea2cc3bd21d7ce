"""Batches of sheets of paper: registered as they come in, numbered, and closed when every sheet has been dealt with."""

import datetime
from collections.abc import Iterable, Mapping

from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts import audit
from survey.models import Cohort, PaperBatch, PaperSheet
from survey.scope import site_scope

State = PaperSheet.State
MOST_SHEETS = 500
# Paper comes in late: a cohort that is closed still takes it, a frozen one no more.
TAKES_PAPER = (Cohort.State.OPEN, Cohort.State.PAUSED, Cohort.State.CLOSED)
DONE = (State.AGREED, State.EMPTY)


class NoPaperError(Exception):
    """The cohort takes no paper: it is being prepared, or frozen."""


class SheetError(Exception):
    """The sheet or its batch is not in the state that this needs (any more)."""


def of_cohort(cohort: Cohort) -> list[tuple[PaperBatch, Mapping[str, int]]]:
    """The batches of a cohort, the newest first, with how many sheets are done and how many differ."""
    with site_scope(cohort.site_id):
        rows = list(PaperBatch.objects.filter(cohort_id=cohort.pk).order_by("-number"))
        done, differs = Count("pk", filter=Q(state__in=DONE)), Count("pk", filter=Q(state=State.DIFFERS))
        sheets = PaperSheet.objects.filter(cohort_id=cohort.pk).order_by().values("batch")
        counts = {row["batch"]: row for row in sheets.annotate(done=done, differs=differs)}
    return [(row, counts[row.number]) for row in rows]


def find_batch(*, cohort: Cohort, number: int) -> PaperBatch | None:
    with site_scope(cohort.site_id):
        return PaperBatch.objects.filter(cohort_id=cohort.pk, number=number).first()


def sheets_of(batch: PaperBatch) -> list[PaperSheet]:
    """The sheets of a batch in order."""
    with site_scope(batch.site_id):
        return list(PaperSheet.objects.filter(cohort_id=batch.cohort_id, batch=batch.number))


def find_sheet(*, cohort: Cohort, batch: int, number: int) -> PaperSheet | None:
    with site_scope(cohort.site_id):
        return PaperSheet.objects.filter(cohort_id=cohort.pk, batch=batch, number=number).first()


def next_for(sheets: Iterable[PaperSheet], by: str) -> PaperSheet | None:
    """The sheet that somebody enters next: one that they have begun, else the first that nobody else is at."""
    free = [
        sheet
        for sheet in sheets
        if (sheet.state == State.WAITING and sheet.first_by in ("", by))
        or (sheet.state == State.ENTERED and sheet.first_by != by and sheet.second_by in ("", by))
    ]
    return min(free, key=lambda sheet: (by not in (sheet.first_by, sheet.second_by), sheet.number), default=None)


def entered_today(*, cohort: Cohort, by: str) -> int:
    """How many sheets of a cohort somebody has entered today, as the first or as the second."""
    today = timezone.now().date()
    turns = Count("pk", filter=Q(first_by=by, first_on=today)) + Count("pk", filter=Q(second_by=by, second_on=today))
    with site_scope(cohort.site_id):
        sheets = PaperSheet.objects.filter(cohort_id=cohort.pk)
        return int(sheets.aggregate(turns=Coalesce(turns, 0))["turns"])


def register(*, cohort: Cohort, language: str, sheets: int, received_on: datetime.date, by: str) -> PaperBatch:
    """A new batch with its sheets, under the cohort's next number. Raises NoPaperError."""
    with site_scope(cohort.site_id):
        need_paper(cohort, alone=True)
        newest = PaperBatch.objects.filter(cohort_id=cohort.pk).order_by("-number").first()
        batch = PaperBatch.objects.create(
            site_id=cohort.site_id,
            cohort_id=cohort.pk,
            number=newest.number + 1 if newest else 1,
            language=language,
            sheets=sheets,
            received_on=received_on,
        )
        _insert_sheets(batch, range(1, sheets + 1))
        audit.record(by=by, action="paper-registered", cohort=str(cohort), batch=batch.number, sheets=sheets)
    return batch


def add_sheets(*, cohort: Cohort, number: int, sheets: int, by: str) -> None:
    """More sheets at the end of an open batch. Raises NoPaperError; SheetError when closed, or too big with them."""
    with site_scope(cohort.site_id):
        need_paper(cohort)
        batch = _open_batch(cohort, number)
        if batch.sheets + sheets > MOST_SHEETS:
            raise SheetError
        _insert_sheets(batch, range(batch.sheets + 1, batch.sheets + sheets + 1))
        PaperBatch.objects.filter(pk=batch.pk).update(sheets=batch.sheets + sheets)
        audit.record(by=by, action="paper-added", cohort=str(cohort), batch=number, sheets=sheets)


def _insert_sheets(batch: PaperBatch, numbers: Iterable[int]) -> None:
    here = {"site_id": batch.site_id, "cohort_id": batch.cohort_id, "batch": batch.number}
    PaperSheet.objects.bulk_create(PaperSheet(**here, number=number) for number in numbers)


def close(*, cohort: Cohort, number: int, by: str) -> None:
    """End a batch. Raises SheetError unless every sheet is agreed or empty, and it is still open."""
    with site_scope(cohort.site_id):
        batch = _open_batch(cohort, number)
        if PaperSheet.objects.filter(cohort_id=cohort.pk, batch=number).exclude(state__in=DONE).exists():
            raise SheetError
        PaperBatch.objects.filter(pk=batch.pk).update(closed=True)
        audit.record(by=by, action="paper-closed", cohort=str(cohort), batch=number)


def mark_empty(*, cohort: Cohort, batch: int, number: int, by: str) -> None:
    """Nobody answered on this sheet. Raises NoPaperError; SheetError once somebody has begun to enter it."""
    _mark(cohort, batch, number, State.WAITING, State.EMPTY, by)


def unmark_empty(*, cohort: Cohort, batch: int, number: int, by: str) -> None:
    """The sheet waits to be entered after all. Raises NoPaperError; SheetError when it is not marked as empty."""
    _mark(cohort, batch, number, State.EMPTY, State.WAITING, by)


def _mark(cohort: Cohort, batch: int, number: int, before: str, after: str, by: str) -> None:
    with site_scope(cohort.site_id):
        need_paper(cohort)
        sheet = claimed(cohort, batch, number)
        if sheet.state != before or sheet.first_by:
            raise SheetError
        PaperSheet.objects.filter(pk=sheet.pk).update(state=after)
        audit.record(by=by, action=f"paper-{after}", cohort=str(cohort), batch=batch, sheet=number)


# Inside the site's scope ----------------------------------------------------------------------------------------------


def need_paper(cohort: Cohort, *, alone: bool = False) -> None:
    """Raise NoPaperError unless the cohort takes paper; `alone` keeps everybody else's change out until the end."""
    found = Cohort.objects.filter(pk=cohort.pk, state__in=TAKES_PAPER)
    if not (found.select_for_update() if alone else found).values_list("pk"):
        raise NoPaperError


def claimed(cohort: Cohort, batch: int, number: int) -> PaperSheet:
    """A sheet of an open batch, for this transaction alone. Raises SheetError."""
    _open_batch(cohort, batch)
    sheets = PaperSheet.objects.select_for_update().filter(cohort_id=cohort.pk, batch=batch, number=number)
    sheet = sheets.first()
    if sheet is None:
        raise SheetError
    return sheet


def _open_batch(cohort: Cohort, number: int) -> PaperBatch:
    batch = PaperBatch.objects.select_for_update().filter(cohort_id=cohort.pk, number=number, closed=False).first()
    if batch is None:
        raise SheetError
    return batch
