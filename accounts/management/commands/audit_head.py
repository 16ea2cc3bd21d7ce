"""bin/manage audit_head: one line to be kept where nobody who could rewrite the trail can reach it."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts import audit


class Command(BaseCommand):
    help = "Print the audit trail's head with the day and the number of entries, to send to two people every day."

    def handle(self, *args: Any, **options: Any) -> None:
        day = timezone.now().date().isoformat()
        self.stdout.write(f"{day} audit trail: {audit.length()} entries, head {audit.head() or 'empty'}")
