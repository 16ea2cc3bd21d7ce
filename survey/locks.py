"""Who waits for whom: locks that a transaction holds on a cohort until it ends."""

from enum import IntEnum

from django.db import connection


class Lock(IntEnum):
    """What is locked of a cohort: its answers, its invitations, the day's places of its open link, its files."""

    ANSWERS = 7_201_001
    INVITATIONS = 7_201_002
    PLACES = 7_201_003
    UPLOADS = 7_201_004


def share(lock: Lock, cohort_id: int) -> None:
    """Go on beside others who share; wait for somebody who holds it alone."""
    _take("pg_advisory_xact_lock_shared", lock, cohort_id)


def alone(lock: Lock, cohort_id: int) -> None:
    """Wait until nobody else holds it, and keep everybody out."""
    _take("pg_advisory_xact_lock", lock, cohort_id)


def _take(function: str, lock: Lock, cohort_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, %s)", [lock.value, cohort_id])
