"""An attacker who knows the rules and everything printed finds no hidden number; where a rule is missing he does."""

import multiprocessing
import random
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from reports import cells as engine
from reports import judging, succession, telling
from reports.disclosure import Policy
from reports.plan import Plan, Stat
from reports.tallying import count_records, sorted_slices
from survey.protocol.expressions import parse
from survey.protocol.schema import Missing
from tests.auditor import sequences as several
from tests.auditor.attack import bound, candidates, undetermined
from tests.auditor.audit import Asked, site_knowledge
from tests.auditor.runs import Found, audit_tables, first_leak, naive, recovered, release
from tests.auditor.sequences import leaks as leaks_of_all
from tests.auditor.sequences import sequence
from tests.auditor.tables import asked_by_sex, five_sites, indicator, people_of, plan_of
from tests.auditor.world import LAYOUT, WORLDS

SEED = 2026


def test_the_auditor_counts_people_as_the_engine_does():
    rng, chance = random.Random(SEED), np.random.default_rng(SEED)

    def filled(fields):
        return {name: {block: row for block, row in rows.items() if row} for name, rows in fields.items()}

    for name in [*WORLDS] * 8:
        world, plan = WORLDS[name], plan_of(rng, name)
        people = five_sites(chance, world)[0]
        records = [row.tobytes() for row in np.repeat(world.matrix, people, axis=0)]
        counts = count_records(records, layout=LAYOUT, plan=plan)
        for part in sorted_slices(plan, LAYOUT):
            assert filled(world.site(people).fields(part)) == filled(counts.fields(part))


def test_no_hidden_number_of_ten_thousand_five_country_tables_can_be_computed():
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=fresh) as pool:
        found = sum(pool.map(audit_tables, range(SEED, SEED + 10), [1000] * 10), Found())
    print(f"{found.tables} tables: {found.shown} figures printed, {found.hidden} hidden, {found.averages} averages")
    assert found.leaks == []
    assert found.tables == 10_000
    # The tables are no empty ones.
    assert found.shown > 60_000
    assert found.hidden > 50_000
    assert found.averages > 500


def test_where_a_witness_says_that_a_number_is_open_an_integer_program_says_so_too():
    rng, chance, looked_at = random.Random(SEED), np.random.default_rng(SEED), {True: 0, False: 0}
    for place in range(90):
        name = list(WORLDS)[place % len(WORLDS)]
        world, plan = WORLDS[name], plan_of(rng, name)
        people, asked = people_of(chance, world, 40), Asked(world, plan)
        known = site_knowledge(asked, release(world, plan, people, 5), people)
        rows = asked.k[rng.sample(range(len(asked.k)), min(3, len(asked.k)))] if len(asked.questions) else asked.k
        for row, is_open in zip(rows, undetermined(known, people, rows) if len(rows) else (), strict=True):
            own = bound(known, row)
            assert own.low <= int(row @ people) <= own.high
            assert not (is_open and own.exact)
            looked_at[own.exact] += 1
    assert min(looked_at.values()) > 20
    print(f"bounds by integer programs: {looked_at[True]} exact, {looked_at[False]} open")


# The usual way --------------------------------------------------------------------------------------------------------


BY_SEX = Plan((indicator("i", "trained", Stat.PERCENT_IN, counted=("yes",), split="sex"),), ())


def test_every_cell_judged_alone_gives_many_of_them_away():
    chance, asked = np.random.default_rng(SEED), Asked(WORLDS["training"], BY_SEX)
    hidden = known = 0
    for _ in range(300):
        sites = asked_by_sex(chance, asked.world)
        found = recovered(asked, sites, 5, naive)
        hidden, known = hidden + found[0], known + found[1]
    print(f"cells judged alone: {known} of {hidden} hidden ones computed ({100 * known / hidden:.0f} %)")
    assert known / hidden > 0.3


def test_an_average_over_a_hidden_country_gives_it_away():
    # 43 of 72, 41 of 74 and 3 of 19, whose share is not printed, on average (43/72 + 41/74 + 3/19) / 3.
    sums = {"MX": [43], "CO": [41], "KE": list(range(20))}
    common = 72 * 74 * 19
    total = 43 * 74 * 19 + 41 * 72 * 19 + 3 * 72 * 74
    found = candidates(sums, {"MX": 72, "CO": 74, "KE": 19}, (total, common))
    assert found == {"MX": {43}, "CO": {41}, "KE": {3}}
    # Two hidden ones as well, where their bases have nothing in common.
    assert candidates({**sums, "CO": list(range(75))}, {"MX": 72, "CO": 74, "KE": 19}, (total, common))["KE"] == {3}


# One rule less --------------------------------------------------------------------------------------------------------


def _without_telling(indicators, layout):
    return list(indicators)


