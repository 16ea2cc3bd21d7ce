"""A site's cells after its families were judged: which figures keep their blocks, which their total, which only a base.

What each figure may print by itself is known by now (`reports.cells`); here it is held against the others of its family
(`reports.grids`). Pure.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from reports.deriving import Derivation, blocks_of, find, variables
from reports.disclosure import Policy
from reports.grids import (
    SHARES,
    Family,
    Figure,
    by_pattern,
    chosen,
    conditions_of,
    families,
    first_split,
    joint_slice,
)
from reports.partitions import refines, split_of
from reports.plan import Indicator, Slice, Stat
from reports.table import SCALAR, TOTAL, Cell, Cells, State
from reports.tabulation import Fields, in_base
from reports.telling import told_by
from survey.protocol.record import TICKED, RecordLayout, Variable, missing_code
from survey.protocol.schema import Kind, Question

JOINED = "+"


def judged(
    *,
    indicators: Sequence[Indicator],
    layout: RecordLayout,
    fields: Callable[[Slice], Fields],
    policy: Policy,
    cells: Mapping[str, Cells],
    blocked: Collection[tuple[str, str]] = (),
) -> dict[str, Cells]:
    """The cells that may stand beside each other. What is not printed keeps a base only where that is no secret.

    `blocked` are hidden already, for what they say beside figures of other families: indicators, or single options.

    An indicator whose base tells of another question what may not be printed of it is hidden, and the families are
    judged once more without it.
    """
    cells = {name: _without(own, {option for one, option in blocked if one == name}) for name, own in cells.items()}
    judges = [_Judge(layout, fields, policy, tuple(family)) for family in families(indicators).values()]
    hidden: frozenset[str] = frozenset()
    while True:
        found = dict(cells)
        for judge in judges:
            found |= judge.cells(cells, hidden)
        unfit = [name for name, own in found.items() if not _prints(own) and not _nobody(cells[name])]
        telling = frozenset(by for name in unfit if (by := told_by(name)))
        if telling <= hidden:
            return _without_telling_blocks(indicators, found)
        hidden |= telling


def _without_telling_blocks(indicators: Iterable[Indicator], cells: Mapping[str, Cells]) -> dict[str, Cells]:
    """Where a base may be told of everybody and not block by block, the total alone."""
    whole = {told_by(one.id) for one in indicators if told_by(one.id) and one.split and len(cells[one.id]) == 1}
    return {name: {TOTAL: own[TOTAL]} if name in whole else own for name, own in cells.items()}


def _prints(cells: Cells) -> bool:
    return any(cell.state is State.SHOWN for cell in cells[TOTAL].values())


def _without(cells: Cells, options: Collection[str]) -> Cells:
    """Cells without some options' figures; '' stands for all of them."""
    if "" in options:
        return hide(cells, with_base=True)
    row = {name: _without_figure(cell, True) if name in options else cell for name, cell in cells[TOTAL].items()}
    return {**cells, TOTAL: row}


def hide(cells: Cells, *, with_base: bool) -> Cells:
    """The total of every category without its figure, and without its base where that would tell something."""
    return {TOTAL: {name: _without_figure(cell, with_base) for name, cell in cells[TOTAL].items()}}


def _without_figure(cell: Cell, with_base: bool) -> Cell:
    state = State.TOO_FEW if cell.state is State.SHOWN else cell.state
    if with_base and cell.n is not None:
        return Cell(state if cell.n or state is State.NEEDS_SIGN_OFF else State.NO_ANSWERS, n=cell.n)
    return Cell(State.TOO_FEW if state is State.NO_ANSWERS else state)


