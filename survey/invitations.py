"""Personal invitations: made in batches, reserved when a draft is begun, spent when it is sent, free again otherwise.

The tokens of a batch come out of one random seed. Whoever made the batch holds the seed for a while; the database never
does, and keeps hashes. So a sheet can be printed twice, and nobody finds a link in what is stored.

Whenever an invitation changes, all of its cohort are rewritten in the same transaction: otherwise the transaction's
number, which PostgreSQL keeps with every row, would join the one invitation to the one response. Rewriting 5,000 takes
12 ms since the table's pages are left half empty (33 ms before, and 24 times the room): a new row finds its place
beside the old one, and no index has to learn of it. `MOST_IN_COHORT` bounds it. Rewriting fewer would join more: a
random part would hide the one among those in it only, and a batch of one would hide nothing. (Dead rows and the write-
ahead log still tell it to whoever can read the server's files, until PostgreSQL has cleaned up.)
"""

import datetime
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, DateField, F, Max, Q, Value, When
from django.utils import timezone

from accounts import audit
from survey.locks import Lock, alone
from survey.models import Batch, Cohort, Invitation, Locator
from survey.scope import site_scope

State = Invitation.State
# Read aloud and written down without mistakes: no 0 and o, no 1, i and l.
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
LETTERS_IN_TOKEN, LETTERS_IN_GROUP = 28, 7
SEED_BYTES = 32
MOST_IN_BATCH, MOST_IN_COHORT = 5_000, 20_000
BATCHES_PER_PAGE = 20
# The states of a cohort in which people are being invited.
RECRUITING = (Cohort.State.PREPARING, Cohort.State.OPEN, Cohort.State.PAUSED)


class ShutCohortError(Exception):
    """A cohort that takes in nobody any more; or, for taking back, that changes no more."""


class NoRoomError(Exception):
    """More invitations than one batch or one cohort can have."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many invitations of a batch are in which state. A reservation that is over counts as free."""

    free: int = 0
    begun: int = 0
    used: int = 0
    withdrawn: int = 0

    @property
    def made(self) -> int:
        return self.free + self.begun + self.used + self.withdrawn


def new_seed() -> bytes:
    """What the tokens of one batch come from. It belongs into the session of whoever makes the batch, nowhere else."""
    return secrets.token_bytes(SEED_BYTES)


def token_of(seed: bytes, number: int) -> str:
    """The token of the invitation with a number: 139 bits in groups that can be read aloud.

    512 bits are brought down to 139, so no letter is more likely than another by more than one in 2 to the 370th.
    """
    value = int.from_bytes(hmac.digest(seed, number.to_bytes(4, "big"), "sha512"), "big")
    letters = ""
    for _ in range(LETTERS_IN_TOKEN):
        value, at = divmod(value, len(LETTERS))
        letters += LETTERS[at]
    return "-".join(letters[at : at + LETTERS_IN_GROUP] for at in range(0, LETTERS_IN_TOKEN, LETTERS_IN_GROUP))


def token_hash(token: str) -> bytes:
    """What is stored of a token, however it is grouped: a plain hash, since it carries more than 112 random bits."""
    return hashlib.sha256(b"invitation:" + token.lower().replace("-", "").encode()).digest()


def require_recruiting(cohort_id: int) -> None:
    """Raises ShutCohortError when people are invited into a cohort no more. Needs the site's scope."""
    if not Cohort.objects.filter(pk=cohort_id, state__in=RECRUITING).exists():
        raise ShutCohortError


def require_unfrozen(cohort_id: int) -> None:
    """Raises ShutCohortError when a cohort changes no more. Needs the site's scope."""
    if Cohort.objects.filter(pk=cohort_id, state=Cohort.State.FROZEN).exists():
        raise ShutCohortError


def room(cohort: Cohort) -> int:
    """How many more invitations one batch may have, withdrawn ones counted as they stay."""
    with site_scope(cohort.site_id):
        return _room(cohort.pk)


def _room(cohort_id: int) -> int:
    return min(MOST_IN_BATCH, MOST_IN_COHORT - Invitation.objects.filter(cohort_id=cohort_id).count())


