"""bin/manage export_sealed FILE --country KE: what a release needs, for a laptop that has the country's private key."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reports import exporting
from reports.exporting import ExportError
from survey.management import choosing


class Command(BaseCommand):
    help = (
        "Write the sealed answers of a cohort's newest cut into one file, with everything that a release of them needs "
        "and without free texts. No private key is needed. On a laptop: bin/manage release --key KEY --from FILE --out "
        "RETURN; then here: bin/manage take_release RETURN."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        choosing.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        _site, cohort = choosing.cohort_of(options)
        try:
            release = exporting.newest_release(cohort)
        except ExportError as error:
            raise CommandError(str(error)) from None
        choosing.write_new(options["file"], b"")
        try:
            with options["file"].open("wb") as file:
                responses = exporting.write(release=release, to=file, by="bin/manage")
        except BaseException:
            # Half a file is no use to anybody.
            options["file"].unlink()
            raise
        self.stdout.write(f"{responses} responses of “{cohort.name}”, cut {release.cut}, written to {options['file']}.")
