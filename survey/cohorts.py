"""Cohorts: set up, changed, opened and closed. Each change of state has a reason, and is written down once."""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from django.db import IntegrityError
from django.db.models import F
from django.utils import timezone

from accounts import audit
from survey import sealers
from survey.models import Cohort, CohortChange, Quota, Site, Version
from survey.publishing import protocol_of
from survey.scope import site_scope

State = Cohort.State
# Where a cohort can go by itself. Freezing and unfreezing are cuts (see `cuts`).
MOVES: Mapping[str, tuple[str, ...]] = {
    State.PREPARING: (State.OPEN,),
    State.OPEN: (State.PAUSED, State.CLOSED),
    State.PAUSED: (State.OPEN, State.CLOSED),
    State.CLOSED: (State.OPEN,),
    State.FROZEN: (),
}


class StaleCohortError(Exception):
    """Somebody else changed the cohort since this page was made."""


class NameTakenError(Exception):
    """Another cohort of the country got this name a moment ago."""


class MoveError(Exception):
    """A cohort that cannot go from its state to the wanted one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One quota: so many people who chose a choice, or whose number lies in a band."""

    question: str
    target: int
    choice: str = ""
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Setup:
    """How a cohort is run. Texts are by language; what is empty is the country's or the study's."""

    name: str
    fieldwork_from: datetime.date | None = None
    fieldwork_to: datetime.date | None = None
    modes: str = ""
    target: int = 0
    languages: Sequence[str] = ()
    information: Mapping[str, str] = field(default_factory=dict)
    helplines: Mapping[str, str] = field(default_factory=dict)
    exit: str = ""
    signed_off_by: str = ""


def of_site(*, site_id: int) -> list[Cohort]:
    """The cohorts of a site, the newest first."""
    with site_scope(site_id):
        return list(Cohort.objects.filter(site_id=site_id).order_by("-pk"))


def find(*, site_id: int, cohort_id: int) -> Cohort | None:
    """A cohort of a site; None when the site has no such cohort."""
    with site_scope(site_id):
        return Cohort.objects.filter(site_id=site_id, pk=cohort_id).first()


def quotas_of(cohort: Cohort) -> list[Quota]:
    with site_scope(cohort.site_id):
        return list(Quota.objects.filter(cohort_id=cohort.pk))


def changes_of(cohort: Cohort) -> list[CohortChange]:
    """What became of a cohort, the latest first."""
    with site_scope(cohort.site_id):
        return list(CohortChange.objects.filter(cohort_id=cohort.pk).order_by("-pk"))


def name_is_taken(*, site_id: int, name: str, by: Cohort | None) -> bool:
    """Whether another cohort of the site has this name."""
    with site_scope(site_id):
        return Cohort.objects.filter(site_id=site_id, name=name).exclude(pk=by.pk if by else None).exists()


def create(*, site: Site, version: Version, setup: Setup, quotas: Iterable[Wanted] = (), by: str) -> Cohort:
    """A new cohort, being prepared. Raises NameTakenError; KeyError when the version does not ask in this country."""
    protocol_of(version.pk).country(site.country)
    with _own_name(), site_scope(site.pk):
        cohort = Cohort.objects.create(site_id=site.pk, version_id=version.pk, **_columns(setup))
        _set_quotas(cohort, quotas)
        audit.record(by=by, action="cohort-created", cohort=str(cohort))
        _note_sign_off(cohort, "", setup.signed_off_by, by)
    return cohort


def change(*, cohort: Cohort, setup: Setup, quotas: Iterable[Wanted], revision: int, by: str) -> None:
    """Set a cohort up anew. Raises StaleCohortError when it was changed since `revision`; MoveError once frozen.

    Raises NameTakenError too. The daily cap belongs to the open link and stays as it is.
    """
    with _own_name(), site_scope(cohort.site_id):
        claim(cohort, revision)
        if cohort.state == State.FROZEN:
            raise MoveError
        Cohort.objects.filter(pk=cohort.pk).update(**_columns(setup))
        _set_quotas(cohort, quotas)
        audit.record(by=by, action="cohort-changed", cohort=str(cohort))
        _note_sign_off(cohort, cohort.signed_off_by, setup.signed_off_by, by)


def move(*, cohort: Cohort, to: str, reason: str, revision: int, by: str) -> None:
    """Open, pause or close a cohort. Raises StaleCohortError, and MoveError when that is no way from its state.

    Raises NoKeyError for opening one whose answers could not be stored: its country has no key.
    """
    with site_scope(cohort.site_id):
        claim(cohort, revision)
        if to not in MOVES[State(cohort.state)]:
            raise MoveError
        if to == State.OPEN and not sealers.can_seal(site_id=cohort.site_id, version_id=cohort.version_id):
            raise sealers.NoKeyError
        set_state(cohort=cohort, to=to, reason=reason, by=by)


def set_state(*, cohort: Cohort, to: str, reason: str, by: str) -> None:
    """Write a change of state down. Needs the site's scope; whether it may be is the caller's to know."""
    Cohort.objects.filter(pk=cohort.pk).update(state=to)
    CohortChange.objects.create(
        site_id=cohort.site_id,
        cohort_id=cohort.pk,
        on=timezone.now().date(),
        by=by,
        before=cohort.state,
        after=to,
        reason=reason,
    )
    audit.record(by=by, action="cohort-state", cohort=str(cohort), state=to)
    cohort.state = to


def claim(cohort: Cohort, revision: int) -> None:
    """Take the cohort for this change alone, as it is now. Needs the site's scope."""
    if not Cohort.objects.filter(pk=cohort.pk, revision=revision).update(revision=F("revision") + 1):
        raise StaleCohortError
    cohort.refresh_from_db()


def _note_sign_off(cohort: Cohort, before: str, after: str, by: str) -> None:
    """Printing a lowest or highest value tells of one person: who answers for it stands in the audit trail."""
    if before != after:
        kind = "lowest-and-highest" if after else "lowest-and-highest-withdrawn"
        signed = after or before
        audit.record(by=by, action="policy-exception", kind=kind, signed_off_by=signed, cohort=str(cohort))


@contextmanager
def _own_name() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if "cohort_name_once" in str(error):
            raise NameTakenError from None
        raise


def _columns(setup: Setup) -> dict[str, object]:
    return {**asdict(setup), "languages": list(setup.languages)}


def _set_quotas(cohort: Cohort, quotas: Iterable[Wanted]) -> None:
    Quota.objects.filter(cohort_id=cohort.pk).delete()
    Quota.objects.bulk_create(Quota(site_id=cohort.site_id, cohort_id=cohort.pk, **asdict(wanted)) for wanted in quotas)
