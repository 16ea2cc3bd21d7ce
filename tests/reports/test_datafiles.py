"""Records as CSV, .sav and .dta: read back by pyreadstat, value by value and label by label."""

import csv
import datetime
import io
from collections import Counter

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.datafiles import rows, statistics, tables
from reports.datafiles.statistics import DTA, SAV, Head
from survey.protocol import routing
from survey.protocol.columns import SPSS, STATA, TAG_OF, VALUE_OF, Words, columns
from survey.protocol.record import layout_of
from survey.protocol.schema import Missing
from survey.protocol.workbook import read_protocol
from tests import workbooks as w
from tests.protocol import strategies
from tests.studies import small_workbook

WORDS = Words("ticked", "not ticked", "given", {reason: f"why {reason.value}" for reason in Missing})
DAY = datetime.date(2026, 11, 23)
HEAD = Head("SYNTHETIC Study", ("One note", "وهذه ملاحظة " * 20), DAY)
WRITERS = {SAV: pyreadstat.read_sav, DTA: pyreadstat.read_dta}
LETTERS = {VALUE_OF[reason]: tag for reason, tag in TAG_OF.items()}


@pytest.fixture(scope="module")
def study():
    protocol = read_protocol(small_workbook())
    return protocol, layout_of(protocol)


def matrix_of(protocol, layout, people, country="KE"):
    records = [layout.encode(answers, routing.asked(protocol, answers, country)) for answers in people]
    return np.frombuffer(b"".join(records), dtype=np.uint8).reshape(len(people), layout.length)


def written(kind, values, found, tmp_path, language="en"):
    """What stands in a file, and what pyreadstat reads in it."""
    content = statistics.write(kind, values, found, head=HEAD, language=language, country="KE", words=WORDS)
    path = tmp_path / f"data.{kind}"
    path.write_bytes(content)
    return content, *WRITERS[kind](path, user_missing=True)


PEOPLE = [
    {"gender": "woman", "age": 41, "assess": "often", "training": "yes", "trainings": 3, "work": ("paid", "unpaid")},
    {"gender": "prefer_not", "training": "dont_know", "work": ("none",), "secure": "somebody's own words"},
    {"gender": "man", "age": 19, "training": "no", "manage": "never"},
]


def test_rows_are_in_an_order_of_their_own_and_hold_codes(study):
    protocol, layout = study
    found = columns(layout)
    assert [column.name for column in found] == [
        *("gender", "age", "assess", "manage", "training", "trainings", "work_paid", "work_unpaid", "work_none")
    ]
    values = rows.values(matrix_of(protocol, layout, PEOPLE), found)
    assert values.tolist() == [
        [-2, -1, -1, -1, -3, -5, 0, 0, 1],
        [0, 41, 1, -1, 1, 3, 1, 1, 0],
        [1, 19, -1, 0, 0, -5, -1, -1, -1],
    ]
    assert np.array_equal(values, rows.values(matrix_of(protocol, layout, PEOPLE[::-1]), found))


def test_a_file_of_spss_holds_values_labels_and_missing_ones(study, tmp_path):
    protocol, layout = study
    found = columns(layout)
    values = rows.values(matrix_of(protocol, layout, PEOPLE), found)
    _content, data, told = written(SAV, values, found, tmp_path)
    assert data.to_numpy().tolist() == values.tolist()
    assert told.column_names_to_labels["gender"] == "What is your gender?"
    assert told.column_names_to_labels["work_paid"] == "paid – How do you work?"
    gender = {0: "woman", 1: "man", -1: "why blank", -2: "prefer_not", -3: "why dont_know"}
    assert told.variable_value_labels["gender"] == gender | {-4: "why not_applicable", -5: "why not_asked"}
    assert told.missing_ranges == {column.name: [{"lo": -5.0, "hi": -1.0}] for column in found}
    assert told.variable_measure == {c.name: "scale" if c.is_number else "nominal" for c in found}
    assert told.file_label == "SYNTHETIC Study"
    assert told.notes[0] == "One note"
    assert all(len(line.encode()) <= 80 for line in told.notes)
    assert " ".join(told.notes[1:]) == HEAD.notes[1].strip()
    assert told.creation_time.date() == DAY


