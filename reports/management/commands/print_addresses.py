"""bin/manage print_addresses --origin URL: where to go after `bin/run`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from reports import demo
from survey.models import Study


class Command(BaseCommand):
    help = "Print the addresses of the demonstration: the desk, and a questionnaire link a country."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--origin", default="http://127.0.0.1:8000")

    def handle(self, *args: Any, **options: Any) -> None:
        origin = options["origin"].rstrip("/")
        self.stdout.write(f"Survey desk (staff)        {origin}/desk/")
        for study in Study.objects.order_by("slug"):
            for site in study.sites.all():
                if demo.has_trial(site):
                    self.stdout.write(f"Questionnaire, {site.country:<11} {origin}/j/{demo.trial_token(site)}/")
