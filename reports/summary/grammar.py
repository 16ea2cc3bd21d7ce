"""What may stand between {{ and }} in a summary's text: a small closed grammar, which knows no figure. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import TypeAlias

OPEN, CLOSE, BAR = "{{", "}}", "|"
DEEPEST, LONGEST = 3, 4000
# Words of the comparison itself.
WORDS = frozenset(
    {"country", "others", "others:count", "participants", "participants:all", "respondents", "respondents:all"}
    | {"synthetic", "provenance:short"}
)
SYNTHETIC = "synthetic"
# Several paragraphs that stand alone in theirs.
FRONT, FIGURES, PROVENANCE, TABLE, CHART = "front", "figures", "provenance", "table", "chart"
BLOCKS = frozenset({FRONT, FIGURES, PROVENANCE})
NAMED_BLOCKS = frozenset({TABLE, CHART})
AVERAGE, HIGHEST, LOWEST = "average", "highest", "lowest"
BASE, PEOPLE, LABEL, EACH, OTHERS = "n", "k", "label", "each", "others"
# Made of several countries' figures.
ACROSS = frozenset({AVERAGE, HIGHEST, LOWEST})
_ASPECTS = frozenset({BASE, PEOPLE, LABEL, EACH, OTHERS})
_NUMBERS = frozenset({"", BASE, PEOPLE})
_FIGURE = re.compile(
    r"(?P<indicator>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?:/(?P<category>[\w+-]+))?(?:@(?P<block>[\w+-]+))?"
    r"(?P<more>(?::\w+){0,2})(?:~(?P<decimals>[0-3]))?"
)
_NUMBER = re.compile(r"-?[0-9]{1,9}(?:\.(?P<decimals>[0-9]{1,3}))?%?")
_OPERATOR = re.compile(r"(<=|>=|!=|≤|≥|≠|<|>|=|~(?=\s))")
_PLAIN = {"≤": "<=", "≥": ">=", "≠": "!="}
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a placeholder cannot be understood: a code, and the piece that it is about."""

    code: str
    what: str


@dataclass(frozen=True, slots=True)
class Word:
    name: str


@dataclass(frozen=True, slots=True)
class Figure:
    """`training.any@woman:CO~0`. Whose: the focal country's, unless it says so; the aspect is the value itself."""

    indicator: str
    category: str = ""
    block: str = ""
    whose: str = ""
    aspect: str = ""
    decimals: int | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    value: Fraction
    decimals: int = 0


Term: TypeAlias = Figure | Number


@dataclass(frozen=True, slots=True)
class Check:
    left: Term
    operator: str
    right: Term


@dataclass(frozen=True, slots=True)
class Shown:
    """Whether figures are printed at all."""

    figures: tuple[Figure, ...]


Condition: TypeAlias = tuple[Check | Shown, ...]


@dataclass(frozen=True, slots=True)
class Footnote:
    """A real footnote with the figures of the other countries."""

    figure: Figure


@dataclass(frozen=True, slots=True)
class Block:
    kind: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence that the figures have to bear out."""

    condition: Condition
    text: "Text"
    source: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several sentences. `hidden` is for figures that are not printed; without it that is told to the author."""

    condition: Condition
    texts: tuple["Text", ...]
    hidden: "Text | None"
    source: str


@dataclass(frozen=True, slots=True)
class Compare:
    """Higher, lower or the same, as the two are printed."""

    left: Term
    right: Term
    texts: tuple["Text", ...]
    hidden: "Text | None"
    source: str


Node: TypeAlias = Word | Figure | Footnote | Block | Claim | Choice | Compare
Text: TypeAlias = tuple[str | Node, ...]


def parse(content: str) -> tuple[Node | None, tuple[Fault, ...]]:
    """What stands between one pair of braces. A node, or every fault that was found."""
    if len(content) > LONGEST:
        return None, (Fault("too-long", content[:60]),)
    parser = _Parser()
    node = parser.node(normal(content), depth=0)
    return (None, tuple(parser.faults)) if parser.faults else (node, ())


def normal(content: str) -> str:
    """The same placeholder whichever spaces a word processor put in."""
    return _SPACE.sub(" ", content.replace("\u200e", "").replace("\u200f", "")).strip()


def walk(node: object) -> Iterator[object]:
    """A node and everything within it."""
    yield node
    inside = node if isinstance(node, tuple) else ()
    if isinstance(node, Footnote | Shown | Check | Claim | Choice | Compare):
        inside = tuple(getattr(node, part.name) for part in fields(node))
    for part in inside:
        yield from walk(part)


def figures_in(node: Node) -> Iterator[Figure]:
    """Every figure that a placeholder speaks of."""
    return (one for one in walk(node) if isinstance(one, Figure))


def tests_in(node: Node) -> Iterator[Check]:
    """Every comparison of two figures that a placeholder makes."""
    for one in walk(node):
        if isinstance(one, Check):
            yield one
        elif isinstance(one, Compare):
            yield Check(one.left, "=", one.right)


def spans(text: str) -> tuple[list[tuple[int, int]], list[Fault]]:
    """Where the outermost placeholders of a text begin and end, and braces without a partner."""
    found: list[tuple[int, int]] = []
    faults: list[Fault] = []
    starts: list[int] = []
    place = 0
    while place < len(text):
        pair = text[place : place + 2]
        if pair == OPEN:
            starts.append(place)
        elif pair == CLOSE and starts:
            start = starts.pop()
            if not starts:
                found.append((start, place + 2))
        elif pair == CLOSE:
            faults.append(Fault("not-opened", text[max(0, place - 40) : place + 2]))
        place += 2 if pair in (OPEN, CLOSE) else 1
    if starts:
        faults.append(Fault("not-closed", text[starts[0] : starts[0] + 60]))
    return found, faults


