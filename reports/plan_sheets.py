"""The derived, indicators and tables sheets of a workbook → a plan, checked against the protocol."""

import re
from collections.abc import Iterator
from dataclasses import replace

from reports import plan_checks, selection
from reports.derived_sheet import DerivedReader
from reports.deriving import Derivation
from reports.plan import RESERVED_BLOCKS, Average, Indicator, Plan, Show, Stat, TableSpec
from survey.protocol.checks import REGISTRY
from survey.protocol.expressions import Expression, ExpressionError, parse
from survey.protocol.fingerprints import variable_shapes
from survey.protocol.languages import text_columns, texts
from survey.protocol.problems import Problem, WorkbookError
from survey.protocol.schema import Kind, Missing, Protocol, Question, Texts
from survey.protocol.sheets import Row, Workbook

_ID = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_NAMED = re.compile(r"\$\{(\w+)\}")


def read_plan(workbook: Workbook, protocol: Protocol) -> Plan:
    """The plan of a workbook. Raises WorkbookError with every problem of its derived, indicators and tables sheets."""
    reader = _Reader(workbook, protocol)
    plan = reader.plan()
    unused = reader.derived.unused(reader.mentioned())
    problems = [*reader.derived.problems, *unused, *reader.problems, *plan_checks.find_problems(plan, protocol)]
    if problems:
        raise WorkbookError(problems)
    return plan


def reread_plan(workbook: Workbook, protocol: Protocol) -> Plan:
    """The plan of a workbook that was fit for publication once. Rules made since then do not undo that."""
    return _Reader(workbook, protocol).plan()


