"""Researchers who hold their site's private key: asked for, granted, unlocked with, given up. For web processes."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models.functions import Now
from django.utils import timezone

from accounts import audit, throttle
from accounts.models import Role
from survey import keypairs, keyring, shares
from survey.keypairs import pair_of
from survey.keyring import LockedError, current_key
from survey.links import country_of
from survey.locks import Lock, alone, share
from survey.models import KeyHolder, Site, SiteKey, Unlock
from survey.scope import site_scope
from survey.shares import NoShareError

# Fewer than these, and one illness or one lost note loses the answers.
ENOUGH = 2


class LastHolderError(Exception):
    """Nobody else holds the key: without this person nobody could open the answers."""


class ChangedError(Exception):
    """The person's key, or the site's, is another than the page showed."""


class WaitError(Exception):
    """Too many wrong passphrases lately."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Standing:
    """How a site's key stands. `key` is None while there is none or it was erased."""

    key: SiteKey | None
    is_erased: bool
    holding: list[KeyHolder]
    asking: list[KeyHolder]
    unlock: Unlock | None

    @property
    def is_with_researchers(self) -> bool:
        return self.key is not None and self.key.custody == SiteKey.Custody.RESEARCHERS

    @property
    def is_with_workers(self) -> bool:
        return self.key is not None and self.key.custody == SiteKey.Custody.WORKER

    @property
    def minutes(self) -> int:
        """For how many minutes the key is still unlocked; 0 when it is not."""
        left = (self.unlock.expires_at - timezone.now()).total_seconds() if self.unlock is not None else 0
        return max(1, round(left / 60)) if left > 0 else 0

    def own(self, username: str) -> KeyHolder | None:
        return next((one for one in [*self.holding, *self.asking] if one.username == username), None)

    def holds(self, username: str) -> bool:
        return any(one.username == username for one in self.holding)


def standing(*, site_id: int) -> Standing:
    with site_scope(site_id):
        key = current_key(site_id)
        people = list(KeyHolder.objects.filter(site_id=site_id))
        alive = Unlock.objects.filter(site_id=site_id, expires_at__gt=Now()).order_by("-expires_at").first()
        erased = key is None and SiteKey.objects.filter(site_id=site_id, state=SiteKey.State.ERASED).exists()
    holding = [one for one in people if key is not None and _holds(one, key)]
    return Standing(key, erased, holding, [one for one in people if one not in holding], alive)


def _holds(holder: KeyHolder, key: SiteKey) -> bool:
    return holder.share is not None and holder.site_key == key.number


def ask(*, site_id: int, passphrase: str, by: str) -> KeyHolder:
    """Give a researcher an own key pair under a passphrase; it holds nothing until somebody grants it a share.

    Whoever had one begins anew. Raises LastHolderError for the only one who holds the site's key, and BusyError.
    """
    pair = keypairs.new_pair()
    wrapped = shares.wrapped(pair.private, passphrase, site_id=site_id, username=by)
    with site_scope(site_id):
        alone(Lock.KEYS, site_id)
        _refuse_last(site_id, by)
        # A new row with a new number: what is said of the old one does not reach it.
        KeyHolder.objects.filter(site_id=site_id, username=by).delete()
        holder = KeyHolder.objects.create(
            site_id=site_id, username=by, public=pair.public, wrapped=wrapped, asked_on=timezone.now().date()
        )
        _record("key-asked", site_id, by, key=keyring.fingerprint(pair.public))
    return holder


def unlock(*, site_id: int, passphrase: str, by: str) -> str:
    """Lend the site's private key to its jobs for some minutes. Returns the token.

    Raises WaitError, NoShareError, NoShredError, WrongPassphraseError and BusyError.
    """
    with site_scope(site_id):
        key, holder = current_key(site_id), KeyHolder.objects.filter(site_id=site_id, username=by).first()
    if key is None or holder is None or key.custody != SiteKey.Custody.RESEARCHERS:
        raise NoShareError
    _begin_try(site_id, by)
    try:
        private = shares.opened(holder, passphrase, key)
    except shares.WrongPassphraseError:
        _record("unlock-refused", site_id, by)
        raise
    throttle.forget(username=by, what=_what(site_id))
    with site_scope(site_id):
        # Opening took a while: the country may have been erased, or the key changed.
        share(Lock.KEYS, site_id)
        now = current_key(site_id)
        if now is None or now.pk != key.pk or not KeyHolder.objects.filter(pk=holder.pk, site_key=key.number).exists():
            raise NoShareError
        token = keyring.unlock(key=key, private=private, by=by)
        _record("unlocked", site_id, by)
    return token


def is_own_passphrase(*, site_id: int, passphrase: str, by: str) -> bool:
    """Whether this is the researcher's own passphrase. Raises WaitError, NoShredError and BusyError."""
    with site_scope(site_id):
        holder = KeyHolder.objects.filter(site_id=site_id, username=by).first()
    if holder is None:
        return False
    _begin_try(site_id, by)
    try:
        shares.own_key(holder, passphrase)
    except shares.WrongPassphraseError:
        return False
    throttle.forget(username=by, what=_what(site_id))
    return True


