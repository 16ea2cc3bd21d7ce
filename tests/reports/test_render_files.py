"""Excel, CSV and JSON files read back, and what holds for every format."""

import csv
import hashlib
import io
import json
from dataclasses import replace

import openpyxl
import pytest

from reports.render import FORMATS, RenderError, file_name, render
from reports.table import SCALAR, TOTAL, Cell, Result, State
from tests.reports.reading_back import text_of
from tests.reports.results import ASSESS, TOO_FEW, across, indicator, labels, percent, result, synthetic, table

LONG = labels("x" * 500)


def workbook(own: Result, language: str = "en") -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(render(own, "xlsx", "MX", language)))


def rows(own: Result, language: str = "en") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render(own, "csv", "MX", language).decode(), newline="")))


def wide(countries: int) -> Result:
    codes = ["MX", *(f"C{number}" for number in range(1, countries))]
    return result(indicator(across(*[(40, 80)] * countries, codes=codes)))


# Every format ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("language", ["en", "es-MX", "ar"])
def test_the_same_result_gives_the_same_bytes(kind: str, language: str) -> None:
    again = Result.from_json(json.loads(json.dumps(result().to_json())))
    assert render(result(), kind, "MX", language) == render(again, kind, "MX", language)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    "own",
    [
        result(indicator(across((43, 72), codes=("MX",)))),
        wide(50),
        result(indicator(across(*ASSESS), label=LONG), tables=[table("practice.assess", title=LONG, column=LONG)]),
        result(indicator(across(TOO_FEW, Cell(State.NO_ANSWERS, n=0), codes=("MX", "CO")))),
    ],
    ids=["one country", "fifty countries", "500 characters", "nothing to print"],
)
def test_unusual_results_make_files(kind: str, own: Result) -> None:
    assert render(own, kind, "MX", "en")


HEAD = "0123456789ab" + "c" * 52


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_names_the_head_of_the_audit_trail(kind: str) -> None:
    own = result()
    noted = replace(own, provenance=replace(own.provenance, audit_head=HEAD))
    assert HEAD[:12] in text_of(render(noted, kind, "MX", "en"), kind)
    # What was stored before it was printed is read as before.
    assert HEAD[:12] not in text_of(render(own, kind, "MX", "en"), kind)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_country_outside_the_comparison_is_refused(kind: str) -> None:
    with pytest.raises(RenderError, match="“FR” is no country of this comparison"):
        render(result(), kind, "FR", "en")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(RenderError, match="“odt” is no format"):
        render(result(), "odt", "MX", "en")


def test_file_names_are_neutral() -> None:
    assert file_name(result(), "docx", "MX", "es-MX") == "comparison-mx-es-mx.docx"


# Excel ----------------------------------------------------------------------------------------------------------------


def test_excel_holds_real_numbers_for_every_country_and_the_average() -> None:
    sheet = workbook(result())["practices"]
    assert sheet["A1"].value == "Security practices"
    head, line = ([cell.value for cell in sheet[row]] for row in (3, 4))
    assert head[:7] == ["Practice", "Mexico", "Mexico: k", "Mexico: n", "Colombia", "Colombia: k", "Colombia: n"]
    assert head[-1] == "Average"
    assert line[:4] == ["Assess the risks", pytest.approx(100 * 43 / 72), 43, 72]
    assert line[-1] == pytest.approx(59.54, abs=0.005)
    assert sheet["B4"].number_format == '0.0"%"'


def test_excel_has_contents_notes_and_provenance() -> None:
    own = workbook(result())
    assert own.sheetnames == ["Contents", "practices", "fieldwork", "Notes", "Provenance"]
    assert own["Contents"]["A4"].hyperlink.location == "'practices'!A1"
    assert "1a" * 32 in [cell.value for cell in own["Provenance"]["B"]]


def test_excel_says_why_a_figure_is_absent() -> None:
    sheet = workbook(result(indicator(across((50, 100), TOO_FEW, codes=("MX", "CO")))))["practices"]
    assert [cell.value for cell in sheet[4]] == [
        *("Assess the risks", 50, 50, 100),
        *("too few to show", None, 12),
        "no average",
    ]


def test_excel_has_numbers_for_many_countries_too_and_marks_them() -> None:
    codes = ["MX", *(f"C{number}" for number in range(13))]
    cells = across((53, 72), (13, 40), *[(40, 80)] * 12, codes=codes)
    rows = {row[0].value: row for row in workbook(result(indicator(cells)))["practices-countries"].iter_rows()}
    assert [(cell.value, cell.number_format) for cell in rows["Country C0"][1:3]] == [
        (pytest.approx(100 * 13 / 40), '0.0"%†"'),
        (40, "0"),
    ]
    assert rows["Average"][1].value == pytest.approx((100 * 53 / 72 + 100 * 13 / 40 + 12 * 50) / 14)