def test_a_file_of_spss_reads_missing_ones_as_missing(study, tmp_path):
    protocol, layout = study
    found = columns(layout)
    path = tmp_path / "data.sav"
    values = rows.values(matrix_of(protocol, layout, PEOPLE), found)
    path.write_bytes(statistics.write(SAV, values, found, head=HEAD, language="en", country="KE", words=WORDS))
    data, _told = pyreadstat.read_sav(path)
    assert data["age"].isna().tolist() == [True, False, False]


def test_a_file_of_stata_holds_values_labels_and_extended_missing_ones(study, tmp_path):
    protocol, layout = study
    found = columns(layout)
    values = rows.values(matrix_of(protocol, layout, PEOPLE), found)
    content, data, told = written(DTA, values, found, tmp_path)
    assert content.startswith(b"<stata_dta><header><release>118</release>")
    assert data.to_numpy().tolist() == [[LETTERS.get(value, value) for value in row] for row in values.tolist()]
    labels = told.variable_value_labels["training"]
    assert labels == {0: "no", 1: "yes", "a": "why blank", "b": "prefer_not", "c": "dont_know"} | {
        "d": "why not_applicable",
        "e": "why not_asked",
    }
    assert told.file_label == "SYNTHETIC Study"
    assert told.creation_time.date() == DAY


def test_another_reader_of_stata_files_finds_the_same(study, tmp_path):
    """pandas reads the format with code of its own."""
    protocol, layout = study
    found = columns(layout)
    values = rows.values(matrix_of(protocol, layout, PEOPLE), found)
    written(DTA, values, found, tmp_path)
    with pd.io.stata.StataReader(tmp_path / "data.dta", convert_categoricals=False, convert_missing=True) as reader:
        data = reader.read()
        assert reader.variable_labels()["gender"] == "What is your gender?"
    texts = [[f".{LETTERS[value]}" if value < 0 else str(value) for value in row] for row in values.tolist()]
    assert [[str(cell) for cell in row] for row in data.to_numpy().tolist()] == texts


@pytest.mark.parametrize("kind", [SAV, DTA])
def test_the_same_data_makes_the_same_bytes(study, kind, tmp_path, monkeypatch):
    protocol, layout = study
    found = columns(layout)
    values = rows.values(matrix_of(protocol, layout, PEOPLE), found)
    first, *_ = written(kind, values, found, tmp_path)
    monkeypatch.setenv("TZ", "Asia/Jakarta")
    assert written(kind, values, found, tmp_path)[0] == first


@pytest.mark.parametrize("kind", [SAV, DTA])
def test_a_file_without_anybody_has_its_columns(study, kind, tmp_path):
    protocol, layout = study
    found = columns(layout)
    _content, data, told = written(kind, rows.values(matrix_of(protocol, layout, []), found), found, tmp_path)
    assert (len(data), told.column_names) == (0, [column.name for column in found])


@pytest.mark.parametrize(("kind", "limits"), [(SAV, SPSS), (DTA, STATA)])
def test_long_arabic_labels_are_cut_between_characters(kind, limits, tmp_path):
    question = "ما هو نوعك الاجتماعي؟ " * 30
    sheet = w.protocol([*w.group("one", w.one("gender", "yesno", label=question))], [*w.YES_NO])
    layout = layout_of(sheet)
    found = columns(layout)
    values = rows.values(matrix_of(sheet, layout, [{"gender": "yes"}], "KE"), found)
    _content, _data, told = written(kind, values, found, tmp_path)
    label = told.column_labels[0]
    assert limits.label.holds(label)
    assert label == limits.label.cut(question)
    assert label.endswith("…")
    assert question.startswith(label[:-1])
    # As much as fits: one more character would not.
    assert not limits.label.holds(question[: len(label) + 2])


