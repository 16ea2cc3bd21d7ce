"""bin/manage summary --comparison 1 --country MX --language en --out FILE: a summary of findings from the shell."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from reports.models import Comparison, JobState
from reports.render.reading import Reading, RenderError
from reports.summary import template, wording
from reports.summary.filling import Filled, fill
from reports.summary.package import Refused
from reports.table import Result


class Command(BaseCommand):
    help = "Fill a summary of findings from a finished comparison. Exit 1 when a sentence is not borne out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--comparison", required=True, type=int, help="number of a finished comparison")
        parser.add_argument("--country", required=True, help="country code, such as MX")
        parser.add_argument("--language", default="en", help="language tag, such as es-MX")
        parser.add_argument("--out", required=True, type=Path)
        parser.add_argument("--into", type=Path, help="an own template or edited copy; default: the study's template")
        parser.add_argument("--template", action="store_true", help="write the study's template, not filled")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            comparison = Comparison.objects.get(pk=options["comparison"], state=JobState.DONE)
            result = Result.from_json(comparison.result)
            data = options["into"].read_bytes() if options["into"] else _own(result, options["language"])
            reading = Reading(result, options["country"], options["language"])
            filled = Filled(data) if options["template"] else fill(data, reading)
            options["out"].write_bytes(filled.data)
        except Comparison.DoesNotExist:
            raise CommandError(f"There is no finished comparison {options['comparison']}.") from None
        except Refused as refused:
            raise CommandError(f"[{refused.code}] {wording.REFUSALS[refused.code]} {refused.what}") from None
        except (RenderError, OSError) as error:
            raise CommandError(str(error)) from None
        self._tell(filled, options["out"])

    def _tell(self, filled: Filled, out: Path) -> None:
        for change in filled.changes:
            self.stdout.write(f"changed: {change.before} → {change.after}")
        for note in filled.notes:
            self.stdout.write(wording.line(note.code, note.what, wording.place(note.place)))
        self.stdout.write(f"{out}: {len(filled.data):,} bytes, {filled.fields} fields")
        if filled.notes:
            raise CommandError(f"{len(filled.notes)} to look at; they stand at the end of the document too.")


def _own(result: Result, language: str) -> bytes:
    source = template.source_of(Path(settings.BASE_DIR) / "studies", result.study, language)
    if source is None:
        raise CommandError(f"The study “{result.study}” has no template in “{language}”. Send one with --into.")
    return template.build(source, language)
