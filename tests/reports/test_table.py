"""The stored result: its JSON form, and numbers rounded once, half up, from the exact fraction."""

import json
import random
from dataclasses import replace
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.table import (
    Cell,
    CountryResult,
    IndicatorResult,
    Provenance,
    Result,
    State,
    TableResult,
    cells_from_json,
    cells_to_json,
    round_half_up,
)


def country(code="KE", **changes):
    whole = CountryResult(code, {"en": code}, 74, 75, False, "2015-W32", "2016-W17", "survey", 1, 1)
    return replace(whole, **changes)


def small_result():
    indicator = IndicatorResult(
        id="practice.assess",
        stat="percent_in",
        decimals=1,
        average="all",
        label={"en": "Assess", "ar": "تقييم"},
        categories={"z": {"en": "Z"}, "a": {"en": "A"}},
        blocks={"woman": {"en": "Women"}, "man": {"en": "Men"}},
        rules={"dont_know": "exclude"},
        question={"en": "How often?"},
        cells={"KE": {"all": {"": Cell(State.SHOWN, Fraction(1000, 3), 10, 30)}, "man": {"": Cell(State.TOO_FEW)}}},
        averages={"KE": {"": Fraction(1000, 3)}},
    )
    table = TableResult("one", "others", {"en": "Table"}, {"en": "Row"}, {"en": "Percent"}, ("practice.assess",))
    provenance = Provenance("i", "l", "p", "2026.1", 5, "1.0", "ours", "2026-11-23")
    return Result("small", "Survey", ("en", "ar"), (country("KE"), country("EG")), (indicator,), (table,), provenance)


def test_a_result_from_before_the_audit_trail_was_printed_keeps_its_stored_form():
    old = small_result()
    assert "audit_head" not in old.to_json()["provenance"]
    new = replace(old, provenance=replace(old.provenance, audit_head="0123456789abcdef"))
    assert new.to_json()["provenance"] == {**old.to_json()["provenance"], "audit_head": "0123456789abcdef"}
    assert Result.from_json(new.to_json()) == new


def test_a_result_comes_back_from_its_json_equal_and_in_order():
    result = small_result()
    # As PostgreSQL's jsonb keeps it: keys in another order.
    stored = json.loads(json.dumps(result.to_json(), sort_keys=True))
    read = Result.from_json(stored)
    assert read == result
    assert list(read.indicator("practice.assess").categories) == ["z", "a"]
    assert list(read.indicator("practice.assess").blocks) == ["woman", "man"]


NUMBERS = st.none() | st.integers(0, 10**6)
CELLS = st.builds(Cell, st.just(State.SHOWN), st.fractions(), NUMBERS, NUMBERS) | st.builds(
    Cell, st.sampled_from([State.TOO_FEW, State.NO_ANSWERS, State.NEEDS_SIGN_OFF]), st.none(), st.none(), NUMBERS
)


@given(st.dictionaries(st.text(max_size=3), st.dictionaries(st.text(max_size=3), CELLS, max_size=3), max_size=3))
def test_cells_come_back_from_their_json(cells):
    assert cells_from_json(json.loads(json.dumps(cells_to_json(cells)))) == cells


@pytest.mark.parametrize(("state", "value"), [(State.SHOWN, None), (State.TOO_FEW, Fraction(1))])
def test_a_shown_cell_has_a_value_and_no_other(state, value):
    with pytest.raises(ValueError, match="a shown cell has a value"):
        Cell(state, value)


def test_looking_things_up():
    result = small_result()
    assert result.indicator("practice.assess").cell("KE", "man") == Cell(State.TOO_FEW)
    assert result.indicator("practice.assess").cell("EG") is None
    assert result.country("EG").code == "EG"
    for look in (result.indicator, result.country):
        with pytest.raises(KeyError):
            look("nothing")


@pytest.mark.parametrize(("flags", "synthetic"), [((False, False), False), ((True, False), True)])
def test_one_synthetic_country_makes_a_result_synthetic(flags, synthetic):
    countries = tuple(country(f"K{place}", synthetic=flag) for place, flag in enumerate(flags))
    assert replace(small_result(), countries=countries).synthetic is synthetic


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [
        (Fraction(2800, 64), 1, "43.8"),  # 43.75
        (Fraction(1, 2), 0, "1"),
        (Fraction(3, 2), 0, "2"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(-1, 2), 0, "-1"),
        (Fraction(-1, 3), 0, "0"),
        (Fraction(0), 1, "0.0"),
        (Fraction(100), 1, "100.0"),
        (Fraction(1, 20), 1, "0.1"),
        (Fraction(1, 21), 1, "0.0"),
        (Fraction(99949, 1000), 1, "99.9"),
        (Fraction(9995, 100), 1, "100.0"),
        (Fraction(2, 3), 3, "0.667"),
    ],
)
def test_half_is_rounded_up(value, decimals, printed):
    assert round_half_up(value, decimals) == printed


def test_rounding_agrees_with_decimal_on_ten_thousand_fractions():
    rng = random.Random(1)
    exact = Context(prec=60)
    for _ in range(10_000):
        value = Fraction(100 * rng.randint(-400, 400), rng.choice([8, 16, 40, 64, 80, rng.randint(1, 400)]))
        decimals = rng.randint(0, 3)
        quotient = exact.divide(Decimal(value.numerator), Decimal(value.denominator))
        rounded = quotient.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        assert Decimal(round_half_up(value, decimals)) == rounded
        assert len(round_half_up(value, decimals).partition(".")[2]) == decimals
