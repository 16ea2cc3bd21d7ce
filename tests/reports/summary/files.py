"""Word files for tests: written by hand, filled, and read again."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from lxml import etree

from reports.render.reading import Reading
from reports.summary.filling import Filled, fill
from reports.table import Result

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def written(*paragraphs: str) -> bytes:
    """A Word file of plain paragraphs, as an author may type them."""
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    return saved(document)


def saved(document: Any) -> bytes:
    to = io.BytesIO()
    document.save(to)
    return to.getvalue()


def filled(result: Result, *paragraphs: str, country: str = "MX", language: str = "en") -> Filled:
    return fill(written(*paragraphs), Reading(result, country, language))


def again(data: bytes, result: Result, country: str = "MX", language: str = "en") -> Filled:
    return fill(data, Reading(result, country, language))


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: Mapping[str, bytes]) -> bytes:
    to = io.BytesIO()
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return to.getvalue()


def changed(data: bytes, name: str, *pairs: tuple[bytes, bytes]) -> bytes:
    """The same file with some bytes of one part exchanged."""
    parts = members(data)
    for old, new in pairs:
        assert old in parts[name], old
        parts[name] = parts[name].replace(old, new, 1)
    return packed(parts)


def root_of(data: bytes, part: str = "word/document.xml") -> Any:
    return etree.fromstring(members(data)[part])


def texts(data: bytes, part: str = "word/document.xml") -> list[str]:
    """The text of every paragraph that has one."""
    found = ("".join(one.text or "" for one in p.iter(f"{W}t")) for p in root_of(data, part).iter(f"{W}p"))
    return [text for text in found if text]


def outside(data: bytes, part: str = "word/document.xml") -> list[str]:
    """Every w:t that stands in no control of ours."""
    return [one.text or "" for one in root_of(data, part).iter(f"{W}t") if not in_control(one)]


def in_control(node: Any) -> bool:
    tags = (holder.find(f"{W}sdtPr/{W}tag") for holder in node.iterancestors(f"{W}sdt"))
    return any(tag is not None and tag.get(f"{W}val").startswith("sf") for tag in tags)


def codes(own: Filled) -> list[str]:
    return [note.code for note in own.notes]


def runs(*texts: str, inside: str = "") -> Any:
    """A paragraph whose text is cut into these runs; `inside` stands between them."""
    made = "".join(f'<w:r><w:rPr><w:i/></w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>{inside}' for text in texts)
    return parse_xml(f"<w:p {nsdecls('w')}>{made}</w:p>")


def with_paragraphs(paragraphs: Iterable[Any]) -> bytes:
    document = docx.Document()
    for paragraph in paragraphs:
        document.element.body.insert(0, paragraph)
    return saved(document)
