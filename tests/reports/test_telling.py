"""What a base tells of another question, each as the few people that show it. How many respond is known."""

import pytest

from reports.table import State
from tests import workbooks as w
from tests.reports.responses import cells_of, people

SURVEY = [
    *w.group(
        "all",
        w.one("sex", "sex"),
        w.integer("age", 15, 120),
        w.one("often", "often"),
        w.many("work", "work"),
        w.one("trained", "yesno"),
        w.one("happy", "yesno"),
    ),
    *w.group("those", w.many("places", "places"), relevant="not(selected(${work}, 'none'))"),
]
CHOICES = [
    *w.SEX,
    *w.YES_NO,
    *w.choices("often", "never", "always", missing=["dont_know"]),
    *w.choices("work", "paid", "unpaid", "travel", none=True),
    *w.choices("places", "home", "street", none=True),
]


def is_shown(name, *groups, indicators):
    plan = w.study(SURVEY, CHOICES, indicators=indicators)
    return any(cell.state is State.SHOWN for cell in cells_of(plan, *groups)[name]["all"].values())


def happy(**more):
    return w.indicator("i", "happy", "percent_in", count="yes", **more)


def share(name, variable, choice, **more):
    return w.indicator(name, variable, "percent_in", count=choice, **more)


def both(number, **more):
    """So many who are happy, and as many who are not."""
    return people(number, happy="yes", **more) + people(number, happy="no", **more)


def test_a_filter_over_two_options_tells_how_many_ticked_either():
    barred = "not(selected(${work}, 'paid')) and not(selected(${work}, 'travel'))"
    told = [share("a", "work", "paid"), happy(filter=barred)]
    groups = [both(10, work=("unpaid",)), both(5, work=("paid",)), people(10, work=("none",), happy="no")]
    # All but those for whom the filter holds, less 10 who are paid, travel and are not paid: one of them, or seven.
    assert not is_shown("i", *groups, people(1, work=("travel",), happy="yes"), indicators=told)
    assert is_shown("i", *groups, people(7, work=("travel",), happy="yes"), indicators=told)


@pytest.mark.parametrize(
    "source", ["${trained} = 'yes' and ${sex} = 'man'", "not(${trained} = 'no' or ${sex} = 'woman')"]
)
def test_of_conditions_that_hold_together_each_is_a_share_of_the_others(source):
    told = [share("a", "trained", "yes"), happy(filter=source)]
    groups = [both(10, sex="man", trained="yes"), both(6, sex="man", trained="no"), both(5, sex="woman", trained="no")]
    # The trained less the trained men are the trained women: one, or six.
    assert not is_shown("i", *groups, people(1, sex="woman", trained="yes", happy="yes"), indicators=told)
    assert is_shown("i", *groups, people(6, sex="woman", trained="yes", happy="yes"), indicators=told)


def test_of_cases_of_which_one_is_enough_it_tells_who_is_in_none():
    told = [happy(filter="${trained} = 'no' or ${sex} = 'man'")]
    groups = [both(10, sex="man", trained="yes"), both(6, sex="man", trained="no"), both(5, sex="woman", trained="no")]
    assert not is_shown("i", *groups, people(1, sex="woman", trained="yes", happy="yes"), indicators=told)
    assert is_shown("i", *groups, people(6, sex="woman", trained="yes", happy="yes"), indicators=told)


def test_a_question_that_only_those_with_none_of_these_skip_tells_how_many_they_are():
    told = [w.indicator("i", "places", "percent_each")]
    groups = [people(20, work=(work,), places=(place,)) for work, place in (("paid", "home"), ("unpaid", "street"))]
    assert not is_shown("i", *groups, people(1, work=("none",)), indicators=told)
    assert is_shown("i", *groups, people(6, work=("none",)), indicators=told)
    # What only few of those ticked who were asked matters nothing.
    assert is_shown("i", *groups, people(1, work=("travel",)), people(6, work=("none",)), indicators=told)


def test_a_restriction_tells_how_many_are_in_the_other_groups():
    told = [happy(split="sex", restrict="woman")]
    assert not is_shown("i", both(19, sex="woman"), people(2, sex="man", happy="no"), indicators=told)
    assert is_shown("i", both(19, sex="woman"), both(5, sex="man"), indicators=told)
    # Whoever says nothing of it is in no group.
    assert is_shown(
        "i", both(19, sex="woman"), people(2, happy="no"), indicators=[happy(split="sex", restrict="woman man")]
    )


def test_a_filter_over_a_number_tells_how_many_are_beyond_it():
    told = [happy(filter="${age} >= 18 and ${age} < 65")]
    groups = [both(10, age=18), both(10, age=64)]
    assert not is_shown("i", *groups, people(1, age=65, happy="no"), indicators=told)
    assert not is_shown("i", *groups, people(1, age=17, happy="no"), indicators=told)
    assert is_shown("i", *groups, people(5, age=17, happy="no"), indicators=told)


def test_a_filter_that_leaves_out_who_does_not_know_tells_how_many_these_are():
    told = [happy(filter="${often} != 'dont_know'")]
    groups = [both(10, often="always"), both(10, often="never")]
    assert not is_shown("i", *groups, people(1, often="dont_know", happy="no"), indicators=told)
    assert is_shown("i", *groups, people(5, often="dont_know", happy="no"), indicators=told)
    # That two prefer not to answer is no secret.
    declined = [happy(filter="${often} != 'prefer_not'")]
    assert is_shown("i", *groups, people(2, often="prefer_not", happy="no"), indicators=declined)
