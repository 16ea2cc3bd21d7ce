"""The styles of Word files, by name: a template of the reader's restyles a report by giving these names other looks."""

from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt

from reports.render.ooxml import Script, element

FONT, COMPLEX_FONT = "Calibri", "Arial"
TABLE_STYLE = "Comparison Table"
INK, GREY, RED = "1A1A1A", "595959", "9C0006"

# Name → size in points, bold, colour, space before and after in points.
_PARAGRAPHS: dict[str, tuple[float, bool, str, float, float]] = {
    "Title": (20, True, INK, 0, 2),
    "Subtitle": (12, False, GREY, 0, 10),
    "Heading 1": (14, True, INK, 18, 6),
    "Caption": (11, True, INK, 16, 5),
    "Table Heading": (9.5, True, INK, 3, 3),
    "Table Text": (10, False, INK, 2, 2),
    "Table Note": (8.5, False, GREY, 2, 0),
    "Chart": (10, False, INK, 8, 8),
    "Footnote Text": (8.5, False, INK, 0, 1),
    "Report Banner": (11, True, RED, 0, 8),
    "Report Caution": (10, False, GREY, 0, 4),
    "Header": (9, True, RED, 0, 0),
    "Footer": (8, False, GREY, 0, 0),
}


def set_styles(document: Any, script: Script) -> None:
    """Give a new document every style that the report uses."""
    _defaults(document, script)
    for name, (size, bold, colour, before, after) in _PARAGRAPHS.items():
        style = _named(document, name)
        if name != "Normal":
            style.base_style = document.styles["Normal"]
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        style.paragraph_format.line_spacing = 1.0
        _look(style, size, bold, colour)
    for name in ("Caption", "Heading 1"):
        document.styles[name].paragraph_format.keep_with_next = True
    reference = document.styles.add_style("Footnote Reference", WD_STYLE_TYPE.CHARACTER)
    reference.font.superscript = True
    document.styles.element.append(parse_xml(_TABLE_STYLE_XML))


def _named(document: Any, name: str) -> Any:
    if name in document.styles:
        return document.styles[name]
    return document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)


def _defaults(document: Any, script: Script) -> None:
    normal = document.styles["Normal"]
    normal.paragraph_format.space_after = Pt(6)
    _look(normal, 10.5, False, INK)
    language = element("w:lang", val=script.language, eastAsia=script.language, bidi=script.language)
    defaults = document.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    for old in defaults.findall(qn("w:lang")):
        defaults.remove(old)
    defaults.append(language)


def _look(style: Any, size: float, bold: bool, colour: str) -> None:
    """Replace a style's run properties; the complex-script twin of each one is for Arabic."""
    properties = style.element.get_or_add_rPr()
    for old in list(properties):
        properties.remove(old)
    fonts = element("w:rFonts", ascii=FONT, hAnsi=FONT, eastAsia=FONT, cs=COMPLEX_FONT)
    weight = [element("w:b"), element("w:bCs")] if bold else [element("w:b", val="0"), element("w:bCs", val="0")]
    half_points = str(round(size * 2))
    sizes = [element("w:sz", val=half_points), element("w:szCs", val=half_points)]
    properties.extend([fonts, *weight, element("w:i", val="0"), element("w:iCs", val="0")])
    properties.extend([element("w:color", val=colour), *sizes])
    paragraph = style.element.find(qn("w:pPr"))
    # The rule under the template's titles, and the stops that its footer keeps for a letter.
    for old in () if paragraph is None else [child for child in paragraph if child.tag in (qn("w:pBdr"), qn("w:tabs"))]:
        paragraph.remove(old)


# Rules above and below the head and at the end, as journals print tables; hairlines between the rows.
_TABLE_STYLE_XML = (
    f'<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="ComparisonTable">'
    f'<w:name w:val="{TABLE_STYLE}"/><w:basedOn w:val="TableNormal"/><w:uiPriority w:val="99"/><w:qFormat/>'
    "<w:tblPr><w:tblBorders>"
    '<w:top w:val="single" w:sz="12" w:space="0" w:color="1A1A1A"/>'
    '<w:bottom w:val="single" w:sz="12" w:space="0" w:color="1A1A1A"/>'
    '<w:insideH w:val="single" w:sz="4" w:space="0" w:color="D9D9D9"/>'
    "</w:tblBorders><w:tblCellMar>"
    '<w:top w:w="20" w:type="dxa"/><w:left w:w="85" w:type="dxa"/>'
    '<w:bottom w:w="20" w:type="dxa"/><w:right w:w="85" w:type="dxa"/>'
    "</w:tblCellMar></w:tblPr>"
    '<w:tblStylePr w:type="firstRow"><w:tcPr><w:tcBorders>'
    '<w:bottom w:val="single" w:sz="6" w:space="0" w:color="1A1A1A"/>'
    '</w:tcBorders><w:vAlign w:val="bottom"/></w:tcPr></w:tblStylePr>'
    "</w:style>"
)
