"""Documents filled and filled again: fields change, and nothing else does."""

import io
from dataclasses import replace

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from lxml import etree

from reports.summary.controls import LONGEST_TAG
from tests.reports.results import ASSESS, TOO_FEW, across, indicator, labels, percent, result, synthetic
from tests.reports.summary.files import (
    W,
    again,
    changed,
    codes,
    filled,
    members,
    outside,
    packed,
    root_of,
    runs,
    saved,
    texts,
    with_paragraphs,
    written,
)

CAUTION = "The participants were chosen for the study on purpose, not drawn at random."
SPLIT = {
    code: {"all": {"": percent(60, 74)}, "woman": {"": percent(woman, 44)}, "man": {"": percent(25, 30)}}
    for code, woman in zip(("MX", "CO", "KE", "ID", "EG"), (35, 40, 41, 42, 43), strict=True)
}


def made(*pairs, **changes):
    """Table 1, row 1 of the paper, and training by gender."""
    return result(
        indicator(across(*(pairs or ASSESS))),
        indicator(SPLIT, id="training.any", average="", blocks={"woman": labels("Woman"), "man": labels("Man")}),
        **changes,
    )


NAMESPACE = b'xmlns="urn:survey-platform:summary"'
LATER = made((50, 72), *ASSESS[1:])
MORE_MEN = "More men ({{training.any@man}}) than women ({{training.any@woman}})."
LONG = f"claim: training.any@woman < training.any@man | {MORE_MEN}"


def test_a_field_becomes_a_control_that_remembers_what_it_asks_for():
    own = filled(made(), "In {{country}}, {{practice.assess}} assess risks.")
    assert "In Mexico, 59.7% assess risks." in texts(own.data)
    tags = [one.get(f"{W}val") for one in root_of(own.data).iter(f"{W}tag")]
    assert tags == ["sf:front", "sf:country", "sf:practice.assess", "sf:figures", "sf:provenance"]


def test_a_long_sentence_is_remembered_outside_the_tag_that_word_would_cut_off():
    own = filled(made(), "{{" + LONG + "}}")
    assert "More men (83.3%) than women (79.5%)." in texts(own.data)
    assert all(len(one.get(f"{W}val")) <= LONGEST_TAG for one in root_of(own.data).iter(f"{W}tag"))
    [kept] = [data for name, data in members(own.data).items() if "/item" in name and NAMESPACE in data]
    assert [one.text for one in etree.fromstring(kept)] == [LONG]


@pytest.mark.parametrize(
    "pieces",
    [
        ("In {{coun", "try}}, people"),
        ("In {", "{", "country", "}", "}, people"),
        ("In ", "{{", " country ", "}}", ", people"),
        tuple("In {{country}}, people"),
    ],
)
@pytest.mark.parametrize("inside", ["", '<w:proofErr w:type="spellStart"/>', '<w:bookmarkStart w:id="7" w:name="x"/>'])
def test_a_field_is_found_across_the_runs_that_word_makes(pieces, inside):
    own = filled_from(with_paragraphs([runs(*pieces, inside=inside)]))
    assert "In Mexico, people" in texts(own.data)
    assert codes(own) == []


def filled_from(data, own=None):
    return again(data, own or made())


def test_the_format_where_the_field_began_is_kept():
    paragraph = parse_xml(
        f"<w:p {nsdecls('w')}><w:r><w:rPr><w:b/><w:color w:val='FF0000'/></w:rPr><w:t>{{{{coun</w:t></w:r>"
        "<w:r><w:t>try}}</w:t></w:r></w:p>"
    )
    root = root_of(filled_from(with_paragraphs([paragraph])).data)
    run = next(one for one in root.iter(f"{W}r") if "".join(one.itertext()) == "Mexico")
    assert [etree.QName(one).localname for one in run.find(f"{W}rPr")] == ["b", "color"]


