"""Faults that meet a comparison: the worker, the broker and the database die while countries are counted."""

import csv
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.findings import ENDLESS, FAILED, FOR_EVER, RIGHT, WRONG, Findings
from benchmarks.stage import STUDY, Stage


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
