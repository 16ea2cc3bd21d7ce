"""What administrators do with accounts, and what somebody does with the own one. Every act is in the audit trail."""

import datetime
import hashlib
import secrets
from collections.abc import Set

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import audit, desk_sessions, factors
from accounts.models import OneTimeLink, Role, User

LINK_DAYS = 7
# Acts of administrators come one after the other: two could else take the role from each other at once.
_LOCK = 7_201_995


class NotAllowedError(Exception):
    """Not an administrator any more, or an act on the own account that only a colleague may do."""


class NameTakenError(Exception):
    """There is an account of this name."""


def token_hash(token: str) -> bytes:
    """256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def _acting_on(person: User | None, by: User) -> None:
    """Raises NotAllowedError. Whoever acts is an active administrator and stays one: so there is always one left."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    acting = Role.objects.filter(user_id=by.pk, user__is_active=True, name=Role.Name.ADMINISTRATOR)
    if not acting.exists() or (person is not None and person.pk == by.pk):
        raise NotAllowedError


def _new_link(person: User) -> str:
    OneTimeLink.objects.filter(user=person).delete()
    token = secrets.token_urlsafe(32)
    last_day = timezone.now().date() + datetime.timedelta(days=LINK_DAYS)
    OneTimeLink.objects.create(user=person, token_hash=token_hash(token), expires_on=last_day)
    return token


# Administrators -------------------------------------------------------------------------------------------------------


@transaction.atomic
def invite(*, username: str, display_name: str, roles: Set[tuple[str, int | None]], by: User) -> tuple[User, str]:
    """A new account without a password; returns it and the token of its one-time link."""
    _acting_on(None, by)
    person = User(username=username, display_name=display_name)
    person.set_unusable_password()
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError:
        raise NameTakenError from None
    audit.record(by=by.username, action="account-invited", account=username)
    _give(person, roles, by)
    return person, _new_link(person)


@transaction.atomic
def change_roles(*, person: User, roles: Set[tuple[str, int | None]], by: User) -> None:
    """These roles and no others, from the next page on."""
    _acting_on(person, by)
    _give(person, roles, by)


def _give(person: User, roles: Set[tuple[str, int | None]], by: User) -> None:
    held = {(role.name, role.site_id): role for role in Role.objects.filter(user=person)}
    for name, site_id in sorted(held.keys() - roles, key=str):
        held[name, site_id].delete()
        audit.record(by=by.username, action="role-taken", account=person.username, role=name, site=site_id or 0)
    for name, site_id in sorted(roles - held.keys(), key=str):
        Role.objects.create(user=person, name=name, site_id=site_id)
        audit.record(by=by.username, action="role-given", account=person.username, role=name, site=site_id or 0)


@transaction.atomic
def close(*, person: User, by: User) -> None:
    """Somebody leaves: no way in, and out of every session at once. The account stays, for the audit trail."""
    _acting_on(person, by)
    User.objects.filter(pk=person.pk).update(is_active=False)
    OneTimeLink.objects.filter(user=person).delete()
    desk_sessions.end(user=person)
    audit.record(by=by.username, action="account-closed", account=person.username)


@transaction.atomic
def reopen(*, person: User, by: User) -> None:
    """Back again, with the password and the second factor from before."""
    _acting_on(person, by)
    User.objects.filter(pk=person.pk).update(is_active=True)
    audit.record(by=by.username, action="account-reopened", account=person.username)


@transaction.atomic
def reset(*, person: User, by: User) -> str:
    """Phone or password are lost: both go, and a one-time link leads to new ones. Returns its token.

    The password goes too: it alone would else be enough to set up another phone.
    """
    _acting_on(person, by)
    person.set_unusable_password()
    person.save(update_fields=["password"])
    factors.remove([person])
    desk_sessions.end(user=person)
    audit.record(by=by.username, action="factor-reset", account=person.username)
    return _new_link(person)


@transaction.atomic
def end_sessions(*, person: User, by: User) -> None:
    """Out of the desk everywhere; signing in again is possible."""
    _acting_on(person, by)
    desk_sessions.end(user=person)
    audit.record(by=by.username, action="sessions-ended", account=person.username)


# One's own account ----------------------------------------------------------------------------------------------------


def invited_by_link(token: str) -> User | None:
    """Whom an unused link of these days leads in."""
    link = OneTimeLink.objects.select_related("user").filter(token_hash=token_hash(token)).first()
    alive = link is not None and link.expires_on >= timezone.now().date() and link.user.is_active
    return link.user if link is not None and alive else None


@transaction.atomic
def join(*, token: str, password: str) -> User | None:
    """Spend a link on a password. None when it was spent meanwhile."""
    link = OneTimeLink.objects.select_for_update().filter(token_hash=token_hash(token)).first()
    person = invited_by_link(token)
    if link is None or person is None:
        return None
    link.delete()
    person.set_password(password)
    person.save(update_fields=["password"])
    audit.record(by=person.username, action="link-used", account=person.username)
    return person


@transaction.atomic
def change_password(*, user: User, password: str) -> None:
    """A new password; Django ends the sessions of the old one, we forget them."""
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(by=user.username, action="password-changed", account=user.username)


@transaction.atomic
def end_others(*, user: User, own_key: str) -> None:
    """Every session but this one."""
    desk_sessions.end(user=user, but=own_key)
    audit.record(by=user.username, action="sessions-ended", account=user.username)
