"""Files of a stored comparison: one module a format, all reading the same result. Nothing here calculates."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reports.render import csv, dictionary, docx, json, pdf, pictures, xlsx
from reports.render.reading import Reading, RenderError
from reports.table import Result


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file. `render` makes the same bytes of the same reading, always."""

    extension: str
    content_type: str
    render: Callable[[Reading], bytes]
    suffix: str = ""


FORMATS: Mapping[str, Format] = {
    "docx": Format("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", docx.render),
    "pdf": Format("pdf", "application/pdf", pdf.render),
    "xlsx": Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx.render),
    "charts": Format("zip", "application/zip", pictures.render, "-charts"),
    "csv": Format("csv", "text/csv; charset=utf-8", csv.render),
    "dictionary": Format("csv", "text/csv; charset=utf-8", dictionary.render, "-dictionary"),
    "data": Format("zip", "application/zip", dictionary.render_package, "-data"),
    "json": Format("json", "application/json", json.render),
}


def render(result: Result, format_name: str, focal: str, language: str) -> bytes:
    """A file of a result. `focal` is one of its country codes, `language` one of its BCP 47 tags.

    Raises RenderError for a format, a country or a language that there is not.
    """
    return format_of(format_name).render(Reading(result, focal, language))


def file_name(result: Result, format_name: str, focal: str, language: str) -> str:
    """A neutral name, such as comparison-mx-en.docx: it names neither the study nor a person. Raises RenderError."""
    reading = Reading(result, focal, language)
    parts = [re.sub(r"[^a-z0-9]+", "-", part.lower()) for part in (reading.focal, reading.language)]
    own = format_of(format_name)
    return f"comparison-{'-'.join(parts)}{own.suffix}.{own.extension}"


def format_of(name: str) -> Format:
    """Raises RenderError for a format that there is not."""
    if name not in FORMATS:
        raise RenderError(f"“{name}” is no format. Choose {', '.join(FORMATS)}.")
    return FORMATS[name]


__all__ = ["FORMATS", "Format", "RenderError", "file_name", "format_of", "render"]
