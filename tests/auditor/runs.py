"""Thousands of random tables through the engine and past the attacker. Without a database, so that parts run beside
each other in processes of their own."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from reports import cells as engine
from reports.comparison import averages
from reports.disclosure import Policy
from reports.plan import Average, Plan, Stat
from reports.table import SCALAR, TOTAL, Cells, State
from tests.auditor.attack import Row, candidates
from tests.auditor.audit import Asked, leaks
from tests.auditor.printed import Question
from tests.auditor.tables import COUNTRIES, five_sites, plan_of
from tests.auditor.world import LAYOUT, WORLDS, World

TABLES_A_PLAN = 25
Release = Callable[[World, Plan, Row, int], dict[str, Cells]]


@dataclass
class Found:
    """What a run saw: figures printed and hidden, and everything that leaked."""

    tables: int = 0
    shown: int = 0
    hidden: int = 0
    averages: int = 0
    leaks: list[str] = field(default_factory=list)

    def __add__(self, other: "Found") -> "Found":
        return Found(
            self.tables + other.tables,
            self.shown + other.shown,
            self.hidden + other.hidden,
            self.averages + other.averages,
            [*self.leaks, *other.leaks],
        )


def release(world: World, plan: Plan, people: Row, threshold: int, *, signed_off: bool = False) -> dict[str, Cells]:
    """The cells that the engine lets out of a site."""
    site, policy = world.site(people), Policy(threshold)
    return engine.publishable(plan=plan, layout=LAYOUT, counts=site, policy=policy, signed_off=signed_off)


def audit_tables(seed: int, tables: int) -> Found:
    """So many random five-country tables, a new plan after every few."""
    rng, chance, found = random.Random(seed), np.random.default_rng(seed), Found()
    while found.tables < tables:
        asked, threshold = _planned(rng)
        for _ in range(min(TABLES_A_PLAN, tables - found.tables)):
            _audit(asked, threshold, five_sites(chance, asked.world), rng, found)
    return found


def first_leak(seed: int, tables: int, asked: Asked | None = None) -> str:
    """The first thing that leaks from so many tables, each of another plan unless one is given; '' if nothing does."""
    rng, chance, found = random.Random(seed), np.random.default_rng(seed), Found()
    given = asked
    for _ in range(tables):
        asked, threshold = _planned(rng) if given is None else (given, 5)
        _audit(asked, threshold, five_sites(chance, asked.world), rng, found)
        if found.leaks:
            return found.leaks[0]
    return ""


def _planned(rng: random.Random) -> tuple[Asked, int]:
    name = rng.choice(list(WORLDS))
    return Asked(WORLDS[name], plan_of(rng, name)), rng.choice((3, 4, 5, 5, 5, 6))


def _audit(asked: Asked, threshold: int, sites: list[Row], rng: random.Random, found: Found) -> None:
    found.tables += 1
    table: dict[str, dict[str, Cells]] = {}
    for country, people in zip(COUNTRIES, sites, strict=True):
        signed_off = rng.random() < 0.5
        cells = table[country] = release(asked.world, asked.plan, people, threshold, signed_off=signed_off)
        found.leaks += [
            f"{one} of {described(asked.plan)} at t={threshold}" for one in leaks(asked, cells, people, threshold)
        ]
        every = [cell for own in cells.values() for row in own.values() for cell in row.values()]
        found.leaks += [
            f"{cell} says more than its base" for cell in every if cell.value is None and cell.k is not None
        ]
        states = [cell.state for cell in every]
        found.shown += states.count(State.SHOWN)
        found.hidden += states.count(State.TOO_FEW)
    found.leaks += list(_averages(asked.plan, table, found))


def _averages(plan: Plan, table: Mapping[str, Mapping[str, Cells]], found: Found) -> list[str]:
    """An average tells nothing new where every country behind it is printed; anywhere else it is a leak."""
    wrong = []
    for indicator in plan.indicators:
        own = {country: cells[indicator.id] for country, cells in table.items()}
        means = averages(indicator.average, own)
        printed = [cells[TOTAL][SCALAR].value for cells in own.values() if SCALAR in cells[TOTAL]]
        if means:
            found.averages += 1
            if len(printed) < len(COUNTRIES) or None in printed:
                wrong.append(f"an average of {indicator.id} without every country")
        elif indicator.average is not Average.NONE and indicator.stat is not Stat.PERCENT_EACH and None not in printed:
            wrong.append(f"no average of {indicator.id} although every country prints")
    return wrong


def described(plan: Plan) -> str:
    """A plan in one line, to read in a failing test."""
    lines = []
    for one in plan.indicators:
        rules = [
            f"{one.variable} {one.stat.value} {'+'.join(one.counted)}",
            f"by {one.split}" if one.split else "",
            f"only {'+'.join(one.restrict)}" if one.restrict else "",
            f"if {one.filter.source}" if one.filter is not None else "",
            f"zero if {one.zero_if.source}" if one.zero_if is not None else "",
            "with don't know" if one.includes else "",
            "sensitive" if one.sensitive else "",
            f"part of {one.part_of}" if one.part_of else "",
        ]
        lines.append(f"{one.id}: " + " ".join(rule for rule in rules if rule))
    return "; ".join(lines)


# The usual way --------------------------------------------------------------------------------------------------------


def naive(world: World, plan: Plan, people: Row, threshold: int) -> dict[str, Cells]:
    """What tools print that judge every cell by itself: what is fit is there, what is not is a dash."""
    site, policy = world.site(people), Policy(threshold)
    work = engine._Site(LAYOUT, site, policy, False)
    found: dict[str, Cells] = {}
    for indicator in plan.indicators:
        blocks = work.percents(indicator)[SCALAR]
        total = work.total(indicator)
        own = {TOTAL: total, **{name: block for name, block in blocks.items() if block.n}}
        found[indicator.id] = {
            name: {SCALAR: engine._percent(count if policy.fit(count) else None, count.n, indicator)}
            for name, count in own.items()
        }
    return found


def recovered(asked: Asked, sites: Sequence[Row], threshold: int, by: Release) -> tuple[int, int]:
    """How many cells of a table are hidden, and how many of these are computed: at their site, or from the average.

    The average takes in every country, printed or not, as tools print it that judge each cell alone.
    """
    hidden = known = 0
    totals: dict[str, Sequence[int]] = {}
    bases: dict[str, int] = {}
    average, still_hidden = Fraction(0), 0
    for country, people in zip(COUNTRIES, sites, strict=True):
        cells = by(asked.world, asked.plan, people, threshold)
        own = [one for one in asked.cells if _is_hidden(one, cells) and int((one.k + one.m) @ people)]
        leaked = {leak.question for leak in leaks(asked, cells, people, threshold)}
        hidden, known = hidden + len(own), known + sum(one.name in leaked for one in own)
        k, n = int(asked.cells[0].k @ people), int((asked.cells[0].k + asked.cells[0].m) @ people)
        is_open = asked.cells[0] in own and asked.cells[0].name not in leaked
        still_hidden += is_open
        totals[country], bases[country] = (range(n + 1) if is_open else [k]), n
        average += Fraction(k, n)
    found = candidates(totals, bases, (average.numerator, average.denominator)) if still_hidden else {}
    return hidden, known + sum(len(found[country]) == 1 and len(totals[country]) > 1 for country in found)


def _is_hidden(question: Question, cells: Mapping[str, Cells]) -> bool:
    """Whether a cell of the plan reads “too few to show”, or is a block that was left out."""
    indicator, block, category = question.cell or ("", "", "")
    own = cells[indicator].get(block, {}).get(category)
    return own is None or own.state is not State.SHOWN
