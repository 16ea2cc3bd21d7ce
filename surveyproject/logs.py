"""Log lines that name no one: a message could carry a path, a form value or an answer, so only its template is kept."""

import logging


class NamelessFormatter(logging.Formatter):
    """Level, logger, the message without its arguments, and the kind of an exception without its text."""

    def format(self, record: logging.LogRecord) -> str:
        event = str(record.msg).split("\n", 1)[0][:120]
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        return " ".join(part for part in (record.levelname, record.name, event, kind) if part)
