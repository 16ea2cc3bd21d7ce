"""Several sites' cells side by side, and averages of printed cells only."""

from fractions import Fraction

import pytest

from reports.comparison import averages, compare
from reports.plan import Average
from reports.table import Cell, CountryResult, Provenance, State
from tests import workbooks as w
from tests.reports.responses import cells_of, people


def printed(k, n):
    return {"all": {"": Cell(State.SHOWN, Fraction(100 * k, n), k, n)}}


HIDDEN = {"all": {"": Cell(State.TOO_FEW, n=9)}}
# 50 %, 25 % and 60 %
THREE = {"MX": printed(10, 20), "CO": printed(5, 20), "KE": printed(12, 20)}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Average.ALL, dict.fromkeys(["MX", "CO", "KE"], Fraction(50 + 25 + 60, 3))),
        (
            Average.OTHERS,
            {"MX": Fraction(25 + 60, 2), "CO": Fraction(50 + 60, 2), "KE": Fraction(50 + 25, 2)},
        ),
    ],
)
def test_an_average_takes_in_all_countries_or_the_others(kind, expected):
    assert averages(kind, THREE) == {focal: {"": value} for focal, value in expected.items()}


def test_an_average_is_of_unrounded_values_and_every_country_weighs_the_same():
    cells = {"MX": printed(100, 300), "CO": printed(20, 30)}
    assert averages(Average.ALL, cells)["MX"] == {"": (Fraction(100, 3) + Fraction(200, 3)) / 2} == {"": 50}


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        (Average.NONE, THREE),
        (Average.ALL, {**THREE, "KE": HIDDEN}),  # from the average the hidden one could be computed back
        (Average.OTHERS, {**THREE, "KE": HIDDEN}),
        (Average.ALL, {"MX": THREE["MX"]}),
        (Average.OTHERS, {"MX": THREE["MX"]}),
        (Average.ALL, {}),
        (Average.ALL, {**THREE, "KE": {"all": {"yes": THREE["KE"]["all"][""]}}}),
    ],
)
def test_no_average_unless_every_country_prints(kind, cells):
    assert averages(kind, cells) == {}


SURVEY = [
    *w.group("all", w.one("sex", "sex"), w.one("trained", "yesno"), w.one("often", "often"), w.many("work", "work"))
]
CHOICES = [
    *w.SEX,
    *w.choices("yesno", "no", "yes", missing=["dont_know"]),
    *w.choices("often", "never", "often", "always"),
    *w.choices("work", "paid", "unpaid", none=True),
]
STUDY = w.study(
    SURVEY,
    CHOICES,
    indicators=[
        w.indicator(
            "training.any",
            "trained",
            "percent_in",
            count="yes",
            dont_know="include",
            average="all",
            split="sex",
            restrict="man woman",
            filter="${often} != 'never'",
        ),
        w.indicator("often", "often", "percent_each"),
        w.indicator("work", "work", "percent_each"),
        w.indicator("unused", "trained", "percent_in", count="no", dont_know="exclude", filter="${sex} = 'man'"),
    ],
    tables=[
        *w.table("one", "training.any", "often", show="others"),
        *w.table("two", "unused"),
        *w.table("three", "work"),
    ],
    languages=(w.ENGLISH, "العربية (ar)"),
)


def worded(name, country="KE", field="label"):
    """A country's own text for something of the questionnaire."""
    return {
        "country": country,
        "language": "en",
        "name": name,
        "field": field,
        "text": f"{name} there",
        "back_translation": "",
        "reason": "usual",
    }


# A battery of one question, a question by itself, and a derived variable of both.
WORDED = w.study(
    [
        *w.group("all", w.one("sex", "sex"), *w.group("ways", w.one("often", "often"), appearance="field-list")),
        *w.group("more", w.one("rare", "often")),
    ],
    CHOICES,
    deviations=[
        worded("ways"),
        worded("often", "EG"),
        worded("often/never"),
        worded("rare"),
        worded("sex"),
        worded("all"),
        worded("rare", field="hint"),
    ],
    derived=w.derived("any", "often rare", "any_of", {"yes": "often always", "no": "rest"}, answered="1"),
    indicators=[
        w.indicator("often", "often", "percent_each"),
        w.indicator("any", "any", "percent_in", count="yes"),
    ],
    tables=w.table("one", "often", "any"),
)


