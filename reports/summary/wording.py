"""What is wrong with a document, in words: a code says what, the words say what to do."""

import re
from collections.abc import Mapping
from typing import Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

FAULTS: Mapping[str, Promise] = {
    "empty": gettext_lazy("There is nothing between the braces. Write what is wanted, or delete them."),
    "too-long": gettext_lazy("This field is too long. Divide the sentence into several."),
    "too-deep": gettext_lazy("Fields stand within fields more than three deep. Write the sentences apart."),
    "not-opened": gettext_lazy("Two closing braces have no opening ones. Write the field again in one go."),
    "not-closed": gettext_lazy(
        "Two opening braces have no closing ones. Write the field again in one go; accept tracked changes inside it."
    ),
    "not-understood": gettext_lazy("This is no field. docs/summary.md lists what a field may say."),
    "parts": gettext_lazy(
        "The number of sentences is wrong: “claim” has one, “if” two or three, “compare” three or four, with | between."
    ),
    "condition": gettext_lazy("The condition is not complete. Write two figures with <, >, = or ~ between them."),
    "about": gettext_lazy("After ~ stands a number, such as 12."),
    "no-number": gettext_lazy("This cannot be compared: it is a text, not a number."),
    "unlike": gettext_lazy("A percentage is compared with something that is none."),
    "block-in-sentence": gettext_lazy("Tables, charts and footnotes cannot stand inside a sentence's field."),
    "block-place": gettext_lazy("A table or chart stands alone in a paragraph of the text, not in a table or heading."),
    "footnote-place": gettext_lazy("A footnote can only stand in the text itself."),
    "indicator-unknown": gettext_lazy("This comparison has no such figure."),
    "category-unknown": gettext_lazy("The question has no such choice."),
    "category-missing": gettext_lazy("Say which choice is meant: write / and its name after the figure."),
    "block-unknown": gettext_lazy("There is no such group."),
    "country-unknown": gettext_lazy("This country is not part of the comparison."),
    "no-average": gettext_lazy("This figure has no average: the plan asks for none, or it is a group's."),
    "no-distribution": gettext_lazy("Only a question whose choices are all counted can be listed whole."),
    "no-people": gettext_lazy("This counts nobody: it is neither a percentage nor a number of people."),
    "table-unknown": gettext_lazy("This comparison has no such table."),
    "chart-unknown": gettext_lazy("There is no chart of this table."),
    "memory-lost": gettext_lazy(
        "The field lost its meaning when the document was saved by another program. Write it again."
    ),
    "claim-false": gettext_lazy("The figures contradict this sentence."),
    "claim-unknown": gettext_lazy("This sentence rests on a figure that is not printed."),
    "choice-unknown": gettext_lazy(
        "Which sentence holds cannot be told, since a figure is not printed. Give the field a sentence for this case."
    ),
}
REFUSALS: Mapping[str, Promise] = {
    "too-big": gettext_lazy("This file is too big. Send one of at most 16 MB."),
    "too-many-parts": gettext_lazy("This file holds too many parts. Save it again in your word processor."),
    "too-many-fields": gettext_lazy("This file holds too many fields. Divide it into several."),
    "old-or-locked": gettext_lazy(
        "This file has a password, or is of an old kind. Save it as .docx, without a password."
    ),
    "not-a-document": gettext_lazy("This is no Word document. Save it as .docx and send it again."),
    "part-missing": gettext_lazy("A part of this document is missing. Save it again in your word processor."),
    "part-name": gettext_lazy("A part of this file has a name that no word processor gives. Save it again."),
    "part-broken": gettext_lazy("A part of this document is damaged. Save it again in your word processor."),
    "part-encoding": gettext_lazy("A part of this document is not written in UTF-8. Save it again as .docx."),
    "entities": gettext_lazy("A part of this document holds definitions that no word processor writes."),
    "macros": gettext_lazy("This file holds a program (macros). Save it as .docx, without macros."),
    "foreign-content": gettext_lazy(
        "This file holds another file or program inside. Delete it, or put a picture there."
    ),
    "fetches": gettext_lazy(
        "This file fetches something from elsewhere when it is opened, which would tell who reads it. Put the picture "
        "into the document itself, or detach the template."
    ),
    "fetching-field": gettext_lazy(
        "A field of this document reads another file or page when it is opened. Replace it by its text."
    ),
}
_NUMBERED = re.compile(r"(header|footer|footnotes|endnotes|document)")


class Where(Protocol):
    """A part, a paragraph of it, and how that begins."""

    @property
    def part(self) -> str: ...
    @property
    def paragraph(self) -> int: ...
    @property
    def excerpt(self) -> str: ...


def place(where: Where) -> str:
    """“Text, paragraph 12 (More women …)”."""
    found = _NUMBERED.search(where.part)
    kind = found.group(1) if found else ""
    names = {"header": _("Header"), "footer": _("Footer"), "footnotes": _("Footnotes"), "endnotes": _("Endnotes")}
    name = names.get(kind, _("Text"))
    return _("%(part)s, paragraph %(number)s (%(excerpt)s)") % {
        "part": name,
        "number": where.paragraph,
        "excerpt": where.excerpt,
    }


def line(code: str, what: str, where: str) -> str:
    """One line of the list for the author."""
    return _("%(where)s: %(words)s %(what)s") % {"where": where, "words": FAULTS[code], "what": f"{what} [{code}]"}


def unfilled(expression: str) -> str:
    return _("[not in this comparison: %(field)s]") % {"field": expression}
