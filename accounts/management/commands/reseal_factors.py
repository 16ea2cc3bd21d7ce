"""bin/manage reseal_factors: after SECRET_KEY was changed, so that the old one can be taken out of the fallbacks."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import factors


class Command(BaseCommand):
    help = "Seal every seed of a second factor under the present SECRET_KEY. It may be run again at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        anew, already, lost = factors.reseal()
        self.stdout.write(f"Seeds sealed anew: {anew}. Under the present key already: {already}.")
        self.stdout.write(
            f"People with unused backup codes: {factors.with_codes_left()}. Codes drawn before the change are refused "
            "once the old key is taken out: have them draw new ones first."
        )
        if lost:
            raise CommandError(
                f"Seeds that no key opens: {lost}. "
                "Put the key that is missing into old_secret_keys, or reset these accounts."
            )
