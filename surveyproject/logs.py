"""Log lines that name no one: a message could carry a path, a form value or an answer, so only its template is kept."""

import logging
import traceback
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


class NamelessFormatter(logging.Formatter):
    """Level, logger, the message without its arguments, and of an exception its kind and its place in the source."""

    def format(self, record: logging.LogRecord) -> str:
        event = "" if _quotes(record) else str(record.msg).split("\n", 1)[0][:120]
        return " ".join(part for part in (record.levelname, record.name, event, *_kind_and_place(record)) if part)


def _quotes(record: logging.LogRecord) -> bool:
    """Whether the message is an error's own text: Django writes what was wrong with a request so, in its words."""
    return record.name.startswith("django.security.") or bool(
        record.exc_info and record.exc_info[1] is not None and str(record.exc_info[1]) == str(record.msg)
    )


def _kind_and_place(record: logging.LogRecord) -> tuple[str, ...]:
    if not record.exc_info or record.exc_info[0] is None:
        return ()
    frames = traceback.extract_tb(record.exc_info[2])
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    # What the environment has wrong is said in words for whoever starts the program.
    said = str(record.exc_info[1]) if isinstance(record.exc_info[1], ImproperlyConfigured) else ""
    return record.exc_info[0].__name__, place, said
