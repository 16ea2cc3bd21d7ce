"""Who waits for whom: locks that a transaction holds on a cohort until it ends."""

from enum import IntEnum

from django.db import connection


class Lock(IntEnum):
    """What is locked of a cohort: answers, invitations, the day's places of its open link, files, releases.

    KEYS is of a site: whoever changes its key holds it alone. RUNS and PLANS are of a study: whoever starts or calls
    off; plans get their numbers one by one.
    """

    ANSWERS = 7_201_001
    INVITATIONS = 7_201_002
    PLACES = 7_201_003
    UPLOADS = 7_201_004
    RELEASES = 7_201_005
    KEYS = 7_201_006
    PLANS = 7_201_007
    RUNS = 7_201_008


def share(lock: Lock, number: int) -> None:
    """Go on beside others who share; wait for somebody who holds it alone."""
    _take("pg_advisory_xact_lock_shared", lock, number)


def alone(lock: Lock, number: int) -> None:
    """Wait until nobody else holds it, and keep everybody out."""
    _take("pg_advisory_xact_lock", lock, number)


def alone_at_once(lock: Lock, number: int) -> bool:
    """Keep everybody out, if nobody else holds it just now. Nobody queues behind a try."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [lock.value, number])
        return bool(cursor.fetchone()[0])


def _take(function: str, lock: Lock, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [lock.value, number])
