"""Guessing slows down, by name, without addresses, and nobody is locked out."""

import datetime

import pytest
from django.db.models import F
from django.test import Client

from accounts import throttle
from accounts.models import Throttle
from tests.factories import PASSWORD, make_staff

pytestmark = pytest.mark.django_db


def pass_time(**span: float) -> None:
    Throttle.objects.update(blocked_until=F("blocked_until") - datetime.timedelta(**span))


def wait_after_a_try() -> int:
    """One try, made after all waiting is over; how long the next one has to wait."""
    assert throttle.begin_try(username="coordinator") == 0
    row = Throttle.objects.get()
    wait = (row.blocked_until - datetime.datetime.now(datetime.UTC)).total_seconds()
    pass_time(seconds=throttle.LONGEST_SECONDS)
    return max(0, round(wait))


def test_after_three_free_tries_the_wait_doubles_up_to_forty_two_seconds() -> None:
    assert [wait_after_a_try() for _ in range(10)] == [0, 0, 0, 2, 4, 8, 16, 32, 42, 42]


def test_case_and_blanks_do_not_make_another_name() -> None:
    for name in ("Coordinator", " coordinator", "COORDINATOR ", "coordinator"):
        throttle.begin_try(username=name)
    assert throttle.begin_try(username="coordinator") == 2
    assert throttle.begin_try(username="somebody") == 0


def test_after_a_quiet_day_a_name_starts_afresh() -> None:
    for _ in range(4):
        throttle.begin_try(username="coordinator")
    pass_time(days=2)
    assert throttle.begin_try(username="coordinator") == 0
    assert Throttle.objects.get().failures == 1


def test_the_table_holds_no_name() -> None:
    throttle.begin_try(username="coordinator")
    assert bytes(Throttle.objects.get().name_hash) == throttle.name_hash("coordinator")
    assert b"coordinator" not in bytes(Throttle.objects.get().name_hash)


@pytest.mark.parametrize("username", ["coordinator", "nobody"])
def test_even_the_right_password_waits_and_the_page_says_how_long(client: Client, username: str) -> None:
    make_staff()
    for _ in range(4):
        client.post("/desk/sign-in/", {"username": username, "password": "wrong"})
    page = client.post("/desk/sign-in/", {"username": username, "password": PASSWORD}).text
    assert "Wait 2 seconds, then try again." in page
    assert "_auth_user_id" not in client.session


def test_after_the_wait_the_right_password_opens_the_desk(client: Client) -> None:
    make_staff()
    for _ in range(4):
        client.post("/desk/sign-in/", {"username": "coordinator", "password": "wrong"})
    pass_time(seconds=2)
    response = client.post("/desk/sign-in/", {"username": "coordinator", "password": PASSWORD})
    assert response["Location"] == "/desk/sign-in/code/"


def test_signing_in_forgets_the_failures_before(client: Client) -> None:
    make_staff()
    for password in ("wrong", "wrong", PASSWORD):
        client.post("/desk/sign-in/", {"username": "coordinator", "password": password})
    assert not Throttle.objects.exists()
