"""PostgreSQL and the broker together: started unless servers of one's own are named, and told to who asks."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg2

from surveyproject.embedded import places
from surveyproject.embedded.broker import Broker
from surveyproject.embedded.postgres import Postgres

STATE = "services.json"


class Services:
    """The services of one data directory. `addresses` is what Django's settings read."""

    def __init__(self, data: Path, *, with_broker: bool = True, settings: dict[str, str] | None = None) -> None:
        self.data = data
        self.postgres = None if os.environ.get("DATABASE_URL") else Postgres(data, settings=settings)
        self.broker = Broker(data) if with_broker and not os.environ.get("BROKER_URL") else None
        self.addresses: dict[str, str] = {}

    def start(self) -> None:
        self.addresses = {"secret_key": places.secret_key(self.data)}
        if self.postgres is not None:
            self.postgres.start()
            self.addresses["database_url"] = self.postgres.url("survey_app")
            self.addresses["owner_database_url"] = self.postgres.url("survey_owner")
        if self.broker is not None:
            self.broker.start()
            self.addresses["broker_url"] = self.broker.url
        _write(self.data / STATE, self.addresses)

    def stop(self) -> None:
        (self.data / STATE).unlink(missing_ok=True)
        for service in (self.broker, self.postgres):
            if service is not None:
                service.stop()

    def dead(self) -> list[str]:
        """Names of services that have ended by themselves."""
        found = [service.child for service in (self.postgres, self.broker) if service is not None]
        return [child.name for child in found if child is not None and child.is_dead()]


def _write(file: Path, addresses: dict[str, str]) -> None:
    fresh = file.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        json.dump(addresses, handle)
    fresh.replace(file)


def are_running(data: Path) -> bool:
    """Whether a `bin/run` or `bin/manage` holds this data directory's services up."""
    try:
        url = json.loads((data / STATE).read_text(encoding="utf-8"))["database_url"]
        psycopg2.connect(url, connect_timeout=3).close()
    except (OSError, ValueError, KeyError, psycopg2.OperationalError):
        return False
    return True


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """One supervisor a data directory: the lock ends with the process, however it ends."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock: IO[str] = (data / "lock").open("w")
    except OSError as error:
        raise places.StartError(f"The data directory {data} cannot be written: {error.strerror}.") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            message = f"It is running already (data directory {data}). Stop that one first, or set DATA_DIR."
            raise places.StartError(message) from None
        yield


@contextmanager
def joined(data: Path, *, with_broker: bool = False) -> Iterator[None]:
    """Join the running services, or hold them up for as long as the block lasts."""
    if os.environ.get("DATABASE_URL") or are_running(data):
        yield
        return
    with only_one(data):
        services = Services(data, with_broker=with_broker)
        try:
            services.start()
            yield
        finally:
            services.stop()
