"""A file of printed figures: one row a figure, as a paper has it. Pure: bytes in, figures or problems out."""

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from survey.protocol import datafile
from survey.protocol.problems import Problem

HEADINGS = ("value", "decimals", "indicator", "country", "subgroup", "choice", "largest_base", "label")
NEEDED = ("value", "indicator", "country")
MOST_BYTES, MOST_ROWS = 200 * 1024, 2_000
MOST_DECIMALS = 3
# What stands in `country` for a mean of countries; with a code after it, of the others than that country.
AVERAGE = "average"
_LONGEST = 200
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_BASE = re.compile(r"[0-9]{1,9}")
_PERCENT = "%٪"
_ARABIC_POINT, _ARABIC_THOUSANDS = "٫", re.compile("(?<=[0-9])٬(?=[0-9]{3}(?![0-9]))")


@dataclass(frozen=True, slots=True)
class Printed:
    """One printed figure. `average_of` tells whose average it is: '' for none; `country` is the focal one, if named."""

    row: int
    value: Fraction
    decimals: int
    indicator: str
    country: str
    block: str = ""
    choice: str = ""
    largest_base: int | None = None
    label: str = ""
    is_average: bool = False
    is_percent: bool = False


def read_figure_file(data: bytes, name: str = "figures") -> tuple[tuple[Printed, ...], tuple[Problem, ...]]:
    """The figures of a file, and everything that is wrong with it. Rows without a value are passed over."""
    text, fault = _decoded(data)
    if fault:
        return (), (Problem(name, 0, "", *fault),)
    reader = _Reader(name)
    try:
        figures = tuple(reader.figures(text))
    except csv.Error:
        reader.fault(reader.row + 1, "", "not-csv", "from here on this is no CSV; is a quotation mark missing?")
        figures = ()
    return figures, tuple(reader.problems)


def _decoded(data: bytes) -> tuple[str, tuple[str, str] | None]:
    if len(data) > MOST_BYTES:
        return "", ("too-big", f"a file has at most {MOST_BYTES // 1024} KB; split it")
    if data.startswith(b"PK\x03\x04") or data.startswith(b"\xd0\xcf\x11\xe0"):
        return "", ("spreadsheet", "this is a spreadsheet; save it as CSV UTF-8 and send that file")
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except ValueError:
        return "", ("not-utf-8", "this is not UTF-8; save the file as CSV UTF-8")
    if "\x00" in text:
        return "", ("not-text", "this is no text; save the file as CSV UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n"), None


