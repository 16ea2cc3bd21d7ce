"""Cohorts and plans at their worst: a right table or a clear reason, never a wrong number."""

from fractions import Fraction

import pytest

from reports.comparison import compare
from reports.table import CountryResult, Provenance, State
from tests import workbooks as w
from tests.reports.responses import cells_of, people

SURVEY = [
    *w.group(
        "all",
        w.one("sex", "sex"),
        w.one("often", "often"),
        w.one("trained", "yesno"),
        w.integer("times", 1, 300, relevant="${trained} = 'yes'"),
        w.integer("age", 15, 99),
        w.many("work", "work"),
    )
]
CHOICES = [
    *w.SEX,
    *w.YES_NO,
    *w.choices("often", "never", "often", "always", missing=["dont_know"]),
    *w.choices("work", "paid", "unpaid", none=True),
]
DERIVED = [
    *w.derived("band", "age", "band", {"young": "15-29", "older": "30+"}),
    *w.derived("ever", "often", "recode", {"yes": "often always", "no": "never"}),
    *w.derived("any_work", "work", "any_of", {"yes": "paid unpaid", "no": "rest"}),
]
INDICATORS = [
    w.indicator("share", "trained", "percent_in", count="yes", split="band", average="all"),
    w.indicator("ever", "ever", "percent_in", count="yes", dont_know="include", average="others"),
    w.indicator("often", "often", "percent_each", dont_know="exclude"),
    w.indicator("band", "band", "percent_each"),
    w.indicator("work", "work", "percent_each"),
    w.indicator("any", "any_work", "percent_in", count="yes"),
    w.indicator("mean", "times", "mean", zero_if="${trained} = 'no'", split="sex"),
    w.indicator("least", "age", "min"),
    w.indicator("narrow", "trained", "percent_in", count="yes", filter="${band} = 'older' and ${age} > 98"),
    w.indicator("people", "trained", "count", split="band"),
]
MANY = tuple(f"{a}{b}" for a in "ABCDE" for b in "ABCDEFGHIJ")
STUDY = w.study(SURVEY, CHOICES, derived=DERIVED, indicators=INDICATORS, countries=[w.country(code) for code in MANY])
NOBODY = {"share", "ever", "often", "band", "work", "any", "mean", "least", "narrow"}


def states(cells):
    return {name: {cell.state for row in own.values() for cell in row.values()} for name, own in cells.items()}


@pytest.mark.parametrize(
    "groups",
    [
        [],
        [people(30)],
        [
            people(
                30,
                sex="prefer_not",
                often="prefer_not",
                trained="prefer_not",
                work=("prefer_not",),
            )
        ],
    ],
    ids=["nobody", "blank", "declined"],
)
def test_without_an_answer_there_is_no_figure(groups):
    found = states(cells_of(STUDY, *groups, signed_off=True))
    assert {name: found[name] for name in NOBODY} == {key: {State.NO_ANSWERS} for key in NOBODY}
    assert found["people"] == {State.SHOWN}  # 0 people


ONE = {"sex": "woman", "often": "always", "trained": "yes", "times": 300, "age": 99, "work": ("paid",)}


@pytest.mark.parametrize("size", [1, 4])
def test_few_people_print_nothing(size):
    found = states(cells_of(STUDY, people(size, **ONE), signed_off=True))
    assert {name: found[name] for name in NOBODY} == {key: {State.TOO_FEW} for key in NOBODY}


def test_where_all_say_the_same_that_is_not_told():
    found = states(cells_of(STUDY, people(60, **ONE)))
    same = NOBODY - {"least"}
    assert {name: found[name] for name in same} == {key: {State.TOO_FEW} for key in same}


def test_the_base_of_a_filter_may_be_empty_and_that_it_is_would_tell_something_of_everybody():
    cells = cells_of(STUDY, people(10, **{**ONE, "age": 40}), people(10, trained="no", age=98))
    assert cells["narrow"]["all"][""].state is State.TOO_FEW
    assert cells["narrow"]["all"][""].n is None


def country(code):
    return CountryResult(code, {"en": code}, 20, 20, False, "", "", "survey", 1, 1)


def compared(cells):
    protocol, plan = STUDY
    return compare(
        protocol=protocol,
        plan=plan,
        tables=["all"],
        countries=[country(code) for code in cells],
        cells=cells,
        provenance=Provenance("a", "b", "c", "1", 5, "0", "", "2026-11-23"),
    )


def test_fifty_countries_and_one_without_an_answer():
    groups = people(12, trained="yes", age=20), people(8, trained="no", age=40)
    full = cells_of(STUDY, *groups)
    result = compared(dict.fromkeys(MANY, full))
    share = result.indicator("share")
    assert {focal: row[""] for focal, row in share.averages.items()} == dict.fromkeys(MANY, Fraction(100 * 12, 20))
    # The split is not fit: all of the young are trained.
    assert share.blocks == {}
    none = compared({**dict.fromkeys(MANY, full), MANY[7]: cells_of(STUDY)})
    assert none.indicator("share").averages == {}
    assert none.indicator("share").cell(MANY[7]).state is State.NO_ANSWERS
    assert list(result.indicator("band").categories) == ["young", "older"]


def test_how_derived_variables_were_made_is_part_of_the_result():
    result = compared({MANY[0]: cells_of(STUDY)})
    assert {name: dict(result.indicator(name).rules) for name in ("share", "ever", "any", "often")} == {
        "share": {"split_band": "age: young = 15-29, older = 30-99"},
        "ever": {"dont_know": "include", "recode": "often: yes = often + always, no = never"},
        "any": {"any_of": "work: paid, unpaid"},
        "often": {"dont_know": "exclude"},
    }
