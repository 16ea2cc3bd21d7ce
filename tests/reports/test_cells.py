"""One site's publishable cells, from answer sheets that can be counted by eye."""

from dataclasses import replace
from fractions import Fraction

import pytest

from reports.table import Cell, State
from survey.protocol.schema import Missing
from tests import workbooks as w
from tests.reports.responses import cells_of, people

SURVEY = [
    *w.group(
        "all",
        w.one("sex", "sex"),
        w.integer("age", 15, 120),
        w.one("often", "often"),
        w.one("trained", "yesno"),
        w.integer("times", 0, 300, relevant="${trained} = 'yes'"),
        w.many("work", "work"),
    )
]
CHOICES = [
    *w.SEX,
    *w.YES_NO,
    *w.choices("often", "never", "often", "always", missing=["dont_know"]),
    *w.choices("work", "paid", "unpaid", none=True),
]


def study(*indicators):
    return w.study(SURVEY, CHOICES, indicators=indicators)


def shown(k, n):
    return Cell(State.SHOWN, Fraction(100 * k, n), k, n)


def value(number, n):
    return Cell(State.SHOWN, Fraction(number), None, n)


def too_few(n):
    return Cell(State.TOO_FEW, n=n)


def total(cell):
    return {"all": {"": cell}}


TRAINED = w.indicator("i", "trained", "percent_in", count="yes")


def yes(number, **more):
    return people(number, trained="yes", **more)


def no(number, **more):
    return people(number, trained="no", **more)


@pytest.mark.parametrize(
    ("groups", "cell"),
    [
        ([yes(5), no(5)], shown(5, 5 + 5)),
        ([yes(30), no(10), people(7, trained="prefer_not"), people(3)], shown(30, 30 + 10)),
        ([yes(4), no(16)], too_few(4 + 16)),
        ([yes(16), no(4)], too_few(16 + 4)),
        ([no(20)], too_few(20)),
        ([people(20, trained="prefer_not")], Cell(State.NO_ANSWERS, n=0)),
        ([], Cell(State.NO_ANSWERS, n=0)),
    ],
)
def test_a_share_is_printed_when_both_sides_are_enough(groups, cell):
    assert cells_of(study(TRAINED), *groups) == {"i": total(cell)}


BY_SEX = {**TRAINED, "split": "sex"}
MEN, WOMEN = {"sex": "man"}, {"sex": "woman"}


@pytest.mark.parametrize(
    ("groups", "blocks"),
    [
        (  # the paper's own: 60/74 = men 25/30 and women 35/44
            [yes(25, **MEN), no(5, **MEN), yes(35, **WOMEN), no(9, **WOMEN)],
            {"all": shown(25 + 35, 30 + 44), "woman": shown(35, 35 + 9), "man": shown(25, 25 + 5)},
        ),
        ([yes(26, **MEN), no(4, **MEN), yes(35, **WOMEN), no(9, **WOMEN)], {"all": shown(26 + 35, 30 + 44)}),
        (  # two people of no stated gender: the total includes them, so the split would tell what they said
            [yes(25, **MEN), no(5, **MEN), yes(35, **WOMEN), no(9, **WOMEN), yes(2)],
            {"all": shown(25 + 35 + 2, 30 + 44 + 2)},
        ),
        (
            [yes(25, **MEN), no(5, **MEN), yes(35, **WOMEN), no(9, **WOMEN), yes(5, sex="prefer_not"), no(5)],
            {
                "all": shown(25 + 35 + 5, 30 + 44 + 10),
                "woman": shown(35, 44),
                "man": shown(25, 30),
                "unstated": shown(5, 10),
            },
        ),
        ([yes(25, **MEN), no(5, **MEN)], {"all": shown(25, 30), "man": shown(25, 30)}),
        ([yes(3, **MEN), no(9, **WOMEN)], {"all": too_few(3 + 9)}),
    ],
)
def test_a_split_is_printed_whole_or_not_at_all(groups, blocks):
    assert cells_of(study(BY_SEX), *groups) == {"i": {name: {"": cell} for name, cell in blocks.items()}}


def test_a_restriction_takes_the_others_out_of_the_total_too():
    cells = cells_of(
        study({**BY_SEX, "restrict": "man woman"}),
        yes(25, **MEN) + no(5, **MEN) + yes(35, **WOMEN) + no(9, **WOMEN) + yes(2),
    )
    assert cells["i"]["all"] == {"": shown(25 + 35, 30 + 44)}


