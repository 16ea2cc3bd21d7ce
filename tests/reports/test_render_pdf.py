"""PDF files, opened again: tagged, typeset as in print, either direction, and as their golden pictures."""

import ctypes
from dataclasses import replace

import numpy as np
import pypdfium2
import pytest
from pypdfium2 import raw

from reports.render import render
from reports.render.layout import parts
from reports.render.tables import Column, ColumnKind, Entry, Footnote, Row, Table
from reports.render.typesetting import pdf
from reports.table import Wording
from tests.pictures import BLOCK, LANGUAGES, MOST_DIFFERENT, difference, golden_picture
from tests.reports.reading_back import pages_of, text_of
from tests.reports.results import ASSESS, across, indicator, labels, result
from tests.reports.sample import sample


def document(language: str = "en") -> pypdfium2.PdfDocument:
    return pypdfium2.PdfDocument(render(sample(), "pdf", "MX", language))


def pages(own: pypdfium2.PdfDocument) -> list[str]:
    return [page.get_textpage().get_text_bounded() for page in own]


def test_it_is_tagged_and_names_its_language_and_title() -> None:
    own = document("es-MX")
    length = raw.FPDFCatalog_GetLanguage(own, None, 0)
    language = ctypes.create_string_buffer(length)
    raw.FPDFCatalog_GetLanguage(own, ctypes.cast(language, ctypes.POINTER(ctypes.c_ushort)), length)
    assert raw.FPDFCatalog_IsTagged(own)
    assert language.raw.decode("utf-16-le").rstrip("\0") == "es-MX"
    assert own.get_metadata_dict()["Title"] == "Survey: resultados de México"
    assert own.get_metadata_dict()["Author"] == ""


def test_every_page_says_synthetic_and_carries_hashes_and_its_number() -> None:
    told = pages(document())
    for number, page in enumerate(told, start=1):
        assert page.startswith("SYNTHETIC")
        assert "Instrument 1a1a1a1a · Layout 2b2b2b2b · Plan 3c3c3c3c" in page
        assert f"{number} / {len(told)}" in page
    assert not text_of(render(result(), "pdf", "MX", "en"), "pdf").startswith("SYNTHETIC")


def test_footnotes_stand_at_the_foot_of_the_page_of_their_figure() -> None:
    first = " ".join(pages(document())[0].split())
    assert "59.7%1" in first
    assert first.index("Percentages in other countries: Colombia 55.4%") > first.index("Training by gender")


def test_a_footnote_of_a_label_stands_at_the_foot_too() -> None:
    own = result(
        indicator(across(*ASSESS), wordings=(Wording("KE", "sw", "Mara ngapi?", "How many times?", "Short."),))
    )
    told = " ".join(text_of(render(own, "pdf", "MX", "en"), "pdf").split())
    assert "Assess the risks1 59.7%2" in told
    assert "1In Kenya the question is worded in another way (Kiswahili): “Mara ngapi?”." in told


def test_a_long_table_repeats_its_head_on_every_page() -> None:
    own = result(*(indicator(across(*ASSESS), "", id=f"row{number}") for number in range(70)))
    told = pages(pypdfium2.PdfDocument(render(own, "pdf", "MX", "en")))
    with_rows = [page for page in told if "Assess the risks\r\n59.7%" in page or "Assess the risks 59.7%" in page]
    assert len(with_rows) > 1
    assert all("Percent in Mexico" in page for page in with_rows)


def test_text_that_looks_like_a_command_is_printed() -> None:
    command = '#eval(read("/etc/passwd")) *bold* $x$ @ref <label> \\ //'
    own = result(indicator(across(*ASSESS), label=labels(command)))
    assert command in " ".join(text_of(render(own, "pdf", "MX", "en"), "pdf").split())


def test_a_template_reads_nothing_outside_its_folder() -> None:
    with pytest.raises(RuntimeError, match="must be contained in project root"):
        pdf("../typesetting.py", {})


def test_a_hash_can_be_searched_for() -> None:
    assert "1a" * 32 in text_of(render(sample(), "pdf", "MX", "en"), "pdf")


def test_every_script_is_printed_and_still_meets_the_standard() -> None:
    """Hamzas come apart in some fonts, and a drawing of such texts would cost a PDF its standard."""
    own = render(sample(), "pdf", "MX", "ar")
    assert b"pdfuaid:part" in own
    assert b"pdfuaid:part" in render(result(indicator(across(*ASSESS), label=labels("أُعِدّ للإصدار"))), "pdf", "MX", "en")


def test_a_sign_that_no_font_has_costs_the_standard_and_not_the_file() -> None:
    own = render(result(indicator(across(*ASSESS), label=labels("ሰላም"))), "pdf", "MX", "en")
    assert b"pdfuaid:part" not in own
    assert raw.FPDFCatalog_IsTagged(pypdfium2.PdfDocument(own))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_page_looks_like_its_golden_picture(language: str) -> None:
    picture = pages_of(render(sample(), "pdf", "MX", language))[0]
    assert difference(golden_picture("pdf", language), picture) <= MOST_DIFFERENT


def test_a_line_that_moved_is_no_small_difference() -> None:
    page = np.full((10 * BLOCK, 10 * BLOCK), 255, np.uint8)
    with_line, moved = page.copy(), page.copy()
    with_line[50:52, 24:96], moved[62:64, 24:96] = 0, 0
    assert difference(with_line, with_line) == 0
    assert difference(with_line, moved) > MOST_DIFFERENT
    assert difference(with_line, page[:-1]) == float("inf")


# Wide tables ----------------------------------------------------------------------------------------------------------


def wide(groups: int) -> Table:
    columns = [column for number in range(groups) for column in (Column(f"G{number}"), Column("n", ColumnKind.BASE))]
    entries = tuple(Entry(column.head, column.kind) for column in columns)
    return Table("wide", "Wide", "Stub", tuple(columns), (Row("Line", entries),), ("A note.",))


def test_a_table_too_wide_is_cut_between_groups_and_says_so() -> None:
    cut = parts(wide(9))
    assert [[column.head for column in part.table.columns] for part in cut] == [
        ["G0", "n", "G1", "n", "G2", "n", "G3", "n"],
        ["G4", "n", "G5", "n", "G6", "n", "G7", "n"],
        ["G8", "n"],
    ]
    assert [part.caption for part in cut] == ["Wide", "Wide (continued)", "Wide (continued)"]
    assert [part.notes for part in cut] == [(), (), ("A note.",)]
    assert [part.table.rows[0].label for part in cut] == ["Line"] * 3


def test_a_label_that_stands_in_every_part_has_its_footnote_in_the_first() -> None:
    table = wide(9)
    marked = replace(
        table, rows=tuple(replace(row, footnotes=(Footnote(1, "Worded otherwise."),)) for row in table.rows)
    )
    assert [len(part.table.footnotes) for part in parts(marked)] == [1, 0, 0]


@pytest.mark.parametrize("groups", [1, 2, 4, 9])
def test_every_part_is_as_wide_as_the_text(groups: int) -> None:
    assert [round(sum(part.widths), 2) for part in parts(wide(groups))] == [16.4] * len(parts(wide(groups)))
