"""What is handed out: a link in letters and as a QR code, on slips and posters, and a file for sending messages.

The words are neutral in every language: a slip found in a pocket speaks of a survey and of nothing else.
"""

import csv
import datetime
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import segno
from django.utils import translation
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from survey.language import ui_language
from survey.protocol.cells import harmless
from survey.protocol.languages import direction

SLIPS_PER_PAGE = 8
# What a browser lays out, and the server draws, in less than a second: 50 pages.
SLIPS_PER_SHEET = 400
# Readers take any of the eight masks; choosing the prettiest makes a code five times as slow to draw.
_MASK = 3
_AFTER_SLASH = re.compile(r"(?<=[^/:]/)(?=[^/])")
COLUMNS = ("number", "link", "language", "last_day", "message")


@dataclass(frozen=True, slots=True)
class Slip:
    """One link to cut out. `mark` names it to the team, so that it can be withdrawn."""

    address: str
    mark: str = ""

    @property
    def pieces(self) -> list[str]:
        """The address, cut where a line may end."""
        return _AFTER_SLASH.split(self.address)

    @property
    def code(self) -> SafeString:
        return qr_code(self.address)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Slips by page, in one language."""

    language: str
    last_day: datetime.date
    pages: Sequence[Sequence[Slip]]

    @property
    def direction(self) -> str:
        return direction(self.language)


def qr_code(text: str) -> SafeString:
    """An SVG element that a phone reads. It has no style of its own, which the pages' policy would refuse."""
    code = segno.make_qr(text, error="m", boost_error=False, mask=_MASK)
    return mark_safe(code.svg_inline(omitsize=True, border=4, svgclass="qr", lineclass=None))


def sheets(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """The first and last number of every sheet that is printed by itself."""
    firsts = range(0, len(numbers), SLIPS_PER_SHEET)
    return [(numbers[at], numbers[min(at + SLIPS_PER_SHEET, len(numbers)) - 1]) for at in firsts]


def sheet(
    *, batch: int, numbers: Sequence[int], part: int, language: str, last_day: datetime.date, link: Callable[[int], str]
) -> Sheet:
    """One sheet of a batch, the `part`-th from 0; `link` gives the address of a number."""
    own = numbers[part * SLIPS_PER_SHEET : (part + 1) * SLIPS_PER_SHEET]
    slips = [Slip(link(number), f"{batch} · {number}") for number in own]
    pages = [slips[at : at + SLIPS_PER_PAGE] for at in range(0, len(slips), SLIPS_PER_PAGE)]
    return Sheet(language, last_day, pages)


def messages(*, links: Iterable[tuple[int, str]], language: str, last_day: datetime.date) -> bytes:
    """A CSV with a ready message for every link. The mark at its start lets Excel read the letters of all languages."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    with translation.override(ui_language(language)):
        day = date_format(last_day, "DATE_FORMAT")
        for number, link in links:
            words = _("This link opens a survey, for one person and one time, until %(day)s:") % {"day": day}
            writer.writerow([number, link, language, last_day.isoformat(), harmless(f"{words} {link}")])
    return file.getvalue().encode("utf-8-sig")
