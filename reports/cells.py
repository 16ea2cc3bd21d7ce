"""One site's publishable cells: tabulation, then disclosure control, for every indicator of the plan at once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from reports import any_of, judging, partitions
from reports.deriving import blocks_of, variables
from reports.disclosure import (
    MEAN_BASE,
    Policy,
    merged_classes,
    part_fits,
    split_mean,
    split_total_or_nothing,
)
from reports.grids import SHARES, source, source_of
from reports.judging import hide, judged
from reports.plan import Indicator, Plan, Slice, Stat
from reports.table import SCALAR, TOTAL, Cell, Cells, State
from reports.tabulation import Count, Fields, Percents, Spread, percents, spreads
from reports.telling import with_telling
from survey.protocol.checks import REGISTRY
from survey.protocol.record import RecordLayout, Variable
from survey.protocol.schema import Kind, Question

JOINED = judging.JOINED
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SiteCounts:
    """Everything that a site's cells are made from. `registry` counts participants by gender."""

    fields: Callable[[Slice], Fields]
    registry: Mapping[str, int]


def publishable(
    *, plan: Plan, layout: RecordLayout, counts: SiteCounts, policy: Policy, signed_off: bool
) -> dict[str, Cells]:
    """Indicator id → cells that may leave the site. What is not printed keeps a reason and, unless sensitive, its base.

    `signed_off`: somebody answers by name for printing minima and maxima, which are single people.
    """
    work = _Site(layout, counts, policy, signed_off)
    indicators = with_telling(plan.indicators, layout)
    own = {indicator.id: work.cells(indicator) for indicator in indicators}
    cells = judged(
        indicators=indicators,
        layout=layout,
        fields=counts.fields,
        policy=policy,
        cells=own,
        blocked=any_of.blocked(indicators, layout, counts.fields, policy),
    )
    found = {indicator.id: work.nested(indicator, plan, cells[indicator.id]) for indicator in plan.indicators}
    found |= work.second_partitions(plan, found)
    return {**found, **work.empty_blocks(plan, found)}


