"""bin/manage verify_audit: whether the audit trail is whole, and still holds the heads that were noted elsewhere."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import audit


class Command(BaseCommand):
    help = "Recompute the audit trail's hashes. Exits with 1 when an entry was changed, removed or moved."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("head", nargs="*", help="a head noted earlier, as the foot of a staff page shows it")

    def handle(self, *args: Any, **options: Any) -> None:
        fault = audit.first_fault()
        if fault is not None:
            raise CommandError(f"Entry {fault} was changed, or the one before it is missing.")
        unknown = [head for head in options["head"] if not audit.knows(head)]
        if unknown:
            raise CommandError(f"The trail does not hold {', '.join(unknown)}: entries were cut off or rewritten.")
        self.stdout.write(f"The audit trail is whole. Its head is {audit.head() or 'empty'}.")
