"""Tables and charts in an author's file: where they are put, and how they follow rows, figures and comparisons."""

from dataclasses import replace

import pytest

from tests.reports.results import ASSESS, across, indicator, labels, percent, result
from tests.reports.summary.files import W, again, changed, codes, filled, members, root_of, texts, written

ASSESSED = indicator(across(*ASSESS[:2], codes=("MX", "CO")), average="", label=labels("Assess risks"))
PLANNED = replace(
    indicator(across((20, 72), (21, 74), codes=("MX", "CO")), average=""),
    id="practice.plan",
    label=labels("Plan ahead"),
)
BOTH = result(ASSESSED, PLANNED)
ELSEWHERE = "Percentages in other countries: Colombia"
TABLE, FOOTNOTES = "{{table:practices}}", "word/footnotes.xml"
RUN = f"<w:r><w:t>{TABLE}</w:t></w:r>"


def rows(data):
    """The label and figure of every row, and what the footnotes of that row say."""
    notes = {note.get(f"{W}id"): text_of(note) for note in root_of(data, FOOTNOTES)}
    return [
        (*(text_of(cell) for cell in list(row.iter(f"{W}tc"))[:2]), *(notes[one.get(f"{W}id")] for one in marks(row)))
        for row in list(next(root_of(data).iter(f"{W}tbl")).iter(f"{W}tr"))[1:]
    ]


def text_of(node):
    return "".join(one.text or "" for one in node.iter(f"{W}t")).strip()


def marks(node):
    return list(node.iter(f"{W}footnoteReference"))


def own_notes(data):
    return [note for note in root_of(data, FOOTNOTES) if note.get(f"{W}type") is None]


# Rows and their footnotes ---------------------------------------------------------------------------------------------


def test_footnotes_go_with_their_rows_and_so_does_what_an_author_wrote_there():
    edited = changed(
        changed(
            filled(BOTH, TABLE).data, FOOTNOTES, (b"</w:sdt></w:p>", b"</w:sdt><w:r><w:t> Mine.</w:t></w:r></w:p>")
        ),
        "word/document.xml",
        (b"<w:tblPr>", b'<w:tblPr><w:tblCaption w:val="Mine"/>'),
    )
    later = again(edited, result(PLANNED, ASSESSED))
    assert rows(later.data) == [
        ("Plan ahead", "27.8%", f"{ELSEWHERE} 28.4%."),
        ("Assess risks", "59.7%", f"{ELSEWHERE} 55.4%. Mine."),
    ]
    assert root_of(later.data).find(f".//{W}tblCaption") is not None
    assert len(own_notes(later.data)) == 2
    assert again(later.data, result(PLANNED, ASSESSED)).data == later.data


def merged(**mexico):
    """Where people live, in classes that are merged in another way from time to time."""
    names = ("a", "a+b", "b+c", "c")
    cells = {"MX": {"all": {name.replace("_", "+"): percent(*pair) for name, pair in mexico.items()}}}
    cells["CO"] = {"all": {"a+b": percent(40, 70), "c": percent(30, 70)}}
    categories = {name: labels(name.upper()) for name in names}
    return result(indicator(cells, average="", stat="percent_each", categories=categories, label=labels("Area")))


def test_a_row_that_is_another_one_gets_a_footnote_of_its_own():
    one = filled(merged(a_b=(50, 75), c=(25, 75)), TABLE)
    assert rows(one.data)[1:] == [("A+B", "66.7%", f"{ELSEWHERE} 57.1%."), ("C", "33.3%", f"{ELSEWHERE} 42.9%.")]
    later = again(one.data, merged(a=(30, 80), b_c=(50, 80)))
    assert rows(later.data)[1:] == [
        ("A", "37.5%", f"{ELSEWHERE} grouped differently."),
        ("B+C", "62.5%", f"{ELSEWHERE} grouped differently."),
    ]
    assert len(own_notes(later.data)) == 2


def test_a_footnote_that_an_author_wrote_anew_stays_while_rows_stay():
    data = filled(BOTH, TABLE).data
    tag = b'<w:tag w:val="sf:practice.assess:others"/>'
    edited = changed(data, FOOTNOTES, (tag, b'<w:tag w:val="sf:practice.assess:CO"/>'))
    later = again(edited, BOTH)
    assert rows(later.data) == [
        ("Assess risks", "59.7%", "55.4%"),
        ("Plan ahead", "27.8%", f"{ELSEWHERE} 28.4%."),
    ]


