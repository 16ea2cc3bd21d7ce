"""What one look at a cohort's answers says about fieldwork: bands, and bases rounded down; nothing finer is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from reports import bands, similarity
from survey.protocol.record import TICKED, RecordLayout, Variable, missing_code
from survey.protocol.schema import Kind, Missing, Protocol

Matrix = npt.NDArray[np.uint8]
Codes = npt.NDArray[np.int64]
Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A quota: people who chose `choice`, or whose number lies in low..high."""

    question: str
    choice: str
    low: int | None
    high: int | None
    target: int

    def key(self) -> dict[str, Any]:
        """What the quota asks for, as it is stored beside its band."""
        return {name: getattr(self, name) for name in self.__slots__}


def take(
    matrix: Matrix, *, layout: RecordLayout, protocol: Protocol, quotas: Sequence[Wanted], alike: int
) -> dict[str, Any]:
    """All that may be said of these answer sheets, `alike` of which have a twin. Hardly anything when they are few."""
    base = bands.rounded(len(matrix))
    if not bands.is_enough(len(matrix)):
        return {"base": 0}
    return {
        "base": base,
        "questions": _questions(matrix, layout),
        "batteries": _batteries(matrix, layout, protocol),
        "quotas": [{**quota.key(), "fill": _fill(matrix, layout, quota)} for quota in quotas],
        "alike": bands.share(alike, len(matrix)),
    }


def renewed(before: Content | None, now: dict[str, Any]) -> dict[str, Any]:
    """What stands after a look: what stood before, unless the rounded base changed, with quotas as they are now."""
    if before is None or before["base"] != now["base"]:
        return now
    kept = dict(before)
    if "quotas" in now and _asked_for(kept) != _asked_for(now):
        kept["quotas"] = now["quotas"]
    return kept


def _asked_for(content: Content) -> list[dict[str, Any]]:
    return [{name: value for name, value in quota.items() if name != "fill"} for quota in content.get("quotas", [])]


def _questions(matrix: Matrix, layout: RecordLayout) -> dict[str, dict[str, Any]]:
    """Base, share of blanks and share of those who would rather not answer, where enough people were asked."""
    found = {}
    for name, variables in layout.by_question.items():
        codes, width = _column(matrix, variables[0]), variables[0].width
        asked = int((codes != missing_code(Missing.NOT_ASKED, width)).sum())
        if bands.is_enough(asked):
            blank = int((codes == missing_code(Missing.BLANK, width)).sum())
            declined = int((codes == missing_code(Missing.PREFER_NOT, width)).sum())
            shares = {"blank": bands.share(blank, asked), "declined": bands.share(declined, asked)}
            found[name] = {"base": bands.rounded(asked), **shares}
    return found


def _batteries(matrix: Matrix, layout: RecordLayout, protocol: Protocol) -> dict[str, dict[str, Any]]:
    """Base and share of those who gave one answer all the way down, by battery."""
    found = {}
    for battery in similarity.long_batteries(protocol):
        answered, constant = similarity.straight(matrix, layout, battery)
        took_part = answered >= similarity.BATTERY_QUESTIONS
        base = int(took_part.sum())
        if bands.is_enough(base):
            straight = int((took_part & constant).sum())
            found[battery.name] = {"base": bands.rounded(base), "straight": bands.share(straight, base)}
    return found


def _fill(matrix: Matrix, layout: RecordLayout, quota: Wanted) -> bands.Fill:
    variables = layout.of(quota.question)
    people = sum(int(_meets(_column(matrix, variable), variable, quota).sum()) for variable in variables)
    return bands.fill(people, quota.target)


def _meets(codes: Codes, variable: Variable, quota: Wanted) -> npt.NDArray[np.bool_]:
    """Who belongs to a quota, by one variable of its question."""
    if quota.low is not None and quota.high is not None:
        given = codes < missing_code(Missing.NOT_ASKED, variable.width)
        return given & (codes >= quota.low) & (codes <= quota.high)
    if variable.question.kind is Kind.SELECT_MULTIPLE:
        own = variable.choice is not None and variable.choice.name == quota.choice
        return (codes == TICKED) & own
    chosen = variable.question.choices.get(quota.choice) if variable.question.choices else None
    return codes == (-1 if chosen is None or chosen.code is None else chosen.code)


def _column(matrix: Matrix, variable: Variable) -> Codes:
    low = matrix[:, variable.offset].astype(np.int64)
    return low if variable.width == 1 else low + 256 * matrix[:, variable.offset + 1].astype(np.int64)
