"""Every rule of the morning page: when it speaks, and when it is silent."""

import datetime
from fractions import Fraction

import pytest

from reports.advice import RULES, Facts, advice
from reports.bands import Fill
from survey.views import desk

TODAY = datetime.date(2026, 11, 24)
BEGAN, ENDS = datetime.date(2026, 11, 4), datetime.date(2026, 12, 13)  # 40 days, 20 of them are over


def days(number: int) -> datetime.date:
    return TODAY + datetime.timedelta(days=number)


def codes(**facts: object) -> list[str]:
    values = {"today": TODAY, "made": 100, "free": 50, **facts}
    return [one.code for one in advice(Facts(**values))]


WINDOW = {"first_day": BEGAN, "last_day": ENDS}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, []),
        ({"newest_day": days(1)}, []),
        ({"newest_day": days(2)}, ["clock"]),
        ({"last_day": TODAY, "first_day": BEGAN}, []),
        ({"last_day": days(-1), "first_day": BEGAN}, ["over"]),
        ({"last_day": days(-1), "first_day": BEGAN, "state": "closed"}, []),
        # 20 in 20 days, 20 days to come: 40 of 40 is enough, of 41 it is not.
        ({**WINDOW, "kept": 20, "rate": Fraction(1), "target": 40}, []),
        ({**WINDOW, "kept": 20, "rate": Fraction(1), "target": 41}, ["target"]),
        ({**WINDOW, "kept": 20, "rate": Fraction(1), "target": 41, "state": "paused"}, []),
        ({"kept": 20, "rate": Fraction(1), "target": 41}, []),
        # Half of the days are over.
        ({**WINDOW, "quotas": (("Women", Fill.UNDER_HALF),)}, ["quota"]),
        ({**WINDOW, "quotas": (("Women", Fill.OVER_HALF),)}, []),
        ({**WINDOW, "quotas": (("Women", Fill.FEW), ("Men", Fill.REACHED))}, ["quota"]),
        ({"quotas": (("Women", Fill.FEW),)}, []),
        ({"offered": (("en", "English"), ("sw", "Kiswahili")), "answered": {"en"}, "kept": 10}, ["language"]),
        ({"offered": (("en", "English"), ("sw", "Kiswahili")), "answered": {"en"}, "kept": 9}, []),
        ({"made": 100, "free": 11}, []),
        ({"made": 100, "free": 10}, ["invitations"]),
        ({"made": 100, "free": 0, "has_link": True}, []),
        ({"made": 0, "free": 0}, ["invitations"]),
        ({"expired": 3}, ["expired"]),
        (
            {"sheets": {"waiting": 2, "entered": 1, "differs": 3, "agreed": 9}},
            ["paper-differs", "paper", "paper-second"],
        ),
        ({"alike": 2}, ["doubles"]),
        ({"straight": ("How often?",)}, ["flat"]),
        ({"skipped": ("How old are you?", "Where?")}, ["skipped", "skipped"]),
    ],
)
def test_what_is_advised(facts: dict[str, object], expected: list[str]) -> None:
    assert codes(**facts) == expected


def test_every_rule_has_been_seen_to_speak() -> None:
    assert len(RULES) == 12


def test_an_advice_says_what_and_where() -> None:
    (found,) = advice(Facts(TODAY, made=5, free=5, **WINDOW, kept=20, rate=Fraction(1), target=50))
    assert found.text == (
        "At the present rate about 40 of the 50 questionnaires wanted will have come in by the last day. "
        "Invite more people, or move the last day."
    )
    assert found.link == "cohort-settings"


def test_a_frozen_cohort_needs_nothing_any_more() -> None:
    assert advice(Facts(today=TODAY, state="frozen", offered=(("en", "English"),), made=0)) == []


def test_every_piece_of_advice_leads_to_a_page_of_the_cohort() -> None:
    window = {"first_day": BEGAN, "last_day": ENDS, "target": 99, "kept": 10, "rate": Fraction(1)}
    many = {"offered": (("sw", "Kiswahili"),), "expired": 3, "alike": 2, "straight": ("How often?",)}
    sheets = {"sheets": {"waiting": 2, "entered": 1, "differs": 3}, "quotas": (("Women", Fill.FEW),)}
    facts = [{**window, **many, **sheets}, {"last_day": days(-1), "first_day": BEGAN}]
    found = [one for some in facts for one in advice(Facts(today=TODAY, **some))]
    assert len(found) > 9
    assert {one.link for one in found} - {""} <= {name for name, _words in desk.PLACES}
