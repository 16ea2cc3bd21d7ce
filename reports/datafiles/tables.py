"""Data files as CSV: one with codes, for programs, and one with labels, for people."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from reports.datafiles.rows import Values
from survey.protocol.cells import harmless
from survey.protocol.columns import Column, Words

# By the mark of the second a spreadsheet program knows that labels are UTF-8. Codes need none.
_CODES, _LABELS = "ascii", "utf-8-sig"
# Rows that are Python's numbers at once.
_BLOCK = 10_000


def codes(values: Values, columns: Sequence[Column]) -> bytes:
    """Numbers only, missing ones below nought, under the names that the other files have too."""
    return _written(columns, _rows(values), _CODES)


def labels(values: Values, columns: Sequence[Column], *, language: str, country: str, words: Words) -> bytes:
    """The words of one language instead of codes; numbers stay numbers.

    Labels that a spreadsheet could take for a formula are led by an apostrophe.
    """
    worded = [
        {value.code: harmless(value.label) for value in column.values(language, words, country)} for column in columns
    ]
    rows = ([known.get(code, code) for known, code in zip(worded, row, strict=True)] for row in _rows(values))
    return _written(columns, rows, _LABELS)


def _rows(values: Values) -> Iterator[list[int]]:
    for start in range(0, len(values), _BLOCK):
        yield from values[start : start + _BLOCK].tolist()


def _written(columns: Sequence[Column], rows: Iterable[Sequence[int | str]], encoding: str) -> bytes:
    content = io.BytesIO()
    with io.TextIOWrapper(content, encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow([column.name for column in columns])
        writer.writerows(rows)
        file.flush()
        return content.getvalue()
