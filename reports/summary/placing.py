"""Blocks in a document: where they are put, and how their words follow the data while their look stays the author's."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from reports.summary.blocks import Builder, Built
from reports.summary.charts import Picture
from reports.summary.controls import Memory, content_of
from reports.summary.footnotes import Notes
from reports.summary.grammar import OTHERS, Block
from reports.summary.package import Package
from reports.summary.typed import MARKERS, Typed
from reports.summary.words import text_in

_REFERENCE, _RUN, _PARAGRAPH, _TABLE = (qn(f"w:{name}") for name in ("footnoteReference", "r", "p", "tbl"))
# What may be left of a paragraph whose field was taken out, without a reader seeing that anything is.
_UNSEEN = {*MARKERS, *(qn(f"w:{name}") for name in ("pPr", "rPr", "lastRenderedPageBreak"))}
_WRAPPERS = {_RUN, *(qn(f"w:{name}") for name in ("ins", "hyperlink"))}


def only_text(paragraph: Any, runs: Sequence[Any]) -> bool:
    """Whether a paragraph holds nothing but these runs and what cannot be seen."""
    others = [run for run in paragraph.iter(_RUN) if run not in runs]
    return not any(text_in(run).strip() or run.find(qn("w:drawing")) is not None for run in others)


class Blocks:
    def __init__(
        self, package: Package, builder: Builder, notes: Notes, memory: Memory, control: Callable[[str], Any]
    ) -> None:
        self.package, self.builder, self.notes, self.memory, self.control = package, builder, notes, memory, control

    def place(self, found: Typed, control: Any) -> None:
        """A control where a paragraph said so. Whatever else that held stays: bookmarks, comments, ends of sections."""
        paragraph = found.paragraph
        paragraph.addprevious(control)
        for run in found.runs:
            run.getparent().remove(run)
        is_end = paragraph.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") is not None
        if is_end or any(_holds(child) for child in paragraph):
            return
        for marker in list(paragraph.iter(*MARKERS - {qn("w:proofErr")})):
            control.addprevious(marker)
        paragraph.getparent().remove(paragraph)

    def append(self, control: Any) -> None:
        """At the end of the body; the last section's own element stays the last."""
        body = self.package.xml(self.package.main).find(qn("w:body"))
        last = body.find(qn("w:sectPr"))
        body.append(control) if last is None else last.addprevious(control)
        self.package.changed(self.package.main)

    def refill(self, control: Any, block: Block) -> bool:
        """What the block says now. Whether anything had to change."""
        content, built = content_of(control), self.builder.build(block)
        if built.pictures:
            return self._pictures(control, built)
        asked = [(number, self._asked(number)) for number in references(content)]
        if _shape(content) != _shape(*built.elements):
            content[:] = list(built.elements)
            self._refer(content, built.footnotes, asked)
            return True
        old, new = _paragraphs(content), _paragraphs(*built.elements)
        pairs = [(one, other) for one, other in zip(old, new, strict=True) if text_in(one) != text_in(other)]
        for one, other in pairs:
            _reword(one, other)
        # A footnote in which an author wrote all words anew tells nothing of its row.
        if all(not own or one in own for (_, own), one in zip(asked, built.footnotes, strict=True)):
            return bool(pairs)
        self._refer(content, built.footnotes, asked)
        return True

    def _asked(self, number: str) -> list[str]:
        """The rows whose figures elsewhere a footnote prints."""
        expressions = (self.memory.expression(tag) or "" for tag in self.notes.tags(number))
        return [one for one in expressions if one.endswith(f":{OTHERS}")]

    def _refer(self, content: Any, footnotes: Sequence[str], asked: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Footnotes follow their rows, with what an author wrote there. Those of rows that are gone go too."""
        there = {expression: number for number, own in asked for expression in own}
        kept: set[str] = set()
        for mark, expression in zip(content.iter(_REFERENCE), footnotes, strict=True):
            number = there.get(expression, "")
            if not number or number in kept:
                number = self.notes.add(self.control(expression))
            mark.set(qn("w:id"), number)
            kept.add(number)
        self.notes.remove({number for number, _ in asked} - kept)

    def _pictures(self, control: Any, built: Built) -> bool:
        """Charts: the pictures in the control are exchanged, so that their size on the page stays the author's."""
        content, main = content_of(control), self.package.main
        targets = {one.id: one.target for one in self.package.relations(main)}
        there = [targets.get(blip.get(qn("r:embed"), ""), "") for blip in content.iter(qn("a:blip"))]
        told = list(content.iter(qn("wp:docPr")))
        if len(there) == len(told) == len(built.pictures) and all(name.endswith(".png") for name in there):
            # All of them, not only the first that is another one.
            return any([self._exchange(*one) for one in zip(there, told, built.pictures, strict=True)])
        content[:] = list(built.elements)
        number = control.find(f"{qn('w:sdtPr')}/{qn('w:id')}").get(qn("w:val"))
        for place, (picture, paragraph) in enumerate(zip(built.pictures, _paragraphs(content), strict=True)):
            name = f"word/media/summary-{number}-{place}.png"
            self.package.add_bytes(name, picture.png, "png", "image/png")
            run = parse_xml(f"<w:r {nsdecls('w')}/>")
            run.append(_drawing(picture, self.package.relate(main, "image", name), f"{number}{place}"))
            paragraph.append(run)
        return True

    def _exchange(self, name: str, told: Any, picture: Picture) -> bool:
        """Another picture in the old one's place, with its text alternative. Whether either was another one."""
        is_old = self.package.members.get(name) != picture.png
        self.package.members[name] = picture.png
        # Programs break the lines of a text alternative in ways of their own.
        if told.get("descr", "").split() != picture.told.split():
            told.set("descr", picture.told)
            return True
        return is_old


def _holds(node: Any) -> bool:
    """Whether something is left that is seen, or that belongs to the author: a break, a comment, deleted words."""
    if node.tag == qn("w:t"):
        return bool((node.text or "").strip())
    return any(_holds(child) for child in node) if node.tag in _WRAPPERS else node.tag not in _UNSEEN


def said(control: Any) -> str:
    """What a block says; a chart, in its text alternatives."""
    return text_in(control) or "\n".join(one.get("descr", "") for one in control.iter(qn("wp:docPr")))


def references(node: Any) -> list[str]:
    """The footnotes that are referred to."""
    return [mark.get(qn("w:id"), "") for mark in node.iter(_REFERENCE)]


def _paragraphs(*nodes: Any) -> list[Any]:
    return [one for node in nodes for one in node.iter(_PARAGRAPH)]


def _shape(*nodes: Any) -> list[tuple[str, int]]:
    """Paragraphs, rows and cells in their order, and how many footnotes each paragraph has."""
    wanted = (_PARAGRAPH, _TABLE, qn("w:tr"), qn("w:tc"))
    own = (one for node in nodes for one in node.iter(*wanted))
    return [(one.tag, len(list(one.iter(_REFERENCE))) if one.tag == _PARAGRAPH else 0) for one in own]


def _reword(old: Any, new: Any) -> None:
    """The new words in the old paragraph's place and look; its footnotes stay where they are, at its end."""
    form = next((run.find(qn("w:rPr")) for run in old.iter(_RUN) if text_in(run)), None)
    for run in [run for run in old.iter(_RUN) if run.find(_REFERENCE) is None]:
        run.getparent().remove(run)
    follower = next((child for child in old if child.tag == _RUN), None)
    for run in [run for run in new.iter(_RUN) if run.find(_REFERENCE) is None]:
        own = run.find(qn("w:rPr"))
        if own is None and form is not None:
            run.insert(0, copy.deepcopy(form))
        old.append(run) if follower is None else follower.addprevious(run)


def _drawing(picture: Picture, relation: str, number: str) -> Any:
    """A picture in the line, with its text alternative."""
    size = f'cx="{picture.width}" cy="{picture.height}"'
    made = parse_xml(
        f'<w:drawing {nsdecls("w", "wp", "a", "pic", "r")}><wp:inline distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent {size}/><wp:docPr id="{number}" name="Chart {number}"/>'
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>'
        f'<pic:nvPicPr><pic:cNvPr id="{number}" name="Chart {number}"/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing>"
    )
    made.find(f".//{qn('wp:docPr')}").set("descr", picture.told)
    return made
