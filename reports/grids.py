"""Figures of one question, judged together: whoever reads several of them adds and subtracts.

A family is the figures whose answers come from one question (`source`), as they are or grouped; of a multi-select each
option is a question of its own. Their boxes cut the answers into atoms, their filters and restrictions cut the people.
What is printed has to be the cells of that grid, each fit, and sums of them. Figures are taken in the plan's order: one
that would make too small a cell is printed without its blocks, or not at all. A family has one split, the first in the
plan. Pure.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reports.deriving import Derivation
from reports.disclosure import Policy
from reports.plan import Indicator, Slice, Stat
from reports.tabulation import Count, Histogram, Spread
from survey.protocol.checks import REGISTRY
from survey.protocol.expressions import Expression

# A block and a pattern of conditions, as a slice with `across` names its blocks.
BESIDE = "|"
# Every condition doubles the patterns that are counted; figures under a further one are not printed.
MOST_CONDITIONS = 8
SHARES = (Stat.PERCENT_IN, Stat.PERCENT_EACH)

# Which figures take people in, and in which block these are.
Place = tuple[tuple[bool, ...], str]

# What is counted of a family: block → pattern of conditions ("10": the first holds, the second does not) → answers.
Joint = Mapping[tuple[str, str], Histogram]


def source(indicator: Indicator) -> object:
    """The question that an indicator's answers come from: figures of one source are one family.

    What looks at several questions is a source of its own; what it says beside them is judged in `reports.any_of`.
    """
    return source_of(indicator, indicator.variable)


def source_of(indicator: Indicator, name: str) -> object:
    """The same of any variable that an indicator names, such as its split."""
    own = indicator.derivation(name)
    return name if own is None else own.root or own.key()


def families(indicators: Iterable[Indicator]) -> dict[object, list[Indicator]]:
    """Indicators by source, in their order. The registry answers no question."""
    found: dict[object, list[Indicator]] = {}
    for indicator in indicators:
        if indicator.variable != REGISTRY:
            found.setdefault(source(indicator), []).append(indicator)
    return found


def first_split(family: Sequence[Indicator]) -> Indicator | None:
    """The figure whose split is the family's: the first in the plan that has one."""
    return next((indicator for indicator in family if indicator.split), None)


def conditions_of(family: Sequence[Indicator]) -> tuple[Expression, ...]:
    """What the people of a family are told apart by, beside the split."""
    found = (condition for one in family for condition in (one.filter, one.zero_if) if condition is not None)
    return tuple(dict.fromkeys(found))[:MOST_CONDITIONS]


def joint_slice(family: Sequence[Indicator]) -> Slice | None:
    """How a family is counted as a whole; None for a single figure, which is judged by itself."""
    if len(family) < 2:
        return None
    split, across, root = first_split(family), conditions_of(family), source(family[0])
    variable = root if isinstance(root, str) else family[0].variable
    name = "" if split is None else split.split
    named = {variable, name}.union(*(condition.references() for condition in across))
    derived: dict[str, Derivation] = {}
    for one in (family[0], *([] if split is None else [split]), *family):
        for own in one.derived:
            if own.name in named:
                derived.setdefault(own.name, own)
    return Slice(variable, name, derived=tuple(derived[one] for one in sorted(derived)), across=across)


def by_pattern(blocks: Mapping[str, Histogram]) -> Joint:
    """The histograms of a joint slice, with its blocks' names taken apart."""
    found: dict[tuple[str, str], Histogram] = {}
    for name, row in blocks.items():
        block, _, pattern = name.partition(BESIDE)
        found[block, pattern] = row
    return found


# Figures and what they tell apart -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figure:
    """One indicator in the form in which it might be printed.

    `told` says, for an answer's code, what the figure tells of it: None outside its base, else the box that it is in.
    A mean tells of everybody the same and adds up `values`.
    """

    indicator: Indicator
    conditions: tuple[Expression, ...]
    told: Callable[[int], object]
    by_block: bool = False
    is_mean: bool = False
    # Blocks of the family's split that its own split puts together.
    merged: Mapping[str, str] = field(default_factory=dict)

    def block(self, block: str) -> str:
        """Its own block in which people of a block of the family's split are."""
        return self.merged.get(block, block)

    def takes(self, block: str, pattern: str) -> bool:
        """Whether its people are among those of a block under a pattern of conditions."""
        own = self.indicator
        if own.restrict and self.block(block) not in own.restrict:
            return False
        return own.filter is None or pattern[self.conditions.index(own.filter)] == "1"

    def zeroed(self, pattern: str) -> bool:
        return self.indicator.zero_if is not None and pattern[self.conditions.index(self.indicator.zero_if)] == "1"

    def tells(self, code: int, pattern: str) -> object:
        return () if self.zeroed(pattern) else self.told(code)

    @property
    def is_plain(self) -> bool:
        """Of everybody who answered: its base is no secret."""
        return self.indicator.filter is None and not self.indicator.restrict


