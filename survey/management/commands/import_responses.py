"""bin/manage import_responses FILE.csv --country KE: bring in responses that exist already, all or nothing."""

import csv
import datetime
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from survey.exchange import ImportRefused, Progress, import_responses
from survey.management import choosing
from survey.models import Cohort
from survey.protocol.datafile import Defaults
from survey.protocol.mapping import Mapped, read_mapping
from survey.sealers import NoKeyError

BAR = 30


class Command(BaseCommand):
    help = (
        "One row a response, one column a variable; choices by name, code or label; “;” between ticked options. "
        "Every problem is told with row and column, and nothing is stored unless there is none. See docs/data.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        choosing.add_arguments(parser)
        parser.add_argument("--mapping", type=Path, help="what columns and values of another tool's export mean here")
        parser.add_argument("--week", type=_day, help="for files without _week: 2026-W48, or a day of that week")
        parser.add_argument("--language", default="", help="for files without _language, as es-MX")

    def handle(self, *args: Any, **options: Any) -> None:
        site, cohort = choosing.cohort_of(options)
        if cohort.state == Cohort.State.FROZEN:
            raise CommandError(f"The cohort “{cohort.name}” is frozen: its answers change no more.")
        file: Path = options["file"]
        try:
            taken = import_responses(
                cohort=cohort,
                country=site.country,
                path=file,
                by="bin/manage",
                mapped=_mapping(options["mapping"]),
                defaults=Defaults(options["week"], options["language"]),
                progress=_bar(file),
            )
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from None
        except ImportRefused as refused:
            raise CommandError(_told(refused)) from None
        except NoKeyError:
            raise CommandError(f"{site.country} has no key: nothing can be stored in it. See docs/keys.md.") from None
        self.stdout.write(f"{taken} responses added to {site.country}, “{cohort.name}”.")


def _mapping(path: Path | None) -> Mapped:
    if path is None:
        return Mapped()
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            mapped, problems = read_mapping(path.name, csv.reader(handle, strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise CommandError(f"{path} is no CSV in UTF-8.") from None
    if problems:
        raise CommandError(_told(ImportRefused(problems, len(problems))))
    return mapped


def _told(refused: ImportRefused) -> str:
    lines = [f"Nothing was stored. {refused.count} problem(s):", *(str(problem) for problem in refused.problems)]
    if refused.count > len(refused.problems):
        lines.append(f"… and {refused.count - len(refused.problems)} more")
    return "\n".join(lines)


def _bar(file: Path) -> Progress:
    """A progress bar where somebody watches; nothing where the output goes into a file."""
    if not sys.stderr.isatty():
        return lambda done: None
    size, began = max(1, file.stat().st_size), time.monotonic()

    def show(done: int) -> None:
        share = min(1.0, done / size)
        left = (time.monotonic() - began) * (1 - share) / share
        filled = "█" * int(BAR * share)
        sys.stderr.write(f"\r{filled:<{BAR}} {share:4.0%}, {left:.0f} s to go ")

    return show


def _day(text: str) -> datetime.date:
    try:
        if "W" in text:
            return datetime.date.fromisocalendar(int(text[:4]), int(text.partition("W")[2]), 1)
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("write a week as 2026-W48, or a day as 2026-11-23") from None
