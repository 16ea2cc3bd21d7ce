"""The indicators and tables sheets as values."""

import pytest

from reports.plan import RESERVED_BLOCKS, Average, Indicator, Plan, Show, Slice, Stat, TableSpec
from reports.plan_sheets import read_plan, reread_plan
from reports.table import TOTAL
from reports.tabulation import UNSTATED
from survey.protocol.expressions import parse
from survey.protocol.problems import WorkbookError
from survey.protocol.schema import Missing, Texts
from survey.protocol.workbook import read_protocol
from tests import workbooks as w

SURVEY = [*w.group("all", w.one("sex", "sex"), w.one("often", "often"), w.one("trained", "yesno"), w.integer("times"))]
CHOICES = [*w.SEX, *w.YES_NO, *w.choices("often", "never", "often", "always", missing=["dont_know", "not_applicable"])]


def read(*indicators, **more):
    return w.study(SURVEY, CHOICES, indicators=indicators, **more)[1]


def in_english(text):
    return Texts({"en": text})


def test_an_indicator_with_everything():
    plan = read(
        w.indicator(
            "support.any", "often", "percent_in", count="always", dont_know="exclude", not_applicable="exclude"
        ),
        w.indicator(
            "support.partner",
            "often",
            "percent_in",
            count="often always",
            dont_know="include",
            not_applicable="exclude",
            filter="${trained} = 'yes'",
            split="sex",
            restrict="man woman",
            average="others",
            decimals="2",
            part_of="support.any",
            sensitive="yes",
        ),
    )
    assert plan.indicator("support.partner") == Indicator(
        id="support.partner",
        variable="often",
        stat=Stat.PERCENT_IN,
        label=in_english("support.partner"),
        counted=("often", "always"),
        includes=frozenset({Missing.DONT_KNOW}),
        filter=parse("${trained} = 'yes'"),
        split="sex",
        restrict=("man", "woman"),
        average=Average.OTHERS,
        decimals=2,
        part_of="support.any",
        sensitive=True,
        row=3,
    )


@pytest.mark.parametrize(
    ("variable", "cells", "sensitive"),
    [
        ("hidden", {}, True),
        ("often", {}, False),
        ("often", {"split": "hidden"}, True),
        ("often", {"filter": "${hidden} = 'yes'"}, True),
        ("ever", {}, True),
    ],
)
def test_whatever_reads_a_sensitive_question_is_sensitive(variable, cells, sensitive):
    survey = [*w.group("all", w.one("often", "yesno"), w.one("hidden", "yesno", sensitive="yes"))]
    derived = w.derived("ever", "often hidden", "any_of", {"yes": "yes", "no": "rest"}, answered="1")
    figures = [w.indicator("i", variable, "percent_in", count="yes", **cells)]
    figures += [w.indicator("j", "ever", "percent_in", count="yes")]
    _protocol, plan = w.study(survey, w.YES_NO, indicators=figures, derived=derived)
    assert plan.indicator("i").sensitive is sensitive


def test_what_is_left_blank_has_a_plain_meaning():
    indicator = read(w.indicator("training.mean", "times", "mean", zero_if="${trained} = 'no'")).indicator(
        "training.mean"
    )
    assert indicator == Indicator(
        "training.mean", "times", Stat.MEAN, in_english("training.mean"), zero_if=parse("${trained} = 'no'"), row=2
    )
    assert (indicator.decimals, indicator.average, indicator.sensitive) == (1, Average.NONE, False)


def test_the_registry_is_counted_by_a_question_of_the_survey():
    plan = read(w.indicator("participants.gender", "participants", "count", split="sex"))
    assert plan.indicator("participants.gender").stat is Stat.COUNT


@pytest.mark.parametrize(
    "expression",
    [
        "${sex} = 'man'",
        "${sex} != 'prefer_not'",
        "selected(${trained}, 'yes') and not(${often} = 'dont_know')",
        "${times} > 2 or ${times} = 0",
    ],
)
def test_a_filter_of_the_grammar(expression):
    indicator = read(w.indicator("a", "trained", "percent_in", count="yes", filter=expression)).indicator("a")
    assert indicator.filter == parse(expression)


