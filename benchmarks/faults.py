"""bin/bench faults: what is lost when things die. Each line says how often, what was found afterwards, how soon.

Exit code 1 when an acknowledged response is lost or doubled, or a comparison is wrong, made twice, or never ends.
"""

import argparse
import csv
import os
import random
import shutil
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.stage import STUDY, Stage, stage
from benchmarks.visitor import Page, Visitor

HASTY: Mapping[str, str] = {"JOB_BEAT_SECONDS": "1", "JOB_LOST_SECONDS": "3", "JOB_SWEEP_SECONDS": "1"}
USUAL: Mapping[str, str] = {}
FOR_EVER = 90.0
MOST_PAGES = 100
RIGHT, FAILED, WRONG, ENDLESS = "right, once", "failed: ", "WRONG", "RUNNING FOR EVER"
SENT, LOST, DOUBLED = "stored once", "LOST", "DOUBLED"
BAD = {WRONG, ENDLESS, LOST, DOUBLED}


@dataclass
class Findings:
    """One kind of fault: what was found after each, and the seconds until all was well again."""

    fault: str
    found: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    note: str = ""

    def __str__(self) -> str:
        found = ", ".join(f"{count} {what}" for what, count in sorted(self.found.items()))
        took = ""
        if self.seconds:
            took = f"; seconds until then: median {statistics.median(self.seconds):.1f}, most {max(self.seconds):.1f}"
        return f"{self.fault}, {self.found.total()} times: {found}{took}{self.note}"

    @property
    def bad(self) -> int:
        return sum(count for what, count in self.found.items() if what in BAD)


# Comparisons ----------------------------------------------------------------------------------------------------------


