"""A Word file from outside, as a zip of parts: opened with limits, refused with a code, written back byte for byte.

What a reader's computer would fetch from elsewhere is refused: it would tell strangers who opens the paper, and when.
"""

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from lxml import etree

from reports.render.archive import EPOCH

MOST_FILE, MOST_UNPACKED, MOST_XML, MOST_PARTS = 16 * 1024 * 1024, 96 * 1024 * 1024, 16 * 1024 * 1024, 2000
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TYPES, RELATIONS = "[Content_Types].xml", "_rels/.rels"
DOCUMENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_TYPES_NS = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS_NS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OLD_WORD = b"\xd0\xcf\x11\xe0"
_MACROS = re.compile(rb"macroEnabled|vbaProject|vbaData|activeX", re.IGNORECASE)
_FORBIDDEN_RELATIONS = ("vbaProject", "control", "aFChunk", "oleObject", "subDocument", "attachedToolbars")
_FETCHING = re.compile(r"^\s*(INCLUDEPICTURE|INCLUDETEXT|INCLUDE|IMPORT|DDE|DDEAUTO|LINK|RD|DATABASE)\b", re.IGNORECASE)
_ENCODING = re.compile(rb"^\s*<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)", re.IGNORECASE)
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, ValueError, OverflowError, NotImplementedError)


class Refused(Exception):
    """A file that is not filled. `code` is stable; `what` names the piece at fault."""

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(f"{code}: {what}" if what else code)
        self.code, self.what = code, what


@dataclass(frozen=True, slots=True)
class Relation:
    id: str
    kind: str
    target: str


class Package:
    """The parts of a Word file. Those that nobody changes leave as they came."""

    def __init__(self, data: bytes) -> None:
        self.members = _members(data)
        self._trees: dict[str, Any] = {}
        self._changed: set[str] = set()
        self.main = self._main()
        self._refuse_what_acts()

    # Parts ------------------------------------------------------------------------------------------------------------

    def xml(self, name: str) -> Any:
        """The root of a part. Say `changed` after changing it."""
        if name not in self._trees:
            self._trees[name] = _parsed(name, self.members[name])
        return self._trees[name]

    def changed(self, name: str) -> None:
        self._changed.add(name)

    def add(self, name: str, root: Any, content_type: str) -> None:
        """A new part, with its type."""
        self.members[name] = b""
        self._trees[name] = root
        self._changed.add(name)
        types = self.xml(TYPES)
        etree.SubElement(types, f"{{{_TYPES_NS}}}Override", PartName=f"/{name}", ContentType=content_type)
        self.changed(TYPES)

    def add_bytes(self, name: str, data: bytes, extension: str, content_type: str) -> None:
        """A new file that is no XML, such as a picture."""
        self.members[name] = data
        types = self.xml(TYPES)
        known = {one.get("Extension", "").lower() for one in types if etree.QName(one).localname == "Default"}
        if extension not in known:
            types.insert(0, etree.Element(f"{{{_TYPES_NS}}}Default", Extension=extension, ContentType=content_type))
            self.changed(TYPES)

    def relations(self, part: str) -> tuple[Relation, ...]:
        """The parts that a part speaks of, by their names in the package."""
        name = _relations_of(part)
        if name not in self.members:
            return ()
        folder = posixpath.dirname(part)
        return tuple(
            Relation(one.get("Id", ""), one.get("Type", ""), _joined(folder, one.get("Target", "")))
            for one in self.xml(name)
            if one.get("TargetMode") != "External"
        )

    def relate(self, part: str, kind: str, target: str) -> str:
        """A new relation from a part to another one, by the target's name; the id that refers to it."""
        name = _relations_of(part)
        if name not in self.members:
            self.members[name] = b""
            self._trees[name] = etree.Element(f"{{{_RELATIONS_NS}}}Relationships", nsmap={None: _RELATIONS_NS})
        root = self.xml(name)
        taken = {one.get("Id") for one in root}
        number = next(number for number in range(1, len(taken) + 2) if f"rIdS{number}" not in taken)
        relative = posixpath.relpath(target, posixpath.dirname(part) or ".")
        made = {"Id": f"rIdS{number}", "Type": _OFFICE + kind, "Target": relative}
        etree.SubElement(root, f"{{{_RELATIONS_NS}}}Relationship", made)
        self.changed(name)
        return made["Id"]

    def related(self, part: str, kind: str) -> Iterator[str]:
        """Names of the parts of one kind, such as `footnotes`, that are really there."""
        for one in self.relations(part):
            if one.kind.endswith(f"/{kind}") and one.target in self.members:
                yield one.target

    def packed(self) -> bytes:
        """The file again: same parts in the same order, dated 1980; the same input gives the same bytes."""
        to = io.BytesIO()
        with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in self.members.items():
                entry = zipfile.ZipInfo(name, EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o600 << 16
                archive.writestr(entry, _written(self._trees[name]) if name in self._changed else data)
        return to.getvalue()

    # What is refused --------------------------------------------------------------------------------------------------

    def _main(self) -> str:
        for name in (TYPES, RELATIONS):
            if name not in self.members:
                raise Refused("not-a-document", name)
        kinds = {one.get("PartName", "").lstrip("/"): one.get("ContentType", "") for one in self.xml(TYPES)}
        main = next(iter(self.related("", "officeDocument")), "")
        if not main:
            raise Refused("part-missing", "officeDocument")
        if _MACROS.search(self.members[TYPES]):
            raise Refused("macros", kinds.get(main, ""))
        if kinds.get(main) != DOCUMENT_TYPE:
            raise Refused("not-a-document", kinds.get(main, main))
        if self.xml(main).find(f"{{{W}}}body") is None:
            raise Refused("not-a-document", main)
        return main

    def _refuse_what_acts(self) -> None:
        for name in list(self.members):
            if _MACROS.search(name.encode()):
                raise Refused("macros", name)
            if name.endswith(".rels"):
                self._refuse_relations(name)
            elif name.endswith(".xml") and name != TYPES:
                _refuse_fields(name, self.xml(name))

    def _refuse_relations(self, name: str) -> None:
        for one in self.xml(name):
            kind = posixpath.basename(one.get("Type", ""))
            if kind in _FORBIDDEN_RELATIONS:
                raise Refused("foreign-content", kind)
            if one.get("TargetMode") == "External" and kind != "hyperlink":
                raise Refused("fetches", f"{kind} {one.get('Target', '')[:80]}")


def _members(data: bytes) -> dict[str, bytes]:
    if len(data) > MOST_FILE:
        raise Refused("too-big")
    if data.startswith(_OLD_WORD):
        raise Refused("old-or-locked")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive)
    except Refused:
        raise
    except (*_BROKEN, RuntimeError, OSError, KeyError) as error:
        raise Refused("not-a-document") from error


