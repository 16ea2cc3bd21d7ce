"""The same figures in R, as people make them there; and its percentages and means beside those that we print."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import contenders, generated
from benchmarks.contenders import Job, Result
from survey.protocol.record import RecordLayout, Variable
from survey.protocol.schema import Kind

SCRIPT = Path(__file__).with_name("tabulate.R")
# Both sides divide whole numbers; R prints twelve digits.
NEAR = 1e-9
NOTHING = "-"
_WANTED = ("column", "suffix", "kind", "high")
_SHARES = ("id", "column", "suffix", "stat", "counted", "base")


def is_installed() -> bool:
    return shutil.which("Rscript") is not None


def with_r(job: Job) -> tuple[Result, float, int]:
    """read.csv, then table() and tapply() a variable. What R calls a percentage or a mean has to be what we do."""
    layout, plan = contenders.layout_and_plan(job)
    folder = Path(job.csv).parent
    columns = dict(zip((one.name for one in layout.variables), generated.column_names(layout), strict=True))
    _write(folder / "variables.tsv", _WANTED, _variables(layout, plan, columns))
    _write(folder / "shares.tsv", _SHARES, (row for row, _ in _shares(layout, plan, columns)))
    codes = {
        name: {one.name: one.code for one in layout.of(name)[0].question.options} for name in ("training", "gender")
    }
    stated = ",".join(str(code) for code in codes["gender"].values() if code is not None)
    arguments = [job.csv, folder / "variables.tsv", folder / "shares.tsv", codes["training"]["no"], stated]
    arguments += [folder / "figures.tsv", folder / "shares-out.tsv"]
    command = ["Rscript", "--vanilla", str(SCRIPT), *map(str, arguments)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    rows = (line.split("\t") for line in (folder / "figures.tsv").read_text(encoding="utf-8").splitlines())
    result = {(int(site), int(block), figure): int(float(value)) for site, block, figure, value in rows}
    _compare(job, folder / "shares-out.tsv", layout, plan, columns)
    return result, float(printed[0]), int(float(printed[1]))


def _write(file: Path, heading: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> None:
    lines = ["\t".join(str(cell) for cell in row) for row in (heading, *rows)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _variables(layout: RecordLayout, plan: Any, columns: dict[str, str]) -> Iterator[tuple[object, ...]]:
    for variable, suffix in contenders.counted_variables(layout, plan):
        is_number = variable.question.kind is Kind.INTEGER
        high = variable.question.high if is_number else NOTHING
        yield columns[variable.name], suffix or NOTHING, variable.question.kind.value, high


def _shares(
    layout: RecordLayout, plan: Any, columns: dict[str, str]
) -> Iterator[tuple[tuple[object, ...], tuple[Any, str]]]:
    """What R needs for each percentage and mean, and where ours is: indicator and category."""
    from reports.plan import Stat
    from reports.tabulation import in_base
    from survey.protocol.record import TICKED, missing_code

    for one in plan.indicators:
        suffix = "0" if one.zero_if else NOTHING
        fields = {variable.name: variable for variable in layout.of(one.variable)}
        first = next(iter(fields.values()))
        if one.stat is Stat.MEAN:
            yield (one.id, columns[first.name], suffix, "mean", NOTHING, first.question.high), (one, "")
        if one.stat not in (Stat.PERCENT_IN, Stat.PERCENT_EACH):
            continue
        each = one.stat is Stat.PERCENT_EACH
        for name in [choice.name for choice in first.question.options] if each else [" ".join(one.counted)]:
            variable: Variable = fields.get(f"{one.variable}/{name}", first)
            known = {
                choice.name: choice.code if choice.missing is None else missing_code(choice.missing, 1)
                for choice in first.question.options
                if choice.missing is None or not each or choice.missing in one.includes
            }
            if each and name not in known:
                continue
            counted = TICKED if variable is not first or "/" in first.name else _codes(known, name)
            base = _plain(code for code in generated.possible_codes(variable) if in_base(code, 1, one))
            label = f"{one.id}/{name}" if each else one.id
            yield (label, columns[variable.name], suffix, "percent", counted, base), (one, name if each else "")


def _codes(known: dict[str, int | None], names: str) -> str:
    return _plain(code for name in names.split() if (code := known[name]) is not None)


def _plain(codes: Iterator[int]) -> str:
    return " ".join(str(code) for code in codes)


def _compare(job: Job, file: Path, layout: RecordLayout, plan: Any, columns: dict[str, str]) -> None:
    """Every percentage and mean of R's beside the exact fraction that a table prints. Raises ValueError."""
    lines = (line.split("\t") for line in file.read_text(encoding="utf-8").splitlines())
    theirs = {(int(site), int(block), name): float(value) for site, block, name, value in lines}
    ours = dict(_ours(job, layout, plan, columns))
    if ours.keys() != theirs.keys():
        raise ValueError(f"R has other figures: {sorted(ours.keys() ^ theirs.keys())[:3]}")
    differing = [key for key, value in ours.items() if abs(value - theirs[key]) > NEAR * max(1.0, abs(value))]
    if differing:
        raise ValueError(f"R computes otherwise: {[(key, ours[key], theirs[key]) for key in differing[:3]]}")
    print(f"{'':>10}  {len(ours):,} percentages and means, equal to R's", flush=True)


def _ours(
    job: Job, layout: RecordLayout, plan: Any, columns: dict[str, str]
) -> Iterator[tuple[tuple[int, int, str], float]]:
    from reports.plan import Stat
    from reports.tabulation import percents, spreads

    genders = {choice.name: choice.code for choice in layout.of("gender")[0].question.options}
    for site_id in job.cohorts:
        counts = contenders.counts_of(job, site_id, layout, plan)
        for row, (one, category) in _shares(layout, plan, columns):
            fields, variable = counts.fields(one.slice), layout.of(one.variable)[0]
            by_block: dict[str, Any]
            if one.stat is Stat.MEAN:
                by_block = dict(spreads(one, variable.question, fields, variable.width))
            else:
                by_block = dict(percents(one, variable.question, fields)[category])
            for block, found in by_block.items():
                if found.n:
                    value = found.mean() if one.stat is Stat.MEAN else found.percent()
                    yield (site_id, genders.get(block) or 0, str(row[0])), float(value)
