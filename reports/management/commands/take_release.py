"""bin/manage take_release RETURN: a release that was made on a laptop, checked and stored."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reports import returning
from reports.returning import ReturnRefused
from survey.models import Site


class Command(BaseCommand):
    help = "Take back what bin/manage release made of our export. All of it is checked; a release is stored once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            content = options["file"].read_bytes()
            release = returning.take(site_id=_site_of(content), content=content, by="bin/manage")
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from None
        except ReturnRefused as refused:
            lines = [f"{code:<20} {where}".rstrip() for code, where in refused.problems]
            raise CommandError("\n".join(["Not taken:", *lines])) from None
        self.stdout.write(f"Release {release.pk} is stored.")


def _site_of(content: bytes) -> int:
    """The site that a file says it is of; what is said is checked later."""
    told = returning.read(content)["release"]
    own = Site.objects.filter(study__slug=str(told.get("study")), country=str(told.get("country")))
    found = own.values_list("pk", flat=True).first()
    if found is None:
        raise ReturnRefused([("other-release", "country")])
    return int(found)