class _Site:
    def __init__(self, layout: RecordLayout, counts: SiteCounts, policy: Policy, signed_off: bool) -> None:
        self.layout, self.counts, self.policy, self.signed_off = layout, counts, policy, signed_off

    def question(self, indicator: Indicator) -> Question:
        return self.variable(indicator).question

    def variable(self, indicator: Indicator) -> Variable:
        """The first variable of an indicator's question, be it of the record or derived."""
        return variables(self.layout, indicator.derived, indicator.variable)[0]

    def cells(self, indicator: Indicator) -> Cells:
        """What it may print by itself.

        Whoever gives a reason ticks no option: in the base of ticks a reason would tell how many gave it, beside any
        other base of the question. No plan asks for that any more; one that was stored before may.
        """
        cells = _BY_STAT[indicator.stat](self, indicator)
        has_reason = indicator.includes and self.question(indicator).kind is Kind.SELECT_MULTIPLE
        return hide(cells, with_base=False) if has_reason else cells

    def percents(self, indicator: Indicator) -> Percents:
        found = percents(indicator, self.question(indicator), self.counts.fields(indicator.slice))
        return {name: _restricted(blocks, indicator) for name, blocks in found.items()}

    def total(self, indicator: Indicator) -> Count:
        return _sum(self.percents(indicator)[SCALAR].values())

    def percent_in(self, indicator: Indicator) -> Cells:
        blocks = self.percents(indicator)[SCALAR]
        printable = split_total_or_nothing(blocks, self.policy)
        base = _sum(blocks.values()).n
        shown = {name: block for name, block in printable.blocks.items() if block.n}
        cells = {TOTAL: {SCALAR: _percent(printable.total, base, indicator)}}
        return {**cells, **{name: {SCALAR: _percent(block, block.n, indicator)} for name, block in shown.items()}}

    def percent_each(self, indicator: Indicator) -> Cells:
        totals = {name: _sum(blocks.values()) for name, blocks in self.percents(indicator).items()}
        base = max((count.n for count in totals.values()), default=0)
        if self.question(indicator).kind is Kind.SELECT_MULTIPLE:
            # Each option is a yes/no item of its own: ticking one says nothing about another.
            row = {
                name: _percent(count if self.policy.fit(count) else None, count.n, indicator)
                for name, count in totals.items()
            }
            return {TOTAL: row}
        classes = merged_classes({name: count.k for name, count in totals.items()}, self.policy)
        merged = {JOINED.join(names): Count(sum(totals[name].k for name in names), base) for names in classes}
        if not merged:
            return {TOTAL: {name: _percent(None, base, indicator) for name in totals}}
        return {TOTAL: {name: _percent(count, base, indicator) for name, count in merged.items()}}

    def spreads(self, indicator: Indicator) -> dict[str, Spread]:
        variable = self.variable(indicator)
        found = spreads(indicator, variable.question, self.counts.fields(indicator.slice), variable.width)
        return _restricted(found, indicator)

    def mean(self, indicator: Indicator) -> Cells:
        blocks = self.spreads(indicator)
        question, zeros = self.question(indicator), indicator.zero_if is not None
        floor = 0 if zeros else question.low
        printable = split_mean(blocks, self.policy, floor=floor, ceiling=question.high, zeros=zeros)
        base = sum(block.n for block in blocks.values())
        cells = {TOTAL: {SCALAR: _number(printable.total, Spread.mean, base, indicator)}}
        parts = [(name, block) for name, block in printable.blocks.items() if block.n]
        return {**cells, **{name: {SCALAR: _number(b, Spread.mean, b.n, indicator)} for name, b in parts}}

    def extreme(self, indicator: Indicator) -> Cells:
        total = _sum_spreads(self.spreads(indicator).values())
        value: Callable[[Spread], Fraction] = _low if indicator.stat is Stat.MIN else _high
        if total.n and not self.signed_off:
            return {TOTAL: {SCALAR: Cell(State.NEEDS_SIGN_OFF, n=_base(total.n, indicator))}}
        # Where the lowest is the highest, everybody said it.
        enough = total.n >= max(self.policy.threshold, MEAN_BASE) and total.low != total.high
        return {TOTAL: {SCALAR: _number(total if enough else None, value, total.n, indicator)}}

    def count(self, indicator: Indicator) -> Cells:
        """People, not a share of them. Groups are printed only when each is large enough or empty."""
        blocks = _restricted(self._people(indicator), indicator)
        total = sum(blocks.values())
        chosen = indicator.sensitive or indicator.filter is not None or indicator.restrict or indicator.includes
        if chosen and total < self.policy.threshold:
            return {TOTAL: {SCALAR: _hidden(total, indicator)}}
        cells = {TOTAL: {SCALAR: Cell(State.SHOWN, Fraction(total), total, total)}}
        if indicator.split and all(n == 0 or n >= self.policy.threshold for n in blocks.values()):
            cells |= {
                name: {SCALAR: Cell(State.SHOWN, Fraction(n), n, total)} for name, n in blocks.items() if name and n
            }
        return cells

    def _people(self, indicator: Indicator) -> dict[str, int]:
        if indicator.variable == REGISTRY:
            return dict(self.counts.registry)
        fields = next(iter(self.counts.fields(indicator.slice).values()))
        width = self.variable(indicator).width
        if self.question(indicator).kind is Kind.INTEGER:
            own = spreads(indicator, self.question(indicator), {indicator.variable: fields}, width)
            return {block: spread.n for block, spread in own.items()}
        empty = replace(indicator, stat=Stat.PERCENT_EACH)
        found = percents(empty, self.question(indicator), self.counts.fields(indicator.slice))
        return {block: count.n for block, count in next(iter(found.values())).items()}

    # Rules that look at more than one indicator -----------------------------------------------------------------------

    def nested(self, indicator: Indicator, plan: Plan, cells: Cells) -> Cells:
        """A part is printed only when it is fit within its parent, at this site."""
        if not indicator.part_of:
            return cells
        parent = plan.indicator(indicator.part_of)
        fits = part_fits(self.total(indicator), self.total(parent), self.policy)
        is_open = not (indicator.filter or indicator.restrict or indicator.sensitive)
        return {TOTAL: cells[TOTAL]} if fits else hide(cells, with_base=is_open)

    # Rules about derived variables and several splits -----------------------------------------------------------------

    def second_partitions(self, plan: Plan, cells: Mapping[str, Cells]) -> dict[str, Cells]:
        """Indicators whose split is another partition than the first of their base: their total alone.

        No plan holds two of them; one that was released under an earlier plan and one of this plan can.
        """
        return {
            later.id: hide(cells[later.id], with_base=False) if later.restrict else {TOTAL: cells[later.id][TOTAL]}
            for later, _ in partitions.second(plan.indicators, self.asked)
        }

    def empty_blocks(self, plan: Plan, cells: Mapping[str, Cells]) -> dict[str, Cells]:
        """Indicators with a block of nobody, where the plan has shares of the split question too: their total alone.

        Those shares are hidden or put together where nobody gave an answer; the block would say it all the same.
        """
        counted = {source(one) for one in plan.indicators if one.stat in SHARES}
        return {
            one.id: {TOTAL: cells[one.id][TOTAL]}
            for one in plan.indicators
            if one.variable != REGISTRY and len(cells[one.id]) > 1
            if source_of(one, one.split) in counted and not self._blocks(one) <= cells[one.id].keys()
        }

    def _blocks(self, indicator: Indicator) -> frozenset[str]:
        question = variables(self.layout, indicator.derived, indicator.split)[0].question
        return frozenset(indicator.restrict or blocks_of(question))

    def asked(self, name: str) -> Question | None:
        found = self.layout.of(name)
        return found[0].question if found else None


