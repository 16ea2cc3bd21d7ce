"""Answers to several versions of a questionnaire under one plan: what is the same in each counts together."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from reports.plan import Indicator, Plan, Slice, Stat
from reports.table import SCALAR, TOTAL, Cell, Cells, State
from reports.tallying import sorted_slices
from survey.protocol.fingerprints import variable_shapes
from survey.protocol.record import RecordLayout
from survey.protocol.schema import Protocol
from survey.publishing import layout_for, protocol_of, versions_by_layout


@dataclass(frozen=True, slots=True)
class Group:
    """Versions whose records have one layout, and the plan by which they are counted, in these slices."""

    version_ids: tuple[int, ...]
    layout: RecordLayout
    plan: Plan
    slices: tuple[Slice, ...]


def groups(*, study_id: int, plan: Plan, layout: RecordLayout, answered: Collection[int]) -> list[Group]:
    """The answered versions by layout, the oldest first, with the part of a plan that all of them ask.

    All are counted in the slices that the layout of the plan's own version needs: what a base tells of other questions
    depends on the whole questionnaire, and figures are judged by that one.
    """
    each = ([one for one in ids if one in answered] for ids in versions_by_layout(study_id))
    by_layout = [tuple(ids) for ids in each if ids]
    part = asked(plan, [protocol_of(ids[0]) for ids in by_layout])
    slices = sorted_slices(part, layout)
    return [Group(ids, layout_for(ids[0]), part, slices) for ids in by_layout]


def asked(plan: Plan, protocols: Iterable[Protocol]) -> Plan:
    """The indicators whose questions every version asks, and with the same meaning of every answer.

    A question that only some of a cohort's people were asked has no base that a table could name: it counts as not
    asked. Where a parent is left out nothing is printed of it, and its parts stand for themselves.
    """
    everywhere = [variable_shapes(protocol) for protocol in protocols]
    kept = [one for one in plan.indicators if all(_same(one, shapes) for shapes in everywhere)]
    names = {indicator.id for indicator in kept}
    own = (one if not one.part_of or one.part_of in names else replace(one, part_of="") for one in kept)
    return replace(plan, indicators=tuple(own))


def _same(indicator: Indicator, shapes: dict[str, str]) -> bool:
    return not indicator.shape or indicator.shape_in(shapes) == indicator.shape


def versions_with_answers_to(*, study_id: int, plan: Plan) -> list[int]:
    """Ids of the versions that ask at least one question of a plan as the plan means it."""
    return [
        version_id
        for ids in versions_by_layout(study_id)
        if any(indicator.questions for indicator in asked(plan, [protocol_of(ids[0])]).indicators)
        for version_id in ids
    ]


def not_asked(indicator: Indicator, choices: Iterable[str]) -> Cells:
    """The cells of an indicator whose question is not in the questionnaire that was used."""
    names = list(choices) if indicator.stat is Stat.PERCENT_EACH else [SCALAR]
    return {TOTAL: {name: Cell(State.NOT_ASKED) for name in names}}