def country(code):
    return CountryResult(code, {"en": code}, 60, 60, False, "", "", "survey", 1, 1)


def compared(tables=("one", "three"), study=STUDY, **sites):
    return compare(
        protocol=study[0],
        plan=study[1],
        tables=tables,
        countries=[country(code) for code in sites],
        cells=sites,
        provenance=Provenance("i", "l", "p", "1", 5, "1.0", "", "2026-11-23"),
    )


def site(never, often, always):
    """Men and women alike: so many of each; those who say often are trained."""
    return cells_of(
        STUDY,
        *(
            people(never, sex=sex, often="never", trained="no")
            + people(often, sex=sex, often="often", trained="yes")
            + people(always, sex=sex, often="always", trained="no")
            for sex in ("man", "woman")
        ),
    )


def test_a_comparison_holds_the_tables_that_were_asked_for_and_their_lines():
    result = compared(KE=site(5, 6, 7), EG=site(5, 8, 8))
    assert [table.id for table in result.tables] == ["one", "three"]
    assert [indicator.id for indicator in result.indicators] == ["training.any", "often", "work"]
    assert (result.study, result.title, result.languages) == ("small", "Survey", ("en", "ar"))
    assert [one.code for one in result.countries] == ["KE", "EG"]


def test_cells_stay_as_released_and_the_average_is_theirs():
    indicator = compared(KE=site(5, 6, 7), EG=site(5, 8, 8)).indicator("training.any")
    assert indicator.cell("KE").value == Fraction(100 * (6 + 6), 13 + 13)
    assert indicator.cell("EG", "man").value == Fraction(100 * 8, 8 + 8)
    assert indicator.averages["KE"] == {"": (Fraction(1200, 26) + Fraction(1600, 32)) / 2}


def test_an_indicator_says_how_its_base_was_made():
    result = compared(("one", "two", "three"), KE=site(5, 6, 7), EG=site(5, 8, 8))
    assert [indicator.rules for indicator in result.indicators] == [
        {"dont_know": "include", "filter": "${often} != 'never'", "restrict": "man woman"},
        {},
        {"multi": "yes"},
        {"dont_know": "exclude", "filter": "${sex} = 'man'"},
    ]


def test_blocks_and_merged_categories_are_in_the_order_of_the_scale():
    # Kenya prints every answer; in Egypt “never” and “often” had to be merged.
    indicator = compared(KE=site(5, 6, 7), EG=site(2, 2, 8)).indicator("often")
    assert indicator.categories == {
        "never": {"en": "never", "ar": "never"},
        "never+often": {"en": "never / often", "ar": "never / often"},
        "often": {"en": "often", "ar": "often"},
        "always": {"en": "always", "ar": "always"},
    }
    assert list(indicator.categories) == ["never", "never+often", "often", "always"]
    blocks = compared(KE=site(5, 6, 7), EG=site(5, 8, 8)).indicator("training.any").blocks
    assert list(blocks) == ["woman", "man"]


# Countries' own wordings ----------------------------------------------------------------------------------------------


def told(result, indicator):
    return [(one.country, one.text, one.answer.get("en", "")) for one in result.indicator(indicator).wordings]


@pytest.fixture(scope="module")
def with_wordings():
    answers = people(10, sex="man", often="never", rare="often")
    sites = {code: cells_of(WORDED, answers) for code in ("KE", "EG")}
    return compared(("one",), WORDED, **sites)


def test_a_figure_says_which_countries_word_its_question_its_battery_or_an_answer_for_themselves(with_wordings):
    assert told(with_wordings, "often") == [
        ("KE", "ways there", ""),
        ("EG", "often there", ""),
        ("KE", "often/never there", "never"),
    ]


def test_a_derived_figure_says_so_of_the_questions_that_it_is_made_of(with_wordings):
    assert told(with_wordings, "any") == [
        ("KE", "ways there", ""),
        ("EG", "often there", ""),
        ("KE", "often/never there", "never"),
        ("KE", "rare there", ""),
    ]


def test_wordings_of_countries_outside_the_comparison_are_not_told():
    answers = people(10, sex="man", often="never", rare="often")
    assert told(compared(("one",), WORDED, EG=cells_of(WORDED, answers)), "often") == [("EG", "often there", "")]