def test_excel_says_of_a_group_what_other_formats_say() -> None:
    gender = {"woman": labels("Women"), "man": labels("Men")}
    cells = {TOTAL: {SCALAR: percent(41, 74)}, "woman": {SCALAR: percent(41, 74)}}
    both = {**cells, "man": {SCALAR: percent(0, 20)}}
    one, two, three = (
        indicator({"MX": own}, "", id=name, blocks=gender)
        for name, own in (("one", both), ("two", cells), ("three", {TOTAL: cells[TOTAL]}))
    )
    sheet = workbook(result(one, two, three, show="split"))["practices"]
    assert [[sheet.cell(row, column).value for column in (5, 8)] for row in (4, 5)] == [
        [pytest.approx(55.41, abs=0.005), "no answers"],
        ["not split", "not split"],
    ]


def test_excel_says_synthetic_on_every_sheet() -> None:
    for sheet in workbook(synthetic(result())).worksheets:
        assert str(sheet["A2"].value).startswith("SYNTHETIC")


def test_excel_gives_every_table_a_sheet_however_alike_their_ids() -> None:
    tables = [table("practice.assess", id=name) for name in ("notes", "x" * 40, "X" * 40, "a/b[c]")]
    names = workbook(result(tables=tables)).sheetnames
    assert names == ["Contents", "notes 1", "x" * 31, "X" * 23 + " 3", "a b c", "fieldwork", "Notes", "Provenance"]


def test_excel_runs_from_the_right_in_arabic() -> None:
    assert all(sheet.sheet_view.rightToLeft for sheet in workbook(result(), "ar").worksheets)
    assert not any(sheet.sheet_view.rightToLeft for sheet in workbook(result()).worksheets)


def test_excel_takes_no_label_for_a_formula() -> None:
    sheet = workbook(result(indicator(across(*ASSESS), label=labels("=1+1"))))["practices"]
    assert (sheet["A4"].value, sheet["A4"].data_type) == ("'=1+1", "s")


# CSV ------------------------------------------------------------------------------------------------------------------


def test_csv_has_every_country_whatever_the_focal_one() -> None:
    own = rows(result())
    assert [(row["country"], row["value"], row["k"], row["n"]) for row in own] == [
        ("MX", "59.7", "43", "72"),
        ("CO", "55.4", "41", "74"),
        ("KE", "71.1", "54", "76"),
        ("ID", "60.2", "50", "83"),
        ("EG", "51.3", "40", "78"),
    ]
    assert {row["average_all"] for row in own} == {"59.5"}
    assert {row["average_others"] for row in own} == {""}


def test_csv_gives_each_country_the_average_of_its_others() -> None:
    own = rows(result(indicator(across((90, 100), (50, 100), (70, 100), codes=("MX", "CO", "KE")), "others")))
    assert [(row["average_all"], row["average_others"]) for row in own] == [("", "60.0"), ("", "80.0"), ("", "70.0")]


def test_csv_keeps_the_reason_of_an_absent_figure() -> None:
    row = rows(result(indicator(across(TOO_FEW, (50, 100), codes=("MX", "CO")))))[0]
    assert (row["state"], row["value"], row["k"], row["n"], row["average_all"]) == ("too_few", "", "", "12", "")


def test_csv_has_a_row_for_every_block_and_category() -> None:
    blocks = {"woman": labels("Women"), "unstated": labels("")}
    split = {
        TOTAL: {SCALAR: percent(40, 80)},
        "woman": {SCALAR: percent(30, 60)},
        "unstated": {SCALAR: percent(10, 20)},
    }
    each = {TOTAL: {"low": percent(20, 80), "high": percent(60, 80)}}
    own = result(
        indicator({"MX": split}, "", blocks=blocks),
        indicator(
            {"MX": each},
            "",
            id="each",
            stat="percent_each",
            categories={"low": labels("Low"), "high": labels("High")},
        ),
    )
    assert [(row["block"], row["block_label"], row["category_label"], row["value"]) for row in rows(own)] == [
        ("all", "", "", "50.0"),
        ("woman", "Women", "", "50.0"),
        ("unstated", "Another or not stated", "", "50.0"),
        ("all", "", "Low", "25.0"),
        ("all", "", "High", "75.0"),
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_csv_neutralises_what_could_be_a_formula(start: str) -> None:
    own = rows(result(indicator(across(*ASSESS), label=labels(f"{start}cmd|' /C calc'!A0"))))
    assert own[0]["label"] == f"'{start}cmd|' /C calc'!A0"


def test_csv_has_no_byte_order_mark_and_says_synthetic_in_every_row() -> None:
    data = render(synthetic(result()), "csv", "MX", "ar")
    assert data.startswith(b"study,table,indicator")
    assert {row["synthetic"] for row in rows(synthetic(result()))} == {"yes"}


# JSON -----------------------------------------------------------------------------------------------------------------


def test_json_holds_the_stored_result_and_its_hash() -> None:
    own = json.loads(render(result(), "json", "KE", "ar"))
    assert own["schema"] == "survey-platform/comparison/1"
    assert Result.from_json(own["result"]) == replace(result())
    canonical = json.dumps(own["result"], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert own["sha256"] == hashlib.sha256(canonical.encode()).hexdigest()