def test_beside_the_total_of_everybody_a_restricted_one_would_tell_about_the_others():
    plan = study(TRAINED, {**BY_SEX, "indicator": "j", "restrict": "man woman"})
    both = yes(25, **MEN) + no(5, **MEN) + yes(35, **WOMEN) + no(9, **WOMEN)
    few, enough = yes(2), yes(5) + no(5)
    # Not even its base: beside that of everybody it tells how many the others are.
    assert cells_of(plan, both + few)["j"] == total(Cell(State.TOO_FEW))
    assert cells_of(plan, both + enough)["j"]["all"] == {"": shown(60, 74)}
    assert cells_of(plan, both)["j"]["all"] == {"": shown(60, 74)}


def test_a_filter_narrows_the_base():
    plan = study({**TRAINED, "filter": "${age} >= 30"})
    assert cells_of(plan, yes(8, age=30), no(6, age=60), yes(20, age=29), yes(9)) == {"i": total(shown(8, 8 + 6))}


def test_beside_the_unfiltered_share_a_filter_must_leave_out_enough():
    plan = study(TRAINED, {**TRAINED, "indicator": "j", "filter": "${age} >= 30"})
    old = yes(8, age=30) + no(6, age=60)
    assert cells_of(plan, old, yes(1, age=20))["j"] == total(Cell(State.TOO_FEW))
    assert cells_of(plan, old, yes(5, age=20), no(5, age=20))["j"] == total(shown(8, 14))


def test_a_sensitive_item_hides_its_base_with_its_figure():
    sensitive = {**TRAINED, "sensitive": "yes"}
    assert cells_of(study(sensitive), yes(4), no(16)) == {"i": total(Cell(State.TOO_FEW))}
    assert cells_of(study(sensitive)) == {"i": total(Cell(State.TOO_FEW))}
    assert cells_of(study(sensitive), yes(5), no(15)) == {"i": total(shown(5, 20))}


def test_a_part_of_a_sensitive_item_hides_its_base_too():
    useful = w.indicator("j", "useful", "percent_in", count="yes", sensitive="yes", part_of="i")
    survey = w.group("all", w.one("trained", "yesno"), w.one("useful", "yesno"))
    found = cells_of(
        w.study(survey, CHOICES, indicators=[TRAINED, useful]),
        *(yes(20, useful="yes"), yes(2, useful="no"), no(20, useful="no")),
    )
    assert found["j"] == total(Cell(State.TOO_FEW))


def test_a_group_of_nobody_is_not_told_where_shares_of_the_groups_are_figures_too():
    women = w.indicator("women", "sex", "percent_in", count="woman")
    only_women = yes(20, **WOMEN) + no(20, **WOMEN)
    assert set(cells_of(study(BY_SEX), only_women)["i"]) == {"all", "woman"}
    # Of 40 people 40 are women: that share is hidden, and so is the block that would say it.
    found = cells_of(study(women, BY_SEX), only_women)
    assert found["women"] == total(Cell(State.TOO_FEW, n=40))
    assert set(found["i"]) == {"all"}
    assert set(cells_of(study(women, BY_SEX), only_women + yes(6, **MEN) + no(6, **MEN))["i"]) == {
        "all",
        "woman",
        "man",
    }


def test_in_the_base_of_ticks_no_reason_is_counted():
    lists = w.choices("work", "paid", "unpaid", missing=["dont_know"], none=True)
    survey, each = w.group("all", w.many("work", "work")), w.indicator("i", "work", "percent_each", dont_know="exclude")
    groups = people(20, work=("paid",)), people(25, work=("unpaid",)), people(5, work=("dont_know",))
    protocol, plan = w.study(survey, lists, indicators=[each])
    assert cells_of((protocol, plan), *groups)["i"]["all"]["paid"] == shown(20, 45)
    # A plan from before that was refused.
    counted = replace(plan.indicators[0], includes=frozenset({Missing.DONT_KNOW}))
    [hidden] = cells_of((protocol, replace(plan, indicators=(counted,))), *groups).values()
    assert set(hidden["all"].values()) == {Cell(State.TOO_FEW)}


# Distributions --------------------------------------------------------------------------------------------------------


OFTEN = w.indicator("i", "often", "percent_each", dont_know="exclude")


@pytest.mark.parametrize(
    ("never", "often", "always", "row"),
    [
        (10, 20, 30, {"never": (10, 60), "often": (20, 60), "always": (30, 60)}),
        (4, 20, 30, {"never+often": (4 + 20, 54), "always": (30, 54)}),
        (20, 4, 30, {"never+often": (20 + 4, 54), "always": (30, 54)}),
        (10, 20, 0, {"never+always": (10 + 0, 30), "often": (20, 30)}),
    ],
)
def test_a_distribution_merges_its_smallest_answers(never, often, always, row):
    groups = people(never, often="never"), people(often, often="often"), people(always, often="always")
    assert cells_of(study(OFTEN), *groups) == {"i": {"all": {name: shown(*count) for name, count in row.items()}}}


