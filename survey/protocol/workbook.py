"""Workbook rows → Protocol. Reads on after every fault, so that all problems are told at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from survey.protocol import checks, headings
from survey.protocol.expressions import Expression, ExpressionError, parse
from survey.protocol.languages import tag_of, text_columns, texts
from survey.protocol.problems import Problem, WorkbookError
from survey.protocol.schema import (
    DEFAULT_THRESHOLD,
    DESCRIBING,
    NAME,
    Battery,
    Choice,
    ChoiceList,
    Country,
    Deviation,
    Information,
    Kind,
    Missing,
    Part,
    Protocol,
    Question,
    Section,
    Settings,
    Source,
    Texts,
)
from survey.protocol.sheets import Row, Workbook

MAX_CODE = 199
_NAMES = "begin with a lower-case letter; then lower-case letters, digits and _, at most 32 in all"
_REASONS = {reason.value: reason for reason in (Missing.DONT_KNOW, Missing.NOT_APPLICABLE, Missing.PREFER_NOT)}
_KINDS = frozenset(kind.value for kind in Kind)
_SOURCES = frozenset(source.value for source in Source)
_PARTS = frozenset(part.value for part in Part)
# Fields that identify a person or a device have no place here, whatever form they arrive in.
_IDENTIFYING = frozenset(
    {"start", "end", "today", "deviceid", "phonenumber", "simserial", "subscriberid", "username", "email", "audit"}
    | {"geopoint", "geotrace", "geoshape", "image", "audio", "video", "file", "barcode", "background-audio"}
)


def read_protocol(workbook: Workbook) -> Protocol:
    """The protocol that a workbook describes, fit for publication. Raises WorkbookError with every problem found."""
    reader = _Reader(workbook)
    protocol = reader.protocol()
    problems = [*headings.find_problems(workbook), *reader.problems]
    problems += checks.find_problems(protocol) if protocol else ()
    if problems or protocol is None:
        raise WorkbookError(problems)
    return protocol


def reread_protocol(workbook: Workbook) -> Protocol:
    """The protocol of a workbook that was fit for publication once. Rules made since then do not undo that."""
    protocol = _Reader(workbook).protocol()
    if protocol is None:
        raise WorkbookError([Problem("settings", 0, "", "settings-rows", "a published workbook has one row")])
    return protocol


@dataclass
class _Open:
    """A begin_group row whose end_group has not come yet."""

    row: Row
    items: list[Question | Battery] = field(default_factory=list)


class _Reader:
    def __init__(self, workbook: Workbook) -> None:
        self.workbook = workbook
        self.problems: list[Problem] = []
        self.text_columns = {sheet: text_columns(workbook.columns(sheet)) for sheet in workbook.sheets}
        self.deviations = tuple(self._deviation(row) for row in workbook.rows("deviations"))

    def problem(self, sheet: str, row: int, column: str, code: str, message: str) -> None:
        self.problems.append(Problem(sheet, row, column, code, message))

    def protocol(self) -> Protocol | None:
        settings = self._settings()
        languages = tuple(self.text_columns["survey"].get("label", {}))
        if not languages:
            self.problem(
                "survey", 1, "", "no-language", "no column such as “label::English (en)”; name the language and code"
            )
        lists = self._lists()
        countries = self._countries(languages)
        sections = self._sections(lists)
        if settings is None:
            return None
        if settings.default_language and languages and settings.default_language not in languages:
            row = self.workbook.rows("settings")[0].number
            message = f"“{settings.default_language}” has no label column in the survey sheet"
            self.problem("settings", row, "default_language", "language-unknown", message)
        information = tuple(self._information())
        return Protocol(settings, languages, countries, lists, sections, self.deviations, information)

    # Texts -----------------------------------------------------------------------------------------------------------

    def _deviation(self, row: Row) -> Deviation:
        if not row.get("reason"):
            self.problem("deviations", row.number, "reason", "deviation-without-reason", "say why the wording differs")
        names = ("country", "language", "name", "field", "text", "back_translation", "reason")
        return Deviation(**{name: row.get(name) for name in names}, row=row.number)

    def _texts(self, sheet: str, row: Row, field_name: str, name: str) -> Texts:
        columns = self.text_columns[sheet].get(field_name, {})
        own = {(d.country, d.language): d.text for d in self.deviations if (d.name, d.field) == (name, field_name)}
        return texts(row, columns, own)

    def _information(self) -> Iterator[Information]:
        for row in self.workbook.rows("information"):
            if row.get("part") not in _PARTS:
                self.problem("information", row.number, "part", "part-unknown", f"choose one of {', '.join(Part)}")
                continue
            text = self._texts("information", row, "label", "")
            yield Information(Part(row.get("part")), row.get("country"), text, row.number)

    # Sheets ----------------------------------------------------------------------------------------------------------

    def _settings(self) -> Settings | None:
        rows = self.workbook.rows("settings")
        if len(rows) != 1:
            self.problem("settings", 0, "", "settings-rows", f"the sheet has one row of settings, here are {len(rows)}")
            return None
        row = rows[0]
        for column in ("form_id", "version", "default_language"):
            if not row.get(column):
                self.problem("settings", row.number, column, "setting-missing", "fill in this setting")
        threshold = self._integer("settings", row, "threshold", low=3, high=50, default=DEFAULT_THRESHOLD)
        if row.get("records") not in ("", "open", "sealed"):
            self.problem("settings", row.number, "records", "setting-unknown", "choose “open” or “sealed”")
        return Settings(
            form_id=row.get("form_id"),
            version=row.get("version"),
            title=row.get("form_title"),
            default_language=tag_of(row.get("default_language")) or row.get("default_language"),
            threshold=threshold,
            records=row.get("records") or "sealed",
            translations=row.get("translations"),
            describing={what: name for what in DESCRIBING if (name := row.get(f"{what}_question"))},
            row=row.number,
        )

    def _countries(self, languages: tuple[str, ...]) -> tuple[Country, ...]:
        found: list[Country] = []
        for row in self.workbook.rows("countries"):
            code, offered = row.get("country"), tuple(row.get("languages").split())
            for tag in offered:
                if tag not in languages:
                    message = f"“{tag}” has no label column in the survey sheet"
                    self.problem("countries", row.number, "languages", "language-unknown", message)
            if not offered:
                self.problem(
                    "countries", row.number, "languages", "country-without-language", "name at least one language"
                )
            if any(country.code == code for country in found):
                self.problem("countries", row.number, "country", "country-twice", f"“{code}” is listed already")
                continue
            try:
                found.append(Country(code, self._texts("countries", row, "label", code), offered, row.get("exit")))
            except ValueError:
                self.problem(
                    "countries", row.number, "country", "country-code", "use the two capital letters of ISO 3166"
                )
        return tuple(found)

    def _lists(self) -> dict[str, ChoiceList]:
        lists: dict[str, list[Choice]] = {}
        for row in self.workbook.rows("choices"):
            if not NAME.fullmatch(row.get("list_name")):
                self.problem("choices", row.number, "list_name", "choice-name", _NAMES)
                continue
            choices = lists.setdefault(row.get("list_name"), [])
            choice = self._choice(row)
            if choice is not None and not self._occurs(row, choice, choices):
                choices.append(choice)
        return {name: ChoiceList(name, tuple(choices)) for name, choices in lists.items()}

    def _occurs(self, row: Row, choice: Choice, earlier: list[Choice]) -> bool:
        """Names, codes and missing reasons occur once in a list."""
        for column in ("name", "code", "missing"):
            value = getattr(choice, column)
            if value is not None and any(getattr(other, column) == value for other in earlier):
                message = f"“{row.get(column)}” is used already in the list “{row.get('list_name')}”"
                self.problem("choices", row.number, column, "choice-twice", message)
                return True
        return False

    def _choice(self, row: Row) -> Choice | None:
        name, missing = row.get("name"), row.get("missing")
        if not NAME.fullmatch(name):
            self.problem("choices", row.number, "name", "choice-name", _NAMES)
            return None
        if missing and missing not in _REASONS:
            message = f"“{missing}” is no missing reason; choose {', '.join(_REASONS)}"
            self.problem("choices", row.number, "missing", "missing-unknown", message)
            return None
        if missing and row.get("code"):
            self.problem(
                "choices",
                row.number,
                "code",
                "missing-with-code",
                "a missing choice has a reserved code; leave it blank",
            )
        code = None if missing else self._integer("choices", row, "code", low=0, high=MAX_CODE, default=-row.number)
        return Choice(
            name=name,
            label=self._texts("choices", row, "label", f"{row.get('list_name')}/{name}"),
            code=code,
            missing=_REASONS.get(missing),
            exclusive=row.says_yes("exclusive") or bool(missing),
            columns={column: row.get(column) for column in self.workbook.columns("choices") if "::" not in column},
        )

    # The survey sheet ------------------------------------------------------------------------------------------------

    def _sections(self, lists: Mapping[str, ChoiceList]) -> tuple[Section, ...]:
        sections: list[Section] = []
        groups: list[_Open] = []
        for row in self.workbook.rows("survey"):
            kind = (
                row.get("type").replace(" ", "_") if row.get("type").startswith(("begin", "end")) else row.get("type")
            )
            if kind == "begin_group":
                self._begin(row, groups)
            elif kind == "end_group":
                self._end(row, groups, sections)
            elif kind == "hidden":
                if row.get("name") != "country":
                    self.problem("survey", row.number, "name", "hidden-unknown", "only “country” can be hidden")
            else:
                self._row(row, groups, lists)
        for group in groups:
            self.problem("survey", group.row.number, "type", "group-not-closed", "add the end_group of this group")
        return tuple(sections)

    def _begin(self, row: Row, groups: list[_Open]) -> None:
        if len(groups) == 2:
            self.problem(
                "survey", row.number, "type", "group-too-deep", "a section holds batteries, a battery holds questions"
            )
        if not NAME.fullmatch(row.get("name")):
            self.problem("survey", row.number, "name", "group-name", _NAMES)
        groups.append(_Open(row))

    def _end(self, row: Row, groups: list[_Open], sections: list[Section]) -> None:
        if not groups:
            self.problem("survey", row.number, "type", "group-not-open", "there is no begin_group for this end_group")
            return
        group = groups.pop()
        name = group.row.get("name")
        label = self._texts("survey", group.row, "label", name)
        hint = self._texts("survey", group.row, "hint", name)
        relevant = self._expression(group.row, "relevant")
        if not groups:
            sections.append(Section(name, label, hint, tuple(group.items), relevant, group.row.number))
            return
        questions = tuple(item for item in group.items if isinstance(item, Question))
        groups[-1].items.append(Battery(name, label, hint, questions, relevant, group.row.number))

    def _row(self, row: Row, groups: list[_Open], lists: Mapping[str, ChoiceList]) -> None:
        words = row.get("type").split()
        word = words[0] if words else ""
        if word in _IDENTIFYING:
            message = f"“{word}” identifies a person or a device; this platform does not collect it"
            self.problem("survey", row.number, "type", "identifying-field", message)
        elif word not in _KINDS or len(words) > 1 + word.startswith("select_"):
            message = f"“{row.get('type')}” is not a type that can be asked here"
            self.problem("survey", row.number, "type", "type-unknown", message)
        elif not groups:
            self.problem(
                "survey", row.number, "name", "outside-section", "put the question inside a begin_group section"
            )
        else:
            question = self._question(row, Kind(word), words[1] if len(words) > 1 else "", lists)
            if question is not None:
                groups[-1].items.append(question)

    def _question(self, row: Row, kind: Kind, list_name: str, lists: Mapping[str, ChoiceList]) -> Question | None:
        name = row.get("name")
        select = kind in (Kind.SELECT_ONE, Kind.SELECT_MULTIPLE)
        if not NAME.fullmatch(name):
            self.problem("survey", row.number, "name", "question-name", _NAMES)
            return None
        if select and list_name not in lists:
            self.problem("survey", row.number, "type", "list-unknown", f"the choices sheet has no list “{list_name}”")
            return None
        constraint = self._expression(row, "constraint")
        low, high = constraint.bounds() if constraint else (None, None)
        if kind is Kind.INTEGER and (low is None or high is None or not 0 <= low <= high <= 65_000):
            message = "give both bounds between 0 and 65000, such as “. >= 0 and . <= 99”"
            self.problem("survey", row.number, "constraint", "integer-without-range", message)
            return None
        return Question(
            name=name,
            kind=kind,
            label=self._texts("survey", row, "label", name),
            hint=self._texts("survey", row, "hint", name),
            constraint_message=self._texts("survey", row, "constraint_message", name),
            choices=lists[list_name] if select else None,
            relevant=self._expression(row, "relevant"),
            constraint=constraint,
            choice_filter=self._expression(row, "choice_filter"),
            low=low or 0,
            high=high or 0,
            required=row.says_yes("required"),
            sensitive=row.says_yes("sensitive"),
            source=self._source(row),
            row=row.number,
        )

    def _source(self, row: Row) -> Source:
        value = row.get("source") or Source.RECONSTRUCTED
        if value not in _SOURCES:
            self.problem("survey", row.number, "source", "source-unknown", f"choose one of {', '.join(Source)}")
            return Source.RECONSTRUCTED
        return Source(value)

    def _expression(self, row: Row, column: str) -> Expression | None:
        if not row.get(column):
            return None
        try:
            return parse(row.get(column))
        except ExpressionError as error:
            self.problem("survey", row.number, column, "expression", str(error))
            return None

    def _integer(self, sheet: str, row: Row, column: str, *, low: int, high: int, default: int) -> int:
        text = row.get(column)
        if not text and sheet == "settings":
            return default
        if not (text.isascii() and text.isdecimal() and low <= int(text) <= high):
            self.problem(sheet, row.number, column, "number", f"write a whole number from {low} to {high}")
            return default
        return int(text)
