"""The derived sheet of a workbook → derived variables: bands, recodes, any-of. Every fault with its row.

A row with a rule opens a variable; the rows under it are its choices, each with what falls into it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from reports.deriving import Derivation, Group, Rule, Span
from reports.plan import RESERVED_BLOCKS, Derived
from survey.protocol.checks import REGISTRY, SITE_VARIABLE
from survey.protocol.languages import text_columns, texts
from survey.protocol.problems import Problem
from survey.protocol.schema import NAME, Kind, Missing, Protocol, Question, Texts
from survey.protocol.sheets import Row, Workbook

SHEET = "derived"
REST = "rest"
# Codes of a byte that are left for substantive choices.
MOST_CHOICES = 200
_SPAN = re.compile(r"(?P<low>[0-9]{1,5})(?:-(?P<high>[0-9]{1,5})|(?P<open>\+))?")


@dataclass
class _Entry:
    """One variable as the sheet has it."""

    row: Row
    choices: list[Row] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.row.get("variable")


@dataclass(frozen=True, slots=True)
class _Source:
    """What a variable is made from: questions, and the choices by which its groups may name their answers."""

    questions: tuple[Question, ...]
    groups: Mapping[str, Group]
    reasons: tuple[tuple[str, Missing], ...]


class DerivedReader:
    """Reads the whole sheet; afterwards `found` has what is usable, `broken` the names of the rest."""

    def __init__(self, workbook: Workbook, protocol: Protocol) -> None:
        self.protocol = protocol
        self.questions = {question.name: question for question in protocol.questions()}
        self.problems: list[Problem] = []
        self.labels = text_columns(workbook.columns(SHEET)).get("label", {})
        self.entries = self._entries(workbook.rows(SHEET))
        self.found: dict[str, Derived] = {}
        self.broken: set[str] = set()
        for name in self.entries:
            self._resolve(name, ())

    def problem(self, row: Row, column: str, code: str, message: str) -> None:
        self.problems.append(Problem(SHEET, row.number, column, code, message))

    def unused(self, names: Iterable[str]) -> Iterator[Problem]:
        """Variables that neither these names nor another variable mention."""
        used = {*names, *(source for one in self.entries.values() for source in one.row.get("from").split())}
        for name, entry in self.entries.items():
            if name not in used:
                message = f"no indicator uses “{name}”; use it or take it out"
                yield Problem(SHEET, entry.row.number, "variable", "derived-unused", message)

    # The sheet's rows -------------------------------------------------------------------------------------------------

    def _entries(self, rows: Iterable[Row]) -> dict[str, _Entry]:
        found: dict[str, _Entry] = {}
        current: _Entry | None = None
        for row in rows:
            if row.get("rule") or row.get("from"):
                current = _Entry(row)
                if self._is_named(current, found):
                    found[current.name] = current
            elif current is None or row.get("variable") != current.name:
                self.problem(row, "variable", "derived-not-open", "a row with from and rule opens the variable first")
            else:
                current.choices.append(row)
        return found

    def _is_named(self, entry: _Entry, found: Mapping[str, _Entry]) -> bool:
        others = {section.name for section in self.protocol.sections} | {REGISTRY, SITE_VARIABLE}
        if entry.name in self.questions or entry.name in others or entry.name in found:
            message = f"“{entry.name}” is used already; choose another name"
            self.problem(entry.row, "variable", "derived-twice", message)
            return False
        if not NAME.fullmatch(entry.name):
            message = "a name is a small letter, then letters, digits or _, at most 32 of them"
            self.problem(entry.row, "variable", "derived-name", message)
            return False
        return True

    # One variable -----------------------------------------------------------------------------------------------------

    def _resolve(self, name: str, on_the_way: tuple[str, ...]) -> Derived | None:
        if name in self.found or name in self.broken:
            return self.found.get(name)
        entry, before = self.entries[name], len(self.problems)
        if name in on_the_way:
            self.problem(entry.row, "from", "derived-cycle", f"“{name}” is made from itself")
            self.broken.add(name)
            return None
        made = self._made(entry, (*on_the_way, name))
        if made is None or len(self.problems) > before or name in self.broken:
            self.broken.add(name)
            return None
        self.found[name] = made
        return made

    def _made(self, entry: _Entry, on_the_way: tuple[str, ...]) -> Derived | None:
        if entry.row.get("rule") not in _RULES:
            self.problem(entry.row, "rule", "derived-rule", f"choose one of {', '.join(Rule)}")
            return None
        rule = Rule(entry.row.get("rule"))
        source = self._source(entry, rule, on_the_way)
        if source is None or not self._choices_are_named(entry, rule, source):
            return None
        groups = self._spans(entry, source.questions[0]) if rule is Rule.BAND else self._grouped(entry, rule, source)
        answered = self._answered(entry, rule, source)
        for row in (entry.row, *entry.choices):
            self._check_words(row)
        is_band = any(group.spans for group in groups)
        return self._worded(entry, source, Derivation(
            entry.name,
            Rule.BAND if is_band else rule,
            tuple(question.name for question in source.questions),
            tuple(groups),
            source.reasons,
            answered,
        ))  # fmt: skip

    def _worded(self, entry: _Entry, source: _Source, derivation: Derivation) -> Derived:
        labels: dict[str, Texts] = {row.get("choice"): texts(row, self.labels) for row in entry.choices}
        for name, reason in source.reasons:
            offered = [question.choices.for_reason(reason) for question in source.questions if question.choices]
            labels[name] = next((choice.label for choice in offered if choice is not None), Texts())
        question = derivation.worded(texts(entry.row, self.labels), labels)
        question = replace(question, sensitive=any(one.sensitive for one in source.questions))
        return Derived(derivation, question, entry.row.number)

    def _check_words(self, row: Row) -> None:
        label = texts(row, self.labels)
        if missing := [tag for tag in self.protocol.languages if not label.get(tag)]:
            self.problem(row, "label", "translation-missing", f"no text in {', '.join(missing)}")

    # What it is made from ---------------------------------------------------------------------------------------------

    def _source(self, entry: _Entry, rule: Rule, on_the_way: tuple[str, ...]) -> _Source | None:
        names = entry.row.get("from").split()
        if unknown := [name for name in names if name not in self.questions and name not in self.entries]:
            self.problem(entry.row, "from", "derived-from", f"there is no question “{unknown[0]}”")
            return None
        if rule is Rule.RECODE and len(names) == 1 and names[0] in self.entries:
            return self._derived_source(entry, names[0], on_the_way)
        kinds = [self.questions[name].kind if name in self.questions else None for name in names]
        if not _SUITABLE[rule](kinds) or len(set(names)) < len(names):
            self.problem(entry.row, "from", "derived-from", _MADE_FROM[rule])
            return None
        questions = tuple(self.questions[name] for name in names)
        choices = [choice for question in questions for choice in question.options]
        groups = {choice.name: Group(choice.name, (choice.name,)) for choice in choices if choice.missing is None}
        reasons: dict[Missing, str] = {}
        for choice in choices:
            if choice.missing is not None:
                reasons.setdefault(choice.missing, choice.name)
        return _Source(questions, groups, tuple((name, reason) for reason, name in reasons.items()))

    def _derived_source(self, entry: _Entry, name: str, on_the_way: tuple[str, ...]) -> _Source | None:
        """Groups of groups are groups of the question at the bottom."""
        made = self._resolve(name, on_the_way)
        if made is None:
            self.broken.add(entry.name)
            return None
        own = made.derivation
        if not own.root:
            self.problem(entry.row, "from", "derived-from", _MADE_FROM[Rule.RECODE])
            return None
        groups = {group.name: group for group in own.groups}
        return _Source((self.questions[own.root],), groups, own.reasons)

    def _answered(self, entry: _Entry, rule: Rule, source: _Source) -> int:
        """How many of several questions a person has to answer to be in the base."""
        told, most = entry.row.get("answered"), len(source.questions)
        several = rule is Rule.ANY_OF and most > 1
        if several and not (told.isdecimal() and 1 <= int(told) <= most):
            message = f"say how many of the questions somebody has to answer to be in the base: 1 to {most}"
            self.problem(entry.row, "answered", "derived-answered", message)
        elif told and not several:
            message = "this is for any_of over several questions; leave it blank"
            self.problem(entry.row, "answered", "derived-answered", message)
        return int(told) if several and told.isdecimal() else 1

    # What falls into its choices --------------------------------------------------------------------------------------

    def _choices_are_named(self, entry: _Entry, rule: Rule, source: _Source) -> bool:
        most = 2 if rule is Rule.ANY_OF else MOST_CHOICES
        if not 2 <= len(entry.choices) <= most:
            message = "give two choices under it: what holds, and the rest" if most == 2 else "give two choices or more"
            self.problem(entry.row, "choice", "derived-choices", message)
            return False
        taken = {*RESERVED_BLOCKS, *(name for name, _ in source.reasons)}
        faulty = False
        for row in entry.choices:
            name = row.get("choice")
            if name in taken or not NAME.fullmatch(name):
                message = "a choice has a name of its own, which is no name of a missing answer, “all” or “unstated”"
                self.problem(row, "choice", "derived-choice", message)
                faulty = True
            taken.add(name)
        return not faulty

    def _grouped(self, entry: _Entry, rule: Rule, source: _Source) -> list[Group]:
        """Choices in groups: each in exactly one. Of an any_of the rest is a group of its own."""
        owners: dict[str, str] = {}
        for row in entry.choices:
            for name in _named(row):
                if name not in source.groups:
                    self.problem(row, "of", "choice-unknown", f"“{name}” is no choice of what it is made from")
                elif name in owners:
                    self.problem(row, "of", "derived-overlap", f"“{name}” is in two groups")
                owners[name] = row.get("choice")
        left = [name for name in source.groups if name not in owners]
        resting = self._resting(entry, is_any_of=rule is Rule.ANY_OF, nothing_left=not left)
        if left and resting is None:
            message = f"“{', '.join(left)}” is in no group; add it, or write “{REST}” for one of them"
            self.problem(entry.row, "of", "derived-gap", message)
        if rule is Rule.ANY_OF:
            self._check_reach(entry, source)
        return [self._joined(row, owners, left, source, rule) for row in entry.choices]

    def _joined(self, row: Row, owners: Mapping[str, str], left: list[str], source: _Source, rule: Rule) -> Group:
        name = row.get("choice")
        if rule is Rule.ANY_OF and row.get("of") == REST:
            return Group(name)
        own = [one for one in source.groups if owners.get(one) == name or (row.get("of") == REST and one in left)]
        choices = tuple(choice for one in own for choice in source.groups[one].choices)
        spans = [span for one in own for span in source.groups[one].spans]
        order = [choice.name for choice in source.questions[0].options]
        in_order = choices if rule is Rule.ANY_OF else tuple(sorted(choices, key=order.index))
        return Group(name, in_order, _merged(spans))

    def _check_reach(self, entry: _Entry, source: _Source) -> None:
        """Every question that an any_of looks at has one of the choices that count."""
        counted = set(_named(entry.choices[0]))
        for question in source.questions if counted and counted <= source.groups.keys() else ():
            if not counted & {choice.name for choice in question.options}:
                message = f"“{question.name}” has none of these choices; leave it out of “from”"
                self.problem(entry.choices[0], "of", "derived-reach", message)

    def _resting(self, entry: _Entry, *, is_any_of: bool, nothing_left: bool) -> Row | None:
        """The row that takes what no other names."""
        rows = [row for row in entry.choices if row.get("of") == REST]
        if len(rows) > 1 or (is_any_of and rows != entry.choices[1:]):
            message = f"“{REST}” stands once" + (", in the second choice of an any_of" if is_any_of else "")
            self.problem(rows[-1] if rows else entry.choices[-1], "of", "derived-rest", message)
        elif rows and nothing_left and not is_any_of:
            self.problem(rows[0], "of", "derived-rest", "nothing is left for it; take it out")
        for row in entry.choices:
            if not row.get("of"):
                self.problem(row, "of", "derived-of", f"say what falls into it, or “{REST}”")
        return rows[0] if rows else None

    def _spans(self, entry: _Entry, question: Question) -> list[Group]:
        """Bands: they leave no number of the question out, and share none."""
        before = len(self.problems)
        spans: list[tuple[Span, Row]] = []
        for row in entry.choices:
            spans += [(span, row) for text in _named(row) if (span := self._span(text, row, question)) is not None]
        spans.sort(key=lambda pair: pair[0])
        gaps, end = [], question.low - 1
        for (low, high), row in spans:
            if low <= end:
                self.problem(row, "of", "derived-overlap", f"{low} is in two bands")
            if low > end + 1:
                gaps.append((end + 1, low - 1))
            end = max(end, high)
        gaps += [(end + 1, question.high)] if end < question.high else []
        resting = self._resting(entry, is_any_of=False, nothing_left=not gaps)
        if gaps and resting is None and len(self.problems) == before:
            told = ", ".join(f"{low}-{high}" if low < high else str(low) for low, high in gaps)
            message = f"{told} is in no band; add it, or write “{REST}” for one of them"
            self.problem(entry.row, "of", "derived-gap", message)
        return [
            Group(
                row.get("choice"),
                (),
                _merged([*(s for s, own in spans if own is row), *(gaps if row is resting else [])]),
            )
            for row in entry.choices
        ]

    def _span(self, text: str, row: Row, question: Question) -> Span | None:
        match = _SPAN.fullmatch(text)
        if match is None:
            self.problem(row, "of", "derived-of", f"write “{text}” as 18-29, 45+ or 7")
            return None
        low = int(match["low"])
        high = question.high if match["open"] else int(match["high"] or low)
        if not question.low <= low <= high <= question.high:
            message = f"“{text}” is no part of {question.low} to {question.high}, which “{question.name}” takes"
            self.problem(row, "of", "band-range", message)
            return None
        return low, high


def _named(row: Row) -> list[str]:
    return [] if row.get("of") == REST else row.get("of").split()


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in order, those that touch as one."""
    found: list[Span] = []
    for low, high in sorted(spans):
        if found and low <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(high, found[-1][1])
        else:
            found.append((low, high))
    return tuple(found)


_RULES = frozenset(rule.value for rule in Rule)
_SUITABLE: Mapping[Rule, Callable[[list[Kind | None]], bool]] = {
    Rule.BAND: lambda kinds: kinds == [Kind.INTEGER],
    Rule.RECODE: lambda kinds: kinds == [Kind.SELECT_ONE],
    Rule.ANY_OF: lambda kinds: kinds == [Kind.SELECT_MULTIPLE] or (len(kinds) > 1 and set(kinds) == {Kind.SELECT_ONE}),
}
_MADE_FROM = {
    Rule.BAND: "a band is made from one integer question",
    Rule.RECODE: "a recode is made from one select_one question, or from a band or another recode",
    Rule.ANY_OF: "an any_of is made from one select_multiple question, or from two or more select_one questions",
}
