"""Figures of one question, judged together: whoever reads several of them adds and subtracts.

A family is the figures whose answers come from one question (`source`), as they are or grouped; of a multi-select each
option is a question of its own. Their boxes cut the answers into atoms, their filters and restrictions cut the people.
What is printed has to be the cells of that grid, each fit, and sums of them. Figures are taken in the plan's order: one
that would make too small a cell is printed without its blocks, or not at all. A family has one split, the first in the
plan. Pure.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reports.deriving import Derivation, variables
from reports.disclosure import Policy
from reports.plan import Indicator, Slice, Stat
from reports.tabulation import Count, Histogram, Spread
from survey.protocol.checks import REGISTRY
from survey.protocol.expressions import Expression, Scope, conjunction
from survey.protocol.record import RecordLayout
from survey.protocol.schema import Kind, Question, Texts

# A block and a pattern of conditions, as a slice with `across` names its blocks.
BESIDE = "|"
# Every condition doubles the patterns that are counted; figures under a further one are not printed.
MOST_CONDITIONS = 8
# Between the id of an indicator and the question of which its base tells something; no id of a plan has the sign.
TELLS = ">"

SHARES = (Stat.PERCENT_IN, Stat.PERCENT_EACH)

# Which figures take people in, and in which block these are.
Place = tuple[tuple[bool, ...], str]

# What is counted of a family: block → pattern of conditions ("10": the first holds, the second does not) → answers.
Joint = Mapping[tuple[str, str], Histogram]


def source(indicator: Indicator) -> object:
    """The question that an indicator's answers come from: figures of one source are one family.

    What looks at several questions is a source of its own; what it says beside them is judged in `reports.any_of`.
    """
    own = indicator.derivation(indicator.variable)
    return indicator.variable if own is None else own.root or own.key()


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


def slices(indicators: Iterable[Indicator], layout: RecordLayout) -> list[Slice]:
    """What has to be counted: every figure, every base that tells of another question, every family as a whole."""
    everything = [one for one in with_telling(indicators, layout) if one.variable != REGISTRY]
    joint = (joint_slice(family) for family in families(everything).values())
    return [*(one.slice for one in everything), *(part for part in joint if part is not None)]


def with_telling(indicators: Iterable[Indicator], layout: RecordLayout) -> list[Indicator]:
    """A plan's indicators, each led by what its base tells of other questions, as a figure of theirs.

    The base of a filtered figure, or of a question that only some are asked, is nearly the number of people who gave
    the answer that the filter or the question asks for. Such a figure is judged in the other question's family, and the
    indicator is printed only if the figure could be: how many responded is known, whatever else is printed.
    """
    found: dict[str, Indicator] = {}
    for indicator in indicators:
        for told in _told_by(indicator, tuple(_chosen_by(indicator, layout)), layout):
            if source(told) != source(indicator):
                found[told.id] = told
        found[indicator.id] = indicator
    return list(found.values())


def told_by(name: str) -> str:
    """The indicator whose base tells the figure of this id; '' where the id is of a plan."""
    return name.partition(TELLS)[0] if TELLS in name else ""


def _told_by(indicator: Indicator, conditions: Sequence[Expression], layout: RecordLayout) -> Iterator[Indicator]:
    """The answers with which all conditions can hold, as shares: of each question named, and of the one behind it.

    Each is a share of those for whom the other conditions hold, in the blocks of the indicator.
    """
    for name in sorted(frozenset[str]().union(*(one.references() for one in conditions))):
        own = indicator.derivation(name)
        if own is None and not layout.of(name):
            continue
        question = variables(layout, indicator.derived, name)[0].question
        boxes = [frozenset(_box(one, question)) for one in conditions if name in one.references()]
        others = [one for one in conditions if name not in one.references()]
        for place, box in enumerate(_together(boxes)):
            mark = f"{name}{TELLS}{place}"
            yield from _share_of(indicator, mark, name, _counted(question, box), others)
            if own is not None and own.root:
                atoms = frozenset[str]().union(*(group.atoms for group in own.groups if group.name in box))
                counted = _counted(layout.of(own.root)[0].question, atoms)
                yield from _share_of(indicator, f"{mark}{TELLS}{own.root}", own.root, counted, others)


def _share_of(
    indicator: Indicator, mark: str, name: str, counted: tuple[str, ...], conditions: Sequence[Expression]
) -> Iterator[Indicator]:
    """The share of these answers among those for whom conditions hold; nothing where it would be of none or of all."""
    own, split = indicator.derivation(name), indicator.derivation(indicator.split)
    is_by_itself = (split.root if split else indicator.split) == (own.root if own else name)
    if counted:
        yield Indicator(
            f"{indicator.id}{TELLS}{mark}",
            name,
            Stat.PERCENT_IN,
            Texts(),
            counted=counted,
            filter=conjunction(conditions),
            split="" if is_by_itself else indicator.split,
            restrict=() if is_by_itself else indicator.restrict,
            derived=indicator.derived,
        )


def _counted(question: Question, box: Collection[str]) -> tuple[str, ...]:
    """Choices of a box in their order, one of them of a multi-select; nothing where it holds none or all of them."""
    choices = [choice.name for choice in question.options if choice.missing is None]
    counted = tuple(choice for choice in choices if choice in box)
    if question.kind is Kind.SELECT_MULTIPLE:
        counted = counted[:1]
    return counted if len(counted) < len(choices) else ()


def _together(boxes: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """What several conditions leave of a question's choices; each by itself where that cannot be said."""
    common = frozenset.intersection(*boxes)
    return [common] if common else list(dict.fromkeys(boxes))


def _box(condition: Expression, question: Question) -> list[str]:
    """The choices of a question with which a condition can hold."""
    choices = [choice.name for choice in question.options if choice.missing is None]
    if condition.references() != {question.name}:
        return [own for asked, own in sorted(condition.choices_named()) if asked == question.name]
    many = question.kind is Kind.SELECT_MULTIPLE
    return [own for own in choices if condition.holds(Scope(answers={question.name: (own,) if many else own}))]


def _chosen_by(indicator: Indicator, layout: RecordLayout) -> Iterator[Expression]:
    if indicator.filter is not None:
        yield indicator.filter
    zeros = frozenset[str]() if indicator.zero_if is None else indicator.zero_if.references()
    for variable in variables(layout, indicator.derived, indicator.variable)[:1]:
        # Where the others count with zero, the base is everybody again.
        yield from (gate for gate in variable.gates if not gate.references() <= zeros)


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
        """For each way of putting the split's blocks together: one figure that has it, and all that are as fine."""
        split = [figure for figure in figures if figure.by_block]
        for merged in {tuple(sorted(figure.merged.items())): figure for figure in split}.values():
            yield [figure for figure in split if self._is_as_fine(figure, merged)], merged

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
        numbers: dict[int, int] = {}
        for atom in atoms:
            for number, people in atom.numbers.items():
                numbers[number] = numbers.get(number, 0) + people
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
