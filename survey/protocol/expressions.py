"""XLSForm expressions: parsed once when the workbook is read, evaluated on the server.

The subset is what 92.8 % of the skip logic in published field questionnaires needs: comparisons, `and`, `or`,
arithmetic, `${question}`, `.` (the answer itself), a bare column name in a choice filter, and a few functions.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

Value = None | bool | float | str | tuple[str, ...]


class ExpressionError(ValueError):
    """An expression that cannot be read; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Literal:
    value: float | str


@dataclass(frozen=True, slots=True)
class Reference:
    """`${name}`: the answer to another question."""

    name: str


@dataclass(frozen=True, slots=True)
class Itself:
    """`.`: the answer to the question that carries the expression."""


@dataclass(frozen=True, slots=True)
class Column:
    """A bare name: a column of the choices sheet, in a choice filter."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: "Node"
    right: "Node"


Node = Literal | Reference | Itself | Column | Call | Binary


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may look at: answers by question name, the answer itself, the columns of one choice."""

    answers: Mapping[str, Value] = field(default_factory=dict)
    itself: Value = None
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression: its source, as the workbook has it, and its tree."""

    source: str
    node: Node

    def evaluate(self, scope: Scope) -> Value:
        return _evaluate(self.node, scope)

    def holds(self, scope: Scope) -> bool:
        """True when the expression is true in `scope`, by XPath's rules (an empty text or NaN is false)."""
        return _boolean(_evaluate(self.node, scope))

    def references(self) -> frozenset[str]:
        """Names of the questions it looks at."""
        return frozenset(node.name for node in _walk(self.node) if isinstance(node, Reference))

    def columns(self) -> frozenset[str]:
        """Columns of the choices sheet it looks at."""
        return frozenset(node.name for node in _walk(self.node) if isinstance(node, Column))

    def choices_named(self) -> frozenset[tuple[str, str]]:
        """Pairs (question, choice) that it compares, so that a misspelt choice is found when it is read."""
        return frozenset(pair for node in _walk(self.node) for pair in _compared(node))

    def numbers(self) -> frozenset[float]:
        """Numbers that it names: the limits between people for whom it holds and others."""
        return frozenset(
            node.value for node in _walk(self.node) if isinstance(node, Literal) and isinstance(node.value, float)
        )

    def bounds(self) -> tuple[int | None, int | None]:
        """Lowest and highest whole number that a conjunction of `. >= a` and `. <= b` lets through."""
        limits: dict[str, list[int]] = {">=": [], "<=": []}
        for part in _conjuncts(self.node):
            if isinstance(part, Binary) and isinstance(part.left, Itself) and isinstance(part.right, Literal):
                limit = part.right.value
                if isinstance(limit, float) and limit.is_integer():
                    limits.get(part.operator, []).append(int(limit))
        return max(limits[">="], default=None), min(limits["<="], default=None)


def parse(source: str) -> Expression:
    """Read one expression. Raises ExpressionError with the first place that cannot be understood."""
    return Expression(source=source.strip(), node=_Parser(source).whole())


def conjunction(conditions: Sequence[Expression]) -> Expression | None:
    """All of several conditions as one; None of none."""
    if len(conditions) < 2:
        return conditions[0] if conditions else None
    return parse(" and ".join(f"({one.source})" for one in conditions))


