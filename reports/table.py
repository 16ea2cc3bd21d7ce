"""What a release holds and what a comparison says, as frozen values with a JSON form. Nothing here calculates.

A stored comparison is what is shown: pages and files read one immutable `Result`.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

from reports.annex import Annex

_EXACT = re.compile(r"-?[0-9]{1,40}(/[0-9]{1,40})?")
TOTAL = "all"
SCALAR = ""


class State(StrEnum):
    """Whether a cell is printed, and if not, why."""

    SHOWN = "shown"
    TOO_FEW = "too_few"
    NO_ANSWERS = "no_answers"
    NEEDS_SIGN_OFF = "needs_sign_off"
    # The version of the questionnaire that was used there does not ask it.
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure. `value` is exact (percent, mean, …); `k` of `n` are the people counted and the base.

    The base is known even where the figure is not shown, unless the item is sensitive.
    """

    state: State
    value: Fraction | None = None
    k: int | None = None
    n: int | None = None

    def __post_init__(self) -> None:
        if (self.state is State.SHOWN) != (self.value is not None):
            raise ValueError("a shown cell has a value, and no other cell does")

    def to_json(self) -> dict[str, Any]:
        value = None if self.value is None else str(self.value)
        return {"state": self.state.value, "value": value, "k": self.k, "n": self.n}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Cell":
        value = None if data["value"] is None else _exact(data["value"])
        return Cell(State(data["state"]), value, data["k"], data["n"])


def _exact(text: Any) -> Fraction:
    """A value as `to_json` writes it; in other spellings a short text can be a number of a thousand million digits."""
    if not isinstance(text, str) or not _EXACT.fullmatch(text):
        raise ValueError("no exact value")
    return Fraction(text)


# Cells of one indicator at one site: block (TOTAL or a choice of the split) → category (SCALAR or a choice) → cell.
Cells = Mapping[str, Mapping[str, Cell]]


def cells_to_json(cells: Cells) -> dict[str, dict[str, Any]]:
    return {block: {name: cell.to_json() for name, cell in row.items()} for block, row in cells.items()}


def cells_from_json(data: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Cell]]:
    return {block: {name: Cell.from_json(cell) for name, cell in row.items()} for block, row in data.items()}


Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CountryResult:
    """One country of a comparison, as its release described it."""

    code: str
    label: Labels
    respondents: int
    participants: int
    synthetic: bool
    fieldwork_from: str
    fieldwork_to: str
    modes: str
    release: int
    cut: int
    signed_off_by: str = ""
    # A newer cut was not printed, since the difference would tell about too few people: `cut` is the one that stands.
    held_back: bool = False
    # Fieldwork goes on: the cut is not the last one.
    preliminary: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """A question, or one of its answers, as one country words it in a language, where the master text is another.

    `answer` are the master texts of the answer; empty where the question itself is worded in another way.
    """

    country: str
    language: str
    text: str
    back_translation: str
    reason: str
    answer: Labels = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The stored form, which names an answer only where it is about one."""
        return {name: value for name, value in asdict(self).items() if name != "answer" or value}


@dataclass(frozen=True, slots=True)
class IndicatorResult:
    """One indicator across the countries: cells by country, and the averages of printed cells.

    `averages` maps a focal country to category → exact value; under `all` every country has the same one. It has no
    entry where some country's cell is not printed.
    """

    id: str
    stat: str
    decimals: int
    average: str
    label: Labels
    categories: Mapping[str, Labels]
    blocks: Mapping[str, Labels]
    rules: Mapping[str, str]
    question: Labels
    cells: Mapping[str, Cells]
    averages: Mapping[str, Mapping[str, Fraction]]
    # What it is made of; results from before these were stored have none of them.
    variable: str = ""
    counted: tuple[str, ...] = ()
    choices: Mapping[str, Labels] = field(default_factory=dict)
    wordings: tuple[Wording, ...] = ()
    family: str = ""

    def cell(self, country: str, block: str = TOTAL, category: str = SCALAR) -> Cell | None:
        return self.cells.get(country, {}).get(block, {}).get(category)

    def to_json(self) -> dict[str, Any]:
        plain = {name: getattr(self, name) for name in _PLAIN_INDICATOR}
        averages = {focal: {name: str(value) for name, value in row.items()} for focal, row in self.averages.items()}
        cells = {country: cells_to_json(own) for country, own in self.cells.items()}
        # PostgreSQL's jsonb keeps no order of keys; the order of a scale matters.
        ordered = {name: [[key, label] for key, label in getattr(self, name).items()] for name in _ORDERED}
        return {**plain, **ordered, "cells": cells, "averages": averages, **self._later()}

    def _later(self) -> dict[str, Any]:
        """What an older result does not hold stays out of the stored form, and so its hash stays what it was."""
        found: dict[str, Any] = {
            "variable": self.variable,
            "counted": list(self.counted),
            "choices": [[name, label] for name, label in self.choices.items()],
            "wordings": [wording.to_json() for wording in self.wordings],
            "family": self.family,
        }
        return {name: value for name, value in found.items() if value}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "IndicatorResult":
        averages = {focal: {name: Fraction(v) for name, v in row.items()} for focal, row in data["averages"].items()}
        cells = {country: cells_from_json(own) for country, own in data["cells"].items()}
        plain: dict[str, Any] = {name: data[name] for name in _PLAIN_INDICATOR}
        plain |= {name: dict(data[name]) for name in _ORDERED}
        return IndicatorResult(
            **plain,
            cells=cells,
            averages=averages,
            variable=data.get("variable", ""),
            counted=tuple(data.get("counted", ())),
            choices=dict(data.get("choices", ())),
            wordings=tuple(Wording(**wording) for wording in data.get("wordings", ())),
            family=data.get("family", ""),
        )


_PLAIN_INDICATOR = ("id", "stat", "decimals", "average", "label", "rules", "question")
_ORDERED = ("categories", "blocks")


@dataclass(frozen=True, slots=True)
class TableResult:
    id: str
    show: str
    title: Labels
    stub: Labels
    column: Labels
    indicators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a comparison came about: enough to find the version, the policy and the program again."""

    instrument_hash: str
    layout_hash: str
    plan_hash: str
    version: str
    threshold: int
    software: str
    translations: str
    made_on: str
    # The head of the audit trail when the comparison was made; results from before it was printed have none.
    audit_head: str = ""
    # The number of the plan in its study; results from before plans had numbers have none.
    plan: int = 0

    def to_json(self) -> dict[str, Any]:
        """The stored form. What an older result does not hold stays out of it, and so its hash stays what it was."""
        return {name: value for name, value in asdict(self).items() if name not in ("audit_head", "plan") or value}


