"""The three hashes of a version: every word, the shape of the data, and the plan of the analysis."""

import hashlib
import json
from dataclasses import dataclass

from survey.protocol.expressions import Expression
from survey.protocol.record import layout_of
from survey.protocol.schema import Battery, Kind, Protocol, Question
from survey.protocol.sheets import PLAN_SHEETS, QUESTIONNAIRE_SHEETS, Workbook


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """SHA-256 in hex. A corrected typo changes `instrument` only; a new table changes `plan` only."""

    instrument: str
    layout: str
    plan: str


def fingerprints(workbook: Workbook, protocol: Protocol) -> Fingerprints:
    """Hashes of a workbook and of the protocol that was read from it."""
    return Fingerprints(
        instrument=digest({name: _filled_cells(workbook, name) for name in QUESTIONNAIRE_SHEETS}),
        layout=digest(_shape(protocol)),
        plan=digest(_plan(workbook)),
    )


def _plan(workbook: Workbook) -> dict[str, list[dict[str, str]]]:
    """The sheets of the plan. Without derived variables it is hashed as before there were any."""
    sheets = {name: _filled_cells(workbook, name) for name in PLAN_SHEETS}
    return {name: cells for name, cells in sheets.items() if cells or name != "derived"}


def _filled_cells(workbook: Workbook, sheet: str) -> list[dict[str, str]]:
    """What a sheet says. The order of its columns and columns without an entry say nothing."""
    return [{column: cell for column, cell in row.cells.items() if cell} for row in workbook.rows(sheet)]


def digest(value: object) -> str:
    """SHA-256 of a value's canonical JSON: sorted keys, no spaces, UTF-8."""
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _shape(protocol: Protocol) -> object:
    """Variables, codes, scales and routing; no words. Equal shapes mean records that count together.

    A note holds no data, so it is none of them; sections and batteries matter through what they open.
    """
    variables = [[v.name, v.offset, v.width] for v in layout_of(protocol).variables]
    questions = [
        _question(question, [section.relevant, *([item.relevant] if isinstance(item, Battery) else [])])
        for section in protocol.sections
        for item in section.items
        for question in (item.questions if isinstance(item, Battery) else (item,))
        if question.kind is not Kind.NOTE
    ]
    return {"variables": variables, "questions": questions}


def _question(question: Question, gates: list[Expression | None]) -> object:
    limits = sorted(question.choice_filter.columns()) if question.choice_filter else []
    choices = [
        [c.name, c.code, c.missing, c.exclusive, [c.columns.get(column, "") for column in limits]]
        for c in question.options
    ]
    route = [gate.source for gate in (*gates, question.relevant) if gate is not None]
    rules = [gate.source if gate else "" for gate in (question.constraint, question.choice_filter)]
    return [question.name, question.kind, question.low, question.high, choices, route, rules]
