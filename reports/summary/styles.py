"""Styles by name: an author's own look wins, and only what a document lacks is added to it."""

import copy
from typing import Any

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from reports.summary.package import Package

_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"


class Styles:
    """The styles of a package, filled up from those of the comparison's writer when one is asked for."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.part = next(iter(package.related(package.main, "styles")), "")
        self.source: Any = None
        self.ids: dict[str, str] = {}
        if self.part:
            self.ids = {_name(one): one.get(qn("w:styleId"), "") for one in self._all() if _name(one)}

    def _all(self) -> list[Any]:
        return list(self.package.xml(self.part).iter(qn("w:style")))

    def __call__(self, name: str) -> str:
        """The id of the style of a name."""
        key = name.lower()
        if key not in self.ids:
            self._take(name)
        return self.ids[key]

    def _take(self, name: str) -> None:
        style = copy.deepcopy(self.source.styles[name].element)
        if not self.part:
            self._make()
        taken, own = set(self.ids.values()), style.get(qn("w:styleId"))
        if own in taken:
            own = f"Summary{own}"
            style.set(qn("w:styleId"), own)
        self.ids[name.lower()] = own
        # Only the base is looked up: whatever else a style points at may stay away.
        for tag in ("w:next", "w:link"):
            for one in style.findall(qn(tag)):
                style.remove(one)
        for one in style.findall(qn("w:basedOn")):
            base = self._name_of(one.get(qn("w:val")))
            one.set(qn("w:val"), self(base)) if base else style.remove(one)
        self.package.xml(self.part).append(style)
        self.package.changed(self.part)

    def _name_of(self, style_id: str) -> str:
        return next((str(one.name) for one in self.source.styles if one.style_id == style_id), "")

    def _make(self) -> None:
        self.part = "word/styles.xml"
        self.package.add(self.part, parse_xml(f"<w:styles {nsdecls('w')}/>"), _TYPE)
        self.package.relate(self.package.main, "styles", self.part)


def _name(style: Any) -> str:
    found = style.find(qn("w:name"))
    return "" if found is None else str(found.get(qn("w:val"), "")).lower()
