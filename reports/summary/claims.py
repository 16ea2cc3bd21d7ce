"""Sentences held against the figures: true, false, or not to be told from what is printed."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from reports.summary.figures import Figures
from reports.summary.grammar import Check, Condition, Figure, Number, Shown, Term
from reports.table import round_half_up


class Verdict(StrEnum):
    HOLDS = "holds"
    FAILS = "fails"
    # A figure that it needs is not printed.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict, and the figures that it rests on as a reader may look them up."""

    verdict: Verdict
    told: str


def judge(condition: Condition, figures: Figures) -> Finding:
    """All parts have to hold. One that fails decides, even where another cannot be told."""
    verdicts = [_one(test, figures) for test in condition]
    told = told_of((term for test in condition for term in _terms(test)), figures)
    if Verdict.FAILS in verdicts:
        return Finding(Verdict.FAILS, told)
    return Finding(Verdict.UNKNOWN if Verdict.UNKNOWN in verdicts else Verdict.HOLDS, told)


def _terms(test: Check | Shown) -> tuple[Term, ...]:
    return test.figures if isinstance(test, Shown) else (test.left, test.right)


def order(left: Term, right: Term, figures: Figures) -> int | None:
    """1, -1 or 0 for higher, lower or the same, as both are printed; None where one is not."""
    one, other = figures.of(left).value, figures.of(right).value
    if one is None or other is None:
        return None
    return (one > other) - (one < other)


def told_of(terms: Iterable[Term], figures: Figures) -> str:
    """“training.any@woman 79.5%, training.any@man 83.3%”: each figure once, in order."""
    found = dict.fromkeys(term for term in terms if isinstance(term, Figure))
    return ", ".join(f"{figures.reading.isolated(figure.source)} {figures.of(figure).text}" for figure in found)


def _one(test: Check | Shown, figures: Figures) -> Verdict:
    if isinstance(test, Shown):
        return _verdict(all(figures.of(figure).value is not None for figure in test.figures))
    if test.operator == "~":
        return _about(test, figures)
    found = order(test.left, test.right, figures)
    return Verdict.UNKNOWN if found is None else _verdict(found in _ORDERS[test.operator])


def _about(test: Check, figures: Figures) -> Verdict:
    """Whether a figure rounds to a number as it is written: 12 holds from 11.5, and 0.5 from 0.45."""
    assert isinstance(test.right, Number)
    value = _exact(test.left, figures)
    if value is None:
        return Verdict.UNKNOWN
    return _verdict(Fraction(round_half_up(value, test.right.decimals)) == test.right.value)


def _exact(term: Term, figures: Figures) -> Fraction | None:
    if isinstance(term, Number) or term.aspect:
        return figures.of(term).value
    return figures.exact(term)


def _verdict(holds: bool) -> Verdict:
    return Verdict.HOLDS if holds else Verdict.FAILS


# What `order` may say for the operator to hold.
_ORDERS: dict[str, frozenset[int]] = {
    ">": frozenset({1}),
    "<": frozenset({-1}),
    "=": frozenset({0}),
    ">=": frozenset({0, 1}),
    "<=": frozenset({-1, 0}),
    "!=": frozenset({-1, 1}),
}
