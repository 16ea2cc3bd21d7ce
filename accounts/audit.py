"""The audit trail: what staff did, hash-chained. Participants' acts are never written down."""

import hashlib
import json

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import AuditEntry

_LOCK = 7_201_994
# So much of a head is shown and noted; less than that could belong to some entry by chance.
SHOWN = 12


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


def length() -> int:
    """How many entries there are."""
    return AuditEntry.objects.count()


def entry_hash(entry: AuditEntry) -> str:
    """SHA-256 over the hash before and everything the entry says, as hexadecimal digits."""
    content = [entry.previous, entry.at.isoformat(), entry.actor, entry.action, entry.detail]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def first_fault() -> int | None:
    """The number of the first entry that was changed or does not follow the one before it; None for a whole trail.

    Entries cut off at the end leave a whole trail: only a head noted elsewhere tells (`knows`).
    """
    previous = ""
    for entry in AuditEntry.objects.order_by("pk").iterator():
        if entry.previous != previous or entry.hash != entry_hash(entry):
            return int(entry.pk)
        previous = entry.hash
    return None


def knows(shown: str) -> bool:
    """Whether a head noted earlier, from a page's foot or a report, belongs to an entry of this trail."""
    return len(shown) >= SHOWN and bool(AuditEntry.objects.filter(hash__startswith=shown.lower()).exists())
