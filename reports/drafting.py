"""A table of one's own, made of the questionnaire by hand: rows for the plan's sheets. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from reports.plan import Average, Indicator, Plan, Show, Stat
from reports.succession import definition
from survey.protocol.fingerprints import digest
from survey.protocol.languages import text_columns
from survey.protocol.schema import Kind, Missing, Protocol, Question, Section, Texts
from survey.protocol.sheets import Row, Sheet, Workbook

# Kinds of questions that a table can be made of.
COUNTABLE = (Kind.SELECT_ONE, Kind.SELECT_MULTIPLE, Kind.INTEGER)
OWN = "own"
# After these no colon follows.
_ENDS = ("?", "؟", ".", ":")


@dataclass(frozen=True, slots=True)
class Line:
    """A question and the choices counted together; none of them for all choices, or for the mean of a number."""

    question: str
    counted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """What a coordinator asks for. `dont_know`: whoever does not know stays in the base."""

    lines: tuple[Line, ...]
    split: str = ""
    title: str = ""
    dont_know: bool = False

    def __post_init__(self) -> None:
        if not self.lines:
            raise ValueError("a table has lines")


def with_table(workbook: Workbook, *, protocol: Protocol, plan: Plan, draft: Draft) -> tuple[Workbook, str]:
    """The plan's workbook with one table more, and the table's id. Figures that the plan has are not doubled."""
    known = {definition(one): one.id for one in plan.indicators}
    wanted = [replace(one, shape=one.shape_in(plan.shapes)) for one in _indicators(protocol, plan, draft)]
    new = [one for one in wanted if definition(one) not in known]
    table = _free_id(plan)
    names = [known.get(definition(one), one.id) for one in wanted]
    sheets = {
        **workbook.sheets,
        "indicators": _extended(workbook, "indicators", [_indicator_row(protocol, plan, one) for one in new]),
        "tables": _extended(workbook, "tables", list(_table_rows(protocol, plan, draft, table, names))),
    }
    return Workbook(sheets), table


def _indicators(protocol: Protocol, plan: Plan, draft: Draft) -> Iterator[Indicator]:
    for line in draft.lines:
        question = plan.question(line.question, protocol)
        if question is not None and question.kind in COUNTABLE:
            for stat, counted in _FIGURES[question.kind](line.counted):
                yield _indicator(question, stat, counted, plan, draft)


_FIGURES: Mapping[Kind, Callable[[tuple[str, ...]], list[tuple[Stat, tuple[str, ...]]]]] = {
    Kind.INTEGER: lambda counted: [(Stat.MEAN, ())],
    Kind.SELECT_ONE: lambda counted: [(Stat.PERCENT_IN, counted) if counted else (Stat.PERCENT_EACH, ())],
    # One person may tick several: every choice is a figure of its own.
    Kind.SELECT_MULTIPLE: lambda counted: (
        [(Stat.PERCENT_IN, (one,)) for one in counted] if counted else [(Stat.PERCENT_EACH, ())]
    ),
}


def _indicator(question: Question, stat: Stat, counted: tuple[str, ...], plan: Plan, draft: Draft) -> Indicator:
    # In the base of ticks is whoever ticked something.
    single = question.choices if question.kind is not Kind.SELECT_MULTIPLE else None
    knows = single is not None and bool(single.for_reason(Missing.DONT_KNOW))
    split = draft.split if stat is not Stat.PERCENT_EACH else ""
    includes = frozenset({Missing.DONT_KNOW}) if draft.dont_know and knows else frozenset[Missing]()
    content = [question.name, stat.value, sorted(counted), sorted(includes), split]
    return Indicator(
        id=f"{OWN}.{digest(content)[:10]}",
        variable=question.name,
        stat=stat,
        label=_label(question, counted),
        counted=counted,
        includes=includes,
        split=split,
        average=Average.NONE if split or stat is Stat.PERCENT_EACH else Average.ALL,
        sensitive=question.sensitive,
        derived=tuple(one.derivation for one in plan.derived if one.question.name in (question.name, split)),
    )


def _label(question: Question, counted: tuple[str, ...]) -> Texts:
    """The question, and in its own words what is counted of it."""
    names = [choice for choice in question.options if choice.name in counted]

    def text(tag: str) -> str:
        asked, chosen = question.label.get(tag), " / ".join(one.label.get(tag) for one in names)
        between = " " if asked.endswith(_ENDS) else ": "
        return between.join(part for part in (asked, chosen) if part)

    return Texts({tag: text(tag) for tag in question.label.by_language})


def _indicator_row(protocol: Protocol, plan: Plan, indicator: Indicator) -> dict[str, str]:
    question = plan.question(indicator.variable, protocol)
    assert question is not None
    return {
        "indicator": indicator.id,
        "variable": indicator.variable,
        "stat": indicator.stat.value,
        "count": " ".join(indicator.counted),
        "dont_know": _rule(question, Missing.DONT_KNOW, indicator),
        "not_applicable": _rule(question, Missing.NOT_APPLICABLE, indicator),
        "split": indicator.split,
        "average": indicator.average.value,
        "decimals": str(indicator.decimals),
        "sensitive": "yes" if indicator.sensitive else "",
        **_in_all("label", protocol, indicator.label),
    }


def _rule(question: Question, reason: Missing, indicator: Indicator) -> str:
    if question.choices is None or not question.choices.for_reason(reason):
        return ""
    return "include" if reason in indicator.includes else "exclude"


def _table_rows(protocol: Protocol, plan: Plan, draft: Draft, table: str, names: list[str]) -> Iterator[dict[str, str]]:
    """The row that opens the table, and its lines. What nobody typed is taken from the questionnaire and the plan."""
    first = draft.lines[0].question
    section = next(
        (one for one, own in by_section(protocol, plan) if any(question.name == first for question in own)), None
    )
    typed = Texts(dict.fromkeys(protocol.languages, draft.title)) if draft.title else None
    title = typed or (section.title if section else None) or Texts(dict.fromkeys(protocol.languages, table))
    stub = next((one.stub for one in plan.tables if one.stub), title)
    yield {
        "table": table,
        "show": Show.SPLIT.value if draft.split else Show.OTHERS.value,
        **_in_all("label", protocol, title),
        **_in_all("stub", protocol, stub),
        **_in_all("column", protocol, Texts(dict.fromkeys(protocol.languages, "%(country)s"))),
    }
    yield from ({"table": table, "indicator": name} for name in dict.fromkeys(names))


def by_section(protocol: Protocol, plan: Plan) -> list[tuple[Section, list[Question]]]:
    """Sections with what a table can be made of: their questions, and what the plan derives from them."""
    found = []
    for section in protocol.sections:
        questions = [one for one in replace(protocol, sections=(section,)).questions() if one.kind in COUNTABLE]
        names = {question.name for question in questions}
        derived = [one.question for one in plan.derived if one.derivation.sources[0] in names]
        found.append((section, [*questions, *derived]))
    return [(section, questions) for section, questions in found if questions]


def _in_all(field: str, protocol: Protocol, text: Texts) -> dict[str, str]:
    """A text under placeholders for the headings of its languages."""
    return {f"{field}::{tag}": text.get(tag) for tag in protocol.languages}


def _free_id(plan: Plan) -> str:
    used = {table.id for table in plan.tables}
    return next(name for number in range(1, len(used) + 2) if (name := f"{OWN}.{number}") not in used)


def _extended(workbook: Workbook, name: str, rows: list[dict[str, str]]) -> Sheet:
    """A sheet with more rows at its end, and with the columns that they need."""
    columns = list(workbook.columns(name))
    headings = {
        f"{field}::{tag}": heading for field, by_tag in text_columns(columns).items() for tag, heading in by_tag.items()
    }
    named = [{headings.get(column, column): cell for column, cell in row.items()} for row in rows]
    columns += [column for column in dict.fromkeys(c for row in named for c in row) if column not in columns]
    before = workbook.rows(name)
    last = max((row.number for row in before), default=1)
    added = [Row(last + 1 + place, row) for place, row in enumerate(named)]
    return Sheet(name, tuple(columns), (*before, *added))