def _first_tick(conditions, question):
    named = (choice for one in conditions for name, choice in sorted(one.choices_named()) if name == question.name)
    return [frozenset([next(named)])]


def _unjudged(*, cells, **_):
    return dict(cells)


def _each_alone(counts, policy):
    return tuple((name,) for name in counts)


RULES = {
    "a count is fit on both sides": (Policy, "fit", lambda self, count: count.n > 0),
    "every block is fit": (Policy, "fit_or_empty", lambda self, count: True),
    "a mean needs people who differ": (Policy, "fit_mean", lambda self, spread, **_: spread.n > 0),
    "small classes are merged": (engine, "merged_classes", _each_alone),
    "figures of one question are judged together": (engine, "judged", _unjudged),
    "a base that tells of another question is judged there": (engine, "with_telling", _without_telling),
}


@pytest.mark.parametrize("rule", RULES)
def test_without_one_rule_the_auditor_finds_what_it_hid(rule, monkeypatch):
    place, name, double = RULES[rule]
    monkeypatch.setattr(place, name, double)
    assert first_leak(SEED, 600) != ""


def _beside(first, second, source):
    """Two shares, and a figure of those for whom a condition over both questions or options holds."""
    shares = [
        indicator(f"{name} {choice}", name, Stat.PERCENT_IN, counted=(choice,)) for name, choice in (first, second)
    ]
    return Plan((*shares, indicator("i", "often", Stat.PERCENT_IN, counted=("always",), filter=parse(source))), ())


def _with_reasons():
    """Figures of one question with and without those who do not know, over everybody and over some."""
    known = frozenset({Missing.DONT_KNOW})
    low = ("never", "often", "rarely")
    return Plan(
        (
            indicator("a", "ever", Stat.PERCENT_IN, counted=("no",), split="sex", restrict=("woman", "man")),
            indicator("b", "often", Stat.PERCENT_EACH),
            indicator("c", "often", Stat.PERCENT_IN, counted=low, includes=known, filter=RURAL, split="sex"),
            indicator("d", "often", Stat.COUNT, includes=known, split="sex"),
        ),
        (),
    )


RURAL = parse("${area} = 'rural'")
# Rules that random plans seldom need, each with a plan that does.
RARE = {
    "options that a filter names are one figure": (
        _beside(("work", "none"), ("work", "paid"), "not(selected(${work}, 'none') or selected(${work}, 'paid'))"),
        ("chosen", telling, "_ticked", _first_tick),
    ),
    "what a filter asks for is taken apart": (
        _beside(("work", "none"), ("sex", "man"), "${sex} = 'man' or selected(${work}, 'none')"),
        ("chosen", telling, "parts", lambda condition: (condition,)),
    ),
    "the base of a filter is not told": (
        _with_reasons(),
        ("scale", judging, "_is_open", lambda one: not one.sensitive),
    ),
}


@pytest.mark.parametrize("rule", RARE)
def test_without_a_rule_that_is_seldom_needed_the_auditor_finds_what_it_hid_too(rule, monkeypatch):
    plan, (world, place, name, double) = RARE[rule]
    asked = Asked(WORLDS[world], plan)
    assert first_leak(SEED, 600, asked) == ""
    monkeypatch.setattr(place, name, double)
    assert first_leak(SEED, 2000, asked) != ""


# One release after another --------------------------------------------------------------------------------------------


def sequences(number, seed=SEED):
    """What leaks from so many random sequences of releases, and how many releases beside earlier ones they have."""
    rng, chance = random.Random(seed), np.random.default_rng(seed)
    found, own, later = [], 0, 0
    for _ in range(number):
        threshold = rng.choice((3, 4, 5, 5))
        cohort, made = sequence(rng, chance, rng.choice(list(WORLDS)), threshold)
        found += leaks_of_all(cohort, made, threshold)
        later += len(made) - 1
        own += sum(one.stands == one.cut and one.count > before.count for before, one in pairwise(made))
    return found, own, later


def test_nothing_follows_from_several_releases_of_one_cohort():
    found, own, later = sequences(250)
    print(f"250 sequences: {later} releases beside earlier ones, of which {own} print new figures")
    assert found == []
    assert (own > 100, later > 350) == (True, True)


def test_releases_that_are_not_held_against_each_other_give_away_who_came(monkeypatch):
    monkeypatch.setattr(several, "settle", lambda others, own, *_: (own, True))
    assert any(leak.startswith("difference") for leak in sequences(12)[0])


def test_changes_that_are_looked_at_one_by_one_give_away_what_is_between_them(monkeypatch):
    monkeypatch.setattr(succession, "fit_together", lambda changes, policy: True)
    monkeypatch.setattr(succession, "_stale", lambda other, present, policy: frozenset())
    assert any(leak.startswith("difference") for leak in sequences(150)[0])
