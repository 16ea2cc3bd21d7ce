"""bin/manage demo_code NAME: the code that a demonstration account needs now. It knows no code of anybody else."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django_otp.oath import TOTP

from accounts import seeds
from accounts.factors import DIGITS
from accounts.models import Authenticator


class Command(BaseCommand):
    help = "Print the current code of an account that create_demo_accounts made; each code opens the desk once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"]
        device = Authenticator.objects.filter(user__username=username).first()
        if device is None or device.bin_key not in seeds.demo_seeds(username):
            raise CommandError(f"“{username}” is no account of the demonstration, or has an app of its own.")
        self.stdout.write(_unused(TOTP(device.bin_key), device.last_t))


def _unused(totp: TOTP, last: int) -> str:
    """The current code; the next one, which is good already, where the current was used; else wait for one."""
    while totp.t() < last:
        time.sleep(1)
    totp.time = 30 * max(totp.t(), last + 1)
    return str(totp.token()).zfill(DIGITS)
