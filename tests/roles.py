"""Database roles in tests: one connection that takes the role it speaks of."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

ROLES = ("survey_owner", "survey_web", "survey_worker")


def take_role(role: str) -> None:
    assert role in ROLES
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {role}")


@contextmanager
def acting_as(role: str) -> Iterator[None]:
    """Statements inside the block run as `role`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        before = cursor.fetchone()[0]
    take_role(role)
    try:
        yield
    finally:
        if not connection.needs_rollback:
            take_role(before)
