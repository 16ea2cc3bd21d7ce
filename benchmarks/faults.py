"""bin/bench faults: what is lost when things die. Each line says how often, what was found afterwards, how soon.

Exit code 1 when an acknowledged answer is lost, doubled or overwritten, a draft is lost, or a comparison is wrong, made
twice, or never ends.
"""

import argparse
import os
import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from benchmarks import fault_submissions
from benchmarks.fault_comparisons import Desk, comparisons
from benchmarks.findings import Findings
from benchmarks.found import multiply
from benchmarks.stage import STUDY, Stage, stage

HASTY: Mapping[str, str] = {"JOB_BEAT_SECONDS": "1", "JOB_LOST_SECONDS": "3", "JOB_SWEEP_SECONDS": "1"}
USUAL: Mapping[str, str] = {}


@contextmanager
def running(pace: Mapping[str, str], *, disk_mb: int = 0) -> Iterator[Stage]:
    """Everything up, with the demonstration data."""
    os.environ.update(pace)
    with stage(disk_mb=disk_mb) as built:
        built.manage("load_demo", str(STUDY))
        for name in ("worker", "beat", "web"):
            built.start(name)
        threading.Thread(target=built.keep_alive, name="supervisor", daemon=True).start()
        yield built


def campaign(built: Stage, options: argparse.Namespace, rng: random.Random) -> Iterator[Findings]:
    if options.kills or options.others:
        yield from comparisons(Desk(built), kills=options.kills, others=options.others, rng=rng)
    if options.submissions:
        yield fault_submissions.web_killed(built, times=options.submissions, rng=rng)
    if options.outages:
        yield from fault_submissions.database_faults(built, times=options.outages, rng=rng)
    if options.cuts:
        yield fault_submissions.cut_before_commit(built, times=options.cuts)
    if options.doubles:
        yield fault_submissions.sent_at_once(built, times=options.doubles, rng=rng)
    if options.tabs:
        yield fault_submissions.two_windows(built, times=options.tabs)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/bench faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="how often the worker is killed while it counts")
    parser.add_argument("--others", type=int, default=10, help="how often each other fault meets a comparison")
    parser.add_argument("--submissions", type=int, default=200, help="how often the web workers are killed")
    parser.add_argument("--outages", type=int, default=20, help="how often each fault of the database meets a person")
    parser.add_argument("--cuts", type=int, default=50, help="how often the line is cut before COMMIT")
    parser.add_argument("--doubles", type=int, default=100, help="how many send their answers several times at once")
    parser.add_argument("--tabs", type=int, default=200, help="how often two windows save in turn")
    parser.add_argument("--times", type=int, default=1000, help="how often each demonstration response is repeated")
    parser.add_argument("--usual-pace", action="store_true", help="heartbeats and sweeps as in use, not hastened")
    parser.add_argument("--shard-rows", type=int, help="SHARD_ROWS of the worker: countries are counted in shards")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    rng, pace, bad = random.Random(options.seed), USUAL if options.usual_pace else HASTY, 0
    if options.shard_rows:
        pace = {**pace, "SHARD_ROWS": str(options.shard_rows)}
    with running(pace) as built:
        if options.kills or options.others:
            multiply(options.times)
        for findings in campaign(built, options, rng):
            bad += told(findings)
        print(f"Processes that ended by themselves and were started again: {dict(built.restarts) or 'none'}")
    print("Nothing was lost, doubled, wrong or endless." if not bad else f"{bad} BAD OUTCOME(S)")
    return int(bool(bad))


def told(findings: Findings) -> int:
    """Print a line; how many of its outcomes must never be."""
    if findings.found:
        print(findings, flush=True)
    return findings.bad
