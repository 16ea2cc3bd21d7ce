"""Codes: what people type is read as they mean it, and a slip is found before anything else happens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey import codes

CODE = "12345678901234567888"
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def test_the_example_has_the_check_digits_that_a_person_works_out() -> None:
    # 123456789012345678 · 100 leaves 10 when divided by 97; 98 − 10 = 88.
    assert 12345678901234567800 % 97 == 10
    assert codes.read_code(CODE) == CODE


def test_codes_are_shown_in_groups_of_four() -> None:
    assert codes.in_groups(CODE) == "1234 5678 9012 3456 7888"


@pytest.mark.parametrize(
    "typed",
    [
        "1234 5678 9012 3456 7888",
        "1234-5678-9012-3456-7888",
        " 12345 67890\u00a012345 67888\t\n",
        "1234–5678–9012–3456–7888",
        "\u200e1234\u200f 5678 9012 3456 7888",
        CODE.translate(ARABIC),
        codes.in_groups(CODE).translate(PERSIAN),
    ],
)
def test_any_grouping_and_any_digits_will_do(typed: str) -> None:
    assert codes.read_code(typed) == CODE


@pytest.mark.parametrize(
    "typed",
    ["", "1234", CODE + "1", CODE[:-1], "x" + CODE, CODE.replace("1", "l"), "²" * 20, "9" * 5000, "\x00", CODE + "'"],
)
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    assert codes.read_code(typed) is None


@given(st.integers(0, 19), st.integers(1, 9))
def test_every_wrong_digit_is_found(place: int, by: int) -> None:
    wrong = str((int(CODE[place]) + by) % 10)
    assert codes.read_code(CODE[:place] + wrong + CODE[place + 1 :]) is None


@given(st.integers(0, 18))
def test_every_swap_of_neighbours_is_found(place: int) -> None:
    swapped = CODE[:place] + CODE[place + 1] + CODE[place] + CODE[place + 2 :]
    assert codes.read_code(swapped) == (CODE if swapped == CODE else None)


def test_fresh_codes_read_back_and_do_not_repeat() -> None:
    fresh = [codes.new_code() for _ in range(2_000)]
    assert [codes.read_code(codes.in_groups(code)) for code in fresh] == fresh
    assert len(set(fresh)) == 2_000
