"""The questionnaire for paper: the same questions in the same words, numbered, with routes that a person can follow."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from survey.language import ui_language
from survey.protocol import routing
from survey.protocol.expressions import Binary, Call, Expression, Literal, Node, Reference
from survey.protocol.schema import Battery, Choice, Kind, Protocol, Question


@dataclass(frozen=True, slots=True)
class Option:
    """One box to tick. `key` is its number on the sheet, which is also the key that enters it."""

    key: int
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One question: its number, its words, and what is to be done with it."""

    number: int
    label: str
    hint: str
    route: str
    kind: Kind
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """Questions that stand together: one alone, or a battery as a grid with its options over the columns."""

    lines: tuple[Line, ...]
    stem: str = ""
    hint: str = ""
    route: str = ""
    options: tuple[Option, ...] = ()

    @property
    def is_grid(self) -> bool:
        return bool(self.options)


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    lead: str
    route: str
    blocks: tuple[Block, ...]


def numbers_of(protocol: Protocol) -> dict[str, int]:
    """The number that every question has on the sheets."""
    asked = [question for question in protocol.questions() if question.kind is not Kind.NOTE]
    return {question.name: number for number, question in enumerate(asked, start=1)}


def keyed(question: Question, country: str) -> dict[int, Choice]:
    """The choices of a question by the keys that one country's sheets print beside them."""
    return dict(enumerate(routing.offered(question, {}, country), start=1))


class Paper:
    """A protocol as one country prints it in one of its languages.

    Questions go by the numbers of the sheets, and by their names where `numbers` has none.
    """

    def __init__(
        self, protocol: Protocol, country: str, language: str, numbers: Mapping[str, int] | None = None
    ) -> None:
        self.protocol, self.country, self.language = protocol, country, language
        self.numbers = numbers_of(protocol) if numbers is None else numbers

    def parts(self) -> tuple[Part, ...]:
        """The sections in order, their words translated."""
        with translation.override(ui_language(self.language)):
            return tuple(
                Part(
                    section.title.get(self.language, self.country),
                    section.lead.get(self.language, self.country),
                    self.route(section.relevant),
                    tuple(self._block(item) for item in section.items),
                )
                for section in self.protocol.sections
            )

    def _block(self, item: Question | Battery) -> Block:
        if isinstance(item, Question):
            return Block((self._line(item, self._options(item)),))
        options = self._options(item.questions[0])
        return Block(
            tuple(self._line(question, ()) for question in item.questions),
            stem=item.stem.get(self.language, self.country),
            hint=item.hint.get(self.language, self.country),
            route=self.route(item.relevant),
            options=options,
        )

    def _line(self, question: Question, options: tuple[Option, ...]) -> Line:
        return Line(
            self.numbers.get(question.name, 0),
            question.label.get(self.language, self.country),
            question.hint.get(self.language, self.country),
            self.route(question.relevant),
            question.kind,
            options,
        )

    def _options(self, question: Question) -> tuple[Option, ...]:
        return tuple(Option(key, self._label(choice)) for key, choice in keyed(question, self.country).items())

    def _label(self, choice: Choice) -> str:
        return choice.label.get(self.language, self.country)

    def route(self, condition: Expression | None) -> str:
        """Who is asked, in the language that is the active one; '' for everybody."""
        if condition is None:
            return ""
        return _("Only if %(condition)s") % {"condition": "".join(self._words(condition.node))}

    def _words(self, node: Node, negated: bool = False) -> Iterator[str]:
        """A condition as numbers and answers: 12 = “Yes”."""
        match node:
            case Binary("and" | "or" as word, left, right):
                # De Morgan: what is not (a and b) is not a or not b.
                either = (word == "or") != negated
                yield from self._words(left, negated)
                yield f" {_('or')} " if either else f" {_('and')} "
                yield from self._words(right, negated)
            case Call("not", (inner,)):
                yield from self._words(inner, not negated)
            case Call("selected", (Reference(name), Literal(value))):
                yield self._compared(name, "≠" if negated else "=", str(value))
            case Binary(sign, Reference(name), Literal(value)):
                yield self._compared(name, _SIGNS[sign][negated], str(value))
            case _:
                yield _("the interviewer says so")

    def _compared(self, name: str, sign: str, value: str) -> str:
        question = self.protocol.question(name)
        choice = question.choices.get(value) if question and question.choices else None
        words = f"“{self._label(choice)}”" if choice else value.removesuffix(".0")
        return f"{self.numbers.get(name, name)} {sign} {words}"


# What a comparison is called, and what its contrary is.
_SIGNS: Mapping[str, tuple[str, str]] = {
    "=": ("=", "≠"),
    "!=": ("≠", "="),
    "<": ("<", "≥"),
    ">": (">", "≤"),
    "<=": ("≤", ">"),
    ">=": ("≥", "<"),
}
