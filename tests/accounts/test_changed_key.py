"""SECRET_KEY is changed as docs/deploy.md says: apps and paper go on, and the old key can be taken out."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import factors, seeds
from accounts.models import AuditEntry, Authenticator, BackupCodes, User
from tests.factories import PASSWORD, app_code, make_staff
from tests.roles import acting_as

pytestmark = pytest.mark.django_db

SEED = b"s" * 20


def change_key(settings: Any, key: str = "the key after this one, drawn anew and long enough") -> None:
    """A new key; the old one goes to the head of the fallbacks."""
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    settings.SECRET_KEY = key


def take_out(settings: Any) -> None:
    settings.SECRET_KEY_FALLBACKS = []


def reseal() -> str:
    said = StringIO()
    call_command("reseal_factors", stdout=said)
    return said.getvalue().splitlines()[0]


def test_who_signs_in_with_the_app_after_the_change_can_do_so_without_the_old_key(
    settings: Any, client: Client
) -> None:
    user = make_staff()
    change_key(settings)
    change_key(settings, "and yet another key, since two changes may be under way")
    client.post("/desk/sign-in/", {"username": "coordinator", "password": PASSWORD})
    assert client.post("/desk/sign-in/code/", {"code": app_code("coordinator")}).status_code == 303
    take_out(settings)
    assert Authenticator.objects.get().key == seeds.sealed(SEED, user_id=user.pk)
    assert factors.prove(user=user, code=app_code("coordinator")) is not None


def test_a_backup_code_from_before_the_change_is_good_once_and_costs_no_wait(settings: Any) -> None:
    user = make_staff()
    codes = factors.new_codes(user=user)
    change_key(settings)
    assert factors.prove(user=user, code=codes[0]) is not None
    assert factors.prove(user=user, code=codes[1]) is not None
    assert BackupCodes.objects.get().throttling_failure_count == 0
    assert factors.prove(user=user, code=codes[0]) is None
    assert BackupCodes.objects.get().throttling_failure_count == 1
    assert factors.codes_left(user) == 8


def test_backup_codes_drawn_after_the_change_outlive_the_old_key_and_the_others_do_not(settings: Any) -> None:
    early, late = make_staff("amina"), make_staff("brian")
    old = factors.new_codes(user=early)
    change_key(settings)
    new = factors.new_codes(user=late)
    take_out(settings)
    assert factors.prove(user=early, code=old[0]) is None
    assert factors.prove(user=late, code=new[0]) is not None


def test_every_seed_is_sealed_anew_in_one_go_and_nothing_else_of_it_changes(settings: Any) -> None:
    for name in ("amina", "brian", "clara"):
        make_staff(name)
    Authenticator.objects.update(last_t=7)
    change_key(settings)
    with acting_as("survey_owner"):
        Authenticator.objects.filter(user__username="clara").update(
            key=seeds.sealed(SEED, user_id=User.objects.get(username="clara").pk)
        )
    assert reseal() == "Seeds sealed anew: 2. Under the present key already: 1."
    assert reseal() == "Seeds sealed anew: 0. Under the present key already: 3."
    take_out(settings)
    assert [(device.bin_key, device.last_t) for device in Authenticator.objects.all()] == [(SEED, 7)] * 3
    acts = AuditEntry.objects.filter(action="factors-resealed").values_list("actor", "detail")
    assert list(acts) == [("bin/manage", {"seeds": 2})]


def test_a_seed_that_no_key_opens_is_left_as_it_is_and_said(settings: Any) -> None:
    make_staff("amina")
    change_key(settings)
    take_out(settings)
    make_staff("brian")
    before = list(Authenticator.objects.order_by("pk").values_list("key", flat=True))
    with pytest.raises(CommandError, match="Seeds that no key opens: 1"):
        reseal()
    assert factors.prove(user=User.objects.get(username="amina"), code="000000") is None
    assert list(Authenticator.objects.order_by("pk").values_list("key", flat=True)) == before


def test_people_who_still_have_codes_are_counted() -> None:
    for name in ("amina", "brian", "clara"):
        user = make_staff(name)
        if name != "clara":
            factors.new_codes(user=user)
    said = StringIO()
    call_command("reseal_factors", stdout=said)
    assert "People with unused backup codes: 2." in said.getvalue()
