"""bin/manage load_demo FOLDER: frozen synthetic cohorts with the paper's figures, and open cohorts to try."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reports import demo
from survey.models import Study


class Command(BaseCommand):
    help = "Make the deterministic synthetic data set of a published study and load it. Running it again adds nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, nargs="?", default=Path("studies/defenders"))

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        study = Study.objects.filter(slug=folder.resolve().name).first()
        if study is None:
            raise CommandError(f"Publish the study first: bin/manage publish_study {folder}")
        added = demo.load(study=study, folder=folder)
        self.stdout.write(f"{added} synthetic responses added.")
