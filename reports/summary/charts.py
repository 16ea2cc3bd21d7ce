"""The charts of a summary: the drawings of a comparison's table, as pictures for print."""

from dataclasses import dataclass

from reports.render.drawing import drawings
from reports.render.layout import drawing_width
from reports.render.pictures import picture
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
    found = []
    for drawing in drawings(reading, spec):
        width = drawing_width(drawing)
        wide = round(width * EMU_PER_CM)
        high = wide * drawing.height // drawing.width
        found.append(Picture(drawing.id, picture(drawing, width), _writable(plain(drawing.told)), wide, high))
    return tuple(found)


def _writable(text: str) -> str:
    """XML cannot hold control characters at all, not even escaped."""
    return "".join(sign for sign in text if sign.isprintable() or sign in "\n\t")
