"""bin/manage prepare_laptop KE: what `bin/run --collect-only` does before it opens the door."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from survey import drafts, laptop
from survey.models import Site


class Command(BaseCommand):
    help = "Erase drafts whose time is over, and open a cohort for practice where there is none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("country")
        parser.add_argument("--study", default="defenders")

    def handle(self, *args: Any, **options: Any) -> None:
        country = options["country"]
        if not Site.objects.filter(country=country).exists():
            known = ", ".join(Site.objects.order_by("country").values_list("country", flat=True).distinct())
            raise CommandError(f"No study runs in “{country}”. Countries: {known}.")
        if laptop.strangers(country):
            raise CommandError("This data directory holds other countries' cohorts. Set DATA_DIR to an empty one.")
        drafts.expire_drafts()
        if laptop.cohort_here(country) is None:
            laptop.practise(study=options["study"], country=country)
        cohort = laptop.cohort_here(country)
        if cohort is not None and cohort.synthetic:
            self.stdout.write("For practice only: give a cohort file from the server with --cohort to collect answers.")
