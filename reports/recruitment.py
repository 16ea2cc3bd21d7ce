"""Recruitment of a cohort from its tallies and invitations: exact, and without opening one answer."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from django.db.models import Count, Max, Min, Q, Sum
from django.db.models.functions import TruncWeek

from survey.models import Batch, Cohort, Invitation, PaperSheet, Tally
from survey.scope import site_scope

Key = TypeVar("Key", bound=Any)
Event = Tally.Event
# The present rate is that of the last four weeks.
LATELY = 28
INVITED = "invited"
SHOWN = (Event.OPENED, Event.STARTED, Event.SUBMITTED, Event.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Line:
    """How many were invited, went on to the information, began, sent it, and took it back."""

    invited: int = 0
    opened: int = 0
    started: int = 0
    submitted: int = 0
    withdrawn: int = 0

    @property
    def kept(self) -> int:
        return max(0, self.submitted - self.withdrawn)


@dataclass(frozen=True, slots=True)
class Invited:
    """Invitations of a cohort: all that were not withdrawn, those that can be used, those that expired unused."""

    made: int = 0
    free: int = 0
    expired: int = 0

    def __add__(self, other: "Invited") -> "Invited":
        return Invited(self.made + other.made, self.free + other.free, self.expired + other.expired)


@dataclass(frozen=True, slots=True)
class Recruitment:
    """Where recruitment stands. Weeks are Mondays; `minutes` are people by the lower bound of their band."""

    total: Line
    weeks: tuple[tuple[datetime.date, Line], ...]
    languages: tuple[tuple[str, Line], ...]
    reached: Mapping[str, int]
    minutes: Mapping[int, int]
    invited: Invited
    rate: Fraction
    newest_day: datetime.date | None
    sheets: Mapping[str, int] = field(default_factory=dict)


def recruitment(*, cohort: Cohort, today: datetime.date) -> Recruitment:
    """Read a cohort's recruitment: four queries, however long it runs."""
    with site_scope(cohort.site_id):
        tallies = Tally.objects.filter(cohort_id=cohort.pk)
        lately = Q(day__gt=today - datetime.timedelta(days=LATELY), day__lte=today)
        kinds = tallies.values_list("event", "language", "detail")
        sums = list(
            kinds.annotate(Sum("count"), lately=Sum("count", filter=lately), first=Min("day"), newest=Max("day"))
        )
        by_week = tallies.filter(event__in=SHOWN).values_list(TruncWeek("day"), "event").annotate(Sum("count"))
        weekly: list[tuple[datetime.date, str, int]] = list(by_week)
        batches = _batches(cohort, today)
        sheets = dict(PaperSheet.objects.filter(cohort_id=cohort.pk).values_list("state").annotate(Count("pk")))
    weekly += [(_monday(batch.made_on), INVITED, batch.invited.made) for batch in batches]
    rows = [(event, language, number) for event, language, _, number, *_ in sums if event in SHOWN]
    rows += [(INVITED, batch.language, batch.invited.made) for batch in batches]
    return Recruitment(
        total=_line(_added((event, number) for event, _, number in rows)),
        weeks=_lines(weekly),
        languages=_lines((language, event, number) for event, language, number in rows if language),
        reached=_added((detail, number) for event, _, detail, number, *_ in sums if event == Event.REACHED),
        minutes=_added((int(detail), number) for event, _, detail, number, *_ in sums if event == Event.MINUTES),
        invited=sum((batch.invited for batch in batches), Invited()),
        rate=_rate([row for row in sums if row[0] in (Event.SUBMITTED, Event.WITHDRAWN)], today),
        newest_day=max((row[-1] for row in sums), default=None),
        sheets=sheets,
    )


class _Made(NamedTuple):
    """Invitations that were made together."""

    made_on: datetime.date
    language: str
    invited: Invited


def _batches(cohort: Cohort, today: datetime.date) -> list[_Made]:
    free = Q(state=Invitation.State.FREE) | Q(state=Invitation.State.RESERVED, reserved_until__lt=today)
    counted = Invitation.objects.filter(cohort_id=cohort.pk).exclude(state=Invitation.State.WITHDRAWN)
    sums = counted.values_list("batch").annotate(made=Count("pk"), unused=Count("pk", filter=free))
    numbers = {batch: (made, unused) for batch, made, unused in sums}
    found = []
    for batch in Batch.objects.filter(cohort_id=cohort.pk):
        made, unused = numbers.get(batch.number, (0, 0))
        over = batch.expires_on < today
        found.append(_Made(batch.made_on, batch.language, Invited(made, 0 if over else unused, unused if over else 0)))
    return found


def _rate(sums: Sequence[tuple[Any, ...]], today: datetime.date) -> Fraction:
    """Questionnaires a day lately: since the first one, if that is less than four weeks ago."""
    first = min((row[-2] for row in sums if row[0] == Event.SUBMITTED), default=None)
    if first is None or first > today:
        return Fraction(0)
    signs = {Event.SUBMITTED: 1, Event.WITHDRAWN: -1}
    lately = sum(signs[row[0]] * (row[4] or 0) for row in sums)
    return max(Fraction(0), Fraction(lately, min(LATELY, (today - first).days + 1)))


def _lines(rows: Iterable[tuple[Key, str, int]]) -> tuple[tuple[Key, Line], ...]:
    """One line a week or language, in order."""
    grouped: dict[Key, list[tuple[str, int]]] = defaultdict(list)
    for key, event, number in rows:
        grouped[key].append((event, number))
    return tuple((key, _line(_added(grouped[key]))) for key in sorted(grouped))


def _added(pairs: Iterable[tuple[Key, int]]) -> dict[Key, int]:
    found: dict[Key, int] = defaultdict(int)
    for key, number in pairs:
        found[key] += number
    return dict(found)


def _line(numbers: Mapping[str, int]) -> Line:
    return Line(**{str(name): number for name, number in numbers.items()})


def _monday(day: datetime.date) -> datetime.date:
    return day - datetime.timedelta(days=day.weekday())
