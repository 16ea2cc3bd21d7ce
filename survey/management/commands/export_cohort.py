"""bin/manage export_cohort FILE --country KE: a cohort for a field laptop."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from survey import laptop
from survey.management import choosing
from survey.sealers import NoKeyError


class Command(BaseCommand):
    help = (
        "Write the file with which bin/run --collect-only asks a cohort's questions on a laptop. Keep it to yourself."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        choosing.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        site, cohort = choosing.cohort_of(options)
        try:
            content = laptop.cohort_file(cohort=cohort, by="bin/manage")
        except NoKeyError:
            raise CommandError(f"{site.country} has no key that a laptop could seal answers to.") from None
        choosing.write_new(options["file"], content)
        self.stdout.write(f"{site.country}, “{cohort.name}”, written to {options['file']}.")
