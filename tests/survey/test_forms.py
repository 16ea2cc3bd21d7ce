"""A page as a form: what is taken from what was typed, and what is said when it cannot be taken."""

from collections.abc import Mapping, Sequence

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from survey.forms import LONGEST_TEXT, PageForm
from survey.protocol import routing
from survey.protocol.schema import Answer, Missing, Protocol
from tests import workbooks as w

LISTS = [*w.YES_NO, *w.choices("work", "paid", "unpaid", none=True)]
PROTOCOL = w.protocol(
    w.group(
        "about",
        w.question("note", "welcome"),
        w.one("trained", "yesno"),
        w.integer("times", 1, 300),
        w.many("work", "work"),
        w.question("text", "secure"),
        w.question("acknowledge", "read"),
    ),
    LISTS,
)
NOTHING = {"trained": Missing.BLANK, "times": Missing.BLANK, "work": Missing.BLANK, "secure": Missing.BLANK}
ALL_BLANK: Mapping[str, Answer] = {**NOTHING, "read": Missing.BLANK}


def filled(
    typed: Mapping[str, Sequence[str] | str], answers: Mapping[str, Answer] | None = None, of: Protocol = PROTOCOL
) -> PageForm:
    data = QueryDict(mutable=True)
    for name, value in typed.items():
        data.setlist(name, [value] if isinstance(value, str) else list(value))
    form = PageForm(data, page=routing.pages(of)[0], answers=answers or {}, country="KE", language="en")
    form.is_valid()
    return form


def taken(name: str, value: Sequence[str] | str) -> Answer:
    form = filled({name: value})
    assert form.problems() == []
    return form.answers[name]


def said(typed: Mapping[str, Sequence[str] | str]) -> list[tuple[str, str]]:
    return filled(typed).problems()


def test_nothing_typed_is_blank_everywhere_and_no_error() -> None:
    form = filled({})
    assert form.problems() == []
    assert form.answers == ALL_BLANK


@pytest.mark.parametrize(
    ("name", "typed", "answer"),
    [
        ("trained", {"trained": "prefer_not"}, "prefer_not"),
        ("times", {"times_decline": "on"}, Missing.PREFER_NOT),
        ("read", {"read": "on"}, "OK"),
    ],
)
def test_a_required_question_takes_an_answer_or_a_refusal_but_no_silence(
    name: str, typed: Mapping[str, str], answer: Answer
) -> None:
    required = w.protocol(
        w.group(
            "about",
            w.one("trained", "yesno", required="yes"),
            w.integer("times", 1, 300, required="TRUE"),
            w.question("acknowledge", "read", required="yes"),
        ),
        LISTS,
    )
    assert filled(typed, of=required).answers[name] == answer
    assert [key for key, _ in filled({}, of=required).problems()] == ["trained_0", "times", "read"]


@pytest.mark.parametrize(
    ("name", "value", "answer"),
    [
        ("trained", "yes", "yes"),
        ("trained", "prefer_not", "prefer_not"),
        ("times", "12", 12),
        ("times", " 12 ", 12),
        ("times", "007", 7),
        ("times", "١٢", 12),
        ("times", "۱۲", 12),
        ("times", "", Missing.BLANK),
        ("times_decline", "on", None),
        ("work", ["paid"], ("paid",)),
        ("work", ["unpaid", "paid", "unpaid"], ("paid", "unpaid")),
        ("work", ["none", "none"], ("none",)),
        ("secure", "  friends\r\nfamily \r\n", "friends\nfamily"),
        ("secure", "<b>", "<b>"),
        ("secure", "\t", Missing.BLANK),
        ("read", "on", "OK"),
    ],
)
def test_what_was_typed_is_taken(name: str, value: Sequence[str] | str, answer: Answer | None) -> None:
    if answer is None:
        assert filled({name: value}).answers == {**ALL_BLANK, "times": Missing.PREFER_NOT}
    else:
        assert taken(name, value) == answer


@pytest.mark.parametrize("value", ["0", "301", "-3", "3.5", "1e2", "²", "①", "12 3", "\x00", "9" * 10, "9" * 100_000])
def test_an_impossible_number_says_what_the_workbook_says(value: str) -> None:
    assert said({"times": value}) == [("times", "Write a whole number.")]


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"trained": "maybe"}, ("trained_0", "Choose one of the options of this question.")),
        ({"work": ["paid", "maybe"]}, ("work_0", "Choose among the options of this question.")),
        ({"work": ["paid", "none"]}, ("work_0", "Choose “none” alone, without other options.")),
        ({"work": ["paid", "prefer_not"]}, ("work_0", "Choose “prefer_not” alone, without other options.")),
        (
            {"times": "3", "times_decline": "on"},
            ("times", "Either answer, or choose not to answer. Clear one of the two."),
        ),
        (
            {"secure": "x", "secure_decline": "on"},
            ("secure", "Either answer, or choose not to answer. Clear one of the two."),
        ),
        ({"secure": "a\x00b"}, ("secure", "Remove unreadable characters.")),
        (
            {"secure": "x" * (LONGEST_TEXT + 1)},
            ("secure", "Shorten your answer to at most 2000 characters; it has 2001 now."),
        ),
    ],
)
def test_what_cannot_be_taken_says_what_to_do(
    typed: Mapping[str, Sequence[str] | str], problem: tuple[str, str]
) -> None:
    assert said(typed) == [problem]


def test_line_breaks_count_once_as_they_do_in_the_browser() -> None:
    assert taken("secure", "a\r\n" * 999 + "ab") == "a\n" * 999 + "ab"


def test_valid_answers_are_taken_beside_an_error() -> None:
    assert filled({"trained": "yes", "times": "x"}).answers == {
        name: "yes" if name == "trained" else Missing.BLANK for name in ALL_BLANK if name != "times"
    }


def test_saved_answers_come_back_as_they_were_given() -> None:
    answers: dict[str, Answer] = {"trained": "yes", "times": Missing.PREFER_NOT, "work": ("paid",), "read": "OK"}
    form = PageForm(None, page=routing.pages(PROTOCOL)[0], answers=answers, country="KE", language="en")
    assert form.initial == {"trained": "yes", "times_decline": True, "work": ["paid"], "read": "OK"}


@given(
    st.dictionaries(
        st.sampled_from([*ALL_BLANK, "times_decline", "secure_decline", "unknown"]),
        st.lists(st.text() | st.sampled_from(["yes", "paid", "none", "prefer_not", "7", "on"]), max_size=3),
    )
)
def test_whatever_is_sent_every_question_has_an_answer_or_an_error(typed: dict[str, list[str]]) -> None:
    form = filled(typed)
    assert set(form.answers) | set(form.errors) == set(ALL_BLANK)
    assert not set(form.answers) & set(form.errors)
