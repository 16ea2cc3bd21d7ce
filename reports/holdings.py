"""What printed cells hold of an indicator: the figure itself, or one that is a sum of them. Pure.

Whatever can be added up from printed figures is printed already; a table made of it tells nothing new.
"""

from collections.abc import Mapping
from dataclasses import replace

from reports.cells import JOINED
from reports.plan import Indicator, Stat
from reports.succession import Definition, definition, is_the_same_total
from reports.table import SCALAR, TOTAL, Cell, Cells, State
from reports.tabulation import Count

Held = Mapping[Definition, Cells]


def held(indicator: Indicator, cells: Held) -> Cells | None:
    """The cells of an indicator, out of a release's cells by definition; None where they do not hold it."""
    exact = cells.get(definition(indicator))
    if exact is not None or indicator.stat is not Stat.PERCENT_IN or indicator.split:
        return exact
    return _total_of_a_split(indicator, cells) or _sum_of_a_distribution(indicator, cells)


def _total_of_a_split(indicator: Indicator, cells: Held) -> Cells | None:
    """A total is the same figure whatever it was split by."""
    own = definition(indicator)
    same = (found for other, found in cells.items() if is_the_same_total(own, other))
    return next(({TOTAL: found[TOTAL]} for found in same), None)


def _sum_of_a_distribution(indicator: Indicator, cells: Held) -> Cells | None:
    """Choices that are classes of a printed distribution, added up; unless they are all that there are."""
    each = replace(indicator, stat=Stat.PERCENT_EACH, counted=())
    row = cells.get(definition(each), {}).get(TOTAL, {})
    wanted = set(indicator.counted)
    parts = [cell for name, cell in row.items() if set(name.split(JOINED)) <= wanted]
    covered = {atom for name in row if set(name.split(JOINED)) <= wanted for atom in name.split(JOINED)}
    if covered != wanted or len(parts) == len(row) or any(cell.state is not State.SHOWN for cell in parts):
        return None
    count = Count(sum(cell.k or 0 for cell in parts), parts[0].n or 0)
    return {TOTAL: {SCALAR: Cell(State.SHOWN, count.percent(), count.k, count.n)}}
