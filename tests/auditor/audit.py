"""The audit of one site: everything printed of it, everything asked, and what turns out to be known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reports.plan import Plan
from reports.table import Cells
from tests.auditor.attack import Known, Row, bound, undetermined
from tests.auditor.printed import Moment, Question, learn, pieces, plan_cells
from tests.auditor.world import World


@dataclass(eq=False)
class Asked:
    """All questions that an attacker has about one plan, as one matrix: k and m of each."""

    world: World
    plan: Plan

    def __post_init__(self) -> None:
        self.cells: list[Question] = list(plan_cells(self.world, self.plan))
        self.questions = [*self.cells, *pieces(self.world, self.plan)]
        self.k = np.array([question.k for question in self.questions])
        self.m = np.array([question.m for question in self.questions])
        self.sums = np.array([question.is_sum for question in self.questions])


@dataclass(frozen=True)
class Leak:
    """A number that nobody printed and that is known all the same."""

    question: str
    k: int
    m: int


def site_knowledge(asked: Asked, cells: Mapping[str, Cells], people: Row, *, respondents: bool = True) -> Known:
    known = Known(len(asked.world.kinds))
    if respondents:
        known.add(asked.world.everybody(), int(people.sum()))
    learn(known, asked.world, asked.plan, cells, Moment())
    return known


def leaks(asked: Asked, cells: Mapping[str, Cells], people: Row, threshold: int) -> list[Leak]:
    """What one release gives away: a hidden cell that can be computed, or any count of people that is not fit."""
    if not len(asked.questions):
        return []
    known = site_knowledge(asked, cells, people)
    k, m = asked.k @ people, asked.m @ people
    suspects = np.flatnonzero(_suspicious(asked, cells, k, m, threshold))
    return [
        Leak(asked.questions[place].name, int(k[place]), int(m[place]))
        for place in _computable(known, asked, people, suspects, threshold)
    ]


def _suspicious(asked: Asked, cells: Mapping[str, Cells], k: Row, m: Row, threshold: int) -> np.ndarray:
    few = (k < threshold) | (m < threshold)
    few[asked.sums] = m[asked.sums] < max(threshold, 10)
    hidden = [question.is_hidden(cells) for question in asked.questions]
    there = np.where(asked.sums, m, k + m) > 0
    return (few | hidden) & there


def _computable(known: Known, asked: Asked, people: Row, suspects: Row, threshold: int) -> list[int]:
    """Those of the suspects that everything printed leaves no doubt about."""
    if not len(suspects):
        return []
    open_k, open_m = (undetermined(known, people, rows[suspects]) for rows in (asked.k, asked.m))
    doubts = zip(suspects.tolist(), open_k.tolist(), open_m.tolist(), strict=True)
    return [
        place for place, *is_open in doubts if not all(is_open) and _is_known(known, asked, place, threshold, is_open)
    ]


def _is_known(known: Known, asked: Asked, place: int, threshold: int, is_open: Sequence[bool]) -> bool:
    """Both sides known; or one of them, and it is few people."""
    found = [
        None if still else bound(known, row[place]) for row, still in zip((asked.k, asked.m), is_open, strict=True)
    ]
    k, m = (own.low if own is not None and own.exact else None for own in found)
    question = asked.questions[place]
    if question.is_sum or question.only_k:
        return k is not None
    if question.is_number:
        return k is not None and 0 < k < threshold
    return (k is not None and (m is not None or 0 < k < threshold)) or (m is not None and 0 < m < threshold)
