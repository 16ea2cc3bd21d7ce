"""The three hashes of a version: every word, the shape of the data, and the plan of the analysis."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from survey.protocol.expressions import Expression
from survey.protocol.record import layout_of
from survey.protocol.schema import Kind, Protocol, Question
from survey.protocol.sheets import PLAN_SHEETS, QUESTIONNAIRE_SHEETS, Workbook

# Sheets that were part of every plan from the first.
_ALWAYS = ("indicators", "tables")


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
        plan=plan_fingerprint(workbook),
    )


def plan_fingerprint(workbook: Workbook) -> str:
    """The hash of the plan's sheets alone. A sheet that says nothing leaves it as it was without that sheet."""
    return digest({name: rows for name in PLAN_SHEETS if (rows := _filled_cells(workbook, name)) or name in _ALWAYS})


def variable_shapes(protocol: Protocol) -> dict[str, str]:
    """Question name → hash of everything that its answers mean: kind, codes, scale, routing, and that of the questions
    which its routing reads. Where two versions agree on it, answers to the question count together."""
    own: dict[str, tuple[object, set[str]]] = {}
    for question, gates in protocol.gates():
        if question.kind is not Kind.NOTE:
            own[question.name] = (_question(question, gates), _reads(question, gates))
    return {name: digest([own[one][0] for one in sorted(_closure(name, own))]) for name in own}


def _reads(question: Question, gates: Sequence[Expression]) -> set[str]:
    offered = () if question.choice_filter is None else (question.choice_filter,)
    return {name for route in (*gates, *offered) for name in route.references()}


def _closure(name: str, own: Mapping[str, tuple[object, set[str]]]) -> set[str]:
    """A question and all that its routing hangs on, however far away."""
    found: set[str] = set()
    waiting = {name}
    while waiting:
        one = waiting.pop()
        if one in own and one not in found:
            found.add(one)
            waiting |= own[one][1]
    return found


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
    questions = [_question(question, gates) for question, gates in protocol.gates() if question.kind is not Kind.NOTE]
    return {"variables": variables, "questions": questions}


def _question(question: Question, gates: Sequence[Expression]) -> object:
    limits = sorted(question.choice_filter.columns()) if question.choice_filter else []
    choices = [
        [c.name, c.code, c.missing, c.exclusive, [c.columns.get(column, "") for column in limits]]
        for c in question.options
    ]
    route = [gate.source for gate in gates]
    rules = [gate.source if gate else "" for gate in (question.constraint, question.choice_filter)]
    return [question.name, question.kind, question.low, question.high, choices, route, rules]
