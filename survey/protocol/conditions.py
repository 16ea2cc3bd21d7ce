"""Conditions taken apart: what has to hold together for a whole condition to hold, or not to hold. Pure."""

from collections.abc import Iterator

from survey.protocol.expressions import Binary, Call, Column, Expression, Itself, Literal, Node, Reference


def parts(condition: Expression) -> tuple[Expression, ...]:
    """The conditions that hold together exactly where this one does: by `and`, and by `or` under `not()`."""
    found = tuple(_parts(condition.node, holds=True))
    return (condition,) if len(found) < 2 else tuple(Expression(written(node), node) for node in found)


def denied(condition: Expression) -> Expression:
    """What holds exactly where this one does not."""
    node = Call("not", (condition.node,))
    return Expression(written(node), node)


def _parts(node: Node, *, holds: bool) -> Iterator[Node]:
    if isinstance(node, Call) and node.name == "not":
        yield from _parts(node.arguments[0], holds=not holds)
    elif isinstance(node, Binary) and node.operator == ("and" if holds else "or"):
        yield from _parts(node.left, holds=holds)
        yield from _parts(node.right, holds=holds)
    else:
        yield node if holds else Call("not", (node,))


def written(node: Node) -> str:
    """An expression's source, such that reading it gives the same tree."""
    if isinstance(node, Literal):
        return _literal(node.value)
    if isinstance(node, Reference):
        return f"${{{node.name}}}"
    if isinstance(node, Call):
        return f"{node.name}({', '.join(written(one) for one in node.arguments)})"
    if isinstance(node, Binary):
        return f"({written(node.left)} {node.operator} {written(node.right)})"
    assert isinstance(node, Itself | Column)
    return "." if isinstance(node, Itself) else node.name


def _literal(value: float | str) -> str:
    if isinstance(value, str):
        mark = "'" if "'" not in value else '"'
        return f"{mark}{value}{mark}"
    return str(int(value)) if value.is_integer() else f"{value:.12f}".rstrip("0")
