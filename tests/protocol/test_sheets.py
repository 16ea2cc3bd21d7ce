"""Reading files: a folder of CSV sheets and an .xlsx file give the same workbook, and bad files say what to do."""

import csv
import io
import warnings
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from survey.protocol import sheets
from survey.protocol.problems import WorkbookError
from survey.protocol.sheets import MAX_CELL, MAX_ROWS, Row, Sheet, Workbook, from_json, read_workbook
from tests import workbooks as w

SMALL = w.sheets(
    [*w.group("about", w.one("sex", "sex"), w.integer("age"))],
    [*w.SEX, *w.YES_NO],
    languages=(w.ENGLISH, "العربية (ar)"),
)


def text_of(lines, **dialect):
    file = io.StringIO(newline="")
    csv.writer(file, **dialect).writerows(lines)
    return file.getvalue()


def problems_of(path):
    with pytest.raises(WorkbookError) as caught:
        read_workbook(path)
    return [(p.sheet, p.row, p.column, p.code) for p in caught.value.problems]


def small_folder(tmp_path, **replaced):
    """The small workbook as a folder; a replaced sheet is bytes or text."""
    folder = w.write_csv(tmp_path / "study", SMALL)
    for name, content in replaced.items():
        (folder / f"{name}.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_csv_xlsx_and_stored_json_give_equal_workbooks(tmp_path):
    from_csv = read_workbook(w.write_csv(tmp_path / "study", SMALL))
    from_xlsx = read_workbook(w.write_xlsx(tmp_path / "study.xlsx", SMALL))
    assert from_csv == from_xlsx == from_json(SMALL)
    assert from_csv.to_json() == SMALL


def test_what_a_spreadsheet_does_to_cells_is_undone(tmp_path):
    lines = [["a", "b", "c", "d", "e"], [5, 5.0, 2026.1, True, " x "], [None] * 5, [None, "α", None, "one\ntwo", None]]
    book = read_workbook(w.write_xlsx(tmp_path / "study.xlsx", {**SMALL, "deviations": lines}))
    assert book.rows("deviations") == (
        Row(2, {"a": "5", "b": "5", "c": "2026.1", "d": "TRUE", "e": "x"}),
        Row(4, {"a": "", "b": "α", "c": "", "d": "one\ntwo", "e": ""}),
    )


@pytest.mark.parametrize("answer", ["yes", "TRUE", "true()", "1", "Yes"])
def test_says_yes(answer):
    assert Row(2, {"exclusive": answer}).says_yes("exclusive")


@pytest.mark.parametrize("answer", ["", "no", "FALSE", "0"])
def test_says_no(answer):
    assert not Row(2, {"exclusive": answer}).says_yes("exclusive")


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfname,field\r\nage,label\r\n",
        b'"name",field\nage,label',
        b"name , field\n age , label,,\n",
        b"name,field,,\nage,label\n",
    ],
    ids=["byte order mark", "quotes", "spaces and cells too many", "headings too many"],
)
def test_ways_to_write_the_same_csv(tmp_path, content):
    book = read_workbook(small_folder(tmp_path, deviations=content))
    assert book.sheets["deviations"] == Sheet(
        "deviations", ("name", "field"), (Row(2, {"name": "age", "field": "label"}),)
    )


def test_ragged_and_blank_rows_keep_their_numbers(tmp_path):
    book = read_workbook(small_folder(tmp_path, deviations="a,b,c\n1\n\n,,\n1,2,3\n"))
    assert book.rows("deviations") == (Row(2, {"a": "1", "b": "", "c": ""}), Row(5, {"a": "1", "b": "2", "c": "3"}))


def test_line_ends_inside_a_cell_do_not_depend_on_the_system(tmp_path):
    book = read_workbook(small_folder(tmp_path, deviations=b'a\r\n"one\r\ntwo"\r\n'))
    assert book.rows("deviations")[0].get("a") == "one\ntwo"


def test_other_files_and_sheets_are_ignored(tmp_path):
    folder = w.write_csv(tmp_path / "study", {**SMALL, "published": [["x"]]})
    assert read_workbook(folder) == from_json(SMALL)
    assert read_workbook(w.write_xlsx(tmp_path / "s.xlsx", {**SMALL, "notes": [["x", "x"]]})) == from_json(SMALL)


