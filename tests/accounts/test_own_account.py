"""One's own account: password, backup codes, another phone, sessions."""

import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django_otp.oath import TOTP

from accounts import factors
from accounts.models import AuditEntry, Authenticator, BackupCodes, StaffSession, User
from accounts.sessions import SessionStore, row_key
from tests.factories import PASSWORD, app_code, make_staff, signed_in

pytestmark = pytest.mark.django_db

ACCOUNT = "/desk/account/"
LONG = "granite-window-otter-lamp"


def at_desk() -> Client:
    client = Client()
    first = client.post("/desk/sign-in/", {"username": "coordinator", "password": PASSWORD})
    client.post(first["Location"], {"code": app_code("coordinator")})
    assert client.get(ACCOUNT).status_code == 200
    return client


def on_paper(code: str) -> Client:
    """At the desk with the password and a backup code."""
    client = Client()
    first = client.post("/desk/sign-in/", {"username": "coordinator", "password": PASSWORD})
    assert client.post(first["Location"], {"code": code})["Location"] == ACCOUNT
    return client


@pytest.fixture
def desk() -> Client:
    make_staff()
    return at_desk()


def is_in(client: Client) -> bool:
    return client.get(ACCOUNT).status_code == 200


def last_act() -> tuple[str, str]:
    entry = AuditEntry.objects.order_by("-pk")[0]
    return entry.actor, entry.action


def test_a_new_password_asks_the_present_one_and_ends_the_other_sessions(desk: Client) -> None:
    other = at_desk()
    values = {"password": PASSWORD, "new": LONG, "again": LONG}
    wrong = desk.post(f"{ACCOUNT}password/", {**values, "password": "wrong"})
    assert (wrong.status_code, "This is not your present password." in wrong.text) == (422, True)
    cookie = desk.session.session_key
    assert desk.post(f"{ACCOUNT}password/", values)["Location"] == f"{ACCOUNT}?done=password"
    assert (is_in(desk), is_in(other)) == (True, False)
    assert desk.session.session_key != cookie
    assert dict(SessionStore(cookie).items()) == {}
    assert User.objects.get().check_password(LONG)
    assert last_act() == ("coordinator", "password-changed")


@pytest.mark.parametrize("new", ["short", "1q2w3e4r5t6y7u8i"])
def test_a_weak_password_is_refused(desk: Client, new: str) -> None:
    assert desk.post(f"{ACCOUNT}password/", {"password": PASSWORD, "new": new, "again": new}).status_code == 422
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize("place", ["password/", "codes/", "phone/"])
def test_guessing_the_password_at_an_open_desk_slows_down(desk: Client, place: str) -> None:
    values = {"password": "wrong", "new": LONG, "again": LONG}
    for _ in range(4):
        desk.post(f"{ACCOUNT}{place}", values)
    page = desk.post(f"{ACCOUNT}{place}", {**values, "password": PASSWORD})
    assert "Wait 2 seconds, then try again." in page.text


def test_new_backup_codes_ask_the_password_and_are_shown_once(desk: Client) -> None:
    shown = desk.post(f"{ACCOUNT}codes/", {"password": PASSWORD})
    page = desk.get(shown["Location"]).text
    [code, *_] = re.findall(r'class="code">(\S+?)</li>', page)
    assert factors.prove(user=User.objects.get(), code=code) is not None
    assert desk.get(shown["Location"]).status_code == 303


def test_who_came_in_with_a_backup_code_sees_the_new_ones_and_stays_in() -> None:
    old = factors.new_codes(user=make_staff())
    desk, elsewhere = on_paper(old[0]), on_paper(old[1])
    shown = desk.post(f"{ACCOUNT}codes/", {"password": PASSWORD})
    new = re.findall(r'class="code">(\S+?)</li>', desk.get(shown["Location"]).text)
    assert (len(new), is_in(desk), is_in(elsewhere)) == (10, True, False)
    user = User.objects.get()
    assert factors.prove(user=user, code=old[2]) is None
    BackupCodes.objects.update(throttling_failure_timestamp=None)
    assert factors.prove(user=user, code=new[0]) is not None
    assert (factors.codes_left(user), is_in(desk), is_in(on_paper(new[1]))) == (9, True, True)


def test_who_came_in_with_the_app_stays_in_with_it_when_codes_are_drawn(desk: Client) -> None:
    desk.post(f"{ACCOUNT}codes/", {"password": PASSWORD})
    BackupCodes.objects.all().delete()
    assert is_in(desk)


def test_another_phone_counts_once_it_has_shown_a_code(desk: Client) -> None:
    other = at_desk()
    assert desk.get("/desk/enrol/")["Location"] == ACCOUNT
    assert desk.post(f"{ACCOUNT}phone/", {"password": PASSWORD})["Location"] == "/desk/enrol/"
    desk.get("/desk/enrol/")
    before = Authenticator.objects.get().key
    assert desk.post("/desk/enrol/", {"code": "000000"}).status_code == 422
    assert Authenticator.objects.get().key == before
    code = str(TOTP(bytes.fromhex(desk.session["factor_seed"])).token()).zfill(6)
    assert desk.post("/desk/enrol/", {"code": code})["Location"] == f"{ACCOUNT}codes/shown/"
    assert Authenticator.objects.get().key != before
    assert (is_in(desk), is_in(other)) == (True, False)
    assert desk.get("/desk/enrol/")["Location"] == ACCOUNT


# Sessions -------------------------------------------------------------------------------------------------------------


def test_own_sessions_are_listed_and_the_others_end(desk: Client) -> None:
    others = [at_desk(), at_desk()]
    page = desk.get(ACCOUNT).text
    assert (page.count(">another</span>"), page.count(">this one</span>")) == (2, 1)
    make_staff("amina")
    colleague = signed_in(Client(), "amina")
    colleague.get("/desk/")
    assert desk.post(f"{ACCOUNT}end-others/")["Location"] == f"{ACCOUNT}?done=sessions"
    assert ([is_in(other) for other in others], is_in(desk), is_in(colleague)) == ([False, False], True, True)
    assert [dict(SessionStore(other.cookies["s"].value).items()) for other in others] == [{}, {}]
    assert last_act() == ("coordinator", "sessions-ended")


def test_signing_in_leaves_no_session_of_the_first_step(desk: Client) -> None:
    assert StaffSession.objects.get().row_key == row_key(desk.cookies["s"].value)
    assert Session.objects.count() == 1


def test_signing_in_again_in_the_same_browser_is_still_one_session(desk: Client) -> None:
    desk.post("/desk/sign-in/", {"username": "coordinator", "password": PASSWORD})
    assert StaffSession.objects.get().row_key == row_key(desk.cookies["s"].value)


def test_signing_out_forgets_whose_the_session_was(desk: Client) -> None:
    desk.post("/desk/sign-out/")
    assert not StaffSession.objects.exists()


def test_a_session_is_known_by_day_and_hour_only(desk: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_staffsession")
        [row] = cursor.fetchall()
        names = [column.name for column in cursor.description]
    kept: dict[str, Any] = dict(zip(names, row, strict=True))
    assert set(kept) == {"row_key", "user_id", "begun_on", "seen"}
    assert (kept["seen"].minute, kept["seen"].second, kept["seen"].microsecond) == (0, 0, 0)
    assert desk.cookies["s"].value not in str(kept)
