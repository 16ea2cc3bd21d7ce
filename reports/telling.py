"""What a base tells of another question: for how many the filter holds, or how many were asked what only some are.

Such a base is nearly a count of answers to the other question. It is put among that question's figures, and judged as
one of them. Pure.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from reports.deriving import variables
from reports.grids import SHARES, families, joint_slice, source
from reports.plan import Indicator, Slice, Stat
from survey.protocol.checks import REGISTRY
from survey.protocol.expressions import Expression, Scope, conjunction
from survey.protocol.record import RecordLayout
from survey.protocol.schema import Kind, Question, Texts

# Between the id of an indicator and the question of which its base tells something; no id of a plan has the sign.
TELLS = ">"


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
    known, found = list(indicators), dict[str, Indicator]()
    doors = doors_of(known, layout)
    for indicator in known:
        conditions = [one for one in _chosen_by(indicator, layout) if one not in doors]
        for told in _told_by(indicator, conditions, layout):
            if source(told) != source(indicator):
                found[told.id] = told
        found[indicator.id] = indicator
    return list(found.values())


def doors_of(indicators: Iterable[Indicator], layout: RecordLayout) -> frozenset[Expression]:
    """Gates on which more than half of the questions hang, such as an agreement: who stays outside is not in the study.

    Where a share of what they ask for is printed they are gates like any other.
    """
    shown = {name for one in indicators if one.stat in SHARES for name in read_by(one)}
    hang = Counter(gate for own in layout.by_question.values() for gate in own[0].gates)
    most = len(layout.by_question) / 2
    return frozenset(gate for gate, number in hang.items() if number > most and not gate.references() & shown)


def read_by(indicator: Indicator) -> frozenset[str]:
    """The questions whose answers an indicator counts."""
    own = indicator.derivation(indicator.variable)
    return frozenset((indicator.variable,) if own is None else own.sources)


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
                counted = _counted(layout.of(own.root)[0].question, own.atoms_of(box))
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
