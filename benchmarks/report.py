"""bin/bench report: one whole comparison, from the coordinator's click to the last byte of the last file.

Everything runs as `bin/run` runs it: PostgreSQL, the broker, the web server and a Celery worker with two processes. The
smallest size is the demonstration as it is (407 people in five countries); larger ones repeat its answers, each copy
sealed as its own. Every format is fetched in every language from the web server, seen from the first country.
"""

import argparse
import os
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.contenders import peak_bytes
from benchmarks.fault_comparisons import Desk
from benchmarks.found import multiply
from benchmarks.stage import STUDY, Stage, stage
from surveyproject.embedded import places

PEOPLE = 407
PAUSE = 0.02
TOGETHER = "together"
LONGEST_FILE = 120
# Longer than any of these takes; a comparison that fails ends at once.
FOR_EVER = 4 * 3600


@dataclass
class Times:
    """Seconds of each step, and the bytes and seconds of each file."""

    steps: list[tuple[str, float]] = field(default_factory=list)
    files: list[tuple[str, str, int, float]] = field(default_factory=list)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/bench report", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[PEOPLE, 1_000_000], metavar="RESPONSES")
    parser.add_argument("--shard-rows", type=int, help="SHARD_ROWS of the worker, instead of its default")
    options = parser.parse_args(arguments)
    if options.shard_rows:
        os.environ["SHARD_ROWS"] = str(options.shard_rows)
    if len(options.sizes) == 1:
        with stage() as built:
            measure(built, max(1, round(options.sizes[0] / PEOPLE)))
        return 0
    print(f"{os.cpu_count()} cores; a worker with two processes, a web server with two.", flush=True)
    seconds = [_in_a_process_of_its_own(size) for size in options.sizes]
    ratios = (f"{size:,}: {one / seconds[0]:.1f}" for size, one in zip(options.sizes, seconds, strict=True))
    print(f"Times the smallest's seconds: {', '.join(ratios)}")
    return 0


