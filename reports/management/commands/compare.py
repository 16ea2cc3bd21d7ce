"""bin/manage compare --study defenders --focal MX --format docx --out FILE: a comparison from the shell."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reports import render, runs
from survey.models import Study, Version


class Command(BaseCommand):
    help = "Compare the frozen cohorts of a study's countries and write one file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--study", required=True)
        parser.add_argument("--focal", required=True, help="country code, such as MX")
        parser.add_argument("--format", required=True, choices=sorted(render.FORMATS))
        parser.add_argument("--out", required=True, type=Path)
        parser.add_argument("--language", default="en", help="language tag, such as es-MX")
        parser.add_argument("--countries", default="", help="country codes separated by commas; all by default")
        parser.add_argument("--tables", default="", help="table ids separated by commas; all by default")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = runs.compare_now(
                study=options["study"], countries=_split(options["countries"]), tables=_split(options["tables"])
            )
            data = render.render(result, options["format"], options["focal"], options["language"])
        except (runs.RunError, render.RenderError, Study.DoesNotExist, Version.DoesNotExist) as error:
            raise CommandError(str(error)) from None
        try:
            options["out"].write_bytes(data)
        except OSError as error:
            raise CommandError(f"{options['out']} cannot be written: {error.strerror}") from None
        self.stdout.write(f"{options['out']}: {len(data):,} bytes")


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
