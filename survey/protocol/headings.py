"""Column headings of a workbook. A misspelt one would be a column that nobody reads."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from survey.protocol.expressions import ExpressionError, parse
from survey.protocol.languages import tag_of
from survey.protocol.problems import Problem
from survey.protocol.schema import DESCRIBING
from survey.protocol.sheets import Workbook

# Fields with one column a language, and plain columns; columns of other XLSForm tools that only concern looks or the
# people who keep the workbook are allowed and not read.
_TEXTS: Mapping[str, frozenset[str]] = {
    "survey": frozenset({"label", "hint", "constraint_message"}),
    "choices": frozenset({"label"}),
    "countries": frozenset({"label"}),
    "information": frozenset({"label"}),
    "indicators": frozenset({"label"}),
    "tables": frozenset({"label", "stub", "column"}),
}
_COLUMNS: Mapping[str, frozenset[str]] = {
    "survey": frozenset(
        {"type", "name", "required", "relevant", "constraint", "choice_filter", "appearance", "sensitive"}
    ),
    "choices": frozenset({"list_name", "name", "code", "missing", "exclusive", "countries"}),
    "settings": frozenset(
        {"form_title", "form_id", "version", "default_language", "threshold", "records", "translations", "style"}
        | {f"{what}_question" for what in DESCRIBING}
    ),
    "countries": frozenset({"country", "languages", "exit"}),
    "information": frozenset({"part", "country"}),
    "deviations": frozenset({"country", "language", "name", "field", "text", "back_translation", "reason"}),
    "indicators": frozenset(
        {"indicator", "variable", "stat", "count", "dont_know", "not_applicable", "zero_if", "filter", "split"}
        | {"restrict", "average", "decimals", "part_of", "family", "sensitive"}
    ),
    "tables": frozenset({"table", "indicator", "show"}),
}
_REMARKS = frozenset({"source", "comment", "note"})
_TEXT_HEADING = re.compile(r"(?P<field>[a-z_]+)::")


def find_problems(workbook: Workbook) -> Iterator[Problem]:
    """Every heading that would be overlooked, and every language that a field has twice."""
    for name, sheet in workbook.sheets.items():
        seen: dict[tuple[str, str], str] = {}
        known = _COLUMNS[name] | _REMARKS | (_filter_columns(workbook) if name == "choices" else frozenset())
        for column in sheet.columns:
            field = _TEXT_HEADING.match(column)
            if field is None:
                yield from _plain(name, column, known)
                continue
            place = field["field"], tag_of(column)
            if field["field"] not in _TEXTS.get(name, frozenset()) or not place[1]:
                message = f"write one of {', '.join(_examples(name)) or 'the plain columns'}"
                yield Problem(name, 1, column, "heading-unknown", message)
            elif place in seen:
                message = f"“{seen[place]}” is the same field in the same language; keep one of the two"
                yield Problem(name, 1, column, "language-twice", message)
            seen.setdefault(place, column)


def _plain(sheet: str, column: str, known: frozenset[str]) -> Iterator[Problem]:
    if column in known:
        return
    near = get_close_matches(column, sorted(known), n=1)
    message = f"did you mean “{near[0]}”?" if near else f"the columns of this sheet are {', '.join(sorted(known))}"
    if column in _TEXTS.get(sheet, frozenset()):
        message = f"say which language, as in “{column}::English (en)”"
    yield Problem(sheet, 1, column, "heading-unknown", message)


def _examples(sheet: str) -> list[str]:
    return [f"“{field}::English (en)”" for field in sorted(_TEXTS.get(sheet, ()))]


def _filter_columns(workbook: Workbook) -> frozenset[str]:
    """Columns of the choices sheet that some choice_filter reads."""
    found: set[str] = set()
    for row in workbook.rows("survey"):
        try:
            found |= parse(row.get("choice_filter")).columns() if row.get("choice_filter") else set()
        except ExpressionError:
            continue
    return frozenset(found)
