"""bin/manage check_published: the figures of a paper, recomputed through the same code as a report."""

import csv
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reports import runs, verdict_words
from reports.figure_file import MOST_BYTES, read_figure_file
from reports.published import Line, check_figures, read_figures
from reports.published import Verdict as Known
from reports.reproducing import Judged, Verdict, judge
from reports.table import Result
from survey.models import Study, Version


class Command(BaseCommand):
    help = (
        "Recompute printed figures from the frozen cohorts. Without --figures the paper's, with the reasons that are "
        "known. Exit 1 when one differs, or when no data could give it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--study", default="defenders")
        parser.add_argument(
            "--figures",
            type=Path,
            default=None,
            help="a CSV with value, decimals, indicator, country, subgroup, choice, largest_base, label; "
            "default: studies/STUDY/published.csv",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["figures"] or Path("studies") / options["study"] / "published.csv"
        of_study = _is_of_a_study(path)
        figures = () if of_study else self._read(path)
        try:
            result = runs.compare_now(study=options["study"], countries=[], tables=[])
        except (runs.RunError, Study.DoesNotExist, Version.DoesNotExist) as error:
            raise CommandError(str(error)) from None
        self._say_policy(result)
        if of_study:
            self._check_study(check_figures(read_figures(path), result))
        else:
            self._check(judge(figures, result))

    def _read(self, path: Path) -> Any:
        with path.open("rb") as file:
            figures, problems = read_figure_file(file.read(MOST_BYTES + 1), path.name)
        if problems:
            raise CommandError("\n".join(_printable(str(problem)) for problem in problems))
        return figures

    def _say_policy(self, result: Result) -> None:
        signed = sum(1 for country in result.countries if country.signed_off_by)
        self.stdout.write(
            f"Releases of {len(result.countries)} countries, threshold {result.provenance.threshold}; "
            f"lowest and highest values signed off in {signed} of them."
        )

    def _check_study(self, lines: Iterable[Line]) -> None:
        counts = Counter[Known]()
        for line in lines:
            self.stdout.write(_text(line))
            counts[line.verdict] += 1
        self.stdout.write(", ".join(f"{counts[verdict]} {verdict}" for verdict in Known))
        if counts[Known.DIFFERS]:
            raise CommandError(f"{counts[Known.DIFFERS]} figure(s) differ.")

    def _check(self, found: tuple[Judged, ...]) -> None:
        for one in found:
            self.stdout.write(_printable(_line(one)))
        self.stdout.write(", ".join(f"{count} {words}" for _verdict, words, count in verdict_words.summary(found)))
        against = sum(one.verdict in (Verdict.DIFFERS, Verdict.IMPOSSIBLE) for one in found)
        if against:
            raise CommandError(f"{against} figure(s) differ or cannot be.")


def _is_of_a_study(path: Path) -> bool:
    """Whether a file is a study's own list, which knows more of each figure."""
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            return "figure_id" in next(csv.reader([file.readline(10_000)]), [])
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from None


def _printable(text: str) -> str:
    """What a terminal shows as it is: a file may hold signs that would steer it."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text)


def _line(one: Judged) -> str:
    words = f"row {one.printed.row:<5} {verdict_words.place(one):<40} printed {one.text:<8}"
    ours, why = verdict_words.ours(one), verdict_words.reasons(one)
    return f"{words} ours {ours or '–':<20} {verdict_words.VERDICTS[one.verdict]}{f'. {why}' if why else ''}"


def _text(line: Line) -> str:
    figure = line.figure
    place = " ".join(part for part in (figure.country, figure.block, figure.choice) if part)
    text = (
        f"{figure.id:<18} {place:<24} printed {figure.printed_as:<10} computed {line.computed:<8} {line.fraction:<22}"
    )
    reason = f" ({figure.reason})" if figure.reason and line.verdict is not Known.REPRODUCED else ""
    return f"{text} {line.verdict}{reason}"
