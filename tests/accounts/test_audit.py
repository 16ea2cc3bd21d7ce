"""The audit trail: chained, append-only, and honest about changes."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import AuditEntry
from tests.roles import acting_as

pytestmark = pytest.mark.django_db


def tamper(statement: str) -> None:
    """What only somebody with the owner's rights could do."""
    with acting_as("survey_owner"), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def trail() -> list[AuditEntry]:
    return [audit.record(by="coordinator", action="sign-in", number=number, words=["ä", "ب"]) for number in range(4)]


def test_every_entry_holds_the_hash_of_the_one_before(trail: list[AuditEntry]) -> None:
    assert [entry.previous for entry in trail] == ["", trail[0].hash, trail[1].hash, trail[2].hash]
    assert audit.head() == trail[3].hash
    assert audit.first_fault() is None


@pytest.mark.parametrize("role", ["survey_web", "survey_worker"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE accounts_auditentry SET actor = 'x'", "DELETE FROM accounts_auditentry", "TRUNCATE accounts_auditentry"],
)
def test_the_database_refuses_to_change_the_trail(trail: list[AuditEntry], role: str, statement: str) -> None:
    with acting_as(role), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


def test_a_worker_can_append(trail: list[AuditEntry]) -> None:
    with acting_as("survey_worker"):
        entry = audit.record(by="worker", action="release")
        assert entry.previous == trail[3].hash


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE accounts_auditentry SET actor = 'other' WHERE id = {1}", 1),
        ("UPDATE accounts_auditentry SET detail = '{{}}' WHERE id = {1}", 1),
        ("UPDATE accounts_auditentry SET at = at + interval '1 second' WHERE id = {3}", 3),
        ("DELETE FROM accounts_auditentry WHERE id = {0}", 1),
        ("DELETE FROM accounts_auditentry WHERE id = {1}", 2),
    ],
)
def test_a_changed_or_removed_entry_is_found(trail: list[AuditEntry], change: str, found: int) -> None:
    tamper(change.format(*(entry.pk for entry in trail)))
    assert audit.first_fault() == trail[found].pk


def test_entries_in_another_order_are_found(trail: list[AuditEntry]) -> None:
    tamper(f"UPDATE accounts_auditentry SET id = -id WHERE id = {trail[2].pk}")
    assert audit.first_fault() == -trail[2].pk


def test_entries_cut_off_at_the_end_show_by_a_head_noted_elsewhere(trail: list[AuditEntry]) -> None:
    noted = audit.head()[:12]
    assert audit.knows(noted)
    tamper(f"DELETE FROM accounts_auditentry WHERE id = {trail[3].pk}")
    assert audit.first_fault() is None
    assert not audit.knows(noted)
    assert not audit.knows("")


def test_the_command_confirms_a_whole_trail_and_refuses_a_changed_one(trail: list[AuditEntry]) -> None:
    said = StringIO()
    call_command("verify_audit", "--head", trail[1].hash, audit.head()[:12], stdout=said)
    assert said.getvalue() == f"The audit trail is whole. Its head is {audit.head()}.\n"
    with pytest.raises(CommandError, match="does not hold 0000") as cut_off:
        call_command("verify_audit", "--head", trail[1].hash, "0000")
    tamper(f"DELETE FROM accounts_auditentry WHERE id = {trail[1].pk}")
    with pytest.raises(CommandError, match=f"Entry {trail[2].pk} was changed") as changed:
        call_command("verify_audit")
    assert (cut_off.value.returncode, changed.value.returncode) == (2, 1)


def test_a_head_noted_too_short_belongs_to_no_entry(trail: list[AuditEntry]) -> None:
    assert not audit.knows(audit.head()[:11])
    assert audit.knows(audit.head()[:12].upper())


def test_the_line_to_be_sent_daily_names_day_number_and_head(trail: list[AuditEntry]) -> None:
    said = StringIO()
    call_command("audit_head", stdout=said)
    today = timezone.now().date().isoformat()
    assert said.getvalue() == f"{today} audit trail: 4 entries, head {audit.head()}\n"
