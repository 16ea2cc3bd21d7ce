"""Printed figures held against a comparison: reproduced, different, impossible, hidden, or of something else."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from reports.figure_file import Printed
from reports.published import Kind, read_figures
from reports.reproducing import Judged, Verdict, Why, judge
from reports.table import SCALAR, TOTAL, Cell, Result, State
from tests.reports.results import ASSESS, FIVE, TOO_FEW, across, indicator, labels, percent, result

GENDER = {"woman": labels("Women"), "man": labels("Men")}
AREA = {"city": labels("City"), "town+village": labels("Town / Village")}


def of_mexico(cell: Cell, **rows: Cell) -> dict[str, Any]:
    return {"MX": {TOTAL: {SCALAR: cell}, **{name: {SCALAR: own} for name, own in rows.items()}}}


RESULT: Result = replace(
    result(
        indicator(across(*ASSESS)),
        indicator(across((59, 73), (50, 80), TOO_FEW, codes=FIVE[:3]), id="hidden"),
        indicator(across((59, 73), (50, 80), (60, 80), codes=FIVE[:3]), "others", id="defender"),
        indicator(of_mexico(percent(60, 74), woman=percent(35, 44), man=percent(25, 30)), "", id="any", blocks=GENDER),
        indicator({"MX": {TOTAL: {"city": percent(34, 74), "town+village": percent(40, 74)}}}, "",
                  id="area", stat="percent_each", categories=AREA,
                  choices={name: labels(name) for name in ("city", "town", "village")}),
        indicator(of_mexico(Cell(State.SHOWN, Fraction(196, 5), n=74)), "", id="age", stat="mean"),
        indicator(of_mexico(Cell(State.SHOWN, Fraction(19), n=74)), "", id="youngest", stat="min", decimals=0),
        indicator(of_mexico(Cell(State.NEEDS_SIGN_OFF, n=74)), "", id="oldest", stat="max", decimals=0),
    ),
    countries=result().countries,
)  # fmt: skip


def printed(value: str, name: str = "practice.assess", country: str = "MX", **changes: Any) -> Printed:
    decimals = len(value.partition(".")[2])
    own = Printed(2, Fraction(value), decimals, name, country)
    return replace(own, **changes)


def told(one: Judged) -> tuple[str, str, str, list[str]]:
    return one.verdict, one.ours, one.fraction, [why for why, _ in one.why]


@pytest.mark.parametrize(
    ("figure", "verdict", "ours", "fraction", "why"),
    [
        (printed("59.7"), Verdict.REPRODUCED, "59.7", "43/72", []),
        (printed("60"), Verdict.REPRODUCED, "60", "43/72", []),
        (printed("59.72"), Verdict.REPRODUCED, "59.72", "43/72", []),
        (printed("59.7", largest_base=71), Verdict.REPRODUCED, "59.7", "43/72", [Why.LARGER_BASE]),
        (printed("60.8"), Verdict.DIFFERS, "59.7", "43/72", []),
        (printed("60.8", largest_base=75), Verdict.DIFFERS, "59.7", "43/72", []),  # 45/74
        # Indonesia: up to 137 people none gives 60.1; cut off, 62 of 103 would
        (printed("60.1", country="ID", largest_base=120), Verdict.IMPOSSIBLE, "60.2", "50/83",
         [Why.NO_BASE, Why.BASE_NEEDED, Why.CUT_OFF]),
        (printed("60.1", country="ID", largest_base=102), Verdict.IMPOSSIBLE, "60.2", "50/83",
         [Why.NO_BASE, Why.BASE_NEEDED]),
        (printed("60.1", country="ID", largest_base=138), Verdict.DIFFERS, "60.2", "50/83", []),
        (printed("60.1", country="ID"), Verdict.DIFFERS, "60.2", "50/83", []),
        (printed("100.1"), Verdict.IMPOSSIBLE, "59.7", "43/72", [Why.MORE_THAN_ALL]),
        # groups and choices
        (printed("83.3", "any", block="man"), Verdict.REPRODUCED, "83.3", "25/30", []),
        (printed("45.9", "area", choice="city"), Verdict.REPRODUCED, "45.9", "34/74", []),
        (printed("54.1", "area", choice="town+village"), Verdict.REPRODUCED, "54.1", "40/74", []),
        (printed("30", "area", choice="town"), Verdict.NOT_PRINTED, "", "", []),
        (printed("30", "area", choice="farm"), Verdict.NOT_HERE, "", "", [Why.NO_CHOICE]),
        (printed("30", "any", block="child"), Verdict.NOT_HERE, "", "", [Why.NO_GROUP]),
        (printed("30", "area", block="man"), Verdict.NOT_HERE, "", "", [Why.NOT_SPLIT]),
        (printed("30", "practice.assess", choice="never"), Verdict.NOT_HERE, "", "", [Why.ONE_FIGURE]),
        # numbers that are no percentages
        (printed("39.2", "age"), Verdict.REPRODUCED, "39.2", "n 74", []),
        (printed("39.3", "age", largest_base=2), Verdict.IMPOSSIBLE, "39.2", "n 74",
         [Why.NO_BASE, Why.BASE_NEEDED, Why.LARGER_BASE]),
        (printed("39.5", "age", largest_base=80), Verdict.DIFFERS, "39.2", "n 74", []),
        (printed("19", "youngest"), Verdict.REPRODUCED, "19", "n 74", []),
        (printed("19.5", "youngest"), Verdict.IMPOSSIBLE, "19.0", "n 74", [Why.WHOLE_NUMBER]),
        # what is hidden is neither confirmed nor denied; what cannot be is told all the same
        (printed("75", "hidden", "KE"), Verdict.NOT_PRINTED, "", "", []),
        (printed("75.1", "hidden", "KE", largest_base=9), Verdict.IMPOSSIBLE, "", "", [Why.NO_BASE, Why.BASE_NEEDED]),
        (printed("70", "oldest"), Verdict.NOT_PRINTED, "", "", []),
        # not of this comparison
        (printed("59.7", "other"), Verdict.NOT_HERE, "", "", [Why.NO_INDICATOR]),
        (printed("59.7", country="BR"), Verdict.NOT_HERE, "", "", [Why.NO_COUNTRY]),
        (printed("60.1", "other", largest_base=9), Verdict.NOT_HERE, "", "", [Why.NO_INDICATOR]),
        (printed("60.1", "other", largest_base=9, is_percent=True), Verdict.IMPOSSIBLE, "", "",
         [Why.NO_INDICATOR, Why.NO_BASE, Why.BASE_NEEDED]),
        # averages
        (printed("59.5", country="", is_average=True), Verdict.REPRODUCED, "59.5", "5", []),
        (printed("59.5", country="CO", is_average=True), Verdict.REPRODUCED, "59.5", "5", []),
        (printed("59.9", country="", is_average=True), Verdict.DIFFERS, "59.5", "5", []),
        (printed("68.8", "defender", "MX", is_average=True), Verdict.REPRODUCED, "68.8", "2", []),
        (printed("68.8", "defender", "", is_average=True), Verdict.NOT_HERE, "", "", [Why.WHICH_FOCAL]),
        (printed("68.8", "defender", "BR", is_average=True), Verdict.NOT_HERE, "", "", [Why.NO_COUNTRY]),
        (printed("68.8", "hidden", "", is_average=True), Verdict.NOT_PRINTED, "", "", []),
        (printed("68.8", "any", "", is_average=True), Verdict.NOT_HERE, "", "", [Why.NO_AVERAGE]),
    ],
)  # fmt: skip
def test_a_figure_is_held_against_the_comparison(
    figure: Printed, verdict: Verdict, ours: str, fraction: str, why: list[str]
) -> None:
    [found] = judge([figure], _narrow(figure))
    assert told(found) == (verdict, ours, fraction, why)


def _narrow(figure: Printed) -> Result:
    """Averages are of the countries that an indicator was asked in: three of them for some."""
    if figure.indicator in ("defender", "hidden"):
        return replace(RESULT, countries=RESULT.countries[:3])
    return RESULT


def test_a_single_choice_may_be_named_or_left_out() -> None:
    one = replace(
        RESULT, indicators=(replace(RESULT.indicator("any"), counted=("yes",), choices={"yes": labels("Yes")}),)
    )
    assert [found.verdict for found in judge([printed("81.1", "any"), printed("81.1", "any", choice="yes")], one)] == [
        Verdict.REPRODUCED,
        Verdict.REPRODUCED,
    ]


# The paper's tables ---------------------------------------------------------------------------------------------------

FIGURES = read_figures(Path(__file__).resolve().parents[2] / "studies/defenders/published.csv")
TABLES = [one for one in FIGURES if one.id[:3] in ("T1.", "T2.", "T3.")]
# Of 407 people at most so many can have been in each country, given what the other countries' figures need.
LARGEST = {"MX": 75, "ID": 120}


def of_the_paper() -> Result:
    """A comparison with the fractions that stand beside the paper's printed percentages."""
    cells: dict[str, dict[str, Any]] = {}
    for one in TABLES:
        if one.k is not None and one.n is not None:
            cells.setdefault(one.indicator, {})[one.country] = {TOTAL: {SCALAR: percent(one.k, one.n)}}
    return replace(result(*(indicator(own, id=name) for name, own in cells.items())), countries=result().countries)


