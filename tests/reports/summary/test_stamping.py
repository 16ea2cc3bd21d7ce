"""The word that says on every page that figures are made up, in documents whose authors have headers of their own."""

import docx
import pytest
from docx.oxml.ns import qn

from tests.reports.results import result, synthetic
from tests.reports.summary.files import W, again, filled, members, root_of, saved, texts

MADE_UP = synthetic(result())


def test_synthetic_figures_say_so_on_every_page_of_an_authors_own_file_too():
    own = filled(MADE_UP, "Assessed by {{practice.assess}}.")
    heads = [name for name in members(own.data) if name.startswith("word/header")]
    assert [texts(own.data, name) for name in heads] == [["SYNTHETIC"]]
    assert heads_of(own.data) == [("default", "SYNTHETIC")]
    assert [name for name in members(filled(result(), "x").data) if name.startswith("word/header")] == []


def heads_of(data):
    """The kind of every header of every section, and what it says."""
    names = {one.get("Id"): one.get("Target") for one in root_of(data, "word/_rels/document.xml.rels")}
    return [
        (one.get(f"{W}type"), " ".join(texts(data, f"word/{names[one.get(qn('r:id'))]}")))
        for one in root_of(data).iter(f"{W}headerReference")
    ]


def of_their_own(first=False, even=False):
    """A document whose author wrote a header, and set the first page or even pages apart."""
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Draft"
    document.add_section().different_first_page_header_footer = first
    document.settings.odd_and_even_pages_header_footer = even
    return saved(document)


@pytest.mark.parametrize(
    ("own", "heads"),
    [
        (of_their_own(), []),
        (of_their_own(first=True), [("first", "SYNTHETIC")]),
        (of_their_own(even=True), [("even", "SYNTHETIC")]),
        (of_their_own(first=True, even=True), [("even", "SYNTHETIC"), ("first", "SYNTHETIC")]),
    ],
)
def test_pages_that_an_author_set_apart_say_synthetic_too(own, heads):
    data = again(own, MADE_UP).data
    assert heads_of(data) == [*heads, ("default", "SYNTHETIC Draft")]
    assert again(data, MADE_UP).data == data
