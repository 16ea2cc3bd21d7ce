"""Random plans over one question or a few that belong together, and random people of five countries."""

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reports.plan import Average, Indicator, Plan, Stat
from survey.protocol.expressions import Expression
from survey.protocol.schema import Missing, Texts
from tests.auditor.attack import Row
from tests.auditor.world import FILTERS, NO_TRAINING, OWN, SPLITS, TOLD, TRAINED, World

COUNTRIES = ("MX", "CO", "KE", "ID", "EG")
SCALE = ("never", "rarely", "often", "always")
WORK = ("paid", "unpaid", "travel", "none")
FILTER = list(FILTERS.values())


def indicator(name: str, variable: str, stat: Stat, **values: object) -> Indicator:
    conditions = [one for one in (values.get("filter"), values.get("zero_if")) if isinstance(one, Expression)]
    named = {variable, values.get("split")}.union(*(one.references() for one in conditions))
    derived = tuple(own for own in OWN.values() if own.name in named)
    return Indicator(name, variable, stat, Texts(), derived=derived, **values)  # type: ignore[arg-type]


def plan_of(rng: random.Random, world: str) -> Plan:
    """One to four figures of one world's questions."""
    make = {"scale": _scale, "ticks": _ticks, "chosen": _chosen_by, "training": _training}[world]
    found = [make(rng, f"i{place}", place) for place in range(rng.choice((1, 2, 2, 3, 3, 4)))]
    return Plan(tuple(_nested(rng, found)), ())


def _nested(rng: random.Random, found: list[Indicator]) -> list[Indicator]:
    """Whoever finds the training useful has had it: a part of those, in about half of the plans that have both."""
    whole = next((one.id for one in found if one.variable == "trained" and one.counted and not _chosen(one)), "")
    return [
        replace(one, part_of=whole)
        if whole and one.variable == "useful" and not _chosen(one) and rng.random() < 0.5
        else one
        for one in found
    ]


def _chosen(one: Indicator) -> bool:
    return one.filter is not None or bool(one.restrict)


def _group(rng: random.Random, world: str = "") -> dict[str, object]:
    """A split, a filter, a restriction: or none of them."""
    found: dict[str, object] = {}
    splits = ("sex", "sex", "grown") if world == "training" else ("sex", "sex", "area", "grown")
    if rng.random() < 0.55:
        found["split"] = rng.choice(splits)
        if rng.random() < 0.15:
            found["restrict"] = SPLITS[str(found["split"])][:2]
    if rng.random() < 0.3:
        found["filter"] = rng.choice(FILTER[:3] if world == "training" else FILTER)
    if rng.random() < 0.12:
        found["sensitive"] = True
    return found


def _average(rng: random.Random) -> Average:
    return rng.choice((Average.NONE, Average.ALL, Average.OTHERS))


def _scale(rng: random.Random, name: str, place: int) -> Indicator:
    includes = frozenset({Missing.DONT_KNOW}) if rng.random() < 0.3 else frozenset()
    more = _group(rng)
    roll = rng.random()
    if rng.random() < 0.3:
        return _grouped(rng, name, rng.choice(("ever", "top")), includes=includes, **more)
    if roll < 0.62:
        box = tuple(sorted(rng.sample(SCALE, rng.choice((1, 1, 2, 2, 3)))))
        return indicator(name, "often", Stat.PERCENT_IN, counted=box, includes=includes, average=_average(rng), **more)
    if roll < 0.9:
        if not more.get("restrict"):
            more.pop("split", None)
        return indicator(name, "often", Stat.PERCENT_EACH, includes=includes, **more)
    return indicator(name, "often", Stat.COUNT, includes=includes, **more)


def _ticks(rng: random.Random, name: str, place: int) -> Indicator:
    more, roll = _group(rng), rng.random()
    if rng.random() < 0.3:
        return _grouped(rng, name, rng.choice(("labour", "labour", "away")), **more)
    if roll < 0.6:
        return indicator(name, "work", Stat.PERCENT_IN, counted=(rng.choice(WORK),), average=_average(rng), **more)
    if roll < 0.9:
        if not more.get("restrict"):
            more.pop("split", None)
        return indicator(name, "work", Stat.PERCENT_EACH, **more)
    return indicator(name, "work", Stat.COUNT, **more)


