"""One reading of a stored result: from a country, in a language. Finds texts and prints figures; calculates nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from reports.plan import Stat
from reports.table import Cell, CountryResult, IndicatorResult, Labels, Result, State, TableResult, round_half_up
from reports.tabulation import UNSTATED
from survey.protocol.languages import direction

# Left-to-right isolate and its end: a number in Arabic prose keeps its sign and its order.
ISOLATE, END_ISOLATE = "\u2066", "\u2069"
# The same word in every language, so that people and programs find it on any page and in any file.
SYNTHETIC = "SYNTHETIC"
PERCENTS = frozenset({Stat.PERCENT_IN.value, Stat.PERCENT_EACH.value})
FEW, VERY_FEW = "†", "‡"
LABEL_IN_NOTE = 70
_FLAGGED = PERCENTS | {Stat.MEAN.value}


class RenderError(ValueError):
    """A result cannot be shown as asked. The message is for the person who asked."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A result, the country that it is read from, and a BCP 47 tag of the result's languages.

    Raises RenderError for a country or a language that the result does not hold.
    """

    result: Result
    focal: str
    language: str

    def __post_init__(self) -> None:
        codes = [country.code for country in self.result.countries]
        if self.focal not in codes:
            raise RenderError(f"“{self.focal}” is no country of this comparison. It has {', '.join(codes)}.")
        if self.language not in self.result.languages:
            offered = ", ".join(self.result.languages)
            raise RenderError(f"“{self.language}” is no language of this comparison. It has {offered}.")

    @property
    def direction(self) -> str:
        return direction(self.language)

    @property
    def others(self) -> tuple[CountryResult, ...]:
        """The other countries, in the study's order."""
        return tuple(country for country in self.result.countries if country.code != self.focal)

    @property
    def focal_name(self) -> str:
        return self.country_name(self.result.country(self.focal))

    def country_name(self, country: CountryResult) -> str:
        return self.text(country.label) or country.code

    def text(self, labels: Labels) -> str:
        """A label in the language of the reading, else in the first language that has it."""
        return labels.get(self.language) or next((text for text in labels.values() if text), "")

    def label(self, indicator: IndicatorResult) -> str:
        return self.text(indicator.label) or indicator.id

    def column(self, table: TableResult) -> str:
        return self.text(table.column).replace("%(country)s", self.focal_name)

    def block_label(self, indicator: IndicatorResult, block: str) -> str:
        if block == UNSTATED:
            return _("Another or not stated")
        return self.text(indicator.blocks.get(block, {})) or block

    def category_label(self, indicator: IndicatorResult, category: str) -> str:
        return self.text(indicator.categories.get(category, {})) or category

    def isolated(self, text: str) -> str:
        """Something written from left to right, safe inside a sentence of either direction."""
        return f"{ISOLATE}{text}{END_ISOLATE}" if text and self.direction == "rtl" else text


def plain(text: str) -> str:
    """A text without isolates: for what knows its own direction, and where a search should find it."""
    return text.replace(ISOLATE, "").replace(END_ISOLATE, "")


def is_percent(indicator: IndicatorResult) -> bool:
    return indicator.stat in PERCENTS


def printed(indicator: IndicatorResult, value: Fraction) -> str:
    """A value as it is printed: 59.7%, or 2.8. Point decimals and Western digits in every language."""
    return round_half_up(value, indicator.decimals) + ("%" if is_percent(indicator) else "")


def flag(indicator: IndicatorResult, cell: Cell | None) -> str:
    """The mark of a figure that rests on few people, or ''."""
    if cell is None or cell.value is None or cell.n is None or indicator.stat not in _FLAGGED:
        return ""
    if cell.n < 30:
        return VERY_FEW
    return FEW if cell.n < 50 else ""


def absence(cell: Cell | None) -> str:
    """Why there is no figure, in a few words. A category without a cell was merged with another one there."""
    if cell is None:
        return _("grouped differently")
    return {
        State.TOO_FEW: _("too few to show"),
        State.NO_ANSWERS: _("no answers"),
        State.NEEDS_SIGN_OFF: _("not released"),
        State.NOT_ASKED: _("not asked there"),
    }[cell.state]


def in_words(reading: Reading, indicator: IndicatorResult, cell: Cell | None) -> str:
    """The figure with its mark, or why there is none."""
    if cell is None or cell.value is None:
        return absence(cell)
    return reading.isolated(printed(indicator, cell.value)) + flag(indicator, cell)


def listed(parts: Iterable[str]) -> str:
    return pgettext("between the parts of a list", ", ").join(parts)


def enumerated(parts: Iterable[str]) -> str:
    return pgettext("between parts that hold commas", "; ").join(parts)


def of_rows(labels: Iterable[str], note: str) -> str:
    """A note led by the rows that it holds for."""
    return _("%(rows)s: %(note)s") % {"rows": enumerated(_short(label) for label in labels), "note": note}


def _short(label: str) -> str:
    return label if len(label) <= LABEL_IN_NOTE else label[: LABEL_IN_NOTE - 1].rstrip() + "…"
