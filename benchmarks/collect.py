"""bin/bench collect: complete questionnaires a second and page times with many participants at once.

Everybody goes from the link to the receipt, answering every question with its first choice. Once without a pause, which
finds the limit, and once at a reader's pace. The participants run on the same machine and take their share of it. The
raw insert rate of the same durable database, one row a transaction, stands beside it.
"""

import argparse
import http.client
import math
import os
import random
import re
import statistics
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin

import psycopg2

from benchmarks.found import trial_link
from benchmarks.stage import STUDY, Stage, stage

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_RADIO = re.compile(r'<input type="radio" name="([^"]+)" value="([^"]*)"')
_BUTTON = re.compile(r'class="go" name="_do" value="([^"]+)"')
_ACTION = re.compile(r'<form id="f"[^>]* action="([^"]+)"')
COUNTRIES = ("MX", "CO", "KE", "ID", "EG")


@dataclass
class Findings:
    """What all participants saw. Seconds are those between asking for a page and having read it, redirects included."""

    complete: int = 0
    lengths: list[int] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    other: Counter[int] = field(default_factory=Counter)


class Participant:
    """One phone: one cookie, a connection a page."""

    def __init__(self, port: int, link: str, pause: float, findings: Findings) -> None:
        self.port, self.link, self.pause, self.findings = port, link, pause, findings
        self.cookie = ""
        self.asked = 0

    def answer_until(self, end: float) -> None:
        while time.monotonic() < end:
            self._answer_once(end)

    def _answer_once(self, end: float) -> None:
        self.cookie, address, self.asked = "", self.link, 0
        text = self._page("GET", address)
        while time.monotonic() < end:
            button = _BUTTON.search(text)
            if button is None:
                self.findings.complete += 1
                self.findings.lengths.append(self.asked)
                return
            action = _ACTION.search(text)
            address = urljoin(address, action.group(1)) if action else address
            # The first choice of every question: dict keeps the last of a name, so they are read from behind.
            fields = dict(reversed(_RADIO.findall(text))) | dict(_HIDDEN.findall(text))
            fields |= {"_do": button.group(1), "agree": "on"}
            time.sleep(random.uniform(0, 2 * self.pause))
            text = self._page("POST", address, fields)
            if "_rev" in fields or fields["_do"] in ("start", "go-on"):
                address = "/"

    def _page(self, method: str, address: str, fields: dict[str, str] | None = None) -> str:
        """The page, its redirect followed; asked again when the server says that it is busy."""
        self.asked += 1
        while True:
            began = time.monotonic()
            status, location, text = self._ask(method, address, fields)
            if status == 303:
                status, _, text = self._ask("GET", location, None)
            self.findings.pages.append(time.monotonic() - began)
            if status == 200:
                return text
            self.findings.other[status] += 1
            assert status == 503, (status, address)
            time.sleep(1)

    def _ask(self, method: str, address: str, fields: dict[str, str] | None) -> tuple[int, str, str]:
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        headers["Origin"] = f"http://127.0.0.1:{self.port}"
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        line.request(method, address, urlencode(fields) if fields else None, headers)
        answer = line.getresponse()
        text = answer.read().decode()
        line.close()
        cookie = answer.headers.get("Set-Cookie")
        if cookie:
            self.cookie = cookie.partition(";")[0]
        return answer.status, answer.headers.get("Location", ""), text


def collect(built: Stage, *, people: int, seconds: float, pause: float) -> Findings:
    """Everybody at once, for so many seconds."""
    findings = Findings()
    end = time.monotonic() + seconds
    phones = [
        Participant(built.port, trial_link(COUNTRIES[number % len(COUNTRIES)]), pause, findings)
        for number in range(people)
    ]
    threads = [threading.Thread(target=phone.answer_until, args=(end,)) for phone in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return findings


def insert_rate(seconds: float, connections: int) -> float:
    """Rows a second that the database itself takes, each in a transaction of its own that is safe on disk."""
    from django.db import connection

    from survey.models import Site

    site = Site.objects.get(study__slug="defenders", country="MX").pk
    parameters = {**connection.get_connection_params()}
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    counts: list[int] = []

    def insert() -> None:
        line = psycopg2.connect(**parameters)
        done, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            with line, line.cursor() as cursor:
                cursor.execute("SELECT set_config('app.site', %s, true)", [str(site)])
                cursor.execute(
                    "INSERT INTO survey_response (id, site_id, cohort_id, version_id, week, language, record)"
                    " VALUES (gen_random_uuid(), %s, 0, 0, '2026-W48', 'en', %s)",
                    [site, os.urandom(164)],
                )
            done += 1
        line.close()
        counts.append(done)

    threads = [threading.Thread(target=insert) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/bench collect", description=__doc__)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60, help="of the run without a pause")
    parser.add_argument("--paced", type=float, default=180, help="seconds of the run at a reader's pace")
    parser.add_argument("--pause", type=float, default=2, help="a reader's seconds a page in the second run")
    options = parser.parse_args(arguments)
    with stage() as built:
        built.manage("load_demo", str(STUDY))
        built.start("web")
        for pause, seconds in ((0.0, options.seconds), (options.pause, options.paced)):
            found = collect(built, people=options.people, seconds=seconds, pause=pause)
            print(line_for(found, options.people, seconds, pause), flush=True)
        rate = insert_rate(5, 8)
        print(f"The same database takes {rate:,.0f} rows a second, one a transaction, on 8 connections.")
    return 0


def line_for(found: Findings, people: int, seconds: float, pause: float) -> str:
    """One run in words. Questionnaires a second are pages a second by the pages of one: nobody is cut off half-way."""
    pages = sorted(found.pages)
    length = statistics.mean(found.lengths) if found.lengths else math.inf
    p95 = pages[int(len(pages) * 0.95)]
    waits = ", ".join(f"{count} answers with status {status}" for status, count in found.other.items())
    pace = f"{pause:g} s a page" if pause else "no pause"
    rate = len(pages) / seconds
    return (
        f"{people} participants at once, {pace}: {rate / length:.1f} complete questionnaires a second"
        f" of {length:.0f} pages each ({found.complete} to the end), {rate:,.0f} pages a second;"
        f" a page takes {statistics.median(pages):.2f} s (median), {p95:.2f} s (p95)" + (f"; {waits}" if waits else "")
    )