def test_tables_hold_their_lines_in_order():
    plan = read(
        *(w.indicator(name, "trained", "percent_in", count="yes") for name in ("b", "a")),
        tables=[*w.table("first", "a", "b", show="others"), *w.table("second", "b", show="split")],
    )
    texts = [in_english("Row"), in_english("Percent")]
    assert plan.tables == (
        TableSpec("first", Show.OTHERS, in_english("first"), *texts, ("a", "b")),
        TableSpec("second", Show.SPLIT, in_english("second"), *texts, ("b",)),
    )


def test_a_study_without_a_plan():
    assert read() == Plan((), ())


def test_an_indicator_that_the_plan_does_not_have():
    with pytest.raises(KeyError):
        Plan((), ()).indicator("nothing")


def test_indicators_that_need_the_same_counting_share_a_slice():
    plan = read(
        w.indicator("a", "trained", "percent_in", count="yes", split="sex"),
        w.indicator("b", "trained", "percent_in", count="no", split="sex", average="all", restrict="man"),
        w.indicator("c", "trained", "percent_in", count="yes"),
    )
    a, b, c = (indicator.slice for indicator in plan.indicators)
    assert a == b == Slice("trained", "sex")
    assert c == Slice("trained")


@pytest.mark.parametrize(
    "more",
    [
        {"stat": Stat.PERCENT_IN},
        {"stat": Stat.MEAN, "counted": ("yes",)},
        {"stat": Stat.MEAN, "restrict": ("man",)},
        {"stat": Stat.MEAN, "decimals": 4},
    ],
)
def test_an_indicator_checks_itself(more):
    with pytest.raises(ValueError, match="indicator x"):
        Indicator(**{"id": "x", "variable": "q", "label": Texts(), **more})


def test_names_that_tables_use_themselves():
    assert set(RESERVED_BLOCKS) == {TOTAL, UNSTATED}


# Derived variables --------------------------------------------------------------------------------------------------


def test_indicators_carry_the_derived_variables_that_they_name():
    derived = [
        *w.derived("age", "times", "band", {"few": "0-9", "many": "10+"}),
        *w.derived("ever", "often", "recode", {"yes": "often always", "no": "rest"}),
        *w.derived("other", "sex", "recode", {"one": "man", "two": "rest"}),
    ]
    plan = read(
        w.indicator("a", "trained", "percent_in", count="yes", split="age", filter="${ever} = 'yes'"),
        w.indicator("b", "times", "mean", zero_if="${other} = 'one'"),
        w.indicator("c", "trained", "percent_in", count="yes"),
        derived=derived,
    )
    assert [[one.name for one in indicator.derived] for indicator in plan.indicators] == [
        ["age", "ever"],
        ["other"],
        [],
    ]
    # What has to be asked is what they are made from.
    assert [sorted(indicator.questions) for indicator in plan.indicators] == [
        ["often", "times", "trained"],
        ["sex", "times"],
        ["trained"],
    ]
    assert [one.question.name for one in plan.derived] == ["age", "ever", "other"]


def test_a_published_plan_is_read_again_whatever_rules_came_later():
    book = w.workbook(
        SURVEY,
        CHOICES,
        indicators=[
            w.indicator("a", "trained", "percent_in", count="yes", split="sex"),
            w.indicator("b", "trained", "percent_in", count="yes", split="often"),
        ],
    )
    protocol = read_protocol(book)
    with pytest.raises(WorkbookError, match="second-partition"):
        read_plan(book, protocol)
    assert [indicator.split for indicator in reread_plan(book, protocol).indicators] == ["sex", "often"]


LONG = "Participants ‘often’ " * 24


@pytest.mark.parametrize("label", ["=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2", LONG[:500]])
def test_labels_are_taken_as_they_are(label):
    plan = read(
        {**w.indicator("a", "age", "percent_each"), "label": label},
        derived=w.derived("age", "times", "band", {"few": "0-9", "many": "10+"}, label=label),
        tables=[{**row, "label": label} if "label" in row else row for row in w.table("all", "a")],
    )
    assert (plan.indicators[0].label.get("en"), plan.tables[0].title.get("en")) == (label.strip(), label.strip())
    assert plan.derived[0].question.label.get("en") == label.strip()
