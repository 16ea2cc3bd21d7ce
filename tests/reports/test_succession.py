"""A later cut prints the same figures in the same form, each changed by nobody or by enough people; or none."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.disclosure import Policy
from reports.plan import Indicator, Plan, Stat
from reports.succession import Released, by_definition, standing, together
from reports.succession import follow as follow_released
from reports.table import SCALAR, TOTAL, Cell, State
from survey.protocol.schema import Texts

FIVE = Policy(5)


def plan(stat: Stat, **values: object) -> Plan:
    counted = ("yes",) if stat is Stat.PERCENT_IN else ()
    return Plan((Indicator("one", "item", stat, Texts(), counted=counted, **values),), ())  # type: ignore[arg-type]


def released(cells, plan, same_cut=False):
    return Released(by_definition(plan, cells), same_cut)


def follow(earlier, later, plan, policy):
    return follow_released([released(cells, plan) for cells in earlier], later, plan, policy)


def shown(k: int, n: int) -> Cell:
    return Cell(State.SHOWN, Fraction(100 * k, n), k, n)


def share(k: int, n: int) -> dict[str, dict[str, dict[str, Cell]]]:
    return {"one": {TOTAL: {SCALAR: shown(k, n)}}}


@pytest.mark.parametrize(
    ("k", "n", "follows"),
    [
        (10, 20, True),
        (15, 30, True),
        (15, 29, False),
        (14, 30, False),
        (10, 25, False),
        (15, 25, False),
        (9, 20, False),
        (5, 10, True),
        (6, 10, False),
    ],
)
def test_a_share_has_to_change_by_enough_on_both_sides_or_not_at_all(k: int, n: int, follows: bool) -> None:
    later = share(k, n)
    assert follow([share(10, 20)], later, plan(Stat.PERCENT_IN), FIVE) == (later if follows else None)


def test_the_same_figure_of_a_sensitive_item_is_not_printed_twice() -> None:
    assert follow([share(10, 20)], share(10, 20), plan(Stat.PERCENT_IN, sensitive=True), FIVE) is None


def test_a_later_cut_is_held_against_every_earlier_one() -> None:
    assert follow([share(10, 20), share(15, 30)], share(20, 40), plan(Stat.PERCENT_IN), FIVE) == share(20, 40)
    assert follow([share(10, 20), share(15, 30)], share(16, 32), plan(Stat.PERCENT_IN), FIVE) is None


def test_what_was_never_printed_is_free() -> None:
    hidden = {"one": {TOTAL: {SCALAR: Cell(State.TOO_FEW, n=9)}}}
    assert follow([hidden], share(6, 12), plan(Stat.PERCENT_IN), FIVE) == share(6, 12)


def test_what_was_printed_and_cannot_be_now_keeps_the_earlier_release() -> None:
    hidden = {"one": {TOTAL: {SCALAR: Cell(State.TOO_FEW, n=30)}}}
    assert follow([share(10, 20)], hidden, plan(Stat.PERCENT_IN), FIVE) is None


def test_a_split_that_was_not_printed_first_is_not_printed_later() -> None:
    later = {"one": {**share(15, 30)["one"], "woman": {SCALAR: shown(8, 16)}, "man": {SCALAR: shown(7, 14)}}}
    assert follow([share(10, 20)], later, plan(Stat.PERCENT_IN, split="gender"), FIVE) == share(15, 30)


def test_a_distribution_keeps_the_classes_of_its_first_printing() -> None:
    first = {"one": {TOTAL: {"never+rarely": shown(10, 20), "often": shown(10, 20)}}}
    later = {"one": {TOTAL: {"never": shown(6, 34), "rarely": shown(10, 34), "often": shown(18, 34)}}}
    merged = {"one": {TOTAL: {"never+rarely": shown(16, 34), "often": shown(18, 34)}}}
    assert follow([first], later, plan(Stat.PERCENT_EACH), FIVE) == merged


def test_classes_that_do_not_fit_the_first_ones_keep_the_earlier_release() -> None:
    first = {"one": {TOTAL: {"never": shown(10, 20), "often": shown(10, 20)}}}
    later = {"one": {TOTAL: {"never+often": shown(30, 40)}}}
    assert follow([first], later, plan(Stat.PERCENT_EACH), FIVE) is None


@pytest.mark.parametrize(("n", "follows"), [(30, True), (29, False), (20, False)])
def test_a_mean_needs_ten_more_people(n: int, follows: bool) -> None:
    first = {"one": {TOTAL: {SCALAR: Cell(State.SHOWN, Fraction(3), n=20)}}}
    later = {"one": {TOTAL: {SCALAR: Cell(State.SHOWN, Fraction(4), n=n)}}}
    assert (follow([first], later, plan(Stat.MEAN), FIVE) is not None) is follows


@pytest.mark.parametrize(
    ("women", "everybody", "follows"),
    # The others, whose group is not printed, are 30 at first.
    [(45, 81, True), (46, 82, False), (50, 80, True), (50, 85, True), (50, 81, False), (45, 74, False)],
)
def test_a_group_of_people_grows_by_nobody_or_by_enough(women: int, everybody: int, follows: bool) -> None:
    def people(n: int, women: int) -> dict[str, dict[str, dict[str, Cell]]]:
        total, group = Cell(State.SHOWN, Fraction(n), n, n), Cell(State.SHOWN, Fraction(women), women, n)
        return {"one": {TOTAL: {SCALAR: total}, "woman": {SCALAR: group}}}

    later = people(everybody, women)
    assert (follow([people(75, 45)], later, plan(Stat.COUNT, split="gender"), FIVE) is not None) is follows


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=5))
def test_whatever_comes_any_two_printed_shares_differ_by_a_fit_count_or_not_at_all(
    parts: list[tuple[int, int]],
) -> None:
    printed: list[dict[str, dict[str, dict[str, Cell]]]] = []
    k = n = 0
    for yes, no in parts:
        k, n = k + yes, n + yes + no
        if k < 5 or n - k < 5:
            continue
        found = follow(printed, share(k, n), plan(Stat.PERCENT_IN), FIVE)
        if found is not None:
            printed.append(found)  # type: ignore[arg-type]
    cells = [one["one"][TOTAL][SCALAR] for one in printed]
    for place, before in enumerate(cells):
        for after in cells[place + 1 :]:
            dk, dn = (after.k or 0) - (before.k or 0), (after.n or 0) - (before.n or 0)
            assert (dk, dn) == (0, 0) or (dk >= 5 and dn - dk >= 5)


def test_figures_are_the_same_when_their_definitions_are_whatever_they_are_called() -> None:
    first, later = plan(Stat.PERCENT_IN), Plan((replace(plan(Stat.PERCENT_IN).indicators[0], id="renamed"),), ())
    cells = {"renamed": share(11, 21)["one"]}
    assert follow_released([released(share(10, 20), first)], cells, later, FIVE) is None


def test_another_plan_at_the_same_cut_prints_the_same_figure_or_one_that_differs_enough() -> None:
    own = plan(Stat.PERCENT_IN, sensitive=True)
    before = [released(share(10, 20), own, same_cut=True)]
    assert follow_released(before, share(10, 20), own, FIVE) == share(10, 20)
    # Somebody was left out since.
    assert follow_released(before, share(9, 19), own, FIVE) is None


def test_what_stands_under_another_plan_hides_what_it_did_not_print() -> None:
    own = Plan((*plan(Stat.PERCENT_IN).indicators, replace(plan(Stat.MEAN).indicators[0], id="two")), ())
    cells = {**share(15, 29), "two": {TOTAL: {SCALAR: Cell(State.SHOWN, Fraction(3), n=29)}}}
    found = standing(released(share(10, 20), plan(Stat.PERCENT_IN)), cells, own)
    assert found == {**share(10, 20), "two": {TOTAL: {SCALAR: Cell(State.TOO_FEW)}}}


def test_plans_are_counted_together_each_figure_once_and_what_was_released_first() -> None:
    first = Plan((*plan(Stat.PERCENT_IN).indicators, replace(plan(Stat.MEAN).indicators[0], id="mean")), ())
    later = Plan((replace(plan(Stat.PERCENT_IN).indicators[0], id="renamed"),), ())
    assert [one.id for one in together(later, [first, first]).indicators] == ["0/mean", "renamed"]
