"""Who is asked what: follow-ups, sections and batteries, choice filters, pages."""

import pytest

from survey.protocol import routing
from survey.protocol.schema import Missing
from tests import workbooks as w

CHAIN = w.protocol(
    [
        *w.group(
            "work",
            w.one("job", "yesno"),
            w.one("risky", "yesno", relevant="${job} = 'yes'"),
            w.integer("risks", relevant="${risky} = 'yes'"),
            w.question("text", "which", relevant="${risks} > 2"),
            w.question("note", "thanks", relevant="${country} = 'KE'"),
        )
    ]
)


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ({}, "job"),
        ({"job": "no"}, "job"),
        ({"job": Missing.PREFER_NOT}, "job"),
        ({"job": "yes"}, "job risky"),
        ({"job": "yes", "risky": "yes"}, "job risky risks"),
        ({"job": "yes", "risky": "yes", "risks": 2}, "job risky risks"),
        ({"job": "yes", "risky": "yes", "risks": 3}, "job risky risks which"),
        # a changed first answer closes all that hung on it, whatever was answered there
        ({"job": "no", "risky": "yes", "risks": 3, "which": "x"}, "job"),
        ({"job": Missing.BLANK, "risky": "yes", "risks": 3}, "job"),
    ],
)
def test_follow_ups_open_and_close_all_the_way_down(answers, asked):
    assert routing.asked(CHAIN, answers, "EG") == frozenset(asked.split())
    assert set(routing.on_route(CHAIN, answers, "EG")) == set(answers) & set(asked.split())


def test_the_site_is_known_to_every_expression_and_cannot_be_answered():
    assert "thanks" in routing.asked(CHAIN, {}, "KE")
    assert "thanks" not in routing.asked(CHAIN, {"country": "KE"}, "EG")


GATED = w.protocol(
    [
        *w.group("start", w.one("in", "yesno"), w.one("more", "yesno")),
        *w.group(
            "rest",
            w.one("first", "yesno"),
            w.group(
                "scale", w.one("a", "yesno"), w.one("b", "yesno", relevant="${a} = 'yes'"), relevant="${more} = 'yes'"
            ),
            w.one("last", "yesno", relevant="${b} = 'yes'"),
            relevant="${in} = 'yes'",
        ),
    ]
)


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ({"in": "no", "more": "yes", "a": "yes", "b": "yes"}, "in more"),
        ({"in": "yes", "more": "no", "a": "yes", "b": "yes"}, "in more first"),
        ({"in": "yes", "more": "yes"}, "in more first a"),
        ({"in": "yes", "more": "yes", "a": "yes", "b": "yes"}, "in more first a b last"),
    ],
)
def test_sections_and_batteries_close_what_they_hold(answers, asked):
    assert routing.asked(GATED, answers, "KE") == frozenset(asked.split())


BY_COUNTRY = w.protocol(
    [*w.group("about", w.one("sex", "sex", choice_filter="countries = '' or selected(countries, ${country})"))],
    [
        *w.choices("sex", "woman", "man"),
        {"list_name": "sex", "name": "muxe", "label": "muxe", "code": "2", "countries": "MX"},
        {"list_name": "sex", "name": "travesti", "label": "travesti", "code": "3", "countries": "MX CO"},
    ],
    countries=[w.country("MX"), w.country("CO"), w.country("KE")],
)


@pytest.mark.parametrize(
    ("country", "offered"),
    [
        ("MX", "woman man prefer_not muxe travesti"),
        ("CO", "woman man prefer_not travesti"),
        ("KE", "woman man prefer_not"),
    ],
)
def test_a_country_is_offered_its_own_choices(country, offered):
    question = BY_COUNTRY.question("sex")
    assert [choice.name for choice in routing.offered(question, {}, country)] == offered.split()


def test_a_question_without_filter_offers_everything():
    assert routing.offered(CHAIN.question("job"), {}, "KE") == CHAIN.question("job").options


@pytest.mark.parametrize(
    ("answer", "kept"), [(14, False), (15, True), (120, True), (121, False), (Missing.PREFER_NOT, True)]
)
def test_a_constraint_judges_an_answer(answer, kept):
    protocol = w.protocol([*w.group("about", w.integer("age", 15, 120))])
    assert routing.satisfies(protocol.question("age"), answer, {}, "KE") is kept


def test_a_constraint_may_look_back():
    years = {"constraint": ". >= 0 and . <= 99 and . <= ${age}"}
    protocol = w.protocol([*w.group("about", w.integer("age"), w.integer("years", **years))])
    assert routing.satisfies(protocol.question("years"), 20, {"age": 20}, "KE")
    assert not routing.satisfies(protocol.question("years"), 21, {"age": 20}, "KE")


def test_pages_are_batteries_and_the_loose_questions_between_them():
    protocol = w.protocol(
        [
            *w.group(
                "one",
                w.one("a", "yesno"),
                w.one("b", "yesno"),
                w.group("scale", w.one("c", "yesno"), w.one("d", "yesno")),
                w.group("other", w.one("e", "yesno")),
                w.one("f", "yesno"),
            ),
            *w.group("two", w.one("g", "yesno")),
        ]
    )
    found = [
        (page.section.name, page.battery.name if page.battery else "", "".join(q.name for q in page.questions))
        for page in routing.pages(protocol)
    ]
    assert found == [
        ("one", "", "ab"),
        ("one", "scale", "cd"),
        ("one", "other", "e"),
        ("one", "", "f"),
        ("two", "", "g"),
    ]
