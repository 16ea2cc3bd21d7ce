"""A whole installation to experiment on: its own servers, the bundled study, processes that can be killed at will."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.visitor import Visitor
from surveyproject.embedded import places, processes
from surveyproject.embedded.children import Child, wait_until
from surveyproject.embedded.postgres import remove
from surveyproject.embedded.services import Services

STUDY = places.ROOT / "studies/defenders"


class Stage:
    """Servers and, on request, the program's processes, all in a data directory of their own."""

    def __init__(self, data: Path, *, settings: Mapping[str, str] | None = None) -> None:
        self.data = data
        self.services = Services(data, settings=dict(settings or {}))
        self.port = processes.free_port()
        self.children: dict[str, Child] = {}
        self.restarts: Counter[str] = Counter()
        self._ended = threading.Event()

    def prepare(self) -> None:
        """Servers up, schema made, the bundled study published; Django in this process speaks as a worker."""
        self.services.start()
        os.environ.update(DATA_DIR=str(self.data), DATABASE_ROLE="survey_worker")
        self.manage("prepare", role="survey_owner")
        import django

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "surveyproject.settings")
        django.setup()

    def manage(self, *command: str, role: str = "survey_worker") -> str:
        """One of Django's commands; returns what it printed."""
        arguments = [sys.executable, str(places.ROOT / "manage.py"), *command]
        environment = {**os.environ, "DATABASE_ROLE": role}
        return subprocess.run(arguments, env=environment, check=True, capture_output=True, text=True).stdout

    def coordinator_password(self) -> str:
        printed = self.manage("create_demo_accounts", role="survey_owner")
        found = re.search(r"coordinator / (\S+)", printed)
        assert found, printed
        return found.group(1)

    def signed_in(self, name: str, password: str) -> Visitor:
        """One of the demonstration's accounts at the desk, by password and code."""
        visitor = Visitor(f"http://127.0.0.1:{self.port}")
        step = visitor.press(visitor.open("/desk/sign-in/"), {"username": name, "password": password})
        page = visitor.press(step, {"code": self.manage("demo_code", name, role="survey_owner").strip()})
        assert "sign-in" not in page.address, page.text
        return visitor

    def start(self, name: str) -> None:
        """Start one of the program's processes and wait until it is ready for work."""
        ready_file = self.data / "worker-ready"
        if name == "worker":
            ready_file.unlink(missing_ok=True)
        makers: dict[str, Callable[[], Child]] = {
            "worker": lambda: processes.worker(self.data),
            "beat": processes.beat,
            "web": lambda: processes.web(self.port),
        }
        child = self.children[name] = makers[name]()
        ready = {"worker": ready_file.exists, "web": lambda: processes.web_answers(self.port)}.get(name)
        if ready is not None:
            wait_until(ready, what=name, child=child)

    def keep_alive(self) -> None:
        """Start again what ends by itself, as `bin/run` does; from a thread of its own, until `stop`."""
        while not self._ended.wait(0.5):
            for name, child in list(self.children.items()):
                if child.is_dead() and self.children.get(name) is child:
                    self.restarts[name] += 1
                    child.restart()

    def kill(self, name: str) -> None:
        """Kill a process and all that it has started, without a warning."""
        child = self.children.pop(name)
        os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()

    def kill_web_workers(self) -> None:
        """Kill the processes that answer requests; their master starts new ones."""
        master = self.children["web"].process.pid
        for pid in Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii").split():
            os.kill(int(pid), signal.SIGKILL)

    def kill_broker(self) -> None:
        assert self.services.broker is not None
        assert self.services.broker.child is not None
        process = self.services.broker.child.process
        process.kill()
        process.wait()

    def start_broker(self) -> None:
        assert self.services.broker is not None
        self.services.broker.start()

    def restart_broker(self) -> None:
        self.kill_broker()
        self.start_broker()

    def restart_database(self) -> None:
        """PostgreSQL's fast shutdown, which cuts every connection, and a new start."""
        assert self.services.postgres is not None
        self.services.postgres.stop()
        self.services.postgres.start()

    def wait_for_web(self) -> None:
        wait_until(lambda: processes.web_answers(self.port), what="web", child=self.children["web"])

    def stop(self) -> None:
        self._ended.set()
        for child in self.children.values():
            child.stop()
        self.services.stop()


@contextmanager
def stage(*, settings: Mapping[str, str] | None = None) -> Iterator[Stage]:
    """A stage that is cleared away afterwards."""
    for name in ("DATABASE_URL", "OWNER_DATABASE_URL", "BROKER_URL"):
        os.environ.pop(name, None)
    data = Path(tempfile.mkdtemp(prefix="survey-bench-"))
    built = Stage(data, settings=settings)
    try:
        built.prepare()
        yield built
    finally:
        built.stop()
        remove(data)
        shutil.rmtree(data, ignore_errors=True)