def test_a_distribution_that_cannot_be_merged_is_not_printed():
    found = cells_of(study(OFTEN), people(2, often="never"), people(30, often="always"))
    assert found == {"i": {"all": dict.fromkeys(["never", "often", "always"], too_few(32))}}


def test_an_included_reason_belongs_to_the_partition():
    asked = people(10, often="never") + people(20, often="often") + people(30, often="always")
    plan = study({**OFTEN, "dont_know": "include"})
    assert cells_of(plan, asked, people(7, often="dont_know"))["i"]["all"]["dont_know"] == shown(7, 67)
    # Two people who do not know could be read off the base if they were left out of the classes.
    assert cells_of(plan, asked, people(2, often="dont_know")) == {
        "i": {"all": {"never+dont_know": shown(10 + 2, 62), "often": shown(20, 62), "always": shown(30, 62)}}
    }


def test_the_options_of_a_multi_select_are_items_of_their_own():
    found = cells_of(
        study(w.indicator("i", "work", "percent_each")),
        people(20, work=("paid",)),
        people(10, work=("paid", "unpaid")),
        people(4, work=("none",)),
        people(3, work=("prefer_not",)),
    )
    # base: everybody who ticked something, 20 + 10 + 4; of them 20 + 10 ticked paid, all but 4
    assert found == {"i": {"all": {"paid": too_few(34), "unpaid": shown(10, 34), "none": too_few(34)}}}


# Several indicators ---------------------------------------------------------------------------------------------------


def box(name, *counted, **more):
    return w.indicator(name, "often", "percent_in", count=" ".join(counted), dont_know="exclude", **more)


@pytest.mark.parametrize(("often", "second"), [(5, shown(10, 30)), (4, too_few(29)), (0, too_few(25))])
def test_overlapping_boxes_must_differ_by_enough(often, second):
    found = cells_of(
        study(box("wide", "often", "always"), box("narrow", "always")),
        people(15, often="never"),
        people(often, often="often"),
        people(10, often="always"),
    )
    assert found == {"wide": total(shown(often + 10, 15 + often + 10)), "narrow": total(second)}


def test_overlapping_boxes_must_differ_by_enough_in_every_block():
    def answers(men, women):
        return (
            people(10, often="never", **MEN)
            + people(men, often="often", **MEN)
            + people(10, often="always", **MEN)
            + people(10, often="never", **WOMEN)
            + people(women, often="often", **WOMEN)
            + people(10, often="always", **WOMEN)
        )

    plan = study(box("wide", "often", "always", split="sex"), box("narrow", "always", split="sex"))
    assert set(cells_of(plan, answers(6, 6))["narrow"]) == {"all", "woman", "man"}
    # One man says often; of all people there are enough.
    assert cells_of(plan, answers(1, 11))["narrow"] == total(shown(20, 52))


@pytest.mark.parametrize(("part", "printed"), [(10, True), (35, True), (4, False), (36, False)])
def test_a_part_is_printed_when_it_is_fit_within_its_parent(part, printed):
    # 40 people are trained, of them `part` are of the part; 20 are not trained
    plan = study(TRAINED, w.indicator("part", "work", "percent_in", count="paid", part_of="i"))
    found = cells_of(plan, yes(40), no(20), people(part, work=("paid",)), people(50, work=("unpaid",)))
    assert found["i"] == total(shown(40, 60))
    assert found["part"] == total(shown(part, part + 50) if printed else too_few(part + 50))


def test_a_part_is_printed_without_its_split():
    # Judged within its parent as a whole, its blocks are not.
    part = w.indicator("part", "work", "percent_in", count="paid", part_of="i", split="sex")
    both = (people(10, work=("paid",), **sex) + people(10, work=("unpaid",), **sex) for sex in (MEN, WOMEN))
    found = cells_of(study(TRAINED, part), yes(40), no(20), *both)
    assert found["part"] == total(shown(10 + 10, 20 + 20))


# Numbers --------------------------------------------------------------------------------------------------------------


MEAN = w.indicator("i", "times", "mean", zero_if="${trained} = 'no'")


def test_people_for_whom_zero_if_holds_count_with_zero():
    found = cells_of(study(MEAN), yes(6, times=2), yes(4, times=5), no(10), people(9, trained="prefer_not"))
    assert found == {"i": total(value(Fraction(6 * 2 + 4 * 5 + 10 * 0, 6 + 4 + 10), 20))}


