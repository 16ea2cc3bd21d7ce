"""bin/manage create_demo_accounts: a coordinator to try the desk with; prints how to sign in."""

import json
import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.models import Role, User

WORDS = ("amber", "basin", "cedar", "delta", "fjord", "grove", "heron", "inlet", "kiosk", "larch", "maple", "ocean")


class Command(BaseCommand):
    help = "Make the demonstration's staff accounts once, with passwords drawn for this installation, and print them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--researcher", action="append", default=[], metavar="NAME=SITE_ID")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        file = Path(settings.DATA_DIR) / "demo-accounts.json"
        passwords: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        wanted: list[tuple[str, str, int | None]] = [("coordinator", Role.Name.COORDINATOR, None)]
        for item in options["researcher"]:
            name, _, site_id = item.partition("=")
            wanted.append((name, Role.Name.RESEARCHER, int(site_id)))
        for username, role, site_id in wanted:
            password = passwords.setdefault(username, "-".join(secrets.choice(WORDS) for _ in range(5)))
            user = User.objects.filter(username=username).first() or User.objects.create_user(username, password)
            Role.objects.get_or_create(user=user, name=role, site_id=site_id)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
            json.dump(passwords, handle)
        for username, _role, _site in wanted:
            self.stdout.write(f"Demo account               {username} / {passwords[username]}")
