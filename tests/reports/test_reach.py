"""Who can meet a condition: every kind of person that it tells apart is tried, or nothing is said."""

import pytest

from reports.reach import Reach
from survey.protocol.expressions import parse
from tests import workbooks as w

PROTOCOL, PLAN = w.study(
    [
        *w.group(
            "first",
            w.one("sex", "sex"),
            w.integer("age", 15, 99),
            w.one("trained", "yesno", relevant="${country} = 'KE'"),
            w.many("ways", "ways"),
            *(w.integer(f"n{number}", 0, 99) for number in range(6)),
        ),
        *w.group("second", w.integer("times", 1, 9), relevant="${trained} = 'yes'"),
    ],
    [*w.SEX, *w.YES_NO, *w.choices("ways", *"abcdefgh", none=True)],
    derived=[
        *w.derived("band", "age", "band", {"young": "15-29", "older": "30+"}),
        *w.derived("some", "ways", "any_of", {"yes": "a b", "no": "rest"}),
    ],
    indicators=[
        w.indicator("i", "band", "percent_each"),
        w.indicator("j", "some", "percent_in", count="yes"),
    ],
)
REACH = Reach(PROTOCOL, [one.derivation for one in PLAN.derived])


def anybody(condition, *asked):
    expression = parse(condition)
    people = REACH.people(asked, [expression])
    return None if people is None else any(one.meets(expression) and set(asked) <= one.asked for one in people)


@pytest.mark.parametrize(
    ("condition", "asked", "holds"),
    [
        ("${age} > 98", (), True),
        ("${age} > 99", (), False),
        ("${age} > 29.5 and ${age} < 30.5", (), True),
        ("${band} = 'young' and ${age} >= 30", (), False),
        ("${band} = 'young' and ${age} = 29", (), True),
        ("selected(${ways}, 'a') and selected(${ways}, 'h')", (), True),
        ("selected(${ways}, 'a') and ${some} = 'no'", (), False),
        ("selected(${ways}, 'none') and ${some} = 'yes'", (), False),
        ("selected(${ways}, 'prefer_not') and ${some} = 'prefer_not'", (), True),
        ("${trained} = 'no'", ("times",), False),
        ("${trained} = 'no'", ("trained",), True),
        ("${times} = 3 and ${trained} = 'yes'", ("times",), True),
        ("${sex} != 'man' and ${sex} != 'woman'", (), True),  # who does not say
    ],
)
def test_a_condition_is_tried_on_everybody_it_tells_apart(condition, asked, holds):
    assert anybody(condition, *asked) is holds


@pytest.mark.parametrize(
    "condition",
    [
        " and ".join(f"${{n{number}}} = 5 and ${{n{number}}} != 7" for number in range(6)),
        " or ".join(f"selected(${{ways}}, '{name}')" for name in "abcdefgh"),
    ],
)
def test_too_many_kinds_of_people_are_not_tried(condition):
    assert anybody(condition) is None