def _in_a_process_of_its_own(size: int) -> float:
    """One size with servers of its own, told as it goes; returns its seconds."""
    command = [sys.executable, "-m", "benchmarks", "report", "--sizes", str(size)]
    printed = subprocess.run(command, cwd=places.ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    print(printed, flush=True)
    return next(float(line.split()[1]) for line in printed.splitlines() if line.split()[:1] == [TOGETHER])


def measure(built: Stage, times: int) -> None:
    """One comparison at one size; prints everything about it."""
    built.manage("load_demo", str(STUDY))
    if times > 1:
        multiply(times)
        built.superuser("VACUUM ANALYZE")
    for name in ("worker", "beat", "web"):
        built.start(name)
    desk = Desk(built)
    # What laid the answers down is not to be counted as what fetches the files.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    found = Times()
    comparison_id = compare(desk, found)
    fetch(built, desk, comparison_id, found)
    report(built, comparison_id, found)


def compare(desk: Desk, found: Times) -> int:
    """From the click to the stored result; its number."""
    began = time.perf_counter()
    comparison_id = desk.click()
    clicked = time.perf_counter()
    counted, done = _watch(comparison_id, clicked)
    found.steps += [
        ("asked for", clicked - began),
        ("every country counted and released", counted - clicked),
        ("assembled", done - counted),
    ]
    return comparison_id


def _watch(comparison_id: int, since: float) -> tuple[float, float]:
    """When the last release was done, and when the comparison was."""
    from reports.models import Comparison, JobState
    from survey.scope import study_scope

    counted = 0.0
    while time.perf_counter() - since < FOR_EVER:
        found = Comparison.objects.defer("result").get(pk=comparison_id)
        now = time.perf_counter()
        if found.state == JobState.FAILED:
            raise SystemExit(f"The comparison failed: {found.reason}.")
        with study_scope(found.study_id):
            if not counted and not found.releases.exclude(state=JobState.DONE).exists():
                counted = now
        if found.state == JobState.DONE:
            return counted or now, now
        time.sleep(PAUSE)
    raise SystemExit("The comparison never ends.")


def fetch(built: Stage, desk: Desk, comparison_id: int, found: Times) -> None:
    """The page, then every format in every language."""
    from django.urls import reverse

    from reports.render import FORMATS

    page = reverse("comparison", args=[comparison_id])
    result = _result(comparison_id)
    focal = result.countries[0].code
    found.steps.append(("its page", _fetched(desk, page)[1]))
    began = time.perf_counter()
    for name in FORMATS:
        for language in result.languages:
            query = urllib.parse.urlencode({"focal": focal, "language": language})
            address = f"{reverse('comparison-file', args=[comparison_id, name])}?{query}"
            found.files.append((name, language, *_fetched(desk, address)))
    found.steps.append((f"{len(found.files)} files", time.perf_counter() - began))


def _result(comparison_id: int) -> Any:
    from reports.models import Comparison
    from reports.table import Result

    return Result.from_json(Comparison.objects.get(pk=comparison_id).result)


def _fetched(desk: Desk, path: str) -> tuple[int, float]:
    """Bytes and seconds of one answer."""
    began = time.perf_counter()
    with desk.visitor.opener.open(urllib.parse.urljoin(desk.visitor.origin, path), timeout=LONGEST_FILE) as answer:
        size = len(answer.read())
    return size, time.perf_counter() - began


def report(built: Stage, comparison_id: int, found: Times) -> None:
    respondents, shards, cells, result = _stored(comparison_id)
    print(f"{respondents:,} responses; counted in shards: {shards or 'none'}")
    for step, seconds in found.steps:
        print(f"  {step:<40}{seconds:>9.2f} s")
    print(f"  {TOGETHER:<40}{sum(seconds for _, seconds in found.steps):>9.2f} s")
    for name in dict.fromkeys(kind for kind, *_ in found.files):
        own = [(language, size, seconds) for kind, language, size, seconds in found.files if kind == name]
        sizes = "  ".join(f"{language} {size:,}" for language, size, _ in own)
        print(f"  {name:<6}{sum(seconds for *_, seconds in own):>7.2f} s   bytes: {sizes}")
    print(f"  stored: {cells:,} bytes of released cells, {result:,} bytes of result")
    heap, index = _table_bytes(built)
    print(f"  responses on disk: {heap / respondents:,.0f} bytes each, and {index / respondents:,.0f} of indexes")
    for name in ("worker", "web"):
        peaks = list(_peaks(built.children[name].process.pid))
        print(f"  peak memory, {name:<7}{max(peaks) / 2**20:>7.0f} MB the largest of {len(peaks)} processes")
    print(f"  peak memory, client {peak_bytes() / 2**20:>6.0f} MB", flush=True)


def _stored(comparison_id: int) -> tuple[int, str, int, int]:
    """Respondents, the countries counted in shards, and the bytes of what is kept."""
    from django.db import connection

    from reports.models import Comparison
    from survey.models import Site
    from survey.scope import study_scope

    found = Comparison.objects.defer("result").get(pk=comparison_id)
    with study_scope(found.study_id), connection.cursor() as cursor:
        releases = list(found.releases.defer("cells"))
        cursor.execute("SELECT sum(length(cells::text)) FROM reports_release")
        cells = int(cursor.fetchone()[0])
        cursor.execute("SELECT length(result::text) FROM reports_comparison WHERE id = %s", [comparison_id])
        result = int(cursor.fetchone()[0])
    # The second attempt is the one that adds shards up.
    shards = [Site.objects.get(pk=one.site_id).country for one in releases if one.attempts > 1]
    return sum(one.respondents or 0 for one in releases), ", ".join(shards), cells, result


def _table_bytes(built: Stage) -> tuple[int, int]:
    rows = built.superuser(
        "SELECT sum(pg_table_size(inhrelid)), sum(pg_indexes_size(inhrelid)) FROM pg_inherits"
        " WHERE inhparent = 'survey_response'::regclass"
    )
    return int(rows[0][0]), int(rows[0][1])


def _peaks(pid: int) -> Iterator[int]:
    """The most memory that a process and each of its children ever had."""
    yield _peak_of(Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines())
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
        yield from _peaks(int(child))


def _peak_of(status: Sequence[str]) -> int:
    return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM")), 0)