def test_fields_stand_in_tables_headers_footers_and_footnotes_too():
    document = docx.Document()
    document.add_table(1, 1).cell(0, 0).text = "Cell {{country}}"
    document.sections[0].header.paragraphs[0].text = "Head {{country}}"
    document.sections[0].footer.paragraphs[0].text = "Foot {{provenance:short}}"
    document.add_paragraph("{{footnote: practice.assess}}")
    own = filled_from(saved(document))
    once = changed(own.data, "word/footnotes.xml", (b"</w:footnote></w:footnotes>", NOTE))
    own = filled_from(once)
    assert "Cell Mexico" in texts(own.data)
    assert texts(own.data, "word/header1.xml") == ["Head Mexico"]
    assert texts(own.data, "word/footer1.xml")[0].startswith(
        "Foot Instrument 1a1a1a1a · Layout 2b2b2b2b · Plan 3c3c3c3c"
    )
    assert texts(own.data, "word/footnotes.xml")[-1] == "Note Mexico"


NOTE = (
    b'</w:footnote><w:footnote w:id="9"><w:p><w:r><w:t xml:space="preserve">Note {{country}}</w:t></w:r></w:p>'
    b"</w:footnote></w:footnotes>"
)


def test_a_footnote_is_a_real_one_and_its_figures_follow():
    own = filled(made(), "Assessed{{footnote: practice.assess}} by many.")
    others = (
        "Percentages in other countries: Colombia 55.4%, Kenya 71.1%, Indonesia 60.2%, Egypt 51.3% (Average 59.5%)."
    )
    assert texts(own.data, "word/footnotes.xml") == [" " + others]
    [mark] = root_of(own.data).iter(f"{W}footnoteReference")
    notes = {one.get(f"{W}id"): one for one in root_of(own.data, "word/footnotes.xml")}
    assert mark.get(f"{W}id") in notes
    assert b"footnotes.xml" in members(own.data)["word/_rels/document.xml.rels"]
    edited = changed(own.data, "word/footnotes.xml", (b"</w:sdt></w:p>", b"</w:sdt><w:r><w:t> Mine.</w:t></w:r></w:p>"))
    later = again(edited, made(ASSESS[0], (50, 74), *ASSESS[2:]))
    assert texts(later.data, "word/footnotes.xml") == [
        f" {others} Mine.".replace("55.4%", "67.6%").replace("59.5", "62.0")
    ]


def test_a_table_is_the_comparisons_own_with_its_footnotes():
    own = filled(made(), "Before", "{{table:practices}}", "After")
    document = docx.Document(io.BytesIO(own.data))
    root = root_of(own.data)
    rows = [["".join(cell.itertext()) for cell in row.iter(f"{W}tc")] for row in root.iter(f"{W}tr")]
    assert rows[:2] == [["Practice", "Percent in Mexico", "n"], ["Assess the risks", "59.7%", "72"]]
    assert "Comparison Table" in {style.name for style in document.styles}
    assert len(list(root.iter(f"{W}footnoteReference"))) == 2
    assert texts(own.data, "word/footnotes.xml")[0].startswith(" Percentages in other countries: Colombia 55.4%")


def test_a_chart_is_a_picture_with_the_same_in_words():
    own = filled(made(), "{{chart:practices}}")
    [picture] = [data for name, data in members(own.data).items() if name.startswith("word/media/")]
    assert picture.startswith(b"\x89PNG")
    [told] = [one.get("descr") for one in root_of(own.data).iter("{*}docPr")]
    assert "59.7%" in told
    assert again(own.data, made()).data == own.data
    later = again(own.data, LATER)
    [other] = [data for name, data in members(later.data).items() if name.startswith("word/media/")]
    assert other != picture


def test_no_document_goes_without_caution_banner_bases_and_hashes():
    own = texts(filled(synthetic(made()), "Assessed by {{practice.assess}}.").data)
    assert own[0].startswith("SYNTHETIC: ")
    assert own[1].startswith(CAUTION)
    assert own[-1].startswith("Instrument 1a1a1a1a · Layout 2b2b2b2b")
    assert own[own.index("The figures in the text and their bases") :][1:7] == [
        *("Figure", "Mexico", "n"),
        *("Assess the risks", "59.7%", "72"),
    ]
    assert not any(text.startswith("SYNTHETIC") for text in texts(filled(made(), "x").data))


