"""Administrators: inviting, roles, lost phones, leaving; what they cannot do, and what is written down."""

import datetime
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_otp.oath import TOTP

from accounts import people
from accounts.access import Roles, roles_of
from accounts.models import AuditEntry, Authenticator, OneTimeLink, Role, User
from survey.models import Version
from tests.factories import PASSWORD, make_staff, signed_in
from tests.roles import acting_as
from tests.studies import publish_small, site_of

pytestmark = pytest.mark.django_db

ACCOUNTS = "/desk/accounts/"
LONG = "granite-window-otter-lamp"


@pytest.fixture
def version() -> Version:
    return publish_small()


@pytest.fixture
def ada(client: Client) -> Client:
    """An administrator at the desk."""
    return signed_in(client, make_staff("ada", Role.Name.ADMINISTRATOR))


def acts() -> list[tuple[str, str, Any]]:
    by_people = AuditEntry.objects.exclude(action__in=["version-published", "key-made"]).order_by("pk")
    return list(by_people.values_list("actor", "action", "detail__account"))


def invite(ada: Client, username: str = "basma", **sent: Any) -> str:
    """Invite somebody; the path of the link."""
    values = {"username": username, "display_name": "", "roles": ["coordinator"], **sent}
    shown = ada.post(f"{ACCOUNTS}new/", values)
    assert shown.status_code == 303, shown.text
    found = re.search(r"http://testserver(/desk/join/\S+/)<", ada.get(shown["Location"]).text)
    assert found
    return found.group(1)


def test_an_administrators_day_begins_with_the_accounts(ada: Client) -> None:
    assert ada.get("/desk/")["Location"] == ACCOUNTS
    page = ada.get(ACCOUNTS).text
    assert ">Accounts</a>" in page
    assert "ada" in page


def test_from_an_invitation_to_the_desk(ada: Client, version: Version) -> None:
    egypt = site_of(version, "EG")
    link = invite(ada, roles=[], sites=[str(egypt.pk)])
    newcomer = Client()
    assert "Your user name is <b>" in newcomer.get(link).text
    assert newcomer.post(link, {"new": LONG, "again": LONG})["Location"] == "/desk/enrol/"
    newcomer.get("/desk/enrol/")
    code = str(TOTP(bytes.fromhex(newcomer.session["factor_seed"])).token()).zfill(6)
    newcomer.post("/desk/enrol/", {"code": code})
    assert newcomer.get("/desk/")["Location"] == "/desk/cohorts/"
    assert roles_of(User.objects.get(username="basma")) == Roles(site_ids=frozenset({egypt.pk}))
    assert acts() == [
        ("ada", "account-invited", "basma"),
        ("ada", "role-given", "basma"),
        ("basma", "link-used", "basma"),
        ("basma", "factor-set", "basma"),
        ("basma", "sign-in", None),
    ]


def test_a_link_works_once_is_shown_once_and_is_kept_as_a_hash(ada: Client) -> None:
    link = invite(ada)
    person = User.objects.get(username="basma")
    assert ada.get(f"{ACCOUNTS}{person.pk}/link/")["Location"] == f"{ACCOUNTS}{person.pk}/"
    token = link.split("/")[-2]
    assert bytes(OneTimeLink.objects.get().token_hash) == people.token_hash(token)
    Client().post(link, {"new": LONG, "again": LONG})
    again = Client().post(link, {"new": "another-" + LONG, "again": "another-" + LONG})
    assert again.status_code == 404
    assert "This link does not work" in again.text
    assert User.objects.get(username="basma").check_password(LONG)
    assert token not in str(list(AuditEntry.objects.values()))


def test_the_language_chosen_at_the_link_stays_though_somebody_else_was_signed_in(ada: Client) -> None:
    link = invite(ada)
    ada.post("/desk/language/", {"language": "ar", "next": link})
    ada.post(link, {"new": LONG, "again": LONG})
    page = ada.get("/desk/enrol/")
    assert (page["Content-Language"], ada.session["_auth_user_id"]) == (
        "ar",
        str(User.objects.get(username="basma").pk),
    )