def make_batch(
    *,
    cohort: Cohort,
    size: int,
    language: str,
    channel: str,
    expires_on: datetime.date,
    by: str = "program",
    seed: bytes | None = None,
) -> tuple[Batch, Sequence[str]]:
    """A batch of new invitations and their tokens, which come out of the seed and are stored nowhere.

    Raises ShutCohortError when the cohort takes in nobody any more, and NoRoomError when they are too many.
    """
    with site_scope(cohort.site_id):
        alone(Lock.INVITATIONS, cohort.pk)
        require_recruiting(cohort.pk)
        made = _make(
            Batch(
                site_id=cohort.site_id,
                cohort_id=cohort.pk,
                language=language,
                channel=channel,
                expires_on=expires_on,
            ),
            size,
            seed or new_seed(),
        )
        audit.record(by=by, action="invitations-made", cohort=str(cohort), batch=made[0].number, size=size)
    return made


def _make(batch: Batch, size: int, seed: bytes) -> tuple[Batch, Sequence[str]]:
    """Store a batch under the next number. Needs the lock."""
    if not 0 < size <= _room(batch.cohort_id):
        raise NoRoomError
    last = Batch.objects.filter(cohort_id=batch.cohort_id).aggregate(last=Max("number"))["last"] or 0
    batch.number, batch.made_on = last + 1, timezone.now().date()
    batch.save(force_insert=True)
    tokens = [token_of(seed, number) for number in range(1, size + 1)]
    hashes = [token_hash(token) for token in tokens]
    Locator.objects.bulk_create(Locator(hash=value, site_id=batch.site_id) for value in hashes)
    Invitation.objects.bulk_create(
        Invitation(hash=value, site_id=batch.site_id, cohort_id=batch.cohort_id, batch=batch.number, number=number)
        for number, value in enumerate(hashes, start=1)
    )
    return batch, tokens


def withdraw(*, batch: Batch, by: str, number: int | None = None) -> int:
    """Take one invitation of a batch out of use, or all that are not used; returns how many.

    Whoever has begun with one can still send the answers; then it counts as used. Raises ShutCohortError once frozen.
    """
    with site_scope(batch.site_id):
        alone(Lock.INVITATIONS, batch.cohort_id)
        require_unfrozen(batch.cohort_id)
        these = _unused(batch) & (Q() if number is None else Q(number=number))
        count = Invitation.objects.filter(these, cohort_id=batch.cohort_id).count()
        if count:
            _change(batch.cohort_id, these, State.WITHDRAWN, None)
            _record(batch, by, "invitations-withdrawn", withdrawn=count)
    return int(count)


def reissue(*, batch: Batch, expires_on: datetime.date, seed: bytes, by: str) -> Batch | None:
    """Withdraw what is not used of a batch, and make as many new ones as were free; None when none was.

    Those who have begun are not invited again. Raises ShutCohortError and NoRoomError.
    """
    with site_scope(batch.site_id):
        alone(Lock.INVITATIONS, batch.cohort_id)
        require_recruiting(batch.cohort_id)
        size = Invitation.objects.filter(_is_free(), cohort_id=batch.cohort_id, batch=batch.number).count()
        if not size:
            return None
        _change(batch.cohort_id, _unused(batch), State.WITHDRAWN, None)
        again = Batch(
            site_id=batch.site_id,
            cohort_id=batch.cohort_id,
            language=batch.language,
            channel=batch.channel,
            expires_on=expires_on,
        )
        new, _tokens = _make(again, size, seed)
        _record(batch, by, "invitations-reissued", new=new.number, size=size)
    return new


def _record(batch: Batch, by: str, action: str, **detail: int) -> None:
    cohort = Cohort.objects.only("site_id", "name").get(pk=batch.cohort_id)
    audit.record(by=by, action=action, cohort=str(cohort), batch=batch.number, **detail)


def page_of_batches(*, cohort: Cohort, page: str | None) -> Page:
    """One page of a cohort's batches, the newest first, each with its numbers."""
    with site_scope(cohort.site_id):
        own = Batch.objects.filter(cohort_id=cohort.pk).order_by("-number")
        found = Paginator(own, BATCHES_PER_PAGE).get_page(page)
        shown = list(found.object_list)
        counted = _numbers(cohort.pk, [batch.number for batch in shown])
        found.object_list = [(batch, counted.get(batch.number, Numbers())) for batch in shown]
    return found


