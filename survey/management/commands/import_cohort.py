"""bin/manage import_cohort FILE: on a field laptop, the cohort whose questions it asks."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from survey import laptop
from survey.laptop import CohortFileError


class Command(BaseCommand):
    help = "Take in a cohort file from the server. The same again changes nothing; a newer one sets the cohort up anew."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--country", default="", help="refuse a file of another country")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            orders = laptop.read_cohort_file(file.read_bytes())
            if options["country"] not in ("", orders.country):
                raise CommandError(f"{file} is of {orders.country}, not of {options['country']}.")
            cohort = laptop.take_cohort(orders)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except CohortFileError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"This laptop collects for {orders.country}, “{cohort.name}”.")
