"""Questions that two entries of a sheet answer differently. Their answers are encrypted while somebody has to look.

A researcher must read them at the desk to settle them, so the web process must be able to open them: they lie under a
key of the installation that is in neither the database nor its backups.
"""

import hmac
import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from survey import sealing
from survey.models import Difference, PaperSheet


@dataclass(frozen=True, slots=True)
class Differing:
    """A difference in the clear. `first` and `second` are answers as JSON keeps them."""

    pk: int
    question: str
    first: Any
    second: Any
    right: str


def row_of(*, sheet: PaperSheet, question: str, first: Any, second: Any, right: str = "") -> Difference:
    """The row of a difference, its answers encrypted."""
    row = Difference(
        site_id=sheet.site_id,
        cohort_id=sheet.cohort_id,
        batch=sheet.batch,
        number=sheet.number,
        question=question,
        right=right,
    )
    row.answers = sealing.seal(_secret(), json.dumps([first, second], ensure_ascii=False).encode(), _context(row))
    return row


def opened(row: Difference) -> Differing:
    """Raises SealError under another installation's key."""
    first, second = json.loads(sealing.unseal(_secret(), bytes(row.answers), _context(row)))
    return Differing(row.pk, row.question, first, second, row.right)


def _secret() -> bytes:
    return hmac.digest(settings.CODE_SALT.encode(), b"differences", "sha256")


def _context(row: Difference) -> bytes:
    return f"difference|{row.site_id}|{row.cohort_id}|{row.batch}|{row.number}|{row.question}".encode()
