"""Signing in and out, and who finds what."""

import datetime

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from accounts import audit, throttle
from accounts.models import AuditEntry, Role, Throttle, User
from tests.roles import acting_as

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"


def make_user(
    username: str = "coordinator", role: str | None = Role.Name.COORDINATOR, site_id: int | None = None
) -> User:
    with acting_as("survey_owner"):
        user = User.objects.create_user(username, PASSWORD)
        if role:
            Role.objects.create(user=user, name=role, site_id=site_id)
    return user


def sign_in(client: Client, username: str = "coordinator", password: str = PASSWORD) -> int:
    return client.post("/desk/sign-in/", {"username": username, "password": password}).status_code


def test_the_right_password_leads_to_the_desk(client: Client) -> None:
    make_user()
    assert sign_in(client) == 303
    assert client.get("/desk/").status_code == 200
    assert list(AuditEntry.objects.values_list("actor", "action")) == [("coordinator", "sign-in")]


@pytest.mark.parametrize(("username", "password"), [("coordinator", "wrong"), ("nobody", PASSWORD), ("a\x00b", "x")])
def test_anything_else_says_the_same_and_leads_nowhere(client: Client, username: str, password: str) -> None:
    make_user()
    assert sign_in(client, username, password) == 200
    assert client.get("/desk/").status_code == 302


def test_guessing_slows_down_and_waiting_helps(client: Client) -> None:
    make_user()
    for _ in range(throttle.FREE_TRIES + 1):
        sign_in(client, password="wrong")
    assert sign_in(client) == 200
    Throttle.objects.update(blocked_until=timezone.now() - datetime.timedelta(seconds=1))
    assert sign_in(client) == 303
    assert Throttle.objects.count() == 0


def test_the_wait_has_an_end() -> None:
    for _ in range(40):
        throttle.note_failure(username="somebody")
    assert 0 < throttle.seconds_to_wait("somebody") <= throttle.LONGEST_SECONDS


def test_other_staff_and_strangers_find_no_desk(client: Client) -> None:
    make_user("researcher", Role.Name.RESEARCHER, site_id=1)
    assert client.get("/desk/").status_code == 302
    sign_in(client, "researcher")
    assert client.get("/desk/").status_code == 404


def test_signing_out_takes_two_hops_and_ends_the_session(client: Client) -> None:
    make_user()
    sign_in(client)
    first = client.post("/desk/sign-out/")
    assert (first.status_code, first.content, first["Refresh"]) == (200, b"", "0; url=/desk/signed-out/")
    second = client.get("/desk/signed-out/")
    assert second["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert client.get("/desk/").status_code == 302


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_way_onward_stays_here(client: Client, target: str) -> None:
    make_user()
    response = client.post("/desk/sign-in/", {"username": "coordinator", "password": PASSWORD, "next": target})
    assert response["Location"] == "/desk/"


def test_an_idle_session_ends(client: Client) -> None:
    make_user()
    sign_in(client)
    client.get("/desk/")
    session = client.session
    session["staff_seen"] = session["staff_seen"] - 16 * 60
    session.save()
    assert client.get("/desk/").status_code == 302


def test_the_audit_trail_is_a_chain_that_the_application_cannot_rewrite() -> None:
    first = audit.record(by="a", action="sign-in")
    second = audit.record(by="b", action="export", format="docx")
    assert (first.previous, second.previous) == ("", first.hash)
    assert audit.head() == second.hash == audit.entry_hash(second)
    for attack in (AuditEntry.objects.update, AuditEntry.objects.all().delete):
        for role in ("survey_web", "survey_worker"):
            with acting_as(role), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                attack(**({"actor": "c"} if attack == AuditEntry.objects.update else {}))


def test_a_researcher_has_a_site_and_a_coordinator_none() -> None:
    user = make_user(role=None)
    for name, site_id in ((Role.Name.RESEARCHER, None), (Role.Name.COORDINATOR, 1)):
        with acting_as("survey_owner"), pytest.raises(DatabaseError), transaction.atomic():
            Role.objects.create(user=user, name=name, site_id=site_id)
