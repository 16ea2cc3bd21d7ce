"""Releases of one cohort one after the other: people come and are taken back, plans change, cuts are made again."""

import random
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from reports.cells import publishable
from reports.disclosure import MEAN_BASE, Policy
from reports.plan import Plan
from reports.succession import Present, Released, by_definition, settle, together
from reports.table import Cells
from tests.auditor.attack import Known, Row, determined, undetermined
from tests.auditor.audit import Asked
from tests.auditor.printed import Moment, Question, learn
from tests.auditor.runs import described
from tests.auditor.tables import people_of, plan_of
from tests.auditor.world import LAYOUT, MOST, WORLDS, World


@dataclass
class Cohort:
    """Everybody who ever answered: their kind, and in which of the counts they were. `grows` if nobody left."""

    world: World
    kinds: Row
    counts: list[Row] = field(default_factory=list)
    grows: bool = True

    def size(self, count: int) -> int:
        return int(self.counts[count].sum())

    @property
    def now(self) -> Row:
        return np.bincount(self.kinds[self.counts[-1]], minlength=len(self.world.kinds)).astype(np.int64)


@dataclass
class Made:
    """One release: its plan, what it printed, and which count its figures are of."""

    plan: Plan
    cells: dict[str, Cells]
    count: int
    cut: int
    stands: int


def sequence(rng: random.Random, chance: np.random.Generator, name: str, threshold: int) -> tuple[Cohort, list[Made]]:
    """Two to four releases; some at the same cut under another plan, some later, some with people taken back."""
    world, plans = WORLDS[name], [plan_of(rng, name) for _ in range(rng.choice((1, 1, 2)))]
    first = people_of(chance, world, rng.randint(20, 80))
    kinds = np.repeat(np.arange(len(first)), first)
    cohort = Cohort(world, kinds, [np.ones(len(kinds), dtype=bool)])
    made: list[Made] = []
    cut = 1
    for place in range(rng.choice((2, 2, 3, 3, 4))):
        if place:
            cut += rng.random() < 0.75
            _move(cohort, rng, chance, came=cut > made[-1].cut)
        made.append(_release(cohort, rng.choice(plans), made, cut, threshold))
    return cohort, made


def _move(cohort: Cohort, rng: random.Random, chance: np.random.Generator, *, came: bool) -> None:
    """People come (or not), and sometimes a few are taken back."""
    number = rng.choice((0, 1, 2, 5, 10, 15, 25, 40)) if came else 0
    new = people_of(chance, cohort.world, number)
    cohort.kinds = np.concatenate([cohort.kinds, np.repeat(np.arange(len(new)), new)])
    cohort.counts = [np.concatenate([own, np.zeros(number, dtype=bool)]) for own in cohort.counts]
    here = cohort.counts[-1].copy()
    here[len(here) - number :] = True
    if rng.random() < 0.3:
        left = rng.sample(range(len(here)), min(len(here), rng.randint(1, 3)))
        here[left] = False
        cohort.grows = False
    cohort.counts.append(here)


def _release(cohort: Cohort, plan: Plan, made: list[Made], cut: int, threshold: int) -> Made:
    """As `reports.releasing` makes it: counted with all that was released before, then held against it."""
    policy, whole = Policy(threshold), together(plan, (one.plan for one in made))
    site = cohort.world.site(cohort.now)
    cells = publishable(plan=whole, layout=LAYOUT, counts=site, policy=policy, signed_off=False)
    own = {one.id: cells[one.id] for one in plan.indicators}
    before = [Released(by_definition(one.plan, one.cells), one.stands == cut, cohort.size(one.count)) for one in made]
    present = Present(whole, cells, LAYOUT, cohort.size(-1))
    printed, is_own = settle(before, own, plan, policy, present) if made else (own, True)
    if is_own:
        return Made(plan, dict(printed), len(cohort.counts) - 1, cut, cut)
    return Made(plan, dict(printed), made[-1].count, cut, made[-1].stands)


# What somebody who keeps every release works out ----------------------------------------------------------------------


def leaks(cohort: Cohort, made: list[Made], threshold: int) -> list[str]:
    """Numbers of one release, and of the people between two, that everything ever printed gives away."""
    world, number = cohort.world, len(cohort.counts)
    patterns = [bits for bits in product((0, 1), repeat=number) if any(bits)]
    if cohort.grows:
        patterns = [bits for bits in patterns if list(bits) == sorted(bits)]
    marks = np.array([int("".join(map(str, bits)), 2) for bits in patterns])
    own = sum(here.astype(np.int64) << (number - 1 - place) for place, here in enumerate(cohort.counts))
    people = np.concatenate([np.bincount(cohort.kinds[own == mark], minlength=len(world.kinds)) for mark in marks])
    moments = [Moment(tuple(bits[place] for bits in patterns)) for place in range(number)]
    known = Known(len(people))
    for one in made:
        known.add(moments[one.count].spread(world.everybody()), cohort.size(one.count))
        learn(known, world, one.plan, one.cells, moments[one.count])
    counts = sorted({one.count for one in made})
    asked = Asked(world, _all_of(made))
    found = []
    for place, later in enumerate(counts):
        found += _known(known, people, asked, moments[later], None, threshold)
        for earlier in counts[:place]:
            found += _known(known, people, asked, moments[later], moments[earlier], threshold)
    return found


def _all_of(made: list[Made]) -> Plan:
    plans = {id(one.plan): one.plan for one in made}.values()
    renamed = {f"{place}/{one.id}": one for place, plan in enumerate(plans) for one in plan.indicators}
    return Plan(tuple(replace(one, id=name, part_of="") for name, one in renamed.items()), ())


def _known(known: Known, people: Row, asked: Asked, now: Moment, before: Moment | None, threshold: int) -> list[str]:
    """What is known of one count, or of the difference between two, and is neither nobody nor enough."""
    if not asked.questions:
        return []
    weights = np.array(now.presence) - (np.array(before.presence) if before is not None else 0)
    k, m = (np.concatenate([rows * weight for weight in weights], axis=1) for rows in (asked.k, asked.m))
    own_k, own_m = k @ people, m @ people
    both = zip(own_k.tolist(), own_m.tolist(), asked.questions, strict=True)
    few = np.array([_is_few(a, b, question, threshold) for a, b, question in both])
    if before is not None:
        few &= ~asked.counts_only
    suspects = np.flatnonzero(few)
    if not len(suspects):
        return []
    closed = ~undetermined(known, people, k[suspects]) & ~undetermined(known, people, m[suspects])
    what = "difference" if before is not None else "release"
    return [
        f"{what}: {asked.questions[place].name}: {own_k[place]} and {own_m[place]} of {described(asked.plan)}"
        for place in suspects[closed].tolist()
        if determined(known, people, k[place]) and determined(known, people, m[place])
    ]


def _is_few(k: int, m: int, question: Question, threshold: int) -> bool:
    if question.is_sum:
        # Too few, or all of them said the lowest, or all the highest.
        return 0 < abs(m) < max(threshold, MEAN_BASE) or (m != 0 and abs(k) in (0, MOST * abs(m)))
    if question.only_k or question.is_number:
        return 0 < k < threshold
    if (k, m) == (0, 0):
        return False
    if k + m < 0 or (k + m == 0 and k < 0):
        k, m = -k, -m
    return k < threshold or m < threshold
