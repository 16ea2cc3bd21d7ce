"""The second step: every code once, nothing opened before it, and nothing in the tables that makes a code."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken

from accounts import factors, seeds
from accounts.models import AuditEntry, Authenticator, BackupCodes, Role, Throttle, User
from tests.factories import PASSWORD, app_code, give_app, make_staff, signed_in
from tests.roles import acting_as

pytestmark = pytest.mark.django_db

SIGN_IN, CODE, ENROL = "/desk/sign-in/", "/desk/sign-in/code/", "/desk/enrol/"


@pytest.fixture
def half(client: Client) -> Client:
    """Signed in with the password of a coordinator who has an app."""
    make_staff()
    assert client.post(SIGN_IN, {"username": "coordinator", "password": PASSWORD})["Location"] == CODE
    return client


@pytest.fixture
def new(client: Client) -> Client:
    """Signed in with the password of a coordinator who has no app yet."""
    with acting_as("survey_owner"):
        user = User.objects.create_user("coordinator", PASSWORD)
        Role.objects.create(user=user, name=Role.Name.COORDINATOR)
    client.post(SIGN_IN, {"username": "coordinator", "password": PASSWORD})
    return client


def forgive() -> None:
    """As if the waits after wrong codes were over."""
    Throttle.objects.all().delete()
    Authenticator.objects.update(throttling_failure_timestamp=None)


def enrol(client: Client) -> Any:
    client.get(ENROL)
    return client.post(ENROL, {"code": str(TOTP(bytes.fromhex(client.session["factor_seed"])).token()).zfill(6)})


def test_between_the_steps_the_desk_is_closed_and_leads_to_the_code(half: Client) -> None:
    for address in ("/desk/account/", "/desk/accounts/", "/desk/cohorts/", "/desk/account/codes/shown/"):
        assert half.get(address)["Location"] == f"{CODE}?next={address}"
    page = half.get(CODE).text
    assert "Audit trail" not in page
    assert 'href="/desk/account/"' not in page
    assert half.get(ENROL)["Location"] == CODE


def test_between_the_steps_language_and_the_way_out_work(half: Client) -> None:
    assert half.post("/desk/language/", {"language": "ar", "next": CODE})["Location"] == CODE
    assert half.get(CODE)["Content-Language"] == "ar"
    assert User.objects.get().language == ""
    assert half.post("/desk/sign-out/")["Refresh"] == "0; url=/desk/signed-out/"
    assert half.get(CODE)["Location"] == SIGN_IN
    assert AuditEntry.objects.count() == 0


@pytest.mark.parametrize("typed", ["{}", " {} ", "{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}", "arabic"])
def test_a_code_opens_the_desk_however_it_is_typed(half: Client, typed: str) -> None:
    code = app_code("coordinator")
    typed = code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")) if typed == "arabic" else typed.format(code)
    cookie = half.session.session_key
    assert half.post(CODE, {"code": typed, "next": "/desk/account/"})["Location"] == "/desk/account/"
    assert half.get("/desk/").status_code == 200
    assert half.session.session_key != cookie
    assert list(AuditEntry.objects.values_list("actor", "action")) == [("coordinator", "sign-in")]


def test_a_code_is_good_once(half: Client) -> None:
    code = app_code("coordinator")
    half.post(CODE, {"code": code})
    other = Client()
    other.post(SIGN_IN, {"username": "coordinator", "password": PASSWORD})
    page = other.post(CODE, {"code": code})
    assert "was used already" in page.text
    assert other.get("/desk/").status_code == 302


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "1234567", "\x00", "-" * 32, "٠" * 6])
def test_a_wrong_code_opens_nothing_and_is_written_down(half: Client, code: str) -> None:
    page = half.post(CODE, {"code": code})
    assert page.status_code == 200
    assert "You are not signed in" in page.text
    assert half.get("/desk/").status_code == 302
    assert set(AuditEntry.objects.values_list("action", flat=True)) <= {"code-refused"}


def test_guessing_codes_slows_down_and_says_so(half: Client) -> None:
    for _ in range(4):
        half.post(CODE, {"code": "000000"})
        Authenticator.objects.update(throttling_failure_timestamp=None)
    page = half.post(CODE, {"code": app_code("coordinator")}).text
    assert "Wait 2 seconds, then try again." in page
    forgive()
    assert half.post(CODE, {"code": app_code("coordinator")}).status_code == 303
    assert not Throttle.objects.exists()


def test_django_otp_waits_too_but_never_longer_than_we_do(half: Client) -> None:
    half.post(CODE, {"code": "000000"})
    assert "Wait 1 second, then try again." in half.post(CODE, {"code": app_code("coordinator")}).text
    waits = [
        2 ** (failures - 1) * Authenticator(throttling_failure_count=failures).get_throttle_factor()
        for failures in (1, 2, 3, 7, 60)
    ]
    assert waits == [1, 2, 4, 42, 42]


def test_waiting_for_codes_does_not_stop_anybody_at_the_password(half: Client) -> None:
    for _ in range(5):
        half.post(CODE, {"code": "000000"})
    assert Client().post(SIGN_IN, {"username": "coordinator", "password": PASSWORD}).status_code == 303


def test_nobody_uses_a_colleagues_code(half: Client) -> None:
    other = make_staff("amina")
    with acting_as("survey_owner"):
        Authenticator.objects.filter(user=other).update(key=seeds.sealed(b"o" * 20, user_id=other.pk))
    assert half.post(CODE, {"code": app_code("amina")}).status_code == 200


# Setting it up --------------------------------------------------------------------------------------------------------


def test_a_first_sign_in_sets_up_the_app_and_gets_backup_codes_once(new: Client) -> None:
    assert new.get("/desk/")["Location"] == f"{CODE}?next=/desk/"
    assert new.get(CODE)["Location"] == ENROL
    page = new.get(ENROL).text
    assert "<svg" in page
    assert "style" not in re.sub(r"<link[^>]+>", "", page).lower()
    assert "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page)) == "".join(
        factors.letters(bytes.fromhex(new.session["factor_seed"]))
    )
    assert enrol(new)["Location"] == "/desk/account/codes/shown/"
    codes = re.findall(r'class="code">(\S+?)</li>', new.get("/desk/account/codes/shown/").text)
    assert [len(code) for code in codes] == [11] * 10
    assert len(set(codes)) == 10
    assert new.get("/desk/account/codes/shown/")["Location"] == "/desk/account/"
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["factor-set", "sign-in"]
    assert "factor_seed" not in new.session


def test_a_wrong_first_code_keeps_the_same_picture(new: Client) -> None:
    first = new.get(ENROL).text
    again = new.post(ENROL, {"code": "000000"})
    assert again.status_code == 422
    svg = re.compile(r"<svg.*?</svg>", re.DOTALL)
    assert svg.findall(again.text) == svg.findall(first)
    assert not Authenticator.objects.exists()


def test_the_code_that_proved_the_app_cannot_sign_in(new: Client) -> None:
    new.get(ENROL)
    code = str(TOTP(bytes.fromhex(new.session["factor_seed"])).token()).zfill(6)
    new.post(ENROL, {"code": code})
    assert factors.prove(user=User.objects.get(), code=code) is None


def test_a_session_that_was_slower_cannot_set_up_another_app(new: Client) -> None:
    slower = Client()
    slower.post(SIGN_IN, {"username": "coordinator", "password": PASSWORD})
    slower.get(ENROL)
    enrol(new)
    seed = Authenticator.objects.get().key
    assert slower.get(ENROL)["Location"] == SIGN_IN
    assert factors.enrol(user=User.objects.get(), seed=b"x" * 20, code=str(TOTP(b"x" * 20).token()).zfill(6)) is None
    assert Authenticator.objects.get().key == seed


# Backup codes ---------------------------------------------------------------------------------------------------------


def test_a_backup_code_opens_the_desk_once_and_leads_to_the_own_account(half: Client) -> None:
    code = factors.new_codes(user=User.objects.get())[0]
    response = half.post(CODE, {"code": f" {code.upper()} "})
    assert response["Location"] == "/desk/account/"
    assert "9 backup codes are left." in half.get("/desk/account/").text
    assert AuditEntry.objects.filter(action="backup-code-used").count() == 1
    other = Client()
    other.post(SIGN_IN, {"username": "coordinator", "password": PASSWORD})
    assert other.post(CODE, {"code": code}).status_code == 200


def test_new_backup_codes_replace_the_old_ones() -> None:
    user = make_staff()
    old = factors.new_codes(user=user)
    new = factors.new_codes(user=user)
    assert factors.codes_left(user) == 10
    assert factors.prove(user=user, code=old[0]) is None
    BackupCodes.objects.update(throttling_failure_timestamp=None)
    assert factors.prove(user=user, code=new[0]) is not None


# At rest --------------------------------------------------------------------------------------------------------------


def test_the_tables_hold_no_seed_and_no_backup_code() -> None:
    user = make_staff()
    codes = factors.new_codes(user=user)
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM otp_totp_totpdevice")
        [(key,)] = cursor.fetchall()
    assert (len(key), (b"s" * 20).hex() in key) == (72, False)
    assert Authenticator.objects.get().bin_key == b"s" * 20
    stored = set(StaticToken.objects.values_list("token", flat=True))
    assert {len(token) for token in stored} == {16}
    assert not stored & {code.replace("-", "") for code in codes}


def test_a_seed_moved_to_another_account_fits_no_app() -> None:
    make_staff("amina")
    other = make_staff("brian")
    Authenticator.objects.filter(user=other).update(key=Authenticator.objects.get(user__username="amina").key)
    assert Authenticator.objects.get(user=other).bin_key != b"s" * 20


def test_under_another_secret_key_no_code_fits(settings: Any) -> None:
    user = make_staff()
    code, [backup, *_] = app_code("coordinator"), factors.new_codes(user=user)
    settings.SECRET_KEY = "another installation's key, long enough for it"
    assert factors.prove(user=user, code=code) is None
    assert factors.prove(user=user, code=backup) is None


def test_a_factor_taken_away_closes_the_sessions_it_had_opened(client: Client) -> None:
    user = make_staff()
    signed_in(client, user)
    assert client.get("/desk/").status_code == 200
    factors.remove([user])
    assert client.get("/desk/")["Location"] == f"{CODE}?next=/desk/"
    give_app(user)
    assert client.get("/desk/").status_code == 302
