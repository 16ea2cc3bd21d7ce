"""Expressions over whole columns of coded answers: the people for whom a plan's filter holds.

Equal, person by person, to `Expression.holds` on the decoded answers; the tests hold the two together.
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from survey.protocol.expressions import Binary, Call, Expression, Literal, Node, Reference
from survey.protocol.record import TICKED, RecordLayout, Variable, missing_code
from survey.protocol.schema import Kind, Missing, Question

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
Columns = Callable[[Variable], Codes]

_COMPARE: Mapping[str, Callable[[Codes, float], Mask]] = {
    "=": lambda codes, number: codes == number,
    "!=": lambda codes, number: codes != number,
    "<": lambda codes, number: codes < number,
    "<=": lambda codes, number: codes <= number,
    ">": lambda codes, number: codes > number,
    ">=": lambda codes, number: codes >= number,
}
_JOIN: Mapping[str, Callable[[Mask, Mask], Mask]] = {"and": np.logical_and, "or": np.logical_or}
_SELECTS = (Kind.SELECT_ONE, Kind.SELECT_MULTIPLE)


def is_supported(expression: Expression, questions: Mapping[str, Question]) -> bool:
    """Whether `mask` can evaluate it: a single choice against one of its choices, a number against a number,
    selected() with a choice of the question, and, or, not()."""
    return _supported(expression.node, questions)


def _supported(node: Node, questions: Mapping[str, Question]) -> bool:
    if isinstance(node, Call):
        if node.name == "not":
            return _supported(node.arguments[0], questions)
        return node.name == "selected" and _is_choice(node.arguments[0], node.arguments[1], questions, _SELECTS)
    if not isinstance(node, Binary):
        return False
    if node.operator in _JOIN:
        return _supported(node.left, questions) and _supported(node.right, questions)
    if node.operator in ("=", "!=") and _is_choice(node.left, node.right, questions, _SELECTS[:1]):
        return True
    return node.operator in _COMPARE and _is_number(node.left, node.right, questions)


def _is_choice(left: Node, right: Node, questions: Mapping[str, Question], kinds: tuple[Kind, ...]) -> bool:
    """Whether it is a question of one of the kinds beside the name of one of its choices."""
    question = questions.get(left.name) if isinstance(left, Reference) else None
    if question is None or question.kind not in kinds or question.choices is None or not isinstance(right, Literal):
        return False
    return isinstance(right.value, str) and question.choices.get(right.value) is not None


def _is_number(left: Node, right: Node, questions: Mapping[str, Question]) -> bool:
    question = questions.get(left.name) if isinstance(left, Reference) else None
    numeric = question is not None and question.kind is Kind.INTEGER
    return numeric and isinstance(right, Literal) and not isinstance(right.value, str)


def mask(expression: Expression, layout: RecordLayout, columns: Columns) -> Mask:
    """One truth value a record. `columns` gives the codes of a variable. Raises ValueError on what is not supported."""
    if not is_supported(expression, {variable.question.name: variable.question for variable in layout.variables}):
        raise ValueError(f"“{expression.source}” cannot be evaluated over columns")
    return _mask(expression.node, layout, columns)


def _mask(node: Node, layout: RecordLayout, columns: Columns) -> Mask:
    if isinstance(node, Call):
        if node.name == "not":
            return np.logical_not(_mask(node.arguments[0], layout, columns))
        return _chosen(node.arguments[0], node.arguments[1], layout, columns)
    assert isinstance(node, Binary)
    if node.operator in _JOIN:
        return _JOIN[node.operator](_mask(node.left, layout, columns), _mask(node.right, layout, columns))
    assert isinstance(node.right, Literal)
    if isinstance(node.right.value, str):
        chosen = _chosen(node.left, node.right, layout, columns)
        return chosen if node.operator == "=" else np.logical_not(chosen)
    return _number(node.operator, node.left, node.right.value, layout, columns)


def _chosen(left: Node, right: Node, layout: RecordLayout, columns: Columns) -> Mask:
    assert isinstance(left, Reference)
    assert isinstance(right, Literal)
    variables = layout.of(left.name)
    question = variables[0].question
    choice = question.choices.get(str(right.value)) if question.choices else None
    assert choice is not None
    if choice.missing is not None:
        return columns(variables[0]) == missing_code(choice.missing, variables[0].width)
    if question.kind is Kind.SELECT_MULTIPLE:
        own = next(variable for variable in variables if variable.choice == choice)
        return columns(own) == TICKED
    return columns(variables[0]) == choice.code


def _number(operator: str, left: Node, number: float, layout: RecordLayout, columns: Columns) -> Mask:
    assert isinstance(left, Reference)
    variable = layout.of(left.name)[0]
    codes = columns(variable)
    given = codes < missing_code(Missing.NOT_ASKED, variable.width)
    compared = np.logical_and(given, _COMPARE[operator](codes, number))
    return np.logical_or(compared, ~given) if operator == "!=" else compared
