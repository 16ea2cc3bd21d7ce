"""bin/manage export_bundle FILE --site KE: a field laptop's responses as one sealed file for the server."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import audit
from survey import carrying, laptop
from survey.management import choosing
from survey.models import Response
from survey.scope import site_scope


class Command(BaseCommand):
    help = (
        "Write every response of the laptop's cohort into one file that only its server can open. Nothing here is "
        "deleted: what was exported before is in it again, and the server takes each response once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--site", "--country", dest="country", required=True, help="two capital letters, as KE")

    def handle(self, *args: Any, **options: Any) -> None:
        cohort = laptop.cohort_here(options["country"])
        if cohort is None or cohort.synthetic:
            raise CommandError("This laptop has no cohort from a server: there is nothing that a server would take.")
        if not (Path(settings.DATA_DIR) / laptop.RECEIPT_KEY_FILE).exists():
            raise CommandError("This is no field laptop. To take answers out of a server, use export_responses.")
        choosing.write_new(options["file"], carrying.pack(cohort))
        with site_scope(cohort.site_id):
            responses = Response.objects.filter(cohort_id=cohort.pk).count()
        audit.record(by="bin/manage", action="bundle-exported", cohort=str(cohort), responses=responses)
        self.stdout.write(f"{responses} responses of “{cohort.name}” written to {options['file']}.")
        self.stdout.write("Only the server that gave the cohort file can open it; it needs no code.")
