"""bin/run: everything up, one process to stop it all."""

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from surveyproject.embedded import collecting, places, processes
from surveyproject.embedded.children import end_with_parent, wait_until
from surveyproject.embedded.services import Services, only_one

STUDY = "studies/defenders"


class Stopped(Exception):
    """Somebody asked us to stop."""


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    if options.collect_only:
        collecting.use_own_data_dir(options)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        with only_one(places.data_dir()):
            processes.refuse_taken_port(options.port, collecting.hosts(options))
            _run(options)
    except places.StartError as error:
        print(f"Not started: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Not started: {error.strerror or error}.", file=sys.stderr)
        return 1
    except Stopped:
        print("All stopped.")
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/run", description="Start everything: database, job queue, worker, web server. Ctrl-C stops it all."
    )
    parser.add_argument("--port", type=int, default=8000, help="web port on 127.0.0.1 (default 8000)")
    parser.add_argument("--empty", action="store_true", help="no demonstration data")
    collecting.add_arguments(parser)
    options = parser.parse_args(arguments)
    if wrong := collecting.check(options):
        parser.error(wrong)
    return options


def _stop(number: int, frame: FrameType | None) -> None:
    # Once: a second signal must not interrupt the stopping.
    for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(again, signal.SIG_IGN)
    raise Stopped


def _run(options: argparse.Namespace) -> None:
    data = places.data_dir()
    services = Services(data, with_broker=not options.collect_only)
    keepers: dict[str, processes.Keeper] = {}
    try:
        _say("Starting the database" if options.collect_only else "Starting the database and the job queue")
        services.start()
        _say("Preparing the database, the study and the pages")
        _manage("prepare", role="survey_owner")
        _manage("make_site_keys")
        (_collect if options.collect_only else _serve)(options, data, keepers)
        _say("Ctrl-C stops everything.")
        while True:
            time.sleep(0.5)
            for line in processes.keep_alive(keepers):
                _say(line)
            if dead := services.dead():
                raise places.StartError(f"The {' and the '.join(dead)} ended unexpectedly; see {data}/*.log.")
    finally:
        _say("Stopping")
        for keeper in reversed(keepers.values()):
            keeper.child.stop()
        services.stop()


def _serve(options: argparse.Namespace, data: Path, keepers: dict[str, processes.Keeper]) -> None:
    """The whole program."""
    if not options.empty:
        _manage("load_demo", STUDY)
    _say("Starting the worker and the web server")
    (data / "worker-ready").unlink(missing_ok=True)
    keepers["worker"] = processes.Keeper(processes.worker(data))
    keepers["beat"] = processes.Keeper(processes.beat())
    keepers["web"] = processes.Keeper(processes.web(options.port))
    for name, ready in (
        ("worker", (data / "worker-ready").exists),
        ("web", lambda: processes.web_answers(options.port)),
    ):
        wait_until(ready, what=f"The {name} process", child=keepers[name].child)
    _manage("print_addresses", "--origin", f"http://127.0.0.1:{options.port}")
    if not options.empty:
        _manage("create_demo_researchers", role="survey_owner")


def _collect(options: argparse.Namespace, data: Path, keepers: dict[str, processes.Keeper]) -> None:
    """A field laptop: the door of one cohort."""
    for command in collecting.commands(options):
        _manage(*command)
    _say("Starting the web server")
    keepers["web"] = collecting.web(options, data)
    wait_until(lambda: processes.web_answers(options.port, "j/"), what="The web process", child=keepers["web"].child)
    for line in collecting.told(options, data):
        _say(line)


def _manage(*command: str, role: str = "survey_worker") -> None:
    """One of Django's commands, in the role it needs. It ends with us, should we be killed meanwhile."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=places.ROOT,
        env={**os.environ, "DATABASE_ROLE": role},
        check=False,
        start_new_session=True,
        preexec_fn=end_with_parent(signal.SIGTERM),
    )
    if done.returncode:
        raise places.StartError(f"“{' '.join(command)}” failed; what it said stands above.")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
