"""Figures that a paper printed, checked against a comparison: the proof that definitions and arithmetic are right."""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from reports.table import SCALAR, TOTAL, Cell, Result, round_half_up


class Kind(StrEnum):
    FIGURE = "figure"
    AVERAGE = "average"
    REGISTRY = "registry"
    VERBAL = "verbal"
    REPEAT = "repeat"
    FRAME = "frame"
    INTERVIEW = "interview"
    DISCREPANCY = "discrepancy"
    TARGET = "target"


class Verdict(StrEnum):
    REPRODUCED = "reproduced"
    KNOWN = "known discrepancy"
    NOT_HERE = "not from a questionnaire"
    DIFFERS = "DIFFERS"


@dataclass(frozen=True, slots=True)
class Figure:
    """One printed figure and where a comparison holds it. `ours` is our value for a known discrepancy."""

    id: str
    kind: Kind
    value: str
    decimals: int
    printed_as: str
    country: str
    indicator: str
    choice: str
    block: str
    k: int | None
    n: int | None
    rule: str
    ours: str
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """What the check says of one figure."""

    figure: Figure
    computed: str
    fraction: str
    verdict: Verdict


def read_targets(path: Path) -> tuple[Figure, ...]:
    """Fractions that a synthetic data set shall have where the paper prints none."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            _figure({**dict.fromkeys(_COLUMNS, ""), **row, "figure_id": "", "kind": Kind.TARGET})
            for row in csv.DictReader(file)
        )


def read_figures(path: Path) -> tuple[Figure, ...]:
    """The figures of a study's published.csv, in its order."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(_figure(row) for row in csv.DictReader(file))


_COLUMNS = ("value", "decimals", "printed_as", "country", "indicator", "choice", "block", "rule", "ours", "reason")


def _figure(row: dict[str, str]) -> Figure:
    return Figure(
        id=row["figure_id"],
        kind=Kind(row["kind"]),
        value=row["value"],
        decimals=int(row["decimals"] or 0),
        printed_as=row["printed_as"],
        country=row["country"],
        indicator=row["indicator"],
        choice=row["choice"],
        block=row["block"],
        k=int(row["k"]) if row["k"] else None,
        n=int(row["n"]) if row["n"] else None,
        rule=row["rule"] or "=",
        ours=row["ours"],
        reason=row["reason"],
    )


def check_figures(figures: Iterable[Figure], result: Result) -> tuple[Line, ...]:
    """One line a figure, in order. Only a line with Verdict.DIFFERS speaks against the program."""
    return tuple(_line(figure, result) for figure in figures)


def _line(figure: Figure, result: Result) -> Line:
    if figure.kind is Kind.INTERVIEW or not (figure.indicator or figure.id in _FRAME):
        return Line(figure, "", "", Verdict.NOT_HERE)
    exact, fraction = _computed(figure, result)
    if exact is None:
        return Line(figure, "not printed", fraction, Verdict.DIFFERS)
    computed = round_half_up(exact, figure.decimals)
    if figure.kind is Kind.DISCREPANCY:
        known = figure.ours == computed != figure.value
        return Line(figure, computed, fraction, Verdict.KNOWN if known else Verdict.DIFFERS)
    holds = _RULES[figure.rule](Fraction(computed) if figure.rule in ("=", "~") else exact, Fraction(figure.value))
    return Line(figure, computed, fraction, Verdict.REPRODUCED if holds else Verdict.DIFFERS)


_RULES: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "=": lambda ours, printed: ours == printed,
    "~": lambda ours, printed: abs(ours - printed) < 1,
    ">": lambda ours, printed: ours > printed,
    ">=": lambda ours, printed: ours >= printed,
    "<": lambda ours, printed: ours < printed,
}
_FRAME: dict[str, Callable[[Result], int]] = {
    "I.countries": lambda result: len(result.countries) - 1,
    "P.n_total": lambda result: sum(country.participants for country in result.countries),
}


def _computed(figure: Figure, result: Result) -> tuple[Fraction | None, str]:
    if figure.id in _FRAME:
        return Fraction(_FRAME[figure.id](result)), ""
    indicator = next((one for one in result.indicators if one.id == figure.indicator), None)
    if indicator is None:
        return None, ""
    if figure.id.endswith(".AVG"):
        focal = figure.country if figure.country in indicator.averages else result.countries[0].code
        return indicator.averages.get(focal, {}).get(SCALAR), f"mean of {len(indicator.cells)} countries"
    cell = indicator.cell(figure.country, figure.block or TOTAL, figure.choice or SCALAR)
    return (cell.value, _fraction(cell)) if cell is not None else (None, "")


def _fraction(cell: Cell) -> str:
    if cell.k is not None:
        return f"{cell.k}/{cell.n}"
    return f"n {cell.n}" if cell.n is not None else ""
