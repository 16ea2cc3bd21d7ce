"""bin/bench scale: what grows with responses, shards, data keys and countries; one table, for docs/scale.md.

Slopes come of two sizes, the second ten times the first. Counting runs in this process, one shard after the other: what
several workers save is in `bin/bench tabulate` and `bin/bench report`.
"""

import argparse
import os
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks import contenders, generated, stored
from benchmarks.contenders import Job
from benchmarks.stage import STUDY, Stage, stage
from benchmarks.stored import RESPONSES, Where

SUBPARTITIONS = 8
COUNTRIES = (5, 25, 50)
Range = tuple[uuid.UUID, uuid.UUID]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/bench scale", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, metavar="RESPONSES", help="the larger size")
    parser.add_argument("--shards", type=int, nargs="+", default=[1, 4, 8, 16])
    parser.add_argument("--runs", type=int, default=3, help="the fastest of so many")
    options = parser.parse_args(arguments)
    print(f"{os.cpu_count()} cores, {options.rows:,} responses; the fastest of {options.runs} runs.")
    with stage() as built:
        bench = Bench(built, options.rows, options.runs)
        told(bench.responses())
        told(bench.copying())
        told(bench.marking())
        told(bench.shards(options.shards))
        told(bench.keys())
        told(bench.subpartitions())
        told(countries(built))
    return 0


def told(lines: Iterator[tuple[str, str]]) -> None:
    for what, figure in lines:
        print(f"  {what:<72}{figure:>22}", flush=True)


def fastest(runs: int, work: Callable[[], object]) -> float:
    found = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return min(found)


@dataclass(frozen=True, slots=True)
class Laid:
    """A cohort of so many responses."""

    where: Where
    rows: int


