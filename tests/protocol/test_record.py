"""The fixed-width record: what goes in comes out, and nothing else can go in or come out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.protocol import record, routing
from survey.protocol.record import RecordError, layout_of, missing_code, missing_reason
from survey.protocol.schema import Kind, Missing
from tests import workbooks as w
from tests.protocol import strategies

PROTOCOL = w.protocol(
    [
        *w.group(
            "all",
            w.one("often", "often"),
            w.integer("age", 15, 120),
            w.integer("days", 0, 300),
            w.many("work", "work"),
            w.question("note", "hello"),
            w.question("text", "why"),
            w.question("acknowledge", "agreed"),
        )
    ],
    strategies.LISTS,
)
LAYOUT = layout_of(PROTOCOL)
EVERYTHING = frozenset(question.name for question in PROTOCOL.questions())
BLANK = {name: Missing.BLANK for name in ("often", "age", "days", "work", "why", "agreed")}


def test_the_layout_has_no_gaps_and_two_bytes_only_where_needed():
    assert [(variable.name, variable.offset, variable.width) for variable in LAYOUT.variables] == [
        ("often", 0, 1),
        ("age", 1, 1),
        ("days", 2, 2),
        ("work/paid", 4, 1),
        ("work/unpaid", 5, 1),
        ("work/home", 6, 1),
        ("work/none", 7, 1),
        ("why", 8, 1),
        ("agreed", 9, 1),
    ]
    assert LAYOUT.length == 10


@pytest.mark.parametrize(("high", "width"), [(199, 1), (200, 2), (65_000, 2)])
def test_the_width_of_a_number(high, width):
    protocol = w.protocol([*w.group("all", w.integer("number", 0, high))])
    assert layout_of(protocol).length == width
    assert layout_of(protocol).decode(layout_of(protocol).encode({"number": high}, {"number"})) == {"number": high}


@pytest.mark.parametrize(
    ("reason", "one", "two"),
    [
        (Missing.BLANK, 255, 65535),
        (Missing.PREFER_NOT, 254, 65534),
        (Missing.DONT_KNOW, 253, 65533),
        (Missing.NOT_APPLICABLE, 252, 65532),
        (Missing.NOT_ASKED, 251, 65531),
    ],
)
def test_reserved_codes(reason, one, two):
    assert (missing_code(reason, 1), missing_code(reason, 2)) == (one, two)
    assert (missing_reason(one, 1), missing_reason(two, 2)) == (reason, reason)


def test_every_other_code_is_an_answer():
    assert [code for code in range(256) if missing_reason(code, 1)] == [251, 252, 253, 254, 255]
    assert [code for code in range(65_536) if missing_reason(code, 2)] == [65531, 65532, 65533, 65534, 65535]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"often": "never"}, "00 ff ffff ffffffff ff ff"),
        ({"often": "always"}, "03 ff ffff ffffffff ff ff"),
        ({"often": "dont_know"}, "fd ff ffff ffffffff ff ff"),
        ({"often": "not_applicable"}, "fc ff ffff ffffffff ff ff"),
        ({"often": Missing.PREFER_NOT}, "fe ff ffff ffffffff ff ff"),
        ({"age": 15}, "ff 0f ffff ffffffff ff ff"),
        ({"days": 258}, "ff ff 0201 ffffffff ff ff"),
        ({"days": Missing.PREFER_NOT}, "ff ff feff ffffffff ff ff"),
        ({"work": ("paid", "home")}, "ff ff ffff 01000100 ff ff"),
        ({"work": ("none",)}, "ff ff ffff 00000001 ff ff"),
        ({"work": ("prefer_not",)}, "ff ff ffff fefefefe ff ff"),
        ({"why": "because"}, "ff ff ffff ffffffff 01 ff"),
        ({"agreed": "OK"}, "ff ff ffff ffffffff ff 01"),
    ],
)
def test_bytes_of_an_answer(answers, expected):
    assert LAYOUT.encode(answers, EVERYTHING).hex() == expected.replace(" ", "")


def test_what_was_not_asked_is_coded_so_whatever_the_answer():
    record = LAYOUT.encode({"often": "never", "age": "nonsense"}, {"days"})
    assert record.hex() == "fbfb" + "ffff" + "fbfbfbfb" + "fbfb"
    assert LAYOUT.decode(record) == {**dict.fromkeys(BLANK, Missing.NOT_ASKED), "days": Missing.BLANK}


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("often", "sometimes "),
        ("often", ""),
        ("often", 1),
        ("often", ("never",)),
        ("often", None),
        ("age", 14),
        ("age", 121),
        ("age", "40"),
        ("age", 40.0),
        ("age", True),
        ("age", None),
        ("days", 301),
        ("days", -1),
        ("days", False),
        ("work", "paid"),
        ("work", ()),
        ("work", ("paid", "nothing")),
        ("work", ("paid", "none")),
        ("work", ("paid", "prefer_not")),
        ("work", ("none", "none")),
        ("work", (1,)),
        ("work", ["paid"]),
        ("why", ""),
        ("why", 5),
        ("agreed", True),
        ("agreed", ""),
    ],
)
def test_what_is_no_answer_is_refused_by_name(name, answer):
    with pytest.raises(RecordError, match=name):
        LAYOUT.encode({name: answer}, EVERYTHING)


@pytest.mark.parametrize(
    "record",
    [
        "",
        "ff" * 9,
        "ff" * 11,
        "04 ff ffff ffffffff ff ff",  # the scale ends at 3
        "ff 0e ffff ffffffff ff ff",  # 14 is too young
        "ff ff 2d01 ffffffff ff ff",  # 301 days
        "ff ff ffff 00000000 ff ff",  # nothing ticked is no answer
        "ff ff ffff 02000000 ff ff",
        "ff ff ffff 01000001 ff ff",  # paid, and none of these
        "ff ff ffff fffffffe ff ff",  # two reasons at once
        "ff ff ffff ff010000 ff ff",
        "ff ff ffff ffffffff 00 ff",
        "ff ff ffff ffffffff ff 02",
    ],
)
def test_bytes_that_no_answer_has_are_refused(record):
    with pytest.raises(RecordError):
        LAYOUT.decode(bytes.fromhex(record))


def test_a_text_is_kept_apart_and_put_back():
    answers = {"why": "because", "often": "never", "agreed": "OK"}
    assert record.texts(PROTOCOL, answers) == {"why": "because"}
    assert record.texts(PROTOCOL, {"why": Missing.PREFER_NOT}) == {}
    stored = LAYOUT.encode(answers, EVERYTHING)
    assert LAYOUT.decode(stored, {"why": "because"}) == {**BLANK, **answers}
    assert LAYOUT.decode(stored)["why"] is Missing.BLANK


def as_read(question, answer):
    """A reason that the list offers reads as the choice that stands for it."""
    choice = question.choices.for_reason(answer) if question.choices and isinstance(answer, Missing) else None
    if choice is None:
        return answer
    return (choice.name,) if question.kind is Kind.SELECT_MULTIPLE else choice.name


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_valid_answers_come_back_as_they_were_routed(data):
    protocol = data.draw(strategies.protocols())
    answers = data.draw(strategies.answers(protocol))
    layout, asked = layout_of(protocol), routing.asked(protocol, answers, "KE")
    stored = layout.encode(answers, asked)
    expected = {
        question.name: as_read(question, answers.get(question.name, Missing.BLANK))
        if question.name in asked
        else Missing.NOT_ASKED
        for question in protocol.questions()
        if question.kind is not Kind.NOTE
    }
    assert layout.decode(stored, record.texts(protocol, answers)) == expected
    assert len(stored) == layout.length == len(layout.encode({}, ()))


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_any_bytes_are_a_record_or_a_record_error(data):
    codes = st.sampled_from([0, 1, 1, 2, 3, 15, 120, 199, 251, 252, 253, 254, 255, 255]) | st.integers(0, 255)
    stored = bytes(data.draw(st.lists(codes, min_size=LAYOUT.length - 1, max_size=LAYOUT.length + 1)))
    try:
        answers = LAYOUT.decode(stored, {"why": "x"})
    except RecordError:
        return
    assert LAYOUT.encode(answers, EVERYTHING) == stored
