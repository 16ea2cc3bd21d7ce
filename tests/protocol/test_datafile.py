"""Files of responses: read whole, or refused with every problem and its place."""

import csv
import datetime
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.protocol import codebook, datafile, record, routing
from survey.protocol.datafile import DataFile, Defaults, Line
from survey.protocol.mapping import Mapped, read_mapping
from survey.protocol.schema import Answer, Missing
from tests import workbooks as w
from tests.protocol import strategies

LISTS = [
    *w.YES_NO,
    *w.choices("work", "paid", "unpaid", none=True),
    *w.choices("often", "never", "often"),
    {"list_name": "region", "name": "coast", "label": "Coast", "code": "1", "countries": "KE"},
    {"list_name": "region", "name": "rift", "label": "Rift", "code": "2", "countries": "KE"},
    {"list_name": "region", "name": "delta", "label": "Delta", "code": "3", "countries": "EG"},
    {"list_name": "region", "name": "sinai", "label": "Sinai", "code": "4", "countries": "EG"},
    {"list_name": "region", "name": "prefer_not", "label": "No", "missing": "prefer_not"},
]
PROTOCOL = w.protocol(
    w.group(
        "about",
        w.one("region", "region", choice_filter="selected(countries, ${country}) or countries = ''"),
        w.one("trained", "yesno", required="yes"),
        w.integer("times", 1, 50, relevant="${trained} = 'yes'"),
        w.many("work", "work"),
        w.question("text", "secure"),
    ),
    LISTS,
)
HEADING = ["_week", "_language", "region", "trained", "times", "work", "secure"]
GOOD = ["2026-W48", "en", "coast", "yes", "3", "paid;unpaid", "friends"]
MONDAY = datetime.date(2026, 11, 23)


def file(heading: list[str], mapped: Mapped | None = None, defaults: Defaults | None = None) -> DataFile:
    return DataFile(
        "f.csv", heading, protocol=PROTOCOL, country="KE", mapped=mapped or Mapped(), defaults=defaults or Defaults()
    )


def faults(row: list[str], heading: list[str] = HEADING) -> list[tuple[str, str]]:
    found = file(heading).read(7, row)
    assert isinstance(found, list)
    assert {problem.row for problem in found} == {7}
    return [(problem.column, problem.code) for problem in found]


def changed(**values: str) -> list[str]:
    return [values.get(name, cell) for name, cell in zip(HEADING, GOOD, strict=True)]


def test_a_good_row_is_a_response() -> None:
    answers: dict[str, Answer] = {
        "region": "coast",
        "trained": "yes",
        "times": 3,
        "work": ("paid", "unpaid"),
        "secure": "friends",
    }
    assert file(HEADING).problems == []
    assert file(HEADING).read(2, GOOD) == Line(MONDAY, "en", answers)


@pytest.mark.parametrize("week", ["2026-W48", "2026-11-23", "2026-11-23T10:11:12.000+03:00", "2026-11-23 10:11:12"])
def test_days_and_times_become_no_finer_than_their_day(week: str) -> None:
    found = file(HEADING).read(2, changed(_week=week))
    assert isinstance(found, Line)
    assert found.day == MONDAY


def test_ticks_in_columns_of_their_own_are_the_same_answer() -> None:
    heading = ["_week", "_language", "about/trained", "about/work/paid", "work/unpaid", "work/none"]
    found = file(heading).read(2, ["2026-W48", "en", "no", "1", "TRUE", "0"])
    assert isinstance(found, Line)
    assert found.answers["work"] == ("paid", "unpaid")
    nothing = file(heading).read(2, ["2026-W48", "en", "no", "", "", ""])
    assert isinstance(nothing, Line)
    assert nothing.answers["work"] is Missing.BLANK


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (changed(_week="2026-W60"), [("_week", "week")]),
        (changed(_week="yesterday"), [("_week", "week")]),
        (changed(_language="fr"), [("_language", "language")]),
        (changed(region="delta"), [("region", "not-offered")]),
        (changed(trained="no"), [("times", "not-asked")]),
        (changed(trained="", times=""), [("trained", "required")]),
        (changed(times="51", work="none;paid"), [("times", "number"), ("work", "choice-alone")]),
        (
            changed(region="nowhere", trained="perhaps", times=""),
            [("region", "choice-unknown"), ("trained", "choice-unknown")],
        ),
        (GOOD[:-1], [("", "cells")]),
    ],
)
def test_everything_wrong_with_a_row_is_told_with_its_place(row: list[str], found: list[tuple[str, str]]) -> None:
    told = faults(row)
    assert [fault for fault in told if fault in found] == found
    # A cell that cannot be read leaves its question without an answer; that follows and may be told as well.
    assert {column for column, _ in told} <= {column for column, _ in found} | {"times", "trained"}


@pytest.mark.parametrize(
    ("heading", "found"),
    [
        (["_week", "_language", "trained", "colour"], [("colour", "column-unknown")]),
        (["_week", "_language", "trained", "trained"], [("trained", "column-twice")]),
        (["_week", "_language", "work", "work/paid"], [("work/paid", "column-twice")]),
        (["_week", "_language", "work/paid", "work"], [("work", "column-twice")]),
        (["_week", "_language", "work/fun"], [("work/fun", "choice-unknown")]),
        (["trained"], [("_week", "column-missing"), ("_language", "column-missing")]),
    ],
)
def test_everything_wrong_with_the_heading_is_told(heading: list[str], found: list[tuple[str, str]]) -> None:
    assert [(problem.column, problem.code) for problem in file(heading).problems] == found


