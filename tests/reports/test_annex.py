"""The annex of a comparison: ranges of what is printed, contrasts of declared families, and its stored form."""

import json
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from reports.annex import Annex, Contrast, Of, Untested
from reports.contrasts import annex
from reports.inference import Method, Share, chi_square, fisher, wilson
from reports.plan import Indicator, Stat
from reports.table import SCALAR, TOTAL, Cell, Cells, Result, State
from survey.protocol.schema import Texts
from tests.reports.results import TOO_FEW, percent, result, total


def indicator(name: str, family: str = "", split: str = "", **changes: Any) -> Indicator:
    own = Indicator(name, name, Stat.PERCENT_IN, Texts({}), counted=("yes",), family=family, split=split)
    return replace(own, **changes)


def blocks(**pairs: tuple[int, int]) -> Cells:
    k, n = (sum(part) for part in zip(*pairs.values(), strict=True))
    return {TOTAL: {SCALAR: percent(k, n)}, **{name: {SCALAR: percent(*pair)} for name, pair in pairs.items()}}


GENDER = {
    "training": blocks(woman=(35, 44), man=(25, 30)),
    "technical": blocks(woman=(33, 42), man=(20, 30)),
    "time": blocks(woman=(33, 43), man=(17, 30)),
}
DECLARED = [indicator(name, "gender", "gender") for name in GENDER]


def annexed(plan: list[Indicator], **countries: Mapping[str, Cells]) -> Annex:
    return annex(plan, {one.id for one in plan}, countries)


def told(found: Annex) -> list[tuple[str, str, str, str, int]]:
    return [
        (one.indicator, one.country, f"{float(one.p):.2f}", f"{float(one.adjusted):.2f}", one.together)
        for one in found.contrasts
        if one.p is not None and one.adjusted is not None
    ]


# Contrasts of blocks --------------------------------------------------------------------------------------------------


def test_blocks_of_a_declared_family_are_compared_and_adjusted_together() -> None:
    assert told(annexed(DECLARED, MX=GENDER)) == [
        ("training", "MX", "0.77", "0.77", 3),
        ("technical", "MX", "0.29", "0.58", 3),
        ("time", "MX", "0.08", "0.24", 3),
    ]


def test_nothing_is_compared_that_no_family_declares() -> None:
    plan = [replace(one, family="") for one in DECLARED]
    assert annexed(plan, MX=GENDER).contrasts == ()


def test_every_country_is_a_set_of_its_own() -> None:
    found = annexed(DECLARED, MX=GENDER, CO={**GENDER, "time": {TOTAL: {SCALAR: percent(50, 73)}}})
    assert [(one.country, one.together) for one in found.contrasts] == [
        *[("MX", 3), ("CO", 3)] * 2,
        ("MX", 3),
        ("CO", 3),
    ]


def test_a_family_is_adjusted_as_a_whole_also_where_few_of_its_tables_are_printed() -> None:
    found = annex(DECLARED, {"time"}, {"MX": GENDER})
    assert told(found) == [("time", "MX", "0.08", "0.24", 3)]


def test_two_families_are_adjusted_apart() -> None:
    plan = [DECLARED[0], DECLARED[1], indicator("time", "other", "gender")]
    assert [one.together for one in annexed(plan, MX=GENDER).contrasts] == [2, 2, 1]


def test_a_test_that_could_not_be_made_counts_in_the_adjustment_of_the_others() -> None:
    found = annexed(DECLARED, MX={**GENDER, "training": total(percent(60, 74))})
    assert told(found) == [("technical", "MX", "0.29", "0.58", 3), ("time", "MX", "0.08", "0.24", 3)]


def test_people_of_another_or_no_stated_group_take_no_part() -> None:
    [found] = annexed(DECLARED[:1], MX={"training": blocks(woman=(35, 44), man=(25, 30), unstated=(6, 12))}).contrasts
    assert found.groups == ("man", "woman")
    assert found.p == fisher([Share(25, 30), Share(35, 44)])


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        # the split is not printed; the total may be, or not
        (total(percent(60, 74)), Untested.NOT_PRINTED),
        (total(TOO_FEW), Untested.NOT_PRINTED),
        ({}, Untested.NOT_PRINTED),
        # only one group has answers
        (blocks(woman=(35, 44)), Untested.ONE_GROUP),
        (blocks(woman=(35, 44), unstated=(6, 12)), Untested.ONE_GROUP),
    ],
)
def test_a_contrast_without_a_test_says_why(cells: Cells, reason: Untested) -> None:
    [found] = annexed(DECLARED[:1], MX={"training": cells}).contrasts
    assert (found.p, found.adjusted, found.together, found.untested) == (None, None, 1, reason)


# Contrasts of countries -----------------------------------------------------------------------------------------------


