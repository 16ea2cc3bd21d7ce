"""bin/manage recover_site_key --study S --site KE --key FILE: open a country's answers with the recovery key."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from survey import custody, keyfiles, keypairs
from survey.custody import NoRecoveryError
from survey.management import choosing
from survey.sealing import SealError


class Command(BaseCommand):
    help = "Give a country's workers a new key, opened with the study's recovery key. As a worker. See docs/keys.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        choosing.add_site_arguments(parser)
        parser.add_argument("--key", type=Path, required=True, help="the private recovery key, as make_recovery_key")

    def handle(self, *args: Any, **options: Any) -> None:
        site = choosing.site_of(options)
        try:
            private = keyfiles.read(options["key"], length=keypairs.PRIVATE_BYTES)
            key = custody.recover(site_id=site.pk, private=private, by="bin/manage")
        except keyfiles.KeyFileError as error:
            raise CommandError(f"{error}.") from None
        except NoRecoveryError:
            raise CommandError(f"No key of {site.country} was ever sealed to a recovery key.") from None
        except SealError:
            raise CommandError(f"The key of {site.country} is sealed to another recovery key.") from None
        self.stdout.write(f"{site.country} has a new key (number {key.number}), which the workers hold.")
