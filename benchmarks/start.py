"""bin/bench start: from a bare clone to the first page, and again when everything is there.

The clone has no environment and no data. Packages come from the index, or from pip's cache if that holds them; with
--no-cache pip asks the index for everything.
"""

import argparse
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from surveyproject.embedded import places
from surveyproject.embedded.processes import free_port

READY = "Ctrl-C stops everything"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/bench start", description=__doc__)
    parser.add_argument("--no-cache", action="store_true", help="pip without its cache")
    parser.add_argument("--warm", type=int, default=3, help="how many further starts")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="survey-start-"))
    clone, data = folder / "clone", folder / "data"
    try:
        subprocess.run(["git", "clone", "-q", str(places.ROOT), str(clone)], check=True)
        environment = clean_environment(data, no_cache=options.no_cache)
        print(f"Bare clone, no environment, no data: {seconds_to_ready(clone, environment):.1f} s", flush=True)
        again = [seconds_to_ready(clone, environment) for _ in range(options.warm)]
        print(f"Again, everything there: {', '.join(f'{seconds:.1f}' for seconds in again)} s")
    finally:
        shutil.rmtree(places.server_dir(data), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def clean_environment(data: Path, *, no_cache: bool) -> dict[str, str]:
    """What a stranger's shell has: nothing of ours."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PIP_INDEX_URL") if name in os.environ}
    return {**kept, "DATA_DIR": str(data), **({"PIP_NO_CACHE_DIR": "1"} if no_cache else {})}


def seconds_to_ready(clone: Path, environment: dict[str, str]) -> float:
    """Start, wait until every page can be opened, stop."""
    began = time.monotonic()
    process = subprocess.Popen(
        [str(clone / "bin/run"), "--port", str(free_port())],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        if READY in line:
            seconds = time.monotonic() - began
            break
    else:
        raise SystemExit("".join(said))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    return seconds