class _Reader:
    def __init__(self, workbook: Workbook, protocol: Protocol) -> None:
        self.workbook, self.protocol = workbook, protocol
        self.derived = DerivedReader(workbook, protocol)
        own = {name: one.question for name, one in self.derived.found.items()}
        self.questions = {**{question.name: question for question in protocol.questions()}, **own}
        self.problems: list[Problem] = []
        self.known: set[str] = set()

    def problem(self, sheet: str, row: Row, column: str, code: str, message: str) -> None:
        self.problems.append(Problem(sheet, row.number, column, code, message))

    def plan(self) -> Plan:
        shapes = variable_shapes(self.protocol)
        indicators = (replace(one, shape=one.shape_in(shapes)) for one in self.indicators())
        return Plan(tuple(indicators), tuple(self.tables()), tuple(self.derived.found.values()), shapes)

    def mentioned(self) -> Iterator[str]:
        """Variables that rows of the indicators sheet name, whether or not the rows are fine otherwise."""
        for row in self.workbook.rows("indicators"):
            yield from (row.get("variable"), row.get("split"))
            yield from _NAMED.findall(row.get("filter") + row.get("zero_if"))

    def indicators(self) -> Iterator[Indicator]:
        labels = text_columns(self.workbook.columns("indicators")).get("label", {})
        for row in self.workbook.rows("indicators"):
            if row.get("indicator") in self.known:
                self.problem("indicators", row, "indicator", "indicator-twice", "this id is used already")
            self.known.add(row.get("indicator"))
            indicator = self._indicator(row, texts(row, labels))
            if indicator is not None:
                yield indicator

    def _indicator(self, row: Row, label: Texts) -> Indicator | None:
        before = len(self.problems)
        stat, average = row.get("stat"), row.get("average")
        if stat not in _STATS:
            self.problem("indicators", row, "stat", "stat-unknown", f"choose one of {', '.join(Stat)}")
            return None
        if average not in _AVERAGES:
            self.problem("indicators", row, "average", "average-unknown", "choose “all”, “others” or leave it blank")
        if not _ID.fullmatch(row.get("indicator")):
            self.problem("indicators", row, "indicator", "indicator-id", "write an id such as “practice.assess”")
        self._check_variable(row, Stat(stat))
        self._check_names(row)
        self._check_split(row)
        includes = frozenset(self._includes(row))
        zero_if, condition = self._expression(row, "zero_if"), self._expression(row, "filter")
        decimals = row.get("decimals") or "1"
        if decimals not in ("0", "1", "2", "3"):
            self.problem("indicators", row, "decimals", "decimals", "write 0, 1, 2 or 3")
        if len(self.problems) > before or self._is_broken(row, zero_if, condition):
            return None
        return Indicator(
            id=row.get("indicator"),
            variable=row.get("variable"),
            stat=Stat(stat),
            label=label,
            counted=tuple(row.get("count").split()),
            includes=includes,
            zero_if=zero_if,
            filter=condition,
            split=row.get("split"),
            restrict=tuple(row.get("restrict").split()),
            average=Average(average),
            decimals=int(decimals),
            part_of=row.get("part_of"),
            sensitive=row.says_yes("sensitive") or self._is_sensitive(row, zero_if, condition),
            family=row.get("family"),
            derived=self._derived(row, zero_if, condition),
            row=row.number,
        )

    def _named(self, row: Row, *conditions: Expression | None) -> set[str]:
        return {row.get("variable"), row.get("split")}.union(*(one.references() for one in conditions if one))

    def _is_broken(self, row: Row, *conditions: Expression | None) -> bool:
        """Whether it names a derived variable that could not be read, which was said where it is made."""
        return bool(self._named(row, *conditions) & self.derived.broken)

    def _is_sensitive(self, row: Row, *conditions: Expression | None) -> bool:
        """Whether a question that it reads is marked as sensitive: no row of a plan can forget it."""
        read = (self.questions.get(name) for name in self._named(row, *conditions))
        return any(question.sensitive for question in read if question is not None)

    def _derived(self, row: Row, *conditions: Expression | None) -> tuple[Derivation, ...]:
        named = self._named(row, *conditions)
        return tuple(one.derivation for name, one in sorted(self.derived.found.items()) if name in named)

    def _check_variable(self, row: Row, stat: Stat) -> None:
        variable = row.get("variable")
        if variable == REGISTRY:
            if stat is not Stat.COUNT:
                self.problem("indicators", row, "stat", "registry-counts-only", "the registry gives counts only")
            return
        question = self.questions.get(variable)
        if question is None and variable in self.derived.broken:
            return
        if question is None:
            self.problem("indicators", row, "variable", "question-unknown", f"there is no question “{variable}”")
        elif question.kind not in _STAT_KINDS[stat]:
            message = f"{stat} needs a question of type {' or '.join(sorted(_STAT_KINDS[stat]))}"
            self.problem("indicators", row, "stat", "stat-and-type", message)
        elif row.get("zero_if") and question.kind is not Kind.INTEGER:
            self.problem("indicators", row, "zero_if", "zero-if", "only a number can count as zero")

    def _check_names(self, row: Row) -> None:
        """Counted choices name things that exist."""
        question = self.questions.get(row.get("variable"))
        counted = row.get("count").split()
        if (row.get("stat") == Stat.PERCENT_IN) != bool(counted):
            self.problem("indicators", row, "count", "count", "percent_in counts choices; nothing else does")
        if question is not None and question.kind is Kind.SELECT_MULTIPLE and len(counted) > 1:
            message = "one person may tick several; count one choice of a multi-select"
            self.problem("indicators", row, "count", "count-one", message)
        self._check_choices(row, "count", question, counted)

    def _check_split(self, row: Row) -> None:
        """The split and its restriction name things that exist, and blocks do not have the names of sums."""
        split = self.questions.get(row.get("split"))
        is_known = row.get("split") and row.get("split") not in self.derived.broken
        if is_known and (split is None or split.kind is not Kind.SELECT_ONE):
            self.problem(
                "indicators", row, "split", "split-unknown", "split by a select_one question or a derived variable"
            )
        if split is not None and any(choice.name in RESERVED_BLOCKS for choice in split.options):
            message = f"rename the choice {' or '.join(RESERVED_BLOCKS)}; tables use these names for themselves"
            self.problem("indicators", row, "split", "split-reserved", message)
        if row.get("split") and row.get("stat") == Stat.PERCENT_EACH:
            self.problem("indicators", row, "split", "split-each", "split single choices with percent_in instead")
        if row.get("average") and row.get("stat") == Stat.PERCENT_EACH:
            message = "average single choices with percent_in instead"
            self.problem("indicators", row, "average", "average-each", message)
        if row.get("restrict") and not row.get("split"):
            self.problem("indicators", row, "restrict", "restrict-without-split", "name the split question as well")
        self._check_choices(row, "restrict", split, row.get("restrict").split())

    def _check_choices(self, row: Row, column: str, question: Question | None, names: list[str]) -> None:
        if question is None or question.choices is None:
            return
        for name in names:
            choice = question.choices.get(name)
            if choice is None or choice.missing is not None:
                message = f"“{name}” is no substantive choice of “{question.name}”"
                self.problem("indicators", row, column, "choice-unknown", message)

    def _includes(self, row: Row) -> Iterator[Missing]:
        """A scale with “don't know” or “does not apply” needs a rule; a scale without them may not have one."""
        question = self.questions.get(row.get("variable"))
        if row.get("variable") in self.derived.broken:
            return
        for column, reason in (("dont_know", Missing.DONT_KNOW), ("not_applicable", Missing.NOT_APPLICABLE)):
            rule = row.get(column)
            has = bool(question and question.choices and question.choices.for_reason(reason))
            if has and rule not in ("include", "exclude"):
                message = "the item offers this answer; say “include” or “exclude”"
                self.problem("indicators", row, column, "rule-missing", message)
            if rule and not has:
                self.problem(
                    "indicators", row, column, "rule-idle", "the item does not offer this answer; leave it blank"
                )
            if rule == "include":
                yield reason

    def _expression(self, row: Row, column: str) -> Expression | None:
        if not row.get(column):
            return None
        try:
            expression = parse(row.get(column))
        except ExpressionError as error:
            self.problem("indicators", row, column, "expression", str(error))
            return None
        before = len(self.problems)
        for name in sorted(expression.references() - set(self.questions) - self.derived.broken):
            self.problem("indicators", row, column, "question-unknown", f"there is no question “{name}”")
        for name, choice in sorted(expression.choices_named()):
            question = self.questions.get(name)
            if question is not None and question.choices is not None and question.choices.get(choice) is None:
                self.problem("indicators", row, column, "choice-unknown", f"“{choice}” is no choice of “{name}”")
        is_whole = len(self.problems) == before and not expression.references() & self.derived.broken
        if is_whole and not selection.is_supported(expression, self.questions):
            message = "compare single choices with a choice, numbers with a number; selected(), and, or, not()"
            self.problem("indicators", row, column, "expression-unsupported", message)
        return expression

    def tables(self) -> Iterator[TableSpec]:
        columns = text_columns(self.workbook.columns("tables"))
        for row, names in self._table_rows():
            if not names:
                self.problem("tables", row, "table", "table-empty", "the table has no lines")
            if row.get("show") not in _SHOWS:
                self.problem("tables", row, "show", "show-unknown", f"choose one of {', '.join(Show)}")
                continue
            title, stub, column = (texts(row, columns.get(field, {})) for field in ("label", "stub", "column"))
            yield TableSpec(row.get("table"), Show(row.get("show")), title, stub, column, tuple(names))

    def _table_rows(self) -> list[tuple[Row, list[str]]]:
        """The row that opens each table, with the indicators of the rows under it."""
        opened: list[tuple[Row, list[str]]] = []
        for row in self.workbook.rows("tables"):
            indicator = row.get("indicator")
            if not indicator:
                if any(row.get("table") == other.get("table") for other, _ in opened):
                    self.problem("tables", row, "table", "table-twice", "a table of this id is open already")
                if not _ID.fullmatch(row.get("table")):
                    self.problem("tables", row, "table", "table-id", "write an id such as “practices”")
                opened.append((row, []))
            elif not opened or opened[-1][0].get("table") != row.get("table"):
                self.problem("tables", row, "table", "table-not-open", "a row without indicator opens the table first")
            elif indicator not in self.known:
                self.problem("tables", row, "indicator", "indicator-unknown", f"there is no indicator “{indicator}”")
            else:
                opened[-1][1].append(indicator)
        return opened


_STATS = frozenset(stat.value for stat in Stat)
_AVERAGES = frozenset(average.value for average in Average)
_SHOWS = frozenset(show.value for show in Show)
_STAT_KINDS: dict[Stat, frozenset[Kind]] = {
    Stat.PERCENT_IN: frozenset({Kind.SELECT_ONE, Kind.SELECT_MULTIPLE}),
    Stat.PERCENT_EACH: frozenset({Kind.SELECT_ONE, Kind.SELECT_MULTIPLE}),
    Stat.MEAN: frozenset({Kind.INTEGER}),
    Stat.MIN: frozenset({Kind.INTEGER}),
    Stat.MAX: frozenset({Kind.INTEGER}),
    Stat.COUNT: frozenset({Kind.SELECT_ONE, Kind.SELECT_MULTIPLE, Kind.INTEGER}),
}
