"""Word files: tables with real footnotes, styles by name, either direction. Lays out a document; decides no words."""

import datetime
import io
from collections.abc import Iterable
from typing import Any

import docx
from django.utils import translation
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.shared import Cm, Emu

from reports.render.archive import without_times
from reports.render.document import Document, Section, describe
from reports.render.drawing import Drawing, drawings
from reports.render.layout import MARGIN, PAGE_HEIGHT, PAGE_WIDTH, Part, back_matter, drawing_width, parts
from reports.render.ooxml import FootnotesPart, Script, element, page_number, writable, writable_property
from reports.render.pictures import pictures
from reports.render.reading import SYNTHETIC, Reading, plain
from reports.render.tables import ColumnKind, Footnote, Row, Table
from reports.render.word_styles import TABLE_STYLE, set_styles
from survey.language import ui_language

INDENT = Cm(0.5)


# The library's template carries a picture of itself, a bibliography, and a second set of styles that Word compares
# with the first and finds different.
NOT_OURS = (RELATIONSHIP_TYPE.CUSTOM_XML, "http://schemas.microsoft.com/office/2007/relationships/stylesWithEffects")


def render(reading: Reading) -> bytes:
    """The bytes of a .docx file."""
    described = describe(reading.result, reading.focal, reading.language)
    with translation.override(ui_language(reading.language)):
        writer = Writer(described)
        writer.front()
        drawn = [drawings(reading, spec) for spec in reading.result.tables]
        made = iter(pictures([drawing for group in drawn for drawing in group], reading.direction))
        for table, group in zip(described.tables, drawn, strict=True):
            writer.table(table)
            for drawing in group:
                writer.drawing(drawing, next(made))
        for section in back_matter(reading, described):
            writer.section(section)
        return writer.finish()


