"""Whether cells that were counted elsewhere may be printed: the policy, held against every figure once more. Pure.

What was counted cannot be counted again without the key. What is printed can be judged alone: every figure by its own
people, and what the blocks of a split leave over of their total.
"""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from reports.cells import JOINED
from reports.deriving import variables
from reports.disclosure import MEAN_BASE, Policy, part_fits
from reports.plan import Indicator, Plan, Stat
from reports.table import SCALAR, TOTAL, Cell, Cells, State
from reports.tabulation import UNSTATED, Count
from survey.protocol.checks import REGISTRY
from survey.protocol.record import RecordLayout
from survey.protocol.schema import Kind, Question

Shown = Mapping[str, Mapping[str, Cell]]
_PERCENT = (Stat.PERCENT_IN, Stat.PERCENT_EACH)
_ONE_PERSON = (Stat.MIN, Stat.MAX)


class Judge:
    """Looks at the cells of one release; `people` are how many there can be in a base at most."""

    def __init__(
        self, plan: Plan, layout: RecordLayout, policy: Policy, *, signed_off: bool, respondents: int, participants: int
    ) -> None:
        self.plan, self.layout, self.policy, self.signed_off = plan, layout, policy, signed_off
        self.most = {True: participants, False: respondents}

    def faults(self, cells: Mapping[str, Cells]) -> Iterator[tuple[str, str]]:
        """(code, indicator) of whatever may not be printed, is missing, or is in no plan."""
        for name in sorted(cells.keys() - {indicator.id for indicator in self.plan.indicators}):
            yield "indicator-unknown", name
        for indicator in self.plan.indicators:
            if indicator.id not in cells:
                yield "indicator-missing", indicator.id
            elif code := self._fault(indicator, cells):
                yield code, indicator.id

    def _fault(self, indicator: Indicator, cells: Mapping[str, Cells]) -> str:
        own = cells[indicator.id]
        shown = {
            block: {name: cell for name, cell in row.items() if cell.state is State.SHOWN} for block, row in own.items()
        }
        looks: tuple[tuple[str, Callable[[], bool]], ...] = (
            ("cell-place", lambda: self._places_are_known(indicator, own)),
            ("cell-number", lambda: self._numbers_add_up(indicator, own)),
            ("cell-hidden", lambda: self._hidden_tell_nothing(indicator, own)),
            ("cell-policy", lambda: self._is_fit(indicator, shown) and self._is_fit_within_parent(indicator, cells)),
        )
        return next((code for code, look in looks if not look()), "")

    def _places_are_known(self, indicator: Indicator, cells: Cells) -> bool:
        choices = (
            [choice.name for choice in self._question(indicator, indicator.split).options] if indicator.split else []
        )
        if TOTAL not in cells or not cells[TOTAL] or not cells.keys() <= {TOTAL, *choices, UNSTATED}:
            return False
        if indicator.stat is not Stat.PERCENT_EACH:
            return all(row.keys() == {SCALAR} for row in cells.values())
        atoms = [atom for name in cells[TOTAL] for atom in name.split(JOINED)]
        known = {choice.name for choice in self._question(indicator, indicator.variable).options}
        return cells.keys() == {TOTAL} and len(atoms) == len(set(atoms)) and set(atoms) <= known

    def _question(self, indicator: Indicator, name: str) -> Question:
        return variables(self.layout, indicator.derived, name)[0].question

    def _numbers_add_up(self, indicator: Indicator, cells: Cells) -> bool:
        most = self.most[indicator.variable == REGISTRY]
        return all(_is_number(cell, indicator.stat, most) for row in cells.values() for cell in row.values())

    def _hidden_tell_nothing(self, indicator: Indicator, cells: Cells) -> bool:
        hidden = [cell for row in cells.values() for cell in row.values() if cell.state is not State.SHOWN]
        for cell in hidden:
            if cell.k is not None or (indicator.sensitive and cell.n is not None):
                return False
            if cell.state is State.NEEDS_SIGN_OFF and (indicator.stat not in _ONE_PERSON or self.signed_off):
                return False
        return True

    def _is_fit(self, indicator: Indicator, shown: Shown) -> bool:
        if indicator.stat is Stat.PERCENT_EACH:
            return self._classes_fit(indicator, list(shown[TOTAL].values()), len(shown[TOTAL]))
        blocks = [row[SCALAR] for block, row in shown.items() if block != TOTAL and row]
        total = shown[TOTAL].get(SCALAR)
        if total is None:
            return not blocks
        whole = Count(total.k or 0, total.n or 0) if indicator.stat is not Stat.COUNT else Count(0, total.n or 0)
        return self._one_is_fit(indicator, total, is_total=True) and self._parts_fit(indicator, blocks, whole)

    def _classes_fit(self, indicator: Indicator, classes: list[Cell], shown: int) -> bool:
        is_partition = self._question(indicator, indicator.variable).kind is not Kind.SELECT_MULTIPLE
        if is_partition and shown and (shown < 2 or sum(cell.k or 0 for cell in classes) != classes[0].n):
            return False
        return all(self._one_is_fit(indicator, cell, is_total=True) for cell in classes)

    def _one_is_fit(self, indicator: Indicator, cell: Cell, *, is_total: bool) -> bool:
        n = cell.n or 0
        if indicator.stat in _PERCENT:
            return self.policy.fit(Count(cell.k or 0, n))
        if indicator.stat is Stat.COUNT:
            return (is_total and not indicator.sensitive) or (cell.k or 0) >= self.policy.threshold
        enough = n >= max(self.policy.threshold, MEAN_BASE)
        return enough and (self.signed_off or indicator.stat not in _ONE_PERSON)

    def _parts_fit(self, indicator: Indicator, blocks: list[Cell], whole: Count) -> bool:
        """Every block is fit, and so is what they leave of the total: the block that is not printed."""
        if not blocks:
            return True
        is_count = indicator.stat is Stat.COUNT
        k = whole.k - sum(cell.k or 0 for cell in blocks) if not is_count else 0
        n = whole.n - sum((cell.k if is_count else cell.n) or 0 for cell in blocks)
        if not 0 <= k <= n or not all(self._one_is_fit(indicator, cell, is_total=False) for cell in blocks):
            return False
        return (
            self.policy.fit_or_empty(Count(k, n))
            if indicator.stat in _PERCENT
            else n == 0 or n >= self.policy.threshold
        )

    def _is_fit_within_parent(self, indicator: Indicator, cells: Mapping[str, Cells]) -> bool:
        part = cells[indicator.id].get(TOTAL, {}).get(SCALAR)
        parent = cells.get(indicator.part_of, {}).get(TOTAL, {}).get(SCALAR)
        if part is None or parent is None or part.k is None or parent.k is None:
            return True
        return part_fits(Count(part.k, part.n or 0), Count(parent.k, parent.n or 0), self.policy)


def _is_number(cell: Cell, stat: Stat, most: int) -> bool:
    """Whether the figure is that of its people, of whom there are no more than there were."""
    if any(isinstance(one, bool) or not isinstance(one, int | None) for one in (cell.k, cell.n)):
        return False
    if not 0 <= (cell.k or 0) <= (cell.n if cell.n is not None else most) <= most:
        return False
    if cell.value is None:
        return True
    if stat in _PERCENT:
        return bool(cell.n) and cell.k is not None and cell.value == Fraction(100 * cell.k, cell.n or 1)
    if stat is Stat.COUNT:
        return cell.k is not None and cell.value == cell.k
    return bool(cell.n) and cell.k is None and cell.value >= 0
