"""Rows out of PostgreSQL as matrices: COPY in its binary format, a few megabytes at a time, sealed records opened.

Nothing is made of a row but its bytes: a million of them would cost minutes as Python objects.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from cryptography.exceptions import InvalidTag
from django.db import connection

from survey.datakeys import NONCE, OVERHEAD, RECORD, VERSION
from survey.keyring import LockedError, Opener
from survey.sealing import SealError

CHUNK_BYTES = 8 * 1024 * 1024
_HEADER, _TRAILER = 19, 2
# In front of a row stands the number of its fields, in front of a field its length.
_ROW_PREFIX, _FIELD_PREFIX = 2, 4
ID_BYTES = 16
# What a record r is bound to, in the order of `survey.datakeys.Place.context`: COPY writes numbers as that does.
CONTEXT, CONTEXT_LENGTHS = "r.site_id, r.cohort_id, r.version_id, r.id", (4, 4, 4, ID_BYTES)
CONTEXT_BYTES = len(RECORD) + sum(CONTEXT_LENGTHS)

Matrix = npt.NDArray[np.uint8]


def copy_records(
    select: str,
    source: str,
    arguments: Sequence[object],
    *,
    lengths: Sequence[int],
    record_length: int,
    opener: Opener,
    use: Callable[[Sequence[Matrix]], None],
) -> None:
    """Hand on matrices of the columns in `select` and, last, of records, of rows r in `source`: `FROM … WHERE …`.

    Columns have fixed `lengths` in bytes. Records stored open come first, then sealed ones. Needs the site's scope.

    Raises LockedError when there are sealed ones and no private key, and SealError for one that was changed.
    """
    columns = f"{select}, " if select else ""
    sink = _Sink([*lengths, record_length], use)
    _copy(f"SELECT {columns}r.record FROM {source} AND r.key_id IS NULL", arguments, sink)
    opening = _Opening(opener, record_length, use)
    opening.know(source, arguments)
    sealed = _Sink([*lengths, *CONTEXT_LENGTHS, ID_BYTES, record_length + OVERHEAD], opening.use)
    query = f"SELECT {columns}{CONTEXT}, r.key_id, r.record FROM {source} AND r.key_id IS NOT NULL"
    _copy(query, arguments, sealed)
    opening.finish()


class _Opening:
    """Turns matrices of contexts, key numbers and sealed records into matrices of records.

    The line is busy while rows come: data keys are opened before, and rows under one that came in between wait.
    """

    def __init__(self, opener: Opener, length: int, use: Callable[[Sequence[Matrix]], None]) -> None:
        self.opener, self.length, self.hand_on = opener, length, use
        self.late: list[Sequence[Matrix]] = []

    def know(self, source: str, arguments: Sequence[object]) -> None:
        """Have the data keys at hand. Raises LockedError when there is something to open and no private key."""
        if not self.opener.is_locked:
            self.opener.load()
            return
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT EXISTS (SELECT FROM {source} AND r.key_id IS NOT NULL)", arguments)
            if cursor.fetchone()[0]:
                raise LockedError

    def finish(self) -> None:
        """Hand on the rows whose data key came in between."""
        late, self.late = self.late, []
        for parts in late:
            self.opener.ciphers(_rows(parts[-2]))
            self.use(parts)

    def use(self, parts: Sequence[Matrix]) -> None:
        numbers = _rows(parts[-2])
        if not all(map(self.opener.has, set(numbers))):
            known = np.array([self.opener.has(number) for number in numbers])
            self.late.append([part[~known].copy() for part in parts])
            parts = [part[known] for part in parts]
            numbers = _rows(parts[-2])
        place = len(parts) - len(CONTEXT_LENGTHS) - 2
        others, sealed = parts[:place], parts[-1]
        kind = np.full((len(sealed), 1), RECORD[0], dtype=np.uint8)
        try:
            plain = self._opened(np.concatenate([kind, *parts[place:-2]], axis=1), numbers, sealed)
        except InvalidTag:
            raise SealError("a stored record was changed, or is another's") from None
        self.hand_on([*others, np.frombuffer(plain, dtype=np.uint8).reshape(-1, self.length)])

    def _opened(self, contexts: Matrix, numbers: Sequence[bytes], sealed: Matrix) -> bytes:
        if (sealed[:, 0] != VERSION[0]).any():
            raise SealError("unknown seal version")
        start, ciphers = len(VERSION) + NONCE, self.opener.ciphers(numbers)
        nonces, boxes = _rows(sealed[:, len(VERSION) : start]), _rows(sealed[:, start:])
        each = zip(numbers, nonces, boxes, _rows(contexts), strict=True)
        return b"".join([ciphers[number](nonce, box, context) for number, nonce, box, context in each])


def _rows(matrix: Matrix) -> list[bytes]:
    """The rows of a matrix, cut by numpy and not one by one."""
    whole = np.ascontiguousarray(matrix)
    rows: list[bytes] = whole.view(f"V{whole.shape[1]}").ravel().tolist()
    return rows


def _copy(select: str, arguments: Sequence[object], sink: "_Sink") -> None:
    with connection.cursor() as cursor:
        cursor.copy_expert(cursor.mogrify(f"COPY ({select}) TO STDOUT (FORMAT BINARY)", arguments), sink)
    sink.finish()


class _Sink:
    """A file that COPY writes to: gathers whole rows and hands on one matrix a field. Fields have fixed lengths."""

    def __init__(self, lengths: Sequence[int], use: Callable[[Sequence[Matrix]], None]) -> None:
        self.lengths, self.use = lengths, use
        self.stride = _ROW_PREFIX + sum(_FIELD_PREFIX + length for length in lengths)
        self.buffer = bytearray()
        self.header_to_drop = _HEADER

    def write(self, data: bytes) -> int:
        self.buffer += data
        if len(self.buffer) >= CHUNK_BYTES:
            self.flush()
        return len(data)

    def flush(self) -> None:
        if self.header_to_drop and len(self.buffer) >= self.header_to_drop:
            del self.buffer[: self.header_to_drop]
            self.header_to_drop = 0
        rows = max(0, len(self.buffer) - _TRAILER) // self.stride
        if not rows:
            return
        whole = bytes(self.buffer[: rows * self.stride])
        del self.buffer[: rows * self.stride]
        self.use(self._fields(np.frombuffer(whole, dtype=np.uint8).reshape(rows, self.stride)))

    def _fields(self, framed: Matrix) -> Sequence[Matrix]:
        """The fields of whole rows, once every row has as many as it should, each as long as it should be."""
        found = []
        at = _ROW_PREFIX
        self._check(framed[:, :at], len(self.lengths))
        for length in self.lengths:
            self._check(framed[:, at : at + _FIELD_PREFIX], length)
            at += _FIELD_PREFIX
            found.append(framed[:, at : at + length])
            at += length
        return found

    def _check(self, prefixes: Matrix, number: int) -> None:
        wanted = np.frombuffer(number.to_bytes(prefixes.shape[1], "big"), dtype=np.uint8)
        if (prefixes != wanted).any():
            self._refuse()

    def _refuse(self) -> None:
        raise ValueError(f"a stored record does not have the {self.lengths[-1]} bytes of its version")

    def finish(self) -> None:
        self.flush()
        if len(self.buffer) > _TRAILER:
            self._refuse()
