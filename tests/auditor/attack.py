"""What everything printed leaves open: exact bounds on a hidden number, by integer programming where a shortcut fails.

The printed numbers are rows over kinds of people. Two kinds that no printed row tells apart can stand in for each
other: if one of them is there and a hidden figure tells them apart, the hidden figure has another possible value. So
can two people for two others with the same sum of rows. Only where neither is found is an integer program solved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp

Row = npt.NDArray[np.int64]
# So many exchanges are looked at for two people; what they do not settle is solved.
MOST = 30


@dataclass(eq=False)
class Known:
    """Printed numbers about one site: rows over kinds of people, and the sum that each printed."""

    size: int
    rows: dict[bytes, tuple[Row, int]] = field(default_factory=dict)

    def add(self, row: Row, value: int) -> None:
        before = self.rows.setdefault(row.tobytes(), (row, value))
        if before[1] != value:
            raise ValueError("the same figure was printed with two values")

    @property
    def pattern(self) -> tuple[bytes, ...]:
        return tuple(self.rows)

    @property
    def values(self) -> Row:
        return np.array([value for _, value in self.rows.values()], dtype=np.int64)

    def forms(self) -> "Forms":
        found = _FORMS.get(self.pattern)
        if found is None:
            found = Forms(np.array([row for row, _ in self.rows.values()], dtype=np.int64).reshape(-1, self.size))
            if len(_FORMS) > 300:
                _FORMS.clear()
            _FORMS[self.pattern] = found
        return found


class Forms:
    """Kinds of people in classes that no printed row tells apart, and exchanges that no printed row shows."""

    def __init__(self, rows: Row) -> None:
        self.columns, self.kinds, self.marks = _classes(rows)
        self.size = self.columns.shape[1]
        self.order = np.argsort(self.kinds, kind="stable")
        self.starts = np.searchsorted(self.kinds[self.order], np.arange(self.size))

    def range_in_class(self, targets: Row) -> tuple[Row, Row]:
        """The lowest and highest that one person of each class adds to each target."""
        own = targets[..., self.order]
        return np.minimum.reduceat(own, self.starts, axis=-1), np.maximum.reduceat(own, self.starts, axis=-1)

    def people(self, people: Row) -> Row:
        return np.bincount(self.kinds, weights=people, minlength=self.size).astype(np.int64)

    @cached_property
    def _pairs(self) -> tuple[Row, Row, Row]:
        """Two classes each, and the mark of what they print together, in the order of the marks."""
        first, second = np.triu_indices(self.size)
        marks = self.marks[first] + self.marks[second]
        order = np.argsort(marks, kind="stable")
        return first[order], second[order], marks[order]

    def exchanges(self, there: Row) -> tuple[Row, Row, Row, Row]:
        """(a, b, c, d): two people who are there, of the classes a and b, print what two of c and d would print."""
        present = np.flatnonzero(there)
        one, other = (present[place] for place in np.triu_indices(len(present)))
        enough = (one != other) | (there[one] > 1)
        one, other = one[enough], other[enough]
        first, second, marks = self._pairs
        own = self.marks[one] + self.marks[other]
        start = np.searchsorted(marks, own, side="left")
        many = np.minimum(np.searchsorted(marks, own, side="right") - start, MOST)
        at = np.repeat(start, many) + np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        return np.repeat(one, many), np.repeat(other, many), first[at], second[at]


def _classes(rows: Row) -> tuple[Row, Row, Row]:
    """Equal columns as classes, and the mark of each: a sum with random weights of 62 bits, which no two share."""
    weights = np.random.default_rng(1).integers(1, 2**62, size=len(rows), dtype=np.int64)
    marks, first, kinds = np.unique(weights @ rows, return_index=True, return_inverse=True)
    return rows[:, first], kinds.reshape(-1), marks


_FORMS: dict[tuple[bytes, ...], Forms] = {}


@dataclass(frozen=True)
class Bound:
    low: int
    high: int

    @property
    def exact(self) -> bool:
        return self.low == self.high


def undetermined(known: Known, people: Row, targets: Row) -> npt.NDArray[np.bool_]:
    """For each target whether somebody could be somebody else: prints the same, and differs in the target.

    True is a proof that the target cannot be computed; False proves nothing.
    """
    forms = known.forms()
    low, high = forms.range_in_class(targets)
    return (low != high) @ (forms.people(people) > 0)


def exchangeable(known: Known, people: Row, target: Row) -> bool:
    """Whether two people could be two others, who print the same and differ in the target together."""
    forms = known.forms()
    low, _ = forms.range_in_class(target)
    a, b, c, d = forms.exchanges(forms.people(people))
    return bool((low[a] + low[b] != low[c] + low[d]).any())


def determined(known: Known, people: Row, target: Row) -> bool:
    """Whether everything printed leaves the one value that these people have."""
    if undetermined(known, people, target[None, :])[0] or exchangeable(known, people, target):
        return False
    forms, value = known.forms(), int(target @ people)
    low, high = forms.range_in_class(target)
    return _solve(forms, known.values, low) == value and -_solve(forms, known.values, -high) == value


def bound(known: Known, target: Row) -> Bound:
    """The smallest and the largest value that a target can have, exactly: two integer programs."""
    forms = known.forms()
    low, high = forms.range_in_class(target)
    return Bound(_solve(forms, known.values, low), -_solve(forms, known.values, -high))


def _solve(forms: Forms, values: Row, weights: Row) -> int:
    constraints = [LinearConstraint(forms.columns, values, values)] if len(values) else []
    found = milp(weights, constraints=constraints, integrality=np.ones(forms.size), bounds=Bounds(0, 1000))
    if not found.success:
        raise ValueError(f"no people print this: {found.message}")
    return round(found.fun)


def candidates(
    sums: Mapping[str, Sequence[int]], bases: Mapping[str, int], total: tuple[int, int]
) -> dict[str, set[int]]:
    """Counts that the countries behind an exact average may have, where their shares add up to total[0] / total[1]."""
    common = int(np.lcm.reduce([total[1], *bases.values()]))
    aim = total[0] * common // total[1]
    names = list(sums)
    reached: list[set[int]] = [{0}]
    for name in names:
        step = common // bases[name]
        reached.append({part + k * step for part in reached[-1] for k in sums[name] if part + k * step <= aim})
    alive, found = {aim}, {}
    for place in range(len(names) - 1, -1, -1):
        name, step = names[place], common // bases[names[place]]
        pairs = [(whole - k * step, k) for whole in alive for k in sums[name] if whole - k * step in reached[place]]
        alive, found[name] = {part for part, _ in pairs}, {k for _, k in pairs}
    return found
