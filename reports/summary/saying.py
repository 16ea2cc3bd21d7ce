"""A placeholder in words: what it prints for one reading, and what its author has to look at."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from reports.render.document import Document
from reports.render.reading import SYNTHETIC, Reading, absence, listed
from reports.summary import grammar
from reports.summary.claims import Verdict, judge, order, told_of
from reports.summary.figures import Figures
from reports.summary.grammar import Block, Choice, Claim, Compare, Fault, Figure, Node, Text, Word
from reports.table import Cell, CountryResult, State


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words; those that the figures do not bear out are marked."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    pieces: tuple[Piece, ...]
    flags: tuple[Fault, ...] = ()

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


class Speaker:
    """Says placeholders, and remembers which figures it printed."""

    def __init__(self, reading: Reading, described: Document) -> None:
        self.reading, self.described = reading, described
        self.figures = Figures(reading)
        self.used: dict[Figure, None] = {}

    def faults(self, node: Node) -> tuple[Fault, ...]:
        """What a placeholder asks for and the comparison does not have."""
        found = [fault for figure in grammar.figures_in(node) for fault in self.figures.faults(figure)]
        if not found:
            found += [fault for test in grammar.tests_in(node) for fault in self._unlike(test)]
        if isinstance(node, Block) and node.name not in self._names(node):
            found.append(Fault(f"{node.kind}-unknown", f"{node.kind}:{node.name}"))
        return tuple(dict.fromkeys(found))

    def _names(self, node: Block) -> frozenset[str]:
        if node.kind not in grammar.NAMED_BLOCKS:
            return frozenset({""})
        own = frozenset(table.id for table in self.reading.result.tables)
        return own | {self.described.fieldwork.id} if node.kind == grammar.TABLE else own

    def _unlike(self, test: grammar.Check) -> Iterator[Fault]:
        kinds = {self.figures.kind(term) for term in (test.left, test.right)} - {""}
        if len(kinds) > 1:
            terms = (term for term in (test.left, test.right) if isinstance(term, Figure))
            yield Fault("unlike", ", ".join(term.source for term in terms))

    def say(self, node: Node) -> Said:
        """The words of an inline placeholder without faults."""
        if isinstance(node, Word):
            return Said((Piece(_WORDS[node.name](self)),))
        if isinstance(node, Figure):
            return Said((Piece(self._figure(node)),))
        if isinstance(node, Claim):
            return self._claim(node)
        if isinstance(node, Choice):
            return self._choice(node)
        assert isinstance(node, Compare)
        return self._compare(node)

    def _figure(self, figure: Figure) -> str:
        self.used |= dict.fromkeys(self.figures.printed(figure))
        return self.figures.text(figure)

    def _text(self, text: Text) -> Said:
        said = [Said((Piece(part),)) if isinstance(part, str) else self.say(part) for part in text]
        return Said(
            tuple(piece for one in said for piece in one.pieces), tuple(flag for one in said for flag in one.flags)
        )

    # Sentences that are checked ---------------------------------------------------------------------------------------

    def _claim(self, node: Claim) -> Said:
        found, said = judge(node.condition, self.figures), self._text(node.text)
        if found.verdict is Verdict.HOLDS:
            return said
        code = "claim-false" if found.verdict is Verdict.FAILS else "claim-unknown"
        return self._flagged(said, code, found.told)

    def _choice(self, node: Choice) -> Said:
        found = judge(node.condition, self.figures)
        if found.verdict is Verdict.UNKNOWN:
            return self._hidden(node.hidden, found.told)
        return self._text(node.texts[0 if found.verdict is Verdict.HOLDS else 1])

    def _compare(self, node: Compare) -> Said:
        found = order(node.left, node.right, self.figures)
        if found is None:
            return self._hidden(node.hidden, told_of((node.left, node.right), self.figures))
        return self._text(node.texts[{1: 0, -1: 1, 0: 2}[found]])

    def _hidden(self, text: Text | None, told: str) -> Said:
        if text is not None:
            return self._text(text)
        return self._flagged(Said((Piece(f"[{absence(Cell(State.TOO_FEW))}]"),)), "choice-unknown", told)

    def _flagged(self, said: Said, code: str, told: str) -> Said:
        """Never silently printed: the words stay, marked, with what the figures say behind them."""
        note = _("[not supported by the data: %(figures)s]") % {"figures": told}
        pieces = (*(Piece(piece.text, marked=True) for piece in said.pieces), Piece(" " + note, marked=True))
        return Said(pieces, (*said.flags, Fault(code, f"{said.text.strip()} {note}")))

    # Words of the comparison ------------------------------------------------------------------------------------------

    def focal(self) -> CountryResult:
        return self.reading.result.country(self.reading.focal)

    def number(self, value: int) -> str:
        return self.reading.isolated(str(value))


_WORDS: Mapping[str, Callable[[Speaker], str]] = {
    "country": lambda own: own.reading.focal_name,
    "others": lambda own: listed(own.reading.country_name(one) for one in own.reading.others),
    "others:count": lambda own: own.number(len(own.reading.others)),
    "participants": lambda own: own.number(own.focal().participants),
    "participants:all": lambda own: own.number(sum(one.participants for one in own.reading.result.countries)),
    "respondents": lambda own: own.number(own.focal().respondents),
    "respondents:all": lambda own: own.number(sum(one.respondents for one in own.reading.result.countries)),
    "synthetic": lambda own: SYNTHETIC if own.described.banner else "",
    "provenance:short": lambda own: own.described.short_provenance,
}
