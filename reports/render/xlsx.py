"""Excel files: contents, a table a sheet with real numbers, fieldwork, notes, provenance; SYNTHETIC on every sheet."""

import datetime
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import xlsxwriter
from django.utils import translation
from django.utils.translation import gettext as _

from reports.plan import Show
from reports.render.document import Document, Section, describe
from reports.render.lines import Line, blocks_of, lines_of
from reports.render.questions import questions
from reports.render.reading import Reading, flag, is_percent, plain
from reports.render.tables import ColumnKind, Entry, Table, without_numbers
from reports.table import TOTAL, TableResult
from survey.language import ui_language
from survey.protocol.cells import harmless

OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
SHEET_NAME = 31
STUB, WORDS, NUMBER, PEOPLE = 52, 90, 13, 9
# Heights in points: of a line, and the most that Excel knows.
LINE, HIGHEST = 15, 409
# So many columns still print legibly on the width of one page.
ON_A_PAGE = 18
# All of the annex: its tables are small, and many.
ON_ONE_SHEET = "annex"
# A number as other formats print it; its decimals and its sign become the format of a real number.
_PRINTED = re.compile(r"(-?[0-9]+(?:\.([0-9]+))?)(%?)")


@dataclass(frozen=True, slots=True)
class _Group:
    """Columns of one country or of one block: the figure, the people counted and the base."""

    head: str
    country: str
    block: str = TOTAL


def render(reading: Reading) -> bytes:
    """Workbook bytes. Figures are unrounded numbers shown with the decimals that are printed elsewhere."""
    document = describe(reading.result, reading.focal, reading.language)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, OPTIONS) as workbook, translation.override(ui_language(reading.language)):
        workbook.set_properties({"title": document.title, "author": "", "created": _made(document)})
        _Workbook(workbook, reading, document).fill()
    return file.getvalue()


def _made(document: Document) -> datetime.datetime:
    return datetime.datetime.fromisoformat(document.made_on or "1980-01-01")


