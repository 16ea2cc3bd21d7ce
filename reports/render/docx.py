"""Word: tables as a paper prints them, with real footnotes, repeating header rows, and Arabic right to left."""

import datetime
import io
import zipfile
from collections.abc import Sequence

from docx import Document as new_word_file
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph

from reports.render.document import Document, Line, Table
from reports.render.footnotes import Footnotes

WIDTH = Cm(16.5)
NUMBER_WIDTH, STUB_SHARE = Cm(1.7), 0.62
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write(document: Document, made_on: str) -> bytes:
    """The file's bytes; the same document gives the same bytes."""
    word = _Word(document)
    word.fill()
    made = datetime.datetime.fromisoformat(made_on)
    properties = word.file.core_properties
    properties.title, properties.author, properties.comments = document.title, "", ""
    properties.created = properties.modified = made
    properties.language = document.language
    out = io.BytesIO()
    word.file.save(out)
    return _with_fixed_times(out.getvalue())


def _with_fixed_times(data: bytes) -> bytes:
    """The same archive with constant time stamps, which would otherwise differ from run to run."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return out.getvalue()


class _Word:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.rtl = document.direction == "rtl"
        self.file = new_word_file()
        self._styles()
        self.footnotes = Footnotes(self.file, rtl=self.rtl, language=document.language)

    def _styles(self) -> None:
        styles = self.file.styles
        for name, size in (("Normal", 10.5), ("Title", 18), ("Caption", 11)):
            style = styles[name]
            style.font.name, style.font.size = "Calibri", Pt(size)
            style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:cs"), "Arial")
        styles["Caption"].font.bold = True
        note = styles.add_style("Table Note", WD_STYLE_TYPE.PARAGRAPH)
        note.base_style, note.font.size = styles["Normal"], Pt(9)
        note.paragraph_format.space_after = Pt(2)
        section = self.file.sections[0]
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.25)

    def fill(self) -> None:
        document = self.document
        section = self.file.sections[0]
        if document.banner:
            header = self._write(section.header.paragraphs[0], "SYNTHETIC", bold=True)
            header.alignment = WD_ALIGN_PARAGRAPH.CENTER
        footer = self._write(section.footer.paragraphs[0], document.provenance[1][1])
        footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self.paragraph(document.title, style="Title")
        if document.banner:
            self.paragraph(document.banner, bold=True)
        self.paragraph(document.caution)
        for table in document.tables:
            self.table(table)
        self.table(document.bases)
        for name, value in document.provenance:
            self.paragraph(f"{name}: {value}", style="Table Note")
        self.footnotes.attach()

    def paragraph(self, text: str, *, style: str | None = None, bold: bool = False) -> Paragraph:
        return self._write(self.file.add_paragraph(style=style), text, bold=bold)

    def _write(self, paragraph: Paragraph, text: str, *, bold: bool = False) -> Paragraph:
        run = paragraph.add_run(text)
        run.bold = True if bold else None
        if self.rtl:
            paragraph._p.get_or_add_pPr().append(OxmlElement("w:bidi"))
            run._r.get_or_add_rPr().append(OxmlElement("w:rtl"))
        return paragraph

    # Tables -----------------------------------------------------------------------------------------------------------

    def table(self, table: Table) -> None:
        caption = self.paragraph(table.title, style="Caption")
        caption.paragraph_format.keep_with_next = True
        caption.paragraph_format.space_before = Pt(14)
        grid = self.file.add_table(rows=1, cols=len(table.columns), style="Table Grid")
        self._shape(grid, table)
        self._row(grid.rows[0].cells, table.columns, bold=True)
        _mark(grid.rows[0]._tr.get_or_add_trPr(), "w:tblHeader")
        notes = {footnote.number: footnote.text for footnote in table.footnotes}
        for line in table.lines:
            self._line(grid, line, notes)
        for row in grid.rows:
            _mark(row._tr.get_or_add_trPr(), "w:cantSplit")
        for place, note in enumerate(table.notes):
            paragraph = self.paragraph(note, style="Table Note")
            paragraph.paragraph_format.space_before = Pt(0 if place else 4)

    def _shape(self, grid: WordTable, table: Table) -> None:
        grid.autofit = False
        if self.rtl:
            grid._tbl.tblPr.append(OxmlElement("w:bidiVisual"))
        for column, width in zip(grid.columns, _widths(table.columns), strict=True):
            column.width = width

    def _line(self, grid: WordTable, line: Line, notes: dict[int, str]) -> None:
        cells = grid.add_row().cells  # type: ignore[no-untyped-call]
        widths = [column.width for column in grid.columns]
        for cell, width in zip(cells, widths, strict=True):
            cell.width = width
        self._row(cells, (line.label, *line.cells), bold=line.heading)
        if line.indented:
            cells[0].paragraphs[0].paragraph_format.left_indent = None if self.rtl else Cm(0.5)
        for number in line.footnotes:
            self.footnotes.add(cells[1].paragraphs[0], notes[number])

    def _row(self, cells: Sequence[object], texts: Sequence[str], *, bold: bool) -> None:
        for place, (cell, text) in enumerate(zip(cells, texts, strict=True)):
            paragraph: Paragraph = cell.paragraphs[0]  # type: ignore[attr-defined]
            self._write(paragraph, text, bold=bold)
            paragraph.paragraph_format.space_after = Pt(0)
            if place:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if self.rtl else WD_ALIGN_PARAGRAPH.RIGHT


def _widths(columns: Sequence[str]) -> list[Emu]:
    """Columns of bases are narrow; the stub takes the largest share of the rest."""
    narrow = [text == "n" for text in columns]
    rest = WIDTH - NUMBER_WIDTH * sum(narrow)
    values = sum(not is_narrow for is_narrow in narrow) - 1
    share = STUB_SHARE if values == 1 else 0.34
    stub = int(rest * share)
    value = (rest - stub) // max(values, 1)
    return [Emu(stub if not place else NUMBER_WIDTH if narrow[place] else value) for place in range(len(columns))]


def _mark(properties: object, tag: str) -> None:
    properties.append(OxmlElement(tag))  # type: ignore[attr-defined]
