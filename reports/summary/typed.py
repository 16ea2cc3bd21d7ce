"""Placeholders as people type them: found across the runs that a word processor cuts a text into, and cut out whole."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docx.oxml.ns import qn

from reports.summary.controls import tag_of
from reports.summary.grammar import Fault, normal, spans

_RUN, _TEXT, _PARAGRAPH, _CONTROL = qn("w:r"), qn("w:t"), qn("w:p"), qn("w:sdt")
# Between runs, and without a sign of their own.
MARKERS = {
    qn(f"w:{name}")
    for name in (
        *("proofErr", "bookmarkStart", "bookmarkEnd", "commentRangeStart", "commentRangeEnd", "permStart", "permEnd"),
        *("moveFromRangeStart", "moveFromRangeEnd", "moveToRangeStart", "moveToRangeEnd"),
    )
}
_SIGNS = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_SILENT = {qn("w:rPr"), qn("w:softHyphen"), qn("w:lastRenderedPageBreak")}
# What stands for a picture, a reference or a field's end: no part of a placeholder.
_OBJECT = "\ufffc"
_SKIPPED = {qn("w:del"), qn("w:moveFrom"), qn("w:fldSimple")}


@dataclass(frozen=True, slots=True)
class Typed:
    """A placeholder that somebody typed: what stands in its braces, and the runs that hold it and nothing else."""

    content: str
    runs: tuple[Any, ...]

    @property
    def paragraph(self) -> Any:
        return paragraph_of(self.runs[0])

    @property
    def format(self) -> Any:
        """A copy of the format where it begins, or None."""
        found = self.runs[0].find(qn("w:rPr"))
        return None if found is None else copy.deepcopy(found)


def paragraph_of(node: Any) -> Any:
    return next((one for one in node.iterancestors(_PARAGRAPH)), None)


def find(root: Any) -> Iterator[Typed | tuple[Any, Fault]]:
    """Every placeholder of a part in order, or where braces have no partner: the paragraph and the fault."""
    for segment in list(_segments(root)):
        text = "".join(_text_of(run) for run in segment)
        if "{{" not in text and "}}" not in text:
            continue
        found, faults = spans(text)
        paragraph = paragraph_of(segment[0])
        # From the last on, so that the places of those before stay what they are.
        pieces = [Typed(normal(text[start + 2 : end - 2]), _cut(segment, start, end)) for start, end in reversed(found)]
        yield from reversed(pieces)
        yield from ((paragraph, fault) for fault in faults)


def _segments(root: Any) -> Iterator[list[Any]]:
    """Runs beside each other, with nothing but markers between them, outside our own controls."""
    holders = dict.fromkeys(run.getparent() for run in root.iter(_RUN))
    for holder in holders:
        if holder.tag in _SKIPPED or paragraph_of(holder.find(_RUN)) is None or _is_ours(holder):
            continue
        segment: list[Any] = []
        for child in holder:
            if child.tag == _RUN:
                segment.append(child)
            elif child.tag not in MARKERS and segment:
                yield segment
                segment = []
        if segment:
            yield segment


def _is_ours(holder: Any) -> bool:
    above = (holder, *holder.iterancestors())
    return any((one.tag == _CONTROL and tag_of(one).startswith("sf")) or one.tag in _SKIPPED for one in above)


def _text_of(run: Any) -> str:
    return "".join(_sign(child) for child in run)


def _sign(child: Any) -> str:
    if child.tag == _TEXT:
        return child.text or ""
    if child.tag in _SILENT or not isinstance(child.tag, str):
        return ""
    return _SIGNS.get(child.tag, _OBJECT)


def _cut(segment: list[Any], start: int, end: int) -> tuple[Any, ...]:
    """Cut runs so that some of them hold exactly this piece of the text; the segment follows."""
    _split(segment, end)
    _split(segment, start)
    place, found = 0, []
    for run in segment:
        size = len(_text_of(run))
        if size and start <= place and place + size <= end:
            found.append(run)
        place += size
    return tuple(found)


def _split(segment: list[Any], at: int) -> None:
    """Make two runs of the one that a place falls into."""
    place = 0
    for number, run in enumerate(segment):
        size = len(_text_of(run))
        if place < at < place + size:
            segment.insert(number + 1, _halved(run, at - place))
            return
        place += size


def _halved(run: Any, at: int) -> Any:
    """The second half of a run, put behind the first."""
    rest = run.makeelement(_RUN, dict(run.attrib))
    form = run.find(qn("w:rPr"))
    if form is not None:
        rest.append(copy.deepcopy(form))
    place = 0
    for child in list(run):
        size = len(_sign(child))
        if child.tag == qn("w:rPr"):
            continue
        if place >= at:
            rest.append(child)
        elif place + size > at:
            rest.append(_text(run, (child.text or "")[at - place :]))
            child.text = (child.text or "")[: at - place]
            child.set(qn("xml:space"), "preserve")
        place += size
    run.addnext(rest)
    return rest


def _text(run: Any, text: str) -> Any:
    made = run.makeelement(_TEXT)
    made.text = text
    made.set(qn("xml:space"), "preserve")
    return made
