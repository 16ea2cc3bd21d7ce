"""What a drawing has around its figures: title, what is shown, a key to its marks, and where they come from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from reports.render.canvas import INK, LEADING, MARGIN, MUTE, SIZE, SMALL, WIDTH, Canvas, width_of, wrapped
from reports.render.reading import SYNTHETIC, Reading
from reports.table import TableResult

ROOM = WIDTH - 2 * MARGIN
SHORT_HASH = 8
_SIGN, _GAP = 22, 14


@dataclass(frozen=True, slots=True)
class Sign:
    """A mark and what it stands for; `draw` sets it around a point."""

    name: str
    draw: Callable[[Canvas, int, int], None]


def caption(reading: Reading, table: TableResult) -> str:
    return reading.text(table.title) or table.id


def drawing_id(kind: str, *names: str) -> str:
    parts = ("".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in name) for name in (kind, *names))
    return "-".join(parts).lower()


def head(canvas: Canvas, reading: Reading, *, title: str, shown: str) -> int:
    """Title, what the figures are, and that they are made up where they are. Returns where the rest may begin."""
    y = canvas.lines(MARGIN, MARGIN, wrapped(title, ROOM, most=3, bold=True), bold=True)
    if reading.result.synthetic:
        y = canvas.lines(MARGIN, y, [SYNTHETIC], bold=True)
    return canvas.lines(MARGIN, y, wrapped(shown, ROOM, most=3, size=SMALL), size=SMALL, fill=MUTE)


def foot(canvas: Canvas, reading: Reading, y: int, notes: Sequence[str] = ()) -> int:
    """What is not drawn, and which version and plan the figures come from."""
    made = reading.result.provenance
    origin = _("Version %(version)s, plan %(plan)s, made on %(day)s") % {
        "version": reading.isolated(made.version),
        "plan": reading.isolated(made.plan_hash[:SHORT_HASH]),
        "day": reading.isolated(made.made_on),
    }
    for note in (*notes, origin):
        y = canvas.lines(MARGIN, y, wrapped(note, ROOM, most=2, size=SMALL), size=SMALL, fill=MUTE)
    return y + MARGIN


def key(canvas: Canvas, y: int, signs: Sequence[Sign]) -> int:
    """The marks with their names, side by side as far as there is room."""
    x = MARGIN
    for sign in signs:
        [name] = wrapped(sign.name, ROOM - _SIGN, most=1, size=SMALL) or [""]
        width = _SIGN + width_of(name, size=SMALL)
        if x > MARGIN and x + width > WIDTH - MARGIN:
            x, y = MARGIN, y + LEADING
        sign.draw(canvas, x + 8, y + LEADING // 2)
        canvas.text(x + _SIGN, y + SIZE, name, size=SMALL, fill=INK)
        x += width + _GAP
    return y + LEADING + 4
