"""Made-up answers to the bundled study, in growing numbers, stored in the three ways that are compared."""

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import psycopg2

from survey.protocol.record import TICKED, RecordLayout, Variable, missing_code
from survey.protocol.schema import Kind, Missing

SHARES = (0.30, 0.25, 0.20, 0.15, 0.10)
CHUNK = 100_000
_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many responses each site has."""

    by_site: dict[int, int]

    @property
    def total(self) -> int:
        return sum(self.by_site.values())


def sizes(site_ids: Sequence[int], total: int) -> Sizes:
    """Countries of unequal size, as studies have them."""
    counts = [int(total * share) for share in SHARES[: len(site_ids)]]
    counts[0] += total - sum(counts)
    return Sizes(dict(zip(site_ids, counts, strict=True)))


def possible_codes(variable: Variable) -> list[int]:
    """Every code that a variable may hold; the reasons for no answer among them."""
    missing = [missing_code(reason, variable.width) for reason in Missing]
    question = variable.question
    if question.kind is Kind.INTEGER:
        return [*range(question.low, question.high + 1), *missing]
    if question.kind is Kind.SELECT_ONE:
        return [*(choice.code for choice in question.options if choice.code is not None), *missing]
    return [0, TICKED, *missing]


def draw(layout: RecordLayout, count: int, rng: np.random.Generator) -> Iterator[Codes]:
    """Matrices of codes, a row a response and a column a variable; nine answers in ten are substantive."""
    for start in range(0, count, CHUNK):
        rows = min(CHUNK, count - start)
        columns = []
        for variable in layout.variables:
            codes = np.array(possible_codes(variable))
            split = len(codes) - len(Missing)
            given = rng.integers(0, split, rows)
            absent = rng.integers(split, len(codes), rows)
            columns.append(codes[np.where(rng.random(rows) < 0.9, given, absent)])
        yield np.column_stack(columns).astype(np.int64)


def records(layout: RecordLayout, codes: Codes) -> npt.NDArray[np.uint8]:
    """The same answers as fixed-width records."""
    out = np.empty((len(codes), layout.length), dtype=np.uint8)
    for place, variable in enumerate(layout.variables):
        out[:, variable.offset] = codes[:, place] & 0xFF
        if variable.width == 2:
            out[:, variable.offset + 1] = codes[:, place] >> 8
    return out


def copy_records(cursor: psycopg2.extensions.cursor, table: str, matrix: npt.NDArray[np.uint8]) -> None:
    """Records into a table with one bytea column, in PostgreSQL's binary format."""
    length = matrix.shape[1]
    framed = np.empty((len(matrix), length + 6), dtype=np.uint8)
    framed[:, :6] = np.frombuffer(struct.pack(">hi", 1, length), dtype=np.uint8)
    framed[:, 6:] = matrix
    data = io.BytesIO(_SIGNATURE + framed.tobytes() + struct.pack(">h", -1))
    cursor.copy_expert(f"COPY {table} FROM STDIN (FORMAT BINARY)", data)


def column_names(layout: RecordLayout) -> list[str]:
    """A column name for every variable: `/` parts a multi-select from its choice, which a column cannot."""
    return [variable.name.replace("/", "__") for variable in layout.variables]


def copy_typed(cursor: psycopg2.extensions.cursor, table: str, site_id: int, codes: Codes) -> None:
    """The same answers as one smallint (or integer) a variable."""
    lines = "\n".join(f"{site_id}\t" + "\t".join(map(str, row)) for row in codes.tolist())
    cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(lines))


def copy_jsonb(cursor: psycopg2.extensions.cursor, table: str, site_id: int, names: list[str], codes: Codes) -> None:
    """The same answers as one JSONB document a response."""
    template = f"{site_id}\t{{" + ",".join(f'"{name}":%d' for name in names) + "}"
    lines = "\n".join(template % tuple(row) for row in codes.tolist())
    cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(lines))
