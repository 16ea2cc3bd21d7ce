"""Child processes that end with us, whatever ends us."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from surveyproject.embedded.places import Account, StartError

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


def end_with_parent(how: signal.Signals) -> Callable[[], None]:
    """For preexec_fn: the kernel sends `how` to the child when this process dies, kill -9 included (Linux)."""
    parent = os.getpid()

    def arrange() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, how)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


class Child:
    """One process in a session of its own, so that Ctrl-C reaches only the supervisor."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        stop_with: signal.Signals = signal.SIGTERM,
        patience: float = 30,
        environment: Mapping[str, str] | None = None,
        account: Account | None = None,
        log: Path | None = None,
    ) -> None:
        self.name, self.command, self.stop_with, self.patience = name, list(command), stop_with, patience
        self.environment, self.account, self.log = dict(environment or {}), account or Account(), log
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        output: IO[bytes] | None = self.log.open("ab") if self.log else None
        try:
            return subprocess.Popen(
                self.command,
                env={**os.environ, **self.environment},
                cwd="/" if self.account else None,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=end_with_parent(self.stop_with),  # noqa: PLW1509  no threads run in the supervisor
                **self.account,
            )
        finally:
            if output:
                output.close()

    def restart(self) -> None:
        self.process = self._start()

    def is_dead(self) -> bool:
        return self.process.poll() is not None

    def stop(self) -> None:
        if self.is_dead():
            return
        self.process.send_signal(self.stop_with)
        try:
            self.process.wait(self.patience)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def wait_until(ready: Callable[[], bool], *, what: str, seconds: float = 60, child: Child | None = None) -> None:
    """Poll until `ready`; StartError when it takes too long or the child dies first."""
    end = time.monotonic() + seconds
    while not ready():
        if child is not None and child.is_dead():
            hint = f"; see {child.log}" if child.log else ""
            raise StartError(f"{what} did not start (exit code {child.process.returncode}){hint}.")
        if time.monotonic() > end:
            raise StartError(f"{what} did not answer within {seconds:.0f} seconds.")
        time.sleep(0.05)
