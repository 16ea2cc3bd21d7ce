"""Filling a document: what is typed becomes a control, and every control says what the comparison says now.

Nothing else of the document changes. Parts in which nothing changes leave byte for byte.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils import translation
from docx.oxml.ns import qn

from reports.render.document import describe
from reports.render.ooxml import Script, element
from reports.render.reading import Reading
from reports.summary import grammar, typed, wording
from reports.summary.blocks import Builder
from reports.summary.controls import PREFIX, REVIEW, Memory, content_of, controls, made, next_number, tag_of
from reports.summary.footnotes import Notes
from reports.summary.grammar import Block, Fault, Footnote, Node
from reports.summary.package import Package, Refused
from reports.summary.placing import Blocks, only_text, references, said
from reports.summary.saying import Piece, Speaker
from reports.summary.stamping import stamp
from reports.summary.styles import Styles
from reports.summary.words import bare_run, format_in, runs, same, text_in
from survey.language import ui_language

MOST_FIELDS = 3000
_BLOCK_HOLDERS = {qn(f"w:{name}") for name in ("body", "tc", "hdr", "ftr", "footnote", "endnote", "txbxContent")}
_STORIES = ("header", "footer", "footnotes", "endnotes")
EXCERPT = 60


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a document: its part, the number of the paragraph there, and how that begins."""

    part: str
    paragraph: int
    excerpt: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the author has to look at."""

    code: str
    what: str
    place: Place


@dataclass(frozen=True, slots=True)
class Change:
    """What a field said before, and what it says now."""

    before: str
    after: str


@dataclass(slots=True)
class Filled:
    """The document, what is wrong or not borne out in it, and what changed since it was last filled."""

    data: bytes = b""
    notes: list[Note] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    fields: int = 0


def fill(data: bytes, reading: Reading) -> Filled:
    """Fill a Word file from one reading of a comparison. Raises Refused for what is no such file, or not safe."""
    with translation.override(ui_language(reading.language)):
        filler = _Filler(Package(data), reading)
        filler.run()
        filler.filled.data = filler.package.packed()
    return filler.filled


class _Filler:
    def __init__(self, package: Package, reading: Reading) -> None:
        described = describe(reading.result, reading.focal, reading.language)
        self.package, self.filled = package, Filled()
        self.script = Script(described.direction, described.language)
        self.speaker = Speaker(reading, described)
        self.styles = Styles(package)
        builder = Builder(reading, described, self.speaker, self.styles)
        self.styles.source = builder.writer.word
        self.memory = Memory(package)
        self.footnotes = Notes(package, self.script, self.styles)
        self.numbers: Iterator[int] = iter(())
        self.paragraphs: dict[Any, int] = {}
        self.blocks = Blocks(package, builder, self.footnotes, self.memory, self.control)

    def run(self) -> None:
        parts = list(self._stories())
        self._take_review_away()
        self.numbers = next_number([self.package.xml(part) for part in parts])
        # Places are told as the author has them, before anything is added.
        for part in parts:
            own = self.package.xml(part).iter(qn("w:p"))
            self.paragraphs |= {paragraph: number for number, paragraph in enumerate(own, start=1)}
        for part in parts:
            self._adopt(part)
        self._complete()
        late = list(self._refill(self.package.main))
        # Footnotes may only have come into being while the body was filled.
        for part in [part for part in self._stories() if part != self.package.main]:
            late += self._refill(part)
        for control, block in late:
            self._refill_block(control, block)
        self._review()
        self.memory.store()

    def _stories(self) -> Iterator[str]:
        """The body, then everything else that people read in print."""
        yield self.package.main
        for kind in _STORIES:
            yield from dict.fromkeys(self.package.related(self.package.main, kind))

    # From typed text to controls --------------------------------------------------------------------------------------

    def _adopt(self, part: str) -> None:
        root = self.package.xml(part)
        for number, found in enumerate(typed.find(root), start=1):
            # The fields of the whole document are counted when they are filled; so many are not even taken in.
            _limit(number)
            if isinstance(found, typed.Typed):
                self._adopt_one(part, found)
                self.package.changed(part)
            else:
                self._note(part, found[0], found[1])

    def _adopt_one(self, part: str, found: typed.Typed) -> None:
        node, faults = grammar.parse(found.content)
        faults = faults or (() if node is None else self.speaker.faults(node))
        faults = faults or tuple(self._misplaced(part, found, node))
        for fault in faults:
            self._note(part, found.paragraph, fault)
        if faults or node is None or not found.runs:
            return
        if isinstance(node, Block):
            self.blocks.place(found, self.control(found.content))
            return
        first, form = found.runs[0], found.format
        if isinstance(node, Footnote):
            inner = self.control(f"{node.figure.source}:{grammar.OTHERS}")
            first.addprevious(self.footnotes.reference(self.footnotes.add(inner)))
        else:
            control = self.control(found.content)
            content_of(control).append(bare_run(form))
            first.addprevious(control)
        for run in found.runs:
            run.getparent().remove(run)

    def _misplaced(self, part: str, found: typed.Typed, node: Node | None) -> Iterator[Fault]:
        """Blocks stand alone in a paragraph of the body; footnotes are the body's too."""
        if isinstance(node, Block):
            paragraph = found.paragraph
            in_body = part == self.package.main and paragraph.getparent().tag == qn("w:body")
            if not in_body or not only_text(paragraph, found.runs):
                yield Fault("block-place", found.content)
        elif isinstance(node, Footnote) and part != self.package.main:
            yield Fault("footnote-place", found.content)

    def control(self, expression: str) -> Any:
        return made(self.memory.tag(expression), expression, next(self.numbers))

    def _complete(self) -> None:
        """What no rendered document goes without, where its author did not place it."""
        body = self.package.xml(self.package.main).find(qn("w:body"))
        there = {self.memory.expression(tag_of(control)) for control in controls(body)}
        if grammar.FRONT not in there:
            body.insert(0, self.control(grammar.FRONT))
            self.package.changed(self.package.main)
        for kind in (grammar.FIGURES, grammar.PROVENANCE):
            if kind not in there:
                self.blocks.append(self.control(kind))
        if self.speaker.described.banner:
            word = grammar.SYNTHETIC
            stamp(self.package, tag=PREFIX + word, control=lambda: self.control(word), style=self.styles("Header"))

    # From controls to what they say now -------------------------------------------------------------------------------

    def _refill(self, part: str) -> Iterator[tuple[Any, Block]]:
        """Fill a part's controls; the list of figures is left for the end, when all of them are known."""
        for control in controls(self.package.xml(part)):
            expression = self.memory.expression(tag_of(control))
            self.filled.fields += 1
            _limit(self.filled.fields)
            if expression is None:
                self._note(part, control, Fault("memory-lost", text_in(control)[:EXCERPT]))
                continue
            node, faults = self._understood(control, expression)
            if faults or node is None:
                self._unfillable(part, control, expression, faults)
            elif not isinstance(node, Block):
                own = self.speaker.say(node)
                self._write(part, control, own.pieces)
                for flag in own.flags:
                    self._note(part, control, flag)
            elif node.kind == grammar.FIGURES:
                yield control, node
            else:
                self._refill_block(control, node)

    def _understood(self, control: Any, expression: str) -> tuple[Node | None, tuple[Fault, ...]]:
        node, faults = grammar.parse(expression)
        faults = faults or (() if node is None else self.speaker.faults(node))
        if isinstance(node, Block) and control.getparent().tag != qn("w:body"):
            faults = (Fault("block-place", expression),)
        return (None if isinstance(node, Footnote) else node), faults

    def _refill_block(self, control: Any, block: Block) -> None:
        before = said(control)
        if self.blocks.refill(control, block):
            self._changed(before, said(control))
            self.package.changed(self.package.main)
        if block.kind == grammar.CHART and control.find(f".//{qn('w:drawing')}") is None:
            self._note(self.package.main, control, Fault("chart-unknown", f"{block.kind}:{block.name}"))

    def _write(self, part: str, control: Any, pieces: tuple[Piece, ...]) -> None:
        """New words into a control, unless it says them already: then not a byte of it changes."""
        content = content_of(control)
        new = runs(pieces, self.script, format_in(content))
        if same([content], new):
            return
        self._changed(said(control), "".join(piece.text for piece in pieces))
        new = new or [bare_run(format_in(content))]
        if _is_block(control) and content.find(f".//{qn('w:p')}") is None:
            content.append(element("w:p"))
        holder = next(content.iter(qn("w:p")), content)
        if any(child.tag in (qn("w:p"), qn("w:tbl")) for child in content):
            content[:] = [holder]
        kept = [one for one in holder if one.tag == qn("w:pPr")]
        for child in list(holder):
            holder.remove(child)
        holder.extend([*kept, *new])
        self.package.changed(part)

    def _changed(self, before: str, after: str) -> None:
        if before and before != after:
            self.filled.changes.append(Change(before, after))

    def _unfillable(self, part: str, control: Any, expression: str, faults: tuple[Fault, ...]) -> None:
        """A field that this comparison cannot fill must not go on saying what another one said."""
        for fault in faults or (Fault("not-understood", expression[:EXCERPT]),):
            self._note(part, control, fault)
        self.footnotes.remove(set(references(control)))
        self._write(part, control, (Piece(wording.unfilled(expression[:EXCERPT]), marked=True),))

    # What the author has to look at -----------------------------------------------------------------------------------

    def _note(self, part: str, node: Any, fault: Fault) -> None:
        own = node if node.tag == qn("w:p") else typed.paragraph_of(node)
        own = next(node.iter(qn("w:p")), None) if own is None else own
        number = self.paragraphs.get(own, 0)
        excerpt = "" if own is None else text_in(own)[:EXCERPT]
        self.filled.notes.append(Note(fault.code, fault.what, Place(part, number, excerpt)))

    def _take_review_away(self) -> None:
        for control in controls(self.package.xml(self.package.main)):
            if tag_of(control) == REVIEW:
                control.getparent().remove(control)
                self.package.changed(self.package.main)

    def _review(self) -> None:
        if self.filled.notes:
            lines = [wording.line(note.code, note.what, wording.place(note.place)) for note in self.filled.notes]
            control = made(REVIEW, "review", next(self.numbers), locked=False)
            self.blocks.append(control)
            content_of(control).extend(self.blocks.builder.review(lines).elements)


def _limit(fields: int) -> None:
    if fields > MOST_FIELDS:
        raise Refused("too-many-fields", str(MOST_FIELDS))


def _is_block(control: Any) -> bool:
    return control.getparent().tag in _BLOCK_HOLDERS
