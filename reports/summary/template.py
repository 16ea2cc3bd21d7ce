"""Our own templates: plain text in the repository, made into a Word file whose fields are still typed.

The text knows headings, paragraphs, lists and remarks: `# `, `## `, `- `, `> `, and comments; a paragraph ends at an
empty line. Everything else is prose with fields.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docx.enum.text import WD_ALIGN_PARAGRAPH

from reports.render.document import Document
from reports.render.docx import Writer
from reports.render.ooxml import writable_property
from reports.render.tables import Table
from reports.summary import grammar
from reports.summary.grammar import Fault
from survey.protocol.languages import direction

FOLDER = "summary"
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
# The beginning of a line → the style of its paragraph.
_STYLES = {"# ": "Title", "## ": "Heading 1", "- ": "List Bullet", "> ": "Report Caution"}
_PROSE = "Normal"


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    style: str
    line: int


def languages(studies: Path, study: str) -> tuple[str, ...]:
    """The languages in which a study has a template. A study is one of the folders there, never a path."""
    folder = next((one for one in studies.iterdir() if one.is_dir() and one.name == study), None)
    return tuple(sorted(file.stem for file in (folder / FOLDER).glob("*.md"))) if folder else ()


def source_of(studies: Path, study: str, language: str) -> str | None:
    """The text of a study's template in a language, or None."""
    if language not in languages(studies, study):
        return None
    return (studies / study / FOLDER / f"{language}.md").read_text("utf-8")


def paragraphs(source: str) -> Iterator[Paragraph]:
    """The paragraphs of a template's text, with the lines that they begin at."""
    blanked = _COMMENT.sub(lambda found: "\n" * found.group().count("\n"), source)
    lines: list[str] = []
    for number, line in enumerate([*blanked.split("\n"), ""], start=1):
        text = line.strip()
        if text and not (lines and any(text.startswith(mark) for mark in _STYLES)):
            lines.append(text)
            continue
        if lines:
            yield _paragraph(lines, number - len(lines))
        lines = [text] if text else []


def _paragraph(lines: list[str], number: int) -> Paragraph:
    mark = next((mark for mark in _STYLES if lines[0].startswith(mark)), "")
    return Paragraph(" ".join(lines).removeprefix(mark), _STYLES.get(mark, _PROSE), number)


def faults(source: str) -> list[tuple[int, Fault]]:
    """What cannot be understood in a template's text, by line; whether figures exist is known when it is filled."""
    found: list[tuple[int, Fault]] = []
    for one in paragraphs(source):
        found += [(one.line, fault) for fault in grammar.spans(one.text)[1]]
        for content in grammar.contents(one.text):
            found += [(one.line, fault) for fault in grammar.parse(content)[1]]
    return found


def build(source: str, language: str) -> bytes:
    """The Word file of a template: styles, page and footer of a comparison's, and its fields as typed text."""
    whole = list(paragraphs(source))
    title = next((one.text for one in whole if one.style == "Title"), "")
    writer = Writer(_blank(language))
    for one in whole:
        writer.paragraph(one.text, one.style)
    section = writer.word.sections[0]
    writer.fill(section.header.paragraphs[0], "{{synthetic}}")
    section.header.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
    writer.word.core_properties.title = "" if grammar.OPEN in title else writable_property(title)
    return writer.finish()


def _blank(language: str) -> Document:
    """The frame of a document without any figures."""
    return Document(
        title="",
        subtitle="",
        language=language,
        direction=direction(language),
        banner="",
        caution="",
        tables=(),
        fieldwork=Table("", "", "", (), ()),
        notes=(),
        provenance=(),
        made_on="1980-01-01",
        short_provenance="{{provenance:short}}",
    )
