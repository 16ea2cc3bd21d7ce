"""Fields that are whole paragraphs: tables, the caution, the list of figures, provenance. The comparison's own writer
lays them out, so that a table looks the same in both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from docx.oxml.ns import qn
from docx.shared import Pt

from reports.plan import Show
from reports.render.document import Document
from reports.render.docx import Writer
from reports.render.lines import Line, lines_of
from reports.render.reading import FEW, VERY_FEW, Reading
from reports.render.tables import Column, ColumnKind, Entry, Row, Table, without_numbers
from reports.summary import grammar
from reports.summary.charts import Picture, charts_of
from reports.summary.grammar import Block
from reports.summary.saying import Speaker
from reports.table import TOTAL

_STYLED = ("w:pStyle", "w:rStyle", "w:tblStyle")


@dataclass(frozen=True, slots=True)
class Built:
    """Paragraphs and tables, the expressions of their footnotes, and charts: one for each of the paragraphs."""

    elements: tuple[Any, ...]
    footnotes: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()


class Builder:
    """Makes blocks with the styles of the document that they go into."""

    def __init__(self, reading: Reading, described: Document, speaker: Speaker, style: Callable[[str], str]) -> None:
        self.reading, self.described, self.speaker, self.style = reading, described, speaker, style
        self.writer = Writer(described)
        self.names = {one.style_id: one.name for one in self.writer.word.styles}

    def build(self, block: Block) -> Built:
        if block.kind == grammar.TABLE:
            return self._table(block.name)
        if block.kind == grammar.CHART:
            return self._chart(block.name)
        return Built(self._laid_out(_MAKERS[block.kind], self))

    def review(self, lines: Sequence[str]) -> Built:
        """What the author has to look at, as the last thing of the document."""

        def make(own: "Builder") -> None:
            own.writer.paragraph(_("To look at before this goes out"), "Heading 1")
            text = _("This list is made anew whenever the document is filled. Delete it before you publish.")
            own.writer.paragraph(text, "Report Caution")
            own.writer.paragraphs(lines, "Table Note")

        return Built(self._laid_out(make, self))

    def _table(self, name: str) -> Built:
        if name == self.described.fieldwork.id:
            elements = self._laid_out(lambda own: own.writer.table(own.described.fieldwork), self)
            _let_go(elements)
            return Built(elements)
        # A footnote of a summary is a field of its own; what a country's wording is changes with no figure.
        table = without_numbers(next(one for one in self.described.tables if one.id == name))
        elements = self._laid_out(lambda own: own.writer.table(table), self)
        found = [mark for one in elements for mark in one.iter(qn("w:footnoteReference"))]
        spec = next(one for one in self.reading.result.tables if one.id == name)
        lines = [line for line in lines_of(self.reading, spec) if not line.heading] if found else []
        assert spec.show == Show.OTHERS or not found
        _let_go(elements)
        return Built(elements, tuple(f"{_named(line)}:{grammar.OTHERS}" for line in lines))

    def _chart(self, name: str) -> Built:
        pictures = charts_of(self.reading, name)
        if not pictures:
            note = _("[no chart: %(table)s]") % {"table": name}
            return Built(self._laid_out(lambda own: own.writer.paragraph(note, "Table Note"), self))
        empty = [""] * len(pictures)
        return Built(self._laid_out(lambda own: own.writer.paragraphs(empty, "Chart"), self), pictures=pictures)

    # Laying out -------------------------------------------------------------------------------------------------------

    def _laid_out(self, make: Callable[["Builder"], Any], own: "Builder") -> tuple[Any, ...]:
        """What a maker writes, taken out of the writer's own document and given this document's styles."""
        body = self.writer.word.element.body
        make(own)
        elements = tuple(one for one in body if one.tag != qn("w:sectPr"))
        for one in elements:
            body.remove(one)
            for tag in _STYLED:
                for styled in one.iter(qn(tag)):
                    styled.set(qn("w:val"), self.style(self.names[styled.get(qn("w:val"))]))
        return elements

    def front(self) -> None:
        """The banner of synthetic figures, and what a purposive sample can say."""
        if self.described.banner:
            self.writer.paragraph(self.described.banner, "Report Banner")
        self.writer.paragraph(self.described.caution, "Report Caution")

    def provenance(self) -> None:
        """Notes on all figures, and what it takes to find them again."""
        self.writer.paragraph(_("How these figures were made"), "Heading 1")
        self.writer.paragraphs(self.described.notes, "Table Note")
        facts = (fact for fact in self.described.provenance if not fact.code)
        self.writer.paragraphs((f"{fact.name}: {fact.value}" for fact in facts), "Table Note")
        self.writer.paragraph(self.described.short_provenance, "Table Note")

    def figures(self) -> None:
        """Every figure of the text with its base and the mark of a small one."""
        used = list(self.speaker.used)
        if used:
            self.writer.table(self._figures(used))

    def _figures(self, used: Sequence[grammar.Figure]) -> Table:
        figures = self.speaker.figures
        marked = {figure: figures.marked(figure) for figure in used}
        notes = [f"{FEW} " + _("Based on 30 to 49 people.")] if any(FEW in text for text in marked.values()) else []
        if any(VERY_FEW in text for text in marked.values()):
            notes.append(f"{VERY_FEW} " + _("Based on fewer than 30 people."))
        return Table(
            id=grammar.FIGURES,
            caption=_("The figures in the text and their bases"),
            stub=_("Figure"),
            columns=(Column(self.reading.focal_name), Column(_("n"), ColumnKind.BASE)),
            rows=tuple(
                Row(
                    figures.named(figure),
                    (
                        Entry(text),
                        Entry(figures.text(_base(figure)), ColumnKind.BASE),
                    ),
                )
                for figure, text in marked.items()
            ),
            notes=tuple(notes),
        )


def _let_go(elements: tuple[Any, ...]) -> None:
    """Room between a table's last note, or the table itself, and the text that goes on."""
    if elements[-1].tag == qn("w:p"):
        elements[-1].get_or_add_pPr().spacing_after = Pt(9)


def _base(figure: grammar.Figure) -> grammar.Figure:
    return grammar.Figure(figure.indicator, figure.category, figure.block, figure.whose, grammar.BASE)


def _named(line: Line) -> str:
    """The expression of a table's line."""
    category = f"/{line.category}" if line.category else ""
    return f"{line.indicator.id}{category}" + (f"@{line.block}" if line.block != TOTAL else "")


_MAKERS: dict[str, Callable[[Builder], None]] = {
    grammar.FRONT: Builder.front,
    grammar.FIGURES: Builder.figures,
    grammar.PROVENANCE: Builder.provenance,
}