@pytest.mark.parametrize(("days", "status"), [(0, 200), (-1, 404)])
def test_a_link_lives_until_its_last_day(ada: Client, days: int, status: int) -> None:
    link = invite(ada)
    OneTimeLink.objects.update(expires_on=timezone.now().date() + datetime.timedelta(days=days))
    assert Client().get(link).status_code == status


def test_a_made_up_link_gets_the_same_page_as_a_used_one() -> None:
    assert Client().get("/desk/join/made-up/").status_code == 404


@pytest.mark.parametrize(
    ("new", "again", "said"),
    [
        ("short-password", "short-password", "It has fewer than 15 characters."),
        ("1q2w3e4r5t6y7u8i", "1q2w3e4r5t6y7u8i", "among the first that are tried"),
        (LONG, LONG + "x", "The two passwords differ."),
        ("", "", "This field is required."),
    ],
)
def test_a_newcomers_password_is_long_rare_and_typed_twice(ada: Client, new: str, again: str, said: str) -> None:
    link = invite(ada)
    page = Client().post(link, {"new": new, "again": again})
    assert page.status_code == 422
    assert said in page.text
    assert OneTimeLink.objects.exists()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"username": "Basma"}, "3 to 32 of a-z"),
        ({"username": "a b c"}, "3 to 32 of a-z"),
        ({"username": "ada"}, "of this name already"),
        ({"roles": []}, "at least one role or country"),
        ({"roles": ["administrator", "coordinator"]}, "An administrator has no other role"),
        ({"roles": ["administrator"], "sites": ["{}"]}, "An administrator has no other role"),
        ({"roles": ["owner"]}, "Select a valid choice"),
        ({"sites": ["987"]}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(ada: Client, version: Version, sent: Any, said: str) -> None:
    sent = {
        name: [v.format(site_of(version, "EG").pk) for v in value] if name == "sites" else value
        for name, value in sent.items()
    }
    page = ada.post(f"{ACCOUNTS}new/", {"username": "basma", "roles": ["coordinator"], **sent})
    assert page.status_code == 422
    assert said in page.text
    assert User.objects.count() == 1


def test_changed_roles_count_from_the_next_page_on(ada: Client, version: Version) -> None:
    kenya, egypt = site_of(version, "KE"), site_of(version, "EG")
    amina = make_staff("amina", Role.Name.RESEARCHER, kenya)
    desk = signed_in(Client(), amina)
    assert desk.get(f"/desk/sites/{kenya.pk}/cohorts/new/").status_code == 200
    page = ada.get(f"{ACCOUNTS}{amina.pk}/").text
    assert re.search(rf'name="sites" value="{kenya.pk}"[^>]* checked', page)
    ada.post(f"{ACCOUNTS}{amina.pk}/", {"roles": ["coordinator"], "sites": [str(egypt.pk)]})
    assert roles_of(amina) == Roles(coordinator=True, site_ids=frozenset({egypt.pk}))
    assert desk.get(f"/desk/sites/{kenya.pk}/cohorts/new/").status_code == 404
    assert [entry[1:] for entry in acts()] == [
        ("role-taken", "amina"),
        ("role-given", "amina"),
        ("role-given", "amina"),
    ]


def test_who_leaves_is_out_at_once_and_may_come_back(ada: Client) -> None:
    brian = make_staff("brian")
    desk = signed_in(Client(), brian)
    desk.get("/desk/")
    ada.post(f"{ACCOUNTS}{brian.pk}/close/")
    assert desk.get("/desk/").status_code == 302
    assert "_auth_user_id" not in desk.session
    refused = Client().post("/desk/sign-in/", {"username": "brian", "password": PASSWORD})
    assert "do not belong together" in refused.text
    ada.post(f"{ACCOUNTS}{brian.pk}/reopen/")
    assert Client().post("/desk/sign-in/", {"username": "brian", "password": PASSWORD}).status_code == 303
    assert acts() == [("ada", "account-closed", "brian"), ("ada", "account-reopened", "brian")]


def test_a_closed_accounts_link_leads_nowhere(ada: Client) -> None:
    link = invite(ada)
    ada.post(f"{ACCOUNTS}{User.objects.get(username='basma').pk}/close/")
    assert Client().get(link).status_code == 404


def test_after_a_lost_phone_only_the_new_link_leads_in(ada: Client) -> None:
    brian = make_staff("brian")
    desk = signed_in(Client(), brian)
    desk.get("/desk/")
    shown = ada.post(f"{ACCOUNTS}{brian.pk}/reset/")
    assert shown["Location"] == f"{ACCOUNTS}{brian.pk}/link/"
    assert "/desk/join/" in ada.get(shown["Location"]).text
    assert "_auth_user_id" not in desk.session
    assert not Authenticator.objects.filter(user=brian).exists()
    assert Client().post("/desk/sign-in/", {"username": "brian", "password": PASSWORD}).status_code == 200
    assert acts() == [("ada", "factor-reset", "brian")]


def test_ending_somebodys_sessions_leaves_the_account_open(ada: Client) -> None:
    brian = make_staff("brian")
    desk = signed_in(Client(), brian)
    desk.get("/desk/")
    assert "1 session was used in the last hour." in ada.get(f"{ACCOUNTS}{brian.pk}/").text
    ada.post(f"{ACCOUNTS}{brian.pk}/end-sessions/")
    assert "_auth_user_id" not in desk.session
    assert Client().post("/desk/sign-in/", {"username": "brian", "password": PASSWORD}).status_code == 303


# What an administrator cannot do --------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["close", "reset", "end-sessions", "reopen", "erase"])
def test_the_own_account_is_in_another_administrators_hands(ada: Client, act: str) -> None:
    own = User.objects.get(username="ada")
    make_staff("second", Role.Name.ADMINISTRATOR)
    assert ada.post(f"{ACCOUNTS}{own.pk}/{act}/").status_code == 404
    assert ada.post(f"{ACCOUNTS}{own.pk}/", {"roles": ["coordinator"]}).status_code == 404
    assert roles_of(own) == Roles(administrator=True)
    assert "in the hands of another administrator" in ada.get(f"{ACCOUNTS}{own.pk}/").text
    assert AuditEntry.objects.count() == 0


def test_two_administrators_cannot_take_the_role_from_each_other() -> None:
    ada, ben = (make_staff(name, Role.Name.ADMINISTRATOR) for name in ("ada", "ben"))
    people.close(person=ben, by=ada)
    with pytest.raises(people.NotAllowedError):
        people.close(person=ada, by=ben)
    assert list(User.objects.filter(is_active=True)) == [ada]


def test_whoever_lost_the_role_meanwhile_changes_nothing(ada: Client) -> None:
    brian, own = make_staff("brian"), User.objects.get(username="ada")
    with acting_as("survey_owner"):
        Role.objects.filter(user=own).delete()
    with pytest.raises(people.NotAllowedError):
        people.change_roles(person=brian, roles=frozenset({("administrator", None)}), by=own)
    assert ada.get(ACCOUNTS).status_code == 404


def test_nobody_else_finds_accounts(version: Version) -> None:
    for user in (make_staff("coordinator"), make_staff("amina", Role.Name.RESEARCHER, site_of(version, "KE"))):
        desk = signed_in(Client(), user)
        assert {desk.get(f"{ACCOUNTS}{place}").status_code for place in ("", "new/", f"{user.pk}/")} == {404}
        assert ">Accounts</a>" not in desk.get("/desk/account/").text


def test_a_hundred_accounts_cost_as_many_queries_as_one(ada: Client, version: Version) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert ada.get(ACCOUNTS).status_code == 200
        return len(caught)

    ada.get(ACCOUNTS)
    few = queries()
    with acting_as("survey_owner"):
        users = User.objects.bulk_create(User(username=f"u{number}", password="x") for number in range(100))
        Role.objects.bulk_create(
            Role(user=user, name=Role.Name.RESEARCHER, site_id=site_of(version, "KE").pk) for user in users
        )
    assert queries() == few
