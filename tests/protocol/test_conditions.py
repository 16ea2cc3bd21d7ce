"""Conditions taken apart say the same as the whole, and are read again as what they were."""

from hypothesis import given
from hypothesis import strategies as st

from survey.protocol.conditions import denied, parts, written
from survey.protocol.expressions import Scope, parse

SIMPLE = ["${sex} = 'man'", "${age} >= 30", "${age} < 18.5", "selected(${work}, 'paid')", '${sex} != "it\'s"']
CONDITIONS = st.recursive(
    st.sampled_from(SIMPLE),
    lambda inner: st.one_of(
        inner.map("not({})".format),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda three: "({} {} {})".format(*three)),
    ),
    max_leaves=6,
)
PEOPLE = st.fixed_dictionaries(
    {
        "sex": st.sampled_from(["man", "woman", ""]),
        "age": st.integers(10, 40),
        "work": st.sampled_from([(), ("paid",), ("paid", "unpaid")]),
    }
)


def sources(source):
    return [one.source for one in parts(parse(source))]


def test_and_is_taken_apart_and_a_denied_or_too():
    assert sources("${a} = '1' and (${b} = '2' and ${c} = '3')") == ["(${a} = '1')", "(${b} = '2')", "(${c} = '3')"]
    assert sources("not(${a} = '1' or not(${b} = '2'))") == ["not((${a} = '1'))", "(${b} = '2')"]


def test_a_condition_of_one_part_stays_as_it_was_written():
    for source in ("${a} = '1' or ${b} = '2'", "not(${a} = '1')", "not(not(${a} = '1'))"):
        assert sources(source) == [source]


@given(CONDITIONS, PEOPLE)
def test_a_condition_holds_where_all_its_parts_do_and_is_denied_elsewhere(source, person):
    condition, scope = parse(source), Scope(answers=person)
    assert condition.holds(scope) is all(one.holds(scope) for one in parts(condition))
    assert denied(condition).holds(scope) is not condition.holds(scope)
    assert denied(condition).holds(scope) is all(one.holds(scope) for one in parts(denied(condition)))


@given(CONDITIONS)
def test_what_is_written_is_read_as_the_same(source):
    node = parse(source).node
    assert parse(written(node)).node == node
    for one in parts(parse(source)):
        assert parse(one.source).node == one.node


def test_numbers_texts_and_names_are_written_as_they_are_read():
    source = """if(. > 1.25, coalesce('a', "b's"), region) = -3"""
    assert parse(written(parse(source).node)).node == parse(source).node
