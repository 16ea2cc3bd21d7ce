"""Cells in the form in which another release printed them: its blocks, its merged classes, or nothing. Pure."""

from collections.abc import Mapping

from reports.cells import JOINED
from reports.table import TOTAL, Cell, Cells, State
from reports.tabulation import Count

Row = Mapping[str, Cell]


def hidden(cells: Cells) -> Cells:
    """The total of every category, without its figure and its base."""
    return {TOTAL: {name: _without_figure(cell) for name, cell in cells[TOTAL].items()}}


def _without_figure(cell: Cell) -> Cell:
    return cell if cell.state is State.NOT_ASKED else Cell(State.TOO_FEW)


def printed_of(cells: Cells) -> dict[str, dict[str, Cell]]:
    """Blocks and categories that show a figure; nothing of those that show none."""
    shown = {block: {n: cell for n, cell in row.items() if cell.state is State.SHOWN} for block, row in cells.items()}
    return {block: row for block, row in shown.items() if row}


def in_the_form_of(printed: Mapping[str, Row], cells: Cells) -> dict[str, dict[str, Cell]] | None:
    """The same blocks and classes as before; None when one of them cannot be printed now."""
    found: dict[str, dict[str, Cell]] = {}
    for block, row in printed.items():
        own = _joined(row, cells.get(block, {}))
        if own is None:
            return None
        found[block] = own
    return {TOTAL: dict(cells.get(TOTAL, {})), **found}


def _joined(before: Row, now: Row) -> dict[str, Cell] | None:
    """A row whose classes are merged as they were; classes that were not printed before stay as they are."""
    merged: dict[str, Cell] = {}
    taken: set[str] = set()
    for name in before:
        atoms = set(name.split(JOINED))
        parts = {own: cell for own, cell in now.items() if set(own.split(JOINED)) <= atoms}
        covered = {atom for own in parts for atom in own.split(JOINED)}
        if covered != atoms or any(cell.state is not State.SHOWN for cell in parts.values()):
            return None
        merged[name] = _sum(list(parts.values()))
        taken |= parts.keys()
    return {**merged, **{name: cell for name, cell in now.items() if name not in taken}}


def _sum(cells: list[Cell]) -> Cell:
    if len(cells) == 1:
        return cells[0]
    count = Count(sum(cell.k or 0 for cell in cells), cells[0].n or 0)
    return Cell(State.SHOWN, count.percent(), count.k, count.n)
