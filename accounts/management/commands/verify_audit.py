"""bin/manage verify_audit: whether the audit trail is whole, and still holds the heads that were noted elsewhere."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import audit

CHANGED, CUT_OFF = 1, 2


class Command(BaseCommand):
    help = (
        "Recompute the audit trail's hashes. Exits with 1 when an entry was changed, removed, moved or put in, "
        "with 2 when the trail does not hold a head that was noted earlier."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--head",
            nargs="+",
            default=[],
            metavar="HEAD",
            help=f"heads noted earlier, at least {audit.SHOWN} characters of each: from the foot of a staff page, a "
            "report, or audit_head",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        fault = audit.first_fault()
        if fault is not None:
            raise CommandError(f"Entry {fault} was changed, or the one before it is missing.", returncode=CHANGED)
        unknown = [head for head in options["head"] if not audit.knows(head)]
        if unknown:
            message = f"The trail does not hold {', '.join(unknown)}: entries were cut off or rewritten."
            raise CommandError(message, returncode=CUT_OFF)
        self.stdout.write(f"The audit trail is whole. Its head is {audit.head() or 'empty'}.")
