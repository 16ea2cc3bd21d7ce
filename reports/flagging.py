"""Flags on responses that a look at the answers noticed: set once, renewed at every look, kept once they exclude."""

import uuid
from collections.abc import Iterable, Mapping

from reports.counts import Sheets, whereabouts
from survey.models import Cohort, Flag

Kind = Flag.Kind
# What was noticed of which response, by kind: its group among twins, nothing more for a flat one.
Noticed = Mapping[tuple[str, uuid.UUID], str]


def noticed(sheets: Sheets, *, groups: Iterable[tuple[int, ...]], flat: Iterable[int], known: Noticed) -> Noticed:
    """Flags as they should be. A group of twins keeps the number that a member had before, else gets a new one."""
    highest = max((int(detail) for (kind, _), detail in known.items() if kind == Kind.TWIN), default=0)
    found: dict[tuple[str, uuid.UUID], str] = {(Kind.FLAT, sheets.id_of(row)): "" for row in flat}
    for rows in groups:
        members = [(str(Kind.TWIN), sheets.id_of(row)) for row in rows]
        number = min((known[member] for member in members if member in known), default="")
        if not number or number in found.values():
            highest += 1
            number = f"{highest:05d}"
        found |= dict.fromkeys(members, number)
    return found


def set_flags(*, cohort: Cohort, sheets: Sheets, groups: Iterable[tuple[int, ...]], flat: Iterable[int]) -> None:
    """Bring a cohort's flags to what its answers look like now. Needs the site's scope.

    A flag goes when its response is gone, or when nothing is noticed any more; one that excludes stays with its
    response. Doing it twice changes nothing.
    """
    rows = list(Flag.objects.filter(cohort_id=cohort.pk))
    own = {(row.kind, row.response_id): row for row in rows}
    wanted = noticed(sheets, groups=groups, flat=flat, known={key: row.detail for key, row in own.items()})
    here = set(sheets.ids)
    gone = [row.pk for row in rows if row.response_id.bytes not in here]
    Flag.objects.filter(pk__in=gone).delete()
    over = [row.pk for key, row in own.items() if row.kind != Kind.PAPER and key not in wanted]
    Flag.objects.filter(pk__in=over, excluded=False).delete()
    for key, detail in wanted.items():
        if key in own and own[key].detail != detail:
            Flag.objects.filter(pk=own[key].pk).update(detail=detail)
    _add(cohort, {key: detail for key, detail in wanted.items() if key not in own}, _sheets_of_paper(rows))


def _sheets_of_paper(rows: Iterable[Flag]) -> dict[uuid.UUID, str]:
    return {row.response_id: row.sheet for row in rows if row.sheet}


def _add(cohort: Cohort, wanted: Noticed, paper: Mapping[uuid.UUID, str]) -> None:
    places = whereabouts(site_id=cohort.site_id, cohort_id=cohort.pk, ids={response_id for _, response_id in wanted})
    Flag.objects.bulk_create(
        [
            Flag(
                site_id=cohort.site_id,
                cohort_id=cohort.pk,
                kind=kind,
                response_id=response_id,
                week=places[response_id][0],
                language=places[response_id][1],
                detail=detail,
                sheet=paper.get(response_id, ""),
            )
            for (kind, response_id), detail in sorted(wanted.items())
            if response_id in places
        ],
        # Another worker that was taken for dead may be at it too.
        ignore_conflicts=True,
    )
