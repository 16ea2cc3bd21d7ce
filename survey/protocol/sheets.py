"""Sheets of a workbook as plain rows: a folder of CSV files or an .xlsx file, one reader for both."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path

from openpyxl import load_workbook

from survey.protocol.problems import Problem, WorkbookError

QUESTIONNAIRE_SHEETS = ("survey", "choices", "settings", "countries", "deviations", "information")
PLAN_SHEETS = ("derived", "indicators", "tables")
REQUIRED_SHEETS = ("survey", "choices", "settings", "countries")
MAX_ROWS = 20_000
MAX_CELL = 20_000
_SHEETS = (*QUESTIONNAIRE_SHEETS, *PLAN_SHEETS)
_SEPARATOR = re.compile(r"[;\t]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `number` counts as a spreadsheet does, so the first row under the header is 2."""

    number: int
    cells: Mapping[str, str]

    def get(self, column: str) -> str:
        return self.cells.get(column, "")

    def says_yes(self, column: str) -> bool:
        """XLSForm's ways to say yes; spreadsheets turn “true” into TRUE."""
        return self.get(column).lower() in ("yes", "true", "true()", "1")


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Workbook:
    """Sheets by name. Two workbooks with the same cells are equal, whatever file they came from."""

    sheets: Mapping[str, Sheet]

    def rows(self, name: str) -> tuple[Row, ...]:
        sheet = self.sheets.get(name)
        return sheet.rows if sheet else ()

    def columns(self, name: str) -> tuple[str, ...]:
        sheet = self.sheets.get(name)
        return sheet.columns if sheet else ()

    def to_json(self) -> dict[str, list[list[str]]]:
        """The workbook as lists: per sheet the header, then the rows, each where it stood. Inverse of `from_json`."""
        return {name: list(_numbered(sheet)) for name, sheet in sorted(self.sheets.items())}


def _numbered(sheet: Sheet) -> Iterator[list[str]]:
    yield list(sheet.columns)
    number = 1
    for row in sheet.rows:
        yield from ([] for _ in range(row.number - number - 1))
        yield [row.get(column) for column in sheet.columns]
        number = row.number


def from_json(data: Mapping[str, list[list[str]]]) -> Workbook:
    """The workbook that `Workbook.to_json` wrote."""
    problems: list[Problem] = []
    return Workbook({name: _sheet(name, enumerate(lines, start=1), problems) for name, lines in data.items()})


def read_workbook(path: Path) -> Workbook:
    """Read a folder of CSV sheets or an .xlsx file.

    Raises WorkbookError with every problem of the files themselves: not found, not UTF-8, no header, too large.
    """
    problems: list[Problem] = []
    raw = _csv_folder(path, problems) if path.is_dir() else _xlsx(path, problems)
    unreadable = {problem.sheet for problem in problems}
    sheets = {name: _sheet(name, lines, problems) for name, lines in raw.items()}
    if raw or path.is_dir():
        for name in REQUIRED_SHEETS:
            if name not in sheets and name not in unreadable:
                problems.append(Problem(name, 0, "", "sheet-missing", "the workbook has no such sheet; add it"))
    if problems:
        raise WorkbookError(problems)
    return Workbook(sheets)


Lines = Iterator[tuple[int, list[str]]]


def _csv_folder(path: Path, problems: list[Problem]) -> dict[str, Lines]:
    found: dict[str, Lines] = {}
    for name in _SHEETS:
        file = path / f"{name}.csv"
        if not file.is_file():
            continue
        try:
            text = file.read_bytes().decode("utf-8-sig")
            found[name] = iter(list(enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), start=1)))
        except UnicodeDecodeError:
            problems.append(Problem(name, 0, "", "not-utf-8", "save the file as UTF-8 and try again"))
        except csv.Error as error:
            problems.append(Problem(name, 0, "", "not-csv", f"the file is no CSV: {error}"))
    return found


def _xlsx(path: Path, problems: list[Problem]) -> dict[str, Lines]:
    try:
        with closing(load_workbook(path, read_only=True, data_only=True)) as book:
            found = {name: _lines(book[name].values) for name in _SHEETS if name in book.sheetnames}
    except Exception:  # a damaged file makes the spreadsheet library raise whatever its parts happen to meet
        message = "this is neither a folder of CSV sheets nor an .xlsx file that can be opened"
        problems.append(Problem(path.name, 0, "", "not-a-workbook", message))
        return {}
    if not found:
        problems.append(Problem(path.name, 0, "", "not-a-workbook", f"none of its sheets is {', '.join(_SHEETS)}"))
    return found


def _lines(rows: Iterable[tuple[object, ...]]) -> Lines:
    """Numbered rows. Spreadsheets hold rows without end that are only formatted; those do not count as rows."""
    written = ((n, row) for n, row in enumerate(rows, start=1) if n == 1 or any(v is not None for v in row))
    return iter([(n, [_cell(value) for value in row]) for n, row in islice(written, MAX_ROWS + 1)])


def _cell(value: object) -> str:
    """A spreadsheet turns 5 into 5.0 and an empty cell into None; the workbook's cells are texts."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _sheet(name: str, lines: Iterator[tuple[int, list[str]]], problems: list[Problem]) -> Sheet:
    numbered = [(number, [cell.strip().replace("\r\n", "\n") for cell in cells]) for number, cells in lines]
    columns = tuple(numbered[0][1]) if numbered else ()
    while columns and not columns[-1]:
        columns = columns[:-1]
    if not columns:
        problems.append(Problem(name, 0, "", "sheet-empty", "the sheet has no header row"))
        return Sheet(name, (), ())
    if separator := _SEPARATOR.search(columns[0]):
        message = f"the columns are separated by “{separator.group()}”; save the file as CSV with commas"
        problems.append(Problem(name, 1, "", "separator", message.replace("\t", "tab")))
        return Sheet(name, (), ())
    for column in {column for column in columns if columns.count(column) > 1}:
        problems.append(Problem(name, 1, column, "column-twice", "two columns have this heading; rename one"))
    if len(numbered) > MAX_ROWS:
        problems.append(Problem(name, 0, "", "sheet-too-long", f"more than {MAX_ROWS} rows"))
    rows = [_row(name, number, cells, columns, problems) for number, cells in numbered[1:] if any(cells)]
    return Sheet(name, columns, tuple(row for row in rows if row is not None))


def _row(name: str, number: int, cells: list[str], columns: tuple[str, ...], problems: list[Problem]) -> Row | None:
    if any(len(cell) > MAX_CELL or "\x00" in cell for cell in cells):
        problems.append(Problem(name, number, "", "cell-unusable", f"a cell over {MAX_CELL} characters, or with NUL"))
        return None
    if any(cells[len(columns) :]):
        problems.append(Problem(name, number, "", "cells-beyond-header", "more cells than the header has columns"))
        return None
    return Row(number, dict(zip_longest(columns, cells[: len(columns)], fillvalue="")))
