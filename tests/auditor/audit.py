"""The audit of one site: everything printed of it, everything asked, and what turns out to be known."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reports.plan import Plan
from reports.table import Cells
from tests.auditor.attack import Known, Row, determined, undetermined
from tests.auditor.printed import Moment, Question, learn, parts, pieces, plan_cells
from tests.auditor.world import World


@dataclass(eq=False)
class Asked:
    """All questions that an attacker has about one plan, as one matrix: k and m of each."""

    world: World
    plan: Plan

    def __post_init__(self) -> None:
        self.cells: list[Question] = list(plan_cells(self.world, self.plan))
        self.questions = [*self.cells, *parts(self.world, self.plan), *pieces(self.world, self.plan)]
        self.k = np.array([question.k for question in self.questions])
        self.m = np.array([question.m for question in self.questions])
        self.sums = np.array([question.is_sum for question in self.questions])
        self.counts_only = np.array([question.only_k or question.is_number for question in self.questions])


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
    """What one release gives away: every number of people that is not fit and that can be computed all the same."""
    if not len(asked.questions):
        return []
    known = site_knowledge(asked, cells, people)
    k, m = asked.k @ people, asked.m @ people
    few = np.where(asked.counts_only, (k > 0) & (k < threshold), (k + m > 0) & ((k < threshold) | (m < threshold)))
    for place in np.flatnonzero(asked.sums):
        few[place] = asked.questions[place].unfit(people, threshold)
    suspects = np.flatnonzero(few)
    return [
        Leak(asked.questions[place].name, int(k[place]), int(m[place]))
        for place in _computable(known, asked, people, suspects, threshold)
    ]


def _computable(known: Known, asked: Asked, people: Row, suspects: Row, threshold: int) -> list[int]:
    """Those of the suspects that everything printed leaves no doubt about."""
    if not len(suspects):
        return []
    closed_k, closed_m = (~undetermined(known, people, rows[suspects]) for rows in (asked.k, asked.m))
    k, m = asked.k[suspects] @ people, asked.m[suspects] @ people
    few_k, few_m = closed_k & (k > 0) & (k < threshold), closed_m & (m > 0) & (m < threshold)
    worth = (closed_k & closed_m) | few_k | few_m
    doubts = zip(suspects[worth].tolist(), closed_k[worth].tolist(), closed_m[worth].tolist(), strict=True)
    return [place for place, k, m in doubts if _is_known(known, asked, people, place, threshold, k, m)]


def _is_known(
    known: Known, asked: Asked, people: Row, place: int, threshold: int, closed_k: bool, closed_m: bool
) -> bool:
    """Both sides known; or one of them, and it is few people. Closed: without a witness, so a program has to say."""
    question, k, m = asked.questions[place], asked.k[place], asked.m[place]

    def few(row: Row) -> bool:
        return 0 < int(row @ people) < threshold

    def exact(row: Row) -> bool:
        return determined(known, people, row)

    if question.is_sum:
        return closed_k and closed_m and exact(k) and exact(m)
    if question.only_k or question.is_number:
        return closed_k and few(k) and exact(k)
    if closed_k and closed_m:
        return (exact(k) and (few(k) or exact(m))) or (few(m) and exact(m))
    return (closed_k and few(k) and exact(k)) or (closed_m and few(m) and exact(m))
