"""Two entries of a sheet: where they differ, and what comes of choosing."""

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from survey.agreement import Disagreement, Right, disagreements, merged
from survey.protocol import record, routing
from survey.protocol.record import layout_of
from survey.protocol.schema import Answer, Answers, Missing, Protocol
from tests import workbooks as w
from tests.protocol import strategies

PROTOCOL = w.protocol(
    w.group(
        "about",
        w.one("trained", "yesno"),
        w.integer("times", 1, 300, relevant="${trained} = 'yes'"),
        w.question("text", "why"),
    ),
    w.YES_NO,
)


def entered(protocol: Protocol, answers: Answers) -> dict[str, Answer]:
    """Answers as an entry holds them: those on the route, through the record and its texts."""
    asked = routing.asked(protocol, answers, "KE")
    counted = {name: answer for name, answer in answers.items() if name in asked}
    layout = layout_of(protocol)
    return layout.decode(layout.encode(counted, asked), record.texts(protocol, counted))


def test_a_slip_of_the_finger_is_one_difference() -> None:
    first = entered(PROTOCOL, {"trained": "yes", "times": 12, "why": "friends"})
    second = entered(PROTOCOL, {"trained": "yes", "times": 21, "why": "friends"})
    assert disagreements(first, second) == [Disagreement("times", 12, 21)]
    assert merged(first, second, {"times": Right.SECOND})["times"] == 21


def test_what_only_one_was_asked_follows_from_the_answer_that_asked_it() -> None:
    first = entered(PROTOCOL, {"trained": "yes", "times": 12})
    second = entered(PROTOCOL, {"trained": "no"})
    found = disagreements(first, second)
    assert [(one.question, one.settled) for one in found] == [("trained", None), ("times", Right.FIRST)]
    both: Mapping[str, str] = {"times": Right.FIRST}
    assert entered(PROTOCOL, merged(first, second, {"trained": Right.FIRST, **both})) == first
    assert entered(PROTOCOL, merged(first, second, {"trained": Right.SECOND, **both})) == second


def test_a_text_that_reads_like_a_missing_reason_is_not_one() -> None:
    first, second = entered(PROTOCOL, {"why": "blank"}), entered(PROTOCOL, {})
    assert [one.question for one in disagreements(first, second)] == ["why"]


@st.composite
def two_sheets(draw: st.DrawFn) -> tuple[Protocol, Answers, Answers]:
    protocol = draw(strategies.protocols())
    first = draw(strategies.answers(protocol))
    # A second entry is mostly the first one again.
    slips = draw(strategies.answers(protocol))
    slipped = draw(st.sets(st.sampled_from(sorted(slips)))) if slips else set()
    second = {**first, **{name: slips[name] for name in slipped}}
    return protocol, _possible(first), _possible(second)


def _possible(answers: Answers) -> Answers:
    """Nobody says of a question that it was not asked; the route does."""
    return {name: answer for name, answer in answers.items() if answer is not Missing.NOT_ASKED}


@settings(deadline=None)
@given(two_sheets())
def test_differences_are_exactly_the_questions_whose_decoded_answers_differ(
    case: tuple[Protocol, Answers, Answers],
) -> None:
    protocol, *sheets = case
    first, second = (entered(protocol, sheet) for sheet in sheets)
    expected = {name for name in first if repr(first[name]) != repr(second[name])}
    assert {one.question for one in disagreements(first, second)} == expected


@settings(deadline=None)
@given(two_sheets())
def test_choosing_one_entry_throughout_gives_that_entry(case: tuple[Protocol, Answers, Answers]) -> None:
    protocol, *sheets = case
    first, second = (entered(protocol, sheet) for sheet in sheets)
    found = disagreements(first, second)
    for entry, expected in ((Right.FIRST, first), (Right.SECOND, second)):
        right = {one.question: one.settled or entry for one in found}
        assert entered(protocol, merged(first, second, right)) == expected


@settings(deadline=None)
@given(two_sheets())
def test_entries_that_agree_give_the_sheet(case: tuple[Protocol, Answers, Answers]) -> None:
    protocol, sheet, _ = case
    once = entered(protocol, sheet)
    assert disagreements(once, dict(once)) == []
    assert entered(protocol, merged(once, dict(once), {})) == once
