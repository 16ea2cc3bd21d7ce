"""The data dictionary of the tidy CSV, for people as CSV and for programs as a Frictionless data package.

Frictionless Table Schema says in one small JSON file what a column is; R, Python and spreadsheets' tools read it. The
other standard, CSV on the Web, says the same in linked data, for which few of them have a reader.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from typing import Any

from django.utils import translation

from reports.render import csv as tidy
from reports.render.archive import packed
from reports.render.document import Document, describe
from reports.render.fields import FIELDS, Field, Kind
from reports.render.reading import Reading, plain
from reports.table import IndicatorResult
from survey.language import ui_language
from survey.protocol.cells import harmless

HEADINGS = ("column", "value", "meaning", "type", "unit")
DATA, DICTIONARY, PACKAGE = "comparison.csv", "dictionary.csv", "datapackage.json"
_KEY = ("table", "indicator", "country", "block", "category")
_YES_NO = {"trueValues": ["yes"], "falseValues": ["no"]}


def render(reading: Reading) -> bytes:
    """One row a column, and one for each value that a column may hold; then the fieldwork and the provenance."""
    document = describe(reading.result, reading.focal, reading.language)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(HEADINGS)
    with translation.override(ui_language(reading.language)):
        rows = [*_columns(reading), *_origin(document)]
    writer.writerows([harmless(plain(text)) for text in row] for row in rows)
    return file.getvalue().encode()


def render_package(reading: Reading) -> bytes:
    """A zip of the data, the dictionary and the description that programs read."""
    data = tidy.render(reading)
    document = describe(reading.result, reading.focal, reading.language)
    with translation.override(ui_language(reading.language)):
        description = _package(reading, document, data)
    written = json.dumps(description, ensure_ascii=False, indent=2) + "\n"
    return packed({PACKAGE: written.encode(), DATA: data, DICTIONARY: render(reading)})


# For people -----------------------------------------------------------------------------------------------------------


def _columns(reading: Reading) -> Iterator[tuple[str, ...]]:
    for one in FIELDS:
        yield one.name, "", str(one.meaning), one.kind.value, str(one.unit)
        for value, meaning in (*one.values.items(), *_listed(reading, one.name)):
            yield one.name, value, str(meaning), "", ""


def _listed(reading: Reading, name: str) -> Iterator[tuple[str, str]]:
    """What the study itself calls the values of a column."""
    result = reading.result
    if name == "table":
        yield from ((table.id, reading.text(table.title)) for table in result.tables)
    if name == "indicator":
        yield from ((indicator.id, _asked(reading, indicator)) for indicator in result.indicators)
    if name == "country":
        yield from ((country.code, reading.country_name(country)) for country in result.countries)


def _asked(reading: Reading, indicator: IndicatorResult) -> str:
    label, question = reading.label(indicator), reading.text(indicator.question)
    return f"{label}: {question}" if question and question != label else label


def _origin(document: Document) -> Iterator[tuple[str, ...]]:
    """Who was asked, when and how, and where the figures come from: no columns, but what a reader of them needs."""
    heads = [column.head for column in document.fieldwork.columns]
    for row in document.fieldwork.rows:
        told = "; ".join(f"{head}: {entry.text}" for head, entry in zip(heads, row.entries, strict=True))
        yield "", row.label, told, "", ""
    yield from (("", fact.name, fact.value, "", "") for fact in document.provenance)
    yield from (("", "", note, "", "") for note in (document.banner, document.caution, *document.notes) if note)


# For programs ---------------------------------------------------------------------------------------------------------


def _package(reading: Reading, document: Document, data: bytes) -> dict[str, Any]:
    return {
        "profile": "tabular-data-package",
        "name": "comparison",
        "title": document.title,
        "description": "\n".join(plain(text) for text in (document.banner, document.caution, *document.notes) if text),
        "version": reading.result.provenance.version,
        "resources": [_resource(data)],
        "language": reading.language,
        "synthetic": reading.result.synthetic,
        "fieldwork": [_fieldwork(reading, code.code) for code in reading.result.countries],
        "provenance": {fact.name: plain(fact.value) for fact in document.provenance},
    }


def _resource(data: bytes) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": "comparison",
        "path": DATA,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(data),
        "hash": "sha256:" + hashlib.sha256(data).hexdigest(),
        "schema": {
            "fields": [_schema_field(one) for one in FIELDS],
            "missingValues": [""],
            "primaryKey": list(_KEY),
        },
    }


def _schema_field(one: Field) -> dict[str, Any]:
    described: dict[str, Any] = {"name": one.name, "type": one.kind.value, "description": str(one.meaning)}
    if one.kind is Kind.YES_NO:
        described |= _YES_NO
    if one.unit:
        described["unit"] = str(one.unit)
    if len(one.values) > 1:
        described["constraints"] = {"enum": list(one.values)}
    return described


def _fieldwork(reading: Reading, code: str) -> dict[str, Any]:
    country = reading.result.country(code)
    return {
        "country": code,
        "title": reading.country_name(country),
        "from": country.fieldwork_from,
        "to": country.fieldwork_to,
        "modes": country.modes,
    }
