"""Whose rows a transaction may see: one site's, or a study's tables across its sites.

PostgreSQL enforces it by row-level security; without a scope a query sees nothing. The setting is local to the
transaction: a plain SET would survive on the connection and show the next request another country.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

SITE, STUDY, RECEIPT = "app.site", "app.study", "app.receipt"


@contextmanager
def site_scope(site_id: int) -> Iterator[None]:
    """A transaction that sees the rows of one site and of no other."""
    with _scope(SITE, str(site_id)):
        yield


@contextmanager
def study_scope(study_id: int) -> Iterator[None]:
    """A transaction that sees cohorts and releases of every site of a study, never participants or answers."""
    with _scope(STUDY, str(study_id)):
        yield


@contextmanager
def receipt_scope(site_id: int, response_id: uuid.UUID) -> Iterator[None]:
    """A transaction in which the web process may know of one response of a site, and delete it."""
    with site_scope(site_id), _scope(RECEIPT, str(response_id)):
        yield


@contextmanager
def _scope(setting: str, value: str) -> Iterator[None]:
    with transaction.atomic():
        before = _set(setting, value)
        yield
        # Inside an outer transaction the setting would outlive this block.
        _set(setting, before)


def _set(setting: str, value: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [setting])
        before = cursor.fetchone()[0]
        cursor.execute("SELECT set_config(%s, %s, true)", [setting, value])
    return before or ""
