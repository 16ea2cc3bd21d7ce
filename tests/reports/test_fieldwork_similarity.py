"""Twins and flat sheets: found among thousands in seconds, and not where chance explains them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import similarity
from survey.protocol.record import layout_of
from survey.protocol.schema import Missing
from tests import workbooks as w
from tests.reports.responses import coded

QUESTIONS = [f"item{n}" for n in range(40)]
BATTERIES = [f"battery{n}" for n in range(3)]
PROTOCOL = w.protocol(
    [
        *w.group("loose", *[w.one(name, "five") for name in QUESTIONS]),
        *w.group(
            "lists",
            *[
                w.group(battery, *[w.one(f"{battery}_{n}", "five") for n in range(4)], appearance="field-list")
                for battery in BATTERIES
            ],
        ),
    ],
    w.choices("five", *"abcde"),
)
LAYOUT = layout_of(PROTOCOL)


def random_sheets(number: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 5, (number, LAYOUT.length), dtype=np.uint8)


def test_people_who_answer_at_random_have_no_twins():
    assert similarity.twins(random_sheets(2_000), LAYOUT) == []


def test_equal_sheets_and_those_that_differ_in_one_question_of_twenty_are_twins():
    matrix = random_sheets(300)
    matrix[200] = matrix[7]
    matrix[250], matrix[250, [0, 30]] = matrix[9], 251
    matrix[260], matrix[260, [0, 20, 40]] = matrix[11], 251
    # 52 questions: two may differ, three may not.
    assert similarity.twins(matrix, LAYOUT) == [(7, 200), (9, 250)]


def test_three_alike_are_one_group():
    matrix = random_sheets(100)
    matrix[[50, 60]] = matrix[3]
    assert similarity.twins(matrix, LAYOUT) == [(3, 50, 60)]


def test_what_everybody_answers_makes_nobody_a_twin():
    matrix = np.zeros((200, LAYOUT.length), dtype=np.uint8)
    assert similarity.twins(matrix, LAYOUT) == []


def test_leaving_everything_blank_makes_nobody_a_twin():
    matrix = random_sheets(200)
    matrix[:20] = 255
    assert similarity.twins(matrix, LAYOUT) == []


@given(st.integers(0, 49), st.integers(0, 49), st.lists(st.integers(0, 51), max_size=2))
def test_a_pair_is_found_wherever_it_stands_and_differs(one, other, changed):
    matrix = random_sheets(50)
    matrix[other] = matrix[one]
    matrix[other, changed] = 251
    assert similarity.twins(matrix, LAYOUT) == ([tuple(sorted((one, other)))] if one != other else [])


@pytest.mark.parametrize("copies", [2, 5_000])
def test_equal_sheets_are_found_among_ten_thousand_however_many_they_are(copies):
    matrix = random_sheets(10_000)
    matrix[:copies] = matrix[0]
    found = similarity.twins(matrix, LAYOUT)
    assert [len(rows) for rows in found] == [copies]


def sheet(*batteries: str) -> dict[str, object]:
    """The answers of each battery as letters, '-' for a blank, '.' for one who would rather not say."""
    reasons = {"-": Missing.BLANK, ".": Missing.PREFER_NOT}
    return {
        f"battery{place}_{n}": reasons.get(letter, letter)
        for place, letters in enumerate(batteries)
        for n, letter in enumerate(letters)
    }


@pytest.mark.parametrize(
    ("batteries", "flat"),
    [
        (("aaaa", "aaaa", "aaaa"), True),
        (("aaaa", "cccc", "eeee"), True),
        (("aaaa", "aaaa", "aaab"), False),
        (("aaaa", "aaaa", "----"), False),
        (("aaaa", "aaaa", "aaa-"), False),
        (("....", "....", "...."), False),
    ],
)
def test_a_sheet_is_flat_when_three_batteries_or_twelve_questions_are(batteries, flat):
    matrix = np.frombuffer(coded(PROTOCOL, [sheet(*batteries)])[0], dtype=np.uint8).reshape(1, -1)
    assert similarity.flat(matrix, LAYOUT, PROTOCOL) == ([0] if flat else [])
