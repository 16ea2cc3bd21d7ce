"""bin/manage export_responses FILE.csv --country KE: a cohort's responses as a file that import_responses reads."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from survey.exchange import export_responses
from survey.keyring import LockedError
from survey.management import choosing


class Command(BaseCommand):
    help = "Write a cohort's responses. The file holds answers of people: keep it as safe as the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        choosing.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        site, cohort = choosing.cohort_of(options)
        try:
            written = export_responses(cohort=cohort, path=options["file"], by="bin/manage")
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be written: {error.strerror}.") from None
        except LockedError:
            raise CommandError(f"The key of {site.country} is locked: its researchers hold it.") from None
        self.stdout.write(f"{written} responses written to {options['file']}.")
