"""bin/manage erase_site --study S --site KE --yes KE: make a country's answers unreadable for good."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from survey import custody
from survey.management import choosing


class Command(BaseCommand):
    help = (
        "What the button on the page of the country's key does. On a server of one's own run it in the web container, "
        "where the shred files are; the workers burn the key file within a minute."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        choosing.add_site_arguments(parser)
        parser.add_argument("--yes", default="", metavar="COUNTRY", help="the country's code once more: it is meant")

    def handle(self, *args: Any, **options: Any) -> None:
        site = choosing.site_of(options)
        if options["yes"] != site.country:
            raise CommandError(f"Nothing is erased. If it is meant, add --yes {site.country}.")
        custody.erase(site_id=site.pk, by="bin/manage")
        self.stdout.write(f"The key of {site.country} is erased.")
