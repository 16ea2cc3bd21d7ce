"""A file of responses: one row a response, one column a variable. Pure: lines in, answers or problems out.

Two columns of our own, `_week` and `_language`, stand beside the questions; no question's name begins with `_`.
"""

import csv
import datetime
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from survey.protocol import cells, routing
from survey.protocol.cells import CellError, Reader
from survey.protocol.checks import SITE_VARIABLE
from survey.protocol.mapping import IGNORED, Mapped, Target
from survey.protocol.problems import Problem
from survey.protocol.schema import Answer, Kind, Missing, Protocol, Question

WEEK, LANGUAGE = "_week", "_language"
DELIMITERS = ",;\t"
_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})([T ].*)?")
_TICKED, _NOT_TICKED = frozenset({"1", "true", "yes", "y", "x"}), frozenset({"", "0", "false", "no", "n"})
# Distinct texts of a column that are remembered with their meaning; closed questions have a few, free texts any number.
_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class Line:
    """One response of a file, as good as one that was submitted."""

    day: datetime.date
    language: str
    answers: dict[str, Answer]


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for rows whose file does not say it."""

    day: datetime.date | None = None
    language: str = ""


# Writing --------------------------------------------------------------------------------------------------------------


def headings(protocol: Protocol) -> list[str]:
    """The columns of an exported file."""
    return [WEEK, LANGUAGE, *(question.name for question in _asked(protocol))]


def line(protocol: Protocol, week: str, language: str, answers: dict[str, Answer]) -> list[str]:
    """The cells of one response. Reading them gives the same record and the same texts."""
    found = (cells.write(question, answers.get(question.name, Missing.BLANK)) for question in _asked(protocol))
    return [week, language, *found]


def _asked(protocol: Protocol) -> Iterator[Question]:
    return (question for question in protocol.questions() if question.kind is not Kind.NOTE)


# Reading --------------------------------------------------------------------------------------------------------------


def dialect(first_line: str) -> str:
    """The character that separates columns: the commonest of comma, semicolon and tab in the heading."""
    return max(DELIMITERS, key=lambda delimiter: len(next(csv.reader([first_line], delimiter=delimiter), [])))


@dataclass(slots=True)
class _Column:
    """One column with what its texts mean. Closed questions repeat few texts, so their meaning is kept."""

    heading: str
    target: Target
    read: Callable[[str], Answer]
    known: dict[str, Answer | CellError] = field(default_factory=dict)

    def meaning(self, text: str) -> Answer | CellError:
        found = self.known.get(text)
        if found is None:
            try:
                found = self.read(text)
            except CellError as error:
                found = error
            if len(self.known) < _REMEMBERED:
                self.known[text] = found
        return found


class DataFile:
    """Reads rows under one heading. `problems` holds what is wrong with the heading; rows are read only without any."""

    def __init__(
        self, name: str, heading: Sequence[str], *, protocol: Protocol, country: str, mapped: Mapped, defaults: Defaults
    ) -> None:
        self.name, self.protocol, self.country, self.defaults = name, protocol, country, defaults
        self.mapped = mapped
        self.questions = {question.name: question for question in _asked(protocol)}
        self.heading = [column.strip() for column in heading]
        self.problems: list[Problem] = []
        self.columns = [self._column(column) for column in self.heading]
        self._check_columns()
        # An integer's bounds are its constraint's as a rule; other constraints are looked at row by row.
        self.ruled = [q for q in self.questions.values() if q.choice_filter or q.constraint or q.required]
        self.offered_to_all = {
            q.name: _offered(q, {}, country)
            for q in self.ruled
            if q.choice_filter and q.choice_filter.references() <= {SITE_VARIABLE}
        }

    # The heading ------------------------------------------------------------------------------------------------------

    def _column(self, heading: str) -> _Column | None:
        target = self.mapped.columns.get(heading) or self._own(heading)
        if target is None or target.question == IGNORED:
            if target is None and heading:
                message = f"no question has this name; map it, or pass it over with a mapping row “{heading},{IGNORED}”"
                self._fault(1, heading, "column-unknown", message)
            return None
        if target.question in (WEEK, LANGUAGE):
            return _Column(heading, target, self._reader(heading, str.strip))
        question = self.questions.get(target.question)
        if question is None:
            self._fault(1, heading, "question-unknown", f"there is no question “{target.question}”")
            return None
        if target.choice:
            return self._tick(heading, target, question)
        return _Column(heading, target, self._reader(heading, Reader(question, target.separator).read))

    def _tick(self, heading: str, target: Target, question: Question) -> _Column | None:
        if question.choices is None or question.choices.get(target.choice) is None:
            self._fault(1, heading, "choice-unknown", f"“{target.choice}” is no choice of “{question.name}”")
            return None
        return _Column(heading, target, self._reader(heading, _read_tick))

    def _reader(self, heading: str, read: Callable[[str], Answer]) -> Callable[[str], Answer]:
        return lambda text: read(self.mapped.translate(heading, text))

    def _own(self, heading: str) -> Target | None:
        """A heading in our own words, also behind the groups that other XLSForm tools put before it: about/age."""
        parts = heading.split("/")
        if parts[-1] in self.questions or parts[-1] in (WEEK, LANGUAGE):
            return Target(parts[-1])
        question = self.questions.get(parts[-2]) if len(parts) > 1 else None
        return Target(question.name, parts[-1]) if question and question.kind is Kind.SELECT_MULTIPLE else None

    def _check_columns(self) -> None:
        seen: dict[str, str] = {}
        for column in filter(None, self.columns):
            wholes = (column.target.question, f"{column.target.question}/{column.target.choice}")
            clash = next((seen[whole] for whole in wholes if whole in seen), None)
            if clash is not None and (column.target.choice == "" or clash != "tick"):
                message = f"“{column.target.question}” has a column already; pass one of them over in the mapping"
                self._fault(1, column.heading, "column-twice", message)
            if column.target.choice:
                seen.setdefault(wholes[1], column.heading)
                seen.setdefault(wholes[0], "tick")
            else:
                seen.setdefault(wholes[0], column.heading)
        for name, default in ((WEEK, self.defaults.day), (LANGUAGE, self.defaults.language)):
            if name not in seen and not default:
                message = f"no column says the {name[1:]}; add one, or say it with --{name[1:]}"
                self._fault(1, name, "column-missing", message)

    def _fault(self, row: int, column: str, code: str, message: str) -> None:
        self.problems.append(Problem(self.name, row, column, code, message))

    # Rows -------------------------------------------------------------------------------------------------------------

    def read(self, number: int, row: Sequence[str]) -> Line | list[Problem]:
        """One row, or everything that is wrong with it."""
        if len(row) != len(self.columns):
            message = f"{len(row)} cells under {len(self.columns)} headings; is a quotation mark missing?"
            return [Problem(self.name, number, "", "cells", message)]
        found: dict[str, Answer] = {}
        ticks: dict[str, dict[str, Answer]] = {}
        problems: list[Problem] = []
        for column, text in zip(self.columns, row, strict=True):
            if column is None:
                continue
            meaning = column.meaning(text)
            if isinstance(meaning, CellError):
                problems.append(Problem(self.name, number, column.heading, meaning.code, str(meaning)))
            elif column.target.choice:
                ticks.setdefault(column.target.question, {})[column.target.choice] = meaning
            else:
                found[column.target.question] = meaning
        for name, each in ticks.items():
            found[name] = self._ticked(number, name, each, problems)
        day, language = self._day(number, found, problems), self._language(number, found, problems)
        problems += self._rules(number, found)
        if problems or day is None:
            return problems
        return Line(day, language, found)

    def _ticked(self, number: int, name: str, each: dict[str, Answer], problems: list[Problem]) -> Answer:
        try:
            ticked = {choice for choice, tick in each.items() if tick}
            return cells.in_order(self.questions[name], ticked) or Missing.BLANK
        except CellError as error:
            problems.append(Problem(self.name, number, name, error.code, str(error)))
            return Missing.BLANK

    def _day(self, number: int, found: dict[str, Answer], problems: list[Problem]) -> datetime.date | None:
        text = str(found.pop(WEEK, ""))
        if not text and self.defaults.day:
            return self.defaults.day
        try:
            if week := _WEEK.fullmatch(text):
                return datetime.date.fromisocalendar(int(week[1]), int(week[2]), 1)
            if day := _DAY.fullmatch(text):
                return datetime.date.fromisoformat(day[1])
        except ValueError:
            pass
        problems.append(Problem(self.name, number, WEEK, "week", "write a week as 2026-W48, or a day as 2026-11-23"))
        return None

    def _language(self, number: int, found: dict[str, Answer], problems: list[Problem]) -> str:
        language = str(found.pop(LANGUAGE, "")) or self.defaults.language
        if language not in self.protocol.languages:
            message = f"write one of {', '.join(self.protocol.languages)}"
            problems.append(Problem(self.name, number, LANGUAGE, "language", message))
        return language

    def _rules(self, number: int, found: dict[str, Answer]) -> Iterator[Problem]:
        """What the questionnaire itself would not have let through."""
        asked = routing.asked(self.protocol, found, self.country)
        for name, answer in found.items():
            if answer is not Missing.BLANK and name not in asked:
                message = "this is not asked of somebody with these answers; clear the cell"
                yield Problem(self.name, number, name, "not-asked", message)
        for question in self.ruled:
            if question.name in asked:
                answer = found.get(question.name, Missing.BLANK)
                yield from self._broken(number, question, answer, found)

    def _broken(self, number: int, question: Question, answer: Answer, found: dict[str, Answer]) -> Iterator[Problem]:
        if question.choice_filter and not _names_in(answer) <= self._offered(question, found):
            yield Problem(
                self.name, number, question.name, "not-offered", "this choice is not offered here; write one that is"
            )
        if not routing.satisfies(question, answer, found, self.country):
            message = question.constraint_message.get(self.protocol.settings.default_language, self.country)
            yield Problem(self.name, number, question.name, "constraint", message or "this answer is not possible")
        if routing.is_owed(question, answer):
            message = "write an answer, or that none was given: prefer_not or [prefer_not]"
            yield Problem(self.name, number, question.name, "required", message)

    def _offered(self, question: Question, found: dict[str, Answer]) -> frozenset[str]:
        fixed = self.offered_to_all.get(question.name)
        return _offered(question, found, self.country) if fixed is None else fixed


def _offered(question: Question, found: dict[str, Answer], country: str) -> frozenset[str]:
    return frozenset(choice.name for choice in routing.offered(question, found, country))


def _names_in(answer: Answer) -> set[str]:
    if isinstance(answer, Missing):
        return set()
    return set(answer) if isinstance(answer, tuple) else {str(answer)}


def _read_tick(text: str) -> Answer:
    """A tick of one choice: 1 or 0."""
    said = text.strip().lower()
    if said not in _TICKED | _NOT_TICKED:
        raise CellError("tick", "write 1 for a ticked option and 0 for one that is not")
    return int(said in _TICKED)


def rows(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(number as a spreadsheet counts, cells) of every row that is not empty. Raises csv.Error."""
    for number, row in enumerate(csv.reader(lines, delimiter=delimiter, strict=True), start=1):
        if any(row):
            yield number, row
