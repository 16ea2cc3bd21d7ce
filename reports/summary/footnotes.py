"""The footnotes of a document that is filled: real ones, whose figures stand in a control of their own.

So a footnote's figures follow the data, while what its author wrote around them stays.
"""

from collections.abc import Callable
from typing import Any

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from reports.render.ooxml import Script, element, empty_footnotes, footnote_body, set_separators
from reports.summary.controls import controls, tag_of
from reports.summary.package import Package

_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_SETTINGS_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"


class Notes:
    """Footnotes of a package; the part is made when the first one comes."""

    def __init__(self, package: Package, script: Script, style: Callable[[str], str]) -> None:
        self.package, self.script, self.style = package, script, style
        self.part = next(iter(package.related(package.main, "footnotes")), "")

    @property
    def root(self) -> Any:
        return self.package.xml(self.part)

    def add(self, control: Any) -> str:
        """A footnote that holds a control; its id."""
        if not self.part:
            self._make()
        taken = [int(one.get(qn("w:id"), "0")) for one in self.root if one.get(qn("w:id"), "").lstrip("-").isdigit()]
        number = str(max([0, *taken]) + 1)
        text, mark = self.style("Footnote Text"), self.style("Footnote Reference")
        note = footnote_body(number, self.script, text_style=text, mark_style=mark)
        space = element("w:r")
        written = element("w:t")
        written.set(qn("xml:space"), "preserve")
        written.text = " "
        space.append(written)
        note[0].append(space)
        note[0].append(control)
        self.root.append(note)
        self.package.changed(self.part)
        return number

    def reference(self, number: str) -> Any:
        """The run that refers to a footnote."""
        return self.script.reference(self.style("Footnote Reference"), element("w:footnoteReference", id=number))

    def tags(self, number: str) -> list[str]:
        """The tags of the controls in a footnote."""
        notes = (note for note in (self.root if self.part else ()) if note.get(qn("w:id")) == number)
        return [tag_of(control) for note in notes for control in controls(note)]

    def remove(self, numbers: set[str]) -> None:
        """Footnotes whose references are gone with the table that they belonged to."""
        if not numbers or not self.part:
            return
        for note in list(self.root):
            if note.get(qn("w:id")) in numbers:
                self.root.remove(note)
                self.package.changed(self.part)

    def _make(self) -> None:
        self.part = "word/footnotes.xml"
        if self.part in self.package.members:
            self.part = "word/summaryFootnotes.xml"
        self.package.add(self.part, empty_footnotes(), _TYPE)
        self.package.relate(self.package.main, "footnotes", self.part)
        settings = next(iter(self.package.related(self.package.main, "settings")), "")
        if not settings:
            settings = "word/settings.xml"
            self.package.add(settings, parse_xml(f"<w:settings {nsdecls('w')}/>"), _SETTINGS_TYPE)
            self.package.relate(self.package.main, "settings", settings)
        set_separators(self.package.xml(settings))
        self.package.changed(settings)
