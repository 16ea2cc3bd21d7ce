"""Files from outside that are no summary, or no safe one: refused with a code, never with a traceback."""

import io
import random
import zipfile

import pytest
from lxml import etree

from reports.render.reading import Reading
from reports.summary import package, wording
from reports.summary.filling import fill
from reports.summary.package import Refused
from tests.reports.results import result
from tests.reports.summary.files import again, changed, filled, members, packed, written

PLAIN = written("In {{country}}, {{practice.assess}} assess risks.")
RELS, DOCUMENT, TYPES = "word/_rels/document.xml.rels", "word/document.xml", "[Content_Types].xml"
OFFICE = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def code_of(data):
    with pytest.raises(Refused) as refused:
        fill(data, Reading(result(), "MX", "en"))
    assert refused.value.code in wording.REFUSALS
    return refused.value.code


def without(name):
    return packed({part: data for part, data in members(PLAIN).items() if part != name})


def with_part(name, data):
    return packed({**members(PLAIN), name: data})


def related(kind, target, mode=b""):
    one = b'<Relationship Id="rX" Type="' + OFFICE + kind + b'" Target="' + target + b'"' + mode + b"/></Relationships>"
    return changed(PLAIN, RELS, (b"</Relationships>", one))


def typed(kind):
    return changed(PLAIN, TYPES, (b"openxmlformats-officedocument.wordprocessingml.document", kind))


def field(instruction):
    begin, end = b'<w:r><w:fldChar w:fldCharType="begin"/></w:r>', b'<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    words = b"<w:r><w:instrText>" + instruction + b"</w:instrText></w:r>"
    return changed(PLAIN, DOCUMENT, (b"<w:sectPr", b"<w:p>" + begin + words + end + b"</w:p><w:sectPr"))


