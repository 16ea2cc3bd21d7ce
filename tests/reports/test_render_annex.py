"""The annex in words and files, the marks of small bases, and the caution that no format leaves out."""

import csv
import io
import json
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import polib
import pytest

from reports.contrasts import annex
from reports.plan import Indicator, Stat
from reports.render import FORMATS, render
from reports.render.document import Section, describe
from reports.render.tables import Table
from reports.table import SCALAR, TOTAL, Cells, IndicatorResult, Result
from survey.protocol.schema import Texts
from tests.reports.reading_back import text_of
from tests.reports.results import LANGUAGES, TOO_FEW, across, indicator, labels, percent, result, table, total

ROOT = Path(__file__).resolve().parents[2]
GENDER = {"woman": labels("Women", "Mujeres", "نساء"), "man": labels("Men", "Hombres", "رجال"), "unstated": labels("")}
CAUTION = "The participants were chosen for the study on purpose, not drawn at random."


def split(**blocks: tuple[int, int]) -> Cells:
    k, n = (sum(part) for part in zip(*blocks.values(), strict=True))
    return {TOTAL: {SCALAR: percent(k, n)}, **{name: {SCALAR: percent(*pair)} for name, pair in blocks.items()}}


def with_annex(own: Result) -> Result:
    """As `compare` makes it, where every indicator of a family is in the result."""
    plan = [
        Indicator(
            one.id,
            one.id,
            Stat(one.stat),
            Texts({}),
            counted=("yes",) if one.stat == "percent_in" else (),
            split="gender" if one.blocks else "",
            family=one.family,
        )
        for one in own.indicators
    ]
    cells = {
        country.code: {one.id: one.cells.get(country.code, {}) for one in own.indicators} for country in own.countries
    }
    return replace(own, annex=annex(plan, {one.id for one in own.indicators}, cells))


def one(name: str, cells: dict[str, Cells], family: str = "", **changes: Any) -> IndicatorResult:
    blocks = GENDER if any(len(own) > 1 for own in cells.values()) else {}
    return indicator(cells, "", id=name, label=labels(name), family=family, **{"blocks": blocks, **changes})


TRAINING = one("Training", {"MX": split(woman=(35, 44), man=(25, 30)), "CO": total(percent(50, 74))}, "gender")
TIME = one("Time", {"MX": split(woman=(43, 44), man=(7, 30), unstated=(6, 12)), "CO": total(TOO_FEW)}, "gender")
HIDDEN = one("Hidden", {"MX": total(percent(50, 74)), "CO": total(TOO_FEW)}, "gender", blocks=GENDER)
ACROSS = one("Assess", across((43, 72), (20, 74), codes=("MX", "CO")), "across")
OWN = with_annex(result(TRAINING, TIME, HIDDEN, ACROSS, show="split"))


def annex_of(own: Result, focal: str = "MX", language: str = "en") -> Section:
    """The annex of a document; one without a table where there is none."""
    found = [part for part in describe(own, focal, language).sections if part.id == "annex"]
    return found[0] if found else Section("annex", "")


def annexed(own: Result = OWN, focal: str = "MX", language: str = "en") -> dict[str, Table]:
    return {part.id: part for part in annex_of(own, focal, language).tables}


def texts(part: Table) -> list[list[str]]:
    return [[row.label, *(entry.text for entry in row.entries)] for row in part.rows]


def test_groups_are_compared_in_words_for_the_focal_country() -> None:
    own = annexed()["annex.blocks.gender"]
    assert own.caption == "Differences between groups in Mexico: gender"
    assert [column.head for column in own.columns] == ["Groups", "p", "p (Holm)", "Reading"]
    assert texts(own) == [
        ["Training", "Women 79.5%† (n 44), Men 83.3%† (n 30)", "0.769", "1.000", "no clear difference"],
        [
            "Time",
            "Women 97.7%† (n 44), Men 23.3%† (n 30)",
            "< 0.001",
            "< 0.001",
            "a difference unlikely to be chance in this sample",
        ],
        ["Hidden", "–", "–", "–", "not compared: not every figure is printed"],
    ]
    assert own.notes == ("Fisher's exact test: Training; Time.", "Adjusted for 3 declared comparisons.")


def test_countries_are_compared_whichever_is_focal() -> None:
    mexico, colombia = (annexed(focal=focal)["annex.countries.across"] for focal in ("MX", "CO"))
    assert mexico == colombia
    assert mexico.caption == "Differences between countries: across"
    assert texts(mexico) == [["Assess", "< 0.001", "< 0.001", "a difference unlikely to be chance in this sample"]]


def test_a_country_whose_split_is_hidden_says_so() -> None:
    reasons = [row[-1] for row in texts(annexed(focal="CO")["annex.blocks.gender"])]
    assert reasons == ["not compared: not every figure is printed"] * 3


def test_ranges_stand_beside_the_figures_with_the_blocks_of_a_split() -> None:
    own = annexed()["annex.practices"]
    assert own.caption == "Security practices: range if these were a random sample; they were not"
    assert [column.head for column in own.columns] == ["Mexico", "n", "From", "To"]
    assert texts(own)[:3] == [
        ["Training", "81.1%", "74", "70.7%", "88.4%"],
        ["Women", "79.5%†", "44", "65.5%", "88.8%"],
        ["Men", "83.3%†", "30", "66.4%", "92.7%"],
    ]


def test_a_figure_that_is_not_printed_has_no_range() -> None:
    assert texts(annexed(focal="CO")["annex.practices"])[1] == ["Time", "too few to show", "12", "–", "–"]


def test_a_table_without_percentages_has_no_ranges() -> None:
    mean = one("Age", across((43, 72), codes=("MX",)), stat="mean")
    assert annexed(with_annex(result(mean))) == {}


