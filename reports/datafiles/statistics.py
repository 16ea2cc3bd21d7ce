"""Data files of SPSS (.sav) and Stata (.dta), with labels and missing values.

pyreadstat writes them, from a table of pandas. Both are loaded in a process of its own that ends with the file: no
server process carries their weight, and the file goes through pipes, so that it never lies on a disk.
"""

import datetime
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.datafiles.rows import Values
from survey.protocol.columns import SPSS, STATA, Column, Limits, Words

SAV, DTA = "sav", "dta"
_LIMITS: Mapping[str, Limits] = {SAV: SPSS, DTA: STATA}
_ROOT = Path(__file__).resolve().parents[2]
_LONGEST_SECONDS = 900
# The longest line of a document in SPSS, in bytes.
_LINE_BYTES = 80
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Where a .sav file has the day and the time of its making.
_SAV_DAY, _SAV_END = 92, 109
_DTA_LABEL = b"<label>"
_DTA_STAMP = b"</label><timestamp>"


class WritingError(Exception):
    """The process that writes the file failed. It says no more: a message could quote an answer."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a file says of itself. `day` stands in its header, so that the same data makes the same bytes."""

    title: str
    notes: tuple[str, ...]
    day: datetime.date


def write(
    kind: str, values: Values, columns: Sequence[Column], *, head: Head, language: str, country: str, words: Words
) -> bytes:
    """One file. Raises WritingError."""
    spec = {
        "kind": kind,
        "title": _LIMITS[kind].title.cut(head.title),
        "notes": list(_lines(head.notes)),
        "columns": [_told(column, _LIMITS[kind], language, country, words) for column in columns],
    }
    content = _from_child(json.dumps(spec).encode() + b"\n" + values.astype("<i4").tobytes())
    return _STAMPS[kind](content, head.day)


def _told(column: Column, limits: Limits, language: str, country: str, words: Words) -> dict[str, Any]:
    return {
        "name": column.name,
        "label": limits.label.cut(column.label(language, country)),
        "is_number": column.is_number,
        "values": [
            (value.code, value.tag, limits.value.cut(value.label)) for value in column.values(language, words, country)
        ],
    }


def _lines(notes: Iterable[str]) -> Iterator[str]:
    """Notes in lines that SPSS takes, never half a character."""
    for note in notes:
        line = ""
        for word in note.split():
            longer = f"{line} {word}" if line else word
            if line and len(longer.encode()) > _LINE_BYTES:
                yield line
                longer = word
            line = longer
            while len(line.encode()) > _LINE_BYTES:
                head = line.encode()[:_LINE_BYTES].decode(errors="ignore")
                yield head
                line = line[len(head) :]
        if line:
            yield line


def _from_child(sent: bytes) -> bytes:
    command = [sys.executable, "-m", "reports.datafiles.child"]
    try:
        done = subprocess.run(
            command,
            check=False,
            input=sent,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            timeout=_LONGEST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise WritingError("it took too long") from None
    if done.returncode:
        raise WritingError(f"exit code {done.returncode}")
    return done.stdout


# Dates ----------------------------------------------------------------------------------------------------------------


def _stamped_sav(content: bytes, day: datetime.date) -> bytes:
    stamp = f"{day.day:02d} {_MONTHS[day.month - 1]} {day.year % 100:02d}00:00:00".encode()
    return content[:_SAV_DAY] + stamp + content[_SAV_END:]


def _stamped_dta(content: bytes, day: datetime.date) -> bytes:
    """The day stands behind the file's label, whose length stands before it: a label could say anything."""
    start = content.index(_DTA_LABEL) + len(_DTA_LABEL)
    start += 2 + int.from_bytes(content[start : start + 2], "little")
    stamp = f"{day.day:02d} {_MONTHS[day.month - 1]} {day.year} 00:00".encode()
    if content[start : start + len(_DTA_STAMP) + 1] != _DTA_STAMP + bytes([len(stamp)]):
        raise WritingError("a header of another shape")
    start += len(_DTA_STAMP) + 1
    return content[:start] + stamp + content[start + len(stamp) :]


_STAMPS = {SAV: _stamped_sav, DTA: _stamped_dta}