class Bench:
    """Sealed and open cohorts of two sizes, each in a country of its own, so that each has a partition of its own."""

    def __init__(self, built: Stage, rows: int, runs: int) -> None:
        from survey.models import Site, Study
        from survey.publishing import latest_version, layout_for

        self.built, self.runs = built, runs
        self.version = latest_version(Study.objects.get(slug="defenders"))
        self.layout = layout_for(self.version.pk)
        self.a_key = max(stored.A_KEY, rows // stored.MOST_KEYS)
        sites = list(Site.objects.order_by("position").values_list("pk", flat=True))
        wanted = (("sealed", rows // 10), ("sealed", rows), ("open", rows // 10), ("open", rows))
        self.laid = {
            (kind, size == rows): self._lay_down(site_id, kind, size)
            for site_id, (kind, size) in zip(sites, wanted, strict=False)
        }
        self.superuser("VACUUM ANALYZE")

    def superuser(self, statement: str) -> list[tuple[Any, ...]]:
        return self.built.superuser(statement)

    def _lay_down(self, site_id: int, kind: str, rows: int) -> Laid:
        cohort_id = stored.cohorts([site_id], self.version.pk, kind)[site_id]
        where = Where(site_id, cohort_id, self.version.pk)
        for codes in generated.draw(self.layout, rows, np.random.default_rng(rows)):
            matrix = generated.records(self.layout, codes)
            if kind == "sealed":
                stored.store_sealed(where, matrix, a_key=self.a_key)
            else:
                stored.store_records(where, matrix)
        return Laid(where, rows)

    def count(self, laid: Laid, within: Range | None = None) -> Any:
        """Count a cohort, or a range of it, as a worker does: data keys are opened anew."""
        from reports.counts import count_cohort
        from reports.tallying import sorted_slices
        from survey import keyring
        from survey.scope import site_scope

        where = laid.where
        layout, plan = contenders.layout_and_plan(Job(self.version.pk, {}, {}, 0, ""))
        with site_scope(where.site_id):
            return count_cohort(
                site_id=where.site_id,
                cohort_id=where.cohort_id,
                version_ids=[where.version_id],
                layout=layout,
                slices=sorted_slices(plan, layout),
                cut=1,
                opener=keyring.opener(site_id=where.site_id),
                within=within,
            )

    def responses(self) -> Iterator[tuple[str, str]]:
        for kind in ("sealed", "open"):
            small, large = self.laid[kind, False], self.laid[kind, True]
            seconds = [fastest(self.runs, lambda laid=laid: self.count(laid)) for laid in (small, large)]  # type: ignore[misc]
            slope = (seconds[1] - seconds[0]) / (large.rows - small.rows)
            yield f"count a response, {kind}", f"{slope * 1e6:.2f} µs"
            yield f"count a cohort, {kind}: beside its responses", f"{(seconds[0] - slope * small.rows) * 1e3:.0f} ms"
            table = f"{RESPONSES}_site_{large.where.site_id}"
            heap, index = self.superuser(f"SELECT pg_table_size('{table}'), pg_indexes_size('{table}')")[0]
            yield f"store a response, {kind}: table", f"{heap / large.rows:.0f} bytes"
            yield f"store a response, {kind}: indexes", f"{index / large.rows:.0f} bytes"

    def copying(self) -> Iterator[tuple[str, str]]:
        for kind in ("sealed", "open"):
            laid, sink = self.laid[kind, True], _Nowhere()
            seconds = fastest(self.runs, lambda laid=laid, sink=sink: self._copy(laid, sink))  # type: ignore[misc]
            yield f"COPY out, {kind}", f"{laid.rows / seconds / 1e6:.2f} million rows/s"
            yield f"COPY out, {kind}: bytes", f"{sink.bytes / self.runs / seconds / 2**20:.0f} MB/s"

    def _copy(self, laid: Laid, sink: "_Nowhere", within: Range | None = None, table: str = "") -> None:
        from django.db import connection

        from survey.scope import site_scope

        some = f" AND r.id BETWEEN '{within[0]}' AND '{within[1]}'" if within else ""
        with site_scope(laid.where.site_id), connection.cursor() as cursor:
            source = f"{table or RESPONSES} r WHERE r.site_id = {laid.where.site_id} AND r.cut <= 1{some}"
            cursor.copy_expert(f"COPY (SELECT r.record FROM {source}) TO STDOUT (FORMAT BINARY)", sink)

    def marking(self) -> Iterator[tuple[str, str]]:
        """Give the cut's number to every response, as the first release of a cut does."""
        from django.utils import timezone

        from survey import cuts
        from survey.models import Cut
        from survey.scope import site_scope

        laid = self.laid["open", True]
        self.superuser(f"UPDATE {RESPONSES} SET cut = NULL WHERE site_id = {laid.where.site_id}")
        self.superuser(f"VACUUM FULL ANALYZE {RESPONSES}_site_{laid.where.site_id}")
        with site_scope(laid.where.site_id):
            today = timezone.now().date()
            Cut.objects.create(
                site_id=laid.where.site_id, cohort_id=laid.where.cohort_id, number=1, made_on=today, by="", reason=""
            )
        began = time.perf_counter()
        cuts.mark(site_id=laid.where.site_id, cohort_id=laid.where.cohort_id, number=1)
        yield "mark a response with its cut, once", f"{(time.perf_counter() - began) / laid.rows * 1e6:.2f} µs"

    def shards(self, numbers: Sequence[int]) -> Iterator[tuple[str, str]]:
        from reports import adding

        laid, first = self.laid["sealed", True], 0.0
        for many in numbers:
            parts = ranges(many)
            seconds = sum(fastest(self.runs, lambda part=part: self.count(laid, part)) for part in parts)  # type: ignore[misc]
            first = first or seconds
            yield f"count all in {many} shards, one after the other", f"{seconds:.2f} s"
            if many > 1:
                yield (
                    f"each of {many} shards more than the first costs",
                    f"{(seconds - first) / (many - 1) * 1e3:.0f} ms",
                )
        content = adding.to_bytes({"1": self.count(laid, ranges(max(numbers))[0])})
        yield "counts of a shard, before they are sealed", f"{len(content):,} bytes"

    def keys(self) -> Iterator[tuple[str, str]]:
        from survey import keyring
        from survey.models import DataKey
        from survey.scope import site_scope

        site_id = self.laid["sealed", True].where.site_id
        with site_scope(site_id):
            known = [one.bytes for one in DataKey.objects.filter(site_id=site_id).values_list("pk", flat=True)]

            def open_all() -> None:
                opener = keyring.opener(site_id=site_id)
                opener.load()
                opener.ciphers(known)

            seconds = fastest(self.runs, open_all)
        yield "open a data key (one for every hour of a web process)", f"{seconds / len(known) * 1e3:.3f} ms"
        size = self.superuser(
            "SELECT pg_total_relation_size('survey_datakey') / greatest(count(*), 1) FROM survey_datakey"
        )
        yield "store a data key", f"{size[0][0]} bytes"

    def subpartitions(self) -> Iterator[tuple[str, str]]:
        """The same rows under a partition of their site that is parted once more by ranges of the number."""
        laid, sink = self.laid["sealed", True], _Nowhere()
        parts = ranges(SUBPARTITIONS)
        plain = sum(fastest(self.runs, lambda part=part: self._copy(laid, sink, part)) for part in parts)  # type: ignore[misc]
        for statement in parted(laid.where.site_id, parts):
            self.superuser(statement)
        pruned = sum(fastest(self.runs, lambda part=part: self._copy(laid, sink, part)) for part in parts)  # type: ignore[misc]
        yield f"COPY out {SUBPARTITIONS} ranges of a site's partition", f"{plain:.2f} s"
        yield "the same, the partition parted by these ranges", f"{pruned:.2f} s"


def parted(site_id: int, parts: Sequence[Range]) -> Iterator[str]:
    """Part a site's partition by ranges of the number, in place: the statements that docs/scale.md gives."""
    table = f"{RESPONSES}_site_{site_id}"
    yield f"ALTER TABLE {RESPONSES} DETACH PARTITION {table}"
    yield f"ALTER TABLE {table} RENAME TO {table}_whole"
    yield f"CREATE TABLE {table} PARTITION OF {RESPONSES} FOR VALUES IN ({site_id}) PARTITION BY RANGE (id)"
    for number, (low, _) in enumerate(parts):
        start = "MINVALUE" if not number else f"'{low}'"
        end = "MAXVALUE" if number == len(parts) - 1 else f"'{parts[number + 1][0]}'"
        yield f"CREATE TABLE {table}_{number} PARTITION OF {table} FOR VALUES FROM ({start}) TO ({end})"
    yield f"INSERT INTO {RESPONSES} SELECT * FROM {table}_whole"
    yield f"DROP TABLE {table}_whole"
    yield "VACUUM ANALYZE"


def ranges(many: int) -> list[Range]:
    from reports.shards import equal_ranges

    return equal_ranges(many)


class _Nowhere:
    def __init__(self) -> None:
        self.bytes = 0

    def write(self, data: bytes) -> int:
        self.bytes += len(data)
        return len(data)


def countries(built: Stage) -> Iterator[tuple[str, str]]:
    """A result with the demonstration's countries over and over: what grows with countries × indicators."""
    from reports import render
    from reports.runs import compare_now

    built.manage("load_demo", str(STUDY))
    result = compare_now(study="defenders", countries=[], tables=[])
    for many in COUNTRIES:
        larger = multiplied(result, many)
        yield (
            f"{many} countries × {len(result.indicators)} indicators: the stored result",
            f"{_json_bytes(larger):,} bytes",
        )
        for name in render.FORMATS:
            began = time.perf_counter()
            size = len(render.render(larger, name, larger.countries[0].code, "en"))
            yield f"{many} countries: {name}", f"{time.perf_counter() - began:.2f} s {size:>11,} B"


def multiplied(result: Any, many: int) -> Any:
    """The same result with so many countries."""
    codes = [(one.code, f"{one.code}{turn or ''}") for turn in range(many) for one in result.countries][:many]
    by_code = {one.code: one for one in result.countries}
    indicators = tuple(
        replace(
            one,
            cells={new: one.cells[old] for old, new in codes},
            averages={new: one.averages[old] for old, new in codes if old in one.averages},
        )
        for one in result.indicators
    )
    return replace(
        result, countries=tuple(replace(by_code[old], code=new) for old, new in codes), indicators=indicators
    )


def _json_bytes(result: Any) -> int:
    import json

    return len(json.dumps(result.to_json()))
