"""Hostile requests against a real server: its own answers are ours, and no log holds a word of what was sent."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest

from surveyproject.embedded import places, postgres, processes
from surveyproject.headers import HEADERS

CANARY = "canary7f3a"
ADDRESS = "203.0.113.77"


@dataclass
class Server:
    port: int
    log: Path

    def ask(self, request: bytes) -> bytes:
        """What the server answers to these bytes before it closes the line."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line:
            line.sendall(request)
            with suppress(OSError):
                line.shutdown(socket.SHUT_WR)
            answer = b""
            with suppress(OSError):
                while part := line.recv(65536):
                    answer += part
        return answer


@pytest.fixture
def server(django_db_setup: None, tmp_path: Path) -> Iterator[Server]:
    """The web server as `bin/run` starts it, on the tests' database."""
    found = Server(processes.free_port(), tmp_path / "web.log")
    command = [sys.executable, *processes.WEB, "-b", f"127.0.0.1:{found.port}"]
    with found.log.open("wb") as log:
        process = subprocess.Popen(
            command, cwd=places.ROOT, env={**os.environ, "DATABASE_ROLE": "survey_web"}, stdout=log, stderr=log
        )
    try:
        end = time.monotonic() + 60
        while not processes.web_answers(found.port):
            assert process.poll() is None, found.log.read_text()
            assert time.monotonic() < end, found.log.read_text()
            time.sleep(0.1)
        yield found
    finally:
        process.terminate()
        process.wait(30)


def request(line: str, *headers: str, body: str = "") -> bytes:
    fields = [f"Host: 127.0.0.1:{80}", f"X-Forwarded-For: {ADDRESS}", f"User-Agent: {CANARY}", "Connection: close"]
    return "\r\n".join([line, *fields, *headers, "", body]).encode("utf-8", "surrogateescape")


NO_REQUESTS = {
    "no words": (f"{CANARY}\r\n\r\n".encode(), 400),
    "a method that is none": (request(f"{CANARY}<> / HTTP/1.1"), 400),
    "a version that is none": (request(f"GET /{CANARY} HTTP/{CANARY}"), 400),
    "a header without a name": (request("GET / HTTP/1.1", f": {CANARY}"), 400),
    "a header that is none": (request("GET / HTTP/1.1", f"{CANARY}"), 400),
    "a folded header": (request("GET / HTTP/1.1", "A: b", f" {CANARY}"), 400),
    "two lengths": (request("POST / HTTP/1.1", "Content-Length: 1", f"Content-Length: {CANARY}"), 400),
    "an unknown coding": (request("POST / HTTP/1.1", f"Transfer-Encoding: {CANARY}"), 501),
    "too long a line": (request(f"GET /{CANARY * 900} HTTP/1.1"), 414),
    "too long a header": (request("GET / HTTP/1.1", f"A: {CANARY * 900}"), 431),
    "too many headers": (request("GET / HTTP/1.1", *(f"A{number}: {CANARY}" for number in range(200))), 431),
}


def parsed(answer: bytes) -> tuple[int, dict[str, str], str]:
    head, _, page = answer.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), page


def test_what_is_no_request_is_answered_with_our_headers_and_not_quoted(server: Server) -> None:
    for name, (sent, status) in NO_REQUESTS.items():
        got, headers, page = parsed(server.ask(sent))
        assert got == status, name
        due = {
            **HEADERS,
            "Cache-Control": "no-store",
            "Content-Type": "text/html; charset=utf-8",
            "Connection": "close",
        }
        assert headers == {**due, "Content-Length": str(len(page))}, name
        assert CANARY not in page, name


def test_static_files_carry_the_headers_and_may_be_kept_for_ever(server: Server) -> None:
    _, _, page = parsed(server.ask(request("GET /desk/sign-in/ HTTP/1.1")))
    style = re.findall(r'href="(/static/site\.\w+\.css)"', page)[0]
    status, headers, _ = parsed(server.ask(request(f"GET {style} HTTP/1.1")))
    assert status == 200
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert headers["Cache-Control"] == "max-age=315360000, public, immutable"
    status, headers, _ = parsed(server.ask(request("GET /static/nothing.css HTTP/1.1")))
    assert (status, headers["Cache-Control"]) == (404, "no-store")
    assert {name: headers[name] for name in HEADERS} == HEADERS


