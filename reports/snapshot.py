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
    matrix: Matrix,
    *,
    layout: RecordLayout,
    protocol: Protocol,
    quotas: Sequence[Wanted],
    alike: int,
    left_out: int = 0,
) -> dict[str, Any]:
    """All that may be said of these answer sheets, `alike` of which have a twin. Hardly anything when they are few.

    `left_out` are excluded: they make no share, but the base, or leaving one out would move it at will.
    """
    base = bands.rounded(len(matrix) + left_out)
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
    """What stands after a look: what stood before, until the rounded base has grown.

    Quotas are those of now; one that is new or has another target is not known until then, or a row of targets would
    tell the count.
    """
    if before is None or now["base"] > before["base"]:
        return now
    known = {_asked_for(quota): quota for quota in before.get("quotas", [])}
    quotas = [known.get(_asked_for(one), {**one, "fill": bands.Fill.UNKNOWN}) for one in now.get("quotas", [])]
    return {**before, "quotas": quotas} if "quotas" in before else dict(before)


def _asked_for(quota: Content) -> tuple[Any, ...]:
    return tuple(quota[name] for name in Wanted.__slots__)


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
