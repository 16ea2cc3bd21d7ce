"""bin/bench tabulate: everything the bundled plan counts, by country and gender, in several ways with one result.

The same made-up answers lie in the same PostgreSQL as records, open (ours) and sealed, as typed columns (for pandas)
and as JSONB. Every way runs in a process of its own; the figures must be equal, or the benchmark fails.
"""

import argparse
import dataclasses
import io
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
import psycopg2

from benchmarks import generated
from benchmarks.contenders import CONTENDERS, Job
from benchmarks.stage import Stage, stage
from surveyproject.embedded import places

OURS = "ours, two processes"
# How many records lie under one data key.
A_KEY = 1_000


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/bench tabulate", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], metavar="RESPONSES")
    parser.add_argument("--runs", type=int, default=3, help="the fastest of so many counts")
    parser.add_argument("--ways", nargs="+", choices=list(CONTENDERS), help="these, beside the one to compare with")
    options = parser.parse_args(arguments)
    ways = [name for name in CONTENDERS if not options.ways or name in (*options.ways, OURS)]
    print(f"{os.cpu_count()} cores. Fastest of {options.runs} runs; seconds from connecting to the last figure.")
    print(f"{'responses':>10}  {'':<20}{'seconds':>9}{'peak MB':>9}{'times ours':>12}")
    with stage() as built:
        for size in options.sizes:
            job = load(built, size)
            print_size(built, job, ways, options.runs)
    return 0


def print_size(built: Stage, job: Job, ways: Sequence[str], runs: int) -> None:
    found = {name: best(built, job, name, runs) for name in ways}
    rows = found[OURS]["rows"]
    for name, own in found.items():
        if own["rows"] != rows:
            sys.exit(f"{name} counts otherwise: {difference(rows, own['rows'])}")
        ratio = own["seconds"] / found[OURS]["seconds"]
        print(f"{job.size:>10,}  {name:<20}{own['seconds']:>9.2f}{own['peak'] / 2**20:>9.0f}{ratio:>12.1f}", flush=True)
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


def load(built: Stage, size: int) -> Job:
    """Store the same answers in every way; cohorts of their own for every size."""
    from survey.models import Cohort, Site, Study
    from survey.publishing import latest_version, layout_for
    from survey.scope import site_scope

    version = latest_version(Study.objects.get(slug="defenders"))
    layout = layout_for(version.pk)
    names = generated.column_names(layout)
    assert built.services.postgres is not None
    url = built.services.postgres.url("survey_owner")
    rng = np.random.default_rng(size)
    sites = list(Site.objects.order_by("position").values_list("pk", flat=True))
    cohorts: dict[str, dict[int, int]] = {"": {}, " sealed": {}}
    for site_id in sites:
        for kind, own in cohorts.items():
            with site_scope(site_id):
                cohort = Cohort.objects.create(
                    site_id=site_id,
                    version_id=version.pk,
                    name=f"{size}{kind}",
                    state=Cohort.State.FROZEN,
                    synthetic=True,
                )
                own[site_id] = cohort.pk
    job = Job(version.pk, cohorts[""], cohorts[" sealed"], size, url)
    owner = psycopg2.connect(url)
    with owner, owner.cursor() as cursor:
        columns = ", ".join(
            f"{name} {'smallint' if v.width == 1 else 'integer'}"
            for name, v in zip(names, layout.variables, strict=True)
        )
        cursor.execute(f"CREATE TABLE {job.table('typed')} (site smallint, {columns})")
        cursor.execute(f"CREATE TABLE {job.table('jsonb')} (site smallint, answers jsonb)")
        for site_id, count in generated.sizes(sites, size).by_site.items():
            for codes in generated.draw(layout, count, rng):
                generated.copy_typed(cursor, job.table("typed"), site_id, codes)
                generated.copy_jsonb(cursor, job.table("jsonb"), site_id, names, codes)
                records = generated.records(layout, codes)
                store_records(job, site_id, records)
                store_sealed(job, site_id, records)
    owner.autocommit = True
    with owner.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    owner.close()
    return job


def store_records(job: Job, site_id: int, matrix: Any) -> None:
    """COPY into the table itself is refused under row-level security; a temporary one takes the records first."""
    from django.db import connection

    from survey.scope import site_scope

    with site_scope(site_id), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE arriving (record bytea) ON COMMIT DROP")
        generated.copy_records(cursor.cursor, "arriving", matrix)
        cursor.execute(
            "INSERT INTO survey_response (id, site_id, cohort_id, version_id, week, language, cut, record)"
            " SELECT gen_random_uuid(), %s, %s, %s, '2026-W48', 'en', 1, record FROM arriving",
            [site_id, job.cohorts[site_id], job.version_id],
        )


def store_sealed(job: Job, site_id: int, matrix: Any) -> None:
    """The same records sealed as the web process seals them, a data key for every thousand."""
    from django.db import connection

    from survey import sealers
    from survey.datakeys import Place
    from survey.scope import site_scope

    with site_scope(site_id), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE arriving (id uuid, key_id uuid, record bytea) ON COMMIT DROP")
        lines = io.StringIO()
        for row, record in enumerate(matrix):
            if row % A_KEY == 0:
                sealers.forget_data_keys()
                sealer = sealers.sealer(site_id=site_id, version_id=job.version_id)
            number = uuid.uuid4()
            place = Place(site_id, job.sealed[site_id], job.version_id, number)
            lines.write(f"{number}\t{sealer.key_id}\t\\\\x{sealer.record(record.tobytes(), place).hex()}\n")
        lines.seek(0)
        cursor.cursor.copy_expert("COPY arriving FROM STDIN", lines)
        cursor.execute(
            "INSERT INTO survey_response (id, site_id, cohort_id, version_id, week, language, cut, key_id, record)"
            " SELECT id, %s, %s, %s, '2026-W48', 'en', 1, key_id, record FROM arriving",
            [site_id, job.sealed[site_id], job.version_id],
        )