class _Reader:
    def __init__(self, name: str) -> None:
        self.name, self.row = name, 0
        self.problems: list[Problem] = []

    def fault(self, row: int, column: str, code: str, message: str) -> None:
        self.problems.append(Problem(self.name, row, column[:_LONGEST], code, message))

    def figures(self, text: str) -> Iterator[Printed]:
        lines = text.split("\n")
        # Spreadsheet programs may say in a line of their own by what cells are separated.
        said = re.fullmatch(r'"?sep=(.)"?', lines[0].strip(), re.IGNORECASE)
        skipped = 1 if said else 0
        first = next((line for line in lines[skipped:] if line.strip()), "")
        delimiter = said[1] if said and said[1] in datafile.DELIMITERS else datafile.dialect(first)
        rows = datafile.rows((line + "\n" for line in lines[skipped:]), delimiter)
        places, width = self._heading(rows, skipped)
        if self.problems:
            return
        taken = 0
        for number, cells in rows:
            self.row = number + skipped
            row = {name: cells[place].strip() if place < len(cells) else "" for name, place in places.items()}
            if any(cells[width:]):
                message = "this row has more cells than the heading; is a decimal comma not in quotation marks?"
                self.fault(self.row, "", "cells", message)
                continue
            if not row["value"]:
                continue
            taken += 1
            if taken > MOST_ROWS:
                self.fault(self.row, "", "too-many", f"a file has at most {MOST_ROWS} figures; split it")
                return
            own = {name: cell.removeprefix("'")[:_LONGEST] for name, cell in row.items()}
            figure = self._figure({**dict.fromkeys(HEADINGS, ""), **own})
            if figure is not None:
                yield figure
        if not taken:
            self.fault(0, "", "no-figures", "no row has a value")

    def _heading(self, rows: Iterator[tuple[int, list[str]]], skipped: int) -> tuple[Mapping[str, int], int]:
        """Where each column stands, and how many columns there are."""
        number, cells = next(rows, (1, []))
        self.row = number + skipped
        names = [re.sub(r"[\s_-]+", "_", cell.strip().lower()) for cell in cells]
        places: dict[str, int] = {}
        for place, name in enumerate(names):
            if name in HEADINGS and name in places:
                self.fault(self.row, name, "heading-twice", "this heading stands twice; remove one")
            elif name in HEADINGS:
                places[name] = place
        for name in NEEDED:
            if name not in places:
                self.fault(self.row, name, "heading-missing", f"the first row needs the heading “{name}”")
        return places, len(cells)

    def _figure(self, row: Mapping[str, str]) -> Printed | None:
        before = len(self.problems)
        digits = _digits(row["value"])
        decimals = self._decimals(row["decimals"], digits)
        base = _plain(row["largest_base"])
        if base and (not _BASE.fullmatch(base) or not int(base)):
            self.fault(self.row, "largest_base", "base", "write the largest number of people, such as 120")
        if not row["indicator"]:
            self.fault(self.row, "indicator", "indicator", "write the id of an indicator")
        average, country = _country(row["country"])
        if not (average or country):
            self.fault(self.row, "country", "country", "write the code of a country, or “average”")
        if len(self.problems) > before or digits is None or decimals is None:
            return None
        return Printed(
            row=self.row,
            value=Fraction(digits),
            decimals=decimals,
            indicator=row["indicator"],
            country=country,
            block=row["subgroup"],
            choice=row["choice"],
            largest_base=int(base) if base else None,
            label=row["label"],
            is_average=average,
            is_percent=any(sign in row["value"] for sign in _PERCENT),
        )

    def _decimals(self, said: str, digits: str | None) -> int | None:
        if digits is None:
            self.fault(self.row, "value", "value", "write a number such as 59.7")
            return None
        own = len(digits.partition(".")[2])
        wanted = _plain(said) or str(own)
        if wanted not in ("0", "1", "2", "3"):
            self.fault(self.row, "decimals", "decimals", f"a figure has 0 to {MOST_DECIMALS} decimals")
            return None
        if own > int(wanted):
            self.fault(self.row, "decimals", "more-decimals", "the value has more decimals than are said here")
            return None
        return int(wanted)


def _country(text: str) -> tuple[bool, str]:
    """Whether it is an average, and the country: its code, or the focal one of an average of the others."""
    first, _, rest = text.strip().partition(" ")
    if first.lower() == AVERAGE:
        return True, rest.strip().upper()
    return False, text.strip().upper()


def _plain(text: str) -> str:
    """Digits of any script as 0 to 9, without spaces."""
    found = (str(unicodedata.decimal(sign, sign)) for sign in text if not sign.isspace())
    return "".join(found)


def _digits(text: str) -> str | None:
    """A number with a point, whichever script, percent sign or decimal comma it was written with."""
    plain = _ARABIC_THOUSANDS.sub("", _plain(text).replace(_ARABIC_POINT, ".")).rstrip(_PERCENT)
    if plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    return plain if _NUMBER.fullmatch(plain) else None


def rows_of(figures: Sequence[Mapping[str, str]]) -> Iterator[list[str]]:
    """The lines of a file with these figures, under its heading."""
    yield list(HEADINGS)
    for figure in figures:
        yield [figure.get(name, "") for name in HEADINGS]
