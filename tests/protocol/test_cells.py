"""A cell says what an answer says, and what it says is read as it was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.protocol import cells
from survey.protocol.schema import Kind, Missing
from tests import workbooks as w
from tests.protocol import strategies

LISTS = [
    *w.choices("often", "never", "often", missing=["dont_know"]),
    *w.choices("work", "paid", "unpaid", none=True),
    {"list_name": "twice", "name": "a", "label": "Same", "code": "1"},
    {"list_name": "twice", "name": "b", "label": "Same", "code": "2"},
    {"list_name": "twice", "name": "prefer_not", "label": "No", "missing": "prefer_not"},
]
PROTOCOL = w.protocol(
    w.group(
        "about",
        w.one("assess", "often"),
        w.many("work", "work"),
        w.integer("age", 0, 120),
        w.question("text", "secure"),
        w.question("acknowledge", "read"),
        w.one("twice", "twice"),
    ),
    LISTS,
)


def read(name: str, text: str) -> object:
    question = PROTOCOL.question(name)
    assert question is not None
    return cells.Reader(question).read(text)


@pytest.mark.parametrize(
    ("name", "text", "answer"),
    [
        ("assess", "often", "often"),
        ("assess", " 1 ", "often"),
        ("assess", "", Missing.BLANK),
        ("assess", "dont_know", "dont_know"),
        ("assess", "[not_applicable]", Missing.NOT_APPLICABLE),
        ("work", "unpaid; paid", ("paid", "unpaid")),
        ("work", "none", ("none",)),
        ("age", "٣٤", 34),
        ("age", "[prefer_not]", Missing.PREFER_NOT),
        ("secure", "'=1+1", "=1+1"),
        ("secure", "'[prefer_not]", "[prefer_not]"),
        ("secure", "[prefer_not]", Missing.PREFER_NOT),
        ("read", "TRUE", "OK"),
        ("read", "0", Missing.BLANK),
    ],
)
def test_cells_are_read_as_they_are_meant(name: str, text: str, answer: object) -> None:
    assert read(name, text) == answer


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("assess", "sometimes", "choice-unknown"),
        ("assess", "[blank]", "choice-unknown"),
        ("twice", "Same", "choice-unclear"),
        ("work", "none;paid", "choice-alone"),
        ("work", "paid,unpaid", "choice-unknown"),
        ("age", "121", "number"),
        ("age", "-1", "number"),
        ("age", "1e3", "number"),
        ("age", "9" * 5_000, "number"),
        ("secure", "a\x00b", "text-unreadable"),
        ("read", "maybe", "acknowledge"),
    ],
)
def test_what_is_no_answer_says_what_to_write(name: str, text: str, code: str) -> None:
    with pytest.raises(cells.CellError) as caught:
        read(name, text)
    assert caught.value.code == code
    assert len(str(caught.value)) < 400


@given(strategies.protocols().flatmap(lambda p: st.tuples(st.just(p), strategies.answers(p))))
def test_every_answer_comes_back_from_its_cell(given_: tuple) -> None:
    protocol, answers = given_
    for name, answer in answers.items():
        question = protocol.question(name)
        back = cells.Reader(question).read(cells.write(question, answer))
        assert back == (Missing.BLANK if answer is Missing.NOT_ASKED else answer)


@given(st.text(min_size=1))
def test_every_text_comes_back_and_no_spreadsheet_takes_it_for_a_formula(text: str) -> None:
    question = PROTOCOL.question("secure")
    assert question is not None
    assert question.kind is Kind.TEXT
    cell = cells.write(question, text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    if "\x00" not in text:
        assert cells.Reader(question).read(cell) == text
