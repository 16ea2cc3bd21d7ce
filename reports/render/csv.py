"""The whole result as tidy CSV: one row a figure, all countries and blocks. UTF-8 without a byte order mark."""

import csv
import io
from collections.abc import Iterator

from django.utils import translation

from reports.plan import Average
from reports.render.document import AUDIT_HEAD
from reports.render.fields import COLUMNS, NUMBERS
from reports.render.notes import caution
from reports.render.reading import Reading, flag
from reports.table import SCALAR, TOTAL, Cell, CountryResult, IndicatorResult, TableResult, round_half_up
from survey.language import ui_language
from survey.protocol.cells import harmless
from survey.protocol.fingerprints import digest

# More than print shows, so that a program can go on with it.
P_DECIMALS = 6
_OF_THE_COUNTRY = (
    *("participants", "respondents", "fieldwork_from", "fieldwork_to", "modes", "release", "cut"),
    *("preliminary", "held_back", "signed_off_by"),
)


def render(reading: Reading) -> bytes:
    """Values and averages as they are printed; empty where `state` is not “shown”. Lines end in CR LF (RFC 4180).

    Texts that a spreadsheet could take for a formula are led by an apostrophe. A contrast of groups stands beside its
    country's total, one of countries beside all their totals.
    """
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    with translation.override(ui_language(reading.language)):
        writer.writerows({name: _field(name, value) for name, value in row.items()} for row in _rows(reading))
    return file.getvalue().encode()


def _field(name: str, value: str | int | bool | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and name not in NUMBERS:
        return harmless(value)
    return "" if value is None else str(value)


def _rows(reading: Reading) -> Iterator[dict[str, str | int | None]]:
    always = _always(reading)
    for table in reading.result.tables:
        for name in table.indicators:
            for row in _figures(reading, table, reading.result.indicator(name)):
                yield {**always, **row}


def _always(reading: Reading) -> dict[str, str | int | None]:
    made = reading.result.provenance
    return {
        "study": reading.result.study,
        "synthetic": reading.result.synthetic,
        "version": made.version,
        "instrument_hash": made.instrument_hash,
        "layout_hash": made.layout_hash,
        "plan_hash": made.plan_hash,
        "result_hash": digest(reading.result.to_json()),
        "threshold": made.threshold,
        "made_on": made.made_on,
        "software": made.software,
        "audit_trail": made.audit_head[:AUDIT_HEAD],
        "caution": _caution(reading),
    }


def _caution(reading: Reading) -> str:
    with translation.override(ui_language(reading.language)):
        return caution()


def _figures(reading: Reading, table: TableResult, indicator: IndicatorResult) -> Iterator[dict[str, str | int | None]]:
    for country in reading.result.countries:
        cells = indicator.cells.get(country.code, {})
        for block in (TOTAL, *(name for name in indicator.blocks if name in cells)):
            row = cells.get(block, {})
            for category in dict.fromkeys(name for name in (SCALAR, *indicator.categories) if name in row):
                yield {
                    "table": table.id,
                    "indicator": indicator.id,
                    "label": reading.label(indicator),
                    "stat": indicator.stat,
                    **_place(reading, indicator, country, block, category),
                    **_figure(indicator, row[category]),
                    **_fieldwork(country),
                    **_range(reading, indicator, country, block, category),
                    **(_contrast(reading, indicator, country) if (block, category) == (TOTAL, SCALAR) else {}),
                    **(_averages(indicator, country.code, category) if block == TOTAL else {}),
                }


def _place(
    reading: Reading, indicator: IndicatorResult, country: CountryResult, block: str, category: str
) -> dict[str, str | int | None]:
    return {
        "country": country.code,
        "country_label": reading.country_name(country),
        "block": block,
        "block_label": "" if block == TOTAL else reading.block_label(indicator, block),
        "category": category,
        "category_label": "" if category == SCALAR else reading.category_label(indicator, category),
    }


def _fieldwork(country: CountryResult) -> dict[str, str | int | None]:
    """When and how people of the country were asked, and which of their answers this is."""
    return {name: getattr(country, name) for name in _OF_THE_COUNTRY}


def _figure(indicator: IndicatorResult, cell: Cell) -> dict[str, str | int | None]:
    value = None if cell.value is None else round_half_up(cell.value, indicator.decimals)
    return {
        **{"k": cell.k, "n": cell.n, "value": value, "state": cell.state.value},
        **{"base_mark": flag(indicator, cell), "decimals": indicator.decimals},
    }


def _range(
    reading: Reading, indicator: IndicatorResult, country: CountryResult, block: str, category: str
) -> dict[str, str | int | None]:
    annex = reading.result.annex
    found = annex.range_of(indicator.id, country.code, block, category) if annex else None
    if found is None:
        return {}
    low, high = (round_half_up(bound, indicator.decimals) for bound in found)
    return {"range_low": low, "range_high": high}


def _contrast(reading: Reading, indicator: IndicatorResult, country: CountryResult) -> dict[str, str | int | None]:
    annex = reading.result.annex
    found = annex.contrast(indicator.id, country.code) if annex else None
    if found is None:
        return {}
    numbers = {"p": found.p, "p_holm": found.adjusted}
    return {
        "family": found.family,
        "compared": found.of.value,
        "test": found.method or found.untested,
        "declared_tests": found.together or None,
        **{name: None if p is None else round_half_up(p, P_DECIMALS) for name, p in numbers.items()},
    }


def _averages(indicator: IndicatorResult, country: str, category: str) -> dict[str, str | int | None]:
    """The average as this country's readers see it; under `others` the country itself is not in it."""
    value = indicator.averages.get(country, {}).get(category)
    printed = "" if value is None else round_half_up(value, indicator.decimals)
    return {"average_all" if indicator.average == Average.ALL else "average_others": printed}
