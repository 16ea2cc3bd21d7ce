"""The three hashes of a version: every word, the shape of the data, and the plan of the analysis."""

import hashlib
import json
from dataclasses import dataclass

from survey.protocol.record import layout_of
from survey.protocol.schema import Protocol, Question
from survey.protocol.sheets import PLAN_SHEETS, QUESTIONNAIRE_SHEETS, Workbook


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """SHA-256 in hex. A corrected typo changes `instrument` only; a new table changes `plan` only."""

    instrument: str
    layout: str
    plan: str


def fingerprints(workbook: Workbook, protocol: Protocol) -> Fingerprints:
    """Hashes of a workbook and of the protocol that was read from it."""
    sheets = workbook.to_json()
    return Fingerprints(
        instrument=digest({name: sheets.get(name) for name in QUESTIONNAIRE_SHEETS}),
        layout=digest(_shape(protocol)),
        plan=digest({name: sheets.get(name) for name in PLAN_SHEETS}),
    )


def digest(value: object) -> str:
    """SHA-256 of a value's canonical JSON: sorted keys, no spaces, UTF-8."""
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _shape(protocol: Protocol) -> object:
    """Variables, codes, scales and routing; no words. Equal shapes mean records that count together."""
    routes = [[section.name, _source(section.relevant)] for section in protocol.sections]
    routes += [
        [item.name, _source(item.relevant)]
        for section in protocol.sections
        for item in section.items
        if not isinstance(item, Question)
    ]
    variables = [[v.name, v.offset, v.width] for v in layout_of(protocol).variables]
    return {"routes": routes, "variables": variables, "questions": [_question(q) for q in protocol.questions()]}


def _question(question: Question) -> object:
    choices = [[c.name, c.code, c.missing, c.exclusive, c.columns.get("countries", "")] for c in question.options]
    rules = [_source(question.relevant), _source(question.constraint), _source(question.choice_filter)]
    return [question.name, question.kind, question.low, question.high, choices, rules]


def _source(expression: object) -> str:
    return getattr(expression, "source", "")