def batch_of(*, cohort: Cohort, number: int) -> tuple[Batch, Numbers] | None:
    """A batch of a cohort with its numbers, None when it has no such batch."""
    with site_scope(cohort.site_id):
        batch = Batch.objects.filter(cohort_id=cohort.pk, number=number).first()
        return (batch, _numbers(cohort.pk, [number]).get(number, Numbers())) if batch else None


def numbers_to_hand_out(batch: Batch) -> list[int]:
    """The numbers of a batch's invitations that were not withdrawn."""
    with site_scope(batch.site_id):
        own = Invitation.objects.filter(cohort_id=batch.cohort_id, batch=batch.number)
        return list(own.exclude(state=State.WITHDRAWN).order_by("number").values_list("number", flat=True))


def _numbers(cohort_id: int, batches: Sequence[int]) -> dict[int, Numbers]:
    """How many are in which state, for several batches in one query."""
    rows = (
        Invitation.objects.filter(cohort_id=cohort_id, batch__in=batches)
        .order_by()
        .values_list("batch")
        .annotate(
            free=Count("pk", filter=_is_free()),
            begun=Count("pk", filter=Q(state=State.RESERVED) & ~_is_free()),
            used=Count("pk", filter=Q(state=State.USED)),
            withdrawn=Count("pk", filter=Q(state=State.WITHDRAWN)),
        )
    )
    return {batch: Numbers(*counts) for batch, *counts in rows}


def find(token: str) -> tuple[Invitation, Batch] | None:
    """The invitation of a token, with its batch; None when there is none."""
    place = Locator.objects.filter(pk=token_hash(token)).first()
    if place is None:
        return None
    with site_scope(place.site_id):
        invitation = Invitation.objects.filter(pk=place.pk).first()
        if invitation is None:
            return None
        return invitation, Batch.objects.get(cohort_id=invitation.cohort_id, number=invitation.batch)


def is_free(invitation: Invitation) -> bool:
    """Whether a questionnaire can be begun with it."""
    until = invitation.reserved_until
    return invitation.state == State.FREE or (until is not None and until < timezone.now().date())


def reserve(*, cohort_id: int, invitation: bytes, until: datetime.date) -> bool:
    """Take an invitation for a draft that lives until a day. False when it is taken. Needs the site's scope."""
    alone(Lock.INVITATIONS, cohort_id)
    if not Invitation.objects.filter(_is_free(), pk=invitation, cohort_id=cohort_id).exists():
        return False
    _change(cohort_id, Q(hash=invitation), State.RESERVED, until)
    return True


def spend(*, cohort_id: int, invitation: bytes) -> None:
    """The questionnaire that was begun with it is sent. Needs the site's scope."""
    alone(Lock.INVITATIONS, cohort_id)
    _change(cohort_id, Q(hash=invitation), State.USED, None)


def free(*, cohort_id: int, invitation: bytes) -> None:
    """Its draft is erased: it can be used again, unless it was withdrawn meanwhile. Needs the site's scope."""
    alone(Lock.INVITATIONS, cohort_id)
    if Invitation.objects.filter(pk=invitation, state=State.RESERVED).exists():
        _change(cohort_id, Q(hash=invitation), State.FREE, None)


def _is_free() -> Q:
    return Q(state=State.FREE) | Q(state=State.RESERVED, reserved_until__lt=timezone.now().date())


def _unused(batch: Batch) -> Q:
    return Q(batch=batch.number, state__in=[State.FREE, State.RESERVED])


def _change(cohort_id: int, these: Q, state: str, until: datetime.date | None) -> None:
    """Give these a state, and rewrite all the others as they are. Needs the lock."""
    Invitation.objects.filter(cohort_id=cohort_id).update(
        state=Case(When(these, then=Value(state)), default=F("state")),
        reserved_until=Case(
            When(these, then=Value(until, output_field=DateField())),
            default=F("reserved_until"),
            output_field=DateField(),
        ),
    )
