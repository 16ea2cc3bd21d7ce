"""The charts of a summary: the drawings of a comparison's table, as pictures for print."""

from dataclasses import dataclass

from reports.render.drawing import drawings
from reports.render.layout import drawing_width
from reports.render.ooxml import writable
from reports.render.pictures import pictures
from reports.render.reading import Reading, plain

EMU_PER_CM = 360_000


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as a picture, with the same in words for those who do not see it. Sizes in Word's own units."""

    name: str
    png: bytes
    told: str
    width: int
    height: int


def charts_of(reading: Reading, table: str) -> tuple[Picture, ...]:
    """Every chart of a table; none where nothing of it is a percentage."""
    spec = next(one for one in reading.result.tables if one.id == table)
    drawn = drawings(reading, spec)
    found = []
    for drawing, png in zip(drawn, pictures(drawn, reading.direction), strict=True):
        wide = round(drawing_width(drawing) * EMU_PER_CM)
        high = wide * drawing.height // drawing.width
        found.append(Picture(drawing.id, png, writable(plain(drawing.told)), wide, high))
    return tuple(found)
