"""The readable codebook: the same words on the staff pages and in a file that stands alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from reports.codebook import words
from reports.codebook.edition import Edition
from survey.language import language_name
from survey.protocol.codebook import Entry
from survey.protocol.columns import SPSS, STATA, Column, Limits
from survey.protocol.languages import direction
from survey.protocol.schema import Kind

_BODY, _FILE, _STYLE = "codebook/_body.html", "codebook/file.html", "templates/codebook/file.css"


@dataclass(frozen=True, slots=True)
class Code:
    """One code as each program shows it, the study's own name of it, and its label."""

    number: str
    stata: str
    name: str
    label: str
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """A variable: its name in the files, the study's own, and what it is about where a question has several."""

    name: str
    own: str
    label: str

    @property
    def is_renamed(self) -> bool:
        return self.name != self.own


@dataclass(frozen=True, slots=True)
class Item:
    """One question."""

    names: tuple[Name, ...]
    question: str
    stem: str
    hint: str
    kind: str
    routes: tuple[str, ...]
    codes: tuple[Code, ...]
    own: str
    is_left_out: bool
    # The programs whose limit cuts a label.
    cut_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One section; `name` is where a link leads."""

    name: str
    title: str
    lead: str
    items: tuple[Item, ...]


def body(edition: Edition, language: str) -> SafeString:
    """The codebook in one language of the study."""
    with words.spoken_in(language):
        context = {
            "edition": edition,
            "language": language,
            "direction": direction(language),
            "about": words.about(edition),
            "modes": words.modes(edition),
            "country": _country(edition, language),
            "languages": [language_name(tag) for tag in edition.protocol.languages],
            "chapters": _chapters(edition, language),
        }
        return render_to_string(_BODY, context)


def standalone(edition: Edition, language: str) -> bytes:
    """The same as one file, to keep beside the data: no script, no picture, nothing that is fetched."""
    with words.spoken_in(language):
        context = {
            "edition": edition,
            "language": language,
            "direction": direction(language),
            "body": body(edition, language),
            "style": _style(),
        }
        return render_to_string(_FILE, context).encode()


@lru_cache(maxsize=1)
def _style() -> SafeString:
    """The file's own style sheet: without one beside it, it needs one inside."""
    css = Path(settings.BASE_DIR, _STYLE).read_text("utf-8")
    return format_html("<style>{}</style>", mark_safe(css))


def _country(edition: Edition, language: str) -> str:
    if not edition.country:
        return ""
    return edition.protocol.country(edition.country).label.get(language) or edition.country


def _chapters(edition: Edition, language: str) -> list[Chapter]:
    return [
        Chapter(
            f"section-{part.section.name}",
            part.section.title.get(language, edition.country),
            part.section.lead.get(language, edition.country),
            tuple(_item(edition, entry, language) for entry in part.entries),
        )
        for part in edition.parts
    ]


def _item(edition: Edition, entry: Entry, language: str) -> Item:
    country, question = edition.country, entry.question
    return Item(
        names=tuple(_name(column, language, country) for column in entry.columns),
        question=question.label.get(language, country),
        stem=entry.battery.stem.get(language, country) if entry.battery else "",
        hint=question.hint.get(language, country),
        kind=str(words.KINDS[question.kind]),
        routes=tuple(words.route(edition, condition, language) for condition in entry.conditions),
        codes=tuple(_codes(entry, language, country)),
        own=question.name,
        is_left_out=entry.is_left_out,
        cut_in=tuple(
            program
            for program, limits in (("SPSS", SPSS), ("Stata", STATA))
            if any(_is_cut(column, limits, language, country) for column in entry.columns)
        ),
    )


def _name(column: Column, language: str, country: str) -> Name:
    label = column.choice.label.get(language, country) if column.choice is not None else ""
    return Name(column.name, column.variable.name, label)


def _codes(entry: Entry, language: str, country: str) -> Iterator[Code]:
    """The codes of a question; those of a choice that can be ticked are the same for all of its choices."""
    if not entry.columns:
        return
    question = entry.question
    if question.kind is Kind.INTEGER:
        numbers = f"{question.low}–{question.high}"
        yield Code(numbers, numbers, "", "")
    several = question.kind is Kind.SELECT_MULTIPLE
    for value in entry.columns[0].values(language, words.words(), country):
        number = str(value.code).replace("-", "−")
        name = "" if several and value.reason is None else value.name
        stata = f".{value.tag}" if value.tag else number
        yield Code(number, stata, name, value.label, value.reason is not None)


def _is_cut(column: Column, limits: Limits, language: str, country: str) -> bool:
    labels = (value.label for value in column.values(language, words.words(), country))
    fits = limits.label.holds(column.label(language, country))
    return not (fits and all(limits.value.holds(label) for label in labels))