def test_a_result_from_before_has_no_annex() -> None:
    own = describe(result(), "MX", "en")
    assert own.sections == ()


def test_notes_on_tests_stand_only_where_something_is_compared() -> None:
    plain = with_annex(result(indicator(across((43, 72), (20, 74), codes=("MX", "CO")))))
    assert len(annex_of(plain).paragraphs) == 2
    assert len(annex_of(OWN).paragraphs) == 5


def test_the_main_tables_say_nothing_of_tests() -> None:
    document = describe(OWN, "MX", "en")
    said = [part.caption for part in document.tables] + [note for part in document.tables for note in part.notes]
    assert not re.search(r"\bp\b|Holm|chance|random", " ".join(said))


# Every format ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["docx", "xlsx", "csv", "json"])
def test_every_format_carries_the_caution(kind: str) -> None:
    assert CAUTION in text_of(render(OWN, kind, "MX", "en"), kind)


@pytest.mark.parametrize("kind", ["docx", "xlsx", "csv"])
def test_every_format_marks_figures_that_rest_on_few_people(kind: str) -> None:
    few = result(one("Few", {"MX": split(woman=(20, 29), man=(25, 49), unstated=(30, 50))}), show="split")
    said = text_of(render(few, kind, "MX", "en"), kind)
    assert "†" in said
    assert "‡" in said


def test_excel_shows_the_mark_and_keeps_the_number() -> None:
    book = openpyxl.load_workbook(io.BytesIO(render(OWN, "xlsx", "MX", "en")))
    cell = next(one for row in book["practices"].iter_rows() for one in row if one.value and "†" in one.number_format)
    assert cell.number_format == '0.0"%†"'
    assert cell.value == pytest.approx(3500 / 44)


def test_the_annex_is_one_sheet_of_the_workbook_with_real_numbers() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(render(OWN, "xlsx", "MX", "ar")))
    rows = [[cell for cell in row if cell.value is not None] for row in sheet.worksheets[-2].iter_rows()]
    [training, *_] = [row for row in rows if row and row[0].value == "Training"]
    assert [round(cell.value, 3) for cell in training[2:4]] == [0.769, 1]
    assert [cell.number_format for cell in training[2:4]] == ["0.000", "0.000"]
    [_, ranges] = [row for row in rows if row and row[0].value == "Training"]
    assert [round(cell.value, 1) for cell in ranges[1:]] == [81.1, 74, 70.7, 88.4]
    [time, *_] = [row for row in rows if row and row[0].value == "Time"]
    assert time[2].number_format == '[<0.001]"< 0.001";0.000'


def test_csv_holds_ranges_beside_figures_and_contrasts_beside_totals() -> None:
    lines = list(csv.DictReader(io.StringIO(render(OWN, "csv", "MX", "en").decode(), newline="")))
    own = {(row["indicator"], row["country"], row["block"]): row for row in lines}
    women = own["Training", "MX", "woman"]
    assert (women["base_mark"], women["range_low"], women["range_high"], women["p"]) == ("†", "65.5", "88.8", "")
    whole = own["Training", "MX", TOTAL]
    names = ("family", "compared", "test", "p", "p_holm", "declared_tests")
    assert [whole[name] for name in names] == ["gender", "blocks", "fisher", "0.769220", "1.000000", "3"]
    assert [own["Hidden", "MX", TOTAL][name] for name in names] == ["gender", "blocks", "not_printed", "", "", "3"]
    assert own["Assess", "MX", TOTAL]["p"] == own["Assess", "CO", TOTAL]["p"] != ""
    assert {row["caution"].startswith(CAUTION) for row in lines} == {True}


def test_json_holds_the_annex_and_the_caution_in_every_language() -> None:
    found = json.loads(render(OWN, "json", "MX", "en"))
    assert list(found["caution"]) == sorted(LANGUAGES)
    assert found["result"]["annex"]["contrasts"][0]["p"] == "0.7692199177"


def test_an_arabic_annex_keeps_numbers_in_their_order() -> None:
    own = annexed(language="ar")["annex.blocks.gender"]
    assert own.rows[1].entries[1].text == "\u2066< 0.001\u2069"
    assert own.rows[0].entries[1].number == Fraction("0.7692199177")


# Words that are never used --------------------------------------------------------------------------------------------

# In every language, as statisticians use them. The questionnaire's own “significant barrier” is a sheet of a study.
FORBIDDEN = re.compile(
    r"significant|significativ|significanc|signifikan"
    r"|margin of error|margen de error|marjin kesalahan|pambizo ya makosa"
    r"|هامش الخطأ|دلالة إحصائية|دال إحصائي",
    re.IGNORECASE,
)


@pytest.mark.parametrize("language", ["es", "id", "sw", "ar"])
def test_no_catalogue_says_significant_or_margin_of_error(language: str) -> None:
    file = polib.pofile(str(ROOT / f"locale/{language}/LC_MESSAGES/django.po"), encoding="utf-8")
    said = [text for entry in file for text in (entry.msgid, entry.msgstr, *entry.msgstr_plural.values())]
    assert [text for text in said if FORBIDDEN.search(text)] == []


def test_no_template_and_no_source_of_reports_says_it() -> None:
    files = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "reports").rglob("*.py")]
    assert [str(path) for path in files if FORBIDDEN.search(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("kind", sorted(FORMATS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_file_says_it(kind: str, language: str) -> None:
    assert not FORBIDDEN.search(text_of(render(OWN, kind, "MX", language), kind))


def test_a_document_says_it_only_where_the_questionnaire_does() -> None:
    barrier = replace(TRAINING, label=labels("Rather significant barrier"))
    document = annex_of(with_annex(result(barrier, tables=[table("Training")])))
    assert "Rather significant barrier" in document.tables[0].rows[0].label
