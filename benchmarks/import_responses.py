"""bin/bench import: files of responses taken in, in growing sizes: seconds, rows a second, peak memory.

The rows are those of the bundled study's synthetic data, over and over. Each size runs in a process of its own, so
that its peak memory is its own; seconds are from reading the first line to the commit.
"""

import argparse
import subprocess
import sys
import time
from itertools import cycle, islice
from pathlib import Path

from benchmarks.contenders import peak_bytes, set_up
from benchmarks.stage import STUDY, stage
from surveyproject.embedded import places

COUNTRY = "KE"


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--one"]:
        return take_in(Path(arguments[1]))
    parser = argparse.ArgumentParser(prog="bin/bench import", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000], metavar="RESPONSES")
    options = parser.parse_args(arguments)
    print(f"{'responses':>10}{'file MB':>9}{'seconds':>9}{'rows/s':>9}{'peak MB':>9}")
    with stage() as built:
        built.manage("load_demo", str(STUDY))
        source = built.data / "source.csv"
        built.manage("export_responses", str(source), "--country", COUNTRY, "--cohort", "Synthetic 2015-2016")
        for size in options.sizes:
            file = built.data / f"{size}.csv"
            heading, *lines = source.read_text(encoding="utf-8").splitlines(keepends=True)
            file.write_text(heading + "".join(islice(cycle(lines), size)), encoding="utf-8")
            command = [sys.executable, "-m", "benchmarks", "import", "--one", str(file)]
            printed = subprocess.run(command, cwd=places.ROOT, check=True, capture_output=True, text=True).stdout
            seconds, peak = (float(word) for word in printed.split())
            figures = f"{file.stat().st_size / 2**20:>9.1f}{seconds:>9.1f}{size / seconds:>9,.0f}{peak / 2**20:>9.0f}"
            print(f"{size:>10,}{figures}", flush=True)
    return 0


def take_in(file: Path) -> int:
    """Import one file into a cohort of its own; prints seconds and peak bytes."""
    set_up()
    from survey.exchange import import_responses
    from survey.models import Cohort, Site
    from survey.publishing import latest_version
    from survey.scope import site_scope

    site = Site.objects.get(study__slug="defenders", country=COUNTRY)
    with site_scope(site.pk):
        version = latest_version(site.study)
        cohort = Cohort.objects.create(site_id=site.pk, version_id=version.pk, name=file.stem)
    began = time.perf_counter()
    import_responses(cohort=cohort, country=COUNTRY, path=file, by="bin/bench")
    print(time.perf_counter() - began, peak_bytes())
    return 0
