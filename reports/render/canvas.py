"""A drawing surface that writes SVG: whole numbers, escaped text, and the reader's side as its beginning.

Places are given from where reading begins, and mirrored where people read from the right. The document carries no
style and no script, so that it is the same in a page, in a file and in print. Texts are anchored by side and their
direction is in the text itself (isolates), since not every reader of SVG knows directions.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

WIDTH, MARGIN = 420, 8
SIZE, SMALL, LEADING = 13, 12, 18
INK, MUTE, RULE, FAINT, PAPER = "#1b2430", "#4d5866", "#77828f", "#d5dbe1", "#ffffff"
FONTS = "Noto Sans, Noto Sans Arabic, sans-serif"
# XML cannot hold these at all, not even escaped.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_RIGHT_TO_LEFT, _END = "\u2067", "\u2069"
_ARABIC_SIGNS = "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufefc"
_ARABIC = re.compile(f"([{_ARABIC_SIGNS}]+(?: +[{_ARABIC_SIGNS}]+)*)")
_ARABIC_FONTS = "Noto Sans Arabic, Noto Sans, sans-serif"
# Widths in hundredths of the size, wide enough for the fonts that stand in where Noto is missing.
_NARROW, _WIDE = frozenset("iljI.,;:'|!()[]"), frozenset("mwMW%@—…")
_WIDTHS = {"narrow": 38, "wide": 100, "space": 32, "digit": 64, "lower": 62, "other": 72}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture of printed figures: a whole SVG document, and the same in words, a line each."""

    id: str
    svg: str
    told: str
    width: int
    height: int


class Canvas:
    """Collects shapes and texts; `drawing` makes the document of them."""

    def __init__(self, *, mirrored: bool, width: int = WIDTH) -> None:
        self.width, self.mirrored = width, mirrored
        self._parts: list[str] = []

    def at(self, x: int) -> int:
        return self.width - x if self.mirrored else x

    def text(
        self, x: int, y: int, text: str, *, size: int = SIZE, anchor: str = "start", bold: bool = False, fill: str = INK
    ) -> None:
        """One line of text whose baseline is at `y`; `anchor` is start, middle or end, as one reads."""
        if self.mirrored:
            anchor = {"start": "end", "end": "start"}.get(anchor, anchor)
            text = f"{_RIGHT_TO_LEFT}{text}{_END}"
        attributes = _attributes(x=self.at(x), y=y, font_size=size, fill=fill)
        attributes += "" if anchor == "start" else _attributes(text_anchor=anchor)
        attributes += _attributes(font_weight="bold") if bold else ""
        self._parts.append(f"<text{attributes}>{_by_script(text)}</text>")

    def lines(
        self, x: int, y: int, lines: Sequence[str], *, size: int = SIZE, bold: bool = False, fill: str = INK
    ) -> int:
        """Lines under each other, the first one's top at `y`. Returns where the next thing may begin."""
        for place, line in enumerate(lines):
            self.text(x, y + place * LEADING + SIZE, line, size=size, bold=bold, fill=fill)
        return y + len(lines) * LEADING

    def box(self, x: int, y: int, width: int, height: int, *, fill: str, stroke: str = "", line: int = 1) -> None:
        left = self.width - x - width if self.mirrored else x
        edge = _attributes(stroke=stroke, stroke_width=line) if stroke else ""
        self._parts.append(f"<rect{_attributes(x=left, y=y, width=width, height=height, fill=fill)}{edge}/>")

    def rule(self, x: int, y: int, to_x: int, to_y: int, *, stroke: str = RULE, line: int = 1) -> None:
        place = {"x1": self.at(x), "y1": y, "x2": self.at(to_x), "y2": to_y}
        self._parts.append(f"<line{_attributes(**place, stroke=stroke, stroke_width=line)}/>")

    def circle(self, x: int, y: int, radius: int, *, fill: str, stroke: str, line: int = 2) -> None:
        place = {"cx": self.at(x), "cy": y, "r": radius}
        self._parts.append(f"<circle{_attributes(**place, fill=fill, stroke=stroke, stroke_width=line)}/>")

    def polygon(
        self, x: int, y: int, corners: Sequence[tuple[int, int]], *, fill: str, stroke: str, line: int = 2
    ) -> None:
        """A shape around a point, by its corners as seen from there."""
        points = " ".join(f"{self.at(x) + dx},{y + dy}" for dx, dy in corners)
        edge = _attributes(stroke=stroke, stroke_width=line, stroke_linejoin="round")
        self._parts.append(f"<polygon{_attributes(points=points, fill=fill)}{edge}/>")

    def drawing(self, *, id: str, name: str, told: str, height: int, language: str) -> Drawing:
        head = _attributes(
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {self.width} {height}",
            width=self.width,
            height=height,
            role="img",
            aria_labelledby=f"{id}-name",
            aria_describedby=f"{id}-told",
            lang=language,
            direction="ltr",
            font_family=FONTS,
        )
        paper = f'<rect width="{self.width}" height="{height}" fill="{PAPER}"/>'
        words = f'<title id="{id}-name">{_clean(name)}</title><desc id="{id}-told">{_clean(told)}</desc>'
        return Drawing(id, f"<svg{head}>{words}{paper}{''.join(self._parts)}</svg>", told, self.width, height)