class _Parser:
    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, code: str, what: str) -> None:
        self.faults.append(Fault(code, what))

    def refused(self, code: str, what: str) -> Node | None:
        self.fault(code, what)
        return None

    def node(self, content: str, depth: int) -> Node | None:
        if not content:
            return self.refused("empty", OPEN + CLOSE)
        if depth > DEEPEST:
            return self.refused("too-deep", content[:60])
        head, _, rest = content.partition(" ")
        kind = head.rstrip(":")
        if kind in ("claim", "if", "compare"):
            return self._sentence(kind, rest, content, depth)
        if kind == "footnote":
            return self._footnote(rest, content, depth)
        name, _, argument = content.partition(":")
        if name in NAMED_BLOCKS or content in BLOCKS:
            if depth:
                return self.refused("block-in-sentence", content)
            return Block(name, argument.strip()) if name in NAMED_BLOCKS else Block(content)
        if content in WORDS:
            return Word(content)
        return self.figure(content)

    def _footnote(self, rest: str, content: str, depth: int) -> Node | None:
        if depth:
            return self.refused("block-in-sentence", content)
        figure = self.figure(rest.strip())
        return None if figure is None else Footnote(figure)

    def _sentence(self, kind: str, rest: str, source: str, depth: int) -> Node | None:
        first, *parts = list(_split(rest))
        texts = [self.text(part.strip(), depth + 1) for part in parts]
        if kind == "claim":
            return Claim(self.condition(first), texts[0], source) if self._counted(len(texts) == 1, source) else None
        if kind == "if":
            if not self._counted(len(texts) in (2, 3), source):
                return None
            return Choice(self.condition(first), tuple(texts[:2]), texts[2] if texts[2:] else None, source)
        pair = [part.strip() for part in first.split(",")]
        if not self._counted(len(pair) == 2 and len(texts) in (3, 4), source):
            return None
        left, right = (self.term(part) for part in pair)
        if left is None or right is None:
            return None
        return Compare(left, right, tuple(texts[:3]), texts[3] if texts[3:] else None, source)

    def _counted(self, is_right: bool, source: str) -> bool:
        if not is_right:
            self.fault("parts", source[:60])
        return is_right

    def text(self, text: str, depth: int) -> Text:
        found, faults = spans(text)
        self.faults += faults
        parts: list[str | Node] = []
        last = 0
        for start, end in found:
            node = self.node(text[start + 2 : end - 2].strip(), depth)
            parts += [text[last:start], *([node] if node is not None else [])]
            last = end
        parts.append(text[last:])
        return tuple(part for part in parts if part != "")

    # Conditions -------------------------------------------------------------------------------------------------------

    def condition(self, text: str) -> Condition:
        tests = [self._test(part.strip()) for part in re.split(r"\s+and\s+", text.strip())]
        return tuple(test for test in tests if test is not None)

    def _test(self, text: str) -> Check | Shown | None:
        if text == "shown" or text.startswith("shown "):
            figures = [self.figure(part) for part in text.split()[1:]]
            if not figures:
                self.fault("condition", text)
            return Shown(tuple(figure for figure in figures if figure is not None))
        left, operator, right = ([*_OPERATOR.split(text, maxsplit=1), "", ""])[:3]
        if not operator:
            self.fault("condition", text)
            return None
        terms = self.term(left.strip()), self.term(right.strip())
        if operator == "~" and isinstance(terms[1], Figure):
            self.fault("about", text)
        if terms[0] is None or terms[1] is None:
            return None
        return Check(terms[0], _PLAIN.get(operator, operator), terms[1])

    def term(self, text: str) -> Term | None:
        number = _NUMBER.fullmatch(text)
        if number:
            return Number(Fraction(text.rstrip("%")), len(number.group("decimals") or ""))
        figure = self.figure(text)
        if figure is not None and figure.aspect not in _NUMBERS:
            self.fault("no-number", text)
        return figure

    def figure(self, text: str) -> Figure | None:
        match = _FIGURE.fullmatch(text)
        if match is None:
            self.fault("not-understood", text[:60])
            return None
        more = [part for part in match.group("more").split(":") if part]
        whose = [part for part in more if part in ACROSS or part.isupper()]
        aspects = [part for part in more if part in _ASPECTS]
        if len(whose) > 1 or len(aspects) > 1 or len(whose) + len(aspects) < len(more):
            self.fault("not-understood", text[:60])
            return None
        decimals = match.group("decimals")
        return Figure(
            indicator=match.group("indicator"),
            category=match.group("category") or "",
            block=match.group("block") or "",
            whose=whose[0] if whose else "",
            aspect=aspects[0] if aspects else "",
            decimals=None if decimals is None else int(decimals),
            source=text,
        )


def _split(text: str) -> Iterator[str]:
    """The parts between bars, but not between those of a placeholder within."""
    found, _ = spans(text)
    last = 0
    for place, sign in enumerate(text):
        if sign == BAR and not any(start < place < end for start, end in found):
            yield text[last:place]
            last = place + 1
    yield text[last:]


def contents(text: str) -> Sequence[str]:
    """What stands in the outermost placeholders of a text."""
    return [text[start + 2 : end - 2] for start, end in spans(text)[0]]
