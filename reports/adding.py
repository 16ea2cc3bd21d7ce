"""Counts put down as text, so that another worker can add them up. Pure.

Only what is not zero is written. A slice goes by everything that it is made of: counts of one are never taken for those
of another, whatever plan they were made for.
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from reports.plan import Slice
from reports.tallying import Counts, Table


def to_bytes(parts: Mapping[str, Counts]) -> bytes:
    """Counts by name as JSON: slice → its blocks, and of every field the shape, the places and the numbers there."""
    return json.dumps({name: _told(counts) for name, counts in parts.items()}, separators=(",", ":")).encode()


def from_bytes(content: bytes, wanted: Mapping[str, Iterable[Slice]]) -> dict[str, Counts] | None:
    """The counts of these slices, by name; None when one of them was not counted."""
    told = json.loads(content)
    found: dict[str, Counts] = {}
    for name, slices in wanted.items():
        counts = _read(told[name], slices) if name in told else None
        if counts is None:
            return None
        found[name] = counts
    return found


def _told(counts: Counts) -> dict[str, Any]:
    slices: dict[str, Any] = {_name(part): {"blocks": list(own), "tables": {}} for part, own in counts.blocks.items()}
    for (part, field), table in counts.tables.items():
        flat = table.ravel()
        places = np.flatnonzero(flat)
        slices[_name(part)]["tables"][field] = [list(table.shape), places.tolist(), flat[places].tolist()]
    return {"responses": counts.responses, "slices": slices}


def _read(told: Mapping[str, Any], slices: Iterable[Slice]) -> Counts | None:
    tables: dict[tuple[Slice, str], Table] = {}
    blocks: dict[Slice, tuple[str, ...]] = {}
    for part in slices:
        own = told["slices"].get(_name(part))
        if own is None:
            return None
        blocks[part] = tuple(own["blocks"])
        tables |= {(part, field): _table(*table) for field, table in own["tables"].items()}
    return Counts(told["responses"], tables, blocks)


def _table(shape: list[int], places: list[int], numbers: list[int]) -> Table:
    table: Table = np.zeros(shape, dtype=np.int64)
    table.ravel()[places] = numbers
    return table


def _name(part: Slice) -> str:
    return json.dumps(_plain(part))


def _plain(value: object) -> object:
    """Something frozen as lists and texts, the same in every process."""
    if dataclasses.is_dataclass(value):
        own = [_plain(getattr(value, one.name)) for one in dataclasses.fields(value)]
        return [type(value).__name__, *own]
    if isinstance(value, frozenset):
        return sorted((_plain(one) for one in value), key=json.dumps)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value
