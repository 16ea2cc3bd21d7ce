"""bin/manage set_recovery_key STUDY PUBLIC: seal every country's private key to a recovery key, from now on."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from survey import custody, keypairs
from survey.keyfiles import KeyFileError
from survey.keyring import fingerprint, in_groups
from survey.models import Study


class Command(BaseCommand):
    help = "PUBLIC is what make_recovery_key printed, or a file with it. As a worker: it opens the keys that it can."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study")
        parser.add_argument("public")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(slug=options["study"]).first()
        if study is None:
            raise CommandError(f"There is no study “{options['study']}”.")
        public = _public(options["public"])
        try:
            done, locked = custody.set_recovery_key(study=study, public=public, by="bin/manage")
        except KeyFileError as error:
            raise CommandError(f"{error}. Run this where the workers' key files are.") from None
        self.stdout.write(f"Recovery key {in_groups(fingerprint(public))} is set.")
        self.stdout.write(f"Sealed to it now: {', '.join(done) or 'none'}.")
        if locked:
            self.stdout.write(f"At the next unlock by their researchers: {', '.join(locked)}.")


def _public(text: str) -> bytes:
    try:
        if len(text) != 2 * keypairs.PUBLIC_BYTES:
            text = Path(text).read_text(encoding="ascii").strip()
        public = bytes.fromhex(text)
    except (OSError, ValueError):
        raise CommandError("The public key is neither a file nor a line of hexadecimal digits.") from None
    if len(public) != keypairs.PUBLIC_BYTES:
        raise CommandError(f"A public key has {keypairs.PUBLIC_BYTES} bytes; this has {len(public)}.")
    return public
