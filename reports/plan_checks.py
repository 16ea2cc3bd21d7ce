"""What must hold across a whole plan before it may be published: reachable, possible, one partition a base. Pure."""

from collections.abc import Callable, Iterator

from reports import partitions
from reports.plan import Indicator, Plan, Stat
from reports.reach import Person, Reach
from survey.protocol.checks import REGISTRY
from survey.protocol.expressions import Expression
from survey.protocol.problems import Problem
from survey.protocol.schema import Kind, Missing, Protocol, Question


def find_problems(plan: Plan, protocol: Protocol) -> list[Problem]:
    """Every problem of a plan whose rows are fine one by one."""
    return [problem for check in _CHECKS for problem in check(plan, protocol)]


def _tables(plan: Plan, protocol: Protocol) -> Iterator[Problem]:
    used = {name for table in plan.tables for name in table.indicators}
    for indicator in plan.indicators:
        if indicator.id not in used:
            yield Problem(
                "indicators", indicator.row, "indicator", "indicator-unused", "no table has this line; add it"
            )


def _parts(plan: Plan, protocol: Protocol) -> Iterator[Problem]:
    known = {indicator.id: indicator for indicator in plan.indicators}
    for indicator in plan.indicators:
        parent = known.get(indicator.part_of)
        both = parent is not None and {indicator.stat, parent.stat} == {Stat.PERCENT_IN}
        if indicator.part_of and (not both or parent is indicator):
            message = "a part and what it belongs to are two percent_in indicators"
            yield Problem("indicators", indicator.row, "part_of", "part-of-unknown", message)


def _translations(plan: Plan, protocol: Protocol) -> Iterator[Problem]:
    for indicator in plan.indicators:
        if missing := [tag for tag in protocol.languages if not indicator.label.get(tag)]:
            message = f"no text in {', '.join(missing)}"
            yield Problem("indicators", indicator.row, "label", "translation-missing", message)
    for table in plan.tables:
        for field, text in (("label", table.title), ("stub", table.stub), ("column", table.column)):
            if missing := [tag for tag in protocol.languages if not text.get(tag)]:
                message = f"table “{table.id}”: no text in {', '.join(missing)}"
                yield Problem("tables", 0, field, "translation-missing", message)


def _registry(plan: Plan, protocol: Protocol) -> Iterator[Problem]:
    """The registry knows how many people there are and of which gender; nothing that was answered."""
    gender = protocol.settings.describing.get("gender", "")
    for indicator in plan.indicators:
        if indicator.variable != REGISTRY:
            continue
        if indicator.filter is not None:
            message = "the registry has no answers to filter by; leave it blank"
            yield Problem("indicators", indicator.row, "filter", "registry-filter", message)
        is_other = bool(gender) and indicator.split not in ("", gender)
        if is_other or indicator.derivation(indicator.split) is not None:
            message = f"the registry can be split by “{gender}” only" if gender else "split it by a question"
            yield Problem("indicators", indicator.row, "split", "registry-split", message)


def _everything(plan: Plan, protocol: Protocol) -> Iterator[Problem]:
    for indicator in plan.indicators:
        question = plan.question(indicator.variable, protocol)
        if indicator.stat is not Stat.PERCENT_IN or indicator.includes or question is None or question.choices is None:
            continue
        if {choice.name for choice in question.choices.substantive} <= set(indicator.counted):
            message = "every answer counts, so this is always 100 %; leave one out"
            yield Problem("indicators", indicator.row, "count", "count-all", message)


def _ticks(plan: Plan, protocol: Protocol) -> Iterator[Problem]:
    """In the base of a multi-select is whoever ticked something: a reason there would say how many gave it."""
    for indicator in plan.indicators:
        question = plan.question(indicator.variable, protocol)
        if indicator.includes and question is not None and question.kind is Kind.SELECT_MULTIPLE:
            column = "dont_know" if Missing.DONT_KNOW in indicator.includes else "not_applicable"
            message = "the base of a multi-select is who ticked something; write “exclude”"
            yield Problem("indicators", indicator.row, column, "include-ticks", message)


def _partitions(plan: Plan, protocol: Protocol) -> Iterator[Problem]:
    """One partition of a base; another split has to merge its blocks."""

    def question(name: str) -> Question | None:
        return plan.question(name, protocol)

    for later, first in partitions.second(plan.indicators, question):
        message = (
            f"the same answers are split by “{first.split}” in row {first.row}; "
            "split by that, by a variable that puts its groups together, or not at all"
        )
        yield Problem("indicators", later.row, "split", "second-partition", message)


def _reachable(plan: Plan, protocol: Protocol) -> Iterator[Problem]:
    reach = Reach(protocol, [one.derivation for one in plan.derived])
    for indicator in plan.indicators:
        if indicator.variable != REGISTRY:
            yield from _unreachable(indicator, reach)


def _unreachable(indicator: Indicator, reach: Reach) -> Iterator[Problem]:
    """The first reason why an indicator can have nobody, or why its split can have but one block."""
    conditions = [one for one in (indicator.filter, indicator.zero_if) if one is not None]
    own = indicator.derivation(indicator.variable)
    sources = own.sources if own is not None else (indicator.variable,)
    if not conditions and not any(reach.gates.get(name) for name in sources):
        return
    people = reach.people([*sources, *([indicator.split] if indicator.filter and indicator.split else [])], conditions)
    if people is None:
        return
    inside = [person for person in people if person.meets(indicator.filter)]
    zeros = [person for person in inside if _is_zero(person, indicator.zero_if)]
    asked = [person for person in inside if set(sources) & person.asked]
    row = indicator.row
    if not inside:
        yield Problem("indicators", row, "filter", "filter-never", "this holds for nobody; see what it rules out")
    elif indicator.zero_if is not None and not zeros:
        message = "nobody for whom this holds is left by the filter; take one of the two out"
        yield Problem("indicators", row, "zero_if", "zero-if-never", message)
    elif not asked and not zeros:
        message = f"“{indicator.variable}” is asked of nobody for whom the filter holds"
        yield Problem("indicators", row, "variable", "question-not-asked", message)
    elif indicator.filter is not None and indicator.split and _blocks(indicator, reach, inside) < 2:
        message = "the filter leaves one group of the split at most; leave one of the two blank"
        yield Problem("indicators", row, "split", "split-one-block", message)


def _is_zero(person: Person, zero_if: Expression | None) -> bool:
    return zero_if is not None and person.meets(zero_if)


def _blocks(indicator: Indicator, reach: Reach, people: list[Person]) -> int:
    """How many groups of the split, people without one among them, a filter leaves."""
    own = indicator.derivation(indicator.split)
    question = own.question() if own is not None else reach.questions[indicator.split]
    names = {choice.name for choice in question.options if choice.missing is None}
    return len({value if (value := person.seen.get(indicator.split)) in names else None for person in people})


_CHECKS: tuple[Callable[[Plan, Protocol], Iterator[Problem]], ...] = (
    _tables,
    _parts,
    _translations,
    _registry,
    _everything,
    _ticks,
    _partitions,
    _reachable,
)