# Again ----------------------------------------------------------------------------------------------------------------


def test_the_same_figures_give_the_same_bytes():
    one = filled(made(), "{{country}} {{practice.assess}}", "{{table:practices}}", "{{" + LONG + "}}")
    assert again(one.data, made()).data == one.data
    assert filled(made(), "{{country}} {{practice.assess}}", "{{table:practices}}", "{{" + LONG + "}}").data == one.data


def edited_copy():
    """A filled document in which an author wrote on: text, a comment, tracked changes, a look of their own."""
    one = filled(made(), "{{practice.assess}} assess risks.", "{{table:practices}}", "{{" + LONG + "}}").data
    return changed(
        one,
        "word/document.xml",
        (b" assess risks.", b" of our <![CDATA[friends]]> assess &lt;risks&gt;."),
        (
            b"<w:sectPr",
            b'<w:p><w:ins w:id="901" w:author="A"><w:r><w:t>New words.</w:t></w:r></w:ins>'
            b'<w:del w:id="902" w:author="A"><w:r><w:delText>{{old}}</w:delText></w:r></w:del>'
            b'<w:commentRangeStart w:id="3"/><w:r><w:rPr><w:highlight w:val="yellow"/></w:rPr><w:t>Why?</w:t></w:r>'
            b'<w:commentRangeEnd w:id="3"/></w:p><w:sectPr',
        ),
    )


def test_only_the_fields_of_an_edited_copy_change():
    edited = edited_copy()
    later = again(edited, LATER)
    assert "69.4% of our friends assess <risks>." in texts(later.data)
    assert outside(later.data) == outside(edited)
    before, after = members(edited), members(later.data)
    assert list(before) == list(after)
    assert {name for name in before if before[name] != after[name]} == {"word/document.xml", "word/footnotes.xml"}
    for name in ("ins", "del", "commentRangeStart", "highlight", "pStyle", "bookmarkStart", "sectPr"):
        found = [[etree.tostring(one) for one in root_of(data).iter(f"{W}{name}")] for data in (edited, later.data)]
        assert found[0] == found[1], name


def test_what_changed_is_told():
    later = again(edited_copy(), LATER)
    assert next((change.before, change.after) for change in later.changes) == ("59.7%", "69.4%")


def test_an_authors_look_of_a_table_stays_while_its_figures_follow():
    one = filled(made(), "{{table:practices}}").data
    edited = changed(
        one,
        "word/document.xml",
        (b'<w:t xml:space="preserve">59.7%</w:t>', b'<w:rPr><w:i/></w:rPr><w:t xml:space="preserve">59.7%</w:t>'),
        (b"<w:tblPr>", b'<w:tblPr><w:tblCaption w:val="Mine"/>'),
    )
    root = root_of(again(edited, LATER).data)
    run = next(one for one in root.iter(f"{W}r") if "".join(one.itertext()) == "69.4%")
    assert run.find(f"{W}rPr/{W}i") is not None
    assert root.find(f".//{W}tblCaption") is not None
    assert len(list(root.iter(f"{W}footnoteReference"))) == 2


def test_a_table_with_other_rows_is_made_anew_with_its_own_footnotes():
    one = filled(made(), "{{table:practices}}").data
    three = replace(made(), indicators=(*made().indicators, indicator(across(*ASSESS), id="practice.more")))
    table = replace(three.tables[0], indicators=tuple(item.id for item in three.indicators))
    later = again(one, replace(three, tables=(table,)))
    marks = [mark.get(f"{W}id") for mark in root_of(later.data).iter(f"{W}footnoteReference")]
    notes = [note.get(f"{W}id") for note in root_of(later.data, "word/footnotes.xml") if note.get(f"{W}type") is None]
    assert marks == notes
    assert len(marks) == 3


def test_a_field_typed_into_an_edited_copy_is_filled_as_well():
    edited = changed(edited_copy(), "word/document.xml", (b"Why?", b"Why not {{training.any@man}}?"))
    assert "Why not 83.3%?" in "".join(texts(again(edited, made()).data))


