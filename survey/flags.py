"""Flags on responses: looked at, and used to leave a response out or put it back. Nobody sees which response it is.

The web process cannot read that column; it changes a flag, and what counts (`reports.counts`) follows the flag.
"""

from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit
from survey.locks import Lock, share
from survey.models import Cohort, Flag
from survey.scope import site_scope

PER_PAGE = 50
# Of the responses r in a query those that count: all but those that a flag excludes. For workers.
NOT_EXCLUDED = (
    "NOT EXISTS (SELECT 1 FROM survey_flag f WHERE f.site_id = r.site_id AND f.response_id = r.id AND f.excluded)"
)
# All that the web process may read of a flag.
COLUMNS = (
    *("site_id", "cohort_id", "kind", "week", "language", "detail", "sheet"),
    *("excluded", "reason", "by", "on"),
)


class FrozenFlagsError(Exception):
    """The cohort is frozen: what counts is settled."""


class StaleFlagError(Exception):
    """Somebody else changed the flag, or the flag is gone, since this page was made."""


def of_cohort(cohort: Cohort) -> QuerySet[Flag]:
    """A cohort's flags, twins beside each other. Needs the site's scope when it is read."""
    return Flag.objects.filter(cohort_id=cohort.pk).order_by("-kind", "detail", "pk").only(*COLUMNS)


def page_of(cohort: Cohort, *, number: int) -> tuple[list[Flag], int]:
    """One page of a cohort's flags, and how many pages there are; a page beyond the last is the last."""
    with site_scope(cohort.site_id):
        pages = max(1, -(-Flag.objects.filter(cohort_id=cohort.pk).count() // PER_PAGE))
        first = (min(max(number, 1), pages) - 1) * PER_PAGE
        return list(of_cohort(cohort)[first : first + PER_PAGE]), pages


def find(*, cohort: Cohort, flag_id: int) -> Flag | None:
    """A flag of a cohort, None when it has no such flag."""
    with site_scope(cohort.site_id):
        return of_cohort(cohort).filter(pk=flag_id).first()


def open_twins(cohort: Cohort) -> int:
    """How many responses look like another one, and count all the same."""
    with site_scope(cohort.site_id):
        return Flag.objects.filter(cohort_id=cohort.pk, kind=Flag.Kind.TWIN, excluded=False).count()


def others_that_count(flag: Flag) -> int:
    """How many others of its group of twins still count."""
    with site_scope(flag.site_id):
        group = Flag.objects.filter(cohort_id=flag.cohort_id, kind=flag.kind, detail=flag.detail, excluded=False)
        return group.exclude(pk=flag.pk).count()


def exclude(*, cohort: Cohort, flag: Flag, reason: str, by: str) -> None:
    """Leave the flagged response out of everything that is counted. Raises FrozenFlagsError and StaleFlagError."""
    _set(cohort, flag, excluded=True, reason=reason, by=by)


def put_back(*, cohort: Cohort, flag: Flag, reason: str, by: str) -> None:
    """Let the flagged response count again. Raises FrozenFlagsError and StaleFlagError."""
    _set(cohort, flag, excluded=False, reason=reason, by=by)


def _set(cohort: Cohort, flag: Flag, *, excluded: bool, reason: str, by: str) -> None:
    with site_scope(cohort.site_id):
        # Whoever freezes holds this lock alone: a flag changes before the freeze, or not at all.
        share(Lock.ANSWERS, cohort.pk)
        if Cohort.objects.filter(pk=cohort.pk, state=Cohort.State.FROZEN).exists():
            raise FrozenFlagsError
        still = Flag.objects.filter(pk=flag.pk, cohort_id=cohort.pk, excluded=not excluded)
        if not still.update(excluded=excluded, reason=reason, by=by, on=timezone.now().date()):
            raise StaleFlagError
        action = "response-excluded" if excluded else "response-put-back"
        audit.record(by=by, action=action, kind=flag.kind, flag=flag.pk)
