"""Word files, opened again: footnotes that Word finds, tables that repeat their head, either direction."""

import io
import re
import zipfile

import docx
import pytest
from lxml import etree

from reports.render import render
from reports.table import Result, Wording
from tests.reports.results import ASSESS, across, indicator, labels, result, synthetic

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def parts(own: Result, language: str = "en") -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(render(own, "docx", "MX", language))) as file:
        return {name: file.read(name) for name in file.namelist()}


def three_rows() -> Result:
    return result(*(indicator(across(*ASSESS), id=f"row{number}") for number in range(3)))


def test_every_reference_has_its_footnote() -> None:
    own = parts(three_rows())
    document, notes = etree.fromstring(own["word/document.xml"]), etree.fromstring(own["word/footnotes.xml"])
    referred = [mark.get(f"{W}id") for mark in document.iter(f"{W}footnoteReference")]
    kept = [note.get(f"{W}id") for note in notes.iter(f"{W}footnote") if note.get(f"{W}type") is None]
    assert referred == kept == ["1", "2", "3"]
    assert "".join(notes[2].itertext()) == (
        " Percentages in other countries: Colombia 55.4%, Kenya 71.1%, Indonesia 60.2%, Egypt 51.3% (Average 59.5%)."
    )


def test_a_row_that_a_country_words_for_itself_has_a_footnote_at_its_label() -> None:
    own = result(
        indicator(across(*ASSESS), wordings=(Wording("KE", "sw", "Mara ngapi?", "How many times?", "Short."),))
    )
    there = parts(own)
    document, notes = etree.fromstring(there["word/document.xml"]), etree.fromstring(there["word/footnotes.xml"])
    cells = next(document.iter(f"{W}tbl")).findall(f"{W}tr")[1].findall(f"{W}tc")
    marks = [[mark.get(f"{W}id") for mark in cell.iter(f"{W}footnoteReference")] for cell in cells]
    assert marks == [["1"], ["2"], []]
    assert "".join(notes[2].itertext()) == (
        " In Kenya the question is worded in another way (Kiswahili): “Mara ngapi?”. "
        "In translation: “How many times?”. Reason: Short."
    )


def test_the_footnotes_are_related_declared_and_set() -> None:
    own = parts(three_rows())
    assert b'Target="footnotes.xml"' in own["word/_rels/document.xml.rels"]
    assert b"/word/footnotes.xml" in own["[Content_Types].xml"]
    settings = etree.fromstring(own["word/settings.xml"])
    assert [note.get(f"{W}id") for note in settings.find(f"{W}footnotePr")] == ["-1", "0"]


def test_footnotes_have_their_styles_by_name() -> None:
    document = docx.Document(io.BytesIO(render(result(), "docx", "MX", "en")))
    assert {"Footnote Text", "Footnote Reference", "Caption", "Comparison Table"} <= {
        style.name for style in document.styles
    }
    assert document.tables[0].style.name == "Comparison Table"


def test_the_table_reads_as_it_was_described() -> None:
    document = docx.Document(io.BytesIO(render(result(), "docx", "MX", "en")))
    assert [[cell.text for cell in row.cells] for row in document.tables[0].rows] == [
        ["Practice", "Percent in Mexico", "n"],
        ["Assess the risks", "59.7%", "72"],
    ]
    captions = [one.text for one in document.paragraphs if one.style.name == "Caption"]
    assert captions == ["Security practices", "Participants and fieldwork"]


def test_the_head_is_repeated_and_no_row_breaks() -> None:
    document = docx.Document(io.BytesIO(render(three_rows(), "docx", "MX", "en")))
    rows = document.tables[0].rows
    assert [row._tr.trPr.find(f"{W}tblHeader") is not None for row in rows] == [True, False, False, False]
    assert all(row._tr.trPr.find(f"{W}cantSplit") is not None for row in rows)


def test_the_grid_and_the_cells_agree_on_widths() -> None:
    document = docx.Document(io.BytesIO(render(result(), "docx", "MX", "en")))
    own = document.tables[0]
    assert [column.width for column in own.columns] == [cell.width for cell in own.rows[1].cells]


def test_synthetic_files_say_so_in_the_header_and_on_the_page() -> None:
    document = docx.Document(io.BytesIO(render(synthetic(result()), "docx", "MX", "es-MX")))
    assert document.sections[0].header.paragraphs[0].text == "SYNTHETIC"
    assert [one.style.name for one in document.paragraphs if "SYNTHETIC" in one.text] == ["Report Banner"]
    plain = docx.Document(io.BytesIO(render(result(), "docx", "MX", "es-MX")))
    assert plain.sections[0].header.paragraphs[0].text == ""


def test_every_page_names_the_result_and_its_number() -> None:
    own = parts(result())
    footer = next(text.decode() for name, text in own.items() if re.match(r"word/footer\d", name))
    assert "Instrument 1a1a1a1a" in footer
    assert " PAGE " in footer


def test_arabic_tables_paragraphs_and_runs_run_from_the_right() -> None:
    own = parts(result(), "ar")
    document, notes = etree.fromstring(own["word/document.xml"]), etree.fromstring(own["word/footnotes.xml"])
    tables, body = list(document.iter(f"{W}tbl")), list(document.iter(f"{W}p"))
    assert all(table.find(f"{W}tblPr/{W}bidiVisual") is not None for table in tables)
    assert all(one.find(f"{W}pPr/{W}bidi") is not None for one in body if "".join(one.itertext()))
    words = [run for run in notes.iter(f"{W}r") if "كولومبيا" in "".join(run.itertext())]
    numbers = [run for run in notes.iter(f"{W}r") if "55.4%" in "".join(run.itertext())]
    assert all(run.find(f"{W}rPr/{W}rtl") is not None for run in words)
    assert ["".join(run.itertext()) for run in numbers] == ["\u200e55.4%\u200e"]
    assert all(run.find(f"{W}rPr/{W}rtl") is None for run in numbers)


def test_english_has_no_marks_of_direction() -> None:
    own = parts(result())
    assert b"w:rtl" not in own["word/document.xml"]
    assert b"bidiVisual" not in own["word/document.xml"]


@pytest.mark.parametrize("language", ["en", "es-MX", "ar"])
def test_the_language_of_the_text_is_declared(language: str) -> None:
    styles = etree.fromstring(parts(result(), language)["word/styles.xml"])
    declared = styles.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}lang")
    assert declared.get(f"{W}val") == declared.get(f"{W}bidi") == language


def test_properties_name_nobody() -> None:
    own = docx.Document(io.BytesIO(render(result(), "docx", "MX", "en"))).core_properties
    assert (own.author, own.last_modified_by, own.comments) == ("", "", "")
    assert own.created.isoformat()[:10] == "2026-11-23"
    assert not any("thumbnail" in name for name in parts(result()))


def test_signs_that_xml_cannot_hold_are_left_out() -> None:
    own = result(indicator(across(*ASSESS), label=labels("a\x00<b>&\x0bc")))
    document = docx.Document(io.BytesIO(render(own, "docx", "MX", "en")))
    assert document.tables[0].rows[1].cells[0].text == "a<b>&c"
