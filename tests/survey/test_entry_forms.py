"""Keys as they are typed from paper: they give what the participant's form gives, and a wrong one is told."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.entry_forms import EntryForm, keys_of, tidy
from survey.entry_journey import stretches
from survey.forms import DECLINE, PageForm
from survey.paper import numbers_of
from survey.protocol import record, routing
from survey.protocol.record import layout_of
from survey.protocol.schema import Answer, Answers, Kind, Missing, Protocol, Question
from survey.protocol.sheets import read_workbook
from survey.protocol.workbook import read_protocol
from tests import workbooks as w
from tests.protocol import strategies

ROOT = Path(__file__).resolve().parents[2]
LISTS = [*w.YES_NO, *w.choices("work", "paid", "unpaid", none=True), *w.choices("often", "never", "often", "always")]
PROTOCOL = w.protocol(
    w.group(
        "about",
        w.one("trained", "yesno"),
        w.integer("times", 1, 300),
        w.many("work", "work"),
        w.question("text", "secure"),
        w.question("acknowledge", "read"),
        w.group("habits", w.one("assess", "often"), w.one("manage", "often"), appearance="field-list"),
    ),
    LISTS,
)


def typed(keys: Mapping[str, str], of: Protocol = PROTOCOL, answers: Answers | None = None) -> EntryForm:
    data = QueryDict(mutable=True)
    for name, value in keys.items():
        data[name] = value
    pages = stretches(of)[0]
    form = EntryForm(data, pages=pages, answers=answers or {}, country="KE", language="en", numbers=numbers_of(of))
    form.is_valid()
    return form


@pytest.mark.parametrize(
    ("name", "keys", "answer"),
    [
        ("trained", "2", "yes"),
        ("trained", "٢", "yes"),
        ("trained", " 2 ", "yes"),
        ("trained", "", Missing.BLANK),
        ("trained", "-", "prefer_not"),
        ("work", "1 2", ("paid", "unpaid")),
        ("work", "2,1", ("paid", "unpaid")),
        ("work", "١، ٢", ("paid", "unpaid")),
        ("work", "3", ("none",)),
        ("work", "-", ("prefer_not",)),
        ("times", "12", 12),
        ("times", "۱۲", 12),
        ("times", "-", Missing.PREFER_NOT),
        ("secure", "my  friends ", "my friends"),
        ("secure", "-", Missing.PREFER_NOT),
        ("read", "1", "OK"),
    ],
)
def test_a_key_is_the_answer_that_is_printed_beside_it(name: str, keys: str, answer: Answer) -> None:
    form = typed({name: keys})
    assert form.problems() == []
    assert form.answers[name] == answer


@pytest.mark.parametrize(
    ("name", "keys", "message"),
    [
        ("trained", "9", "Type a key from 1 to 3, or leave it empty."),
        ("trained", "0", "Type a key from 1 to 3, or leave it empty."),
        ("trained", "yes", "Type a key from 1 to 3, or leave it empty."),
        ("trained", "1 2", "Type a key from 1 to 3, or leave it empty."),
        ("work", "12", "Type a key from 1 to 4, or leave it empty."),
        ("work", "1 9", "Type a key from 1 to 4, or leave it empty."),
        ("work", "1 3", "Choose “none” alone, without other options."),
        ("times", "301", "Write a whole number."),
        ("times", "-1", "Write a whole number."),
        ("read", "2", "Type a key from 1 to 1, or leave it empty."),
        ("secure", "\x00", "Remove unreadable characters."),
    ],
)
def test_a_wrong_key_is_told_at_its_field_and_the_others_are_kept(name: str, keys: str, message: str) -> None:
    other = "times" if name != "times" else "trained"
    form = typed({name: keys, other: "2"})
    assert form.problems() == [(name, str(numbers_of(PROTOCOL)[name]), message)]
    assert name not in form.answers
    assert form.answers[other] == (2 if other == "times" else "yes")


@pytest.mark.parametrize(
    ("run", "answers"),
    [
        ("13", ("never", "always")),
        ("٠٢", (Missing.BLANK, "often")),
        ("-1", ("prefer_not", "never")),
    ],
)
def test_all_keys_of_a_grid_can_be_typed_at_once(run: str, answers: tuple[Answer, Answer]) -> None:
    form = typed({"assess": run})
    assert (form.answers["assess"], form.answers["manage"]) == answers


@pytest.mark.parametrize("keys", [{"assess": "12", "manage": "1"}, {"assess": "123"}, {"manage": "12"}])
def test_a_run_that_does_not_fit_its_grid_is_a_wrong_key(keys: Mapping[str, str]) -> None:
    assert [message for _, _, message in typed(keys).problems()] == ["Type a key from 1 to 4, or leave it empty."]


def test_a_section_is_typed_at_once_unless_a_choice_hangs_on_another() -> None:
    assert [len(pages) for pages in stretches(PROTOCOL)] == [2]


# Keys and the participant's form -----------------------------------------------------------------------------------


def by_web(protocol: Protocol, given: Answers, country: str) -> dict[str, Answer]:
    """The answers that the participant's form takes when somebody ticks and writes these."""
    taken: dict[str, Answer] = {}
    for page in routing.pages(protocol):
        data = QueryDict(mutable=True)
        for name, answer in given.items():
            if answer is Missing.PREFER_NOT:
                data[name + DECLINE] = "on"
            elif not isinstance(answer, Missing):
                data.setlist(name, [str(one) for one in answer] if isinstance(answer, tuple) else [str(answer)])
        form = PageForm(data, page=page, answers=given, country=country, language="en")
        assert form.is_valid(), form.errors
        taken |= form.answers
    return taken


