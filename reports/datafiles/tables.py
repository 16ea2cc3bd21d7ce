"""Data files as CSV: one with codes, for programs, and one with labels, for people."""

import csv
import io
from collections.abc import Iterable, Sequence

from reports.datafiles.rows import Values
from survey.protocol.cells import harmless
from survey.protocol.columns import Column, Words

# By this mark a spreadsheet program knows that labels are UTF-8. Codes need none: they are ASCII.
BYTE_ORDER_MARK = "\ufeff"


def codes(values: Values, columns: Sequence[Column]) -> bytes:
    """Numbers only, missing ones below nought, under the names that the other files have too."""
    return _written(columns, values.tolist()).encode()


def labels(values: Values, columns: Sequence[Column], *, language: str, country: str, words: Words) -> bytes:
    """The words of one language instead of codes; numbers stay numbers.

    Labels that a spreadsheet could take for a formula are led by an apostrophe.
    """
    worded = [
        {value.code: harmless(value.label) for value in column.values(language, words, country)} for column in columns
    ]
    rows = ([known.get(code, code) for known, code in zip(worded, row, strict=True)] for row in values.tolist())
    return (BYTE_ORDER_MARK + _written(columns, rows)).encode()


def _written(columns: Sequence[Column], rows: Iterable[Sequence[int | str]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([column.name for column in columns])
    writer.writerows(rows)
    return file.getvalue()
