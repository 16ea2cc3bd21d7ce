"""Answers to several versions of a questionnaire under one plan: what is the same in each counts together."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from reports.plan import Indicator, Plan, Stat
from reports.table import SCALAR, TOTAL, Cell, Cells, State
from reports.tallying import Counts
from survey.models import Version
from survey.protocol.fingerprints import variable_shapes
from survey.protocol.record import RecordLayout
from survey.protocol.schema import Protocol
from survey.publishing import layout_for, protocol_of


@dataclass(frozen=True, slots=True)
class Group:
    """Versions with one layout, and the part of a plan that their answers say something about."""

    version_ids: tuple[int, ...]
    layout: RecordLayout
    plan: Plan


def groups(*, study_id: int, plan: Plan) -> Iterator[Group]:
    """The study's versions by layout, the oldest first."""
    by_layout: dict[str, list[int]] = {}
    for version_id, layout in Version.objects.filter(study_id=study_id).order_by("pk").values_list("pk", "layout_hash"):
        by_layout.setdefault(layout, []).append(version_id)
    for ids in by_layout.values():
        yield Group(tuple(ids), layout_for(ids[0]), asked(plan, protocol_of(ids[0])))


def asked(plan: Plan, protocol: Protocol) -> Plan:
    """The indicators of a plan whose questions a version asks, and with the same meaning of every answer."""
    shapes = variable_shapes(protocol)
    return _part(plan, lambda one: not one.shape or one.shape_in(shapes) == one.shape)


def count_together(plan: Plan, parts: Iterable[tuple[Group, Counts]], *, own_version: int) -> tuple[Counts, Plan]:
    """The sum of what was counted version by version, and the indicators that somebody was asked for.

    A version that nobody has answered asks nobody, unless it is the cohort's own.
    """
    total, known = Counts(), set[str]()
    for group, counts in parts:
        total = total + counts
        if counts.responses or own_version in group.version_ids:
            known |= {indicator.id for indicator in group.plan.indicators}
    return total, _part(plan, lambda one: one.id in known)


def versions_with_answers_to(*, study_id: int, plan: Plan) -> list[int]:
    """Ids of the versions that ask at least one question of a plan as the plan means it."""
    return [
        version_id
        for group in groups(study_id=study_id, plan=plan)
        if any(indicator.questions for indicator in group.plan.indicators)
        for version_id in group.version_ids
    ]


def not_asked(indicator: Indicator, choices: Iterable[str]) -> Cells:
    """The cells of an indicator whose question is not in the questionnaire that was used."""
    names = list(choices) if indicator.stat is Stat.PERCENT_EACH else [SCALAR]
    return {TOTAL: {name: Cell(State.NOT_ASKED) for name in names}}


def _part(plan: Plan, keeps: Callable[[Indicator], bool]) -> Plan:
    """A part of a plan. Where a parent is left out, nothing is printed of it, and its parts stand for themselves."""
    kept = [indicator for indicator in plan.indicators if keeps(indicator)]
    names = {indicator.id for indicator in kept}
    own = (one if not one.part_of or one.part_of in names else replace(one, part_of="") for one in kept)
    return replace(plan, indicators=tuple(own))
