"""Word and Excel files against golden outlines; `bin/look` compares their pictures where LibreOffice is installed."""

import pytest

from reports.render import render
from tests.pictures import LANGUAGES, outline_name
from tests.reports.reading_back import outline_of_excel, outline_of_word
from tests.reports.sample import sample


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_file_says_what_its_golden_outline_says(language: str) -> None:
    golden = outline_name("docx", language).read_text("utf-8")
    assert outline_of_word(render(sample(), "docx", "MX", language)) == golden


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_excel_file_says_what_its_golden_outline_says(language: str) -> None:
    golden = outline_name("xlsx", language).read_text("utf-8")
    assert outline_of_excel(render(sample(), "xlsx", "MX", language)) == golden
