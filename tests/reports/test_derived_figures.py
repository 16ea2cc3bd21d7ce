"""Figures of derived variables beside those of the questions they are made from."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.disclosure import Policy
from reports.fitness import Judge
from reports.table import Cell, State
from survey.protocol.record import layout_of
from tests import workbooks as w
from tests.reports.responses import cells_of, people

SURVEY = [
    *w.group(
        "all",
        w.one("sex", "sex"),
        w.one("area", "area"),
        w.one("often", "often"),
        w.one("trained", "yesno"),
        w.one("guided", "yesno"),
        w.integer("age", 15, 99),
        w.integer("times", 0, 2),
        w.many("ways", "ways"),
    )
]
CHOICES = [
    *w.SEX,
    *w.YES_NO,
    *w.choices("area", "both", "urban", "rural"),
    *w.choices("often", "never", "often", "always", missing=["dont_know"]),
    *w.choices("ways", "police", "military", "crime", none=True),
]
AGE = w.derived("age_band", "age", "band", {"young": "15-29", "middle": "30-44", "older": "45+"})
OLD = w.derived("old", "age", "band", {"no": "15-39", "yes": "40+"})
TWO = w.derived("two", "area", "recode", {"some_rural": "both rural", "city": "urban"})
STATE = w.derived("state", "ways", "any_of", {"yes": "police military", "no": "rest"})
HELPED = w.derived("helped", "trained guided", "any_of", {"yes": "yes", "no": "rest"}, answered="1")
SOME = w.derived("some", "times", "band", {"zero": "0", "more": "1+"})


def study(*indicators, derived=()):
    return w.study(SURVEY, CHOICES, indicators=indicators, derived=derived)


def share(name, variable, *counted, **more):
    return w.indicator(name, variable, "percent_in", count=" ".join(counted), **more)


def each(name, variable, **more):
    return w.indicator(name, variable, "percent_each", **more)


def shown(k, n):
    return Cell(State.SHOWN, Fraction(100 * k, n), k, n)


def total(cell):
    return {"all": {"": cell}}


def is_shown(cells):
    return all(cell.state is State.SHOWN for cell in cells["all"].values())


def aged(**sizes):
    """So many people of these ages: `aged(_20=5)`."""
    return [{"age": int(age[1:])} for age, size in sizes.items() for _ in range(size)]


# As questions -------------------------------------------------------------------------------------------------------


def test_a_band_is_a_distribution():
    plan = study(each("i", "age_band"), derived=AGE)
    found = cells_of(plan, aged(_15=3, _29=4, _30=10, _45=5, _99=1))
    assert found == {"i": {"all": {"young": shown(3 + 4, 23), "middle": shown(10, 23), "older": shown(5 + 1, 23)}}}


def test_small_bands_are_merged_like_small_choices():
    plan = study(each("i", "age_band"), derived=AGE)
    assert cells_of(plan, aged(_20=2, _35=10, _50=6)) == {
        "i": {"all": {"middle": shown(10, 18), "young+older": shown(2 + 6, 18)}}
    }


def test_a_split_by_a_band():
    plan = study(share("i", "trained", "yes", split="age_band"), derived=AGE)
    groups = [people(5, trained=answer, age=age) for answer in ("yes", "no") for age in (20, 40, 60)]
    found = cells_of(plan, *groups)
    assert found == {"i": {name: {"": shown(5, 10)} for name in ("young", "middle", "older")} | total(shown(15, 30))}
    # Two people of no stated age: what they said could be told from the rest.
    assert cells_of(plan, *groups, people(2, trained="yes")) == {"i": total(shown(17, 32))}


def test_a_filter_and_a_zero_by_a_derived_variable():
    plan = study(
        share("i", "trained", "yes", filter="${age_band} != 'young' and ${two} = 'city'"),
        w.indicator("j", "times", "mean", zero_if="${helped} = 'no'"),
        derived=[*AGE, *TWO, *HELPED],
    )
    found = cells_of(
        plan,
        people(6, trained="yes", age=50, area="urban", times=2),
        people(5, trained="no", age=30, area="urban"),
        people(9, trained="no", age=30, area="rural", guided="yes", times=1),
        people(9, trained="yes", age=20, area="urban"),
    )
    assert found["i"] == total(shown(6, 6 + 5))
    # 6 people twice, 9 once, and the 5 whom nobody helped with 0
    assert found["j"] == total(Cell(State.SHOWN, Fraction(6 * 2 + 9 * 1, 6 + 9 + 5), None, 20))


def test_reasons_stay_what_they_are():
    derived = w.derived("ever", "often", "recode", {"yes": "often always", "no": "never"})
    groups = people(6, often="often"), people(5, often="never"), people(7, often="dont_know"), people(4)
    left_out = study(share("i", "ever", "yes", dont_know="exclude"), derived=derived)
    assert cells_of(left_out, *groups) == {"i": total(shown(6, 6 + 5))}
    kept = study(share("i", "ever", "yes", dont_know="include"), derived=derived)
    assert cells_of(kept, *groups) == {"i": total(shown(6, 6 + 5 + 7))}


@pytest.mark.parametrize(("answered", "n"), [("1", 12 + 3), ("2", 12)])
def test_an_any_of_says_who_is_in_its_base(answered, n):
    derived = w.derived("helped", "trained guided", "any_of", {"yes": "yes", "no": "rest"}, answered=answered)
    found = cells_of(
        study(share("i", "helped", "yes"), derived=derived),
        people(6, trained="yes", guided="no"),
        people(6, trained="no", guided="no"),
        people(3, trained="no"),
        people(4),
    )
    assert found == {"i": total(shown(6, n))}


# Beside each other --------------------------------------------------------------------------------------------------


def test_a_share_of_a_group_is_held_beside_shares_of_its_choices():
    plan = study(share("i", "area", "rural"), share("j", "two", "some_rural"), derived=TWO)
    found = cells_of(plan, people(10, area="rural"), people(5, area="both"), people(9, area="urban"))
    assert (found["i"], found["j"]) == (total(shown(10, 24)), total(shown(15, 24)))
    few = cells_of(plan, people(10, area="rural"), people(4, area="both"), people(9, area="urban"))
    # Between the two figures are the four people of “both”.
    assert (few["i"], few["j"]) == (total(shown(10, 23)), total(Cell(State.TOO_FEW, n=23)))


SCALE = {"never": 10, "often": 4, "almost": 6, "always": 10}


@pytest.mark.parametrize(
    ("boxes", "printed"),
    [
        (["always"], [True]),
        (["always", "almost always"], [True, True]),  # 10, 6, and 14 others
        (["almost always", "often almost always"], [True, False]),  # they differ by 4
        (["almost", "often almost"], [True, False]),
        (["almost", "often"], [True, False]),
        (["never often", "almost always"], [True, True]),
    ],
)
@pytest.mark.parametrize("is_grouped", [False, True])
def test_overlapping_boxes_are_one_partition_whether_or_not_they_have_a_name(boxes, printed, is_grouped):
    survey, choices = [*w.group("all", w.one("how", "how"))], w.choices("how", *SCALE)
    names = [f"i{place}" for place in range(len(boxes))]
    groups = [
        row
        for name, box in zip(names, boxes, strict=True)
        for row in w.derived(f"{name}_", "how", "recode", {"in": box, "out": "rest"})
    ]
    shares = [
        share(name, f"{name}_", "in") if is_grouped else share(name, "how", box)
        for name, box in zip(names, boxes, strict=True)
    ]
    plan = w.study(survey, choices, indicators=shares, derived=groups if is_grouped else ())
    found = cells_of(plan, *(people(size, how=how) for how, size in SCALE.items()))
    assert [is_shown(found[name]) for name in names] == printed


def test_boxes_that_differ_by_nobody_would_tell_that_it_is_nobody():
    survey, choices = [*w.group("all", w.one("how", "how"))], w.choices("how", "a", "b", "c")
    plan = w.study(survey, choices, indicators=[share("i", "how", "a"), share("j", "how", "a", "b")])
    found = cells_of(plan, people(10, how="a"), people(10, how="c"))
    assert (is_shown(found["i"]), is_shown(found["j"])) == (True, False)


def test_two_bands_of_one_number_leave_enough_people_between_their_limits():
    plan = study(each("i", "age_band"), share("j", "old", "yes"), derived=[*AGE, *OLD])
    assert is_shown(cells_of(plan, aged(_20=6, _35=6, _42=6, _50=6))["j"])
    found = cells_of(plan, aged(_20=6, _35=6, _42=1, _50=6))
    assert is_shown(found["i"])
    assert found["j"] == total(Cell(State.TOO_FEW, n=19))  # one person is between 40 and 44


def test_a_mean_is_not_printed_where_it_would_say_who_has_which_number():
    plan = study(share("i", "some", "more"), w.indicator("j", "times", "mean"), derived=SOME)
    few = people(6, times=0) + people(9, times=1) + people(1, times=2)
    found = cells_of(plan, few)
    assert (found["i"], found["j"]) == (total(shown(10, 16)), total(Cell(State.TOO_FEW, n=16)))
    assert is_shown(cells_of(plan, people(6, times=0) + people(9, times=1) + people(5, times=2))["j"])


def test_the_earlier_one_of_a_mean_and_a_band_stands():
    plan = study(w.indicator("j", "times", "mean"), share("i", "some", "more"), derived=SOME)
    found = cells_of(plan, people(6, times=0) + people(9, times=1) + people(1, times=2))
    assert is_shown(found["j"])
    assert found["i"] == total(Cell(State.TOO_FEW, n=16))


@settings(max_examples=150, deadline=None)
@given(st.tuples(*[st.integers(0, 14)] * 3))
def test_no_number_of_people_comes_out_of_a_mean_and_a_share(counts):
    """With 0, 1 and 2 the share and the sum give how many have each; so each of them is fit, or one is hidden."""
    plan = study(share("i", "some", "more"), w.indicator("j", "times", "mean"), derived=SOME)
    found = cells_of(plan, *(people(size, times=number) for number, size in enumerate(counts)))
    if is_shown(found["i"]) and is_shown(found["j"]):
        assert min(counts) >= 5


def test_over_more_and_fewer_people_a_group_differs_by_enough():
    plan = study(share("i", "two", "city"), share("j", "two", "city", filter="${age} >= 30"), derived=TWO)
    old = people(8, area="urban", age=40) + people(8, area="both", age=40)
    assert cells_of(plan, old, people(1, area="urban", age=20))["j"] == total(Cell(State.TOO_FEW))
    assert is_shown(cells_of(plan, old, people(5, area="urban", age=20) + people(5, area="rural", age=20))["j"])


# Any of several -----------------------------------------------------------------------------------------------------


def ways(police, military, both, neither):
    return (
        people(police, ways=("police",))
        + people(military, ways=("military",))
        + people(both, ways=("police", "military"))
        + people(neither, ways=("crime",))
    )


@pytest.mark.parametrize(
    ("counts", "printed"),
    [
        ((5, 5, 5, 5), True),
        ((4, 9, 9, 9), False),  # four people named the police and not the military
        ((9, 4, 9, 9), False),
        ((9, 9, 4, 9), False),  # four named both
        ((9, 9, 0, 9), False),
        ((9, 9, 9, 4), False),
    ],
)
def test_any_of_beside_each_alone(counts, printed):
    plan = study(
        share("i", "ways", "police"), share("j", "ways", "military"), share("k", "state", "yes"), derived=STATE
    )
    found = cells_of(plan, ways(*counts))
    assert (is_shown(found["i"]), is_shown(found["j"]), is_shown(found["k"])) == (True, True, printed)


def test_an_any_of_that_comes_first_stands():
    plan = study(share("k", "state", "yes"), each("i", "ways"), derived=STATE)
    found = cells_of(plan, ways(4, 9, 9, 9))
    assert found["k"] == total(shown(22, 31))
    # 22 less the 18 of the military are the four who named the police alone; less the 13 of the police there are nine.
    assert found["i"]["all"]["military"] == Cell(State.TOO_FEW, n=31)
    assert found["i"]["all"]["police"] == shown(13, 31)


@settings(max_examples=150, deadline=None)
@given(st.tuples(*[st.integers(0, 12)] * 4))
def test_nobody_is_told_from_the_shares_of_two_and_of_either(counts):
    plan = study(share("i", "ways", "police"), share("j", "ways", "military"), share("k", "state", "no"), derived=STATE)
    found = cells_of(plan, ways(*counts))
    if all(is_shown(found[name]) for name in "ijk"):
        assert min(counts) >= 5


def test_an_any_of_in_every_block_of_a_split():
    plan = study(share("i", "ways", "police", split="sex"), share("k", "state", "yes", split="sex"), derived=STATE)
    women = [{**one, "sex": "woman"} for one in ways(9, 9, 9, 9)]
    few = [{**one, "sex": "man"} for one in ways(9, 4, 9, 9)]
    enough = [{**one, "sex": "man"} for one in ways(9, 5, 9, 9)]
    assert set(cells_of(plan, women, enough)["k"]) == {"all", "woman", "man"}
    assert cells_of(plan, women, few)["k"] == total(Cell(State.TOO_FEW, n=67))


def test_what_holds_for_one_question_and_for_any_of_two():
    plan = study(share("i", "trained", "no"), share("k", "helped", "yes"), derived=HELPED)

    def found(guided):
        return cells_of(
            plan,
            people(9, trained="yes", guided="no"),
            people(guided, trained="no", guided="yes"),
            people(9, trained="no", guided="no"),
        )

    assert is_shown(found(5)["k"])
    assert found(4)["k"] == total(Cell(State.TOO_FEW, n=22))  # who is not trained but guided


def test_any_of_two_questions_beside_each_tells_how_many_said_both():
    plan = study(share("i", "trained", "yes"), share("j", "guided", "yes"), share("k", "helped", "yes"), derived=HELPED)

    def found(both):
        return cells_of(
            plan,
            people(9, trained="yes", guided="no"),
            people(9, trained="no", guided="yes"),
            people(both, trained="yes", guided="yes"),
            people(9, trained="no", guided="no"),
        )

    assert is_shown(found(5)["k"])
    assert found(4)["k"] == total(Cell(State.TOO_FEW, n=31))


def test_an_overlap_is_looked_at_in_every_block_too():
    by_sex = {"split": "sex"}
    plan = study(
        *(share(name, "ways", way, **by_sex) for name, way in (("i", "police"), ("j", "military"))),
        share("k", "state", "yes", **by_sex),
        derived=STATE,
    )

    def found(both):
        women = [{**one, "sex": "woman"} for one in ways(9, 9, both, 9)]
        return cells_of(plan, women, [{**one, "sex": "man"} for one in ways(9, 9, 9, 9)])

    assert set(found(5)["k"]) == {"all", "woman", "man"}
    assert found(4)["k"] == total(Cell(State.TOO_FEW, n=31 + 36))


def test_none_of_these_is_any_of_these_the_other_way_round():
    plan = study(each("i", "ways"))
    counts = people(9, ways=("police",)), people(9, ways=("military", "police")), people(9, ways=("crime", "police"))
    found = cells_of(plan, *counts, people(9, ways=("none",)), people(5, ways=("crime",)))["i"]["all"]
    assert {cell.state for cell in found.values()} == {State.SHOWN}
    few = cells_of(plan, *counts, people(9, ways=("none",)), people(4, ways=("crime",)))["i"]["all"]
    # 40 less 9 who chose none of them, less 27 who named the police: four named something else alone.
    assert (few["police"], few["none"]) == (shown(27, 40), Cell(State.TOO_FEW, n=40))


def test_an_any_of_stands_beside_figures_of_the_same_people_only():
    old = {"filter": "${age} >= 30"}
    plan = study(share("k", "state", "yes"), share("i", "ways", "police", **old), derived=STATE)
    grown = [{**one, "age": 40} for one in ways(9, 9, 9, 9)]
    young = [{**one, "age": 20} for one in ways(9, 9, 9, 9)]
    assert cells_of(plan, grown, young)["i"] == total(Cell(State.TOO_FEW))
    same = study(share("k", "state", "yes", **old), share("i", "ways", "police", **old), derived=STATE)
    assert is_shown(cells_of(same, grown, young)["i"])


def test_of_two_filters_one_over_a_question_and_one_over_a_group_of_its_answers_is_left_out():
    plan = study(
        share("i", "often", "often", "always", dont_know="exclude", filter="${age} >= 30"),
        share("j", "ever", "yes", dont_know="exclude", filter="${age} >= 31"),
        derived=w.derived("ever", "often", "recode", {"yes": "often always", "no": "never"}),
    )
    groups = [people(9, often=often, age=age) for often in ("never", "always") for age in (20, 40)]
    of_30 = people(9, often="never", age=30)
    assert is_shown(cells_of(plan, *groups, of_30, people(9, often="always", age=30))["j"])
    # One person of 30 says always.
    assert cells_of(plan, *groups, of_30, people(1, often="always", age=30))["j"] == total(Cell(State.TOO_FEW))


# One partition ------------------------------------------------------------------------------------------------------


def test_a_coarser_split_is_printed_beside_the_finer_one():
    plan = study(share("i", "trained", "yes", split="area"), share("j", "trained", "yes", split="two"), derived=TWO)
    groups = [people(5, trained=answer, area=area) for answer in ("yes", "no") for area in ("both", "urban", "rural")]
    found = cells_of(plan, *groups)
    assert set(found["i"]) == {"all", "both", "urban", "rural"}
    assert found["j"] == {"some_rural": {"": shown(10, 20)}, "city": {"": shown(5, 10)}} | total(shown(15, 30))


def test_a_coarser_split_may_be_printed_where_the_finer_one_may_not():
    plan = study(share("i", "trained", "yes", split="area"), share("j", "trained", "yes", split="two"), derived=TWO)
    groups = [people(5, trained=answer, area=area) for answer in ("yes", "no") for area in ("both", "urban")]
    found = cells_of(plan, *groups, people(2, trained="yes", area="rural"))
    assert found["i"] == total(shown(12, 22))
    assert found["j"] == {"some_rural": {"": shown(7, 12)}, "city": {"": shown(5, 10)}} | total(shown(12, 22))


def test_boxes_are_held_together_in_the_blocks_of_a_coarser_split():
    wide = {"dont_know": "exclude", "split": "area"}
    plan = study(
        share("wide", "often", "often", "always", **wide),
        share("narrow", "often", "always", dont_know="exclude", split="two"),
        derived=TWO,
    )

    def found(between):
        return cells_of(
            plan,
            *(
                people(10, often=often, area=area)
                for often in ("never", "always")
                for area in ("both", "urban", "rural")
            ),
            people(between, often="often", area="urban"),
            people(5, often="often", area="both"),
        )

    assert set(found(5)["narrow"]) == {"all", "some_rural", "city"}
    assert set(found(1)["narrow"]) == {"all"}


def test_a_laptops_cells_of_derived_variables_are_fit():
    plan = study(
        each("i", "age_band"),
        share("j", "trained", "yes", split="two"),
        share("k", "helped", "yes"),
        derived=[*AGE, *TWO, *HELPED],
    )
    groups = [
        people(5, trained=answer, guided="no", area=area, age=age)
        for answer in ("yes", "no")
        for area, age in (("both", 20), ("urban", 40), ("rural", 60))
    ]
    cells = cells_of(plan, *groups)
    assert set(cells["j"]) == {"all", "some_rural", "city"}
    judge = Judge(plan[1], layout_of(plan[0]), Policy(5), signed_off=False, respondents=30, participants=30)
    assert list(judge.faults(cells)) == []
    strange = {**cells, "j": {**cells["j"], "rural": cells["j"]["city"]}}
    assert list(judge.faults(strange)) == [("cell-place", "j")]
