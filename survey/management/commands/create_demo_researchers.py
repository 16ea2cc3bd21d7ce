"""bin/manage create_demo_researchers: a coordinator, and two researchers in every country, to try the desk with."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from survey.models import Site


class Command(BaseCommand):
    help = "Make demonstration accounts for every country: two researchers, since some things need a second person."

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = [
            f"--researcher=researcher-{site.country.lower()}{second}={site.pk}"
            for site in Site.objects.order_by("study", "position")
            for second in ("", "-2")
        ]
        call_command("create_demo_accounts", *wanted, stdout=self.stdout)