@pytest.mark.parametrize(
    ("sheet", "content", "expected"),
    [
        ("survey", text_of(SMALL["survey"]).encode("utf-16"), ("survey", 0, "", "not-utf-8")),
        ("survey", "type,label::Español (es)\nnote,Año\n".encode("latin-1"), ("survey", 0, "", "not-utf-8")),
        ("choices", 'list_name,name\n"open', ("choices", 0, "", "not-csv")),
        ("choices", f"list_name,name\nx,{'x' * 200_000}\n", ("choices", 0, "", "not-csv")),
        ("survey", text_of(SMALL["survey"], delimiter=";"), ("survey", 1, "", "separator")),
        ("survey", text_of(SMALL["survey"], delimiter="\t"), ("survey", 1, "", "separator")),
        ("settings", "", ("settings", 0, "", "sheet-empty")),
        ("settings", "\n1,2\n", ("settings", 0, "", "sheet-empty")),
        ("choices", "list_name,name,name\n", ("choices", 1, "name", "column-twice")),
        ("choices", "name\n" + "x\n" * MAX_ROWS, ("choices", 0, "", "sheet-too-long")),
        ("choices", f"name\nx\n{'x' * (MAX_CELL + 1)}\n", ("choices", 3, "", "cell-unusable")),
        ("choices", "name\na\x00b\n", ("choices", 2, "", "cell-unusable")),
        ("choices", "list_name,name\na,b,c\n", ("choices", 2, "", "cells-beyond-header")),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else None,
)
def test_a_bad_sheet_is_a_located_problem(tmp_path, sheet, content, expected):
    assert problems_of(small_folder(tmp_path, **{sheet: content})) == [expected]


def test_a_wrong_separator_says_what_to_do(tmp_path):
    with pytest.raises(WorkbookError, match="“;”; save the file as CSV with commas"):
        read_workbook(small_folder(tmp_path, survey=text_of(SMALL["survey"], delimiter=";")))


def test_as_many_rows_and_letters_as_allowed(tmp_path):
    content = f"name\n{'x' * MAX_CELL}\n" + "x\n" * (MAX_ROWS - 2)
    assert len(read_workbook(small_folder(tmp_path, deviations=content)).rows("deviations")) == MAX_ROWS - 1


@pytest.mark.parametrize("name", ["none.xlsx", "none.ods", "none"])
def test_a_path_without_a_workbook(tmp_path, name):
    assert problems_of(tmp_path / name) == [(name, 0, "", "not-a-workbook")]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 damaged", b"name,field\n"])
def test_a_file_that_is_no_spreadsheet(tmp_path, content):
    (tmp_path / "study.xlsx").write_bytes(content)
    assert problems_of(tmp_path / "study.xlsx") == [("study.xlsx", 0, "", "not-a-workbook")]


def test_a_spreadsheet_of_something_else(tmp_path):
    assert problems_of(w.write_xlsx(tmp_path / "s.xlsx", {"Sheet1": [["x"]]})) == [("s.xlsx", 0, "", "not-a-workbook")]


@pytest.mark.parametrize("write", [lambda p, s: w.write_csv(p / "s", s), lambda p, s: w.write_xlsx(p / "s.xlsx", s)])
def test_every_missing_sheet_is_told(tmp_path, write):
    path = write(tmp_path, {"survey": SMALL["survey"]})
    assert problems_of(path) == [(name, 0, "", "sheet-missing") for name in ("choices", "countries", "settings")]


def test_several_bad_sheets_are_told_at_once_and_in_order(tmp_path):
    folder = small_folder(tmp_path, survey="a,a\n1,2,3\n", choices=b"\xff")
    (folder / "countries.csv").unlink()
    assert problems_of(folder) == [
        ("choices", 0, "", "not-utf-8"),
        ("countries", 0, "", "sheet-missing"),
        ("survey", 1, "a", "column-twice"),
        ("survey", 2, "", "cells-beyond-header"),
    ]


def test_rows_that_are_only_formatted_do_not_count(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MAX_ROWS", 9)
    lines = [*SMALL["survey"], *([[None]] * 10), ["note", "late"]]
    path = w.write_xlsx(tmp_path / "s.xlsx", {**SMALL, "survey": lines})
    assert read_workbook(path).rows("survey")[-1].number == len(SMALL["survey"]) + 11


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_spreadsheet_is_read_or_is_a_problem(tmp_path, data):
    whole = bytearray(w.write_xlsx(tmp_path / "study.xlsx", SMALL).read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        # The file's length varies with the clock, so a place is a share of it.
        whole[data.draw(st.integers(0, 9999)) * len(whole) // 10_000] = data.draw(st.integers(0, 255))
    (tmp_path / "study.xlsx").write_bytes(whole)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(WorkbookError):
            assert isinstance(read_workbook(tmp_path / "study.xlsx"), Workbook)


def test_a_workbook_without_a_sheet_has_no_rows_of_it():
    assert (Workbook({}).rows("survey"), Workbook({}).columns("survey")) == ((), ())


def test_rows_keep_their_numbers_when_a_workbook_is_stored(tmp_path):
    (tmp_path / "choices.csv").write_text("list_name,name\n\nyesno,no\n,\nyesno,yes\n", encoding="utf-8")
    for name in ("survey", "settings", "countries"):
        (tmp_path / f"{name}.csv").write_text("name\nx\n", encoding="utf-8")
    book = read_workbook(tmp_path)
    assert [row.number for row in book.rows("choices")] == [3, 5]
    assert from_json(book.to_json()) == book
