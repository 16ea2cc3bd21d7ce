"""What a base tells of another question: for how many the filter holds, or how many were asked what only some are.

Such a base is nearly a count of answers to the other question. It is put among that question's figures, and judged as
one of them. Pure.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor

from reports.deriving import Derivation, Group, Rule, Span, blocks_of, variables
from reports.grids import SHARES, families, joint_slice, source
from reports.plan import Indicator, Slice, Stat
from survey.protocol.checks import REGISTRY
from survey.protocol.conditions import denied, parts
from survey.protocol.expressions import Expression, Scope, conjunction, parse
from survey.protocol.fingerprints import digest
from survey.protocol.record import RecordLayout
from survey.protocol.schema import Kind, Missing, Question, Texts

# Between the id of an indicator and the question of which its base tells something; no id of a plan has the sign.
TELLS = ">"
# Why somebody gave no answer, where a plan may count it as one.
COUNTED_REASONS = frozenset({Missing.DONT_KNOW, Missing.NOT_APPLICABLE})


def slices(indicators: Iterable[Indicator], layout: RecordLayout) -> list[Slice]:
    """What has to be counted: every figure, every base that tells of another question, every family as a whole."""
    everything = [one for one in with_telling(indicators, layout) if one.variable != REGISTRY]
    joint = (joint_slice(family) for family in families(everything).values())
    return [*(one.slice for one in everything), *(part for part in joint if part is not None)]


def with_telling(indicators: Iterable[Indicator], layout: RecordLayout) -> list[Indicator]:
    """A plan's indicators, each led by what its base tells of other questions, as a figure of theirs.

    The base of a filtered or restricted figure, or of a question that only some are asked, is nearly the number of
    people who gave the answer that the filter or the question asks for. Such a figure is judged in the other question's
    family, and the indicator is printed only if the figure could be: how many responded is known, whatever else is
    printed.
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
    shown = {name for one in indicators if one.stat in SHARES for name in one.asked}
    hang = Counter(gate for own in layout.by_question.values() for gate in own[0].gates)
    most = len(layout.by_question) / 2
    return frozenset(gate for gate, number in hang.items() if number > most and not gate.references() & shown)


def told_by(name: str) -> str:
    """The indicator whose base tells the figure of this id; '' where the id is of a plan."""
    return name.partition(TELLS)[0] if TELLS in name else ""


def _told_by(indicator: Indicator, conditions: Sequence[Expression], layout: RecordLayout) -> Iterator[Indicator]:
    """Every condition with the others; and of one that holds in several cases, that none of these is the case."""
    yield from _shares(indicator, [part for one in conditions for part in parts(one)], layout, "")
    for place, one in enumerate(conditions):
        cases = parts(denied(one))
        if len(cases) > 1 and len(one.references()) > 1:
            others = [part for other in conditions if other is not one for part in parts(other)]
            yield from _shares(indicator, [*others, *cases], layout, f"{place}{TELLS}")


def _shares(
    indicator: Indicator, conditions: Sequence[Expression], layout: RecordLayout, mark: str
) -> Iterator[Indicator]:
    """The answers with which all conditions can hold, as shares: of each question named, and of the one behind it.

    Each is a share of those for whom the other conditions hold, in the blocks of the indicator.
    """
    for name in sorted(frozenset[str]().union(*(one.references() for one in conditions))):
        if indicator.derivation(name) is None and not layout.of(name):
            continue
        own = [one for one in conditions if name in one.references()]
        others = [one for one in conditions if name not in one.references()]
        for place, share in enumerate(_asked_for(indicator, name, own, layout)):
            yield _among(indicator, f"{mark}{name}{TELLS}{place}", share, others)


@dataclass(frozen=True, slots=True)
class _Share:
    """What conditions ask for, as a share of the answers to a question or to one that is derived from it."""

    variable: str
    counted: tuple[str, ...]
    derived: tuple[Derivation, ...] = ()
    includes: frozenset[Missing] = frozenset()


def _among(indicator: Indicator, mark: str, share: _Share, conditions: Sequence[Expression]) -> Indicator:
    """A share among those for whom conditions hold, in the indicator's blocks unless these are made of its question."""
    known = {**{one.name: one for one in indicator.derived}, **{one.name: one for one in share.derived}}
    own, split = known.get(share.variable), indicator.derivation(indicator.split)
    is_by_itself = (split.root if split else indicator.split) == (own.sources[0] if own else share.variable)
    return Indicator(
        f"{indicator.id}{TELLS}{mark}",
        share.variable,
        Stat.PERCENT_IN,
        Texts(),
        counted=share.counted,
        includes=share.includes,
        filter=conjunction(conditions),
        split="" if is_by_itself else indicator.split,
        derived=tuple(known.values()),
    )


def _question(indicator: Indicator, name: str, layout: RecordLayout) -> Question:
    return variables(layout, indicator.derived, name)[0].question


# What conditions ask for, by the kind of question ---------------------------------------------------------------------


def _asked_for(
    indicator: Indicator, name: str, conditions: Sequence[Expression], layout: RecordLayout
) -> Iterator[_Share]:
    """Shares of a question, each followed by that of the question which a derived one groups. A text has none."""
    question, derivation = _question(indicator, name, layout), indicator.derivation(name)
    for share in _KINDS[question.kind](question, conditions) if question.kind in _KINDS else ():
        yield share
        if derivation is not None and derivation.root and not share.includes:
            behind = layout.of(derivation.root)[0].question
            counted = _counted(behind, derivation.atoms_of(share.counted))
            yield from [_Share(behind.name, counted)] if counted else ()


