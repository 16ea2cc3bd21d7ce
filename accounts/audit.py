"""The audit trail: what staff did, hash-chained. Participants' acts are never written down."""

import hashlib
import json

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import AuditEntry

_LOCK = 7_201_994


@transaction.atomic
def record(*, by: str, action: str, **detail: str | int | list[str]) -> AuditEntry:
    """Append one entry. Entries are written one after the other, so that each knows the one before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    entry = AuditEntry(at=timezone.now(), actor=by, action=action, detail=detail, previous=head())
    entry.hash = entry_hash(entry)
    entry.save(force_insert=True)
    return entry


def head() -> str:
    """The hash of the newest entry, '' for an empty trail. Staff pages show it, so that a rewritten one is noticed."""
    return AuditEntry.objects.order_by("-pk").values_list("hash", flat=True).first() or ""


def entry_hash(entry: AuditEntry) -> str:
    content = [entry.previous, entry.at.isoformat(), entry.actor, entry.action, entry.detail]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
