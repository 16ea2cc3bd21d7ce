"""gunicorn's own part: answers to what is no request with our headers, and logs that name no one."""

import logging
from typing import Any

from gunicorn import glogging
from gunicorn.workers.gthread import ThreadWorker

from surveyproject import headers
from surveyproject.logs import NamelessFormatter

# By the names of gunicorn's exceptions; whatever else a request has wrong is 400.
STATUS = {"LimitRequestLine": 414, "LimitRequestHeaders": 431, "UnsupportedTransferCoding": 501}
STATUS |= {"ExpectationFailed": 417, "ForbiddenProxyRequest": 403}
REASONS = {400: "Bad Request", 403: "Forbidden", 414: "URI Too Long", 417: "Expectation Failed"}
REASONS |= {431: "Request Header Fields Too Large", 500: "Internal Server Error", 501: "Not Implemented"}


class Worker(ThreadWorker):
    """gunicorn would quote the request in its answer, and in its log beside the sender's address."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        status = status_of(exc)
        if status == 500:
            self.log.error("The program failed outside a page", exc_info=exc)
        try:
            client.sendall(answer(status))
        except OSError:
            self.log.debug("Nobody there to be told.")


def status_of(error: BaseException) -> int:
    """500 is ours; everything that gunicorn's parser finds is the sender's."""
    theirs = type(error).__module__ in ("gunicorn.http.errors", "ssl")
    ours = type(error).__name__ in ("InvalidResponseHeader", "InvalidResponseHeaderName", "ConfigurationProblem")
    return STATUS.get(type(error).__name__, 400) if theirs and not ours else 500


def answer(status: int) -> bytes:
    """A page without words, since nobody's browser sends what leads here."""
    page = f'<!doctype html><html lang="en"><head><title>{status}</title></head><body><h1>{status}</h1></body></html>'
    lines = {**headers.always(), "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8"}
    lines |= {"Content-Length": str(len(page)), "Connection": "close"}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} {REASONS[status]}\r\n{head}\r\n{page}".encode()


class Logger(glogging.Logger):
    """gunicorn's log in the form of ours."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(NamelessFormatter())

    def access(self, *args: Any) -> None:
        """Nobody's visit is written down."""


# Settings that gunicorn reads from this module, see `embedded.processes.WEB`.
worker_class = "surveyproject.server.Worker"
logger_class = Logger
loglevel = logging.getLevelName(logging.WARNING).lower()
accesslog = None
threads = 4
graceful_timeout = 20
control_socket_disable = True
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190
