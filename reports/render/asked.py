"""What was asked for the figures of a table: wording, answers offered, who is in the base, and how many they are."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils import translation

from reports.render.lines import countries_of, indicators_of
from reports.render.notes import base_of, base_rules
from reports.render.reading import Reading
from reports.render.wordings import wordings_in_words
from reports.table import IndicatorResult, TableResult
from survey.language import ui_language


@dataclass(frozen=True, slots=True)
class Offered:
    """An answer that people could choose. `counted`: the figure is the share of those who chose it, or one like it."""

    text: str
    counted: bool


@dataclass(frozen=True, slots=True)
class Base:
    country: str
    people: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The question behind one line of a table."""

    label: str
    question: str
    offered: tuple[Offered, ...]
    rules: tuple[str, ...]
    wordings: tuple[str, ...]
    bases: tuple[Base, ...]


def asked(reading: Reading, table: TableResult) -> tuple[Asked, ...]:
    """The questions of a table, line by line. Bases are told of the countries whose figures the table prints."""
    codes = countries_of(reading, table)
    with translation.override(ui_language(reading.language)):
        return tuple(_asked(reading, indicator, codes) for indicator in indicators_of(reading, table))


def _asked(reading: Reading, indicator: IndicatorResult, codes: frozenset[str]) -> Asked:
    return Asked(
        label=reading.label(indicator),
        question=reading.text(indicator.question),
        offered=tuple(_offered(reading, indicator)),
        rules=base_rules(reading, indicator),
        wordings=wordings_in_words(reading, indicator, codes),
        bases=tuple(
            Base(reading.country_name(country), base_of(reading, indicator, country.code))
            for country in reading.result.countries
            if country.code in codes
        ),
    )


def _offered(reading: Reading, indicator: IndicatorResult) -> Iterator[Offered]:
    for name, labels in indicator.choices.items():
        yield Offered(reading.text(labels) or name, name in indicator.counted)