@pytest.mark.parametrize("kind", [SAV, DTA])
def test_hundreds_without_an_answer_before_the_first_number(study, kind, tmp_path):
    """Rows are sorted, so missing ones come first; a column must not be taken for text by how it begins."""
    protocol, layout = study
    found = columns(layout)
    people = [{}] * 150 + [{"age": age, "gender": "man"} for age in range(15, 121)]
    values = rows.values(matrix_of(protocol, layout, people), found)
    _content, data, _told = written(kind, values, found, tmp_path)
    tags = LETTERS if kind == DTA else {}
    assert data.to_numpy().tolist() == [[tags.get(value, value) for value in row] for row in values.tolist()]


def test_codes_and_labels_as_csv(study):
    protocol, layout = study
    found = columns(layout)
    values = rows.values(matrix_of(protocol, layout, PEOPLE), found)
    codes = list(csv.reader(io.StringIO(tables.codes(values, found).decode("ascii"))))
    assert codes[0] == [column.name for column in found]
    assert codes[1:] == [[str(value) for value in row] for row in values.tolist()]
    content = tables.labels(values, found, language="en", country="KE", words=WORDS)
    labels = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [(row["gender"], row["age"], row["work_paid"], row["trainings"]) for row in labels] == [
        ("prefer_not", "why blank", "not ticked", "why not_asked"),
        ("woman", "41", "ticked", "3"),
        ("man", "19", "why blank", "why not_asked"),
    ]


def test_a_label_like_a_formula_is_made_harmless():
    lists = w.choices("yesno", "no", "yes")
    for row in lists:
        row.update({key: "=HYPERLINK(1)" for key in row if key.startswith("label") and row["name"] == "yes"})
    sheet = w.protocol([*w.group("one", w.one("gender", "yesno"))], lists)
    layout = layout_of(sheet)
    values = rows.values(matrix_of(sheet, layout, [{"gender": "yes"}]), columns(layout))
    content = tables.labels(values, columns(layout), language="en", country="KE", words=WORDS).decode("utf-8-sig")
    assert content.splitlines()[1] == "'=HYPERLINK(1)"


def test_a_process_that_fails_says_nothing_of_the_data(study, monkeypatch):
    protocol, layout = study
    found = columns(layout)
    values = rows.values(matrix_of(protocol, layout, PEOPLE), found)
    monkeypatch.setattr(statistics, "_ROOT", statistics._ROOT / "tests")
    with pytest.raises(statistics.WritingError, match=r"^exit code \d+$"):
        statistics.write(SAV, values, found, head=HEAD, language="en", country="KE", words=WORDS)


# Starting a process for each file takes most of a second.
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_was_answered_is_read_back(data, tmp_path_factory):
    protocol = data.draw(strategies.protocols())
    layout = layout_of(protocol)
    found = columns(layout)
    if not found:
        return
    people = data.draw(st.lists(strategies.answers(protocol), min_size=1, max_size=8))
    matrix = matrix_of(protocol, layout, people)
    values = rows.values(matrix, found)
    assert Counter(map(tuple, values.tolist())) == Counter(expected(layout, found, record) for record in matrix)
    for kind, tags in ((SAV, {}), (DTA, LETTERS)):
        _content, read, _told = written(kind, values, found, tmp_path_factory.mktemp("files"))
        assert read.to_numpy().tolist() == [[tags.get(value, value) for value in row] for row in values.tolist()]


def expected(layout, found, record):
    """What a record says, by way of its answers."""
    answers = layout.decode(record.tobytes())
    return tuple(_expected(column, answers[column.question.name]) for column in found)


def _expected(column, answer):
    question = column.question
    named = question.choices.get(answer[0] if isinstance(answer, tuple) else answer) if question.choices else None
    reason = answer if isinstance(answer, Missing) else named.missing if named else None
    if reason is not None:
        return VALUE_OF[reason]
    if column.choice is not None:
        return int(column.choice.name in answer)
    return named.code if named else 1 if answer == "OK" else answer