@dataclass(frozen=True, slots=True)
class _Judge:
    """One family at one site."""

    layout: RecordLayout
    fields: Callable[[Slice], Fields]
    policy: Policy
    family: tuple[Indicator, ...]

    def cells(self, cells: Mapping[str, Cells], hidden: frozenset[str]) -> dict[str, Cells]:
        """The family's cells, each in the form in which it may stand beside those before it."""
        may = [one for one in self.family if one.id not in hidden and self._is_told_apart(one)]
        kept = {one.id: cells[one.id] if one in may else hide(cells[one.id], with_base=True) for one in self.family}
        part = joint_slice(self.family)
        if part is not None:
            joint = self.fields(part)
            for variable in variables(self.layout, part.derived, part.variable):
                kept |= self._beside_each_other(variable, joint, may, kept)
        first = self._open_base(may)
        # Where nobody answered at all, nobody is hidden.
        nobody = all(_nobody(cells[one.id]) for one in self.family if first is None or one is first)
        # What another question's base tells of this one may have been printed before this one was thought of.
        told = any(told_by(one.id) and not _prints(kept[one.id]) for one in self.family)
        return {
            one.id: kept[one.id]
            if nobody and one in may and _nobody(kept[one.id]) and (first is not None or _is_of_everybody(one))
            else self._with_bases(one, first, one in may and not told, self._count_beside(one, told, kept[one.id]))
            for one in self.family
        }

    def _count_beside(self, indicator: Indicator, told: bool, cells: Cells) -> Cells:
        """How many people answered is no secret, but where it would say what all of them answered."""
        return hide(cells, with_base=False) if told and indicator.stat is Stat.COUNT else cells

    def _is_told_apart(self, indicator: Indicator) -> bool:
        """Whether its people can be told from those of the family's other figures by what is counted together."""
        known, part = conditions_of(self.family), joint_slice(self.family)
        own = [condition for condition in (indicator.filter, indicator.zero_if) if condition is not None]
        if part is None:
            return True
        # Another plan may call something else by the name of a derived variable.
        named = frozenset[str]().union(*(condition.references() for condition in own))
        same = all(find(part.derived, name) == indicator.derivation(name) for name in named)
        split = not indicator.restrict or self._is_of_the_split(indicator)
        return same and split and all(condition in known for condition in own)

    def _is_of_the_split(self, indicator: Indicator) -> bool:
        """Whether its blocks are those of the family's split, or some of them put together."""
        first = first_split(self.family)
        return first is not None and bool(indicator.split) and refines(first, indicator, self._asked)

    def _asked(self, name: str) -> Question | None:
        found = self.layout.of(name)
        return found[0].question if found else None

    def _merged(self, indicator: Indicator) -> dict[str, str]:
        """Blocks of the family's split → blocks of an indicator's, where that puts some of them together."""
        first, own = first_split(self.family), indicator.derivation(indicator.split)
        if first is None or own is None or not indicator.split or split_of(first) == split_of(indicator):
            return {}
        fine = first.derivation(first.split)
        question = self._asked(first.split)
        blocks = {group.name: group.atoms for group in fine.groups} if fine else blocks_of(question) if question else {}
        return {name: group.name for name, atoms in blocks.items() for group in own.groups if atoms <= group.atoms}

    def _beside_each_other(
        self, variable: Variable, joint: Fields, may: Sequence[Indicator], kept: Mapping[str, Cells]
    ) -> dict[str, Cells]:
        """Cells after one field was judged: that of the question, or of one option of a multi-select."""
        open_base = self._open_base(may)
        given = [] if open_base is None else [self._base(variable, open_base)]
        figures = [list(self._forms(variable, one, kept[one.id])) for one in may]
        zeros = any(one.zero_if is not None for one in self.family)
        family = Family(
            by_pattern(joint[variable.name]),
            self._codes(variable),
            self.policy,
            floor=0 if zeros else variable.question.low,
            ceiling=variable.question.high,
            zeros=zeros,
        )
        return {
            one.id: _in_form(kept[one.id], variable, form) if forms else kept[one.id]
            for one, forms, form in zip(may, figures, chosen(family, figures, given), strict=True)
        }

    # Bases ------------------------------------------------------------------------------------------------------------

    def _open_base(self, may: Sequence[Indicator]) -> Indicator | None:
        """The figure of everybody whose base is printed, whether the figure is or not."""
        return next((one for one in may if _is_open(one)), None)

    def _with_bases(self, indicator: Indicator, first: Indicator | None, may: bool, cells: Cells) -> Cells:
        same = first is not None and (first.includes, first.zero_if) == (indicator.includes, indicator.zero_if)
        if may and _is_open(indicator) and same:
            return cells
        return {
            block: {
                name: cell if cell.state is State.SHOWN else _without_figure(cell, False) for name, cell in own.items()
            }
            for block, own in cells.items()
        }

    # Forms ------------------------------------------------------------------------------------------------------------

    def _forms(self, variable: Variable, indicator: Indicator, cells: Cells) -> Iterator[Figure]:
        """What an indicator would print of a field: with its blocks, then without them. None if nothing."""
        if not _prints(cells):
            return
        figure = self._figure(variable, indicator, cells)
        if len(cells) > 1 and self._is_of_the_split(indicator):
            yield replace(figure, by_block=True)
        yield figure

    def _figure(self, variable: Variable, indicator: Indicator, cells: Cells) -> Figure:
        if indicator.stat not in SHARES or not _speaks_of(indicator, variable, cells):
            return self._base(variable, indicator)
        if variable.choice is not None:
            return self._made(variable, indicator, [frozenset({TICKED})])
        boxes = [indicator.counted] if indicator.stat is Stat.PERCENT_IN else [n.split(JOINED) for n in cells[TOTAL]]
        own = indicator.derivation(indicator.variable)
        return self._made(variable, indicator, [_codes_of(variable, box, own) for box in boxes])

    def _base(self, variable: Variable, indicator: Indicator) -> Figure:
        return self._made(variable, indicator, [])

    def _made(self, variable: Variable, indicator: Indicator, boxes: Sequence[frozenset[int]]) -> Figure:
        @cache
        def told(code: int) -> object:
            if not in_base(code, variable.width, indicator):
                return None
            return tuple(code in box for box in boxes)

        is_mean = indicator.stat is Stat.MEAN
        return Figure(indicator, conditions_of(self.family), told, is_mean=is_mean, merged=self._merged(indicator))

    def _codes(self, variable: Variable) -> tuple[int, ...]:
        if variable.question.kind is Kind.INTEGER:
            return self._limits(variable.question)
        if variable.choice is not None:
            return (TICKED, 1 - TICKED)
        included = {reason for one in self.family for reason in one.includes}
        choices = [one for one in variable.question.options if one.missing is None or one.missing in included]
        return tuple(_codes_of(variable, [choice.name for choice in choices]))

    def _limits(self, question: Question) -> tuple[int, ...]:
        """Numbers of which the family's bands tell everything that they tell of any; none without bands."""
        bands = [one.derivation(one.variable) for one in self.family]
        spans = [span for own in bands if own is not None for group in own.groups for span in group.spans]
        ends = {number for low, high in spans for number in (low - 1, low, high, high + 1)}
        ends |= {question.low, question.high} if spans else set()
        return tuple(sorted(number for number in ends if question.low <= number <= question.high))


