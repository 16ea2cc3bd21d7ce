"""A short campaign of faults against the whole program. `bin/bench faults` runs the long one and prints its figures."""

import os
import subprocess
import sys

import pytest

from surveyproject.embedded import places


@pytest.mark.worker
def test_killed_processes_lose_and_double_nothing() -> None:
    command = [sys.executable, "-m", "benchmarks", "faults", "--kills", "2", "--others", "1", "--submissions", "5"]
    command += ["--outages", "2", "--cuts", "3", "--doubles", "3", "--tabs", "5"]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [*command, "--times", "100"], cwd=places.ROOT, env=kept, capture_output=True, text=True, check=False
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split(";")[0] for line in lines if " times: " in line] == [
        "Worker killed while counting, 2 times: 2 right, once",
        "Broker dead when the coordinator clicks, back 3 s later, 1 times: 1 right, once",
        "Broker killed while counting, 1 times: 1 right, once",
        "Database restarted while counting, 1 times: 1 right, once",
        "Web workers killed while answers are sent, 5 times: 5 stored once",
        "Lines to the database cut while somebody answers, 2 times: 2 stored once",
        "A database process killed while somebody answers, 2 times: 2 stored once",
        "Database crashed (immediate stop) while somebody answers, 2 times: 2 stored once",
        "Line cut between INSERT and COMMIT of the answers, 3 times: 3 stored once",
        "Answers sent 2 to 8 times at once, 3 times: 3 stored once",
        "Two windows saving in turn, 5 times: 5 told, and the first kept",
    ]
    assert lines[-1] == "Nothing was lost, doubled, wrong or endless."