HOSTILE = (
    request(f"GET /{CANARY}/ HTTP/1.1"),
    request(f"GET /j/{CANARY}/?a={CANARY} HTTP/1.1"),
    request(f"GET /desk/sites/1/cohorts/{CANARY}/ HTTP/1.1"),
    request(f"GET /%ff%fe{CANARY} HTTP/1.1"),
    request("GET / HTTP/1.1", f"Cookie: s={CANARY}", f"Referer: http://{CANARY}/"),
    request("GET / HTTP/1.1", f"Accept-Language: {CANARY}"),
    f"GET / HTTP/1.1\r\nHost: {CANARY}.example\r\nConnection: close\r\n\r\n".encode(),
    f"GET / HTTP/1.1\r\nHost: {CANARY}/<>\r\nConnection: close\r\n\r\n".encode(),
)
FORMS = (
    f"code={CANARY}",
    f"code={CANARY}%00",
    f"_do=withdraw&code={CANARY}",
    f"_lang={CANARY}",
    f"username={CANARY}&password={CANARY}",
    f"%ff={CANARY}&%00={CANARY}",
    "&".join(f"{CANARY}{number}=1" for number in range(1000)),
)


FORM, FILE = "Content-Type: application/x-www-form-urlencoded", "Content-Type: multipart/form-data; boundary=x"


def test_no_log_of_the_program_holds_a_word_of_what_was_sent(server: Server) -> None:
    for sent in (*HOSTILE, *(one for one, _ in NO_REQUESTS.values())):
        server.ask(sent)
    for form in FORMS:
        kind = "Content-Type: application/x-www-form-urlencoded"
        for path in ("/", "/code/", f"/j/{CANARY}/", f"/i/{CANARY}/", "/desk/sign-in/", f"/{CANARY}"):
            length = f"Content-Length: {len(form)}"
            for kind in (FORM, FILE):
                server.ask(request(f"POST {path} HTTP/1.1", kind, length, f"Origin: http://{CANARY}", body=form))
    said = server.log.read_text()
    assert CANARY not in said
    assert ADDRESS not in said
    assert "127.0.0.1" not in said
    # It did say something: the refused hosts and forms are events.
    assert "WARNING django" in said or "ERROR django" in said


STATEMENTS = (
    f"SELECT '{CANARY}'::int",
    f"SELECT '{{\"{CANARY}'::jsonb",
    f"SELECT '{CANARY}'::uuid",
    f"SELECT {CANARY}",
    f"INSERT INTO accounts_throttle VALUES ('{CANARY}', 1, '{CANARY}')",
    f"SELECT 1/0 AS {CANARY}",
    f"DO $$ BEGIN RAISE EXCEPTION '{CANARY}'; END $$",
    f"DO $$ BEGIN RAISE WARNING '{CANARY}'; END $$",
)


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Postgres]:
    """A database server of its own, with the settings of a real one, that may be hurt."""
    data = tmp_path_factory.mktemp("logs")
    own = postgres.Postgres(data)
    own.start()
    yield own
    own.stop()
    postgres.remove(data)


def test_the_log_of_postgresql_holds_no_value_of_a_statement_that_failed_or_crashed(cluster: postgres.Postgres) -> None:
    line = psycopg2.connect(cluster.url("survey_owner"))
    line.autocommit = True
    with line.cursor() as cursor:
        for statement in STATEMENTS:
            with suppress(psycopg2.Error):
                cursor.execute(statement)
        with pytest.raises(psycopg2.errors.InvalidTextRepresentation):
            cursor.execute("SELECT %s::int", [CANARY])
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
        # A process that dies in the middle of a statement: PostgreSQL would tell which one.
        killer = subprocess.Popen(["sh", "-c", f"sleep 0.5; kill -{signal.SIGKILL.value} {backend}"])
        with pytest.raises(psycopg2.OperationalError):
            cursor.execute(f"SELECT pg_sleep(20), '{CANARY}'")
        killer.wait(10)
    died = f"client backend (PID {backend}) was terminated by signal 9"
    end = time.monotonic() + 120
    while not re.search(rf"{re.escape(died)}.*ready to accept connections", cluster.log.read_text(), re.DOTALL):
        assert time.monotonic() < end, cluster.log.read_text()
        time.sleep(0.1)
    assert CANARY not in cluster.log.read_text()
