"""bin/manage make_recovery_key FILE: the key that opens every country's answers again. On a machine that is offline."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from survey import keyfiles, keypairs
from survey.keyring import fingerprint, in_groups


class Command(BaseCommand):
    help = (
        "Write a new private recovery key to FILE, and the public key to standard output as one line. Run it where no "
        "line reaches, print the file, keep it in two sealed envelopes abroad. See docs/keys.md."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        pair = keypairs.new_pair()
        try:
            keyfiles.write(options["file"], pair.private)
        except FileExistsError:
            raise CommandError(f"{options['file']} is there already, and stays.") from None
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be written: {error.strerror}.") from None
        self.stderr.write(f"Fingerprint: {in_groups(fingerprint(pair.public))}")
        self.stdout.write(pair.public.hex())
