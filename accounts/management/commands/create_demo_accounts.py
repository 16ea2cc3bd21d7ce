"""bin/manage create_demo_accounts: a coordinator, an administrator and researchers to try the desk with.

Prints how to sign in. The seeds of their second factors come of SECRET_KEY; `demo_code` prints a code.
"""

import json
import os
import secrets
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from accounts import audit, factors, seeds
from accounts.factors import ALPHABET
from accounts.models import Authenticator, Role, User

OFFICE = [("coordinator", Role.Name.COORDINATOR, None), ("administrator", Role.Name.ADMINISTRATOR, None)]


class Command(BaseCommand):
    help = "Make the demonstration's staff accounts once, with passwords drawn for this installation, and print them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--researcher", action="append", default=[], type=_researcher, metavar="NAME=SITE_ID")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = [*OFFICE, *options["researcher"]]
        file = Path(settings.DATA_DIR) / "demo-accounts.json"
        known: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        passwords = {**{username: draw_password() for username, _, _ in wanted}, **known}
        _keep(file, passwords)
        with transaction.atomic():
            for username, role, site_id in wanted:
                _ensure(username, passwords[username], role, site_id)
        for username, _, _ in wanted:
            self.stdout.write(f"Demo account               {username} / {passwords[username]}")
        self.stdout.write("Their codes                bin/manage demo_code NAME")


def draw_password() -> str:
    """Four groups of four from 31 signs: 79 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


def _researcher(text: str) -> tuple[str, str, int]:
    name, _, site_id = text.partition("=")
    if not name or not site_id.isdecimal():
        raise ArgumentTypeError(f"“{text}” is not of the form NAME=SITE_ID, such as researcher-mx=1")
    return name, Role.Name.RESEARCHER, int(site_id)


def _keep(file: Path, passwords: dict[str, str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
        json.dump(passwords, handle)
    fresh.replace(file)


def _ensure(username: str, password: str, role: str, site_id: int | None) -> None:
    user = User.objects.filter(username=username).first()
    if user is None:
        user = User.objects.create_user(username, password)
        audit.record(by="create_demo_accounts", action="account-created", account=username)
    elif not user.check_password(password):
        # The file was lost, or the database came from elsewhere: what is printed must open the desk.
        user.set_password(password)
        user.save(update_fields=["password"])
        audit.record(by="create_demo_accounts", action="password-set", account=username)
    _enrol(user)
    _role, is_new = Role.objects.get_or_create(user=user, name=role, site_id=site_id)
    if is_new:
        audit.record(by="create_demo_accounts", action="role-given", account=username, role=role, site=site_id or 0)


def _enrol(user: User) -> None:
    """The second factor whose codes `demo_code` can print; instead of another one, for the same reason."""
    seed = seeds.demo_seeds(user.username)[0]
    device = Authenticator.objects.filter(user=user).first()
    if device is None or device.bin_key != seed:
        factors.remove([user])
        Authenticator.objects.create(user=user, name="demo", key=seeds.sealed(seed, user_id=user.pk))
        audit.record(by="create_demo_accounts", action="factor-set", account=user.username)