_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>'[^']*'|"[^"]*")|\$\{(?P<reference>[^}]*)\}
    |(?P<operator><=|>=|!=|[=<>+*(),-])|(?P<itself>\.)|(?P<name>[A-Za-z_][\w-]*))""",
    re.VERBOSE,
)
_LEVELS = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"))
_NAME = re.compile(r"[A-Za-z_]\w*")
_NUMBER = re.compile(r"-?\d+(\.\d*)?|-?\.\d+")  # XPath's: no exponent, no “inf”
# A tree is never deeper than its tokens are many, so reading and evaluating stay far from Python's recursion limit.
MAX_TOKENS = 400
MAX_DEPTH = 20


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    place = 0
    end = len(source.rstrip())
    while place < end:
        match = _TOKEN.match(source, place)
        if match is None:
            raise ExpressionError(f"“{source[place:].strip()[:20]}” cannot be read")
        kind = match.lastgroup or ""
        if kind == "reference" and not _NAME.fullmatch(match.group(kind)):
            raise ExpressionError(f"“{match.group().strip()}” does not name a question")
        yield kind, match.group(kind)
        place = match.end()


class _Parser:
    """Recursive descent over the six levels of binding, loosest first, as XPath 1.0 has them."""

    def __init__(self, source: str) -> None:
        if not source.strip():
            raise ExpressionError("the expression is empty")
        self.tokens = [*_tokens(source), ("end", "")]
        if len(self.tokens) > MAX_TOKENS:
            raise ExpressionError(f"the expression from “{source.strip()[:20]}” on is too long; split it up")
        self.place = 0
        self.depth = 0

    def whole(self) -> Node:
        node = self.level(0)
        if self.peek()[0] != "end":
            raise ExpressionError(f"“{self.peek()[1]}” is not expected here")
        return node

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.place]

    def take(self) -> tuple[str, str]:
        token = self.tokens[self.place]
        self.place += 1
        return token

    def level(self, depth: int) -> Node:
        if depth == len(_LEVELS):
            return self.atom()
        node = self.level(depth + 1)
        while self.peek()[0] in ("operator", "name") and self.peek()[1] in _LEVELS[depth]:
            operator = self.take()[1]
            node = Binary(operator, node, self.level(depth + 1))
        return node

    def atom(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(f"“{self.peek()[1]}” is nested more than {MAX_DEPTH} deep; write it more simply")
        node = self.innermost()
        self.depth -= 1
        return node

    def innermost(self) -> Node:
        kind, text = self.take()
        if kind == "operator" and text == "(":
            node = self.level(0)
            self.expect(")")
            return node
        if kind == "operator" and text == "-":
            return Binary("-", Literal(0.0), self.atom())
        if kind == "name" and self.peek() == ("operator", "("):
            return self.call(text)
        if kind not in _ATOMS:
            raise ExpressionError(f"“{text}” is not expected here" if text else "the expression ends too early")
        return _ATOMS[kind](text)

    def call(self, name: str) -> Node:
        if name not in _FUNCTIONS:
            raise ExpressionError(f"the function {name}() is not known; known are: {', '.join(sorted(_FUNCTIONS))}")
        self.expect("(")
        arguments: list[Node] = []
        while self.peek() != ("operator", ")"):
            arguments.append(self.level(0))
            if self.peek() != ("operator", ","):
                break
            self.take()
        self.expect(")")
        least, most = _FUNCTIONS[name].arity
        if not least <= len(arguments) <= most:
            raise ExpressionError(f"{name}() takes {least} to {most} arguments, here are {len(arguments)}")
        return Call(name, tuple(arguments))

    def expect(self, operator: str) -> None:
        kind, text = self.take()
        if (kind, text) != ("operator", operator):
            raise ExpressionError(f"“{operator}” is missing before “{text or 'the end'}”")


_ATOMS: dict[str, Callable[[str], Node]] = {
    "number": lambda text: Literal(float(text)),
    "text": lambda text: Literal(text[1:-1]),
    "reference": Reference,
    "itself": lambda text: Itself(),
    "name": Column,
}


def _walk(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, Call):
        for argument in node.arguments:
            yield from _walk(argument)
    if isinstance(node, Binary):
        yield from _walk(node.left)
        yield from _walk(node.right)


def _conjuncts(node: Node) -> Iterator[Node]:
    if isinstance(node, Binary) and node.operator == "and":
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    else:
        yield node


def _compared(node: Node) -> Iterator[tuple[str, str]]:
    pair: tuple[Node, ...] = ()
    if isinstance(node, Call) and node.name == "selected":
        pair = node.arguments
    if isinstance(node, Binary) and node.operator in ("=", "!="):
        pair = (node.left, node.right) if isinstance(node.left, Reference) else (node.right, node.left)
    if pair and isinstance(pair[0], Reference) and isinstance(pair[1], Literal):
        choice = pair[1].value
        if isinstance(choice, str) and choice:
            yield pair[0].name, choice


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return " ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return str(int(value)) if float(value).is_integer() else str(value)


def _number(value: Value) -> float:
    if isinstance(value, bool | int | float):
        return float(value)
    text = _text(value).strip()
    return float(text) if _NUMBER.fullmatch(text) else math.nan


def _boolean(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value != 0 and not math.isnan(value)
    return bool(_text(value))


def _equal(left: Value, right: Value) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return _boolean(left) == _boolean(right)
    if isinstance(left, int | float) or isinstance(right, int | float):
        return _number(left) == _number(right)
    return _text(left) == _text(right)


def _divide(left: float, right: float) -> float:
    return left / right if right else math.nan


def _remainder(left: float, right: float) -> float:
    return math.fmod(left, right) if right and math.isfinite(left) else math.nan


_OPERATORS: dict[str, Callable[[Value, Value], Value]] = {
    "=": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": lambda left, right: _number(left) < _number(right),
    "<=": lambda left, right: _number(left) <= _number(right),
    ">": lambda left, right: _number(left) > _number(right),
    ">=": lambda left, right: _number(left) >= _number(right),
    "+": lambda left, right: _number(left) + _number(right),
    "-": lambda left, right: _number(left) - _number(right),
    "*": lambda left, right: _number(left) * _number(right),
    "div": lambda left, right: _divide(_number(left), _number(right)),
    "mod": lambda left, right: _remainder(_number(left), _number(right)),
    "and": lambda left, right: _boolean(left) and _boolean(right),
    "or": lambda left, right: _boolean(left) or _boolean(right),
}


@dataclass(frozen=True, slots=True)
class _Function:
    arity: tuple[int, int]
    run: Callable[..., Value]


def _selected(chosen: Value, name: Value) -> bool:
    """True when `name` is among the chosen; a text is taken as choices separated by spaces, as XLSForm stores them."""
    return _text(name) in (chosen if isinstance(chosen, tuple) else _text(chosen).split())


_FUNCTIONS: dict[str, _Function] = {
    "selected": _Function((2, 2), _selected),
    "not": _Function((1, 1), lambda value: not _boolean(value)),
    "true": _Function((0, 0), lambda: True),
    "false": _Function((0, 0), lambda: False),
    "count-selected": _Function((1, 1), lambda value: float(len(_text(value).split()))),
    "string-length": _Function((1, 1), lambda value: float(len(_text(value)))),
    "coalesce": _Function((2, 2), lambda first, second: first if _text(first) else second),
    "if": _Function((3, 3), lambda test, yes, no: yes if _boolean(test) else no),
    "number": _Function((1, 1), _number),
    "string": _Function((1, 1), _text),
}


def _evaluate(node: Node, scope: Scope) -> Value:
    return _EVALUATE[type(node)](node, scope)


_EVALUATE: dict[type, Callable[..., Value]] = {
    Literal: lambda node, scope: node.value,
    Reference: lambda node, scope: scope.answers.get(node.name),
    Itself: lambda node, scope: scope.itself,
    Column: lambda node, scope: scope.columns.get(node.name, ""),
    Call: lambda node, scope: _FUNCTIONS[node.name].run(*(_evaluate(part, scope) for part in node.arguments)),
    Binary: lambda node, scope: _OPERATORS[node.operator](_evaluate(node.left, scope), _evaluate(node.right, scope)),
}
