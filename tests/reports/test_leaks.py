"""What the auditor once found, each as the few people that show it."""

from dataclasses import replace
from fractions import Fraction

import pytest

from reports.disclosure import Policy
from reports.succession import Present, Released, by_definition, follow
from reports.table import Cell, State
from survey.protocol.record import layout_of
from tests import workbooks as w
from tests.reports.responses import cells_of, people

SURVEY = [
    *w.group(
        "all",
        w.one("sex", "sex"),
        w.one("area", "area"),
        w.integer("age", 15, 120),
        w.one("often", "often"),
        w.one("trained", "yesno"),
        w.one("useful", "yesno", relevant="${trained} = 'yes'"),
        w.integer("times", 0, 9, relevant="${trained} = 'yes'"),
    )
]
CHOICES = [
    *w.SEX,
    *w.YES_NO,
    *w.choices("area", "urban", "rural"),
    *w.choices("often", "never", "often", "always", missing=["dont_know"]),
]
SECRET = {"all": {"": Cell(State.TOO_FEW)}}


def study(*indicators):
    return w.study(SURVEY, CHOICES, indicators=indicators)


def trained(name="i", **more):
    return w.indicator(name, "trained", "percent_in", count="yes", **more)


def often(name, *counted, **more):
    return w.indicator(name, "often", "percent_in", count=" ".join(counted), **{"dont_know": "exclude", **more})


def shown(k, n):
    return {"": Cell(State.SHOWN, Fraction(100 * k, n), k, n)}


def yes(number, **more):
    return people(number, trained="yes", **more)


def no(number, **more):
    return people(number, trained="no", **more)


def test_a_filter_that_leaves_enough_of_all_but_one_man_is_printed_without_its_blocks():
    plan = study(trained(split="sex"), trained("old", split="sex", filter="${age} >= 30"))
    old = [say(8, age=40, sex=sex) for say in (yes, no) for sex in ("man", "woman")]
    young = [yes(6, age=20, sex="woman"), no(6, age=20, sex="woman"), yes(1, age=20, sex="man")]
    found = cells_of(plan, *old, *young)
    assert set(found["i"]) == {"all", "woman", "man"}
    assert found["old"] == {"all": shown(16, 32)}


def test_two_filters_that_differ_by_one_person_are_not_both_printed():
    plan = study(trained(filter="${age} >= 30"), trained("j", filter="${age} >= 31"))
    found = cells_of(plan, yes(10, age=40), no(10, age=40), yes(1, age=30), yes(10, age=20), no(10, age=20))
    assert found == {"i": {"all": shown(11, 21)}, "j": SECRET}


def test_filters_that_leave_few_people_over_together_are_not_all_printed():
    young, old = {"filter": "${age} < 30"}, {"filter": "${age} >= 30"}
    plan = study(trained(), trained("young", **young), trained("old", **old))
    found = cells_of(plan, yes(10, age=20), no(10, age=20), yes(10, age=40), no(10, age=40), yes(2))
    # Those who gave no age are everybody less the young and the old: two people, who are trained. Without the old they
    # are among the rest.
    assert found["i"] == {"all": shown(22, 42)}
    assert found["young"] == {"all": shown(10, 20)}
    assert found["old"] == SECRET


def test_a_question_is_split_by_the_first_split_of_the_plan_alone():
    plan = w.study(
        SURVEY,
        CHOICES,
        indicators=[trained(split="sex"), w.indicator("n", "trained", "count", split="sex")],
    )
    both = [say(10, sex=sex, area=area) for say in (yes, no) for sex in ("man", "woman") for area in ("urban", "rural")]
    found = cells_of(plan, *both)
    assert set(found["i"]) == set(found["n"]) == {"all", "woman", "man"}


def test_a_base_with_and_one_without_dont_know_tell_how_many_do_not_know():
    plan = study(often("i", "always"), often("j", "always", dont_know="include"))
    found = cells_of(plan, people(10, often="never"), people(10, often="always"), people(2, often="dont_know"))
    assert found == {"i": {"all": shown(10, 20)}, "j": SECRET}


def test_the_base_of_a_question_that_only_some_are_asked_is_the_count_of_the_answer_that_opens_it():
    plan = study(trained(), w.indicator("j", "useful", "percent_in", count="yes"))
    all_trained = [yes(10, useful="yes"), yes(10, useful="no")]
    found = cells_of(plan, *all_trained)
    assert found["i"]["all"][""].state is found["j"]["all"][""].state is State.TOO_FEW
    assert found["j"]["all"][""].n is None
    assert cells_of(plan, *all_trained, no(5))["j"] == {"all": shown(10, 20)}