EXTERNAL = b' TargetMode="External"'
HOSTILE = {
    "nothing": (b"", "not-a-document"),
    "words": (b"Dear Word, this is no zip", "not-a-document"),
    "cut off": (PLAIN[:2000], "not-a-document"),
    "with a password": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old-or-locked"),
    "too big": (bytes(package.MOST_FILE + 1), "too-big"),
    "a zip of something else": (packed({"a.txt": b"x"}), "not-a-document"),
    "a workbook": (
        changed(PLAIN, TYPES, (b"wordprocessingml.document.main", b"spreadsheetml.sheet.main")),
        "not-a-document",
    ),
    "without a document": (without(DOCUMENT), "part-missing"),
    "without types": (without(TYPES), "not-a-document"),
    "without relations": (without("_rels/.rels"), "not-a-document"),
    "broken XML": (changed(PLAIN, DOCUMENT, (b"</w:body>", b"")), "part-broken"),
    "no body": (with_part(DOCUMENT, b'<w:document xmlns:w="urn:x"/>'), "not-a-document"),
    "another encoding": (
        with_part(DOCUMENT, '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16")),
        "part-encoding",
    ),
    "an encoding that hides": (with_part("word/x.xml", b'<?xml version="1.0" encoding="UTF-7"?><a/>'), "part-encoding"),
    "entities": (
        changed(PLAIN, DOCUMENT, (b"<w:document", b'<!DOCTYPE d [<!ENTITY a "ha">]><w:document')),
        "entities",
    ),
    "a file of the server": (
        changed(
            PLAIN, DOCUMENT, (b"<w:document", b'<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><w:document')
        ),
        "entities",
    ),
    "entities in a part nobody reads": (
        with_part("customXml/x.xml", b"<!DOCTYPE a><a/>"),
        "entities",
    ),
    "macros": (with_part("word/vbaProject.bin", b"x"), "macros"),
    "macros by type": (typed(b"ms-word.document.macroEnabled"), "macros"),
    "a control that runs": (with_part("word/activeX/activeX1.xml", b"<a/>"), "macros"),
    "a relation to macros": (related(b"vbaProject", b"x.bin"), "foreign-content"),
    "a web page inside": (related(b"aFChunk", b"x.html"), "foreign-content"),
    "an object inside": (related(b"oleObject", b"x.bin"), "foreign-content"),
    "a template elsewhere": (related(b"attachedTemplate", b"https://x.test/a.dotm", EXTERNAL), "fetches"),
    "a picture elsewhere": (related(b"image", b"https://x.test/a.png", EXTERNAL), "fetches"),
    "a picture of a share": (related(b"image", rb"file:///\\x\a.png", EXTERNAL), "fetches"),
    "a field that fetches a picture": (field(b' INCLUDEPICTURE "https://x.test/a.png" \\d '), "fetching-field"),
    "a field that starts a program": (field(b"DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe"), "fetching-field"),
    "a simple field": (
        changed(PLAIN, DOCUMENT, (b"<w:sectPr", b'<w:p><w:fldSimple w:instr=" INCLUDETEXT x"/></w:p><w:sectPr')),
        "fetching-field",
    ),
    "a name above": (with_part("../x.xml", b"<a/>"), "part-name"),
    "a name of the root": (with_part("/word/x.xml", b"<a/>"), "part-name"),
}


@pytest.mark.parametrize(("data", "code"), HOSTILE.values(), ids=HOSTILE)
def test_a_file_that_cannot_be_filled_is_refused_with_its_reason(data, code):
    assert code_of(data) == code


def test_a_link_that_somebody_may_press_stays():
    data = related(b"hyperlink", b"https://www.example.org/", EXTERNAL)
    assert again(data, result()).notes == []


def test_a_zip_that_grows_without_end_is_stopped(monkeypatch):
    monkeypatch.setattr(package, "MOST_UNPACKED", 200_000)
    assert code_of(with_part("word/media/a.png", bytes(300_000))) == "too-big"
    monkeypatch.setattr(package, "MOST_XML", 100)
    assert code_of(PLAIN) == "too-big"


def test_too_many_parts_and_two_of_one_name_are_refused(monkeypatch):
    monkeypatch.setattr(package, "MOST_PARTS", 5)
    assert code_of(PLAIN) == "too-many-parts"
    monkeypatch.undo()
    to = io.BytesIO(PLAIN)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(to, "a") as archive:
        archive.writestr(DOCUMENT, b"<a/>")
    assert code_of(to.getvalue()) == "part-name"


def test_a_document_of_very_many_fields_is_refused(monkeypatch):
    # The caution, the list of figures and the provenance are added to every document.
    monkeypatch.setattr("reports.summary.filling.MOST_FIELDS", 10)
    most = filled(result(), "{{country}} " * 7)
    assert (most.fields, again(most.data, result()).fields) == (10, 10)
    with pytest.raises(Refused, match="too-many-fields"):
        filled(result(), "{{country}} " * 8)


def test_elements_too_deep_are_a_broken_part():
    deep = b"<w:p>" * 400 + b"</w:p>" * 400
    assert code_of(changed(PLAIN, DOCUMENT, (b"<w:sectPr", deep + b"<w:sectPr"))) == "part-broken"


def test_files_damaged_at_random_are_filled_or_refused():
    """Bytes of parts exchanged, cut out or doubled: whatever comes, it is an answer."""
    rng, parts = random.Random(7), members(whole())
    names = [TYPES, "_rels/.rels", RELS, DOCUMENT, "word/footnotes.xml", "word/styles.xml", "word/settings.xml"]
    assert {answer({**parts, name: damaged(parts[name], rng)}) for name in names * 6} <= {"filled", *wording.REFUSALS}


def test_elements_damaged_at_random_are_filled_or_refused():
    """Well-formed, and still not what Word would write: elements gone, moved and renamed."""
    rng, parts = random.Random(11), members(whole())
    names = [TYPES, RELS, DOCUMENT, DOCUMENT, DOCUMENT, "word/footnotes.xml", "word/styles.xml", "word/settings.xml"]
    assert {answer({**parts, name: shaken(parts[name], rng)}) for name in names * 4} <= {"filled", *wording.REFUSALS}


def whole():
    text = "In {{country}}, {{practice.assess}}{{footnote: practice.assess}}."
    return filled(result(), text, "{{table:practices}}").data


def answer(parts):
    try:
        again(packed(parts), result())
    except Refused as refused:
        return refused.code
    return "filled"


def damaged(data, rng):
    own = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        start = rng.randrange(len(own))
        piece = own[start : start + rng.randint(1, 300)]
        end = start + len(piece) * rng.choice([0, 1])
        own[start:end] = rng.choice([b"", piece, piece + piece, b"w:p", b'"'])
    return bytes(own)


def shaken(data, rng):
    root = etree.fromstring(data)
    for _ in range(rng.randint(1, 6)):
        nodes = [node for node in root.iter() if node is not root]
        one, other = rng.choice(nodes), rng.choice(nodes)
        act = rng.randrange(5)
        if act == 0:
            one.addnext(etree.fromstring(etree.tostring(one)))
        elif act == 1 and other not in one.iter():
            other.append(one)
        elif act == 2:
            one.tag = other.tag
        elif act == 3:
            one.attrib.clear()
        elif len(nodes) > 20:
            one.getparent().remove(one)
    return etree.tostring(root)
