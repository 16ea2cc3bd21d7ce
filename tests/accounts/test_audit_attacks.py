"""A trail of 1,000 entries, and somebody with the owner's rights who changes it at every kind of place."""

import datetime
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEntry
from tests.roles import acting_as

pytestmark = pytest.mark.django_db
SIZE, PLACES = 1000, 12
Attack = Callable[[list[AuditEntry], int], None]


def _row(entry: AuditEntry) -> Any:
    return AuditEntry.objects.filter(pk=entry.pk)


def _set(**changes: object) -> Attack:
    return lambda entries, place: _row(entries[place]).update(**changes) and None


def later(entries: list[AuditEntry], place: int) -> None:
    _row(entries[place]).update(at=entries[place].at + datetime.timedelta(microseconds=1))


def with_a_hash_that_fits(entries: list[AuditEntry], place: int) -> None:
    entry = AuditEntry.objects.get(pk=entries[place].pk)
    entry.actor, entry.hash = "nobody", ""
    _row(entry).update(actor=entry.actor, hash=audit.entry_hash(entry))


def drop(entries: list[AuditEntry], place: int) -> None:
    _row(entries[place]).delete()


def drop_several(entries: list[AuditEntry], place: int) -> None:
    AuditEntry.objects.filter(pk__gte=entries[place].pk, pk__lt=entries[place].pk + 5).exclude(
        pk=entries[-1].pk
    ).delete()


def swap(entries: list[AuditEntry], place: int) -> None:
    first, second = entries[place], entries[place - 1]
    _row(first).update(id=-1)
    _row(second).update(id=first.pk)
    AuditEntry.objects.filter(pk=-1).update(id=second.pk)


def move_to_the_front(entries: list[AuditEntry], place: int) -> None:
    _row(entries[place]).update(id=-1)


def insert(entries: list[AuditEntry], place: int) -> None:
    """A forged entry that follows the one before it as it should."""
    AuditEntry.objects.filter(pk__gte=entries[place].pk).update(id=F("id") + 10 * SIZE)
    forged = AuditEntry(pk=entries[place].pk, at=timezone.now(), actor="x", action="sign-in", detail={})
    forged.previous = entries[place - 1].hash
    forged.hash = audit.entry_hash(forged)
    forged.save(force_insert=True)


INSIDE: dict[str, Attack] = {
    "time": later,
    "actor": _set(actor="x"),
    "action": _set(action="x"),
    "detail": _set(detail={"number": -1}),
    "detail emptied": _set(detail={}),
    "hash before": _set(previous="0" * 64),
    "hash": _set(hash="0" * 64),
    "actor and hash": with_a_hash_that_fits,
    "dropped": drop,
    "several dropped": drop_several,
    "swapped": swap,
    "moved": move_to_the_front,
    "put in": insert,
}


def rewrite(entries: list[AuditEntry], place: int) -> None:
    """A lie, and every hash after it made to fit."""
    previous = entries[place - 1].hash
    for entry in AuditEntry.objects.filter(pk__gte=entries[place].pk).order_by("pk"):
        entry.actor, entry.previous = "x", previous
        entry.hash = previous = audit.entry_hash(entry)
        entry.save()


def cut_off(entries: list[AuditEntry], place: int) -> None:
    AuditEntry.objects.filter(pk__gte=entries[place].pk).delete()


@pytest.fixture
def entries() -> list[AuditEntry]:
    return [audit.record(by="ana", action="sign-in", number=number, words=["ä", "ب"]) for number in range(SIZE)]


def unnoticed(attacks: dict[str, Attack], entries: list[AuditEntry], notices: Callable[[], bool]) -> list[object]:
    """The attacks, each at several places, after which nothing is noticed; every one is undone."""
    rng = random.Random(20)
    missed: list[object] = []
    with acting_as("survey_owner"):
        for name, attack in attacks.items():
            # The last entry but one at most: what is done to the end shows by a noted head, and is tried so.
            for place in (1, SIZE - 2, *(rng.randrange(1, SIZE - 1) for _ in range(PLACES))):
                with transaction.atomic():
                    attack(entries, place)
                    if not notices():
                        missed.append((name, place))
                    transaction.set_rollback(True)
    return missed


def test_every_change_inside_the_trail_is_found(entries: list[AuditEntry]) -> None:
    assert audit.first_fault() is None
    assert unnoticed(INSIDE, entries, lambda: audit.first_fault() is not None) == []
    assert audit.first_fault() is None


def test_a_trail_rewritten_or_cut_off_to_its_end_does_not_hold_the_head_noted_before(entries: list[AuditEntry]) -> None:
    noted = audit.head()[: audit.SHOWN]
    attacks: dict[str, Attack] = {"rewritten": rewrite, "cut off": cut_off}
    assert unnoticed(attacks, entries, lambda: not audit.knows(noted)) == []
    # Nothing inside such a trail tells: the head that somebody noted is what protects it.
    assert len(unnoticed(attacks, entries, lambda: audit.first_fault() is not None)) == 2 * (PLACES + 2)
