"""Slows down guessing at sign-in, by user name and without addresses. Never a lock-out: that would be an attack too."""

import datetime
import hashlib

from django.db import transaction
from django.utils import timezone

from accounts.models import Throttle

LONGEST_SECONDS = 42
FREE_TRIES = 3


def name_hash(username: str) -> bytes:
    return hashlib.sha256(b"sign-in:" + username.strip().casefold().encode(errors="replace")).digest()


def seconds_to_wait(username: str) -> int:
    """How long this name is still slowed down; 0 when it may try."""
    row = Throttle.objects.filter(pk=name_hash(username)).first()
    if row is None:
        return 0
    return max(0, int((row.blocked_until - timezone.now()).total_seconds() + 0.999))


@transaction.atomic
def note_failure(*, username: str) -> None:
    """One more failed try: after the free ones the wait doubles, up to the longest."""
    now = timezone.now()
    row, _ = Throttle.objects.select_for_update().get_or_create(pk=name_hash(username), defaults={"blocked_until": now})
    row.failures = min(row.failures + 1, 100)
    wait = 0 if row.failures <= FREE_TRIES else min(LONGEST_SECONDS, 2 ** (row.failures - FREE_TRIES))
    row.blocked_until = now + datetime.timedelta(seconds=wait)
    row.save(update_fields=["failures", "blocked_until"])


def forget(*, username: str) -> None:
    Throttle.objects.filter(pk=name_hash(username)).delete()