class _Workbook:
    def __init__(self, workbook: Any, reading: Reading, document: Document) -> None:
        self.workbook, self.reading, self.document = workbook, reading, document
        self.tables = [without_numbers(table) for table in document.tables]
        order = 2 if document.direction == "rtl" else 1
        shared = {"reading_order": order, "valign": "top", "font_name": "Calibri", "font_size": 11}
        self.title = workbook.add_format({**shared, "bold": True, "font_size": 13})
        self.head = workbook.add_format({**shared, "bold": True, "text_wrap": True, "bottom": 1})
        self.figures = workbook.add_format({**shared, "bold": True, "text_wrap": True, "bottom": 1, "align": "right"})
        self.words = workbook.add_format({**shared, "text_wrap": True})
        self.line = workbook.add_format({**shared})
        self.indented = workbook.add_format({**shared, "text_wrap": True, "indent": 1})
        self.banner = workbook.add_format({**shared, "bold": True, "font_color": "#9C0006"})
        self.absent = workbook.add_format({**shared, "italic": True, "align": "right"})
        self.shared = shared
        self.numbers: dict[str, Any] = {}

    def fill(self) -> None:
        tables, told = self.tables, self._told()
        names = _sheet_names([table.id for table in (*tables, *told)])
        self._contents([*zip(names, (*tables, *told), strict=True)])
        specs = self.reading.result.tables
        for name, table, spec in zip(names[: len(tables)], tables, specs, strict=True):
            self._table(name, table, spec)
        for name, table in zip(names[len(tables) :], told, strict=True):
            self._told_table(name, table)
        self._notes()
        for part in self.document.sections:
            if part.id == ON_ONE_SHEET:
                self._annex(part)
        self._provenance()

    def _told(self) -> tuple[Table, ...]:
        """Tables that are no tables of the plan: who took part, and those of the parts that follow."""
        parts = (part for part in self.document.sections if part.id != ON_ONE_SHEET)
        return (self.document.fieldwork, *(table for part in parts for table in part.tables))

    def _sheet(self, name: str, title: str) -> "_Sheet":
        """A new sheet with its title in A1 and, where the figures are synthetic, the banner under it."""
        sheet = self.workbook.add_worksheet(name[:SHEET_NAME])
        if self.document.direction == "rtl":
            sheet.right_to_left()
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        if self.document.banner:
            sheet.set_header("&C" + self.document.banner.replace("&", "&&")[:200])
        sheet.set_footer("&L" + self.document.short_provenance.replace("&", "&&")[:200] + "&R&P / &N")
        lines = _Sheet(sheet)
        lines.text(title, self.title)
        if self.document.banner:
            lines.text(self.document.banner, self.banner)
        return lines

    def _number(self, shown: str) -> Any:
        if shown not in self.numbers:
            self.numbers[shown] = self.workbook.add_format({**self.shared, "num_format": shown})
        return self.numbers[shown]

    # The sheets ---------------------------------------------------------------------------------------------------

    def _contents(self, named: Sequence[tuple[str, Table]]) -> None:
        page = self._sheet(_("Contents"), self.document.title)
        page.columns(0, 0, SHEET_NAME)
        page.columns(1, 1, WORDS)
        if self.document.subtitle:
            page.text(self.document.subtitle, self.line)
        page.text(self.document.caution, self.line)
        annexes = [(_("Annex"), part.heading) for part in self.document.sections if part.id == ON_ONE_SHEET]
        others = ((_("Notes"), _("Notes")), *annexes, (_("Provenance"), _("How these figures were made")))
        for name, caption in (*((name, table.caption) for name, table in named), *others):
            page.sheet.write_url(page.row, 0, f"internal:'{name[:SHEET_NAME]}'!A1", string=name[:SHEET_NAME])
            page.texts(["", caption], self.words)

    def _table(self, name: str, table: Table, spec: TableResult) -> None:
        page = self._sheet(name, table.caption)
        groups, averaged = self._groups(spec)
        page.columns(0, 0, STUB)
        for place in range(1, 3 * len(groups) + 1, 3):
            page.columns(place, place, NUMBER)
            page.columns(place + 1, place + 2, PEOPLE)
        page.columns(3 * len(groups) + 1, 3 * len(groups) + 1, NUMBER)
        if spec.show != Show.SPLIT and self.reading.column(spec):
            page.text(self.reading.column(spec), self.line)
        heads = [
            part
            for group in groups
            for part in (
                group.head,
                _("%(group)s: k") % {"group": group.head},
                _("%(group)s: n") % {"group": group.head},
            )
        ]
        page.heads(table.stub, [*heads, *([_("Average")] if averaged else [])], self.head, self.figures)
        self._head_stays(page, 3 * len(groups) + 1)
        for line in lines_of(self.reading, spec):
            self._line(page, line, groups, averaged)
        for note in table.notes:
            page.text(note, self.line)

    def _head_stays(self, page: "_Sheet", columns: int) -> None:
        """The line above and the stub stand still on the screen and come again on every printed page."""
        page.sheet.freeze_panes(page.row, 1)
        page.sheet.repeat_rows(page.row - 1)
        page.sheet.repeat_columns(0)
        page.sheet.fit_to_pages(-(-columns // ON_A_PAGE), 0)

    def _told_table(self, name: str, table: Table) -> None:
        page = self._sheet(name, table.caption)
        page.columns(0, 0, STUB)
        for place, column in enumerate(table.columns, start=1):
            page.columns(place, place, STUB if column.kind is ColumnKind.WORDS else NUMBER)
        page.heads(table.stub, [column.head for column in table.columns], self.head, self.figures)
        self._head_stays(page, len(table.columns))
        for row in table.rows:
            page.tall([row.label, *(entry.text for entry in row.entries)])
            page.sheet.write_string(page.row, 0, harmless(row.label), self.indented if row.level else self.words)
            for place, entry in enumerate(row.entries, start=1):
                self._told_entry(page, place, entry)
            page.row += 1
        for note in table.notes:
            page.text(note, self.line)

    def _told_entry(self, page: "_Sheet", column: int, entry: Entry) -> None:
        text = plain(entry.text)
        number = _PRINTED.fullmatch(text)
        if entry.number is not None:
            page.number(column, entry.number, self._number(_shown_as(text)))
        elif number:
            decimals = len(number.group(2) or "")
            page.number(
                column, Fraction(number.group(1)), self._number(_format(decimals, percent=bool(number.group(3))))
            )
        elif text:
            style = self.words if entry.kind is ColumnKind.WORDS else self.absent
            page.sheet.write_string(page.row, column, harmless(text), style)

    def _groups(self, spec: TableResult) -> tuple[list[_Group], bool]:
        """Column groups of a table, and whether it has a column of averages."""
        own = _Group(self.reading.focal_name, self.reading.focal)
        if spec.show == Show.OTHERS:
            others = [_Group(self.reading.country_name(country), country.code) for country in self.reading.others]
            return [own, *others], bool(others) and any(
                self.reading.result.indicator(name).average for name in spec.indicators
            )
        if spec.show == Show.SPLIT:
            blocks = blocks_of(self.reading, spec).items()
            total = _Group(self.reading.column(spec) or own.head, own.country)
            return [total, *(_Group(label, own.country, block) for block, label in blocks)], False
        return [own], False

    def _line(self, page: "_Sheet", line: Line, groups: Sequence[_Group], averaged: bool) -> None:
        page.tall([line.label])
        page.sheet.write_string(page.row, 0, harmless(line.label), self.indented if line.level else self.words)
        if not line.heading:
            for place, group in enumerate(groups):
                self._cell(page, 1 + 3 * place, line, group)
            if averaged:
                self._average(page, 1 + 3 * len(groups), line)
        page.row += 1

    def _cell(self, page: "_Sheet", column: int, line: Line, group: _Group) -> None:
        cell = line.cell(group.country, group.block)
        if cell is not None and cell.value is not None:
            page.number(column, cell.value, self._number(_shown(line, flag(line.indicator, cell))))
        else:
            page.sheet.write_string(page.row, column, line.absence(group.country, group.block), self.absent)
        for place, people in enumerate((cell.k, cell.n) if cell else ()):
            if people is not None:
                page.number(column + 1 + place, Fraction(people), self._number("0"))

    def _average(self, page: "_Sheet", column: int, line: Line) -> None:
        value = line.indicator.averages.get(self.reading.focal, {}).get(line.category)
        if value is not None:
            page.number(column, value, self._number(_shown(line)))
        elif line.indicator.average and not line.level:
            page.sheet.write_string(page.row, column, _("no average"), self.absent)

    def _notes(self) -> None:
        page = self._sheet(_("Notes"), _("Notes"))
        page.columns(0, 0, STUB)
        page.columns(1, 1, WORDS)
        page.told("", (self.document.caution, *self.document.notes), self.words)
        for table in self.tables:
            page.told(table.caption, table.notes, self.words)
        for part in self.document.sections:
            if part.id != ON_ONE_SHEET:
                page.told(part.heading, part.paragraphs, self.words)
        page.text(_("The questions"), self.title)
        for one in questions(self.reading):
            page.texts([one.label, " ".join(part for part in (one.question, one.answers) if part)], self.words)

    def _annex(self, part: Section) -> None:
        """All of the annex on one sheet, its tables one under the other."""
        page = self._sheet(_("Annex"), part.heading)
        page.columns(0, 0, STUB)
        page.columns(1, 4, 24)
        for note in part.paragraphs:
            page.text(note, self.line)
        for table in part.tables:
            page.row += 1
            page.text(table.caption, self.title)
            page.texts([table.stub, *(column.head for column in table.columns)], self.head)
            for row in table.rows:
                page.tall([row.label, *(entry.text for entry in row.entries)])
                page.sheet.write_string(page.row, 0, harmless(row.label), self.indented if row.level else self.words)
                for column, entry in enumerate(row.entries, start=1):
                    self._entry(page, column, entry)
                page.row += 1
            for note in table.notes:
                page.text(note, self.line)

    def _entry(self, page: "_Sheet", column: int, entry: Entry) -> None:
        if entry.number is not None:
            page.number(column, entry.number, self._number(_shown_as(entry.text)))
        elif entry.text:
            page.sheet.write_string(page.row, column, harmless(entry.text), self.words)

    def _provenance(self) -> None:
        page = self._sheet(_("Provenance"), _("How these figures were made"))
        page.columns(0, 0, STUB)
        page.columns(1, 1, WORDS)
        for fact in self.document.provenance:
            page.texts([fact.name, plain(fact.value)], self.words)


class _Sheet:
    """A worksheet that is written from top to bottom."""

    def __init__(self, sheet: Any) -> None:
        self.sheet, self.row = sheet, 0
        self.widths: dict[int, int] = {}

    def columns(self, first: int, last: int, width: int) -> None:
        self.sheet.set_column(first, last, width)
        self.widths |= dict.fromkeys(range(first, last + 1), width)

    def tall(self, texts: Sequence[str]) -> None:
        """Make the row as high as its wrapped texts: not every reader does that by itself."""
        lines = [-(-len(text) // max(self.widths.get(column, NUMBER) - 1, 1)) for column, text in enumerate(texts)]
        if max(lines, default=1) > 1:
            self.sheet.set_row(self.row, min(LINE * max(lines), HIGHEST))

    def text(self, text: str, style: Any) -> None:
        self.texts([text], style, wraps=False)

    def texts(self, texts: Sequence[str], style: Any, *, wraps: bool = True) -> None:
        if wraps:
            self.tall(texts)
        for column, text in enumerate(texts):
            if text:
                self.sheet.write_string(self.row, column, harmless(text), style)
        self.row += 1

    def heads(self, stub: str, columns: Sequence[str], style: Any, figures: Any) -> None:
        """The line above a table: heads of figures stand over their figures."""
        self.texts(["", *columns], figures, wraps=False)
        self.row -= 1
        self.tall([stub, *columns])
        self.texts([stub], style, wraps=False)

    def told(self, heading: str, paragraphs: Sequence[str], style: Any) -> None:
        """Paragraphs beside what they are about, a line each."""
        for place, paragraph in enumerate(paragraphs):
            self.texts(["" if place else heading, paragraph], style)

    def number(self, column: int, value: Fraction, style: Any) -> None:
        self.sheet.write_number(self.row, column, float(value), style)


def _shown(line: Line, mark: str = "") -> str:
    return _format(line.indicator.decimals, percent=is_percent(line.indicator), mark=mark)


def _format(decimals: int, *, percent: bool, mark: str = "") -> str:
    """Excel's format for the decimals that are printed. The percent sign is a word here: 59.7 stays 59.7.

    So is the mark of a figure that rests on few people.
    """
    words = ("%" if percent else "") + mark
    return "0" + ("." + "0" * decimals if decimals else "") + (f'"{words}"' if words else "")


def _shown_as(text: str) -> str:
    """The format by which a number looks like its text, such as 59.7%†, 0.077 or < 0.001."""
    found = re.fullmatch(r"[0-9]+(\.[0-9]+)?([%†‡]*)", plain(text))
    if found is None:
        return '[<0.001]"< 0.001";0.000'
    decimals, words = len(found[1] or ".") - 1, found[2]
    return "0" + ("." + "0" * decimals if decimals else "") + (f'"{words}"' if words else "")


def _sheet_names(ids: Sequence[str]) -> list[str]:
    """The ids of tables as Excel allows them: 31 characters, some signs forbidden, no two alike in any case."""
    names: list[str] = []
    # Excel keeps the last one for itself.
    taken = {name.lower() for name in (_("Contents"), _("Notes"), _("Annex"), _("Provenance"))} | {"history"}
    for place, own in enumerate(ids, start=1):
        wanted = re.sub(r"[^\w .-]", " ", own)[:SHEET_NAME].strip(" '") or str(place)
        tries = (
            wanted,
            *(f"{wanted[: SHEET_NAME - 8].rstrip()} {number}" for number in range(place, place + len(ids))),
        )
        name = next(one for one in tries if one.lower() not in taken)
        taken.add(name.lower())
        names.append(name)
    return names
