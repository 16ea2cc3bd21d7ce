"""bin/manage publish_study FOLDER|FILE.xlsx: check a workbook and freeze it as a version."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reports.plan_sheets import read_plan
from survey.protocol.problems import WorkbookError
from survey.protocol.sheets import read_workbook
from survey.protocol.workbook import read_protocol
from survey.publishing import publish


class Command(BaseCommand):
    help = "Check a study's workbook (folder of CSV sheets or .xlsx) and publish it. All problems are told at once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("workbook", type=Path)
        parser.add_argument("--check", action="store_true", help="check only, publish nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            workbook = read_workbook(options["workbook"])
            read_plan(workbook, read_protocol(workbook))
        except WorkbookError as error:
            lines = "\n".join(str(problem) for problem in error.problems)
            raise CommandError(f"The workbook has {len(error.problems)} problem(s):\n{lines}") from None
        if options["check"]:
            self.stdout.write("The workbook can be published.")
            return
        version = publish(workbook=workbook, on=timezone.now().date())
        self.stdout.write(
            f"{version}: instrument {version.instrument_hash[:8]}, layout {version.layout_hash[:8]}, "
            f"plan {version.plan_hash[:8]}"
        )
