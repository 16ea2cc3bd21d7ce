"""Ways to the same figures: ours, pandas over typed columns, R over a CSV file, SQL over JSONB. A process each.

A result maps (site, gender code or 0 where none is stated, figure) to a whole number, zeros left out. Figures of a
closed question are "variable=code" with the number of people; those of a number are its n, sum, min and max.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.generated import column_names, possible_codes
from survey.protocol.record import RecordLayout, Variable
from survey.protocol.schema import Kind

Result = dict[tuple[int, int, str], int]


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be counted: everything that the bundled plan counts, by site and gender."""

    version_id: int
    cohorts: dict[int, int]
    sealed: dict[int, int]
    size: int
    owner_url: str
    # The same answers as a file, for R.
    csv: str = ""

    def table(self, kind: str) -> str:
        return f"bench_{kind}_{self.size}"


def peak_bytes() -> int:
    """The most memory this process ever had in use."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def layout_and_plan(job: Job) -> tuple[RecordLayout, Any]:
    from reports.plans import newest_plan
    from survey.protocol.checks import REGISTRY
    from survey.publishing import layout_for

    plan = newest_plan(job.version_id)
    split = tuple(
        replace(one, split="" if one.variable == "gender" else "gender", restrict=(), filter=None)
        for one in plan.indicators
        # What the plan derives has no column of its own that others could read.
        if one.variable not in (REGISTRY, "gender") and one.derivation(one.variable) is None
    )
    return layout_for(job.version_id), replace(plan, indicators=split)


def counted_variables(layout: RecordLayout, plan: Any) -> list[tuple[Variable, str]]:
    """(variable, zero_if's suffix) of everything the plan counts, once each, in a fixed order."""
    found = {}
    for part in dict.fromkeys(indicator.slice for indicator in plan.indicators):
        for variable in layout.of(part.variable):
            found[variable.name + ("0" if part.zero_if else "")] = (variable, "0" if part.zero_if else "")
    return list(found.values())


# Ours -----------------------------------------------------------------------------------------------------------------


def sealed(job: Job, processes: int = 1) -> tuple[Result, float, int]:
    """The same over sealed records: each is opened before it is counted."""
    return ours(replace(job, cohorts=job.sealed), processes)


def ours(job: Job, processes: int = 1) -> tuple[Result, float, int]:
    """COPY to matrices to histograms; countries one after the other, or shared among processes as workers do."""
    if processes == 1:
        began = time.perf_counter()
        result = {key: value for site in job.cohorts for key, value in _count_site(job, site).items()}
        return result, time.perf_counter() - began, peak_bytes()
    with ProcessPoolExecutor(processes, initializer=set_up) as pool:
        # Workers stand ready, with the study read, before a coordinator clicks.
        list(pool.map(_warm, [job] * processes * 2))
        began = time.perf_counter()
        parts = list(pool.map(_count_site, [job] * len(job.cohorts), job.cohorts))
        seconds = time.perf_counter() - began
        peaks = dict(pool.map(_peak, range(processes * 4)))
    return {key: value for part in parts for key, value in part.items()}, seconds, sum(peaks.values())


def _warm(job: Job) -> None:
    layout_and_plan(job)
    time.sleep(0.2)


def _peak(_: int) -> tuple[int, int]:
    time.sleep(0.05)
    return os.getpid(), peak_bytes()


def counts_of(job: Job, site_id: int, layout: RecordLayout, plan: Any) -> Any:
    from reports.counts import count_cohort
    from reports.tallying import sorted_slices
    from survey import keyring
    from survey.scope import site_scope

    with site_scope(site_id):
        return count_cohort(
            site_id=site_id,
            cohort_id=job.cohorts[site_id],
            version_ids=[job.version_id],
            layout=layout,
            slices=sorted_slices(plan, layout),
            cut=1,
            opener=keyring.opener(site_id=site_id),
        )


def _count_site(job: Job, site_id: int) -> Result:
    layout, plan = layout_and_plan(job)
    counts = counts_of(job, site_id, layout, plan)
    genders = {choice.name: choice.code for choice in layout.of("gender")[0].question.options}
    result: Result = {}
    for part in dict.fromkeys(indicator.slice for indicator in plan.indicators):
        for name, blocks in counts.fields(part).items():
            for block, histogram in blocks.items():
                figures = _figures(layout, name, "0" if part.zero_if else "", histogram)
                result |= {(site_id, genders.get(block) or 0, figure): value for figure, value in figures.items()}
    return result


def _figures(layout: RecordLayout, name: str, suffix: str, histogram: Mapping[int, int]) -> dict[str, int]:
    variable = next(one for one in layout.variables if one.name == name)
    label = column_names(layout)[layout.variables.index(variable)] + suffix
    if variable.question.kind is not Kind.INTEGER:
        return {f"{label}={code}": count for code, count in histogram.items() if count}
    given = {code: count for code, count in histogram.items() if code <= variable.question.high and count}
    if not given:
        return {}
    total = sum(code * count for code, count in given.items())
    values = {"n": sum(given.values()), "sum": total, "min": min(given), "max": max(given)}
    return {f"{label}.{figure}": value for figure, value in values.items() if value}


# pandas ---------------------------------------------------------------------------------------------------------------


def with_pandas(job: Job) -> tuple[Result, float, int]:
    """read_sql of typed columns, then a crosstab a variable."""
    import warnings

    import pandas
    import psycopg2

    warnings.filterwarnings("ignore", message="pandas only supports SQLAlchemy")
    layout, plan = layout_and_plan(job)
    labels = dict(zip((variable.name for variable in layout.variables), column_names(layout), strict=True))
    variables = counted_variables(layout, plan)
    wanted = dict.fromkeys(["site", "gender", "training", *(labels[variable.name] for variable, _ in variables)])
    untrained = next(choice.code for choice in layout.of("training")[0].question.options if choice.name == "no")
    stated = [choice.code for choice in layout.of("gender")[0].question.options if choice.code is not None]
    began = time.perf_counter()
    connection = psycopg2.connect(job.owner_url)
    frame = pandas.read_sql(f"SELECT {', '.join(wanted)} FROM {job.table('typed')}", connection)
    gender = frame["gender"].where(frame["gender"].isin(stated), 0)
    result: Result = {}
    for variable, suffix in variables:
        label = labels[variable.name]
        values = frame[label].mask(frame["training"] == untrained, 0) if suffix else frame[label]
        if variable.question.kind is Kind.INTEGER:
            given = values[values <= variable.question.high]
            grouped = given.groupby([frame["site"], gender]).agg(["count", "sum", "min", "max"])
            grouped.columns = [f"{label}{suffix}.{figure}" for figure in ("n", "sum", "min", "max")]
        else:
            grouped = pandas.crosstab([frame["site"], gender], values)
            grouped.columns = [f"{label}{suffix}={code}" for code in grouped.columns]
        for figure, column in grouped.items():
            result |= {(*key, figure): int(value) for key, value in column.items() if value}
    seconds = time.perf_counter() - began
    connection.close()
    return result, seconds, peak_bytes()


# JSONB ----------------------------------------------------------------------------------------------------------------


def with_jsonb(job: Job) -> tuple[Result, float, int]:
    """One statement of `count(*) FILTER`, every value taken out of its document once."""
    import psycopg2

    layout, plan = layout_and_plan(job)
    labels = dict(zip((variable.name for variable in layout.variables), column_names(layout), strict=True))
    untrained = next(choice.code for choice in layout.of("training")[0].question.options if choice.name == "no")
    stated = [choice.code for choice in layout.of("gender")[0].question.options if choice.code is not None]
    inner, figures = ["site", "(answers->>'gender')::int AS gender"], {}
    for variable, suffix in counted_variables(layout, plan):
        label = labels[variable.name] + suffix
        value = f"(answers->>'{labels[variable.name]}')::int"
        if suffix:
            value = f"CASE WHEN (answers->>'training')::int = {untrained} THEN 0 ELSE {value} END"
        inner.append(f"{value} AS {label}")
        figures.update(_sql_figures(variable, label))
    statement = (
        f"SELECT site, CASE WHEN gender IN ({', '.join(map(str, stated))}) THEN gender ELSE 0 END AS block, "
        f"{', '.join(figures.values())} FROM (SELECT {', '.join(inner)} FROM {job.table('jsonb')} OFFSET 0) AS one "
        "GROUP BY 1, 2"
    )
    began = time.perf_counter()
    connection = psycopg2.connect(job.owner_url)
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall()
    result = {
        (site, block, figure): int(value)
        for site, block, *values in rows
        for figure, value in zip(figures, values, strict=True)
        if value
    }
    seconds = time.perf_counter() - began
    connection.close()
    return result, seconds, peak_bytes()


def _sql_figures(variable: Variable, label: str) -> dict[str, str]:
    if variable.question.kind is not Kind.INTEGER:
        return {f"{label}={code}": f"count(*) FILTER (WHERE {label} = {code})" for code in possible_codes(variable)}
    given = f"FILTER (WHERE {label} <= {variable.question.high})"
    functions = {"n": "count(*)", "sum": f"sum({label})", "min": f"min({label})", "max": f"max({label})"}
    return {f"{label}.{figure}": f"{function} {given}" for figure, function in functions.items()}


# A process of its own -------------------------------------------------------------------------------------------------


def _with_r(job: Job) -> tuple[Result, float, int]:
    from benchmarks.with_r import with_r

    return with_r(job)


CONTENDERS: Mapping[str, Callable[[Job], tuple[Result, float, int]]] = {
    "ours, one process": ours,
    "ours, two processes": lambda job: ours(job, 2),
    "sealed, one process": sealed,
    "sealed, two processes": lambda job: sealed(job, 2),
    "pandas": with_pandas,
    "R": _with_r,
    "JSONB": with_jsonb,
}
# How many responses the others can bear: pandas holds about 4 kB of each, JSONB stores 1.7 kB, R reads for minutes.
MOST: Mapping[str, int] = {"pandas": 1_000_000, "R": 1_000_000, "JSONB": 1_000_000}


def set_up() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "surveyproject.settings")
    django.setup()


def main(arguments: list[str]) -> int:
    """Contender's name, job and file for the result, as the parent gives them."""
    name, job, file = arguments
    set_up()
    values = json.loads(job)
    for kind in ("cohorts", "sealed"):
        values[kind] = {int(site): cohort for site, cohort in values[kind].items()}
    result, seconds, peak = CONTENDERS[name](Job(**values))
    rows = sorted([*key, value] for key, value in result.items())
    Path(file).write_text(json.dumps({"seconds": seconds, "peak": peak, "rows": rows}), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