class Desk:
    """A coordinator who starts comparisons, each of a fresh version so that everything is counted anew."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.visitor = stage.signed_in("coordinator", stage.coordinator_password())
        self.folder = stage.data / "study"
        self.versions = 0

    def publish(self) -> None:
        """The same study under a new version number: same variables, same plan, new releases."""
        self.versions += 1
        shutil.copytree(STUDY, self.folder, dirs_exist_ok=True)
        file = self.folder / "settings.csv"
        with file.open(encoding="utf-8", newline="") as handle:
            names, values = list(csv.reader(handle))[:2]
        values[names.index("version")] = f"trial {self.versions}"
        with file.open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle).writerows([names, values])
        self.stage.manage("publish_study", str(self.folder), role="survey_owner")

    def click(self) -> int:
        """Start a comparison of everything; its number."""
        form = self.visitor.open("/desk/comparisons/new/defenders/")
        progress = self.visitor.press(form)
        return int(progress.address.split("/comparisons/")[1].split("/")[0])


def outcome(comparison_id: int) -> tuple[str, list[tuple[int, int | None, Any]]]:
    """State of a comparison and (site, respondents, cells) of its releases. From a connection of its own."""
    from django.db import OperationalError, connection

    from reports.models import Comparison
    from survey.scope import study_scope

    connection.close()
    try:
        found = Comparison.objects.defer("result").get(pk=comparison_id)
        with study_scope(found.study_id):
            releases = found.releases.order_by("site_id")
            state = f"{FAILED}{found.reason}" if found.state == "failed" else found.state
            return state, list(releases.values_list("site_id", "respondents", "cells"))
    except OperationalError:
        return "no database", []


def wait_for_end(comparison_id: int) -> tuple[str, list[tuple[int, int | None, Any]]]:
    end = time.monotonic() + FOR_EVER
    state, releases = outcome(comparison_id)
    while state != "done" and not state.startswith(FAILED) and time.monotonic() < end:
        time.sleep(0.05)
        state, releases = outcome(comparison_id)
    return state, releases


def judge(state: str, releases: Sequence[tuple[int, int | None, Any]], expected: object) -> str:
    if state.startswith(FAILED):
        return state
    if state != "done":
        return ENDLESS
    return RIGHT if releases == expected else WRONG


def damage(
    desk: Desk, what: str, *, times: int, expected: object, before: Callable[[], None] | None = None, then: "Damage"
) -> Findings:
    """Start comparisons, do the damage a while after each, and see how they end.

    `before` happens before the coordinator clicks; the seconds are counted from when the damage is over.
    """
    findings = Findings(what)
    under_way = 0
    for _ in range(times):
        desk.publish()
        if before is not None:
            before()
        comparison_id = desk.click()
        time.sleep(then.wait())
        under_way += outcome(comparison_id)[0] != "done"
        then.inflict()
        began = time.monotonic()
        state, releases = wait_for_end(comparison_id)
        findings.seconds.append(time.monotonic() - began)
        findings.found[judge(state, releases, expected)] += 1
    findings.note = f"; {under_way} of them under way when it happened"
    return findings


@dataclass(frozen=True, slots=True)
class Damage:
    """What is done, and how long after the click (seconds, drawn anew each time)."""

    wait: Callable[[], float]
    inflict: Callable[[], None]


def comparisons(desk: Desk, *, kills: int, others: int, rng: random.Random) -> Iterator[Findings]:
    """Every fault that can meet a comparison, after one run without any to know what is right and how long it takes."""
    stage = desk.stage
    desk.publish()
    began = time.monotonic()
    state, expected = wait_for_end(desk.click())
    undisturbed = time.monotonic() - began
    assert state == "done", state
    print(f"Undisturbed comparison: {sum(n or 0 for _, n, _ in expected):,} responses, {undisturbed:.1f} s", flush=True)

    def meanwhile() -> float:
        return rng.uniform(0, undisturbed)

    def kill_worker() -> None:
        stage.kill("worker")
        stage.start("worker")

    yield damage(
        desk, "Worker killed while counting", times=kills, expected=expected, then=Damage(meanwhile, kill_worker)
    )
    yield damage(
        desk,
        "Broker dead when the coordinator clicks, back 3 s later",
        times=others,
        expected=expected,
        before=stage.kill_broker,
        then=Damage(lambda: 3.0, stage.start_broker),
    )
    yield damage(
        desk,
        "Broker killed while counting",
        times=others,
        expected=expected,
        then=Damage(meanwhile, stage.restart_broker),
    )
    yield damage(
        desk,
        "Database restarted while counting",
        times=others,
        expected=expected,
        then=Damage(meanwhile, stage.restart_database),
    )


# Submissions ----------------------------------------------------------------------------------------------------------


class Participant:
    """Answers with a text that nobody else writes, so that a response can be told from every other one."""

    def __init__(self, stage: Stage, link: str, mark: str) -> None:
        self.visitor, self.mark = Visitor(f"http://127.0.0.1:{stage.port}"), mark
        self.review = self._walk(self.visitor.open(link))
        self.thanked, self.cut_off = False, False

    def _walk(self, page: Page) -> Page:
        for _ in range(MOST_PAGES):
            if page.fields.get("_do") == ["submit"]:
                break
            agreed = {"agree": "on"} if page.fields.get("_do") == ["start"] else {}
            page = self.visitor.press(page, dict.fromkeys(page.texts, self.mark) | agreed)
        assert page.fields.get("_do") == ["submit"], page.text
        return page

    def submit(self) -> None:
        """Press “send” until there is an answer, as a person on a bad line does."""
        end = time.monotonic() + FOR_EVER
        while time.monotonic() < end:
            try:
                page = self.visitor.press(self.review)
            except OSError:
                self.cut_off = True
                time.sleep(0.05)
                continue
            self.thanked = page.status == 200 and not page.fields
            return


def submissions(stage: Stage, *, times: int, rng: random.Random) -> Findings:
    """Kill every web worker while somebody sends answers; afterwards each response must be there exactly once."""
    findings = Findings("Web workers killed while answers are sent")
    link = trial_link("MX")
    undisturbed = _seconds(Participant(stage, link, "undisturbed").submit)
    people = [Participant(stage, link, f"mark {number}") for number in range(times)]
    for person in people:
        sending = threading.Thread(target=person.submit)
        began = time.monotonic()
        sending.start()
        time.sleep(rng.uniform(0, undisturbed))
        stage.kill_web_workers()
        sending.join()
        findings.seconds.append(time.monotonic() - began)
        stage.wait_for_web()
    copies = stored_texts("MX")
    for person in people:
        findings.found[_fate(person, copies[person.mark])] += 1
    findings.note = f"; {sum(person.cut_off for person in people)} of them cut off before the answer came"
    return findings


def _seconds(action: Callable[[], None]) -> float:
    began = time.monotonic()
    action()
    return time.monotonic() - began


def _fate(person: Participant, copies: int) -> str:
    if copies > 1:
        return DOUBLED
    if copies == 0:
        return LOST if person.thanked else "not stored, and not acknowledged"
    return SENT if person.thanked else "stored once, and not acknowledged"


def trial_link(country: str) -> str:
    """Where the demonstration's open cohort of a country is answered."""
    from reports.demo import trial_token
    from survey.models import Site

    return f"/j/{trial_token(Site.objects.get(study__slug='defenders', country=country))}/"


