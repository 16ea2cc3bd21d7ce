"""The only reader of responses on this side: records → counts, streamed, so memory does not grow with the cohort."""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery

from reports.copying import ID_BYTES, Matrix, copy_records
from reports.plan import Slice
from reports.tallying import Counts, Tally
from survey.flags import NOT_EXCLUDED
from survey.keyring import Opener
from survey.models import Participant, Response, Version
from survey.protocol.record import RecordLayout

OF_COHORT = "survey_response r WHERE r.site_id = %s AND r.cohort_id = %s AND r.version_id = ANY(%s)"


def count_cohort(
    *,
    site_id: int,
    cohort_id: int,
    version_ids: Iterable[int],
    layout: RecordLayout,
    slices: tuple[Slice, ...],
    cut: int,
    opener: Opener,
    within: tuple[uuid.UUID, uuid.UUID] | None = None,
) -> Counts:
    """Count one cohort's responses up to a cut, slice by slice, inside the caller's site scope.

    Only those whose numbers lie `within` a first and a last one, where these are given.

    Raises LockedError and SealError.
    """
    tally = Tally(layout, slices)
    some = " AND r.id BETWEEN %s AND %s" if within else ""
    copy_records(
        "",
        f"{OF_COHORT} AND {NOT_EXCLUDED} AND r.cut <= %s{some}",
        [site_id, cohort_id, list(version_ids), cut, *map(str, within or ())],
        lengths=[],
        record_length=layout.length,
        opener=opener,
        use=lambda parts: tally.add(parts[0]),
    )
    return tally.counts


def versions_answered(*, site_id: int, cohort_id: int) -> list[int]:
    """Ids of the versions that a cohort's responses answer, inside the caller's site scope."""
    own = Response.objects.filter(site_id=site_id, cohort_id=cohort_id, version_id=OuterRef("pk"))
    return list(Version.objects.filter(Exists(own)).order_by("pk").values_list("pk", flat=True))


def read_counted(
    *, site_id: int, cohort_id: int, version_ids: Iterable[int], layout: RecordLayout, cut: int, opener: Opener
) -> Matrix:
    """The records that a cut counts, in no order that means anything, inside the caller's site scope.

    Raises LockedError and SealError.
    """
    found: list[Matrix] = [np.empty((0, layout.length), dtype=np.uint8)]
    copy_records(
        "",
        f"{OF_COHORT} AND {NOT_EXCLUDED} AND r.cut <= %s",
        [site_id, cohort_id, list(version_ids), cut],
        lengths=[],
        record_length=layout.length,
        opener=opener,
        use=lambda parts: found.append(parts[0].copy()),
    )
    return np.concatenate(found)


def cohort_size() -> Subquery:
    """How many responses the cohort has that a row of a query belongs to, counted or not; none at all are NULL."""
    own = Response.objects.filter(site_id=OuterRef("site_id"), cohort_id=OuterRef("cohort_id"))
    return Subquery(own.order_by().values("cohort_id").annotate(size=Count("pk")).values("size"))


@dataclass(frozen=True, slots=True)
class Sheets:
    """The answer sheets of a cohort at one look: their numbers, which of them count, and their records."""

    ids: tuple[bytes, ...]
    counted: npt.NDArray[np.bool_]
    matrix: Matrix

    def id_of(self, row: int) -> uuid.UUID:
        return uuid.UUID(bytes=self.ids[row])


def read_sheets(
    *, site_id: int, cohort_id: int, version_ids: Iterable[int], layout: RecordLayout, opener: Opener
) -> Sheets:
    """All sheets of a cohort, those that are left out too, in the order of their numbers.

    Inside the caller's site scope. Raises LockedError and SealError.
    """
    found: list[Sequence[Matrix]] = []
    copy_records(
        f"r.id, {NOT_EXCLUDED}",
        OF_COHORT,
        [site_id, cohort_id, list(version_ids)],
        lengths=[ID_BYTES, 1],
        record_length=layout.length,
        opener=opener,
        use=lambda parts: found.append([part.copy() for part in parts]),
    )
    if not found:
        return Sheets((), np.zeros(0, dtype=bool), np.empty((0, layout.length), dtype=np.uint8))
    ids, counted, matrix = (np.concatenate(parts) for parts in zip(*found, strict=True))
    numbers = [row.tobytes() for row in ids]
    order = np.array(sorted(range(len(numbers)), key=numbers.__getitem__))
    return Sheets(tuple(numbers[row] for row in order), counted[order, 0] == 1, matrix[order])


# A week and language that fewer responses of a cohort share are not told beside one of them.
LEAST_TOGETHER = 3


def whereabouts(*, site_id: int, cohort_id: int, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[str, str]]:
    """ISO week and language of responses, by their number, inside the caller's site scope; '' where few share both."""
    own = Response.objects.filter(site_id=site_id, cohort_id=cohort_id)
    together = Counter(own.values_list("week", "language"))
    rows = own.filter(pk__in=list(ids)).values_list("pk", "week", "language")
    places = {pk: (week, language) for pk, week, language in rows}
    return {pk: place if together[place] >= LEAST_TOGETHER else ("", "") for pk, place in places.items()}


def count_participants(*, site_id: int, cohort_id: int) -> dict[str, int]:
    """People in the registry of a cohort by gender; '' where none is stated."""
    found: dict[str, int] = {}
    for gender in Participant.objects.filter(site_id=site_id, cohort_id=cohort_id).values_list("gender", flat=True):
        found[gender] = found.get(gender, 0) + 1
    return found


def stored_records(
    *, site_id: int, cohort_id: int, version_ids: Iterable[int], cut: int
) -> Iterator[tuple[uuid.UUID, int, uuid.UUID | None, bytes]]:
    """(number, version, data key, record as it is stored) of what a cut counts, inside the caller's site scope."""
    query = f"SELECT r.id, r.version_id, r.key_id, r.record FROM {OF_COHORT} AND {NOT_EXCLUDED} AND r.cut <= %s"
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"{query} ORDER BY r.id", [site_id, cohort_id, list(version_ids), cut])
        for number, version_id, key_id, record in cursor:
            yield number, version_id, key_id, bytes(record)


def keys_of(*, site_id: int, cohort_id: int) -> QuerySet[Response]:
    """The data keys under which a cohort's records lie. Inside the caller's site scope."""
    own = Response.objects.filter(site_id=site_id, cohort_id=cohort_id, key_id__isnull=False)
    return own.order_by().values("key_id").distinct()