def test_the_problem_of_an_unknown_column_gives_the_mapping_row_to_add() -> None:
    assert "“colour,-”" in file(["_week", "_language", "colour"]).problems[0].message


@pytest.mark.parametrize(
    ("first", "delimiter"), [("a,b,c", ","), ("a;b;c", ";"), ("a\tb\tc", "\t"), ('"a;b;c",d,e', ",")]
)
def test_the_separator_is_the_headings_own(first: str, delimiter: str) -> None:
    assert datafile.dialect(first + "\n") == delimiter


# Mapping files --------------------------------------------------------------------------------------------------------

LIMESURVEY = """column,question,choice,separator,value,answer
id,-,,,,
submitdate,_week,,,,
startlanguage,_language,,,,
G01Q01,region,,,,
G01Q02,trained,,,,
G01Q02,,,,Y,yes
G01Q02,,,,N,no
G01Q03[SQ001],work,paid,,,
G01Q03[SQ002],work,unpaid,,,
G01Q01,,,,A1,coast
*,,,,N/A,
"""
KOBO = """column,question,choice,separator,value,answer
start,-,,,,
_uuid,-,,,,
_submission_time,_week,,,,
about/work,work,,space,,
"""


def mapping(text: str) -> Mapped:
    mapped, problems = read_mapping("m.csv", csv.reader(io.StringIO(text)))
    assert problems == []
    return mapped


def test_an_export_of_limesurvey_is_read_through_its_mapping() -> None:
    heading = ["id", "submitdate", "startlanguage", "G01Q01", "G01Q02", "G01Q03[SQ001]", "G01Q03[SQ002]"]
    reader = file(heading, mapping(LIMESURVEY))
    assert reader.problems == []
    found = reader.read(2, ["17", "2026-11-25 09:08:07", "en", "A1", "N", "Y", "N/A"])
    assert found == Line(datetime.date(2026, 11, 25), "en", {"region": "coast", "trained": "no", "work": ("paid",)})


def test_an_export_of_kobotoolbox_is_read_through_its_mapping() -> None:
    heading = ["start", "about/region", "about/trained", "about/work", "about/secure", "_uuid", "_submission_time"]
    reader = file(heading, mapping(KOBO), Defaults(language="en"))
    assert reader.problems == []
    found = reader.read(2, ["x", "rift", "no", "unpaid paid", "=friends", "5b2f", "2026-11-25T09:08:07"])
    assert isinstance(found, Line)
    assert found.answers == {"region": "rift", "trained": "no", "work": ("paid", "unpaid"), "secure": "=friends"}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (",work,,,,", "mapping-column"),
        ("a,,,,,", "mapping-question"),
        ("*,work,,,,", "mapping-question"),
        ("a,work,,bar,,", "mapping-separator"),
        ("id,work,,,,", "mapping-twice"),
        ("G01Q02,,,,Y,no", "mapping-twice"),
    ],
)
def test_a_bad_mapping_row_is_a_problem_with_its_place(row: str, code: str) -> None:
    _, problems = read_mapping("m.csv", csv.reader(io.StringIO(LIMESURVEY + row + "\n")))
    assert [(problem.row, problem.code) for problem in problems] == [(13, code)]


def test_a_mapping_without_its_headings_is_a_problem() -> None:
    assert [problem.code for problem in read_mapping("m.csv", [["a", "b"]])[1]] == ["mapping-heading"]


# There and back -------------------------------------------------------------------------------------------------------


@given(strategies.protocols().flatmap(lambda p: st.tuples(st.just(p), strategies.answers(p))))
def test_a_written_line_is_read_as_the_same_record_and_the_same_texts(given_: tuple) -> None:
    protocol, given_answers = given_
    # Whether a question is asked is the route's to say; nobody answers “not asked”.
    answers = {name: answer for name, answer in given_answers.items() if answer is not Missing.NOT_ASKED}
    layout = record.layout_of(protocol)
    asked = routing.asked(protocol, answers, "KE")
    counted = {name: answer for name, answer in answers.items() if name in asked}
    stored, texts = layout.encode(counted, asked), record.texts(protocol, counted)
    if any("\x00" in text for text in texts.values()):
        return
    heading = datafile.headings(protocol)
    written = io.StringIO(newline="")
    line = datafile.line(protocol, "2026-W48", "en", layout.decode(stored, texts))
    csv.writer(written, lineterminator="\n").writerows([heading, line])
    _, (number, row) = datafile.rows(io.StringIO(written.getvalue(), newline=""), ",")
    reader = DataFile("f", heading, protocol=protocol, country="KE", mapped=Mapped(), defaults=Defaults())
    back = reader.read(number, row)
    assert isinstance(back, Line), back
    again = routing.asked(protocol, back.answers, "KE")
    assert layout.encode(back.answers, again) == stored
    assert record.texts(protocol, back.answers) == texts


def test_a_codebook_says_where_everything_stands_and_what_it_means() -> None:
    lines = list(codebook.rows(PROTOCOL, record.layout_of(PROTOCOL), ("en",)))
    assert lines[0] == ["region", "1", "1", "select_one", "", "", "region?"]
    assert lines[1] == ["region", "1", "1", "select_one", "1", "coast", "Coast"]
    assert ["region", "1", "1", "select_one", "254", "prefer_not", "No"] in lines
    assert ["work/paid", "4", "1", "select_multiple", "1", "paid", "paid"] in lines
    assert ["times", "3", "1", "integer", "1–50", "the number itself", ""] in lines
    assert ["secure", "7", "1", "text", "1", "given", ""] in lines