def stored_texts(country: str) -> Counter[str]:
    """How many responses of the trial cohort carry each text."""
    from survey.models import FreeText, Site
    from survey.scope import site_scope

    site = Site.objects.get(study__slug="defenders", country=country)
    with site_scope(site.pk):
        pairs = set(FreeText.objects.values_list("response_id", "text"))
    return Counter(bytes(text).decode() for _, text in pairs)


# The campaign ---------------------------------------------------------------------------------------------------------


def multiply(times: int) -> None:
    """Fill the frozen cohorts up, so that counting takes long enough to be hit."""
    from django.db import connection

    from survey.models import Cohort, Site
    from survey.scope import site_scope

    for site in Site.objects.all():
        with site_scope(site.pk), connection.cursor() as cursor:
            cohort = Cohort.objects.get(state=Cohort.State.FROZEN)
            cursor.execute(
                "INSERT INTO survey_response (id, site_id, cohort_id, version_id, week, language, record)"
                " SELECT gen_random_uuid(), site_id, cohort_id, version_id, week, language, record"
                " FROM survey_response, generate_series(2, %s) WHERE cohort_id = %s",
                [times, cohort.pk],
            )


@contextmanager
def running(pace: Mapping[str, str]) -> Iterator[Stage]:
    """Everything up, with the demonstration data."""
    os.environ.update(pace)
    with stage() as built:
        built.manage("load_demo", str(STUDY))
        for name in ("worker", "beat", "web"):
            built.start(name)
        threading.Thread(target=built.keep_alive, name="supervisor", daemon=True).start()
        yield built


def campaign(built: Stage, options: argparse.Namespace, rng: random.Random) -> Iterator[Findings]:
    if options.kills or options.others:
        yield from comparisons(Desk(built), kills=options.kills, others=options.others, rng=rng)
    if options.submissions:
        yield submissions(built, times=options.submissions, rng=rng)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/bench faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="how often the worker is killed")
    parser.add_argument("--others", type=int, default=10, help="how often each other fault meets a comparison")
    parser.add_argument("--submissions", type=int, default=200, help="how often the web workers are killed")
    parser.add_argument("--times", type=int, default=1000, help="how often each demonstration response is repeated")
    parser.add_argument("--usual-pace", action="store_true", help="heartbeats and sweeps as in use, not hastened")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    bad = 0
    with running(USUAL if options.usual_pace else HASTY) as built:
        multiply(options.times)
        for findings in campaign(built, options, random.Random(options.seed)):
            if findings.found:
                print(findings, flush=True)
            bad += findings.bad
        print(f"Processes that ended by themselves and were started again: {dict(built.restarts) or 'none'}")
    print("Nothing was lost, doubled, wrong or endless." if not bad else f"{bad} BAD OUTCOME(S)")
    return int(bool(bad))