@pytest.mark.parametrize(
    ("groups", "cell"),
    [
        ([yes(5, times=1), yes(5, times=300)], value(Fraction(5 * 1 + 5 * 300, 10), 10)),
        ([yes(5, times=1), yes(4, times=3)], too_few(9)),
        ([yes(20, times=3)], too_few(20)),
        ([yes(20)], Cell(State.NO_ANSWERS, n=0)),
    ],
)
def test_a_mean_needs_ten_people_who_differ(groups, cell):
    # Five were not asked: without them the base would say that everybody is trained.
    assert cells_of(study({**MEAN, "zero_if": ""}), *groups, no(5)) == {"i": total(cell)}
    assert cells_of(study({**MEAN, "zero_if": ""}), *groups) == {"i": total(Cell(State.TOO_FEW))}


def test_a_mean_by_block():
    men = people(5, age=20, **MEN) + people(5, age=30, **MEN)
    women = people(6, age=40, **WOMEN) + people(6, age=50, **WOMEN)
    plan = study(w.indicator("i", "age", "mean", split="sex"))
    assert cells_of(plan, men, women) == {
        "i": {
            "all": {"": value(Fraction(5 * 20 + 5 * 30 + 6 * 40 + 6 * 50, 22), 22)},
            "woman": {"": value(45, 12)},
            "man": {"": value(25, 10)},
        }
    }
    assert cells_of(plan, men, women[:9]) == {"i": total(value(Fraction(5 * 20 + 5 * 30 + 6 * 40 + 3 * 50, 19), 19))}


@pytest.mark.parametrize(("stat", "number"), [("min", 19), ("max", 78)])
def test_minimum_and_maximum_are_single_people_and_need_a_name(stat, number):
    groups = people(1, age=19), people(10, age=40), people(1, age=78)
    plan = study(w.indicator("i", "age", stat))
    assert cells_of(plan, *groups) == {"i": total(Cell(State.NEEDS_SIGN_OFF, n=12))}
    assert cells_of(plan, *groups, signed_off=True) == {"i": total(value(number, 12))}
    assert cells_of(plan, *groups[:1], signed_off=True) == {"i": total(too_few(1))}
    assert cells_of(plan, signed_off=True) == {"i": total(Cell(State.NO_ANSWERS, n=0))}


# Counts of people -----------------------------------------------------------------------------------------------------


def counted(n, of=None):
    return {"": Cell(State.SHOWN, Fraction(n), n, of or n)}


@pytest.mark.parametrize(
    ("registry", "blocks"),
    [
        ({"woman": 45, "man": 30}, {"all": counted(75), "woman": counted(45, 75), "man": counted(30, 75)}),
        ({"woman": 45, "man": 30, "": 5}, {"all": counted(80), "woman": counted(45, 80), "man": counted(30, 80)}),
        ({"woman": 45, "man": 30, "": 4}, {"all": counted(79)}),
        ({"woman": 45, "man": 4}, {"all": counted(49)}),
        ({"woman": 45, "man": 0}, {"all": counted(45), "woman": counted(45)}),
        ({}, {"all": {"": Cell(State.SHOWN, Fraction(0), 0, 0)}}),
    ],
)
def test_participants_come_from_the_registry(registry, blocks):
    plan = study(w.indicator("i", "participants", "count", split="sex"))
    assert cells_of(plan, registry=registry) == {"i": blocks}


@pytest.mark.parametrize(("variable", "n"), [("trained", 6 + 8), ("times", 6), ("work", 9), ("often", 7)], ids=str)
def test_a_count_is_the_base_of_its_question(variable, n):
    rules = {"dont_know": "exclude"} if variable == "often" else {}
    plan = study(w.indicator("i", variable, "count", **rules))
    found = cells_of(
        plan,
        yes(6, times=2),
        no(8),
        people(9, work=("paid", "unpaid")),
        people(7, often="never"),
        people(3, often="dont_know"),
    )
    assert found == {"i": {"all": counted(n)}}


def test_a_count_may_be_restricted_and_a_sensitive_one_may_be_too_small():
    groups = yes(6, **MEN), yes(8, **WOMEN), yes(9)
    plan = study(w.indicator("i", "trained", "count", split="sex", restrict="man woman"))
    assert cells_of(plan, *groups)["i"] == {"all": counted(14), "woman": counted(8, 14), "man": counted(6, 14)}
    sensitive = study(w.indicator("i", "trained", "count", sensitive="yes"))
    assert cells_of(sensitive, yes(4)) == {"i": total(Cell(State.TOO_FEW))}
    assert cells_of(sensitive, yes(5)) == {"i": {"all": counted(5)}}


def test_every_indicator_of_the_plan_has_cells():
    plan = study(TRAINED, {**OFTEN, "indicator": "j"}, {**MEAN, "indicator": "k"})
    assert list(cells_of(plan)) == ["i", "j", "k"]