def test_thirteen_of_the_papers_sixteen_averages_fit_and_one_percentage_is_of_no_possible_base() -> None:
    own = [
        Printed(
            row,
            Fraction(one.value),
            one.decimals,
            one.indicator,
            "" if one.id.endswith(".AVG") else one.country,
            largest_base=LARGEST.get(one.country),
            label=one.id,
            is_average=one.id.endswith(".AVG"),
        )
        for row, one in enumerate(TABLES, start=2)
    ]
    found = judge(own, of_the_paper())
    assert Counter(one.verdict for one in found) == {Verdict.REPRODUCED: 93, Verdict.IMPOSSIBLE: 4}
    assert {one.printed.label: (one.text, one.ours) for one in found if one.verdict is Verdict.IMPOSSIBLE} == {
        "T1.1.ID": ("60.1", "60.2"),
        "T1.4.AVG": ("76.8", "76.6"),
        "T2.4.AVG": ("69.7", "69.8"),
        "T3.1.AVG": ("77.0", "77.4"),
    }
    assert {one.id for one in TABLES if one.kind is Kind.DISCREPANCY} == {
        one.printed.label for one in found if one.verdict is Verdict.IMPOSSIBLE
    }
    averages = [one for one in found if one.printed.is_average]
    assert Counter(one.verdict for one in averages) == {Verdict.REPRODUCED: 13, Verdict.IMPOSSIBLE: 3}
