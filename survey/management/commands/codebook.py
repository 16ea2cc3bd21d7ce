"""bin/manage codebook: variables, positions, codes and labels of a study's latest version, as CSV."""

import csv
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from survey.management import choosing
from survey.protocol import codebook
from survey.protocol.cells import harmless
from survey.publishing import layout_for, protocol_of


class Command(BaseCommand):
    help = "Print what every variable and code of the records means, in one language or in all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--study", default="defenders")
        parser.add_argument("--language", action="append", default=[], help="as es-MX; more than one is possible")
        parser.add_argument("--out", type=Path, help="a file instead of the screen")

    def handle(self, *args: Any, **options: Any) -> None:
        version = choosing.version_of(options["study"])
        protocol, layout = protocol_of(version.pk), layout_for(version.pk)
        languages = tuple(options["language"]) or protocol.languages
        if unknown := [language for language in languages if language not in protocol.languages]:
            raise CommandError(f"No “{unknown[0]}” in this study; it has {', '.join(protocol.languages)}.")
        lines = [codebook.headings(languages), *codebook.rows(protocol, layout, languages)]
        handle = options["out"].open("w", encoding="utf-8-sig", newline="") if options["out"] else sys.stdout
        try:
            csv.writer(handle, lineterminator="\n").writerows([harmless(cell) for cell in line] for line in lines)
        finally:
            if options["out"]:
                handle.close()
