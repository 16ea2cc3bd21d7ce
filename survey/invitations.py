"""Personal invitations: made in batches, reserved when a draft is begun, spent when it is sent, free again otherwise.

Whenever one changes, all of its cohort are rewritten in the same transaction: otherwise the transaction's number, which
PostgreSQL keeps with every row, would join the one invitation to the one response.
"""

import datetime
import hashlib
import secrets
from collections.abc import Sequence

from django.db.models import Case, DateField, F, Q, Value, When
from django.utils import timezone

from survey.locks import Lock, alone
from survey.models import Batch, Cohort, Invitation, Locator
from survey.scope import site_scope

State = Invitation.State
# Read aloud and written down without mistakes: no 0 and o, no 1, i and l.
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
LETTERS_IN_TOKEN, LETTERS_IN_GROUP = 28, 7


def new_token() -> str:
    """139 random bits in groups that can be read aloud."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(LETTERS_IN_TOKEN))
    return "-".join(letters[at : at + LETTERS_IN_GROUP] for at in range(0, LETTERS_IN_TOKEN, LETTERS_IN_GROUP))


def token_hash(token: str) -> bytes:
    """What is stored of a token, however it is grouped: a plain hash, since it carries more than 112 random bits."""
    return hashlib.sha256(b"invitation:" + token.lower().replace("-", "").encode()).digest()


def make_batch(
    *, cohort: Cohort, size: int, language: str, channel: str, expires_on: datetime.date
) -> tuple[Batch, Sequence[str]]:
    """A batch of new invitations and their tokens, which exist here and nowhere else."""
    tokens = [new_token() for _ in range(size)]
    with site_scope(cohort.site_id):
        alone(Lock.INVITATIONS, cohort.pk)
        last = Batch.objects.filter(cohort_id=cohort.pk).order_by("-number").first()
        batch = Batch.objects.create(
            site_id=cohort.site_id,
            cohort_id=cohort.pk,
            number=last.number + 1 if last else 1,
            language=language,
            channel=channel,
            expires_on=expires_on,
            made_on=timezone.now().date(),
        )
        _add(batch, tokens, first=1)
    return batch, tokens


def _add(batch: Batch, tokens: Sequence[str], *, first: int) -> None:
    hashes = [token_hash(token) for token in tokens]
    Locator.objects.bulk_create(Locator(hash=value, site_id=batch.site_id) for value in hashes)
    Invitation.objects.bulk_create(
        Invitation(hash=value, site_id=batch.site_id, cohort_id=batch.cohort_id, batch=batch.number, number=number)
        for number, value in enumerate(hashes, start=first)
    )


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
    free = Q(state=State.FREE) | Q(state=State.RESERVED, reserved_until__lt=timezone.now().date())
    if not Invitation.objects.filter(free, pk=invitation, cohort_id=cohort_id).exists():
        return False
    _change(cohort_id, invitation, State.RESERVED, until)
    return True


def spend(*, cohort_id: int, invitation: bytes) -> None:
    """The questionnaire that was begun with it is sent. Needs the site's scope."""
    alone(Lock.INVITATIONS, cohort_id)
    _change(cohort_id, invitation, State.USED, None)


def free(*, cohort_id: int, invitation: bytes) -> None:
    """Its draft is erased: it can be used again, unless it was withdrawn meanwhile. Needs the site's scope."""
    alone(Lock.INVITATIONS, cohort_id)
    if Invitation.objects.filter(pk=invitation, state=State.RESERVED).exists():
        _change(cohort_id, invitation, State.FREE, None)


def _change(cohort_id: int, invitation: bytes, state: str, until: datetime.date | None) -> None:
    this = Q(hash=invitation)
    Invitation.objects.filter(cohort_id=cohort_id).update(
        state=Case(When(this, then=Value(state)), default=F("state")),
        reserved_until=Case(
            When(this, then=Value(until, output_field=DateField())),
            default=F("reserved_until"),
            output_field=DateField(),
        ),
    )
