"""Counting matrices of records gives what a slow, obvious count of one person after the other gives."""

from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.plan import Slice, Stat
from reports.tabulation import UNSTATED, Count, Spread, percents, spreads
from reports.tallying import Counts, count_records, sorted_slices
from survey.protocol import routing
from survey.protocol.expressions import Scope
from survey.protocol.record import layout_of
from survey.protocol.schema import Missing
from tests import workbooks as w
from tests.protocol import strategies
from tests.reports.responses import coded, people

YES = {"stat": "percent_in", "count": "yes"}
RULES = {"dont_know": "include", "not_applicable": "exclude"}
PROTOCOL, PLAN = w.study(
    [
        *w.group(
            "all",
            w.one("sex", "sex"),
            w.one("trained", "yesno"),
            w.integer("times", 1, 250, relevant="${trained} = 'yes'"),
            w.integer("days", 0, 400),
            w.one("often", "often", relevant="${days} > 5"),
            w.many("ways", "ways"),
        )
    ],
    [*w.SEX, *strategies.LISTS],
    indicators=[
        w.indicator("plain", "trained", **YES),
        w.indicator("split", "trained", split="sex", **YES),
        w.indicator("filter", "trained", split="sex", filter="${days} >= 7 and not(${often} = 'dont_know')", **YES),
        w.indicator("boxed", "often", "percent_in", count="often always", split="sex", **RULES),
        w.indicator("each", "often", "percent_each", **RULES),
        w.indicator("ways", "ways", "percent_each", dont_know="exclude"),
        w.indicator("way", "ways", "percent_in", count="a", dont_know="exclude", split="sex"),
        w.indicator("times", "times", "mean", split="sex"),
        w.indicator("zeros", "times", "mean", zero_if="${trained} = 'no'", split="sex"),
        w.indicator("days", "days", "max", filter="selected(${ways}, 'b')"),
        w.indicator("registry", "participants", "count"),
    ],
)
LAYOUT = layout_of(PROTOCOL)
SHEETS = st.lists(strategies.answers(PROTOCOL), max_size=8)


def counted(records):
    return count_records(records, layout=LAYOUT, plan=PLAN)


# The plain twin: decode every record, look at one person at a time ----------------------------------------------------


def block_of(indicator, answers):
    sexes = ("woman", "man") if indicator.split else ()
    return answers["sex"] if answers["sex"] in sexes else UNSTATED


def seen(indicator, records):
    """(block, answer) of everybody in the base; for whom `zero_if` holds the answer is 0."""
    question = PROTOCOL.question(indicator.variable)
    for record in records:
        answers = LAYOUT.decode(record)
        scope = Scope(answers=routing.values(answers, "KE"))
        if indicator.filter is not None and not indicator.filter.holds(scope):
            continue
        answer = answers[indicator.variable]
        if indicator.zero_if is not None and indicator.zero_if.holds(scope):
            answer = 0
        names = answer if isinstance(answer, tuple) else (answer,)
        choice = question.choices.get(names[0]) if question.choices else None
        reason = answer if isinstance(answer, Missing) else choice.missing if choice else None
        if reason is None or reason in indicator.includes:
            yield block_of(indicator, answers), names


def plain_percents(indicator, records, counted_names):
    found = dict.fromkeys(["woman", "man", UNSTATED] if indicator.split else [UNSTATED], Count(0, 0))
    for block, names in seen(indicator, records):
        found[block] += Count(int(bool(set(names) & set(counted_names))), 1)
    return found


def plain_spreads(indicator, records):
    found = dict.fromkeys(["woman", "man", UNSTATED] if indicator.split else [UNSTATED], Spread(0, 0))
    for block, (number,) in seen(indicator, records):
        found[block] += Spread(number, 1, number, number)
    return found


@settings(deadline=None, max_examples=120)
@given(SHEETS)
def test_counting_matrices_equals_counting_people(sheets):
    records = coded(PROTOCOL, sheets)
    counts = counted(records)
    for indicator in PLAN.indicators[:-1]:
        question, fields = PROTOCOL.question(indicator.variable), counts.fields(indicator.slice)
        if indicator.stat in (Stat.MEAN, Stat.MAX):
            width = LAYOUT.of(indicator.variable)[0].width
            assert spreads(indicator, question, fields, width) == plain_spreads(indicator, records), indicator.id
            continue
        for name, found in percents(indicator, question, fields).items():
            names = [name] if name else indicator.counted
            assert found == plain_percents(indicator, records, names), (indicator.id, name)


def tables_of(counts):
    return {key: table.tolist() for key, table in counts.tables.items()}


@settings(deadline=None, max_examples=60)
@given(st.lists(SHEETS, min_size=1, max_size=3))
def test_counts_of_parts_add_up_to_the_count_of_all(parts):
    one = counted([record for part in parts for record in coded(PROTOCOL, part)])
    added = reduce(lambda left, right: left + right, [counted(coded(PROTOCOL, part)) for part in parts], Counts())
    assert (added.responses, added.blocks) == (one.responses, one.blocks)
    assert tables_of(added) == tables_of(one)
    for part in sorted_slices(PLAN, LAYOUT):
        assert added.fields(part) == one.fields(part)


def test_a_histogram_by_eye():
    groups = people(3, sex="woman", trained="yes", times=250) + people(2, sex="man", trained="no") + people(1)
    counts = counted(coded(PROTOCOL, groups))
    assert counts.responses == 6
    assert counts.fields(Slice("trained", "sex")) == {"trained": {"woman": {1: 3}, "man": {0: 2}, UNSTATED: {255: 1}}}
    not_asked = 65_531
    assert counts.fields(Slice("times", "sex")) == {
        "times": {"woman": {250: 3}, "man": {not_asked: 2}, UNSTATED: {not_asked: 1}}
    }


@pytest.mark.parametrize("high", [199, 200, 250, 251, 252, 255, 256, 257, 300, 65_000])
def test_every_number_and_every_reason_has_its_own_place(high):
    protocol, plan = w.study(
        [*w.group("all", w.integer("number", 0, high))], indicators=[w.indicator("i", "number", "max")]
    )
    layout = layout_of(protocol)
    numbers = sorted({number for number in (0, 1, 199, 200, 250, 251, 255, 256, high - 1, high) if number <= high})
    sheets = [{"number": answer} for answer in (*numbers, *Missing)]
    counts = count_records(coded(protocol, sheets), layout=layout, plan=plan)
    top = 256 ** layout.variables[0].width - 1
    assert counts.fields(Slice("number"))["number"] == {
        UNSTATED: dict.fromkeys([*numbers, *(top - place for place in range(4, -1, -1))], 1)
    }


def test_no_records_give_empty_histograms():
    counts = counted([])
    assert counts.responses == 0
    assert counts.fields(Slice("trained", "sex")) == {"trained": {"woman": {}, "man": {}, UNSTATED: {}}}
    assert all(not np.any(table) for table in counts.tables.values())


def test_records_of_another_length_are_refused():
    with pytest.raises(ValueError, match="reshape"):
        counted([b"\x00" * (LAYOUT.length + 1)])


def test_slices_are_counted_once_and_the_registry_not_at_all():
    # What bases tell of other questions is counted too, and families as a whole.
    assert len(sorted_slices(PLAN, LAYOUT)) == 18
    assert all(part.variable != "participants" for part in sorted_slices(PLAN, LAYOUT))
