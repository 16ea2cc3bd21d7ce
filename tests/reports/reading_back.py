"""Files opened again, for what they say and how they look."""

import io
import zipfile

import docx
import numpy as np
import openpyxl
import pypdfium2

RESOLUTION = 60


def text_of(file: bytes, kind: str) -> str:
    """All text of a file; that of an archive's parts one after the other."""
    if kind == "pdf":
        return "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(file))
    if file.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(file)) as parts:
            names = [name for name in parts.namelist() if not name.endswith((".png", ".jpeg"))]
            return "".join(parts.read(name).decode() for name in names)
    return file.decode()


def pages_of(pdf: bytes, resolution: int = RESOLUTION) -> list[np.ndarray]:
    """Each page as greys, 0 black to 255 white."""
    document = pypdfium2.PdfDocument(pdf)
    greys = (page.render(scale=resolution / 72, grayscale=True).to_numpy() for page in document)
    return [grey.reshape(grey.shape[:2]).copy() for grey in greys]


def outline_of_word(file: bytes) -> str:
    """A line a paragraph and a row of a table: style, direction and text; then the footnotes."""
    document = docx.Document(io.BytesIO(file))
    lines = []
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            mirrored = " mirrored" if block._tbl.tblPr.xpath("w:bidiVisual") else ""
            lines.append(f"[{block.style.name}{mirrored}]")
            for row in block.rows:
                head = " (head)" if row._tr.xpath("w:trPr/w:tblHeader") else ""
                lines.append("  | " + " | ".join(_marked(cell.paragraphs[0]) for cell in row.cells) + " |" + head)
        else:
            turned = " rtl" if block._p.xpath("w:pPr/w:bidi") else ""
            picture = [one.get("descr") for one in block._p.xpath(".//wp:docPr")]
            lines.append(f"[{block.style.name}{turned}] " + (f"picture: {picture[0]!r}" if picture else block.text))
    with zipfile.ZipFile(io.BytesIO(file)) as parts:
        notes = docx.oxml.parse_xml(parts.read("word/footnotes.xml"))
    lines += [f"[footnote] {''.join(note.itertext()).strip()}" for note in notes][2:]
    return "\n".join(lines) + "\n"


def _marked(paragraph: "docx.text.paragraph.Paragraph") -> str:
    marks = paragraph._p.xpath(".//w:footnoteReference/@w:id")
    return paragraph.text + "".join(f"[{mark}]" for mark in marks)


def outline_of_excel(file: bytes) -> str:
    """A line a filled cell: place, type, format and value."""
    lines = []
    for sheet in openpyxl.load_workbook(io.BytesIO(file)).worksheets:
        turned = " rtl" if sheet.sheet_view.rightToLeft else ""
        lines.append(f"[{sheet.title}{turned}]")
        for row in sheet.iter_rows():
            for cell in (cell for cell in row if cell.value is not None):
                shown = "" if cell.data_type == "s" else f" {cell.number_format}"
                lines.append(f"  {cell.coordinate} {cell.data_type}{shown}: {cell.value!r}")
    return "\n".join(lines) + "\n"
