"""bin/manage make_site_keys: a key pair for every site that has none. Workers do the same every minute."""

from typing import Any

from django.core.management.base import BaseCommand

from survey import custody


class Command(BaseCommand):
    help = "Make a key pair for every site that never had one, into files that only workers read. As a worker."

    def handle(self, *args: Any, **options: Any) -> None:
        if made := custody.make_missing_keys():
            self.stdout.write(f"Key pairs made for {', '.join(made)}.")
