"""bin/manage rotate_site_key --study S --site KE: a new key for a country whose key the workers hold."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from survey import custody
from survey.custody import ErasedError
from survey.keyfiles import KeyFileError
from survey.keyring import LockedError
from survey.management import choosing


class Command(BaseCommand):
    help = "Seal a country's data keys to a new key. Where researchers hold it, they do it on the page of the key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        choosing.add_site_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        site = choosing.site_of(options)
        try:
            key = custody.rotate(site_id=site.pk, by="bin/manage")
        except LockedError:
            raise CommandError(f"Researchers hold the key of {site.country}: one of them changes it.") from None
        except ErasedError:
            raise CommandError(f"{site.country} has no key.") from None
        except KeyFileError as error:
            raise CommandError(f"{error}. Run this where the workers' key files are.") from None
        self.stdout.write(f"{site.country} has a new key (number {key.number}).")
