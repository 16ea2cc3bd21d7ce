"""What python-docx does not offer, as Office Open XML: footnotes, right-to-left runs, page numbers."""

import re
from collections.abc import Iterator
from typing import Any

from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from lxml import etree

from reports.render.reading import END_ISOLATE, ISOLATE

LONGEST_PROPERTY = 255
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
_CONTENT = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_ISOLATED = re.compile(f"{ISOLATE}(.*?){END_ISOLATE}", re.DOTALL)
# Not every Word knows isolates; it knows a run's direction and the older mark.
_LEFT_TO_RIGHT_MARK = "\u200e"
# XML cannot hold these at all, not even escaped.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def element(tag: str, **attributes: str) -> Any:
    """`element("w:jc", val="right")`; attributes are in the w namespace."""
    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    return made


def writable(text: str) -> str:
    """The text without what XML cannot hold."""
    return _UNWRITABLE.sub("", text)


def writable_property(text: str) -> str:
    """A text as a property of the file: longer ones Word refuses."""
    return writable(text)[:LONGEST_PROPERTY]


class Script:
    """How text runs in the document's language: its direction and its language tag."""

    def __init__(self, direction: str, language: str) -> None:
        self.right_to_left = direction == "rtl"
        self.language = language

    def runs(self, text: str) -> Iterator[Any]:
        """A text as runs. In a right-to-left document its isolated parts become left-to-right runs of their own."""
        clean = writable(text)
        if not self.right_to_left:
            yield _run(clean)
            return
        for place, part in enumerate(_ISOLATED.split(clean)):
            if part and place % 2:
                yield _run(_LEFT_TO_RIGHT_MARK + part + _LEFT_TO_RIGHT_MARK)
            elif part:
                yield _run(part, element("w:rtl"))

    def reference(self, style: str, mark: Any) -> Any:
        """A run that holds a footnote's number."""
        run = _run("", element("w:rStyle", val=style), *([element("w:rtl")] if self.right_to_left else []))
        run.append(mark)
        return run


def _run(text: str, *properties: Any) -> Any:
    run = element("w:r")
    if properties:
        holder = element("w:rPr")
        holder.extend(properties)
        run.append(holder)
    if text:
        written = element("w:t")
        written.set(qn("xml:space"), "preserve")
        written.text = text
        run.append(written)
    return run


class FootnotesPart:
    """The footnotes of a Word document. Word numbers them in the order of their references."""

    def __init__(self, document: Any, script: Script) -> None:
        self.document, self.script, self.last = document, script, 0
        self.text_style = document.styles["Footnote Text"].style_id
        self.mark_style = document.styles["Footnote Reference"].style_id
        self.root = empty_footnotes()

    def add(self, paragraph: Any, text: str) -> None:
        """Put a reference at the end of a paragraph and its footnote into the part."""
        self.last += 1
        mark = element("w:footnoteReference", id=str(self.last))
        paragraph._p.append(self.script.reference(self.mark_style, mark))
        note = footnote_body(str(self.last), self.script, text_style=self.text_style, mark_style=self.mark_style)
        note[0].extend(self.script.runs(" " + text))
        self.root.append(note)

    def attach(self) -> None:
        """Relate the part to the document and tell the settings which footnotes are separators."""
        data = etree.tostring(self.root, xml_declaration=True, encoding="UTF-8", standalone=True)
        part = Part(PackURI("/word/footnotes.xml"), _CONTENT, data, self.document.part.package)
        self.document.part.relate_to(part, _RELATION)
        set_separators(self.document.settings.element)


def empty_footnotes() -> Any:
    """The root of a footnotes part: only the separators that Word wants."""
    return parse_xml(
        f"<w:footnotes {nsdecls('w')}>"
        '<w:footnote w:type="separator" w:id="-1"><w:p><w:pPr><w:spacing w:after="0" w:line="240" '
        'w:lineRule="auto"/></w:pPr><w:r><w:separator/></w:r></w:p></w:footnote>'
        '<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:pPr><w:spacing w:after="0" w:line="240" '
        'w:lineRule="auto"/></w:pPr><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>'
        "</w:footnotes>"
    )


def footnote_body(number: str, script: Script, *, text_style: str, mark_style: str) -> Any:
    """A footnote whose one paragraph holds its number and waits for its words."""
    note = element("w:footnote", id=number)
    body = element("w:p")
    properties = element("w:pPr")
    properties.append(element("w:pStyle", val=text_style))
    if script.right_to_left:
        properties.append(element("w:bidi"))
    body.append(properties)
    body.append(script.reference(mark_style, element("w:footnoteRef")))
    note.append(body)
    return note


def set_separators(settings: Any) -> None:
    """Tell a document's settings which footnotes are separators."""
    if settings.find(qn("w:footnotePr")) is not None:
        return
    separators = element("w:footnotePr")
    separators.extend(element("w:footnote", id=number) for number in ("-1", "0"))
    # The schema fixes the order of settings: footnotePr stands before these.
    later = {qn(f"w:{name}") for name in ("endnotePr", "compat", "docVars", "rsids", "themeFontLang")}
    follower = next((child for child in settings if child.tag in later), None)
    settings.append(separators) if follower is None else follower.addprevious(separators)


def page_number(paragraph: Any) -> None:
    """Fields that print the number of the page, and of all pages."""
    paragraph._p.extend([*_field("PAGE"), _run(" / "), *_field("NUMPAGES")])


def _field(name: str) -> Iterator[Any]:
    for kind in ("begin", "instruction", "separate", "shown", "end"):
        run = element("w:r")
        if kind == "instruction":
            instruction = element("w:instrText")
            instruction.set(qn("xml:space"), "preserve")
            instruction.text = f" {name} "
            run.append(instruction)
        elif kind == "shown":
            run.extend(_run("1"))
        else:
            run.append(element("w:fldChar", fldCharType=kind))
        yield run
