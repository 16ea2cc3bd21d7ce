"""Slows down guessing of passwords and codes, by user name and without addresses.

Never a lock-out: that would be an attack too.
"""

import datetime
import math

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import LONGEST_WAIT_SECONDS as LONGEST_SECONDS
from accounts.models import Throttle

FREE_TRIES = 3
FORGOTTEN_AFTER = datetime.timedelta(days=1)


def name_hash(username: str, what: str = "password") -> bytes:
    """Keyed, so that the table alone does not confirm a guessed name."""
    return salted_hmac(f"accounts.throttle.{what}", username.strip().casefold(), algorithm="sha256").digest()


@transaction.atomic
def begin_try(*, username: str, what: str = "password") -> int:
    """Seconds that this name has to wait; 0 when it may try now, and then the try is counted already.

    Counting comes before checking the password: many tries at the same moment could else all pass as the first.
    After the free tries the wait doubles, up to the longest. A name nobody tried for a day starts afresh.
    """
    now = timezone.now()
    Throttle.objects.filter(blocked_until__lt=now - FORGOTTEN_AFTER).delete()
    row, _ = Throttle.objects.select_for_update().get_or_create(
        pk=name_hash(username, what), defaults={"blocked_until": now}
    )
    if row.blocked_until > now:
        return math.ceil((row.blocked_until - now).total_seconds())
    row.failures = min(row.failures + 1, 100)
    row.blocked_until = now + datetime.timedelta(seconds=_wait_after(row.failures))
    row.save(update_fields=["failures", "blocked_until"])
    return 0


def _wait_after(failures: int) -> int:
    return 0 if failures <= FREE_TRIES else min(LONGEST_SECONDS, 2 ** (failures - FREE_TRIES))


def forget(*, username: str, what: str = "password") -> None:
    """The right one was given: the tries before it do not count."""
    Throttle.objects.filter(pk=name_hash(username, what)).delete()
