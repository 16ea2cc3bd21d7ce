"""Excel: a contents sheet, one table a sheet with real numbers, notes and provenance."""

import datetime
import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter
from django.utils import translation
from django.utils.translation import gettext as _

from reports.render.document import Document, describe
from reports.render.tidy import neutral
from reports.table import SCALAR, TOTAL, Cell, IndicatorResult, Result, TableResult

LONGEST_NAME = 31
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write(result: Result, focal: str, language: str) -> bytes:
    """The workbook's bytes. Percentages are numbers from the exact fraction, shown with the indicator's decimals."""
    document = describe(result, focal, language)
    out = io.BytesIO()
    with translation.override(language.lower()):
        book = _Book(result, document, language, out)
        book.contents()
        for number, table in enumerate(result.tables, start=1):
            book.table(f"{number} {table.id}"[:LONGEST_NAME], table, document.tables[number - 1].notes)
        book.provenance()
        book.close()
    return out.getvalue()


class _Book:
    def __init__(self, result: Result, document: Document, language: str, out: io.BytesIO) -> None:
        self.result, self.document, self.language = result, document, language
        self.book = xlsxwriter.Workbook(out, OPTIONS)
        made = datetime.datetime.fromisoformat(result.provenance.made_on)
        self.book.set_properties({"title": document.title, "author": "", "created": made})
        self.bold = self.book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self.wrap = self.book.add_format({"text_wrap": True, "valign": "top"})
        self.numbers = {d: self.book.add_format({"num_format": f"0.{'0' * d}" if d else "0"}) for d in range(4)}

    def close(self) -> None:
        self.book.close()

    def sheet(self, name: str, title: str) -> Any:
        sheet = self.book.add_worksheet(name)
        if self.document.direction == "rtl":
            sheet.right_to_left()
        sheet.set_column(0, 0, 60)
        sheet.set_column(1, 40, 14)
        sheet.write_string(0, 0, neutral(title), self.bold)
        if self.document.banner:
            sheet.write_string(1, 0, self.document.banner, self.bold)
        sheet.set_header(f"&C{'SYNTHETIC' if self.document.banner else ''}")
        return sheet

    def contents(self) -> None:
        sheet = self.sheet(_("Contents")[:LONGEST_NAME], self.document.title)
        sheet.write_string(2, 0, self.document.caution, self.wrap)
        for number, table in enumerate(self.document.tables, start=1):
            sheet.write_string(3 + number, 0, neutral(f"{number}. {table.title}"), self.wrap)

    def table(self, name: str, table: TableResult, notes: Sequence[str]) -> None:
        sheet = self.sheet(name, table.title.get(self.language, ""))
        heads = [table.stub.get(self.language, "")]
        for country in self.result.countries:
            label = country.label.get(self.language, "")
            heads += [f"{label} %", f"{label} k", f"{label} n"]
        heads.append(_("Average"))
        for column, head in enumerate(heads):
            sheet.write_string(3, column, neutral(head), self.bold)
        row = 4
        for indicator in (self.result.indicator(name) for name in table.indicators):
            for block, category, label in self.lines(indicator):
                self.line(sheet, row, indicator, block, category, label)
                row += 1
        for place, note in enumerate(notes):
            sheet.write_string(row + 1 + place, 0, neutral(note), self.wrap)
        sheet.freeze_panes(4, 1)

    def lines(self, indicator: IndicatorResult) -> list[tuple[str, str, str]]:
        """(block, category, label) of every line of an indicator."""
        label = indicator.label.get(self.language, "")
        found = [
            (TOTAL, name, f"{label}: {text}" if (text := names.get(self.language, "")) else label)
            for name, names in indicator.categories.items()
        ]
        for block, names in indicator.blocks.items():
            found.append((block, SCALAR, f"{label}: {names.get(self.language, '') or _('Another or not stated')}"))
        return found

    def line(self, sheet: Any, row: int, indicator: IndicatorResult, block: str, category: str, label: str) -> None:
        sheet.write_string(row, 0, neutral(label), self.wrap)
        column = 1
        for country in self.result.countries:
            self.cells(sheet, row, column, indicator, indicator.cell(country.code, block, category))
            column += 3
        focal = next(c.code for c in self.result.countries if c.label.get(self.language) == self.document.focal)
        average = indicator.averages.get(focal, {}).get(category)
        if average is not None and block == TOTAL:
            sheet.write_number(row, column, float(average), self.numbers[indicator.decimals])

    def cells(self, sheet: Any, row: int, column: int, indicator: IndicatorResult, cell: Cell | None) -> None:
        if cell is None or cell.value is None:
            sheet.write_string(row, column, _("too few to show") if cell is not None else "–")
        else:
            sheet.write_number(row, column, float(cell.value), self.numbers[indicator.decimals])
        for place, number in enumerate((cell.k, cell.n) if cell is not None else (), start=1):
            if number is not None:
                sheet.write_number(row, column + place, number)

    def provenance(self) -> None:
        sheet = self.sheet(_("Provenance")[:LONGEST_NAME], _("How these tables came about"))
        for row, (name, value) in enumerate(self.document.provenance, start=3):
            sheet.write_string(row, 0, neutral(name), self.wrap)
            sheet.write_string(row, 1, neutral(value))
