"""Printed figures against a comparison: reproduced, known to differ, or wrong."""

from fractions import Fraction

import pytest

from reports.published import Figure, Kind, Line, Verdict, check_figures, read_figures, read_targets
from reports.table import Cell, CountryResult, IndicatorResult, Provenance, Result, State


def figure(**changes):
    plain = {
        "id": "T1.assess.MX",
        "kind": Kind.FIGURE,
        "value": "59.7",
        "decimals": 1,
        "printed_as": "59.7%",
        "country": "MX",
        "indicator": "practice.assess",
        "choice": "",
        "block": "",
        "k": 43,
        "n": 72,
        "rule": "=",
        "ours": "",
        "reason": "",
    }
    return Figure(**{**plain, **changes})


def share(k, n):
    return Cell(State.SHOWN, Fraction(100 * k, n), k, n)


def indicator(name, cells, averages=None):
    return IndicatorResult(name, "percent_in", 1, "all", {}, {}, {}, {}, {}, cells, averages or {})


def country(code, participants):
    return CountryResult(code, {}, participants, participants, True, "", "", "", 1, 1)


RESULT = Result(
    "small",
    "Survey",
    ("en",),
    (country("MX", 75), country("CO", 80), country("KE", 62)),
    (
        indicator(
            "practice.assess",
            {
                "MX": {"all": {"": share(43, 72)}, "man": {"": share(25, 30)}},
                "CO": {"all": {"": Cell(State.TOO_FEW, n=9)}},
            },
            {"MX": {"": Fraction(1191, 20)}, "CO": {"": Fraction(40)}},  # 59.55
        ),
        indicator("about.area", {"MX": {"all": {"city": share(34, 74)}}}),
        indicator("about.age", {"MX": {"all": {"": Cell(State.SHOWN, Fraction(196, 5), n=74)}}}),
    ),
    (),
    Provenance("", "", "", "1", 5, "1", "", ""),
)


@pytest.mark.parametrize(
    ("changes", "computed", "fraction", "verdict"),
    [
        ({}, "59.7", "43/72", Verdict.REPRODUCED),
        ({"value": "59.8"}, "59.7", "43/72", Verdict.DIFFERS),
        ({"value": "60", "decimals": 0}, "60", "43/72", Verdict.REPRODUCED),
        ({"block": "man", "value": "83.3"}, "83.3", "25/30", Verdict.REPRODUCED),
        ({"indicator": "about.area", "choice": "city", "value": "45.9"}, "45.9", "34/74", Verdict.REPRODUCED),
        ({"indicator": "about.age", "value": "39.2"}, "39.2", "n 74", Verdict.REPRODUCED),
        # what is not printed here cannot be reproduced
        ({"country": "CO"}, "not printed", "n 9", Verdict.DIFFERS),
        ({"country": "EG"}, "not printed", "", Verdict.DIFFERS),
        ({"indicator": "practice.plan"}, "not printed", "", Verdict.DIFFERS),
        # averages are of a focal country
        ({"id": "T1.AVG", "value": "59.6"}, "59.6", "mean of 2 countries", Verdict.REPRODUCED),
        ({"id": "T1.AVG", "country": "CO", "value": "40"}, "40.0", "mean of 2 countries", Verdict.REPRODUCED),
        ({"id": "T1.AVG", "country": "ALL", "value": "59.6"}, "59.6", "mean of 2 countries", Verdict.REPRODUCED),
        # words instead of numbers
        ({"rule": "~", "value": "59"}, "59.7", "43/72", Verdict.REPRODUCED),
        ({"rule": "~", "value": "58.7"}, "59.7", "43/72", Verdict.DIFFERS),
        ({"rule": ">", "value": "59.7"}, "59.7", "43/72", Verdict.REPRODUCED),  # 59.72 is more
        ({"rule": ">", "value": "60"}, "59.7", "43/72", Verdict.DIFFERS),
        ({"rule": ">=", "value": "59.7"}, "59.7", "43/72", Verdict.REPRODUCED),
        ({"rule": "<", "value": "60"}, "59.7", "43/72", Verdict.REPRODUCED),
        # a known discrepancy: ours is what was said to be ours, and not what was printed
        ({"kind": Kind.DISCREPANCY, "value": "60.1", "ours": "59.7"}, "59.7", "43/72", Verdict.KNOWN),
        ({"kind": Kind.DISCREPANCY, "value": "60.1", "ours": "59.8"}, "59.7", "43/72", Verdict.DIFFERS),
        ({"kind": Kind.DISCREPANCY, "value": "59.7", "ours": "59.7"}, "59.7", "43/72", Verdict.DIFFERS),
        # what no questionnaire gives, and what the frame gives
        ({"kind": Kind.INTERVIEW}, "", "", Verdict.NOT_HERE),
        ({"indicator": ""}, "", "", Verdict.NOT_HERE),
        ({"id": "P.n_total", "indicator": "", "value": "217", "decimals": 0}, "217", "", Verdict.REPRODUCED),
        ({"id": "I.countries", "indicator": "", "value": "2", "decimals": 0}, "2", "", Verdict.REPRODUCED),
    ],
)
def test_a_printed_figure_is_held_against_the_comparison(changes, computed, fraction, verdict):
    printed = figure(**changes)
    assert check_figures([printed], RESULT) == (Line(printed, computed, fraction, verdict),)


def test_figures_are_read_in_the_order_of_the_file(tmp_path):
    path = tmp_path / "published.csv"
    path.write_text(
        "figure_id,kind,value,decimals,printed_as,country,indicator,choice,block,k,n,rule,ours,reason,source_quote\n"
        "T1.assess.MX,figure,59.7,1,59.7%,MX,practice.assess,,,43,72,,,,said so\n"
        "I.age,interview,,,some,MX,,,,,,,,,\n",
        encoding="utf-8",
    )
    assert read_figures(path) == (
        figure(),
        figure(id="I.age", kind=Kind.INTERVIEW, value="", decimals=0, printed_as="some", indicator="", k=None, n=None),
    )


def test_targets_are_fractions_without_a_printed_value(tmp_path):
    path = tmp_path / "synthetic_targets.csv"
    path.write_text("country,indicator,choice,block,k,n\nCO,identity.defender,,man,6,8\n", encoding="utf-8")
    assert read_targets(path) == (
        figure(
            id="", kind=Kind.TARGET, value="", decimals=0, printed_as="", country="CO", indicator="identity.defender",
            block="man", k=6, n=8,
        ),
    )  # fmt: skip
