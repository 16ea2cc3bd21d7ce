"""Who may open a page, and what the database itself says about roles."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory

from accounts.access import (
    Roles,
    require_account,
    require_administrator,
    require_coordinator,
    require_researcher,
    require_staff,
    roles_of,
)
from accounts.models import Role, User
from tests.factories import PASSWORD
from tests.roles import acting_as

pytestmark = pytest.mark.django_db


def staff(*roles: tuple[str, int | None]) -> User:
    with acting_as("survey_owner"):
        user = User.objects.create_user("someone", PASSWORD)
        Role.objects.bulk_create(Role(user=user, name=name, site_id=site_id) for name, site_id in roles)
    return user


def page(request: HttpRequest, **arguments: int) -> HttpResponse:
    return HttpResponse("page")


def ask(guarded: Any, user: Any, method: str = "GET", both: bool = True, **arguments: int) -> HttpResponse:
    request = RequestFactory().generic(method, "/desk/page/?a=1")
    request.user = user
    user.is_verified = lambda: both
    return guarded(request, **arguments)


def test_roles_are_read_in_one_query(django_assert_num_queries: Any) -> None:
    user = staff(("coordinator", None), ("researcher", 3), ("researcher", 5))
    with django_assert_num_queries(1):
        assert roles_of(user) == Roles(coordinator=True, administrator=False, site_ids=frozenset({3, 5}))


@pytest.mark.parametrize("guard", [require_coordinator, require_researcher])
def test_a_stranger_is_led_to_sign_in_and_back(guard: Any) -> None:
    response = ask(guard(page), AnonymousUser())
    assert (response.status_code, response["Location"]) == (302, "/desk/sign-in/?next=/desk/page/%3Fa%3D1")


def test_a_stranger_who_sent_a_form_is_not_led_back_to_an_address_for_forms() -> None:
    assert ask(require_coordinator(page), AnonymousUser(), "POST")["Location"] == "/desk/sign-in/?next=/desk/"


@pytest.mark.parametrize("guard", [require_coordinator, require_researcher, require_administrator, require_account])
def test_a_password_alone_leads_to_the_second_step_and_no_further(guard: Any) -> None:
    user = staff(("coordinator", None), ("researcher", 3), ("administrator", None))
    response = ask(guard(page), user, both=False)
    assert (response.status_code, response["Location"]) == (302, "/desk/sign-in/code/?next=/desk/page/%3Fa%3D1")


def test_a_coordinator_opens_pages_of_coordinators_only() -> None:
    user = staff(("coordinator", None))
    assert ask(require_coordinator(page), user).content == b"page"
    with pytest.raises(Http404):
        ask(require_researcher(page), user)


def test_a_researcher_opens_pages_of_the_own_site_only() -> None:
    user = staff(("researcher", 3))
    assert ask(require_researcher(page), user).content == b"page"
    assert ask(require_researcher(page), user, site_id=3).content == b"page"
    for guard, arguments in ((require_researcher, {"site_id": 5}), (require_coordinator, {})):
        with pytest.raises(Http404):
            ask(guard(page), user, **arguments)


def test_an_administrator_is_neither_coordinator_nor_researcher() -> None:
    user = staff(("administrator", None))
    assert roles_of(user) == Roles(administrator=True)
    assert ask(require_administrator(page), user).content == b"page"
    for guard in (require_coordinator, require_researcher, require_staff):
        with pytest.raises(Http404):
            ask(guard(page), user)


@pytest.mark.parametrize(
    "roles",
    [
        [("researcher", None)],
        [("coordinator", 3)],
        [("administrator", 3)],
        [("owner", None)],
        [("coordinator", None), ("coordinator", None)],
        [("researcher", 3), ("researcher", 3)],
    ],
)
def test_the_database_refuses_roles_that_make_no_sense(roles: list[tuple[str, int | None]]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        staff(*roles)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("survey_web", "UPDATE accounts_role SET name = 'coordinator'"),
        ("survey_web", "UPDATE accounts_role SET site_id = 1"),
        ("survey_web", "UPDATE accounts_user SET username = 'x'"),
        ("survey_web", "DELETE FROM accounts_user"),
        ("survey_web", "UPDATE otp_static_statictoken SET token = 'x'"),
        ("survey_worker", "SELECT * FROM otp_totp_totpdevice"),
        ("survey_worker", "SELECT * FROM otp_static_statictoken"),
        ("survey_worker", "SELECT * FROM accounts_onetimelink"),
        ("survey_worker", "SELECT * FROM accounts_staffsession"),
        ("survey_worker", "INSERT INTO accounts_role (user_id, name) VALUES (1, 'coordinator')"),
        ("survey_worker", "SELECT * FROM django_session"),
        ("survey_worker", "UPDATE accounts_user SET password = ''"),
    ],
)
def test_the_database_refuses_what_no_page_and_no_job_does(role: str, statement: str) -> None:
    with acting_as(role), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(statement)
