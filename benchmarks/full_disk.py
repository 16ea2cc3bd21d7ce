"""bin/bench full: the disk of the database is full while people answer, then has room again.

On a small file system in memory, so as root only. Exit code 1 when an acknowledged answer or a draft is lost.
"""

import argparse
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.fault_submissions import COUNTRY, judged
from benchmarks.findings import Findings
from benchmarks.found import trial_link
from benchmarks.person import Person
from benchmarks.stage import STUDY, Stage, stage
from surveyproject.embedded import places

SIZE_MB = 400
FULL_SECONDS = 4.0
# How many people try meanwhile: a page that is saved over itself finds room where it stood.
CROWD = 4


def fill(place: Path) -> Path:
    """A file that takes all the room there is."""
    file = place / "filler"
    with suppress(OSError), file.open("wb", buffering=0) as handle:
        for size in (1 << 20, 4096, 512):
            with suppress(OSError):
                while handle.write(b"x" * size) == size:
                    pass
    return file


def trial(built: Stage, number: int, findings: Findings) -> list[Person]:
    """Fill the disk, let people answer for some seconds, make room, and let them finish."""
    people = [Person(built, trial_link(COUNTRY), f"full {number}-{one}") for one in range(CROWD)]
    for person in people:
        person.at_text()
    filler = fill(places.server_dir(built.data))
    threads = [threading.Thread(target=person.finish) for person in people]
    for thread in threads:
        thread.start()
    time.sleep(FULL_SECONDS)
    filler.unlink()
    began = time.monotonic()
    if built.database_is_dead():
        findings.found["(the database had stopped, and was started again)"] += 1
        built.start_database()
    for thread in threads:
        thread.join()
    findings.seconds.append(time.monotonic() - began)
    return people


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/bench full", description=__doc__)
    parser.add_argument("--times", type=int, default=10, help="how often the disk is filled")
    options = parser.parse_args(arguments)
    if os.geteuid() != 0:
        print("Not tried: a small file system can be mounted by root only.")
        return 0
    findings = Findings("Disk full while people answer")
    with stage(disk_mb=SIZE_MB) as built:
        built.manage("load_demo", str(STUDY))
        built.start("web")
        people = [person for number in range(options.times) for person in trial(built, number, findings)]
        judged(findings, people)
    print(findings)
    return int(bool(findings.bad))