def _of_choices(question: Question, conditions: Sequence[Expression]) -> Iterator[_Share]:
    """Choices of a single choice; nothing where all of them or none would do, but for why somebody gave none."""
    for box in _together([frozenset(_box(one, question)) for one in conditions]):
        counted, reasons = _counted(question, box), _reasons_left_out(conditions, question)
        if counted:
            yield _Share(question.name, counted)
        elif reasons:
            yield _Share(question.name, tuple(blocks_of(question)), includes=reasons)


def _of_ticks(question: Question, conditions: Sequence[Expression]) -> Iterator[_Share]:
    """Any of the options that conditions ask for, or that none of them may be ticked."""
    for box in _ticked(conditions, question):
        if len(box) == 1:
            yield _Share(question.name, tuple(box))
        elif box and box != blocks_of(question).keys():
            groups = (Group("any", choices=tuple(sorted(box))), Group("rest"))
            derived = Derivation(_name(question, *sorted(box)), Rule.ANY_OF, (question.name,), groups)
            yield _Share(derived.name, ("any",), (derived,))


def _of_numbers(question: Question, conditions: Sequence[Expression]) -> Iterator[_Share]:
    """Numbers for which conditions hold, as one band beside all others."""
    own = [one for one in conditions if one.references() == {question.name}]
    spans: dict[bool, list[Span]] = {True: [], False: []}
    for low, high in _alike(own, question):
        spans[all(one.holds(Scope(answers={question.name: low})) for one in own)].append((low, high))
    if spans[True] and spans[False]:
        groups = (Group("in", spans=tuple(spans[True])), Group("out", spans=tuple(spans[False])))
        derived = Derivation(_name(question, *map(str, groups[0].spans)), Rule.BAND, (question.name,), groups)
        yield _Share(derived.name, ("in",), (derived,))


_KINDS: Mapping[Kind, Callable[[Question, Sequence[Expression]], Iterator[_Share]]] = {
    Kind.SELECT_ONE: _of_choices,
    Kind.SELECT_MULTIPLE: _of_ticks,
    Kind.INTEGER: _of_numbers,
}


def _counted(question: Question, box: Collection[str]) -> tuple[str, ...]:
    """Choices of a box in their order; nothing where it holds none or all of them."""
    choices = blocks_of(question)
    counted = tuple(choice for choice in choices if choice in box)
    return counted if len(counted) < len(choices) else ()


def _reasons_left_out(conditions: Sequence[Expression], question: Question) -> frozenset[Missing]:
    """Reasons that a plan may count as answers with which some condition of this question alone does not hold.

    How many left a question blank or prefer not to answer it is no secret: every base says so.
    """
    own = [one for one in conditions if one.references() == {question.name}]
    offered = {choice.missing: Scope({question.name: choice.name}) for choice in question.options}
    return frozenset(
        reason for reason in COUNTED_REASONS if reason in offered and not all(one.holds(offered[reason]) for one in own)
    )


def _together(boxes: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """What several conditions leave of a question's choices; each by itself where that cannot be said."""
    common = frozenset.intersection(*boxes)
    return [common] if common else list(dict.fromkeys(boxes))


def _box(condition: Expression, question: Question) -> list[str]:
    """The choices of a question with which a condition can hold."""
    if condition.references() != {question.name}:
        return _named(condition, question)
    return [own for own in blocks_of(question) if condition.holds(Scope(answers={question.name: own}))]


def _named(condition: Expression, question: Question) -> list[str]:
    return [own for asked, own in sorted(condition.choices_named()) if asked == question.name]


def _ticked(conditions: Sequence[Expression], question: Question) -> list[frozenset[str]]:
    """Options of which a condition asks for any; all together, those of which conditions ask that none be ticked."""
    asked: list[frozenset[str]] = []
    barred: frozenset[str] = frozenset()
    for condition in conditions:
        if condition.references() != {question.name}:
            asked += [frozenset({own}) for own in _named(condition, question)]
            continue
        empty = condition.holds(Scope(answers={question.name: ()}))
        own = frozenset(
            one for one in blocks_of(question) if condition.holds(Scope(answers={question.name: (one,)})) != empty
        )
        asked, barred = (asked, barred | own) if empty else ([*asked, own], barred)
    return list(dict.fromkeys([barred, *asked]))


def _name(question: Question, *content: str) -> str:
    """The name of a variable that only stands for what a base tells: the same for the same answers."""
    return f"told_{digest([question.name, *content])[:20]}"


def _alike(conditions: Sequence[Expression], question: Question) -> Iterator[Span]:
    """The numbers of a question in runs that conditions cannot tell apart."""
    limits = {limit for one in conditions for limit in one.numbers()}
    starts = {question.low, *(start for limit in limits for start in (ceil(limit), floor(limit) + 1))}
    ordered = sorted(start for start in starts if question.low <= start <= question.high)
    yield from zip(ordered, [*(start - 1 for start in ordered[1:]), question.high], strict=True)


# Who is in a base -----------------------------------------------------------------------------------------------------


def _leaves_out(indicator: Indicator, layout: RecordLayout) -> bool:
    """Whether a restriction leaves a group out, and not only people of whom none is known."""
    groups = blocks_of(_question(indicator, indicator.split, layout)) if indicator.restrict else {}
    return not groups.keys() <= set(indicator.restrict)


def _chosen_by(indicator: Indicator, layout: RecordLayout) -> Iterator[Expression]:
    if indicator.filter is not None:
        yield indicator.filter
    if _leaves_out(indicator, layout):
        yield parse(" or ".join(f"${{{indicator.split}}} = '{block}'" for block in indicator.restrict))
    zeros = frozenset[str]() if indicator.zero_if is None else indicator.zero_if.references()
    for variable in variables(layout, indicator.derived, indicator.variable)[:1]:
        # Where the others count with zero, the base is everybody again.
        yield from (gate for gate in variable.gates if not gate.references() <= zeros)
