"""Expressions: truth tables, XPath's order of binding, blank answers, and faults that name their place."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.protocol.expressions import MAX_DEPTH, MAX_TOKENS, ExpressionError, Scope, parse

ANSWERS = {
    "age": 40,
    "zero": 0,
    "none": None,
    "sex": "woman",
    "text": "it's 5",
    "number": " 7 ",
    "ticks": ("paid", "unpaid"),
    "no_ticks": (),
    "yes": True,
    "huge": "1e999",
}
SCOPE = Scope(answers=ANSWERS, itself=30, columns={"countries": "MX CO"})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # comparisons
        ("${age} = 40", True),
        ("${age} != 40", False),
        ("${age} > 39.5", True),
        ("${age} >= 40", True),
        ("${age} < 40", False),
        ("${age} <= 40", True),
        ("${sex} = 'woman'", True),
        ('${sex} = "man"', False),
        ("'woman' = ${sex}", True),
        ("${number} = 7", True),
        ("${age} = '40'", True),
        ("${yes} = true()", True),
        ("${yes} = 'x'", True),  # a truth value beside anything compares truth
        # quotes hold the other kind of quote
        ('${text} = "it\'s 5"', True),
        ("string-length('\"')", 1),
        # an answer that is not there: equal to nothing but the empty text, and neither larger nor smaller
        ("${none} = ''", True),
        ("${none} != 'a'", True),
        ("${unknown} = ''", True),
        ("${none} = 0", False),
        ("${none} != 0", True),
        ("${none} < 1", False),
        ("${none} >= 0", False),
        ("${none}", False),
        ("${no_ticks}", False),
        ("${zero}", False),
        ("${sex}", True),
        ("not(${none} < 1)", True),
        # a text that is no number is NaN, which is equal to nothing, itself included
        ("${sex} < 5 or ${sex} >= 5", False),
        ("number(${sex}) = number(${sex})", False),
        ("number(${sex})", False),
        ("${huge} > 5", False),
        ("1 div 0 = 1 div 0", False),
        # order of binding: * before +, + before <, < before =, = before and, and before or
        ("1 + 2 * 3 = 7", True),
        ("(1 + 2) * 3 = 9", True),
        ("10 - 3 - 2 = 5", True),
        ("7 mod 4 * 2 = 6", True),
        ("8 div 2 div 2 = 2", True),
        ("- 2 + 5 = 3", True),
        ("2 * -3 = -6", True),
        ("--3 = 3", True),
        ("0 = 1 < 0", True),
        ("1 < 2 = true()", True),
        ("true() or false() and false()", True),
        ("(true() or false()) and false()", False),
        ("not(true()) or true()", True),
        ("false() and false() or true()", True),
        # itself and columns
        (". >= 15 and . <= 120", True),
        (".>=15and .<=20", False),
        ("countries = '' or selected(countries, 'MX')", True),
        ("selected(countries, 'C')", False),
        ("other_column = ''", True),
        # functions
        ("selected(${ticks}, 'paid')", True),
        ("selected(${ticks}, 'aid')", False),
        ("selected(${sex}, 'woman')", True),
        ("selected(${none}, 'a')", False),
        ("count-selected(${ticks}) = 2", True),
        ("count-selected(${none}) = 0", True),
        ("coalesce(${none}, 'x') = 'x'", True),
        ("coalesce(${sex}, 'x') = 'woman'", True),
        ("if(${age} > 18, 'old', 'young') = 'old'", True),
        ("string(${age}) = '40'", True),
        ("string(2.5) = '2.5'", True),
        ("string(true()) = 'true'", True),
        ("string(${ticks}) = 'paid unpaid'", True),
        ("-5 mod 3 = -2", True),
        ("5 mod 0", False),
        ("${huge} mod 2", False),
        (f"{'9' * 400} mod 2", False),
    ],
)
def test_truth(source, expected):
    assert parse(source).holds(SCOPE) is bool(expected)


def test_arithmetic_gives_numbers():
    assert parse("1 + 2 * 3").evaluate(SCOPE) == 7.0
    assert math.isnan(parse("'a' + 1").evaluate(SCOPE))


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("${age} =", "ends too early"),
        ("${age} = = 4", "“=”"),
        ("(1 + 2", "“)” is missing before “the end”"),
        ("1 + 2)", "“)”"),
        ("${}", "“${}”"),
        ("1 ${}", "“${}”"),
        ("${a b} = 1", "“${a b}”"),
        ("${age = 1", "“${age = 1”"),
        ("'open", "“'open”"),
        ("1 § 2", "“§ 2”"),
        ("5 6", "“6”"),
        ("../age = 1", "“/age = 1” cannot be read"),
        ("pulldata('x')", "pulldata()"),
        ("selected(${a})", "selected() takes 2 to 2"),
        ("selected(${a}, 'x', 'y')", "here are 3"),
        ("selected(${a} 'x')", "“)” is missing before “'x'”"),
        ("selected(,)", "“,”"),
        ("not()", "here are 0"),
        ("true(1)", "here are 1"),
        ("1 +* 2", "“*”"),
        ("(" * 5000 + "1" + ")" * 5000, "“(((((((("),
        ("(" * 190 + "1" + ")" * 190, "“(” is nested more than 20 deep"),
        ("-" * 300 + "1", "“-” is nested more than 20 deep"),
        ("not(" * 60 + "1" + ")" * 60, "nested more than 20 deep"),
        (" or ".join(["${a} = 1"] * 5000), "“${a} = 1 or"),
    ],
)
def test_faults_name_their_place(source, place):
    with pytest.raises(ExpressionError) as caught:
        parse(source)
    assert place in str(caught.value)


def test_as_deep_and_as_long_as_allowed_can_be_read_and_evaluated():
    assert parse("(" * (MAX_DEPTH - 1) + "1" + ")" * (MAX_DEPTH - 1)).holds(Scope())
    terms = (MAX_TOKENS - 1) // 2
    chain = parse(" + ".join(["1"] * terms))
    assert chain.evaluate(Scope()) == terms
    assert hash(chain) == hash(parse(chain.source))
    assert (chain.references(), chain.columns(), chain.choices_named()) == (frozenset(),) * 3


PIECES = """${a} ${b} . countries 'x' "y" 3 2.5 = != < <= > >= + - * div mod and or ( ) ,
    not( selected( if( coalesce( number( string( true()"""
WORDS = st.sampled_from(PIECES.split())
VALUES = st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=5) | st.tuples(st.text(max_size=3))


@given(st.text() | st.lists(WORDS, max_size=20).map(" ".join), VALUES, VALUES)
def test_any_text_is_either_an_expression_that_holds_or_not_or_an_expression_error(source, a, b):
    try:
        expression = parse(source)
    except ExpressionError:
        return
    assert expression.holds(Scope(answers={"a": a, "b": b}, itself=a, columns={"countries": "MX"})) in (True, False)
    expression.bounds()


def test_an_expression_knows_what_it_looks_at():
    expression = parse("${a} = 'x' and (selected(${b}, 'y') or 'z' != ${a}) and ${c} > 4 and countries = ''")
    assert expression.references() == {"a", "b", "c"}
    assert expression.columns() == {"countries"}
    assert expression.choices_named() == {("a", "x"), ("b", "y"), ("a", "z")}


@pytest.mark.parametrize(
    ("source", "bounds"),
    [
        (". >= 15 and . <= 120", (15, 120)),
        (". <= 120 and . >= 15 and . != 20", (15, 120)),
        (". >= 0 and . >= 15 and . <= 0 and . <= 9", (15, 0)),
        (". >= 15", (15, None)),
        (". >= 15 or . <= 120", (None, None)),
        (". > 14 and . < 121", (None, None)),
        (". >= 1.5 and . <= 'x'", (None, None)),
    ],
)
def test_bounds_are_the_strictest_of_a_conjunction(source, bounds):
    assert parse(source).bounds() == bounds