# What is not borne out, and what is wrong -----------------------------------------------------------------------------


def test_a_false_sentence_stays_marked_and_is_listed_until_it_is_true():
    text = "{{claim: practice.assess > 65 | Two thirds ({{practice.assess}}) assess risks.}}"
    own = filled(made(), text)
    words = "Two thirds (59.7%) assess risks. [not supported by the data: practice.assess 59.7%]"
    assert words in texts(own.data)
    marked = [one for one in root_of(own.data).iter(f"{W}shd") if one.get(f"{W}fill") == "FFE08A"]
    assert len(marked) == 4
    assert [(note.code, note.place.part, note.place.excerpt) for note in own.notes] == [
        ("claim-false", "word/document.xml", words[:60])
    ]
    assert "To look at before this goes out" in texts(own.data)
    later = again(own.data, LATER)
    assert "Two thirds (69.4%) assess risks." in texts(later.data)
    assert later.notes == []
    assert "To look at before this goes out" not in texts(later.data)
    assert b"FFE08A" not in members(later.data)["word/document.xml"]


def test_every_fault_of_a_document_is_told_at_once_and_the_rest_is_filled():
    own = filled(
        made(),
        "{{country}} {{practise.assess}} and {{",
        "{{table:practices}} is a table",
        "}} {{claim: practice.assess | x}}",
    )
    assert codes(own) == ["indicator-unknown", "not-closed", "block-place", "condition", "not-opened"]
    assert "Mexico {{practise.assess}} and {{" in texts(own.data)
    assert [note.place.paragraph for note in own.notes] == [1, 1, 2, 3, 3]


def test_what_is_hidden_is_never_printed():
    own = made(TOO_FEW, *ASSESS[1:])
    data = filled(
        own, "{{practice.assess}} {{practice.assess:k}} {{practice.assess:average}}", "{{table:practices}}"
    ).data
    assert texts(data)[1] == "too few to show too few to show too few to show"


def test_a_field_that_another_comparison_cannot_fill_does_not_go_on_saying_the_old_figure():
    one = filled(made(), "{{training.any@man}} trained.").data
    own = again(one, result(indicator(across(*ASSESS))))
    assert "[not in this comparison: training.any@man] trained." in texts(own.data)
    assert codes(own) == ["indicator-unknown"]


def test_a_field_whose_memory_another_program_lost_is_told():
    one = filled(made(), "{{" + LONG + "}}").data
    lost = packed({name: data.replace(NAMESPACE, b'xmlns="urn:else"') for name, data in members(one).items()})
    own = again(lost, made())
    assert codes(own) == ["memory-lost"]
    assert "More men (83.3%) than women (79.5%)." in texts(own.data)


def test_a_field_across_a_tracked_change_is_told():
    paragraph = parse_xml(
        f"<w:p {nsdecls('w')}><w:r><w:t>{{{{coun</w:t></w:r><w:ins w:id='1' w:author='A'><w:r><w:t>try}}}}</w:t></w:r>"
        "</w:ins></w:p>"
    )
    assert codes(filled_from(with_paragraphs([paragraph]))) == ["not-closed", "not-opened"]


def test_footnotes_and_tables_stand_in_the_text_alone():
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "{{footnote: practice.assess}}"
    document.sections[0].footer.paragraphs[0].text = "{{table:practices}}"
    document.add_table(1, 1).cell(0, 0).text = "{{table:practices}}"
    assert codes(filled_from(saved(document))) == ["block-place", "footnote-place", "block-place"]


def test_arabic_runs_from_right_to_left_and_keeps_numbers_whole():
    own = again(written("{{practice.assess}} في {{country}}"), made(), language="ar")
    root = root_of(own.data)
    number = next(one for one in root.iter(f"{W}r") if "59.7%" in "".join(one.itertext()))
    country = next(one for one in root.iter(f"{W}r") if "".join(one.itertext()) == "المكسيك")
    assert number.find(f"{W}rPr/{W}rtl") is None
    assert country.find(f"{W}rPr/{W}rtl") is not None
