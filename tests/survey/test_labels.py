"""Codes of participants: read out over a telephone, typed in any script, and a slip is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey import labels

ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")
CODE = "4827-1372"
numbers = st.integers(0, 10**6 - 1).map(lambda number: f"{number:06d}{98 - number * 100 % 97:02d}")


def test_the_example_has_the_check_digits_that_a_person_works_out() -> None:
    # 482713 · 100 leaves 26 when divided by 97; 98 − 26 = 72.
    assert 48271300 % 97 == 26
    assert labels.read_label("48271372") == CODE


@pytest.mark.parametrize(
    "typed",
    ["48 27 13 72", " 4827–1372\n", "482-713-72", "\u200f4827\u200e 1372", CODE.translate(ARABIC), "४८२७ १३७२"],
)
def test_any_grouping_and_any_digits_will_do(typed: str) -> None:
    assert labels.read_label(typed) == CODE


@pytest.mark.parametrize("typed", ["", "S0001", "4827131", "482713720", "x4827-1372", "²" * 8, "\x00", "1" * 5000])
def test_what_has_not_the_digits_of_a_code_is_neither_read_nor_misheard(typed: str) -> None:
    assert (labels.read_label(typed), labels.is_misheard(typed)) == (None, False)


@given(numbers, st.integers(0, 7), st.integers(1, 9))
def test_every_wrong_digit_is_found(code: str, place: int, by: int) -> None:
    wrong = str((int(code[place]) + by) % 10)
    assert labels.is_misheard(code[:place] + wrong + code[place + 1 :])


@given(numbers, st.integers(0, 6))
def test_every_swap_of_neighbours_is_found(code: str, place: int) -> None:
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert labels.is_misheard(swapped) == (swapped != code)


def test_fresh_codes_read_back_in_every_script() -> None:
    fresh = [labels.new_label() for _ in range(1_000)]
    assert [labels.read_label(code.translate(DEVANAGARI)) for code in fresh] == fresh
    assert sorted(fresh) != fresh