@pytest.mark.parametrize("place", ["section", "battery", "question"])
def test_it_does_not_matter_whether_a_section_a_battery_or_the_question_itself_asks_for_that_answer(place):
    gate = {
        one: {"relevant": "${trained} = 'yes'"} if one == place else {} for one in ("section", "battery", "question")
    }
    useful = w.group("battery", w.one("useful", "yesno", **gate["question"]), **gate["battery"])
    survey = [*w.group("first", w.one("trained", "yesno")), *w.group("then", useful, **gate["section"])]
    plan = w.study(survey, indicators=[trained(), w.indicator("j", "useful", "percent_in", count="yes")])
    all_trained = [yes(10, useful="yes"), yes(10, useful="no")]
    assert cells_of(plan, *all_trained)["j"] == SECRET
    assert cells_of(plan, *all_trained, no(5))["j"] == {"all": shown(10, 20)}


def test_a_door_that_most_questions_are_behind_is_no_secret():
    behind = w.group("then", w.one("useful", "yesno"), w.one("sex", "sex"), relevant="${trained} = 'yes'")
    survey = [*w.group("first", w.one("trained", "yesno")), *behind]
    useful = w.indicator("j", "useful", "percent_in", count="yes")
    everybody = [yes(10, useful="yes"), yes(10, useful="no")]
    study_of = [w.study(survey, CHOICES, indicators=own) for own in ([useful], [trained(), useful])]
    assert cells_of(study_of[0], *everybody)["j"] == {"all": shown(10, 20)}
    # Unless the plan asks who went through it.
    assert cells_of(study_of[1], *everybody)["j"] == SECRET


def test_so_does_the_base_of_what_is_derived_from_such_a_question():
    helped = w.derived("helped", "useful", "recode", {"it_did": "yes", "it_did_not": "no"})
    plan = w.study(
        SURVEY,
        CHOICES,
        indicators=[trained(), w.indicator("j", "helped", "percent_in", count="it_did")],
        derived=helped,
    )
    all_trained = [yes(10, useful="yes"), yes(10, useful="no")]
    assert cells_of(plan, *all_trained)["j"] == SECRET
    assert cells_of(plan, *all_trained, no(5))["j"] == {"all": shown(10, 20)}


def test_a_filter_and_a_question_that_ask_for_the_same_answers_together_tell_how_many_gave_both():
    survey = w.group(
        "all",
        w.one("area", "areas"),
        w.one("trained", "yesno", relevant="${area} != 'urban'"),
        w.integer("age", 15, 99),
    )
    choices = [*w.YES_NO, *w.choices("areas", "urban", "town", "rural")]
    urban = w.indicator("urban", "area", "percent_in", count="urban")
    plan = w.study(survey, choices, indicators=[urban, trained(filter="${area} = 'rural'")])
    rural = [yes(10, area="rural"), no(10, area="rural"), people(10, area="urban")]
    # Of 31 people 10 live in a city and 20 in the country: one lives in a town.
    assert cells_of(plan, *rural, yes(1, area="town")) == {"urban": {"all": shown(10, 31)}, "i": SECRET}
    assert cells_of(plan, *rural, yes(5, area="town"))["i"] == {"all": shown(10, 20)}


def test_in_a_block_too_the_base_of_a_further_question_is_the_count_of_the_answer_that_opens_it():
    by_sex = {"split": "sex"}
    plan = study(
        w.indicator("n", "trained", "count", **by_sex), w.indicator("j", "useful", "percent_in", count="yes", **by_sex)
    )

    def found(women):
        asked = [yes(8, useful=useful, sex=sex) for useful in ("yes", "no") for sex in ("woman", "man")]
        return cells_of(plan, *asked, no(9, sex="man"), no(women, sex="woman"))["j"]

    assert set(found(5)) == {"all", "woman", "man"}
    # Of 17 women 16 were asked: one is not trained.
    assert found(1) == {"all": shown(16, 32)}


def test_a_filter_that_lies_in_a_block_is_taken_from_it():
    grown = w.derived("grown", "age", "band", {"young": "15-29", "old": "30+"})
    indicators = [trained(split="grown"), trained("older", filter="${age} >= 31")]
    plan = w.study(SURVEY, CHOICES, indicators=indicators, derived=grown)

    def found(number):
        groups = [say(10, age=age) for say in (yes, no) for age in (20, 40)]
        return cells_of(plan, *groups, yes(number, age=30), no(number, age=30))

    assert found(5)["older"] == {"all": shown(10, 20)}
    # Two people are 30, and with the young ones there are enough of them.
    assert (set(found(1)["i"]), found(1)["older"]) == ({"all", "young", "old"}, SECRET)


def test_a_mean_with_zeros_beside_one_without_tells_for_how_many_they_stand():
    mean = w.indicator("i", "times", "mean")
    plan = study(mean, {**mean, "indicator": "j", "zero_if": "${trained} = 'no'"})
    had = [yes(10, times=1), yes(10, times=4)]
    found = cells_of(plan, *had, no(3))
    assert (found["i"], found["j"]["all"][""].n) == (SECRET, 23)
    found = cells_of(plan, *had, no(5))
    assert (found["i"]["all"][""].n, found["j"]["all"][""].n) == (20, 25)


