"""The one place where a summary gets its charts from; they are drawn elsewhere."""

from dataclasses import dataclass

from reports.render.reading import Reading


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as a picture, with the same in words for those who do not see it. Sizes in points."""

    png: bytes
    told: str
    width: int
    height: int


def chart_of(reading: Reading, table: str) -> Picture | None:
    """The chart of a table, or None where there is none of it."""
    return None
