"""Signing in and out, and how long a session of staff lasts."""

import time
from statistics import median
from typing import Any

import pytest
from django.test import Client

from accounts import middleware
from accounts.models import AuditEntry, Role, Throttle, User
from accounts.sessions import SessionStore
from survey.models import Site
from tests.factories import PASSWORD, app_code, make_staff, signed_in
from tests.roles import acting_as

pytestmark = pytest.mark.django_db

SIGN_IN = "/desk/sign-in/"


def sign_in(client: Client, username: str = "coordinator", password: str = PASSWORD, onward: str = "") -> Any:
    """Both steps; the answer to the last one that was reached."""
    first = client.post(SIGN_IN, {"username": username, "password": password, "next": onward})
    if first.status_code != 303:
        return first
    return client.post(first["Location"], {"code": app_code(username), "next": onward})


def test_the_right_password_opens_the_desk_and_is_written_down(client: Client) -> None:
    user = make_staff()
    response = sign_in(client)
    assert (response.status_code, response["Location"]) == (303, "/desk/")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert list(AuditEntry.objects.values_list("actor", "action", "detail")) == [("coordinator", "sign-in", {})]


def test_signing_in_changes_the_session_key(client: Client) -> None:
    make_staff()
    client.post("/desk/language/", {"language": "sw"})
    before = client.session.session_key
    sign_in(client)
    assert client.session.session_key != before
    assert client.session["language"] == "sw"
    assert dict(SessionStore(before).items()) == {}


@pytest.mark.parametrize(
    ("username", "password"), [("coordinator", "wrong"), ("nobody", PASSWORD), ("coordinator", f" {PASSWORD}")]
)
def test_a_wrong_name_or_password_gets_the_same_answer(client: Client, username: str, password: str) -> None:
    make_staff()
    response = sign_in(client, username, password)
    assert response.status_code == 200
    assert "User name and password do not belong together" in response.text
    assert "_auth_user_id" not in client.session
    assert PASSWORD not in response.text


def test_somebody_inactive_cannot_sign_in_and_is_signed_out_everywhere(client: Client) -> None:
    user = make_staff()
    signed_in(client, user)
    with acting_as("survey_owner"):
        User.objects.update(is_active=False)
    assert client.get("/desk/")["Location"] == f"{SIGN_IN}?next=/desk/"
    assert "do not belong together" in sign_in(Client()).text


def test_an_unknown_name_takes_as_long_as_a_known_one() -> None:
    make_staff()

    def seconds(username: str) -> float:
        begun = time.perf_counter()
        sign_in(Client(), username, "wrong")
        Throttle.objects.all().delete()
        return time.perf_counter() - begun

    known, unknown = (median(seconds(name) for _ in range(5)) for name in ("coordinator", "nobody"))
    assert 0.5 < known / unknown < 2


def test_a_new_password_ends_the_sessions_of_the_old_one(client: Client) -> None:
    user = make_staff()
    signed_in(client, user)
    user.set_password("another-long-password")
    user.save(update_fields=["password"])
    assert client.get("/desk/")["Location"] == f"{SIGN_IN}?next=/desk/"


@pytest.mark.parametrize(
    ("onward", "target"),
    [
        ("/desk/comparisons/7/", "/desk/comparisons/7/"),
        ("https://elsewhere.example/", "/desk/"),
        ("//elsewhere.example/", "/desk/"),
        ("javascript:alert(1)", "/desk/"),
    ],
)
def test_signing_in_leads_on_only_within_the_house(client: Client, onward: str, target: str) -> None:
    make_staff()
    assert sign_in(client, onward=onward)["Location"] == target


def test_empty_fields_are_named_in_the_summary_and_beside_the_field(client: Client) -> None:
    page = sign_in(client, "", "").text
    assert "<title>Error: Sign in</title>" in page
    assert '<a href="#password">Password: This field is required.</a>' in page
    assert 'aria-describedby="password_error"' in page
    assert 'id="password_error"' in page


@pytest.mark.parametrize("username", ["\x00", "a" * 5000, "ﬀ\u202e", "'; DROP TABLE accounts_user; --", "<b>"])
def test_odd_names_get_an_ordinary_page(client: Client, username: str) -> None:
    response = sign_in(client, username, username)
    assert response.status_code == 200
    assert "<b>" not in response.text


def test_a_researcher_signs_in_and_finds_no_page_of_coordinators(client: Client) -> None:
    make_staff("researcher-mx", role=Role.Name.RESEARCHER, site=Site(pk=7))
    assert client.get("/desk/").status_code == 302
    sign_in(client, "researcher-mx")
    assert client.get("/desk/")["Location"] == "/desk/cohorts/"
    assert client.get("/desk/comparisons/new/defenders/").status_code == 404


# Sessions end ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("idle", "old", "stays"),
    [
        (14 * 60, 14 * 60, True),
        (15 * 60 + 2, 15 * 60 + 2, False),
        (60, 8 * 3600 - 60, True),
        (60, 8 * 3600 + 2, False),
    ],
)
def test_a_session_ends_after_idle_minutes_and_after_hours(client: Client, idle: int, old: int, stays: bool) -> None:
    make_staff()
    sign_in(client)
    session, now = client.session, int(time.time())
    session[middleware.SEEN], session[middleware.STARTED] = now - idle, now - old
    session.save()
    assert (client.get("/desk/").status_code == 200) is stays
    assert ("_auth_user_id" in client.session) is stays


def test_using_the_desk_keeps_the_session_awake(client: Client) -> None:
    make_staff()
    sign_in(client)
    session, now = client.session, int(time.time())
    session[middleware.SEEN] = now - 10 * 60
    session.save()
    client.get("/desk/")
    assert client.session[middleware.SEEN] >= now


# Signing out ----------------------------------------------------------------------------------------------------------


def test_signing_out_is_a_blank_page_that_leads_to_one_that_clears_the_browser(client: Client) -> None:
    make_staff()
    sign_in(client)
    first = client.post("/desk/sign-out/")
    assert (first.status_code, first.content, first["Refresh"]) == (200, b"", "0; url=/desk/signed-out/")
    assert "_auth_user_id" not in client.session
    second = client.get("/desk/signed-out/")
    assert (second.status_code, second["Location"]) == (303, SIGN_IN)
    assert second["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["sign-in", "sign-out"]


def test_another_site_cannot_clear_the_browser(client: Client) -> None:
    response = client.get("/desk/signed-out/", headers={"Sec-Fetch-Site": "cross-site"})
    assert "Clear-Site-Data" not in response


def test_a_link_cannot_sign_anybody_out(client: Client) -> None:
    assert client.get("/desk/sign-out/").status_code == 405


# Language -------------------------------------------------------------------------------------------------------------


def test_the_chosen_language_comes_back_at_the_next_sign_in(client: Client) -> None:
    make_staff()
    sign_in(client)
    assert client.post("/desk/language/", {"language": "ar", "next": "/desk/"})["Location"] == "/desk/"
    again = Client()
    sign_in(again)
    page = again.get("/desk/")
    assert page["Content-Language"] == "ar"
    assert '<html lang="ar" dir="rtl">' in page.text


def test_an_unknown_language_changes_nothing(client: Client) -> None:
    client.post("/desk/language/", {"language": "xx"})
    assert "language" not in client.session
