"""Language columns of a workbook: `label::Español México (es-MX)` means the label in es-MX."""

import re
from collections.abc import Iterable, Mapping

from survey.protocol.schema import Texts
from survey.protocol.sheets import Row

_HEADING = re.compile(r"(?P<field>[a-z_]+)::(?P<name>[^()]*)\((?P<tag>[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\)")
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "ckb", "dv", "yi"})


def tag_of(heading: str) -> str:
    """The BCP 47 tag in `Español (es-MX)` or in a whole column heading; '' when it carries none."""
    match = re.search(r"\(([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\)\s*$", heading)
    return match.group(1) if match else ""


def text_columns(columns: Iterable[str]) -> dict[str, dict[str, str]]:
    """Column headings by field and language tag: {'label': {'es-MX': 'label::Español (es-MX)'}}."""
    found: dict[str, dict[str, str]] = {}
    for column in columns:
        match = _HEADING.fullmatch(column)
        if match:
            found.setdefault(match.group("field"), {})[match.group("tag")] = column
    return found


def texts(row: Row, columns: Mapping[str, str], own: Mapping[tuple[str, str], str] | None = None) -> Texts:
    """One field of one row in every language that has it, with the countries' own wording."""
    by_language = {tag: row.get(column) for tag, column in columns.items() if row.get(column)}
    return Texts(by_language, dict(own or {}))


def direction(tag: str) -> str:
    """'rtl' or 'ltr', from the language code alone: guessing from the first letters of a label goes wrong."""
    return "rtl" if tag.partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"
