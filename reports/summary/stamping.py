"""The word that says on every page that figures are made up, in documents whose authors did not place it."""

from collections.abc import Callable, Iterator
from typing import Any

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from reports.render.ooxml import element
from reports.summary.controls import content_of, controls, tag_of
from reports.summary.package import Package

_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"


def stamp(package: Package, *, tag: str, control: Callable[[], Any], style: str) -> None:
    """See that every header has the control, and that the first section, which the others follow, has headers."""
    for part in dict.fromkeys(package.related(package.main, "header")):
        root = package.xml(part)
        if not any(tag_of(one) == tag for one in controls(root)):
            root.insert(0, _paragraph(control(), style))
            package.changed(part)
    section = _first_section(package)
    has = {one.get(qn("w:type")) for one in section.findall(qn("w:headerReference"))}
    wanted = [kind for kind in _kinds(package) if kind not in has]
    if not wanted:
        return
    part = next(f"word/header{n}.xml" for n in range(1, 10_000) if f"word/header{n}.xml" not in package.members)
    root = parse_xml(f"<w:hdr {nsdecls('w')}/>")
    root.append(_paragraph(control(), style))
    package.add(part, root, _TYPE)
    relation = package.relate(package.main, "header", part)
    for kind in reversed(wanted):
        reference = element("w:headerReference", type=kind)
        reference.set(qn("r:id"), relation)
        section.insert(0, reference)
    package.changed(package.main)


def _kinds(package: Package) -> Iterator[str]:
    """The headers that pages show: even and first pages have their own only where the document sets them apart."""
    yield "default"
    settings = package.related(package.main, "settings")
    if any(_is_on(one) for part in settings for one in package.xml(part).iter(qn("w:evenAndOddHeaders"))):
        yield "even"
    # What the first section lacks, a later one with a first page of its own lacks too.
    if any(_is_on(one) for one in package.xml(package.main).iter(qn("w:titlePg"))):
        yield "first"


def _is_on(switch: Any) -> bool:
    return switch.get(qn("w:val"), "1") not in ("0", "false", "off")


def _first_section(package: Package) -> Any:
    body = package.xml(package.main).find(qn("w:body"))
    found = next(body.iter(qn("w:sectPr")), None)
    if found is None:
        found = element("w:sectPr")
        body.append(found)
    return found


def _paragraph(control: Any, style: str) -> Any:
    made = element("w:p")
    properties = element("w:pPr")
    properties.append(element("w:pStyle", val=style))
    properties.append(element("w:jc", val="center"))
    made.append(properties)
    content_of(control).append(element("w:r"))
    made.append(control)
    return made