@dataclass(frozen=True, slots=True)
class Result:
    """A whole comparison. Languages are BCP 47 tags; labels are keyed by them."""

    study: str
    title: str
    languages: tuple[str, ...]
    countries: tuple[CountryResult, ...]
    indicators: tuple[IndicatorResult, ...]
    tables: tuple[TableResult, ...]
    provenance: Provenance
    # Results from before it was stored have none.
    annex: Annex | None = None

    @property
    def synthetic(self) -> bool:
        return any(country.synthetic for country in self.countries)

    def indicator(self, name: str) -> IndicatorResult:
        """Raises KeyError for an indicator that the comparison does not hold."""
        for indicator in self.indicators:
            if indicator.id == name:
                return indicator
        raise KeyError(name)

    def country(self, code: str) -> CountryResult:
        """Raises KeyError for a country that the comparison does not hold."""
        for country in self.countries:
            if country.code == code:
                return country
        raise KeyError(code)

    def to_json(self) -> dict[str, Any]:
        """The stored form; `from_json` reads it back to an equal value."""
        return {
            "study": self.study,
            "title": self.title,
            "languages": list(self.languages),
            "countries": [asdict(country) for country in self.countries],
            "indicators": [indicator.to_json() for indicator in self.indicators],
            "tables": [{**asdict(table), "indicators": list(table.indicators)} for table in self.tables],
            "provenance": self.provenance.to_json(),
            **({"annex": self.annex.to_json()} if self.annex else {}),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Result":
        return Result(
            study=data["study"],
            title=data["title"],
            languages=tuple(data["languages"]),
            countries=tuple(CountryResult(**country) for country in data["countries"]),
            indicators=tuple(IndicatorResult.from_json(indicator) for indicator in data["indicators"]),
            tables=tuple(
                TableResult(**{**table, "indicators": tuple(table["indicators"])}) for table in data["tables"]
            ),
            provenance=Provenance(**data["provenance"]),
            annex=Annex.from_json(data["annex"]) if "annex" in data else None,
        )


def round_half_up(value: Fraction, decimals: int) -> str:
    """A value as it is printed: rounded once, half away from zero, from the exact fraction.

    >>> round_half_up(Fraction(2800, 64), 1)
    '43.8'
    """
    scale = 10**decimals
    doubled = abs(value) * scale * 2 + 1
    whole = doubled.numerator // (doubled.denominator * 2)
    sign = "-" if value < 0 and whole else ""
    digits = str(whole).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"
