"""Words into runs that keep a format, and out of them again."""

import copy
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from docx.oxml.ns import qn

from reports.render.ooxml import Script, element
from reports.summary.saying import Piece

# The ground behind words that the figures do not bear out; what has this colour is ours to take away again.
MARK = "FFE08A"
_RUN, _FORMAT, _SHADE = qn("w:r"), qn("w:rPr"), qn("w:shd")
# The schema fixes the order of a run's properties; these come after shading, and after the direction.
_AFTER_SHADE = ("fitText", "vertAlign", "rtl", "cs", "em", "lang", "eastAsianLayout", "specVanish", "oMath")
_AFTER_DIRECTION = _AFTER_SHADE[3:]


def runs(pieces: Iterable[Piece], script: Script, form: Any) -> list[Any]:
    """Runs in the document's direction, each with the format that stood there."""
    return [_formed(run, form, piece.marked) for piece in pieces for run in script.runs(piece.text) if len(run)]


def _formed(run: Any, form: Any, marked: bool) -> Any:
    own = run.find(_FORMAT)
    is_complex = own is not None and own.find(qn("w:rtl")) is not None
    made = copy.deepcopy(form) if form is not None else element("w:rPr")
    for old in [*made.findall(qn("w:rtl")), *(one for one in made.findall(_SHADE) if one.get(qn("w:fill")) == MARK)]:
        made.remove(old)
    if marked:
        for old in made.findall(_SHADE):
            made.remove(old)
        _insert(made, element("w:shd", val="clear", color="auto", fill=MARK), _AFTER_SHADE)
    if is_complex:
        _insert(made, element("w:rtl"), _AFTER_DIRECTION)
    if own is not None:
        run.remove(own)
    if len(made):
        run.insert(0, made)
    return run


def _insert(form: Any, one: Any, later: Sequence[str]) -> None:
    tags = {qn(f"w:{name}") for name in later}
    follower = next((child for child in form if child.tag in tags), None)
    form.append(one) if follower is None else follower.addprevious(one)


def format_in(content: Any) -> Any:
    """The format of the first run of a control, or None."""
    run = next(content.iter(_RUN), None)
    return None if run is None else run.find(_FORMAT)


def bare_run(form: Any) -> Any:
    """A run without words that keeps a format for those to come."""
    made = element("w:r")
    if form is not None:
        made.append(copy.deepcopy(form))
    return made


def text_in(node: Any) -> str:
    return "".join(one.text or "" for one in node.iter(qn("w:t")))


def is_marked(node: Any) -> bool:
    return any(one.get(qn("w:fill")) == MARK for one in node.iter(_SHADE))


def same(old: Iterable[Any], new: Iterable[Any]) -> bool:
    """Whether some runs say the same, with the same words marked."""
    return list(_spoken(old)) == list(_spoken(new))


def _spoken(nodes: Iterable[Any]) -> Iterator[tuple[str, bool]]:
    """Signs with their mark: how a text is cut into runs does not matter."""
    for node in nodes:
        for run in node.iter(_RUN):
            marked = is_marked(run)
            yield from ((sign, marked) for sign in text_in(run))
