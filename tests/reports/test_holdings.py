"""What printed cells hold of figures that nobody asked for when they were printed."""

from dataclasses import replace
from fractions import Fraction

import pytest

from reports.holdings import held
from reports.plan import Indicator, Stat
from reports.succession import definition
from reports.table import SCALAR, TOTAL, Cell, Cells, State
from survey.protocol.schema import Texts

SHAPE = "area:a1"
AREA = Indicator("area", "area", Stat.PERCENT_EACH, Texts({}), shape=SHAPE)
RURAL = Indicator("rural", "area", Stat.PERCENT_IN, Texts({}), counted=("village", "farm"), shape=SHAPE)


def percent(k: int, n: int = 60) -> Cell:
    return Cell(State.SHOWN, Fraction(100 * k, n), k, n)


def distribution(**cells: Cell) -> dict[tuple[object, ...], Cells]:
    return {definition(AREA): {TOTAL: {name.replace("_and_", "+"): cell for name, cell in cells.items()}}}


def test_the_same_figure_is_held_whatever_it_is_called() -> None:
    cells = {TOTAL: {SCALAR: percent(20)}}
    assert held(replace(RURAL, id="other"), {definition(RURAL): cells}) == cells


def test_choices_of_a_printed_distribution_add_up() -> None:
    known = distribution(city=percent(30), village=percent(20), farm=percent(10))
    assert held(RURAL, known) == {TOTAL: {SCALAR: percent(30)}}


def test_merged_classes_add_up_when_all_their_choices_are_wanted() -> None:
    assert held(RURAL, distribution(city=percent(30), village_and_farm=percent(30))) == {TOTAL: {SCALAR: percent(30)}}


@pytest.mark.parametrize(
    "cells",
    [
        # The class holds a choice that is not wanted.
        {"village": percent(20), "city_and_farm": percent(40)},
        # Nothing is printed of it.
        {"city": Cell(State.TOO_FEW, n=60), "village": Cell(State.TOO_FEW, n=60), "farm": Cell(State.TOO_FEW, n=60)},
        # Everybody is no figure: nobody counts on a person being somebody else.
        {"village": percent(40), "farm": percent(20)},
    ],
)
def test_what_does_not_add_up_is_not_held(cells: dict[str, Cell]) -> None:
    assert held(RURAL, distribution(**{name.replace("+", "_and_"): cell for name, cell in cells.items()})) is None


def test_another_base_is_another_figure() -> None:
    known = distribution(city=percent(30), village=percent(20), farm=percent(10))
    assert held(replace(RURAL, shape="area:other"), known) is None


def test_a_total_is_held_by_whatever_it_was_split_by() -> None:
    by_gender = replace(RURAL, split="gender", shape="area:a1 gender:g1")
    split: Cells = {TOTAL: {SCALAR: percent(20)}, "woman": {SCALAR: percent(10, 30)}}
    assert held(RURAL, {definition(by_gender): split}) == {TOTAL: {SCALAR: percent(20)}}
    assert held(replace(by_gender, split="age"), {definition(by_gender): split}) is None


def test_a_total_of_some_groups_only_is_not_the_total() -> None:
    women = replace(RURAL, split="gender", restrict=("woman",), shape="area:a1 gender:g1")
    assert held(RURAL, {definition(women): {TOTAL: {SCALAR: percent(20)}}}) is None