def _read(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Every member, counting what really comes out: what a zip says of its sizes may be a lie."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_PARTS:
        raise Refused("too-many-parts", str(len(entries)))
    found: dict[str, bytes] = {}
    left = MOST_UNPACKED
    for entry in entries:
        name = entry.filename
        if name in found or name.startswith("/") or "\\" in name or ".." in name.split("/"):
            raise Refused("part-name", name[:80])
        if entry.flag_bits & 1:
            raise Refused("old-or-locked")
        with archive.open(entry) as member:
            found[name] = member.read(left + 1)
        left -= len(found[name])
        if left < 0:
            raise Refused("too-big")
    return found


def _parsed(name: str, data: bytes) -> Any:
    if len(data) > MOST_XML:
        raise Refused("too-big", name)
    said = _ENCODING.match(data.removeprefix(b"\xef\xbb\xbf"))
    encoding = said.group(1).lower() if said else b"utf-8"
    # Where every letter is one byte, a declaration cannot hide from a search; Word writes nothing else.
    if encoding not in (b"utf-8", b"us-ascii", b"ascii") or b"\x00" in data or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Refused("part-encoding", name)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise Refused("entities", name)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, strip_cdata=False
    )
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused("part-broken", name) from error


def _written(root: Any) -> bytes:
    written: bytes = etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8", standalone=True)
    return written


def _refuse_fields(name: str, root: Any) -> None:
    """Word's own fields that read other files or pages when the document is opened or printed."""
    for simple in root.iter(f"{{{W}}}fldSimple"):
        _refuse_field(simple.get(f"{{{W}}}instr", ""))
    for paragraph in root.iter(f"{{{W}}}p"):
        instruction = ""
        for one in paragraph.iter(f"{{{W}}}fldChar", f"{{{W}}}instrText"):
            if one.tag == f"{{{W}}}instrText":
                instruction += one.text or ""
                continue
            _refuse_field(instruction)
            instruction = ""
        _refuse_field(instruction)


def _refuse_field(instruction: str) -> None:
    if _FETCHING.match(instruction):
        raise Refused("fetching-field", instruction.strip()[:80])


def _relations_of(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _joined(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/", folder, unquote(target))).lstrip("/")