def _nobody(cells: Cells) -> bool:
    return all(not cell.n for cell in cells[TOTAL].values())


def _is_of_everybody(indicator: Indicator) -> bool:
    return not indicator.sensitive and indicator.filter is None and not indicator.restrict


def _is_open(indicator: Indicator) -> bool:
    """Bases are no secret, unless the item is sensitive or its people were chosen by what they said.

    Where a reason counts as an answer, the base tells how many gave it.
    """
    return _is_of_everybody(indicator) and not indicator.includes


def _speaks_of(indicator: Indicator, variable: Variable, cells: Cells) -> bool:
    """Whether a share is one of this field; of a multi-select's other options it shows the base only."""
    if variable.choice is None:
        return True
    if indicator.stat is Stat.PERCENT_IN:
        return variable.choice.name in indicator.counted
    return cells[TOTAL][variable.choice.name].state is State.SHOWN


def _codes_of(variable: Variable, names: Sequence[str], own: Derivation | None = None) -> frozenset[int]:
    """The codes of choices of a question, or of groups of its answers."""
    if own is not None and own.root:
        groups = [group for group in own.groups if group.name in names]
        reasons = {missing_code(reason, variable.width) for name, reason in own.reasons if name in names}
        numbers = {number for group in groups for low, high in group.spans for number in range(low, high + 1)}
        inside = [choice for group in groups for choice in group.choices]
        return _codes_of(variable, inside) | numbers | reasons
    chosen_ones = [choice for choice in variable.question.options if choice.name in names]
    codes = (c.code if c.missing is None else missing_code(c.missing, variable.width) for c in chosen_ones)
    return frozenset(code for code in codes if code is not None)


def _in_form(cells: Cells, variable: Variable, form: Figure | None) -> Cells:
    """Cells as they may be printed: of a distribution over ticks only this option's cell is taken away."""
    if form is not None:
        return cells if form.by_block else {TOTAL: cells[TOTAL]}
    if variable.choice is None or SCALAR in cells[TOTAL]:
        return hide(cells, with_base=True)
    name = variable.choice.name
    return {TOTAL: {**cells[TOTAL], name: _without_figure(cells[TOTAL][name], with_base=True)}}
