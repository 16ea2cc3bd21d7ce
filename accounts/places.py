"""What a researcher can be a researcher of. Accounts know no studies; whoever does tells them (`STAFF_PLACES`)."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class Place:
    """A country of a study, as the reader calls it."""

    site_id: int
    study: str
    country: str

    def __str__(self) -> str:
        return f"{self.country} ({self.study})"


def places() -> list[Place]:
    """All of them, study by study."""
    found: list[Place] = import_string(settings.STAFF_PLACES)()
    return found
