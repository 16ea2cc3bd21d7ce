"""The demonstration's accounts: made once, printed at every start, kept in a file for the owner's eyes."""

import json
import stat
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts import factors, seeds
from accounts.access import Roles, roles_of
from accounts.models import AuditEntry, User
from tests.factories import give_app, make_staff
from tests.roles import acting_as

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _as_owner(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.DATA_DIR = tmp_path / "data"
    with acting_as("survey_owner"):
        yield


def create(*researchers: str) -> list[str]:
    said = StringIO()
    call_command("create_demo_accounts", *(f"--researcher={item}" for item in researchers), stdout=said)
    return said.getvalue().splitlines()


def test_a_coordinator_and_a_researcher_for_each_named_site() -> None:
    create("researcher-mx=7", "researcher-ke=9")
    assert {user.username: roles_of(user) for user in User.objects.all()} == {
        "coordinator": Roles(coordinator=True),
        "administrator": Roles(administrator=True),
        "researcher-mx": Roles(site_ids=frozenset({7})),
        "researcher-ke": Roles(site_ids=frozenset({9})),
    }


def test_a_later_start_prints_the_same_lines_and_changes_nothing() -> None:
    first = create("researcher-mx=7")
    password_hashes = list(User.objects.order_by("pk").values_list("password", flat=True))
    entries = AuditEntry.objects.count()
    assert create("researcher-mx=7") == first
    assert list(User.objects.order_by("pk").values_list("password", flat=True)) == password_hashes
    assert AuditEntry.objects.count() == entries


def test_the_printed_password_opens_the_account_and_is_kept_in_a_private_file(settings: Any) -> None:
    line, _, hint = create()
    assert hint == "Their codes                bin/manage demo_code NAME"
    username, _, password = line.removeprefix("Demo account").strip().partition(" / ")
    assert User.objects.get(username=username).check_password(password)
    file = settings.DATA_DIR / "demo-accounts.json"
    assert json.loads(file.read_text())["coordinator"] == password
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert password not in str(list(AuditEntry.objects.values()))


def test_a_lost_file_gives_new_passwords_that_work(settings: Any) -> None:
    before, *_ = create()
    (settings.DATA_DIR / "demo-accounts.json").unlink()
    after, *_ = create()
    assert after != before
    assert User.objects.get(username="coordinator").check_password(after.rpartition(" ")[2])


def test_passwords_differ_between_accounts_and_are_long() -> None:
    passwords = {line.rpartition(" ")[2] for line in create("researcher-mx=7")[:-1]}
    assert [len(password) for password in passwords] == [19, 19, 19]


def code(username: str) -> str:
    said = StringIO()
    call_command("demo_code", username, stdout=said)
    return said.getvalue().strip()


def test_the_demo_code_is_the_second_factor_and_never_the_same_one_twice() -> None:
    create()
    user = User.objects.get(username="coordinator")
    first = code("coordinator")
    assert factors.prove(user=user, code=first) is not None
    second = code("coordinator")
    assert second != first
    assert factors.prove(user=user, code=second) is not None


def test_the_seed_is_of_this_installation(settings: Any) -> None:
    before = seeds.demo_seeds("coordinator")
    settings.SECRET_KEY = "another installation's key, long enough for it"
    assert seeds.demo_seeds("coordinator") != before


def test_the_demo_code_fits_after_the_secret_key_was_changed_and_after_the_next_start(settings: Any) -> None:
    create()
    user = User.objects.get(username="coordinator")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the key after this one, drawn anew and long enough"
    assert factors.prove(user=user, code=code("coordinator")) is not None
    create()
    settings.SECRET_KEY_FALLBACKS = []
    assert factors.prove(user=user, code=code("coordinator")) is not None


@pytest.mark.parametrize("username", ["amina", "nobody"])
def test_nobody_elses_code_is_told(username: str) -> None:
    make_staff("amina")
    with pytest.raises(CommandError, match="is no account of the demonstration"):
        code(username)


def test_a_demo_account_with_a_phone_of_its_own_keeps_its_code_until_the_next_start() -> None:
    create()
    user = User.objects.get(username="coordinator")
    factors.remove([user])
    give_app(user)
    with pytest.raises(CommandError, match="has an app of its own"):
        code("coordinator")
    create()
    assert factors.prove(user=user, code=code("coordinator")) is not None


@pytest.mark.parametrize(
    ("command", "roles"),
    [("create_coordinator", Roles(coordinator=True)), ("create_administrator", Roles(administrator=True))],
)
def test_the_first_account_of_an_installation_sets_up_its_app_itself(command: str, roles: Roles) -> None:
    said = StringIO()
    call_command(command, "ana", stdout=said)
    line, what = said.getvalue().splitlines()
    user = User.objects.get(username="ana")
    assert user.check_password(line.removeprefix("ana / "))
    assert "authenticator app" in what
    assert (roles_of(user), factors.is_enrolled(user)) == (roles, False)
    for name in ("ana", "Ana", "an", "ana maria"):
        with pytest.raises(CommandError):
            call_command(command, name, stdout=said)


@pytest.mark.parametrize("item", ["researcher-mx", "=7", "researcher-mx=MX"])
def test_a_badly_written_researcher_is_refused(item: str) -> None:
    with pytest.raises(CommandError, match="is not of the form NAME=SITE_ID"):
        create(item)