def _clean(text: str) -> str:
    return escape(_UNWRITABLE.sub("", text))


def _by_script(text: str) -> str:
    """A text whose Arabic parts name their own font: the reader that sets our PDFs takes one font for a whole part."""
    parts = _ARABIC.split(text)
    marked = (
        f"<tspan{_attributes(font_family=_ARABIC_FONTS)}>{_clean(part)}</tspan>" if place % 2 else _clean(part)
        for place, part in enumerate(parts)
    )
    return "".join(marked)


def _attributes(**values: str | int) -> str:
    names = {"viewBox": "viewBox"}
    return "".join(
        f" {names.get(name, name.replace('_', '-'))}={quoteattr(str(value))}" for name, value in values.items()
    )


# Texts of unknown length ----------------------------------------------------------------------------------------------


def width_of(text: str, *, size: int = SIZE, bold: bool = False) -> int:
    """About how wide a text is; rather more than less."""
    hundredths = sum(_width(sign) for sign in text) * size
    return -(-hundredths * (110 if bold else 100) // 10_000)


def _width(sign: str) -> int:
    kind = unicodedata.category(sign)
    if kind in ("Mn", "Me", "Cf"):
        return 0
    if unicodedata.east_asian_width(sign) in "WF" or sign in _WIDE:
        return _WIDTHS["wide"]
    if sign in _NARROW:
        return _WIDTHS["narrow"]
    return _WIDTHS.get({"Zs": "space", "Nd": "digit", "Ll": "lower"}.get(kind, "other"), _WIDTHS["other"])


def wrapped(text: str, room: int, *, most: int, size: int = SIZE, bold: bool = False) -> list[str]:
    """A text in lines of at most `room`, at most so many of them; what is cut ends in an ellipsis."""
    lines: list[str] = []
    line = ""
    for word in _words(text, room, size, bold):
        longer = f"{line} {word}" if line else word
        if line and width_of(longer, size=size, bold=bold) > room:
            lines.append(line)
            line = word
        else:
            line = longer
    lines += [line] if line else []
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], _cut(lines[most - 1] + "…", room, size, bold)]


def _words(text: str, room: int, size: int, bold: bool) -> Iterator[str]:
    """Words, and those that are wider than a line in pieces."""
    for word in text.split():
        piece = ""
        for sign in word:
            if piece and width_of(piece + sign, size=size, bold=bold) > room:
                yield piece
                piece = ""
            piece += sign
        yield piece


def _cut(text: str, room: int, size: int, bold: bool) -> str:
    while len(text) > 1 and width_of(text, size=size, bold=bold) > room:
        text = text[:-2].rstrip() + "…"
    return text
