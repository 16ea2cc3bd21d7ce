"""In every format a hidden cell reads “too few to show” and is never a number; threshold and sign-off are printed."""

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest
from django.template.loader import render_to_string

from reports.render import FORMATS, render
from reports.render.document import describe
from reports.table import TOTAL, Cell, Result, State
from tests.reports.reading_back import text_of
from tests.reports.results import across, country, indicator, percent, result

# A base that stands nowhere else, and the count that nobody may see: 61 of 67.
BASE, COUNT = 67, 61
HIDDEN = Cell(State.TOO_FEW, n=BASE)
SAYS = "too few to show"
DATA = ("csv", "json", "data")


def hidden() -> Result:
    """Mexico hides its total and its blocks, Colombia prints; Mexico's lowest and highest are signed for."""
    own = indicator(
        {"MX": {TOTAL: {"": HIDDEN}}, "CO": {TOTAL: {"": percent(40, 80)}}},
        average="all",
    )
    signed = tuple(country(code, signed_off_by="Ethics lead") for code in ("MX", "CO"))
    made = replace(result().provenance, threshold=7)
    return result(own, countries=signed, provenance=made)


@pytest.mark.parametrize("kind", ["docx", "pdf", "xlsx", "charts"])
def test_a_hidden_cell_reads_too_few_to_show(kind: str) -> None:
    assert SAYS in " ".join(text_of(render(hidden(), kind, "MX", "en"), kind).split())


@pytest.mark.parametrize("kind", DATA)
def test_in_data_it_is_a_state(kind: str) -> None:
    assert '"too_few"' in text_of(render(hidden(), kind, "MX", "en"), kind).replace(",too_few,", '"too_few"')


@pytest.mark.parametrize("kind", FORMATS)
def test_neither_the_count_nor_the_rest_is_in_any_file(kind: str) -> None:
    text = text_of(render(hidden(), kind, "MX", "en"), kind)
    told = [f"{value:.{places}f}" for value in (100 * COUNT / BASE, 100 - 100 * COUNT / BASE) for places in (1, 2)]
    assert [one for one in told if one in text] == []


def test_a_hidden_cell_has_neither_count_nor_value_in_data() -> None:
    [row] = [one for one in _rows(hidden()) if one["state"] == "too_few"]
    assert (row["k"], row["n"], row["value"]) == ("", str(BASE), "")
    [own] = _stored()["indicators"]
    assert own["cells"]["MX"][TOTAL][""] == {"state": "too_few", "value": None, "k": None, "n": BASE}


def _stored() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(render(hidden(), "json", "MX", "en"))
    return found.get("result", found)


def _rows(own: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render(own, "csv", "MX", "en").decode(), newline="")))


def test_the_page_reads_too_few_to_show() -> None:
    [table] = describe(hidden(), "MX", "en").tables
    page = render_to_string("reports/_table.html", {"table": table})
    assert SAYS in page
    assert "61" not in page


@pytest.mark.parametrize("kind", ["docx", "pdf", "xlsx", "json"])
def test_threshold_and_sign_off_are_printed(kind: str) -> None:
    text = text_of(render(hidden(), kind, "MX", "en"), kind)
    assert "Ethics lead" in text
    assert ("threshold 7" in text) or (kind == "json" and _stored()["provenance"]["threshold"] == 7)


def test_the_threshold_is_in_every_line_of_the_data() -> None:
    assert {row["threshold"] for row in _rows(hidden())} == {"7"}


def test_no_average_is_printed_beside_a_hidden_country() -> None:
    [own] = hidden().indicators
    assert own.averages == {}
    assert result(indicator(across((40, 80), (20, 80), codes=("MX", "CO")))).indicators[0].averages != {}
