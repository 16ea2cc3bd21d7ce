"""The ways into a cohort: its open link, and a personal invitation. Each is open, or says why it is closed."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils import timezone

from survey import invitations, links, tallies
from survey.models import Cohort, Invitation
from survey.scope import site_scope


class Closed(StrEnum):
    """Why nobody can begin here now."""

    NOT_YET = "not yet"
    PAUSED = "paused"
    ENDED = "ended"
    RESERVED = "reserved"
    USED = "used"
    EXPIRED = "expired"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Door:
    """A cohort, as one link leads to it. `language` is the link's own wish, `invitation` the hash of a personal one."""

    cohort: Cohort
    country: str
    language: str = ""
    invitation: bytes = b""
    closed: Closed | None = None

    @property
    def offered(self) -> tuple[str, ...]:
        """The languages in which one can take part."""
        return links.offered(self.cohort, self.country)


def by_link(token: str, language: str) -> Door | None:
    """The door of a cohort's open link, None when there is no such link."""
    cohort = links.cohort_for_link(token)
    if cohort is None:
        return None
    return Door(cohort, links.country_of(cohort.site_id), language, closed=_why_closed(cohort) or _why_full(cohort))


def by_invitation(token: str) -> Door | None:
    """The door of a personal invitation, None when there is none or it was withdrawn."""
    found = invitations.find(token)
    if found is None or found[0].state == invitations.State.WITHDRAWN:
        return None
    invitation, batch = found
    with site_scope(invitation.site_id):
        cohort = Cohort.objects.get(pk=invitation.cohort_id)
    closed = _why_taken(invitation) or _why_closed(cohort)
    if closed is None and batch.expires_on < timezone.now().date():
        closed = Closed.EXPIRED
    return Door(cohort, links.country_of(cohort.site_id), batch.language, bytes(invitation.hash), closed)


def _why_full(cohort: Cohort) -> Closed | None:
    if cohort.daily_cap is None:
        return None
    with site_scope(cohort.site_id):
        return Closed.FULL if tallies.begun_by_link_today(cohort.pk) >= cohort.daily_cap else None


def _why_taken(invitation: Invitation) -> Closed | None:
    if invitations.is_free(invitation):
        return None
    return Closed.USED if invitation.state == invitations.State.USED else Closed.RESERVED


_STATES = {
    Cohort.State.PREPARING: Closed.NOT_YET,
    Cohort.State.PAUSED: Closed.PAUSED,
    Cohort.State.CLOSED: Closed.ENDED,
    Cohort.State.FROZEN: Closed.ENDED,
}


def _why_closed(cohort: Cohort) -> Closed | None:
    today = timezone.now().date()
    if cohort.state != Cohort.State.OPEN:
        return _STATES[Cohort.State(cohort.state)]
    if cohort.fieldwork_from is not None and today < cohort.fieldwork_from:
        return Closed.NOT_YET
    if cohort.fieldwork_to is not None and today > cohort.fieldwork_to:
        return Closed.ENDED
    return None
