"""bin/manage create_coordinator NAME: the first account of a new installation; prints its password once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts import audit
from accounts.forms import USERNAME
from accounts.management.commands.create_demo_accounts import draw_password
from accounts.models import Role, User


class Command(BaseCommand):
    role: str = Role.Name.COORDINATOR
    help = "Make a coordinator's account with a password drawn at random, and print it once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"]
        if not USERNAME.match(username):
            raise CommandError("A user name has 3 to 32 of a-z, 0-9, “.”, “_” and “-”, and begins with a letter.")
        if User.objects.filter(username=username).exists():
            raise CommandError(f"There is an account “{username}” already.")
        password = draw_password()
        user = User.objects.create_user(username, password)
        Role.objects.create(user=user, name=self.role)
        audit.record(by="bin/manage", action="account", username=username, role=self.role)
        self.stdout.write(f"{username} / {password}")
        self.stdout.write("The first sign-in sets up an authenticator app: do it now, a password alone is half a lock.")