def test_a_mean_next_to_the_lowest_number_says_who_said_more():
    plan = study(w.indicator("i", "times", "mean", zero_if="${trained} = 'no'"))
    assert cells_of(plan, yes(1, times=1), no(19))["i"] == {"all": {"": Cell(State.TOO_FEW, n=20)}}


def test_where_the_lowest_number_is_the_highest_neither_is_printed():
    plan = study(
        w.indicator("low", "age", "min"), w.indicator("high", "age", "max"), w.indicator("mean", "age", "mean")
    )
    found = cells_of(plan, people(20, age=33), signed_off=True)
    assert {cells["all"][""].state for cells in found.values()} == {State.TOO_FEW}


def test_a_filtered_count_is_a_count_of_an_answer():
    plan = study(w.indicator("i", "age", "count", filter="${trained} = 'no'"))
    assert cells_of(plan, yes(20, age=30), no(3, age=30))["i"] == SECRET


# Between two releases -------------------------------------------------------------------------------------------------


def later(before, after, first, second):
    """What a second release prints, of other people and perhaps under another plan; None if the first one stands."""
    (protocol, earlier), (_, plan) = before, after
    layout = layout_of(protocol)
    old, new, again = cells_of(before, *first), cells_of(after, *second), cells_of(before, *second)
    size = [sum(len(group) for group in groups) for groups in (first, second)]
    renamed = {f"0/{one.id}": one for one in earlier.indicators}
    whole = type(plan)(
        (*(replace(one, id=name) for name, one in renamed.items()), *plan.indicators),
        (),
    )
    present = Present(whole, {**{f"0/{name}": own for name, own in again.items()}, **new}, layout, size[1])
    other = Released(by_definition(earlier, old), respondents=size[0])
    return follow([other], new, plan, Policy(5), present)


BASIS = [yes(10), no(10)]


def test_the_same_total_under_a_split_is_the_same_figure():
    assert later(study(trained()), study(trained(split="sex")), BASIS, [*BASIS, yes(1)]) is None
    more = [*BASIS, yes(5), no(5)]
    assert later(study(trained()), study(trained(split="sex")), BASIS, more) == {"i": {"all": shown(15, 30)}}


def test_the_other_answer_of_a_question_is_not_printed_of_one_person_more():
    other = study(w.indicator("j", "trained", "percent_in", count="no"))
    assert later(study(trained()), other, BASIS, [*BASIS, yes(1)]) == {"j": SECRET}
    assert later(study(trained()), other, BASIS, [*BASIS, yes(5), no(5)]) == {"j": {"all": shown(15, 30)}}


def test_two_boxes_that_changed_by_enough_and_differ_by_one_person_hold_a_release_back():
    plan = study(often("wide", "often", "always"), often("narrow", "always"))
    first = [people(10, often="never"), people(10, often="often"), people(10, often="always")]
    came = [people(10, often="never"), people(9, often="always"), people(1, often="often")]
    assert later(plan, plan, first, [*first, *came]) is None
    came[2] = people(5, often="often")
    assert later(plan, plan, first, [*first, *came]) is not None


def test_an_any_of_and_a_part_of_it_that_grew_by_all_but_one_hold_a_release_back():
    helped = w.derived("helped", "trained often", "any_of", {"held": "yes always", "not_held": "rest"}, answered="1")
    shares = [trained(), w.indicator("k", "helped", "percent_in", count="held", dont_know="exclude")]
    plan = w.study(SURVEY, CHOICES, indicators=shares, derived=helped)
    first = [yes(10, often="never"), no(10, often="always"), no(10, often="never")]

    def came(only):
        return later(plan, plan, first, [*first, yes(9, often="never"), no(only, often="always"), no(9, often="never")])

    assert came(1) is None
    assert came(5) is not None


def test_ten_who_come_and_all_say_zero_hold_a_mean_back():
    plan = study(w.indicator("i", "times", "mean", zero_if="${trained} = 'no'"))
    first = [yes(10, times=1), yes(10, times=4), no(5)]
    assert later(plan, plan, first, [*first, no(10)]) is None
    assert later(plan, plan, first, [*first, no(5), yes(5, times=2)]) is not None


@pytest.mark.parametrize(("said", "follows"), [((0, 0), False), ((9, 9), False), ((9, 8), False), ((2, 7), True)])
def test_ten_who_come_and_may_have_said_but_one_thing_hold_a_mean_back(said, follows):
    plan = study(w.indicator("i", "times", "mean"))
    first = [yes(10, times=2), yes(10, times=7), no(10)]
    came = [yes(9, times=said[0]), yes(1, times=said[1])] if said[0] == 9 else [yes(5, times=one) for one in said]
    assert (later(plan, plan, first, [*first, *came, no(5)]) is not None) is follows


def test_one_who_comes_and_is_asked_a_further_question_was_given_away_by_its_base():
    asked = study(w.indicator("j", "useful", "percent_in", count="yes"))
    first = [yes(10, useful="yes"), yes(10, useful="no"), no(10)]
    assert later(study(trained()), asked, first, [*first, yes(1, useful="yes")]) == {"j": SECRET}
