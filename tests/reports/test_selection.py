"""Filters over columns hold for the same people as the expression does, one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.selection import is_supported, mask
from survey.protocol import routing
from survey.protocol.expressions import Scope, parse
from survey.protocol.record import layout_of
from survey.protocol.schema import Kind
from tests import workbooks as w
from tests.protocol import strategies
from tests.reports.responses import coded

PROTOCOL = w.protocol(
    [
        *w.group(
            "all",
            w.one("trained", "yesno"),
            w.one("often", "often", relevant="${trained} != 'no'"),
            w.integer("age", 0, 120),
            w.integer("days", 0, 300, relevant="${trained} = 'yes'"),
            w.many("ways", "ways"),
            w.question("text", "why"),
        )
    ],
    strategies.LISTS,
)
LAYOUT = layout_of(PROTOCOL)
QUESTIONS = {question.name: question for question in PROTOCOL.questions()}


def matrix(records):
    return np.frombuffer(b"".join(records), dtype=np.uint8).reshape(len(records), LAYOUT.length)


def selected(expression, records):
    rows = matrix(records)

    def columns(variable):
        fields = rows[:, variable.offset : variable.offset + variable.width].astype(np.int64)
        return fields @ np.array([1, 256])[: variable.width]

    return mask(expression, LAYOUT, columns).tolist()


def one_by_one(expression, records):
    return [
        expression.holds(Scope(answers=routing.values(LAYOUT.decode(record, {"why": "x"}), "KE"))) for record in records
    ]


@st.composite
def leaves(draw):
    question = draw(st.sampled_from([one for one in QUESTIONS.values() if one.kind is not Kind.TEXT]))
    if question.kind is Kind.INTEGER:
        operator = draw(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]))
        number = draw(st.sampled_from([0, 1, 2.5, question.high, 251, 255, 65535]) | st.integers(0, 400))
        return f"${{{question.name}}} {operator} {number}"
    choice = draw(st.sampled_from(question.options)).name
    forms = [f"selected(${{{question.name}}}, '{choice}')"]
    if question.kind is Kind.SELECT_ONE:
        forms += [f"${{{question.name}}} {operator} '{choice}'" for operator in ("=", "!=")]
    return draw(st.sampled_from(forms))


EXPRESSIONS = st.recursive(
    leaves(),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner)
        | st.builds("not({})".format, inner)
    ),
    max_leaves=5,
)


@settings(deadline=None, max_examples=250)
@given(EXPRESSIONS, st.lists(strategies.answers(PROTOCOL), min_size=1, max_size=6))
def test_a_mask_holds_for_the_same_people(source, sheets):
    expression, records = parse(source), coded(PROTOCOL, sheets)
    assert is_supported(expression, QUESTIONS)
    assert selected(expression, records) == one_by_one(expression, records)


@pytest.mark.parametrize(
    ("source", "people"),
    [
        ("${trained} = 'yes'", [True, False, False, False]),
        ("${trained} != 'yes'", [False, True, True, True]),
        ("${trained} = 'prefer_not'", [False, False, True, False]),
        ("${days} > 1", [True, False, False, False]),
        ("${days} != 1", [True, True, True, True]),
        ("not(${days} > 1) and ${trained} = 'yes'", [False, False, False, False]),
    ],
)
def test_people_without_an_answer(source, people):
    records = coded(PROTOCOL, [{"trained": "yes", "days": 2}, {"trained": "no"}, {"trained": "prefer_not"}, {}])
    assert selected(parse(source), records) == one_by_one(parse(source), records) == people


@pytest.mark.parametrize(
    "source",
    ["${trained} = 1", "${ways} = 'a'", "${why} = 'x'", "${age} = 'yes'", "${nothing} = 1", "${trained}", "1 = 1"],
)
def test_what_columns_cannot_tell_is_refused(source):
    assert not is_supported(parse(source), QUESTIONS)
    with pytest.raises(ValueError, match="cannot be evaluated over columns"):
        selected(parse(source), coded(PROTOCOL, [{}]))
