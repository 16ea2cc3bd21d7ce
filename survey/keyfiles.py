"""Keys that lie in files, outside the database and its backups: sites' private keys and shred files. One line of hex.

A file appears whole or not at all, readable by its owner only, and is overwritten before it is unlinked. What a disk or
a provider keeps of overwritten blocks is out of reach: see docs/keys.md.
"""

import os
import re
from pathlib import Path

_HEX = re.compile(r"[0-9a-f]+")


class KeyFileError(Exception):
    """A key file that is not there, or holds something else; the message names the file."""


def write(file: Path, content: bytes) -> None:
    """Make a key file, once. Raises FileExistsError, and OSError where the folder cannot be written."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = file.with_name(f".{file.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as handle:
            handle.write(content.hex() + "\n")
            handle.flush()
            os.fsync(handle.fileno())
        # Linking refuses to replace what is there; renaming would not.
        os.link(fresh, file)
        _keep(file.parent)
    finally:
        fresh.unlink(missing_ok=True)


def read(file: Path, *, length: int) -> bytes:
    """The key in a file. Raises KeyFileError."""
    try:
        text = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise KeyFileError(f"{file} cannot be read") from None
    if not _HEX.fullmatch(text) or len(text) != 2 * length:
        raise KeyFileError(f"{file} is no key of {length} bytes")
    return bytes.fromhex(text)


def burn(file: Path) -> bool:
    """Overwrite a key file and unlink it. False when there is none."""
    try:
        file.chmod(0o600)
        with file.open("r+b") as handle:
            handle.write(os.urandom(file.stat().st_size))
            handle.flush()
            os.fsync(handle.fileno())
        file.unlink()
        _keep(file.parent)
    except FileNotFoundError:
        return False
    return True


def _keep(folder: Path) -> None:
    """Have the folder's entries on the disk before anybody relies on them."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
