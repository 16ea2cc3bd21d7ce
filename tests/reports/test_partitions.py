"""One partition of a base, within a plan and across the plans under which a cohort was released."""

import pytest

from reports.cells import SiteCounts, publishable
from reports.disclosure import Policy
from reports.partitions import refines, second
from reports.succession import definition, together
from reports.tallying import count_records
from survey.protocol.record import layout_of
from tests import workbooks as w
from tests.reports.responses import coded, people

SURVEY = [
    *w.group(
        "all",
        w.one("sex", "sex"),
        w.one("area", "area"),
        w.one("trained", "yesno"),
        w.one("guided", "yesno"),
        w.integer("age", 15, 99),
    )
]
CHOICES = [*w.SEX, *w.YES_NO, *w.choices("area", "both", "urban", "rural")]
TWO = w.derived("two", "area", "recode", {"some_rural": "both rural", "city": "urban"})
SAME = w.derived("places", "area", "recode", {"some_rural": "rural both", "city": "urban"})
OTHER = w.derived("other", "area", "recode", {"one": "both", "rest_of_it": "rest"})
BAND = w.derived("band", "age", "band", {"young": "15-29", "middle": "30-44", "older": "45+"})
COARSE = w.derived("coarse", "band", "recode", {"young": "young", "grown": "rest"})
ANY = w.derived("any", "trained guided", "any_of", {"yes": "yes", "no": "rest"}, answered="2")
ALL = {"two": TWO, "places": SAME, "other": OTHER, "band": BAND, "coarse": [*BAND, *COARSE], "any": ANY}


def plan_of(*splits, derived=(), **more):
    rows = [
        w.indicator(f"i{number}", "trained", "percent_in", count="yes", split=split, **more)
        for number, split in enumerate(splits)
    ]
    return w.study(SURVEY, CHOICES, indicators=rows, derived=derived)


def split_by(split):
    return plan_of(split, derived=ALL.get(split, ()))[1].indicators[0]


def question(name):
    protocol = plan_of("sex")[0]
    return protocol.question(name)


@pytest.mark.parametrize(
    ("fine", "coarse", "holds"),
    [
        ("sex", "sex", True),
        ("sex", "area", False),
        ("area", "two", True),
        ("two", "area", False),
        ("two", "places", True),
        ("two", "other", False),
        ("band", "coarse", True),
        ("coarse", "band", False),
        ("area", "band", False),
        ("any", "any", True),
        ("any", "two", False),
        ("sex", "any", False),
    ],
)
def test_a_split_refines_another_when_it_cuts_its_blocks_further(fine, coarse, holds):
    assert refines(split_by(fine), split_by(coarse), question) is holds


def test_the_first_split_of_a_base_is_its_partition():
    one, other, coarse = split_by("area"), split_by("sex"), split_by("two")
    assert list(second([one, coarse, one], question)) == []
    assert list(second([coarse, one], question)) == [(one, coarse)]
    assert list(second([one, other], question)) == [(other, one)]


GROUPS = [
    people(5, trained=answer, sex=sex, area=area)
    for answer in ("yes", "no")
    for sex in ("woman", "man")
    for area in ("both", "urban", "rural")
]


def cells(protocol, plan):
    layout = layout_of(protocol)
    counts = count_records(coded(protocol, [one for group in GROUPS for one in group]), layout=layout, plan=plan)
    site = SiteCounts(counts.fields, {})
    return publishable(plan=plan, layout=layout, counts=site, policy=Policy(5), signed_off=False)


@pytest.mark.parametrize(("later", "blocks"), [("sex", set()), ("two", {"some_rural", "city"})])
def test_another_partition_of_a_released_base_prints_its_total_alone(later, blocks):
    protocol, before = plan_of("area")
    now = plan_of(later, derived=ALL.get(later, ()))[1]
    found = cells(protocol, together(now, [before]))
    assert set(found["0/i0"]) == {"all", "both", "urban", "rural"}
    assert set(found["i0"]) == {"all"} | blocks
    assert found["i0"]["all"] == found["0/i0"]["all"]


def test_a_restricted_total_is_a_block_of_the_other_partition_and_is_hidden():
    protocol, before = plan_of("area")
    now = plan_of("sex", restrict="woman")[1]
    assert {cell.state.value for cell in cells(protocol, together(now, [before]))["i0"]["all"].values()} == {"too_few"}


def test_the_same_derived_variable_under_another_name_is_the_same_figure():
    assert definition(split_by("two")) == definition(split_by("places")) != definition(split_by("other"))
    before, now = plan_of("two", derived=TWO)[1], plan_of("places", derived=SAME)[1]
    assert len(together(now, [before]).indicators) == 1


def test_the_same_name_for_another_derived_variable_is_another_figure():
    before = plan_of("two", derived=TWO)[1]
    moved = w.derived("two", "area", "recode", {"some_rural": "both", "city": "rest"})
    now = plan_of("two", derived=moved)[1]
    assert definition(before.indicators[0]) != definition(now.indicators[0])
    protocol = plan_of("sex")[0]
    found = cells(protocol, together(now, [before]))
    assert set(found["0/i0"]) == {"all", "some_rural", "city"}
    assert set(found["i0"]) == {"all"}


def test_the_share_of_a_group_is_the_share_of_its_choices():
    rows = [
        w.indicator("i", "area", "percent_in", count="both rural"),
        w.indicator("j", "two", "percent_in", count="some_rural"),
        w.indicator("k", "two", "percent_in", count="city"),
    ]
    i, j, k = w.study(SURVEY, CHOICES, indicators=rows, derived=TWO)[1].indicators
    assert definition(i) == definition(j) != definition(k)


def test_conditions_are_compared_by_what_they_say():
    def filtered(name, derived):
        return plan_of("", derived=derived, filter=f"${{{name}}} = 'city'")[1].indicators[0]

    assert definition(filtered("two", TWO)) == definition(filtered("places", SAME))
