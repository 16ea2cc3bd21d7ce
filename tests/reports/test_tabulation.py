"""From histograms to exact figures: who is in the base, who is counted, what the mean is."""

from fractions import Fraction

import pytest

from reports.plan import Indicator, Stat
from reports.tabulation import Count, Spread, percents, spreads
from survey.protocol.schema import Missing, Texts
from tests import workbooks as w

PROTOCOL = w.protocol(
    [*w.group("all", w.one("often", "often"), w.many("work", "work"), w.integer("age", 0, 300), w.integer("days"))],
    [
        *w.choices("often", "never", "often", "always", missing=["dont_know", "not_applicable"]),
        *w.choices("work", "paid", "unpaid", none=True),
    ],
)
BLANK, PREFER_NOT, DONT_KNOW, NOT_APPLICABLE, NOT_ASKED = 255, 254, 253, 252, 251
# 10 never, 20 often, 30 always; 4 do not know, 3 not applicable, 2 prefer not to say, 1 left it blank, 5 were not asked
OFTEN = {0: 10, 1: 20, 2: 30, DONT_KNOW: 4, NOT_APPLICABLE: 3, PREFER_NOT: 2, BLANK: 1, NOT_ASKED: 5}


def indicator(stat, variable="often", **more):
    return Indicator("i", variable, stat, Texts(), **more)


def of(wanted, fields):
    return percents(wanted, PROTOCOL.question(wanted.variable), fields)


@pytest.mark.parametrize(
    ("includes", "n"),
    [
        ((), 10 + 20 + 30),
        ((Missing.DONT_KNOW,), 10 + 20 + 30 + 4),
        ((Missing.NOT_APPLICABLE,), 10 + 20 + 30 + 3),
        ((Missing.DONT_KNOW, Missing.NOT_APPLICABLE), 10 + 20 + 30 + 4 + 3),
    ],
)
def test_the_base_is_everybody_who_gave_an_answer_and_whom_the_plan_includes(includes, n):
    wanted = indicator(Stat.PERCENT_IN, counted=("often", "always"), includes=frozenset(includes))
    assert of(wanted, {"often": {"unstated": OFTEN}}) == {"": {"unstated": Count(20 + 30, n)}}


def test_blocks_are_counted_apart():
    wanted = indicator(Stat.PERCENT_IN, counted=("always",))
    fields = {"often": {"man": {0: 1, 2: 2}, "woman": {2: 5, BLANK: 7}, "unstated": {}}}
    assert of(wanted, fields) == {"": {"man": Count(2, 3), "woman": Count(5, 5), "unstated": Count(0, 0)}}


def test_each_choice_of_a_scale():
    assert of(indicator(Stat.PERCENT_EACH), {"often": {"unstated": OFTEN}}) == {
        "never": {"unstated": Count(10, 60)},
        "often": {"unstated": Count(20, 60)},
        "always": {"unstated": Count(30, 60)},
    }


def test_an_included_reason_is_a_category_of_the_distribution():
    wanted = indicator(Stat.PERCENT_EACH, includes=frozenset({Missing.DONT_KNOW}))
    found = of(wanted, {"often": {"unstated": OFTEN}})
    assert found["dont_know"] == {"unstated": Count(4, 64)}
    assert sum(blocks["unstated"].k for blocks in found.values()) == 64


# 30 people ticked paid, 25 unpaid (some of them both), 5 none of these: 40 answered.
TICKS = {
    "work/paid": {"unstated": {1: 30, 0: 10, PREFER_NOT: 3, BLANK: 2}},
    "work/unpaid": {"unstated": {1: 25, 0: 15, PREFER_NOT: 3, BLANK: 2}},
    "work/none": {"unstated": {1: 5, 0: 35, PREFER_NOT: 3, BLANK: 2}},
}


def test_the_base_of_a_multi_select_is_everybody_who_ticked_something():
    assert of(indicator(Stat.PERCENT_EACH, "work"), TICKS) == {
        "paid": {"unstated": Count(30, 40)},
        "unpaid": {"unstated": Count(25, 40)},
        "none": {"unstated": Count(5, 40)},
    }
    assert of(indicator(Stat.PERCENT_IN, "work", counted=("unpaid",)), TICKS) == {"": {"unstated": Count(25, 40)}}


def test_two_choices_of_a_multi_select_cannot_be_counted_as_one():
    with pytest.raises(ValueError, match="count one choice of a multi-select"):
        of(indicator(Stat.PERCENT_IN, "work", counted=("paid", "unpaid")), TICKS)


def test_numbers_are_summed_without_the_reserved_codes():
    fields = {"days": {"man": {2: 3, 5: 1, BLANK: 9}, "woman": {0: 2}, "unstated": {NOT_ASKED: 4}}}
    assert spreads(indicator(Stat.MEAN, "days"), PROTOCOL.question("days"), fields, 1) == {
        "man": Spread(2 + 2 + 2 + 5, 4, 2, 5),
        "woman": Spread(0, 2, 0, 0),
        "unstated": Spread(0, 0, None, None),
    }


def test_in_two_bytes_255_is_a_number():
    fields = {"age": {"unstated": {255: 2, 65535: 7}}}
    assert spreads(indicator(Stat.MEAN, "age"), PROTOCOL.question("age"), fields, 2) == {
        "unstated": Spread(510, 2, 255, 255)
    }


def test_counts_and_spreads_of_disjoint_groups_add_up():
    assert Count(2, 3) + Count(5, 7) == Count(7, 10)
    assert Spread(10, 2, 4, 6) + Spread(9, 1, 9, 9) + Spread(0, 0) == Spread(19, 3, 4, 9)


def test_figures_are_exact():
    assert Count(43, 72).percent() == Fraction(4300, 72)
    assert Spread(10, 4, 1, 4).mean() == Fraction(5, 2)
    for empty in (Count(0, 0).percent, Spread(0, 0).mean):
        with pytest.raises(ZeroDivisionError):
            empty()


@pytest.mark.parametrize(("k", "n"), [(-1, 5), (6, 5), (1, 0)])
def test_more_than_everybody_is_no_count(k, n):
    with pytest.raises(ValueError, match="is no count"):
        Count(k, n)
