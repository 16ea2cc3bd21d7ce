"""Names, labels and codes of data files: fit for every program, the same whatever the order."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.protocol.columns import (
    LONGEST_NAME,
    RESERVED,
    SPSS,
    STATA,
    TAG_OF,
    VALUE_OF,
    Limit,
    Words,
    columns,
    left_out,
)
from survey.protocol.record import layout_of
from survey.protocol.schema import Missing
from tests import workbooks as w
from tests.protocol import strategies

WORDS = Words("ticked", "not ticked", "given", {reason: f"why {reason.value}" for reason in Missing})
NAME = st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True)


def names(*rows, lists=()):
    protocol = w.protocol(w.group("one", *rows), [*w.YES_NO, *lists])
    return {column.variable.name: column.name for column in columns(layout_of(protocol))}


def test_names_are_the_studys_own_where_they_fit():
    lists = w.choices("work", "paid", "unpaid", none=True)
    assert names(w.one("gender", "yesno"), w.integer("age"), w.many("work", "work"), lists=lists) == {
        "gender": "gender",
        "age": "age",
        "work/paid": "work_paid",
        "work/unpaid": "work_unpaid",
        "work/none": "work_none",
    }


def test_names_that_no_program_takes_get_a_mark_of_their_own():
    long = "a" * 32
    found = names(w.one("with", "yesno"), w.one(long, "yesno"), w.one("ends_", "yesno"), w.one("str12", "yesno"))
    assert found == {
        "with": "with_0695b5",
        long: "aaaaaaaaaaaaaaaaaaaaa_3ba3f5",
        "ends_": "ends_14875a",
        "str12": "str12_14ce6d",
    }


def test_a_choice_gives_way_to_a_question_of_the_same_name():
    lists = w.choices("work", "paid", "unpaid", none=True)
    found = names(w.one("work_paid", "yesno"), w.many("work", "work"), lists=lists)
    assert found["work_paid"] == "work_paid"
    assert re.fullmatch(r"work_paid_[0-9a-f]{6}", found["work/paid"])
    # The other way round in the questionnaire, the names are the same.
    assert names(w.many("work", "work"), w.one("work_paid", "yesno"), lists=lists) == found


@given(questions=st.lists(NAME, min_size=1, max_size=8, unique=True), choices=st.lists(NAME, max_size=5, unique=True))
def test_names_fit_every_program_and_are_never_the_same(questions, choices):
    choices = [choice for choice in choices if choice not in ("none", "prefer_not")]
    lists = w.choices("several", *choices, none=True) if choices else []
    questions = [name for name in questions if name != "country"] or ["q"]
    rows = [
        w.many(name, "several") if choices and place % 2 else w.one(name, "yesno")
        for place, name in enumerate(questions)
    ]
    found = list(names(*rows, lists=lists).values())
    assert len(set(found)) == len(found)
    for name in found:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
        assert len(name) <= LONGEST_NAME
        assert name not in RESERVED
        assert not name.endswith("_")


@given(protocol=strategies.protocols())
def test_every_closed_variable_has_a_column_and_no_free_text_has(protocol):
    layout = layout_of(protocol)
    kept = [column.variable.name for column in columns(layout)]
    texts = [question.name for question in left_out(layout)]
    assert sorted([*kept, *texts]) == sorted(variable.name for variable in layout.variables)
    assert all(question.kind == "text" for question in left_out(layout))


def test_values_are_the_studys_codes_and_five_missing_ones():
    protocol = w.protocol(
        w.group("one", w.one("often", "often"), w.many("work", "work")),
        [*w.choices("often", "never", "always", missing=["dont_know"]), *w.choices("work", "paid", none=True)],
    )
    often, paid, _none = columns(layout_of(protocol))
    assert [(value.code, value.label, value.tag) for value in often.values("en", WORDS)] == [
        (0, "never", ""),
        (1, "always", ""),
        (-1, "why blank", "a"),
        (-2, "prefer_not", "b"),
        (-3, "dont_know", "c"),
        (-4, "why not_applicable", "d"),
        (-5, "why not_asked", "e"),
    ]
    assert [(value.code, value.label) for value in paid.values("en", WORDS)][:2] == [(1, "ticked"), (0, "not ticked")]
    assert paid.label("en") == "paid – work?"


def test_missing_codes_are_one_run_below_nought():
    assert sorted(VALUE_OF.values()) == [-5, -4, -3, -2, -1]
    assert list(VALUE_OF) == list(TAG_OF) == list(Missing)


@pytest.mark.parametrize("limit", [SPSS.title, SPSS.label, SPSS.value, STATA.title, STATA.label])
@given(text=st.text(max_size=400))
def test_a_label_is_cut_between_characters_and_says_so(limit: Limit, text: str):
    cut = limit.cut(text)
    assert limit.holds(cut)
    if limit.holds(text):
        assert cut == text
    else:
        assert cut.endswith("…")
        assert text.startswith(cut[:-1])
