"""Real Word footnotes. python-docx has no API for them, so the part is written here and related to the document."""

from xml.sax.saxutils import escape

from docx.document import Document as WordFile
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt
from docx.text.paragraph import Paragraph
from lxml import etree

_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_EMPTY = """<w:footnotes {names}>
<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>
<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>
</w:footnotes>"""
_NOTE = """<w:footnote {names} w:id="{number}"><w:p><w:pPr><w:pStyle w:val="{text_style}"/>{bidi}</w:pPr>
<w:r><w:rPr><w:rStyle w:val="{mark_style}"/></w:rPr><w:footnoteRef/></w:r>
<w:r><w:rPr>{rtl}</w:rPr><w:t xml:space="preserve"> {text}</w:t></w:r></w:p></w:footnote>"""


class Footnotes:
    """The footnotes of one file: add them as the text is written, then attach the part once."""

    def __init__(self, file: WordFile, *, rtl: bool, language: str) -> None:
        self.file, self.rtl, self.language = file, rtl, language
        self.count = 0
        self.root = parse_xml(_EMPTY.format(names=nsdecls("w")))
        text = file.styles.add_style("Footnote Text", WD_STYLE_TYPE.PARAGRAPH)
        text.base_style, text.font.size = file.styles["Normal"], Pt(9)
        mark = file.styles.add_style("Footnote Reference", WD_STYLE_TYPE.CHARACTER)
        mark.font.superscript = True
        self.text_style, self.mark_style, self.mark = text.style_id, mark.style_id, mark

    def add(self, paragraph: Paragraph, text: str) -> None:
        """A footnote at the end of a paragraph."""
        self.count += 1
        run = paragraph.add_run()
        run.style = self.mark
        reference = OxmlElement("w:footnoteReference")
        reference.set(qn("w:id"), str(self.count))
        run._r.append(reference)
        note = _NOTE.format(
            names=nsdecls("w"),
            number=self.count,
            text_style=self.text_style,
            mark_style=self.mark_style,
            bidi="<w:bidi/>" if self.rtl else "",
            rtl="<w:rtl/>" if self.rtl else "",
            text=escape(text),
        )
        self.root.append(parse_xml(note))

    def attach(self) -> None:
        """Write the part and relate it; a file without footnotes gets none."""
        if not self.count:
            return
        data = etree.tostring(self.root, xml_declaration=True, encoding="UTF-8", standalone=True)
        part = Part(PackURI("/word/footnotes.xml"), _TYPE, data, self.file.part.package)
        self.file.part.relate_to(part, _RELATION)
