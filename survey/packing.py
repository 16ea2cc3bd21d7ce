"""A file that comes in, compressed while it comes: never whole in memory, never on a disk. Pure."""

import gzip
import hashlib
import io
from typing import IO, cast

# What nobody sends by hand. Files of answers shrink to a tenth; one that does not shrink is no such file.
MOST_BYTES, MOST_PACKED = 128 * 1024 * 1024, 32 * 1024 * 1024


class Packer:
    """Takes the pieces of a file. What is beyond the limits is dropped, and `is_too_big` says so."""

    def __init__(self) -> None:
        self.size = 0
        self.is_too_big = False
        self._hash = hashlib.sha256()
        self._to = io.BytesIO()
        self._zip = gzip.GzipFile(fileobj=self._to, mode="wb", compresslevel=5, mtime=0)

    def feed(self, piece: bytes) -> None:
        self.size += len(piece)
        self.is_too_big = self.is_too_big or self.size > MOST_BYTES or self._to.tell() > MOST_PACKED
        if not self.is_too_big:
            self._hash.update(piece)
            self._zip.write(piece)

    def packed(self) -> bytes:
        """The compressed file, once all of it was fed."""
        self._zip.close()
        return self._to.getvalue()

    def digest(self) -> bytes:
        return self._hash.digest()


def unpacked(packed: bytes) -> IO[bytes]:
    """The file again, piece by piece."""
    return cast(IO[bytes], gzip.GzipFile(fileobj=io.BytesIO(packed)))