_BY_STAT: dict[Stat, Callable[[_Site, Indicator], Cells]] = {
    Stat.PERCENT_IN: _Site.percent_in,
    Stat.PERCENT_EACH: _Site.percent_each,
    Stat.MEAN: _Site.mean,
    Stat.MIN: _Site.extreme,
    Stat.MAX: _Site.extreme,
    Stat.COUNT: _Site.count,
}


def _restricted(blocks: Mapping[str, T], indicator: Indicator) -> dict[str, T]:
    return {name: block for name, block in blocks.items() if not indicator.restrict or name in indicator.restrict}


def _sum(counts: Iterable[Count]) -> Count:
    total = Count(0, 0)
    for count in counts:
        total = total + count
    return total


def _sum_spreads(parts: Iterable[Spread]) -> Spread:
    total = Spread(0, 0)
    for part in parts:
        total = total + part
    return total


def _low(spread: Spread) -> Fraction:
    return Fraction(spread.low or 0)


def _high(spread: Spread) -> Fraction:
    return Fraction(spread.high or 0)


def _base(n: int, indicator: Indicator) -> int | None:
    return None if indicator.sensitive else n


def _percent(count: Count | None, base: int, indicator: Indicator) -> Cell:
    if count is not None and count.n:
        return Cell(State.SHOWN, count.percent(), count.k, count.n)
    return _hidden(base, indicator)


def _number(spread: Spread | None, value: Callable[[Spread], Fraction], base: int, indicator: Indicator) -> Cell:
    if spread is not None and spread.n:
        return Cell(State.SHOWN, value(spread), n=spread.n)
    return _hidden(base, indicator)


def _hidden(base: int, indicator: Indicator) -> Cell:
    """A cell that is not printed. Of a sensitive item not even an empty base is told."""
    if indicator.sensitive:
        return Cell(State.TOO_FEW)
    return Cell(State.TOO_FEW if base else State.NO_ANSWERS, n=base)
