"""The program's own processes: a Celery worker and a web server, kept alive."""

import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from surveyproject.embedded.children import Child
from surveyproject.embedded.places import StartError

HERE = "127.0.0.1"
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
TOO_MANY, WINDOW = 5, 60.0

# As root Celery warns at every start; what runs here as root is a trial on one machine.
WORKER = [
    "-W",
    "ignore:You're running the worker with superuser",
    "-m",
    "celery",
    "--quiet",
    "-A",
    "surveyproject",
    "worker",
    "-c",
    "2",
    "-l",
    "WARNING",
    "--without-gossip",
]
WORKER += ["--without-mingle", "--without-heartbeat"]
# The clock of repeated tasks. They repeat by plain intervals, so it keeps no file that could be left broken.
BEAT = ["-m", "celery", "--quiet", "-A", "surveyproject", "beat", "-l", "WARNING", "-S", "celery.beat.Scheduler"]
BEAT += ["--pidfile", ""]
WEB = ["-m", "gunicorn", "surveyproject.wsgi", "-c", "python:surveyproject.server", "-w", "2"]


def worker(data: Path) -> Child:
    """The worker takes the role that may read responses; it touches a file once it listens."""
    environment = {"DATABASE_ROLE": "survey_worker", "WORKER_READY_FILE": str(data / "worker-ready")}
    return Child("worker", [sys.executable, *WORKER], environment=environment)


def beat() -> Child:
    """Asks the workers to look for lost work, again and again; needs the job queue only."""
    return Child("beat", [sys.executable, *BEAT])


def web(port: int, *, hosts: Sequence[str] = (HERE,), environment: Mapping[str, str] | None = None) -> Child:
    """The web server takes the role that may write responses and not read them."""
    bound = [argument for host in hosts for argument in ("-b", f"{host}:{port}")]
    return Child(
        "web", [sys.executable, *WEB, *bound], environment={"DATABASE_ROLE": "survey_web", **(environment or {})}
    )


def refuse_taken_port(port: int, hosts: Sequence[str] = (HERE,)) -> None:
    for host in hosts:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                other = (
                    "choose another with --port" if host == HERE else "give --host an address that this machine has now"
                )
                raise StartError(f"Port {port} of {host} cannot be used ({error.strerror}); {other}.") from None


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


def web_answers(port: int, page: str = "desk/sign-in/") -> bool:
    try:
        with urllib.request.urlopen(f"http://{HERE}:{port}/{page}", timeout=2) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        raise StartError(f"The web server answers with an error ({error.code}).") from None
    except OSError:
        return False


@dataclass
class Keeper:
    """Restarts a dead child, waiting longer each time; gives up on one that keeps dying."""

    child: Child
    deaths: list[float] = field(default_factory=list)
    again_at: float = 0.0

    def look(self, now: float) -> str:
        """What there is to say: '' or one line. Raises StartError when restarting is hopeless."""
        if not self.child.is_dead():
            return ""
        if not self.again_at:
            self.deaths = [death for death in self.deaths if now - death < WINDOW] + [now]
            if len(self.deaths) >= TOO_MANY:
                raise StartError(f"The {self.child.name} process died {TOO_MANY} times within a minute.")
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (len(self.deaths) - 1))
            self.again_at = now + pause
            return f"The {self.child.name} process ended; it is started again in {pause:.0f} s."
        if now >= self.again_at:
            self.again_at = 0.0
            self.child.restart()
        return ""


def keep_alive(keepers: Mapping[str, Keeper]) -> list[str]:
    now = time.monotonic()
    return [line for keeper in keepers.values() if (line := keeper.look(now))]
