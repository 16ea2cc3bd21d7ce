"""bin/run as a stranger's machine treats it: started, killed, started again."""

import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from surveyproject.embedded import processes

ROOT = Path(__file__).resolve().parents[2]


class Run:
    def __init__(self, data: Path, *arguments: str) -> None:
        self.port = processes.free_port()
        names = ("DATABASE_URL", "OWNER_DATABASE_URL", "BROKER_URL", "DATABASE_ROLE", "DJANGO_SETTINGS_MODULE")
        environment = {key: value for key, value in os.environ.items() if key not in names}
        self.process = subprocess.Popen(
            [str(ROOT / "bin/run"), "--port", str(self.port), *arguments],
            env={**environment, "DATA_DIR": str(data)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""

    def wait_until_up(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if "Ctrl-C stops everything" in line:
                return
        pytest.fail(self.said)

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        out, _ = self.process.communicate(timeout=180)
        self.said += out
        return self.process.returncode


def left_over(data: Path) -> list[str]:
    """Processes whose environment names the data directory: everything that this run started."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"DATA_DIR={data}".encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def wait_for_silence(data: Path) -> None:
    end = time.monotonic() + 120
    while left_over(data) and time.monotonic() < end:
        time.sleep(0.2)
    assert left_over(data) == []


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("installation")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_whatever_ends_it_nothing_stays_behind_and_it_starts_again(data: Path, how: signal.Signals) -> None:
    run = Run(data, "--empty")
    run.wait_until_up()
    with urllib.request.urlopen(f"http://127.0.0.1:{run.port}/desk/sign-in/", timeout=30) as answer:
        assert answer.status == 200
    again = Run(data)
    assert again.process.wait(30) == 1
    assert again.process.stdout
    assert "It is running already" in again.process.stdout.read()
    code = run.end(how)
    assert code == (0 if how is not signal.SIGKILL else -signal.SIGKILL)
    wait_for_silence(data)


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        run = Run(tmp_path / "d", "--port", str(taken.getsockname()[1]))
        assert run.process.wait(30) == 1
        assert run.process.stdout
        said = run.process.stdout.read().strip()
    assert said.startswith("Not started: Port ")
    assert "--port" in said
    assert len(said.splitlines()) == 1


def test_a_data_directory_that_cannot_be_written_is_one_sentence() -> None:
    run = Run(Path("/proc/nowhere"))
    assert run.process.wait(30) == 1
    assert run.process.stdout
    assert (
        run.process.stdout.read().strip().startswith("Not started: The data directory /proc/nowhere cannot be written")
    )


def test_a_dead_child_is_started_again(tmp_path: Path) -> None:
    run = Run(tmp_path / "d", "--empty")
    run.wait_until_up()
    masters = [entry for entry in Path("/proc").glob("[0-9]*") if _is_master(entry, run.process.pid)]
    assert len(masters) == 1
    os.kill(int(masters[0].name), signal.SIGKILL)
    end = time.monotonic() + 120
    up = False
    while not up and time.monotonic() < end:
        time.sleep(0.5)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{run.port}/desk/sign-in/", timeout=2) as answer:
                up = (
                    answer.status == 200
                    and [e for e in Path("/proc").glob("[0-9]*") if _is_master(e, run.process.pid)] != masters
                )
        except OSError:
            continue
    assert up
    assert run.end(signal.SIGTERM) == 0
    wait_for_silence(tmp_path / "d")


def _is_master(entry: Path, parent: int) -> bool:
    try:
        status = (entry / "status").read_text()
        return f"PPid:\t{parent}\n" in status and b"gunicorn" in (entry / "cmdline").read_bytes()
    except OSError:
        return False
