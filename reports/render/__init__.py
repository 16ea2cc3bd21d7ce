"""One stored result, many formats. Every renderer is a function of the result, the focal country and the language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reports.render import docx, tidy, xlsx
from reports.render.document import RenderError, describe
from reports.table import Result

__all__ = ["FORMATS", "Format", "RenderError", "describe", "file_name", "render"]


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: its ending, its media type, and the function that writes it."""

    extension: str
    content_type: str
    write: Callable[[Result, str, str], bytes]


FORMATS: Mapping[str, Format] = {
    "docx": Format(
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        lambda result, focal, language: docx.write(describe(result, focal, language), result.provenance.made_on),
    ),
    "xlsx": Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx.write),
    "csv": Format("csv", "text/csv; charset=utf-8", tidy.write_csv),
    "json": Format("json", "application/json", tidy.write_json),
}


def render(result: Result, format_name: str, focal: str, language: str) -> bytes:
    """The bytes of a file; the same result gives the same bytes. RenderError for what the result does not hold."""
    if format_name not in FORMATS:
        raise RenderError(f"There is no format {format_name}; there are {', '.join(FORMATS)}.")
    return FORMATS[format_name].write(result, focal, language)


def file_name(format_name: str, focal: str, language: str) -> str:
    """A neutral name for a download."""
    return f"comparison-{focal.lower()}-{language.lower()}.{FORMATS[format_name].extension}"
