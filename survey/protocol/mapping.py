"""A mapping file: what the columns and values of somebody else's export are called here. Pure.

A CSV with the headings `column,question,choice,separator,value,answer`. A row without a value says which question (and,
for the tick of one option, which choice) a column holds; `-` as question passes a column over. A row with a value says
what that value means in its column, or with `*` in every column.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from survey.protocol.problems import Problem

HEADINGS = ("column", "question", "choice", "separator", "value", "answer")
IGNORED, EVERY = "-", "*"
SEPARATORS = {"": ";", "semicolon": ";", "comma": ",", "space": " "}


@dataclass(frozen=True, slots=True)
class Target:
    """What a column holds: a question, or the tick of one of its choices, or nothing that is wanted."""

    question: str
    choice: str = ""
    separator: str = ";"


@dataclass(frozen=True, slots=True)
class Mapped:
    """Columns by heading, and values by column and text. Without a mapping file both are empty."""

    columns: dict[str, Target] = field(default_factory=dict)
    values: dict[tuple[str, str], str] = field(default_factory=dict)

    def translate(self, column: str, text: str) -> str:
        """The text that stands here for a foreign one."""
        found = self.values.get((column, text), self.values.get((EVERY, text)))
        return text if found is None else found


def read_mapping(name: str, rows: Iterable[Sequence[str]]) -> tuple[Mapped, list[Problem]]:
    """The mapping of a file's rows (its heading first) and every problem found in it."""
    numbered = enumerate(rows, start=1)
    _, heading = next(numbered, (1, []))
    if tuple(cell.strip() for cell in heading) != HEADINGS:
        return Mapped(), [Problem(name, 1, "", "mapping-heading", f"the first line is {','.join(HEADINGS)}")]
    mapped, problems = Mapped(), []
    for number, cells in numbered:
        row = dict(zip(HEADINGS, [*(cell.strip() for cell in cells), *[""] * len(HEADINGS)], strict=False))
        if any(row.values()):
            problems += [Problem(name, number, *fault) for fault in _take(mapped, row)]
    return mapped, problems


def _take(mapped: Mapped, row: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Enter one row; yields (column, code, message) of what is wrong with it."""
    if not row["column"]:
        yield "column", "mapping-column", "name the column of the export, or * for every column"
    elif row["value"]:
        if mapped.values.setdefault((row["column"], row["value"]), row["answer"]) != row["answer"]:
            yield "value", "mapping-twice", "this value has another meaning in a row above; keep one"
    elif not row["question"] or row["column"] == EVERY:
        yield "question", "mapping-question", f"name the question of the column, or {IGNORED} to pass it over"
    elif row["separator"] not in SEPARATORS:
        yield "separator", "mapping-separator", "write semicolon, comma or space"
    else:
        target = Target(row["question"], row["choice"], SEPARATORS[row["separator"]])
        if mapped.columns.setdefault(row["column"], target) != target:
            yield "column", "mapping-twice", "this column has another meaning in a row above; keep one"
