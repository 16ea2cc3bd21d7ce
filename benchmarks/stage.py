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
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg2

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
        self.manage("make_site_keys")
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

    def superuser(self, statement: str) -> list[tuple[Any, ...]]:
        """What a statement of the cluster's superuser finds in the program's database."""
        assert self.services.postgres is not None
        line = psycopg2.connect(self.services.postgres.url("postgres"))
        line.autocommit = True
        with closing(line), line.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def crash_database(self) -> None:
        """PostgreSQL's immediate shutdown, which is a crash: whatever was not on the disk is gone. And a new start."""
        assert self.services.postgres is not None
        assert self.services.postgres.child is not None
        process = self.services.postgres.child.process
        process.send_signal(signal.SIGQUIT)
        process.wait()
        self.services.postgres.start()

    def wait_for_database(self) -> None:
        """Until it takes connections again: it mends itself after one of its processes was killed."""

        def answers() -> bool:
            try:
                return bool(self.superuser("SELECT 1"))
            except psycopg2.OperationalError:
                return False

        wait_until(answers, what="database")

    def database_is_dead(self) -> bool:
        assert self.services.postgres is not None
        return self.services.postgres.child is None or self.services.postgres.child.is_dead()

    def start_database(self) -> None:
        assert self.services.postgres is not None
        self.services.postgres.start()

    def web_backends(self) -> list[int]:
        """The database's processes that serve the web server."""
        rows = self.superuser("SELECT pid FROM pg_stat_activity WHERE usename = 'survey_app' ORDER BY pid")
        return [int(row[0]) for row in rows]

    def wait_for_web(self) -> None:
        wait_until(lambda: processes.web_answers(self.port), what="web", child=self.children["web"])

    def stop(self) -> None:
        self._ended.set()
        for child in self.children.values():
            child.stop()
        self.services.stop()


@contextmanager
def stage(*, settings: Mapping[str, str] | None = None, disk_mb: int = 0) -> Iterator[Stage]:
    """A stage that is cleared away afterwards; its servers may have a small disk of their own."""
    for name in ("DATABASE_URL", "OWNER_DATABASE_URL", "BROKER_URL"):
        os.environ.pop(name, None)
    data = Path(tempfile.mkdtemp(prefix="survey-bench-"))
    disk = _mount(data, disk_mb) if disk_mb else None
    built = Stage(data, settings=settings)
    try:
        built.prepare()
        yield built
    finally:
        built.stop()
        if disk is not None:
            subprocess.run(["umount", str(disk)], check=True)
        remove(data)
        shutil.rmtree(data, ignore_errors=True)


def _mount(data: Path, size_mb: int) -> Path:
    """A small file system in memory where the servers keep their files."""
    place = places.own(places.server_dir(data), {})
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "survey-bench", str(place)], check=True)
    return place