# Charts ---------------------------------------------------------------------------------------------------------------


def alternatives(data):
    return [one.get("descr").splitlines()[-1] for one in root_of(data).iter("{*}docPr")]


def test_a_charts_text_alternative_follows_its_figures_and_the_change_is_told():
    one = filled(result(ASSESSED), "{{chart:practices}}")
    assert alternatives(one.data) == ["Assess risks: Mexico 59.7%, Colombia 55.4%."]
    other = replace(ASSESSED, cells=across((50, 72), (41, 74), codes=("MX", "CO")))
    later = again(one.data, result(other))
    assert alternatives(later.data) == ["Assess risks: Mexico 69.4%, Colombia 55.4%."]
    told = later.changes[0]
    lines = [text.splitlines()[-1] for text in (told.before, told.after)]
    assert lines == [*alternatives(one.data), *alternatives(later.data)]


def test_a_text_alternative_whose_lines_a_program_broke_in_another_way_is_the_same():
    one = filled(result(ASSESSED), "{{chart:practices}}").data
    edited = changed(one, "word/document.xml", (b"percent.&#10;", b"percent.&#13;&#10;"))
    assert members(again(edited, result(ASSESSED)).data) == members(edited)


def test_nothing_stays_of_a_table_or_a_chart_that_another_comparison_does_not_have():
    own = merged(a=(30, 80), b_c=(50, 80))
    one = filled(own, "{{chart:practices}}", TABLE)
    assert len(list(root_of(one.data).iter("{*}docPr"))) == 2
    renamed = replace(own, tables=(replace(own.tables[0], id="other"),))
    later = again(one.data, renamed)
    assert texts(later.data)[1:3] == [
        "[not in this comparison: chart:practices]",
        "[not in this comparison: table:practices]",
    ]
    root = root_of(later.data)
    assert [len(list(root.iter(f"{W}{name}"))) for name in ("drawing", "tbl", "footnoteReference")] == [0, 0, 0]
    assert own_notes(later.data) == []
    assert codes(later) == ["chart-unknown", "table-unknown"]
    assert texts(again(later.data, own).data) == texts(one.data)


# Where they are put ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "left"),
    [
        (RUN, []),
        (f'<w:ins w:id="9" w:author="A">{RUN}</w:ins>', []),
        (f'<w:hyperlink w:anchor="x"><w:ins w:id="9" w:author="A">{RUN}</w:ins></w:hyperlink>', []),
        (f'<w:bookmarkStart w:id="5" w:name="x"/>{RUN}<w:bookmarkEnd w:id="5"/>', ["bookmarkStart", "bookmarkEnd"]),
        (
            f'<w:ins w:id="9" w:author="A"><w:permStart w:id="7"/>{RUN}<w:permEnd w:id="7"/></w:ins>',
            ["permStart", "permEnd"],
        ),
        (f'{RUN}<w:del w:id="9" w:author="A"><w:r><w:delText>old</w:delText></w:r></w:del>', ["p"]),
        (f'{RUN}<w:r><w:commentReference w:id="3"/></w:r>', ["p"]),
        (f'{RUN}<w:r><w:br w:type="page"/></w:r>', ["p"]),
        (f"<w:pPr><w:sectPr/></w:pPr>{RUN}", ["p"]),
    ],
)
def test_a_table_takes_the_place_of_its_field_and_whatever_else_stood_there_stays(inside, left):
    typed = changed(written(TABLE), "word/document.xml", (RUN.encode(), inside.encode()))
    own = again(typed, BOTH)
    body = [one.tag.removeprefix(W) for one in root_of(own.data)[0]]
    body = [name for name in body if name != "sectPr"]
    # The caution, the table, the figures in the text, provenance.
    assert body.count("sdt") == 4
    assert [name for name in body if name != "sdt"] == left
    assert TABLE not in " ".join(texts(own.data))
    assert rows(own.data) == [
        ("Assess risks", "59.7%", f"{ELSEWHERE} 55.4%."),
        ("Plan ahead", "27.8%", f"{ELSEWHERE} 28.4%."),
    ]
    assert members(again(own.data, BOTH).data) == members(own.data)