def test_countries_are_compared_where_a_family_has_no_split() -> None:
    totals = {"MX": (43, 72), "CO": (41, 74), "KE": (54, 76)}
    found = annexed(
        [indicator("assess", "practices")],
        **{country: {"assess": total(percent(*pair))} for country, pair in totals.items()},
    )
    [one] = found.contrasts
    assert (one.of, one.country, one.groups, one.method) == (Of.COUNTRIES, "", ("MX", "CO", "KE"), Method.CHI_SQUARE)
    assert one.p == one.adjusted == chi_square([Share(*pair) for pair in totals.values()])
    assert found.contrast("assess", "KE") is one


def test_countries_are_not_compared_unless_all_print_or_when_there_is_one() -> None:
    plan = [indicator("assess", "practices")]
    hidden = annexed(plan, MX={"assess": total(percent(43, 72))}, CO={"assess": total(TOO_FEW)})
    alone = annexed(plan, MX={"assess": total(percent(43, 72))})
    missing = annexed(plan, MX={"assess": total(percent(43, 72))}, CO={})
    assert [one.untested for one in hidden.contrasts] == [Untested.NOT_PRINTED]
    assert [one.untested for one in alone.contrasts] == [Untested.ONE_GROUP]
    assert [one.untested for one in annex(plan, set(), {"MX": {}, "CO": {}}).contrasts] == []
    assert [one.untested for one in missing.contrasts] == [Untested.NOT_PRINTED]


def test_only_percentages_of_counted_choices_are_compared() -> None:
    mean = indicator("age", "ages", stat=Stat.MEAN, counted=())
    cell = total(Cell(State.SHOWN, Fraction(39), n=74))
    assert [one.untested for one in annexed([mean], MX={"age": cell}, CO={"age": cell}).contrasts] == ["no_share"]


# Ranges ---------------------------------------------------------------------------------------------------------------


def test_every_printed_percentage_has_a_range_and_nothing_else() -> None:
    each = indicator("area", stat=Stat.PERCENT_EACH, counted=())
    mean = indicator("age", stat=Stat.MEAN, counted=())
    found = annexed(
        [*DECLARED[:1], each, mean],
        MX={
            "training": blocks(woman=(35, 44), man=(25, 30)),
            "area": {TOTAL: {"city": percent(34, 74), "town": TOO_FEW}},
            "age": total(Cell(State.SHOWN, Fraction(39), n=74)),
        },
        CO={"training": total(TOO_FEW), "area": {TOTAL: {}}, "age": total(Cell(State.NO_ANSWERS, n=0))},
    )
    low, high = wilson(Share(25, 30))
    assert found.range_of("training", "MX", "man", SCALAR) == (100 * low, 100 * high)
    assert {block: list(row) for block, row in found.ranges["training"]["MX"].items()} == {
        TOTAL: [SCALAR],
        "woman": [SCALAR],
        "man": [SCALAR],
    }
    assert found.ranges["area"] == {
        "MX": {TOTAL: {"city": tuple(100 * bound for bound in wilson(Share(34, 74)))}},
        "CO": {},
    }
    assert "age" not in found.ranges
    assert found.range_of("training", "CO", TOTAL, SCALAR) is None


# The stored form ------------------------------------------------------------------------------------------------------


def test_what_is_stored_is_read_back_to_an_equal_value() -> None:
    found = annexed(
        [*DECLARED, indicator("assess", "practices")],
        MX={**GENDER, "assess": total(percent(0, 74))},
        CO={**GENDER, "assess": total(percent(74, 74)), "time": total(TOO_FEW)},
    )
    own = replace(result(), annex=found)
    stored = json.loads(json.dumps(own.to_json()))
    assert Result.from_json(stored) == own
    assert Result.from_json(stored).to_json() == stored


def test_a_result_from_before_has_no_annex_and_keeps_its_stored_form() -> None:
    assert "annex" not in result().to_json()
    assert Result.from_json(result().to_json()).annex is None


def test_numbers_are_stored_as_decimals() -> None:
    own = Contrast("a", "f", Of.BLOCKS, "MX", ("m", "w"), "fisher", Fraction("0.076923"), Fraction(1), 2)
    assert own.to_json() == {
        "indicator": "a", "family": "f", "of": "blocks", "country": "MX", "groups": ["m", "w"],
        "method": "fisher", "together": 2, "p": "0.076923", "adjusted": "1",
    }  # fmt: skip
    assert Contrast.from_json(own.to_json()) == own


@pytest.mark.parametrize("text", ["1e999999999", "1/3", "-1", "nan", "", 0.5, "0.1234567890123"])
def test_other_spellings_of_numbers_are_not_read(text: object) -> None:
    with pytest.raises(ValueError, match="no number"):
        Contrast.from_json({"indicator": "a", "family": "f", "of": "blocks", "groups": [], "p": text})