def _chosen_by(rng: random.Random, name: str, place: int) -> Indicator:
    """Shares of options, and figures of another question for those who ticked them or did not."""
    more: dict[str, object] = {"split": "sex"} if rng.random() < 0.4 else {}
    roll = rng.random()
    if roll < 0.3:
        return indicator(name, "work", Stat.PERCENT_IN, counted=(rng.choice(WORK),), average=_average(rng), **more)
    if roll < 0.4:
        return _grouped(rng, name, rng.choice(("labour", "away")), **more)
    if roll < 0.5:
        includes = frozenset({Missing.DONT_KNOW}) if rng.random() < 0.6 else frozenset()
        return indicator(name, "work", Stat.PERCENT_EACH, includes=includes)
    if roll < 0.6:
        return indicator(name, "often", Stat.COUNT)
    if rng.random() < 0.2:
        more = {"split": "sex", "restrict": (rng.choice(("woman", "man")),)}
    return indicator(name, "often", Stat.PERCENT_IN, counted=("always",), filter=rng.choice((*TOLD, None)), **more)


def _grouped(rng: random.Random, name: str, variable: str, **more: object) -> Indicator:
    """A share or the distribution of a derived variable."""
    if rng.random() < 0.4:
        if not more.get("restrict"):
            more.pop("split", None)
        return indicator(name, variable, Stat.PERCENT_EACH, **more)
    counted = (rng.choice(OWN[variable].groups).name,)
    return indicator(name, variable, Stat.PERCENT_IN, counted=counted, average=_average(rng), **more)


def _training(rng: random.Random, name: str, place: int) -> Indicator:
    more, roll = _group(rng, "training"), rng.random()
    if rng.random() < 0.25:
        return _grouped(rng, name, rng.choice(("some", "much", "served")), **more)
    if roll < 0.25:
        return indicator(name, "trained", Stat.PERCENT_IN, counted=("yes",), average=_average(rng), **more)
    if roll < 0.4:
        if rng.random() < 0.3:
            more["filter"] = rng.choice((TRAINED, NO_TRAINING))
        return indicator(name, "useful", Stat.PERCENT_IN, counted=(rng.choice(("yes", "no")),), **more)
    if roll < 0.75:
        if rng.random() < 0.5:
            more["zero_if"] = NO_TRAINING
        return indicator(name, "times", Stat.MEAN, average=_average(rng), **more)
    if roll < 0.9:
        return indicator(name, "times", rng.choice((Stat.MIN, Stat.MAX)), **more)
    return indicator(name, rng.choice(("times", "trained")), Stat.COUNT, **more)


def people_of(rng: np.random.Generator, world: World, size: int) -> Row:
    """So many people; each answer more or less common, at random, some of them not there at all."""
    # A lump of chance for each kind, so that questions hang together.
    weights = rng.standard_exponential(len(world.kinds)) + 1e-12
    uneven, silent = rng.integers(1, 5, size=len(world.places)), rng.random(len(world.places)) ** 3 / 4
    for (places, number), power, silence in zip(world.places, uneven, silent, strict=True):
        shares = rng.random(number) ** power + 1e-9
        # The last one is no answer, and most people answer.
        shares[-1] = shares[:-1].sum() * silence + 1e-9
        weights *= np.append(shares, 1.0)[places]
    return rng.multinomial(size, weights / weights.sum()).astype(np.int64)


def five_sites(rng: np.random.Generator, world: World) -> Sequence[Row]:
    return [people_of(rng, world, int(rng.integers(5, 91))) for _ in COUNTRIES]


def asked_by_sex(rng: np.random.Generator, world: World) -> list[Row]:
    """Five countries that answer a yes/no question as those of a paper do: 20 to 90 people of two sexes."""
    kinds = {
        (kind.get("sex"), kind.get("trained")): place
        for place, kind in enumerate(world.kinds)
        if len(kind.keys() - OWN.keys()) == 2
    }
    sites = []
    for _ in COUNTRIES:
        people = np.zeros(len(world.kinds), dtype=np.int64)
        for sex, number in (("woman", rng.integers(10, 45)), ("man", rng.integers(10, 45))):
            yes = rng.binomial(number, rng.uniform(0.05, 0.95))
            people[kinds[sex, "yes"]], people[kinds[sex, "no"]] = yes, number - yes
        sites.append(people)
    return sites
