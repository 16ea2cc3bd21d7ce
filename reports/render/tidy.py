"""Tidy CSV and JSON: the whole result, one line a figure, whatever country it is read from."""

import csv
import io
import json
from collections.abc import Iterator

from reports.render.document import describe
from reports.table import SCALAR, Cell, IndicatorResult, Result, round_half_up
from survey.protocol.fingerprints import digest

SCHEMA = "comparison/1"
COLUMNS = (
    "table",
    "indicator",
    "label",
    "statistic",
    "country",
    "block",
    "category",
    "category_label",
    "state",
    "value",
    "k",
    "n",
    "average_kind",
    "average",
    "synthetic",
    "plan_hash",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def neutral(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_csv(result: Result, focal: str, language: str) -> bytes:
    """UTF-8 without BOM, comma, CRLF; values rounded half-up from the exact fraction, as printed."""
    describe(result, focal, language)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(_rows(result, focal, language))
    return out.getvalue().encode()


def _rows(result: Result, focal: str, language: str) -> Iterator[list[str]]:
    for table in result.tables:
        for indicator in (result.indicator(name) for name in table.indicators):
            for country, blocks in sorted(indicator.cells.items()):
                for block, cells in sorted(blocks.items()):
                    for category, cell in sorted(cells.items()):
                        row = _row(result, indicator, country, block, category, cell, language)
                        yield [table.id, *(neutral(value) for value in row)]


def _row(
    result: Result, indicator: IndicatorResult, country: str, block: str, category: str, cell: Cell, language: str
) -> list[str]:
    average = indicator.averages.get(country, {}).get(SCALAR)
    return [
        indicator.id,
        indicator.label.get(language, ""),
        indicator.stat,
        country,
        block,
        category,
        indicator.categories.get(category, {}).get(language, ""),
        cell.state.value,
        "" if cell.value is None else round_half_up(cell.value, indicator.decimals),
        "" if cell.k is None else str(cell.k),
        "" if cell.n is None else str(cell.n),
        indicator.average,
        "" if average is None else round_half_up(average, indicator.decimals),
        "SYNTHETIC" if result.synthetic else "",
        result.provenance.plan_hash,
    ]


def write_json(result: Result, focal: str, language: str) -> bytes:
    """The stored result itself, canonical, with the hash that the comparison keeps."""
    describe(result, focal, language)
    content = result.to_json()
    document = {"schema": SCHEMA, "sha256": digest(content), "synthetic": result.synthetic, "result": content}
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()
