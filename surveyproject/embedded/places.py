"""Where things are kept, and as whom the servers run."""

import hashlib
import os
import pwd
import secrets
import tempfile
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).resolve().parents[2]


class StartError(Exception):
    """Why something could not be started, in one sentence for a person."""


class Account(TypedDict, total=False):
    """Arguments of subprocess that drop root's rights; empty for an ordinary user."""

    user: int
    group: int
    extra_groups: list[int]


def data_dir() -> Path:
    """State of this installation: secrets, addresses of running services, collected static files."""
    return Path(os.environ.get("DATA_DIR", ROOT / "var"))


def unprivileged() -> Account:
    """PostgreSQL refuses to run as root; as root it runs under an account without rights."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise StartError("You are root and there is no unprivileged account (postgres or nobody) to run PostgreSQL under.")


def server_dir(data: Path) -> Path:
    """Where the servers keep their files: as root, a place that the unprivileged account can reach."""
    if os.geteuid() != 0:
        return data / "servers"
    return Path("/var/tmp") / f"survey-{short_hash(data)}"


def socket_dir(data: Path, name: str) -> Path:
    """A short path: unix socket paths end at 107 bytes."""
    return Path(tempfile.gettempdir()) / f"survey-{name}-{short_hash(data)}-{os.geteuid()}"


def short_hash(path: Path) -> str:
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]


def own(path: Path, account: Account) -> Path:
    """Make a directory that only one account can enter."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    if account:
        os.chown(path, account["user"], account["group"])
    return path


def secret_key(data: Path) -> str:
    """The installation's key, drawn once and readable by its owner only."""
    file = data / "secret-key"
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(secrets.token_urlsafe(48))
    return file.read_text(encoding="ascii").strip()