class Writer:
    def __init__(self, described: Document) -> None:
        self.described = described
        self.script = Script(described.direction, described.language)
        self.word: Any = docx.Document()
        set_styles(self.word, self.script)
        # Looked up once: the library searches all styles for a name each time.
        self.styles: dict[str, str] = {style.name: style.style_id for style in self.word.styles}
        self.footnotes = FootnotesPart(self.word, self.script)
        self._page()
        self._properties()

    # Page and file ------------------------------------------------------------------------------------------------

    def _page(self) -> None:
        section = self.word.sections[0]
        section.page_width, section.page_height = Cm(PAGE_WIDTH), Cm(PAGE_HEIGHT)
        section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(MARGIN)
        if self.script.right_to_left:
            grid = section._sectPr.find(element("w:docGrid").tag)
            grid.addprevious(element("w:bidi"))
        if self.described.banner:
            header = self.fill(section.header.paragraphs[0], SYNTHETIC)
            header.alignment = WD_ALIGN_PARAGRAPH.CENTER
        footer = section.footer.paragraphs[0]
        self.fill(footer, self.described.short_provenance + " · ")
        page_number(footer)

    def _properties(self) -> None:
        made = datetime.datetime.fromisoformat(self.described.made_on or "1980-01-01")
        own = self.word.core_properties
        own.title, own.language = writable_property(self.described.title), self.described.language
        own.subject = self.described.banner
        own.author = own.last_modified_by = own.comments = own.keywords = own.category = ""
        own.created = own.modified = made
        own.revision = 1
        leave_out(self.word.part.package.rels, RELATIONSHIP_TYPE.THUMBNAIL)
        leave_out(self.word.part.rels, *NOT_OURS)

    def finish(self) -> bytes:
        self.footnotes.attach()
        file = io.BytesIO()
        self.word.save(file)
        return without_times(file.getvalue())

    # Text ---------------------------------------------------------------------------------------------------------

    def paragraph(self, text: str, style: str) -> Any:
        paragraph = self.word.add_paragraph()
        paragraph._p.style = self.styles[style]
        return self.fill(paragraph, text)

    def fill(self, paragraph: Any, text: str) -> Any:
        """Add a text to a paragraph, in the document's direction."""
        properties = paragraph._p.get_or_add_pPr()
        if self.script.right_to_left and properties.find(element("w:bidi").tag) is None:
            properties.insert_element_before(
                element("w:bidi"), "w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind", "w:jc", "w:rPr"
            )
        for run in self.script.runs(text):
            paragraph._p.append(run)
        return paragraph

    def paragraphs(self, texts: Iterable[str], style: str) -> None:
        for text in texts:
            self.paragraph(text, style)

    def front(self) -> None:
        """Title, whom it compares with, the banner, the caution."""
        self.paragraph(self.described.title, "Title")
        if self.described.subtitle:
            self.paragraph(self.described.subtitle, "Subtitle")
        if self.described.banner:
            self.paragraph(self.described.banner, "Report Banner")
        self.paragraph(self.described.caution, "Report Caution")

    def section(self, section: Section) -> None:
        """A part of the back matter: small print, but for the notes."""
        if section.heading:
            self.paragraph(section.heading, "Heading 1")
        self.paragraphs(section.paragraphs, "Normal" if section.id == "notes" else "Table Note")
        for table in section.tables:
            self.table(table)

    def drawing(self, drawing: Drawing, picture: bytes) -> None:
        """A picture for print, told in words for those who do not see it."""
        paragraph = self.paragraph("", "Chart")
        inline = paragraph.add_run().add_picture(io.BytesIO(picture), width=Cm(drawing_width(drawing)))._inline
        inline.docPr.set("name", drawing.id)
        inline.docPr.set("descr", writable(plain(drawing.told)))

    # Tables -------------------------------------------------------------------------------------------------------

    def table(self, table: Table) -> None:
        """Caption, table and notes; a table too wide for the page in several parts."""
        for part in parts(table):
            self._part(part)

    def _part(self, part: Part) -> None:
        self.paragraph(part.caption, "Caption")
        grid = self.word.add_table(rows=0, cols=1 + len(part.table.columns), style=TABLE_STYLE)
        widths = [Emu(Cm(width)) for width in part.widths]
        self._frame(grid, widths)
        self._head(grid, part.table)
        for place, row in enumerate(part.table.rows):
            self._row(grid, row, keep=part.keeps(place))
        self.paragraphs(part.notes, "Table Note")

    def _frame(self, grid: Any, widths: list[Emu]) -> None:
        grid.autofit = False
        # As wide as the text and centred: else the padding of the cells sticks out at one side.
        grid.alignment = WD_TABLE_ALIGNMENT.CENTER
        for column, width in zip(grid.columns, widths, strict=True):
            column.width = width
        properties = grid._tbl.tblPr
        if self.script.right_to_left:
            properties.find(element("w:tblStyle").tag).addnext(element("w:bidiVisual"))
        total = element("w:tblW", w=str(round(Emu(sum(widths)).twips)), type="dxa")
        properties.replace(properties.find(total.tag), total)
        look = properties.find(element("w:tblLook").tag)
        if look is not None:
            properties.remove(look)
        properties.append(element("w:tblLook", val="0020", firstRow="1", noHBand="1", noVBand="1"))

    def _head(self, grid: Any, table: Table) -> None:
        line = grid.add_row()
        self._keep(line, "w:tblHeader")
        self._fill_cell(line.cells[0], table.stub, "Table Heading")
        for cell, column in zip(line.cells[1:], table.columns, strict=True):
            self._align(self._fill_cell(cell, column.head, "Table Heading"), column.kind)

    def _row(self, grid: Any, row: Row, *, keep: bool) -> None:
        line = grid.add_row()
        self._keep(line)
        label = self._fill_cell(line.cells[0], row.label, "Table Text")
        if row.level:
            label.paragraph_format.left_indent = INDENT * row.level
        label.paragraph_format.keep_with_next = keep or None
        self._mark(label, row.footnotes)
        for cell, entry in zip(line.cells[1:], row.entries, strict=True):
            self._mark(self._align(self._fill_cell(cell, entry.text, "Table Text"), entry.kind), entry.footnotes)

    def _mark(self, paragraph: Any, footnotes: Iterable[Footnote]) -> None:
        for note in footnotes:
            self.footnotes.add(paragraph, note.text)

    def _keep(self, line: Any, *more: str) -> None:
        """A row that does not break across pages; with `w:tblHeader`, one that every page repeats."""
        properties = line._tr.get_or_add_trPr()
        properties.extend(element(tag) for tag in ("w:cantSplit", *more))

    def _fill_cell(self, cell: Any, text: str, style: str) -> Any:
        paragraph = cell.paragraphs[0]
        paragraph._p.style = self.styles[style]
        return self.fill(paragraph, text)

    def _align(self, paragraph: Any, kind: ColumnKind) -> Any:
        """Numbers stand at the end of their column; Word mirrors “right” in a right-to-left paragraph."""
        if kind is not ColumnKind.WORDS:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        return paragraph


def leave_out(relations: Any, *kinds: str) -> None:
    """Drop parts of the library's template by the kind of their relation."""
    for key in [key for key, one in relations.items() if one.reltype in kinds]:
        relations.pop(key)
