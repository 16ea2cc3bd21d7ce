"""What in a descriptor could tell who somebody is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.identifying import Clue, clues

STUDY = ("Nuevo León", "Kenya", "Upper Egypt", "")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("community radio presenter", ()),
        ("Lawyer of a rural clinic", ()),
        ("Lawyer. Teaches at night", ()),
        ("student in Nuevo León", ()),
        ("student in Kenya and upper egypt", ()),
        ("Student of Upper Egypt", ()),
        ("joined in 2015", ()),
        ("محامية في منظمة ريفية", ()),
        ("ana@example.org", (Clue.MAIL,)),
        ("known as @ana", (Clue.MAIL,)),
        ("ana＠example", (Clue.MAIL,)),
        ("call +254 (0)700 123-456", (Clue.PHONE,)),
        ("هاتف ٠١٠ ١٢٣٤ ٥٦٧٨", (Clue.PHONE,)),
        ("0-7-0-0-1-2-3", (Clue.PHONE,)),
        ("Maria Lopez", (Clue.NAME,)),
        ("sister of Ana de la Cruz", (Clue.NAME,)),
        ("works with J. Otieno", (Clue.NAME,)),
        ("Élise Ñandú, 0700123456, e@x", (Clue.MAIL, Clue.PHONE, Clue.NAME)),
    ],
)
def test_clues_of_a_descriptor(text: str, found: tuple[Clue, ...]) -> None:
    assert clues(text, harmless=STUDY) == found


@given(st.text(max_size=120), st.lists(st.text(max_size=20), max_size=3))
def test_any_text_is_looked_at(text: str, harmless: list[str]) -> None:
    assert set(clues(text, harmless=harmless)) <= set(Clue)
