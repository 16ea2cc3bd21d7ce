"""bin/manage check_published: every figure of the paper, recomputed through the same code as a report."""

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reports import runs
from reports.published import Line, Verdict, check_figures, read_figures
from survey.models import Study, Version


class Command(BaseCommand):
    help = "Recompute the paper's figures from the synthetic cohorts. Exit 1 when one differs without a known reason."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--study", default="defenders")
        parser.add_argument("--figures", type=Path, default=None, help="default: studies/STUDY/published.csv")

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["figures"] or Path("studies") / options["study"] / "published.csv"
        try:
            result = runs.compare_now(study=options["study"], countries=[], tables=[])
        except (runs.RunError, Study.DoesNotExist, Version.DoesNotExist) as error:
            raise CommandError(str(error)) from None
        lines = check_figures(read_figures(path), result)
        for line in lines:
            self.stdout.write(_text(line))
        counts = Counter(line.verdict for line in lines)
        self.stdout.write(", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict))
        if counts[Verdict.DIFFERS]:
            raise CommandError(f"{counts[Verdict.DIFFERS]} figure(s) differ.")


def _text(line: Line) -> str:
    figure = line.figure
    place = " ".join(part for part in (figure.country, figure.block, figure.choice) if part)
    text = (
        f"{figure.id:<18} {place:<24} printed {figure.printed_as:<10} computed {line.computed:<8} {line.fraction:<22}"
    )
    reason = f" ({figure.reason})" if figure.reason and line.verdict is not Verdict.REPRODUCED else ""
    return f"{text} {line.verdict}{reason}"
