"""Small workbooks as values: a few lines say what a test needs, everything else is filled in."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook as Spreadsheet

from reports.plan import Plan
from reports.plan_sheets import read_plan
from survey.protocol.schema import Protocol
from survey.protocol.sheets import Workbook, from_json
from survey.protocol.workbook import read_protocol

ENGLISH = "English (en)"
TEXTS = ("label", "hint", "constraint_message", "stub", "column")
Cells = Mapping[str, str]
Lists = dict[str, list[list[str]]]


# Rows of the survey sheet ---------------------------------------------------------------------------------------------


def group(name: str, *rows: Cells | list[Cells], **cells: str) -> list[Cells]:
    """A section, or inside a section a battery."""
    inside = [row for part in rows for row in (part if isinstance(part, list) else [part])]
    return [{"type": "begin_group", "name": name, "label": name, **cells}, *inside, {"type": "end_group"}]


def question(kind: str, name: str, **cells: str) -> Cells:
    return {"type": kind, "name": name, "label": f"{name}?", **cells}


def one(name: str, of: str, **cells: str) -> Cells:
    return question(f"select_one {of}", name, **cells)


def many(name: str, of: str, **cells: str) -> Cells:
    return question(f"select_multiple {of}", name, **cells)


def integer(name: str, low: int = 0, high: int = 99, **cells: str) -> Cells:
    cells = {"constraint": f". >= {low} and . <= {high}", "constraint_message": "Write a whole number.", **cells}
    return question("integer", name, **cells)


# Rows of the other sheets ---------------------------------------------------------------------------------------------


def choices(name: str, *names: str, missing: Iterable[str] = (), none: bool = False) -> list[Cells]:
    """A list with codes 0, 1, 2, … in order, then “none” if wanted, the missing reasons, and prefer_not."""
    coded = [*names, *(["none"] if none else [])]
    rows: list[Cells] = [
        {"list_name": name, "name": choice, "label": choice, "code": str(code)} for code, choice in enumerate(coded)
    ]
    if none:
        rows[-1] = {**rows[-1], "exclusive": "yes"}
    reasons = [*missing, "prefer_not"]
    return [*rows, *({"list_name": name, "name": why, "label": why, "missing": why} for why in reasons)]


def indicator(name: str, variable: str, stat: str, **cells: str) -> Cells:
    return {"indicator": name, "variable": variable, "stat": stat, "label": name, **cells}


def table(name: str, *lines: str, show: str = "plain") -> list[Cells]:
    opening = {"table": name, "show": show, "label": name, "stub": "Row", "column": "Percent"}
    return [opening, *({"table": name, "indicator": line} for line in lines)]


SETTINGS = {"form_title": "Survey", "form_id": "small", "version": "1", "default_language": ENGLISH, "records": "open"}
YES_NO = choices("yesno", "no", "yes")
SEX = choices("sex", "woman", "man")


def country(code: str, **cells: str) -> Cells:
    return {"country": code, "label": code, "languages": "en", **cells}


def information(part: str, **cells: str) -> Cells:
    return {"part": part, "label": part, **cells}


def sheets(
    survey: Sequence[Cells],
    choices: Sequence[Cells] = (),
    *,
    countries: Sequence[Cells] = (country("KE"), country("EG")),
    settings: Cells | None = None,
    deviations: Sequence[Cells] = (),
    indicators: Sequence[Cells] = (),
    tables: Sequence[Cells] | None = None,
    information: Sequence[Cells] = (),
    languages: Sequence[str] = (ENGLISH,),
) -> Lists:
    """The sheets of a workbook as lists. Without `tables` one table has a line for every indicator."""
    lines = table("all", *(row["indicator"] for row in indicators)) if tables is None and indicators else tables or []
    rows: dict[str, Sequence[Cells]] = {
        "survey": survey,
        "choices": choices or YES_NO,
        "settings": [{**SETTINGS, **(settings or {})}],
        "countries": countries,
        "deviations": deviations,
        "indicators": indicators,
        "tables": lines,
        "information": information,
    }
    return {name: _lines(part, languages) for name, part in rows.items() if part}


def workbook(survey: Sequence[Cells], *others: Sequence[Cells], **more: object) -> Workbook:
    """A workbook; positional arguments are those of `sheets`."""
    return from_json(sheets(survey, *others, **more))  # type: ignore[arg-type]


def protocol(survey: Sequence[Cells], *others: Sequence[Cells], **more: object) -> Protocol:
    return read_protocol(workbook(survey, *others, **more))


def study(survey: Sequence[Cells], *others: Sequence[Cells], **more: object) -> tuple[Protocol, Plan]:
    """A protocol and its plan."""
    book = workbook(survey, *others, **more)
    read = read_protocol(book)
    return read, read_plan(book, read)


def _lines(rows: Sequence[Cells], languages: Sequence[str]) -> list[list[str]]:
    """Header and rows; a text without a language is the same in every language."""
    spread = [
        {
            heading: cell
            for column, cell in row.items()
            for heading in ([f"{column}::{language}" for language in languages] if column in TEXTS else [column])
        }
        for row in rows
    ]
    header = list(dict.fromkeys(column for row in spread for column in row))
    return [header, *([row.get(column, "") for column in header] for row in spread)]


# Files ----------------------------------------------------------------------------------------------------------------


def write_csv(folder: Path, lists: Lists) -> Path:
    folder.mkdir(exist_ok=True)
    for name, lines in lists.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines)
    return folder


def write_xlsx(path: Path, lists: Mapping[str, Sequence[Sequence[object]]]) -> Path:
    book = Spreadsheet()
    book.remove(book.active)
    for name, lines in lists.items():
        page = book.create_sheet(name)
        for line in lines:
            page.append([cell if cell != "" else None for cell in line])
    book.save(path)
    return path
