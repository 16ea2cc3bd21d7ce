"""What must be right in every format: origin, odd results, no formulas, the same bytes anywhere."""

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from django.utils import translation
from openxml_audit import OpenXmlValidator

from reports.render import FORMATS, render
from reports.table import TOTAL, Cell, Result, State
from tests.reports.reading_back import text_of
from tests.reports.results import ASSESS, FIVE, TOO_FEW, across, country, indicator, labels, percent, result, table
from tests.reports.sample import sample

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "es-MX", "ar")
FORMULA = "=HYPERLINK(1)"
# Each of these is what somebody's data will hold one day.
ODD = {
    "formulas": result(
        indicator(across(*ASSESS), label=labels(FORMULA), question=labels("@SUM(A1)")),
        title=FORMULA,
        countries=tuple(country(code, label=labels(FORMULA), modes="+1+1", signed_off_by="-1") for code in FIVE),
        tables=[table("practice.assess", title=labels(FORMULA), stub=labels("-1"), column=labels("+1"))],
    ),
    "500 characters": result(
        indicator(across(*ASSESS), label=labels("x" * 500)),
        title="word " * 100,
        countries=tuple(country(code, label=labels("x" * 500)) for code in FIVE),
        tables=[table("practice.assess", id="y" * 500, title=labels("word " * 100), column=labels("x" * 500))],
    ),
    "a base of zero": result(indicator(across(*ASSESS[:4], Cell(State.NO_ANSWERS, n=0)))),
    "a country without answers": result(
        indicator(across(TOO_FEW, Cell(State.NO_ANSWERS, n=0), codes=("MX", "CO"))),
        countries=(country("MX"), country("CO", respondents=0, fieldwork_from="", fieldwork_to="", modes="")),
    ),
    "not asked there": result(indicator(across((40, 80), Cell(State.NOT_ASKED), codes=("MX", "CO")))),
    "signs without a font": result(indicator(across(*ASSESS), label=labels("bell \x07 and 😀 and ሰላም\tand\nmore"))),
    "all the same": result(indicator(across((80, 80), codes=("MX",)))),
    "fifty countries": result(
        indicator(across(*[(40, 80)] * 50, codes=["MX", *(f"C{number}" for number in range(49))]))
    ),
    "fourteen groups": result(
        indicator(
            {"MX": {TOTAL: {"": percent(70, 140)}, **{f"b{number}": {"": percent(5, 10)} for number in range(14)}}},
            blocks={f"b{number}": labels(f"Group {number}") for number in range(14)},
        ),
        show="split",
    ),
}


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_file_tells_fieldwork_hashes_and_that_it_is_synthetic(kind: str, language: str) -> None:
    text = text_of(render(sample(), kind, "MX", language), kind)
    # What takes the text out of a PDF turns the hashes round in lines from the right.
    turned = slice(None, None, -1) if (kind, language) == ("pdf", "ar") else slice(None)
    told = ("2015-08-03", "2016-04-29", *(code[turned] for code in ("1a" * 32, "2b" * 32, "3c" * 32)))
    assert [one for one in told if one not in text] == []
    assert "interview" in text
    if kind not in {"csv", "json"}:
        assert "SYNTHETIC" in text


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", ODD)
def test_odd_results_make_files_in_either_direction(kind: str, name: str) -> None:
    for language in ("en", "ar"):
        assert render(ODD[name], kind, "MX", language)


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_word_and_excel_have_nothing_to_repair(kind: str, name: str, tmp_path: Path) -> None:
    for language in ("en", "ar"):
        file = tmp_path / f"{language}.{kind}"
        file.write_bytes(render(ODD[name], kind, "MX", language))
        assert [error.description for error in OpenXmlValidator().validate(str(file)).errors] == []


def test_a_workbook_of_formula_like_texts_holds_no_formula() -> None:
    book = openpyxl.load_workbook(io.BytesIO(render(ODD["formulas"], "xlsx", "MX", "en")))
    kinds = {cell.data_type for sheet in book.worksheets for row in sheet.iter_rows() for cell in row}
    assert kinds == {"s", "n"}
    led = [
        cell.value for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.data_type == "s"
    ]
    assert [text for text in led if text.startswith(("=", "+", "-", "@"))] == []


@pytest.mark.parametrize("kind", ["csv", "dictionary"])
def test_a_text_file_of_formula_like_texts_holds_no_formula(kind: str) -> None:
    text = render(ODD["formulas"], kind, "MX", "en").decode()
    fields = [field.strip('"') for line in text.splitlines() for field in line.split(",")]
    assert [field for field in fields if field.startswith(("=", "+", "@")) or field == "-1"] == []


def test_a_figure_below_zero_stays_a_number_in_csv() -> None:
    below = replace(
        indicator(across((40, 80), codes=("MX",))), cells={"MX": {TOTAL: {"": Cell(State.SHOWN, -3, None, 80)}}}
    )
    head, row = render(result(below), "csv", "MX", "en").decode().splitlines()
    assert dict(zip(head.split(","), row.split(","), strict=False))["value"] == "-3.0"


@pytest.mark.parametrize("kind", FORMATS)
def test_the_language_of_the_page_around_changes_nothing(kind: str) -> None:
    unstated = indicator(
        {"MX": {TOTAL: {"": percent(40, 80)}, "unstated": {"": percent(40, 80)}}}, blocks={"unstated": {}}
    )
    plain = render(result(unstated), kind, "MX", "es-MX")
    with translation.override("ar"):
        assert render(result(unstated), kind, "MX", "es-MX") == plain


def test_another_place_another_clock_and_another_order_of_hashes_give_the_same_bytes(tmp_path: Path) -> None:
    """In processes of their own: one in Mexico City, one in Cairo, with other locales and hash seeds."""
    places = [("America/Mexico_City", "C", "1"), ("Africa/Cairo", "C.UTF-8", "4711")]
    assert len({_digests(tmp_path, *place) for place in places}) == 1


def _digests(folder: Path, zone: str, locale: str, seed: str) -> str:
    program = folder / "digests.py"
    program.write_text(_PROGRAM, "utf-8")
    environment = {**os.environ, "TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, str(program)], env=environment, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


_PROGRAM = """
import hashlib
import django
django.setup()
from reports.render import FORMATS, render
from tests.reports.sample import sample
for kind in FORMATS:
    for language in ("en", "ar"):
        print(kind, language, hashlib.sha256(render(sample(), kind, "KE", language)).hexdigest())
"""


@pytest.mark.parametrize("kind", [name for name, own in FORMATS.items() if own.extension in ("docx", "xlsx", "zip")])
def test_archives_know_no_time(kind: str) -> None:
    with zipfile.ZipFile(io.BytesIO(render(sample(), kind, "MX", "en"))) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_result_hash_in_the_csv_is_that_of_the_json() -> None:
    own: Result = sample()
    stored = json.loads(render(own, "json", "MX", "en"))
    head, row = render(own, "csv", "MX", "en").decode().splitlines()[:2]
    assert hashlib.sha256(_canonical(stored["result"])).hexdigest() == stored["sha256"]
    assert stored["sha256"] in row.split(",")
    assert "result_hash" in head.split(",")


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