def lock(*, site_id: int, by: str) -> None:
    """End every unlock of a site before its time."""
    with site_scope(site_id):
        keyring.lock(site_id=site_id)
        _record("locked", site_id, by)


def is_open(*, site_id: int, token: str) -> bool:
    """Whether a token opens the site's key now."""
    with site_scope(site_id):
        key = current_key(site_id)
        try:
            return key is not None and key.custody == SiteKey.Custody.RESEARCHERS and bool(_private(key, token))
        except LockedError:
            return False


def grant(*, site_id: int, holder_id: int, fingerprint: str, token: str, by: str) -> None:
    """Give a share to somebody who asked and whose fingerprint was compared.

    Raises LockedError without an unlock, ChangedError when the person's key is another one by now.
    """
    with site_scope(site_id):
        alone(Lock.KEYS, site_id)
        key = current_key(site_id)
        holder = KeyHolder.objects.filter(site_id=site_id, pk=holder_id).first()
        if key is None or holder is None or keyring.fingerprint(bytes(holder.public)) != fingerprint:
            raise ChangedError
        shares.give(holder, pair_of(_private(key, token)), number=key.number, by=by)
        _record("key-granted", site_id, by, to=holder.username, key=fingerprint)


def remove(*, site_id: int, holder_id: int, token: str, by: str) -> bool:
    """Take a person's key away. True when they held the site's: then that has to be changed, too.

    Raises LastHolderError for the last one who holds it, LockedError without an unlock for one who does.
    """
    with site_scope(site_id):
        alone(Lock.KEYS, site_id)
        key, holder = current_key(site_id), KeyHolder.objects.filter(site_id=site_id, pk=holder_id).first()
        if holder is None:
            return False
        held = key is not None and key.custody == SiteKey.Custody.RESEARCHERS and _holds(holder, key)
        if key is not None and held:
            _refuse_last(site_id, holder.username)
            _private(key, token)
            SiteKey.objects.filter(pk=key.pk).update(rotation_due=True)
        Unlock.objects.filter(site_id=site_id, by=holder.username).exclude(by=by).delete()
        holder.delete()
        _record("key-removed", site_id, by, of=holder.username)
    return held


def forget_those_who_left() -> int:
    """Take their keys away from people who are researchers of the site no more. Returns how many. For workers.

    The last one who holds a site's key keeps the row, for the answers would be lost with it: nobody signs in with it.
    """
    forgotten = 0
    for site_id in Site.objects.values_list("pk", flat=True):
        here = Role.objects.filter(name=Role.Name.RESEARCHER, site_id=site_id, user__is_active=True)
        names = set(here.values_list("user__username", flat=True))
        with site_scope(site_id):
            for holder in KeyHolder.objects.filter(site_id=site_id).exclude(username__in=names):
                forgotten += _forget(holder)
    return forgotten


def _forget(holder: KeyHolder) -> int:
    """One who left; 0 for the last who holds the key. Needs the site's scope."""
    alone(Lock.KEYS, holder.site_id)
    key = current_key(holder.site_id)
    holding = _holding(key)
    if holding == {holder.username}:
        return 0
    if key is not None and holder.username in holding:
        SiteKey.objects.filter(pk=key.pk).update(rotation_due=True)
    keyring.lock(site_id=holder.site_id, by=holder.username)
    holder.delete()
    _record("key-removed", holder.site_id, "worker", of=holder.username)
    return 1


def note_asked(*, site_id: int, what: str, by: str, holder_ids: Sequence[int] = ()) -> None:
    """Write down who asked the workers for something: their own entry does not say it."""
    with site_scope(site_id):
        named = KeyHolder.objects.filter(site_id=site_id, pk__in=holder_ids).values_list("username", flat=True)
        _record(what, site_id, by, **({"to": list(named)} if holder_ids else {}))


def _refuse_last(site_id: int, username: str) -> None:
    if _holding(current_key(site_id)) == {username}:
        raise LastHolderError


def _holding(key: SiteKey | None) -> set[str]:
    """Who among researchers holds a site's key; nobody where it is not with researchers. Needs the site's scope."""
    if key is None or key.custody != SiteKey.Custody.RESEARCHERS:
        return set()
    return {one.username for one in KeyHolder.objects.filter(site_id=key.site_id) if _holds(one, key)}


def _private(key: SiteKey, token: str) -> bytes:
    if key.custody != SiteKey.Custody.RESEARCHERS:
        raise LockedError
    return keyring.private_key(key, token=token)


def _begin_try(site_id: int, username: str) -> None:
    if seconds := throttle.begin_try(username=username, what=_what(site_id)):
        raise WaitError(seconds)


def _what(site_id: int) -> str:
    """What is tried: counted apart from tries at signing in, and from those at another country's key."""
    return f"key of {site_id}"


def _record(action: str, site_id: int, by: str, **detail: str | list[str]) -> None:
    audit.record(by=by, action=action, country=country_of(site_id), **detail)