@dataclass(slots=True)
class _Atom:
    """People whom the figures do not tell apart, and the numbers that means add up of them, or might."""

    people: int = 0
    numbers: dict[int, int] = field(default_factory=dict)
    # Whether all of them count with zero for another answer.
    zeroed: bool = True

    def add(self, number: int, people: int, *, zeroed: bool) -> None:
        self.people += people
        self.zeroed = self.zeroed and (zeroed or not people)
        self.numbers[number] = self.numbers.get(number, 0) + people


# By what the figures that take people in tell of them.
_Atoms = dict[tuple[object, ...], _Atom]


@dataclass(frozen=True, slots=True)
class Family:
    """A family's counts, and the codes of answers that may be given, whether or not anybody did.

    Of a choice these are all; of a number those at the limits of its bands, as what is told of the others is the same.
    """

    joint: Joint
    codes: tuple[int, ...]
    policy: Policy
    floor: int = 0
    ceiling: int | None = None
    zeros: bool = False

    def fits(self, figures: Sequence[Figure]) -> bool:
        """Whether figures may be printed together."""
        return (
            self._atoms_fit(figures)
            and all(self._atoms_fit(own, blocks) for own, blocks in self._levels(figures))
            and all(self._leaves_enough(figure, figures) for figure in figures)
        )

    def _levels(self, figures: Sequence[Figure]) -> Iterator[tuple[list[Figure], Figure]]:
        """For each way of putting the split's blocks together: one figure that has it, and all that are as fine.

        A filter that cuts one block only is as fine too: those of 31 or older are some of those of 30 or older, and all
        men with some of the women are these women when the men are printed.
        """
        split = [figure for figure in figures if figure.by_block]
        for merged in {tuple(sorted(figure.merged.items())): figure for figure in split}.values():
            inside = [figure for figure in figures if not figure.by_block and self._cuts_one(figure, merged)]
            yield [*(figure for figure in split if self._is_as_fine(figure, merged)), *inside], merged

    def _cuts_one(self, figure: Figure, blocks: Figure) -> bool:
        people = [(blocks.block(block), pattern) for (block, pattern), row in self.joint.items() if any(row.values())]
        inside = {block for block, pattern in people if figure.takes(block, pattern)}
        outside = {block for block, pattern in people if not figure.takes(block, pattern)}
        return len(inside) == 1 or len(inside & outside) == 1

    def _is_as_fine(self, fine: Figure, coarse: Figure) -> bool:
        pairs = {(fine.block(block), coarse.block(block)) for block, _ in self.joint}
        return len(pairs) == len({own for own, _ in pairs})

    def _atoms_fit(self, figures: Sequence[Figure], blocks: Figure | None = None) -> bool:
        groups = self._groups(figures, blocks)
        alone = len(groups) == 1 and any(figure.is_plain for figure in figures) and blocks is None
        return all(
            self._group_fits(atoms, [one for one, taken in zip(figures, takes, strict=True) if taken], not alone)
            for (takes, _), atoms in groups.items()
        )

    def _groups(self, figures: Sequence[Figure], blocks: Figure | None) -> dict[Place, _Atoms]:
        """People by the figures that take them in (and the block), and then by what these tell of them."""
        found: dict[Place, _Atoms] = {}
        for (block, pattern), row in self.joint.items():
            takes = tuple(figure.takes(block, pattern) for figure in figures)
            if not row or not any(takes):
                continue
            atoms = found.setdefault((takes, blocks.block(block) if blocks is not None else ""), {})
            own = [figure for figure, taken in zip(figures, takes, strict=True) if taken]
            # Whoever counts with zero for another answer need not have been asked this one.
            may_be = () if any(figure.zeroed(pattern) for figure in own) else self.codes
            for code in {*may_be, *row}:
                told = tuple(figure.tells(code, pattern) for figure in own)
                if any(one is not None for one in told):
                    tell = [figure for figure, one in zip(own, told, strict=True) if one is not None]
                    zeroed = all(one.zeroed(pattern) for one in [one for one in tell if one.is_mean] or tell)
                    atoms.setdefault(told, _Atom()).add(0 if zeroed else code, row.get(code, 0), zeroed=zeroed)
        return found

    def _group_fits(self, atoms: _Atoms, figures: Sequence[Figure], told_apart: bool) -> bool:
        everybody = sum(atom.people for atom in atoms.values())
        if everybody == 0:
            return True
        means = [place for place, figure in enumerate(figures) if figure.is_mean]
        if means:
            return self._sums_fit(atoms, means)
        if len(atoms) == 1:
            return not told_apart or everybody >= self.policy.threshold
        return all(self.policy.fit(Count(atom.people, everybody)) for atom in atoms.values())

    def _sums_fit(self, atoms: _Atoms, means: Sequence[int]) -> bool:
        """Whether a sum is far from telling everybody's number, also where shares say how many are in which band."""
        summed: dict[tuple[object, ...], list[_Atom]] = {}
        for told, atom in atoms.items():
            summed.setdefault(tuple(told[place] for place in means), []).append(atom)
        alone = len(atoms) == 1
        return all(
            all(atom.people >= self.policy.threshold for atom in own if atom.people or len(own) > 1)
            if all(one is None for one in told)
            else self._sum_fits(own, alone=alone)
            for told, own in summed.items()
        )

    def _sum_fits(self, atoms: Sequence[_Atom], *, alone: bool) -> bool:
        numbers = Counter[int]()
        for atom in atoms:
            numbers.update(atom.numbers)
        spread = Spread.of({number: people for number, people in numbers.items() if people})
        enough = len(atoms) == 1 or all(atom.people >= self.policy.threshold for atom in atoms)
        if not spread.n or (not alone and all(atom.zeroed for atom in atoms)):
            return spread.n == 0 or (enough and spread.n >= self.policy.threshold)
        fits = self.policy.fit_mean(spread, floor=self.floor, ceiling=self.ceiling, zeros=self.zeros)
        return fits and enough and self._is_open(spread, atoms)

    def _is_open(self, spread: Spread, atoms: Sequence[_Atom]) -> bool:
        """A sum near the lowest or the highest that so many people in these bands can make says who said what.

        Somebody at one end of a band could be at the other.
        """
        if len(atoms) == 1:
            return True
        least = sum(min(atom.numbers) * atom.people for atom in atoms)
        most = sum(max(atom.numbers) * atom.people for atom in atoms)
        widest = max(max(atom.numbers) - min(atom.numbers) for atom in atoms)
        return min(spread.total - least, most - spread.total) >= max(self.policy.threshold, widest)

    def _leaves_enough(self, figure: Figure, figures: Sequence[Figure]) -> bool:
        """A filter beside the figure of everybody, and zeros beside a mean without them, tell how many are left."""
        if figure.indicator.filter is not None and any(other.is_plain for other in figures):
            rest = self._people(figure, lambda pattern: not figure.takes("", pattern))
            if not figure.indicator.restrict and rest < self.policy.threshold:
                return False
        zeros = figure.indicator.zero_if
        if zeros is None or all(other.indicator.zero_if == zeros for other in figures):
            return True
        return self._people(figure, figure.zeroed) >= self.policy.threshold

    def _people(self, figure: Figure, wanted: Callable[[str], bool]) -> int:
        return sum(
            people
            for (_, pattern), row in self.joint.items()
            if wanted(pattern)
            for code, people in row.items()
            if figure.tells(code, pattern) is not None
        )


def chosen(family: Family, offered: Iterable[Sequence[Figure]], given: Iterable[Figure]) -> list[Figure | None]:
    """Of each indicator the first of the forms offered that fits beside what was taken before; None where none does.

    `given` are the bases that are printed whatever happens.
    """
    taken: list[Figure] = list(given)
    found: list[Figure | None] = []
    for forms in offered:
        fitting = next((form for form in forms if family.fits([*taken, form])), None)
        found.append(fitting)
        if fitting is not None:
            taken.append(fitting)
    return found
