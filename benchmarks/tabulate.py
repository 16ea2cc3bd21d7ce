"""bin/bench tabulate: everything the bundled plan counts, by country and gender, in several ways with one result.

The same made-up answers lie in the same PostgreSQL as records, open (ours) and sealed, as typed columns (for pandas),
as JSONB, and in a CSV file of the typed columns (for R). Every way runs in a process of its own; the figures must be
equal, R's percentages and means too, or the benchmark fails.
"""

import argparse
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psycopg2

from benchmarks import generated, stored, with_r
from benchmarks.contenders import CONTENDERS, MOST, Job
from benchmarks.stage import Stage, stage
from benchmarks.stored import Where
from survey.protocol.record import RecordLayout
from surveyproject.embedded import places

OURS = "ours, two processes"
# Beyond this size one run says enough.
SEVERAL_RUNS = 1_000_000


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/bench tabulate", description=__doc__)
    sizes = [10_000, 100_000, 1_000_000, 10_000_000]
    parser.add_argument("--sizes", type=int, nargs="+", default=sizes, metavar="RESPONSES")
    parser.add_argument("--runs", type=int, default=3, help="the fastest of so many counts; one beyond a million")
    parser.add_argument("--contenders", nargs="+", choices=list(CONTENDERS), help=f"these, beside “{OURS}”")
    options = parser.parse_args(arguments)
    wanted = [name for name in CONTENDERS if not options.contenders or name in (*options.contenders, OURS)]
    if "R" in wanted and not with_r.is_installed():
        print("R is not installed: skipped")
        wanted.remove("R")
    print(f"{os.cpu_count()} cores. Fastest of {options.runs} runs; seconds from connecting to the last figure.")
    print(f"{'responses':>10}  {'':<22}{'seconds':>9}{'peak MB':>9}{'times ours':>12}")
    with stage() as built:
        for size in options.sizes:
            ways = [name for name in wanted if size <= MOST.get(name, size)]
            job = load(built, size, ways)
            print_size(built, job, ways, options.runs if size <= SEVERAL_RUNS else 1)
            for name in wanted:
                if name not in ways:
                    print(f"{size:>10,}  {name:<22}not beyond {MOST[name]:,} responses", flush=True)
    return 0


def print_size(built: Stage, job: Job, ways: Sequence[str], runs: int) -> None:
    found = {name: best(built, job, name, runs) for name in ways}
    rows = found[OURS]["rows"]
    for name, own in found.items():
        if own["rows"] != rows:
            sys.exit(f"{name} counts otherwise: {difference(rows, own['rows'])}")
        ratio = own["seconds"] / found[OURS]["seconds"]
        print(f"{job.size:>10,}  {name:<22}{own['seconds']:>9.2f}{own['peak'] / 2**20:>9.0f}{ratio:>12.1f}", flush=True)
    print(f"{'':>10}  {len(rows):,} figures, equal in all of them", flush=True)


def difference(ours: Sequence[Any], theirs: Sequence[Any]) -> str:
    left, right = {tuple(row) for row in ours}, {tuple(row) for row in theirs}
    return f"only ours {sorted(left - right)[:3]}, only theirs {sorted(right - left)[:3]}"


def best(built: Stage, job: Job, name: str, runs: int) -> dict[str, Any]:
    """The fastest of several runs."""
    file = built.data / "result.json"
    command = [sys.executable, "-m", "benchmarks.contenders", name, json.dumps(dataclasses.asdict(job)), str(file)]
    found = []
    for _ in range(runs):
        subprocess.run(command, cwd=places.ROOT, check=True)
        found.append(json.loads(file.read_text(encoding="utf-8")))
    return min(found, key=lambda one: one["seconds"])


def load(built: Stage, size: int, ways: Sequence[str]) -> Job:
    """Store the same answers in every way that these contenders read; cohorts of their own for every size."""
    from survey.models import Site, Study
    from survey.publishing import latest_version, layout_for

    version = latest_version(Study.objects.get(slug="defenders"))
    layout = layout_for(version.pk)
    assert built.services.postgres is not None
    rng = np.random.default_rng(size)
    sites = list(Site.objects.order_by("position").values_list("pk", flat=True))
    own, hidden = (stored.cohorts(sites, version.pk, f"{size}{kind}") for kind in ("", " sealed"))
    csv = str(built.data / f"answers-{size}.csv")
    job = Job(version.pk, own, hidden, size, built.services.postgres.url("survey_owner"), csv)
    names = generated.column_names(layout)
    owner = psycopg2.connect(job.owner_url)
    with owner, owner.cursor() as cursor:
        tables = {"pandas": "typed", "R": "typed", "JSONB": "jsonb"}
        wanted = {tables[way] for way in ways if way in tables}
        create(cursor, job, wanted, layout)
        for site_id, count in generated.sizes(sites, size).by_site.items():
            for codes in generated.draw(layout, count, rng):
                if "typed" in wanted:
                    generated.copy_typed(cursor, job.table("typed"), site_id, codes)
                if "jsonb" in wanted:
                    generated.copy_jsonb(cursor, job.table("jsonb"), site_id, names, codes)
                records = generated.records(layout, codes)
                stored.store_records(Where(site_id, own[site_id], version.pk), records)
                a_key = max(stored.A_KEY, size // stored.MOST_KEYS)
                stored.store_sealed(Where(site_id, hidden[site_id], version.pk), records, a_key=a_key)
        if "R" in ways:
            with Path(csv).open("w", encoding="utf-8") as file:
                cursor.copy_expert(f"COPY {job.table('typed')} TO STDOUT (FORMAT CSV, HEADER)", file)
    owner.autocommit = True
    with owner.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    owner.close()
    return job


def create(cursor: psycopg2.extensions.cursor, job: Job, wanted: Collection[str], layout: RecordLayout) -> None:
    """The tables that the others read."""
    columns = ", ".join(
        f"{name} {'smallint' if variable.width == 1 else 'integer'}"
        for name, variable in zip(generated.column_names(layout), layout.variables, strict=True)
    )
    for kind, own in (("typed", columns), ("jsonb", "answers jsonb")):
        if kind in wanted:
            cursor.execute(f"CREATE TABLE {job.table(kind)} (site smallint, {own})")
