"""Derived variables over columns say of every person what a plain look at the answers says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import deriving
from reports.deriving import Derivation, Group, Rule, settled
from survey.protocol.expressions import parse
from survey.protocol.record import layout_of
from survey.protocol.schema import Missing
from tests import workbooks as w
from tests.protocol import strategies
from tests.reports.responses import coded

SURVEY = [
    *w.group(
        "all",
        w.one("trained", "yesno"),
        w.one("often", "often", relevant="${trained} != 'no'"),
        w.one("seldom", "often"),
        w.integer("age", 15, 120, relevant="${trained} = 'yes'"),
        w.integer("days", 0, 400),
        w.many("ways", "ways"),
    )
]
DERIVED = [
    *w.derived("age_band", "age", "band", {"young": "15-29", "middle": "30-44", "older": "45+"}),
    *w.derived("day_band", "days", "band", {"edge": "0 300+", "between": "rest"}),
    *w.derived("two", "often", "recode", {"ever": "often always", "hardly": "rest"}),
    *w.derived("adult", "age_band", "recode", {"under_45": "young middle", "over_45": "older"}),
    *w.derived("any_way", "ways", "any_of", {"yes": "a b", "no": "rest"}),
    *w.derived(
        "one_of", "trained often seldom", "any_of", {"held": "yes often always", "not_held": "rest"}, answered="1"
    ),
    *w.derived(
        "all_of", "trained often seldom", "any_of", {"held": "yes often always", "not_held": "rest"}, answered="3"
    ),
]
PROTOCOL, PLAN = w.study(
    SURVEY,
    strategies.LISTS,
    derived=DERIVED,
    indicators=[
        w.indicator(name, name, "count", **rules)
        for name, rules in (
            ("age_band", {}),
            ("day_band", {}),
            ("two", {"dont_know": "exclude", "not_applicable": "exclude"}),
            ("adult", {}),
            ("any_way", {"dont_know": "exclude"}),
            ("one_of", {"dont_know": "exclude", "not_applicable": "exclude"}),
            ("all_of", {"dont_know": "exclude", "not_applicable": "exclude"}),
        )
    ],
)
LAYOUT = layout_of(PROTOCOL)
OWN = {one.derivation.name: one.derivation for one in PLAN.derived}
ANSWERS = strategies.answers(PROTOCOL)


def codes(derivation, records):
    rows = np.frombuffer(b"".join(records), dtype=np.uint8).reshape(len(records), LAYOUT.length)

    def columns(variable):
        fields = rows[:, variable.offset : variable.offset + variable.width].astype(np.int64)
        return fields @ np.array([1, 256])[: variable.width]

    return deriving.codes(derivation, LAYOUT, columns).tolist()


def told(derivation, code):
    """What a code of a derived variable says, by its own question."""
    layout = deriving.extended(LAYOUT, [derivation])
    choices = layout.of(derivation.name)[0].question.choices
    reasons = {255: Missing.BLANK, 254: Missing.PREFER_NOT, 253: Missing.DONT_KNOW}
    reasons |= {252: Missing.NOT_APPLICABLE, 251: Missing.NOT_ASKED}
    if code not in reasons:
        return next(choice.name for choice in choices.choices if choice.code == code)
    choice = choices.for_reason(reasons[code])
    return choice.name if choice else reasons[code]


# The plain twin: every rule in words, for one person ------------------------------------------------------------------


def reason(answer):
    name = answer[0] if isinstance(answer, tuple) else answer
    return {
        "prefer_not": Missing.PREFER_NOT,
        "dont_know": Missing.DONT_KNOW,
        "not_applicable": Missing.NOT_APPLICABLE,
    }.get(name, answer if isinstance(answer, Missing) else None)


def by_hand(name, answers):
    age, days = answers["age"], answers["days"]
    if name in ("age_band", "adult"):
        if isinstance(age, Missing):
            return age
        band = "young" if age < 30 else "middle" if age < 45 else "older"
        return band if name == "age_band" else {"older": "over_45"}.get(band, "under_45")
    if name == "day_band":
        return days if isinstance(days, Missing) else "edge" if days == 0 or days >= 300 else "between"
    if name == "two":
        known = {"often": "ever", "always": "ever", "never": "hardly", "sometimes": "hardly"}
        return known.get(answers["often"], answers["often"])
    if name == "any_way":
        given = answers["ways"]
        if reason(given):
            return given[0] if isinstance(given, tuple) else given
        return "yes" if {"a", "b"} & set(given) else "no"
    three = [answers["trained"], answers["often"], answers["seldom"]]
    missing = [reason(one) for one in three if reason(one)]
    if 3 - len(missing) < {"one_of": 1, "all_of": 3}[name]:
        order = (Missing.DONT_KNOW, Missing.NOT_APPLICABLE, Missing.PREFER_NOT, Missing.BLANK, Missing.NOT_ASKED)
        first = next(one for one in order if one in missing)
        return first.value if first in order[:3] else first
    return "held" if {"yes", "often", "always"} & set(three) else "not_held"


@settings(max_examples=60, deadline=None)
@given(sheets=st.lists(ANSWERS, min_size=1, max_size=6))
@pytest.mark.parametrize("name", list(OWN))
def test_columns_say_what_a_plain_look_says(name, sheets):
    records = coded(PROTOCOL, sheets)
    people = [LAYOUT.decode(record) for record in records]
    found = [told(OWN[name], code) for code in codes(OWN[name], records)]
    assert found == [by_hand(name, person) for person in people]
    questions = {question.name: question for question in PROTOCOL.questions()}
    assert found == [deriving.answer(OWN[name], questions, person) for person in people]


@pytest.mark.parametrize(
    ("age", "band"), [(15, "young"), (29, "young"), (30, "middle"), (44, "middle"), (45, "older"), (120, "older")]
)
def test_a_band_takes_in_both_its_ends(age, band):
    records = coded(PROTOCOL, [{"trained": "yes", "age": age}])
    assert [told(OWN["age_band"], code) for code in codes(OWN["age_band"], records)] == [band]


def test_a_recode_of_a_band_is_a_band_of_the_number_itself():
    assert OWN["adult"] == Derivation(
        "adult", Rule.BAND, ("age",), (Group("under_45", spans=((15, 44),)), Group("over_45", spans=((45, 120),)))
    )


def test_the_rest_is_what_no_other_choice_names():
    assert OWN["day_band"].groups == (Group("edge", spans=((0, 0), (300, 400))), Group("between", spans=((1, 299),)))
    assert OWN["two"].groups == (Group("ever", ("often", "always")), Group("hardly", ("never", "sometimes")))


def test_nobody_at_all():
    assert codes(OWN["one_of"], []) == [] == codes(OWN["age_band"], [])


def test_missing_answers_keep_their_reasons_and_names():
    assert OWN["two"].reasons == (
        ("dont_know", Missing.DONT_KNOW),
        ("not_applicable", Missing.NOT_APPLICABLE),
        ("prefer_not", Missing.PREFER_NOT),
    )
    assert OWN["age_band"].reasons == ()


def test_a_derived_variable_is_worded_as_a_question():
    question = PLAN.question("two", PROTOCOL)
    assert (question.label.get("en"), [(c.name, c.label.get("en")) for c in question.options]) == (
        "two",
        [
            ("ever", "ever"),
            ("hardly", "hardly"),
            ("dont_know", "dont_know"),
            ("not_applicable", "not_applicable"),
            ("prefer_not", "prefer_not"),
        ],
    )


def test_a_condition_is_the_same_under_another_name():
    one = Derivation(
        "band", Rule.BAND, ("age",), (Group("young", spans=((15, 29),)), Group("older", spans=((30, 120),)))
    )
    renamed = Derivation("ages", Rule.BAND, one.sources, one.groups)
    moved = Derivation(
        "band", Rule.BAND, ("age",), (Group("young", spans=((15, 30),)), Group("older", spans=((31, 120),)))
    )
    young = parse("${band} = 'young'")
    assert settled(young, [one]) == settled(parse("${ages} = 'young'"), [renamed])
    assert settled(young, [one]) != settled(young, [moved])
    assert settled(None, [one]) is None
    assert settled(parse("${trained} = 'yes'"), [one]) == parse("${trained} = 'yes'")


def test_a_derived_variable_is_asked_for_as_its_sources_are():
    def asked(derivation):
        return [gate.source for gate in deriving.gates(derivation, LAYOUT)]

    assert asked(OWN["two"]) == ["${trained} != 'no'"]
    assert asked(OWN["adult"]) == ["${trained} = 'yes'"]
    # One of its sources is asked of everybody.
    assert asked(OWN["one_of"]) == []
    assert asked(OWN["all_of"]) == ["${trained} != 'no'"]
    either = Derivation("either", Rule.ANY_OF, ("often", "age"), OWN["one_of"].groups)
    assert asked(either) == ["(${trained} != 'no') or (${trained} = 'yes')"]