def by_keys(protocol: Protocol, given: Answers, country: str) -> dict[str, Answer]:
    """The answers that come of typing the keys of the same sheet."""
    taken: dict[str, Answer] = {}
    for pages in stretches(protocol):
        keys = {q.name: keys_of(q, given.get(q.name, Missing.BLANK), country) for page in pages for q in page.questions}
        numbers = numbers_of(protocol)
        form = EntryForm(keys, pages=pages, answers=given, country=country, language="en", numbers=numbers)
        assert form.problems() == []
        taken |= form.answers
    return taken


def printable(question: Question, country: str) -> st.SearchStrategy[Answer]:
    """What a sheet can say: options that it prints, a number, a line of text, a refusal where one can be told."""
    without: list[Answer] = [Missing.BLANK]
    if question.kind in (Kind.INTEGER, Kind.TEXT):
        without.append(Missing.PREFER_NOT)
    return st.sampled_from(without) | _PRINTABLE[question.kind](question, country)


def _ticks(question: Question, country: str) -> st.SearchStrategy[Answer]:
    offered = routing.offered(question, {}, country)
    alone = [(one.name,) for one in offered if one.exclusive or one.missing]
    several = [one.name for one in offered if not (one.exclusive or one.missing)]
    sets = st.sets(st.sampled_from(several), min_size=1).map(lambda names: tuple(n for n in several if n in names))
    return st.sampled_from(alone) | sets if alone else sets


_LINES = st.text(st.characters(exclude_categories=["C"]), max_size=9).map(tidy)
_PRINTABLE = {
    Kind.SELECT_ONE: lambda q, country: st.sampled_from([one.name for one in routing.offered(q, {}, country)]),
    Kind.SELECT_MULTIPLE: _ticks,
    Kind.INTEGER: lambda q, country: st.integers(q.low, q.high),
    # A lone - is the key of a refusal.
    Kind.TEXT: lambda q, country: _LINES.filter(lambda text: text not in ("", "-")),
    Kind.ACKNOWLEDGE: lambda q, country: st.just("OK"),
}


def routed(protocol: Protocol, country: str) -> st.SearchStrategy[Answers]:
    """Answer sheets as somebody fills them in who follows the route."""
    asked = [question for question in protocol.questions() if question.kind is not Kind.NOTE]
    sheets = st.fixed_dictionaries({question.name: printable(question, country) for question in asked})
    return sheets.map(lambda sheet: routing.on_route(protocol, sheet, country))


def encoded(protocol: Protocol, answers: Answers, country: str) -> tuple[bytes, dict[str, str]]:
    asked = routing.asked(protocol, answers, country)
    return layout_of(protocol).encode(answers, asked), record.texts(protocol, answers)


@settings(deadline=None)
@given(st.data())
def test_keys_give_what_the_participants_form_gives(data: st.DataObject) -> None:
    protocol = data.draw(strategies.protocols())
    sheet = data.draw(routed(protocol, "KE"))
    web, keys = by_web(protocol, sheet, "KE"), by_keys(protocol, sheet, "KE")
    assert encoded(protocol, keys, "KE") == encoded(protocol, web, "KE") == encoded(protocol, sheet, "KE")


DEFENDERS = read_protocol(read_workbook(ROOT / "studies/defenders"))


@settings(deadline=None, max_examples=15)
@given(st.data())
@pytest.mark.parametrize("country", [country.code for country in DEFENDERS.countries])
def test_so_they_do_for_the_bundled_study_in_every_country(country: str, data: st.DataObject) -> None:
    sheet = data.draw(routed(DEFENDERS, country))
    web, keys = by_web(DEFENDERS, sheet, country), by_keys(DEFENDERS, sheet, country)
    assert encoded(DEFENDERS, keys, country) == encoded(DEFENDERS, web, country)
