"""Every problem a workbook can have: its code, and the sheet, row and column where the fault is."""

import ast
from pathlib import Path

import pytest

from reports.plan_sheets import read_plan
from survey.protocol import checks, headings, sheets
from survey.protocol import workbook as workbook_reader
from survey.protocol.problems import Problem, WorkbookError
from survey.protocol.sheets import from_json
from survey.protocol.workbook import read_protocol
from tests.protocol.faults import BASE, CASES, OF_FILES, changed


def problems_of(book):
    with pytest.raises(WorkbookError) as caught:
        read_plan(book, read_protocol(book))
    return list(caught.value.problems)


ALL = [(code, changes, place) for code, cases in CASES.items() for changes, place in cases]
# These faults make a second one true as well: a table without its line, a name that two rows share, and so on.
WITH_COMPANY = {
    "choice-name",
    "choice-twice",
    "filter-missing",
    "group-not-closed",
    "group-too-deep",
    "heading-unknown",
    "identifying-field",
    "indicator-id",
    "indicator-twice",
    "indicator-unused",
    "language-twice",
    "missing-unknown",
    "name-twice",
    "no-country",
    "no-language",
    "no-question",
    "scale-broken",
    "settings-rows",
    "show-unknown",
    "table-not-open",
    "too-few-choices",
}


def test_the_base_has_no_problem():
    book = from_json(BASE)
    assert len(read_plan(book, read_protocol(book)).indicators) == 5


@pytest.mark.parametrize(("code", "changes", "place"), ALL, ids=[f"{code} {place}" for code, _, place in ALL])
def test_a_fault_is_told_with_its_place(code, changes, place):
    found = problems_of(changed(*changes))
    assert (code, *place) in [(p.code, p.sheet, p.row, p.column) for p in found]
    assert all(p.message for p in found)


@pytest.mark.parametrize(
    ("code", "changes"),
    [(code, changes) for code, changes, _ in ALL if code not in WITH_COMPANY],
    ids=[f"{code} {place}" for code, _, place in ALL if code not in WITH_COMPANY],
)
def test_one_fault_is_told_once(code, changes):
    assert {p.code for p in problems_of(changed(*changes))} <= {code}


def test_every_code_in_the_sources_is_reached_by_a_test():
    import reports.plan_sheets

    codes = set()
    for module in (sheets, workbook_reader, headings, checks, reports.plan_sheets):
        for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", ""))
            if name in ("problem", "Problem") and len(node.args) == 5 and isinstance(node.args[3], ast.Constant):
                codes.add(node.args[3].value)
    assert codes == set(CASES) | OF_FILES


def test_all_problems_are_told_at_once_in_the_order_of_the_workbook():
    book = changed(
        ("survey", 12, {"type": "geopoint"}),
        ("survey", 4, {"constraint": ""}),
        ("choices", 3, {"code": "x"}),
        ("settings", 2, {"records": "closed", "threshold": "1"}),
        ("countries", 2, {"languages": "sw"}),
    )
    assert [(p.sheet, p.row, p.code) for p in problems_of(book)] == [
        ("choices", 3, "number"),
        ("countries", 2, "language-unknown"),
        ("settings", 2, "setting-unknown"),
        ("settings", 2, "number"),
        ("survey", 4, "integer-without-range"),
        ("survey", 12, "identifying-field"),
    ]


def test_a_problem_reads_as_a_sentence_with_its_place():
    assert str(Problem("survey", 3, "type", "list-unknown", "no list")) == (
        "[list-unknown] survey, row 3, column “type”: no list"
    )
    assert str(Problem("survey", 0, "", "no-question", "ask")) == "[no-question] survey: ask"
