"""Word content controls that carry a placeholder: how they are made, found again, and what they remember.

The expression is the control's tag. Word cuts a tag off after 64 signs, so longer ones stand in a custom XML part of
the document, which Word keeps, and the tag names their place there.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

from docx.oxml.ns import qn
from lxml import etree

from reports.render.ooxml import element
from reports.summary.package import Package

LONGEST_TAG, LONGEST_ALIAS = 64, 60
PREFIX, STORED, REVIEW = "sf:", "sf#", "sf!review"
NAMESPACE = "urn:survey-platform:summary"
_ITEM_ID = "{6B1F4C52-0D3E-4E57-9B4E-5F3A2C7D8E90}"
_DATA_STORE = "http://schemas.openxmlformats.org/officeDocument/2006/customXml"
_PROPERTIES_TYPE = "application/vnd.openxmlformats-officedocument.customXmlProperties+xml"


class Memory:
    """Expressions that are longer than a tag, by their names."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.part = next((name for name in package.related(package.main, "customXml") if self._is_ours(name)), "")
        self.known: dict[str, str] = {}
        if self.part:
            self.known = {one.get("id", ""): one.text or "" for one in package.xml(self.part)}
        self._before = dict(self.known)

    def _is_ours(self, name: str) -> bool:
        return bool(self.package.xml(name).tag == f"{{{NAMESPACE}}}summary")

    def tag(self, expression: str) -> str:
        """The tag for an expression, which is remembered where it does not fit."""
        if len(PREFIX + expression) <= LONGEST_TAG:
            return PREFIX + expression
        name = hashlib.sha256(expression.encode()).hexdigest()[:16]
        self.known[name] = expression
        return STORED + name

    def expression(self, tag: str) -> str | None:
        """What a tag stands for; None for a control of somebody else's, or one whose memory is lost."""
        if tag.startswith(PREFIX):
            return tag.removeprefix(PREFIX)
        return self.known.get(tag.removeprefix(STORED)) if tag.startswith(STORED) else None

    def store(self) -> None:
        if self.known == self._before:
            return
        root = etree.Element(f"{{{NAMESPACE}}}summary", nsmap={None: NAMESPACE})
        for name in sorted(self.known):
            etree.SubElement(root, f"{{{NAMESPACE}}}field", id=name).text = self.known[name]
        if self.part:
            kept = self.package.xml(self.part)
            kept[:] = list(root)
            self.package.changed(self.part)
            return
        self._make_part(root)

    def _make_part(self, root: Any) -> None:
        number = next(n for n in range(1, 10_000) if f"customXml/item{n}.xml" not in self.package.members)
        name, properties = f"customXml/item{number}.xml", f"customXml/itemProps{number}.xml"
        self.package.add(name, root, "application/xml")
        about = etree.Element(f"{{{_DATA_STORE}}}datastoreItem", nsmap={"ds": _DATA_STORE})
        about.set(f"{{{_DATA_STORE}}}itemID", _ITEM_ID)
        schemas = etree.SubElement(about, f"{{{_DATA_STORE}}}schemaRefs")
        etree.SubElement(schemas, f"{{{_DATA_STORE}}}schemaRef").set(f"{{{_DATA_STORE}}}uri", NAMESPACE)
        self.package.add(properties, about, _PROPERTIES_TYPE)
        self.package.relate(self.package.main, "customXml", name)
        self.package.relate(name, "customXmlProps", properties)


def made(tag: str, alias: str, number: int, *, locked: bool = True) -> Any:
    """An empty control. Locked, its words cannot be typed over; it can still be moved and deleted."""
    control = element("w:sdt")
    properties = element("w:sdtPr")
    properties.append(element("w:alias", val=alias[:LONGEST_ALIAS]))
    properties.append(element("w:tag", val=tag))
    properties.append(element("w:id", val=str(number)))
    if locked:
        properties.append(element("w:lock", val="contentLocked"))
    control.append(properties)
    control.append(element("w:sdtContent"))
    return control


def tag_of(control: Any) -> str:
    found = control.find(f"{qn('w:sdtPr')}/{qn('w:tag')}")
    return "" if found is None else str(found.get(qn("w:val"), ""))


def content_of(control: Any) -> Any:
    return control.find(qn("w:sdtContent"))


def controls(root: Any) -> Iterator[Any]:
    """Our own controls of a part, in order. One that lost its content is nobody's."""
    for control in list(root.iter(qn("w:sdt"))):
        if tag_of(control).startswith(("sf:", "sf#", "sf!")) and content_of(control) is not None:
            yield control


def next_number(roots: list[Any]) -> Iterator[int]:
    """Ids that no control of the document has."""
    taken = {one.get(qn("w:val")) for root in roots for one in root.iter(qn("w:id"))}
    yield from (number for number in range(1001, 10_000_000) if str(number) not in taken)
