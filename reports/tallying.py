"""Records → counts, in memory: histograms of one or two bytes, block by block. Pure.

Whoever has the records of a country counts them the same way: a worker beside the database, a laptop without one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import numpy.typing as npt

from reports import deriving, selection
from reports.grids import BESIDE
from reports.plan import Plan, Slice
from reports.tabulation import UNSTATED, Fields
from reports.telling import slices
from survey.protocol.record import RecordLayout, Variable
from survey.protocol.schema import Missing

_RESERVED = len(Missing)

Matrix = npt.NDArray[np.uint8]
Table = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Counts:
    """Histograms by slice and field: rows are blocks of the split, columns are codes. Counts of disjoint sets add."""

    responses: int = 0
    tables: Mapping[tuple[Slice, str], Table] = field(default_factory=dict)
    blocks: Mapping[Slice, tuple[str, ...]] = field(default_factory=dict)

    def __add__(self, other: "Counts") -> "Counts":
        tables = dict(self.tables)
        for key, table in other.tables.items():
            tables[key] = tables[key] + table if key in tables else table
        return Counts(self.responses + other.responses, tables, {**self.blocks, **other.blocks})

    def fields(self, wanted: Slice) -> Fields:
        """The histograms of one slice, as plain numbers."""
        return {
            name: {
                block: {_code_of(place, table.shape[1]): int(row[place]) for place in np.flatnonzero(row).tolist()}
                for block, row in zip(self.blocks[part], table, strict=True)
            }
            for (part, name), table in self.tables.items()
            if part == wanted
        }


def count_records(records: Iterable[bytes], *, layout: RecordLayout, plan: Plan) -> Counts:
    """Count records at hand: the same counting as for stored ones."""
    tally = Tally(layout, sorted_slices(plan, layout))
    data = b"".join(records)
    if data:
        tally.add(np.frombuffer(data, dtype=np.uint8).reshape(-1, layout.length))
    return tally.counts


def sorted_slices(plan: Plan, layout: RecordLayout) -> tuple[Slice, ...]:
    """The distinct slices of a plan, in its order, with those by which figures of one question are held together."""
    return tuple(dict.fromkeys(slices(plan.indicators, layout)))


class Tally:
    """Adds matrices of records up to counts."""

    def __init__(self, layout: RecordLayout, slices: tuple[Slice, ...]) -> None:
        self.layout, self.slices = layout, slices
        self.counts = Counts(blocks={part: self._blocks(part) for part in slices})
        self.add(np.empty((0, layout.length), dtype=np.uint8))

    def _blocks(self, part: Slice) -> tuple[str, ...]:
        patterns = product("01", repeat=len(part.across))
        marks = [BESIDE + "".join(pattern) for pattern in patterns] if part.across else [""]
        return tuple(block + mark for block in self._groups(part) for mark in marks)

    def _groups(self, part: Slice) -> tuple[str, ...]:
        if not part.split:
            return (UNSTATED,)
        choices = self._of(part, part.split)[0].question.choices
        return (*(choice.name for choice in choices.substantive), UNSTATED) if choices else (UNSTATED,)

    def _of(self, part: Slice, name: str) -> tuple[Variable, ...]:
        return deriving.variables(self.layout, part.derived, name)

    def add(self, matrix: Matrix) -> None:
        turned = np.ascontiguousarray(matrix.T)

        def columns(variable: Variable) -> npt.NDArray[np.int64]:
            low = turned[variable.offset].astype(np.int64)
            return low if variable.width == 1 else low + 256 * turned[variable.offset + 1].astype(np.int64)

        tables: dict[tuple[Slice, str], Table] = {}
        for part in self.slices:
            read = deriving.with_derived(self.layout, part.derived, columns)
            for variable in self._of(part, part.variable):
                tables[part, variable.name] = self._table(part, variable, read)
        self.counts = self.counts + Counts(len(matrix), tables)

    def _table(self, part: Slice, variable: Variable, columns: selection.Columns) -> Table:
        codes = _places(columns(variable), variable)
        known = deriving.extended(self.layout, part.derived)
        if part.zero_if is not None:
            codes = np.where(selection.mask(part.zero_if, known, columns), 0, codes)
        width = _width(variable)
        cells = self._block_numbers(part, columns, len(codes)) * width + codes
        if part.filter is not None:
            cells = cells[selection.mask(part.filter, known, columns)]
        rows = len(self.counts.blocks[part])
        return np.bincount(cells, minlength=rows * width).reshape(rows, width)

    def _block_numbers(self, part: Slice, columns: selection.Columns, size: int) -> npt.NDArray[np.int64]:
        numbers, known = self._group_numbers(part, columns, size), deriving.extended(self.layout, part.derived)
        for condition in part.across:
            numbers = 2 * numbers + selection.mask(condition, known, columns)
        return numbers

    def _group_numbers(self, part: Slice, columns: selection.Columns, size: int) -> npt.NDArray[np.int64]:
        if not part.split:
            return np.zeros(size, dtype=np.int64)
        variable = self._of(part, part.split)[0]
        blocks = self._groups(part)
        place = np.full(256, len(blocks) - 1, dtype=np.int64)
        for choice in variable.question.options:
            if choice.code is not None:
                place[choice.code] = blocks.index(choice.name)
        return place[columns(variable)]


def _width(variable: Variable) -> int:
    """Columns of a histogram: a byte's codes, or (never just as many) a number's range and the reserved codes above."""
    return 256 if variable.width == 1 else max(257, variable.question.high + 1 + _RESERVED)


def _places(codes: npt.NDArray[np.int64], variable: Variable) -> npt.NDArray[np.int64]:
    """Two-byte codes moved down so that the reserved ones follow the highest number."""
    if variable.width == 1:
        return codes
    return np.where(codes > variable.question.high, codes - 65_536 + _width(variable), codes)


def _code_of(place: int, width: int) -> int:
    """The code at a place of a histogram: the inverse of `_places`."""
    return place if width == 256 or place < width - _RESERVED else place + 65_536 - width
