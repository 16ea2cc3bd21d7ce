"""Sessions of staff as things that can be listed and ended. No address, no browser, no time finer than the hour."""

import datetime

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import StaffSession, User
from accounts.sessions import row_key

IDLE_SECONDS, LONGEST_SECONDS = 15 * 60, 8 * 3600


def _hour(moment: datetime.datetime) -> datetime.datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def own_key(request: HttpRequest) -> str:
    """The row of this request's session."""
    return row_key(str(request.session.session_key))


def note(request: HttpRequest) -> None:
    """This session is its user's. Rows of sessions that are over for certain go."""
    now = timezone.now()
    StaffSession.objects.filter(seen__lt=now - datetime.timedelta(days=1)).delete()
    row = {"user_id": request.user.pk, "begun_on": now.date(), "seen": _hour(now)}
    StaffSession.objects.update_or_create(row_key=own_key(request), defaults=row)


def renew(request: HttpRequest) -> None:
    """A new cookie for the same session, since it may do more from now on."""
    StaffSession.objects.filter(row_key=own_key(request)).delete()
    request.session.cycle_key()
    note(request)


def touch(request: HttpRequest) -> None:
    """It is in use: written once an hour."""
    hour = _hour(timezone.now())
    StaffSession.objects.filter(row_key=own_key(request), seen__lt=hour).update(seen=hour)


def leave(request: HttpRequest) -> None:
    """This session is about to end."""
    StaffSession.objects.filter(row_key=own_key(request)).delete()


def of_user(user: User) -> QuerySet[StaffSession]:
    """Those that may be alive: seen in the hour of the last idle span."""
    since = timezone.now() - datetime.timedelta(seconds=IDLE_SECONDS)
    return StaffSession.objects.filter(user=user, seen__gte=_hour(since)).order_by("-seen", "row_key")


@transaction.atomic
def end(*, user: User, but: str = "") -> int:
    """End the sessions of a user, but perhaps one row; returns how many there were."""
    keys = [row.row_key for row in StaffSession.objects.filter(user=user) if row.row_key != but]
    ended, _ = Session.objects.filter(session_key__in=keys).delete()
    StaffSession.objects.filter(row_key__in=keys).delete()
    return int(ended)
