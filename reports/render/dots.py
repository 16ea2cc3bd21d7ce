"""A dot plot of a table: a line of dots for each line of the table, on an axis from 0 to 100 percent.

The focal country's dot is filled and its figure stands beside it; other countries are hollow, each with a shape of its
own. Where there are too many of them to tell apart they are strokes on a band. What is not printed is not drawn: the
words say so, and no dot stands at zero for it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from reports.plan import Show
from reports.render import frame
from reports.render.canvas import FAINT, INK, LEADING, MARGIN, MUTE, PAPER, RULE, SMALL, WIDTH, Canvas, Drawing, wrapped
from reports.render.lines import Line, blocks_of, lines_of
from reports.render.reading import Reading, enumerated, is_percent, listed, printed
from reports.table import TOTAL, Cell, TableResult

FOCAL = "#0b5563"
# Okabe and Ito's colours, the light ones darkened until they stand out from white; and a shape each.
COLOURS = ("#0072b2", "#a86f00", "#007a59", "#b0588a", "#c75400")
SHAPES = (
    ((-6, -6), (6, -6), (6, 6), (-6, 6)),
    ((0, -8), (8, 6), (-8, 6)),
    ((0, -8), (8, 0), (0, 8), (-8, 0)),
    ((0, 8), (8, -6), (-8, -6)),
    ((-3, -7), (3, -7), (3, -3), (7, -3), (7, 3), (3, 3), (3, 7), (-3, 7), (-3, 3), (-7, 3), (-7, -3), (-3, -3)),
)
MOST = len(SHAPES)
_VALUE, _INDENT, _LANE, _APART = 84, 12, 17, 18
_LEFT, _RIGHT = MARGIN + 10, WIDTH - MARGIN - _VALUE
_TICKS = (0, 25, 50, 75, 100)
_MANY_LINES = 6


@dataclass(frozen=True, slots=True)
class Series:
    """What one kind of mark stands for: a country, or a group of the focal country's people."""

    name: str
    country: str
    block: str = TOTAL

    def cell(self, line: Line) -> Cell | None:
        return line.cell(self.country, self.block)

    def in_words(self, reading: Reading, line: Line) -> str:
        return line.in_words(reading, self.country, self.block)


def dots(reading: Reading, table: TableResult) -> Drawing | None:
    """The dot plot of a table; None where it prints no percentage at all."""
    lines = lines_of(reading, table)
    drawn = [line for line in lines if line.heading or is_percent(line.indicator)]
    plot = _Plot(reading, table)
    if not any(plot.shown(line) for line in drawn):
        return None
    return plot.drawing(drawn, [line.label for line in lines if line not in drawn and not line.level])


class _Plot:
    """One dot plot in the making."""

    def __init__(self, reading: Reading, table: TableResult) -> None:
        self.reading, self.table = reading, table
        self.first, *self.others = _series(reading, table)
        self.many = len(self.others) > MOST
        self.canvas = Canvas(mirrored=reading.direction == "rtl")

    def shown(self, line: Line) -> bool:
        cells = [] if line.heading else [one.cell(line) for one in (self.first, *self.others)]
        return any(cell is not None and cell.value is not None for cell in cells)

    def drawing(self, lines: Sequence[Line], left_out: Sequence[str]) -> Drawing:
        reading, canvas = self.reading, self.canvas
        title, shown = frame.caption(reading, self.table), reading.column(self.table)
        notes = [_not_drawn(left_out)] if left_out else []
        y = frame.head(canvas, reading, title=title, shown=shown)
        y = frame.key(canvas, y + 4, self._key(lines))
        if len(lines) > _MANY_LINES:
            y = self._axis(y)
        for line in lines:
            y = self._line(line, y + 4)
        y = self._axis(y + 2)
        height = frame.foot(canvas, reading, y + 4, notes)
        told = [_("Dot plot on an axis from 0 to 100 percent."), shown, *(self._told(line) for line in lines), *notes]
        return canvas.drawing(
            id=frame.drawing_id("dots", self.table.id),
            name=title,
            told="\n".join(line for line in told if line),
            height=height,
            language=reading.language,
        )

    # The key ----------------------------------------------------------------------------------------------------------

    def _key(self, lines: Sequence[Line]) -> list[frame.Sign]:
        signs = [frame.Sign(self.first.name, _focal)]
        if self.many:
            number = self.reading.isolated(str(len(self.others)))
            signs.append(frame.Sign(_("each of the %(number)s others") % {"number": number}, _stroke))
        else:
            signs += [frame.Sign(one.name, _hollow(place)) for place, one in enumerate(self.others)]
        if any(self._average(line) is not None for line in lines):
            signs.append(frame.Sign(_("Average"), _average))
        return signs

    def _average(self, line: Line) -> Fraction | None:
        """The average, where the table prints one beside the line."""
        if self.table.show != Show.OTHERS or line.level or line.heading or not self.others:
            return None
        return line.indicator.averages.get(self.reading.focal, {}).get(line.category)

    # Lines ------------------------------------------------------------------------------------------------------------

    def _line(self, line: Line, y: int) -> int:
        start = MARGIN + _INDENT * line.level
        label = wrapped(line.label, WIDTH - MARGIN - start, most=3, bold=line.heading)
        y = self.canvas.lines(start, y, label, bold=line.heading)
        if line.heading:
            return y
        marks = self._marks(line)
        y += self._draw(line, marks, y)
        missing = self._missing(line)
        words = wrapped(missing, WIDTH - MARGIN - start, most=2, size=SMALL)
        return self.canvas.lines(start, y, words, size=SMALL, fill=MUTE)

    def _marks(self, line: Line) -> list[tuple[int, int]]:
        """(place on the axis, number of the series) of what is printed."""
        cells = ((number, one.cell(line)) for number, one in enumerate((self.first, *self.others)))
        return [(on_axis(cell.value), number) for number, cell in cells if cell is not None and cell.value is not None]

    def _draw(self, line: Line, marks: Sequence[tuple[int, int]], y: int) -> int:
        """One line of the plot below `y`. Returns how high it is."""
        lanes = {number: 0 for _x, number in marks} if self.many else in_lanes(marks)
        height = (max(lanes.values(), default=0) + 1) * _LANE + 6
        base = y + height - _LANE // 2 - 3
        self._ground(y, base)
        average = self._average(line)
        if average is not None:
            _average(self.canvas, on_axis(average), base)
        if self.many:
            self._band([x for x, number in marks if number], base)
        for x, number in reversed(marks):
            draw = _focal if not number else _stroke if self.many else _hollow(number - 1)
            draw(self.canvas, x, base - lanes[number] * _LANE)
        cell = self.first.cell(line)
        value = self.first.in_words(self.reading, line) if cell and cell.value is not None else "–"
        self.canvas.text(WIDTH - MARGIN, base + 5, value, anchor="end", bold=True, fill=FOCAL)
        return height

    def _ground(self, y: int, base: int) -> None:
        for tick in _TICKS:
            x = on_axis(Fraction(tick))
            self.canvas.rule(x, y + 2, x, base + 7, stroke=FAINT)
        self.canvas.rule(_LEFT, base, _RIGHT, base)

    def _band(self, places: Sequence[int], base: int) -> None:
        if places:
            self.canvas.box(min(places), base - 5, max(places) - min(places), 10, fill=FAINT)

    def _axis(self, y: int) -> int:
        for tick in _TICKS:
            label = self.reading.isolated(f"{tick}%")
            self.canvas.text(on_axis(Fraction(tick)), y + 12, label, size=SMALL, anchor="middle", fill=MUTE)
        return y + LEADING

    # Words ------------------------------------------------------------------------------------------------------------

    def _missing(self, line: Line) -> str:
        """Who has no dot on a line, and why."""
        reasons: dict[str, list[str]] = {}
        for one in (self.first, *self.others):
            cell = one.cell(line)
            if cell is None or cell.value is None:
                reasons.setdefault(line.absence(one.country, one.block), []).append(one.name)
        return enumerated(_pair(reason, listed(names)) for reason, names in reasons.items())

    def _told(self, line: Line) -> str:
        if line.heading:
            return _pair(line.label, "").rstrip()
        figures = [f"{one.name} {one.in_words(self.reading, line)}" for one in (self.first, *self.others)]
        average = self._average(line)
        if average is not None:
            figures.append(f"{_('Average')} {self.reading.isolated(printed(line.indicator, average))}")
        elif self.table.show == Show.OTHERS and self.others and line.indicator.average and not line.level:
            figures.append(_("(no average: not every country's figure can be shown)"))
        return _pair(line.label.strip(), listed(figures)) + "."


def _series(reading: Reading, table: TableResult) -> list[Series]:
    """What has a mark on each line, as the table prints it: the focal country first, then the others or its groups."""
    if table.show == Show.SPLIT:
        whole = Series(_("Total"), reading.focal)
        return [whole, *(Series(name, reading.focal, block) for block, name in blocks_of(reading, table).items())]
    others = reading.others if table.show == Show.OTHERS else ()
    focal = Series(reading.focal_name, reading.focal)
    return [focal, *(Series(reading.country_name(country), country.code) for country in others)]


def _pair(name: str, text: str) -> str:
    return _("%(rows)s: %(note)s") % {"rows": name, "note": text}


def _not_drawn(labels: Iterable[str]) -> str:
    return _("Not drawn, since these are no percentages: %(rows)s.") % {"rows": enumerated(labels)}


# Places and marks -----------------------------------------------------------------------------------------------------


def on_axis(value: Fraction) -> int:
    """Where a percentage stands, to the nearest unit."""
    return _LEFT + int(value * (_RIGHT - _LEFT) / 100 + Fraction(1, 2))


def in_lanes(marks: Sequence[tuple[int, int]]) -> dict[int, int]:
    """A lane for each mark, so that none covers another. The focal country's is always the lowest."""
    taken: list[list[int]] = []
    lanes: dict[int, int] = {}
    for x, number in sorted(marks, key=lambda mark: (mark[1] != 0, mark)):
        free = (place for place, lane in enumerate(taken) if all(abs(x - other) >= _APART for other in lane))
        place = next(free, len(taken))
        taken += [[]] if place == len(taken) else []
        taken[place].append(x)
        lanes[number] = place
    return lanes


def _focal(canvas: Canvas, x: int, y: int) -> None:
    canvas.circle(x, y, 7, fill=FOCAL, stroke=PAPER)


def _hollow(place: int) -> Callable[[Canvas, int, int], None]:
    def draw(canvas: Canvas, x: int, y: int) -> None:
        canvas.polygon(x, y, SHAPES[place], fill=PAPER, stroke=COLOURS[place])

    return draw


def _stroke(canvas: Canvas, x: int, y: int) -> None:
    canvas.rule(x, y - 7, x, y + 7, stroke=RULE, line=2)


def _average(canvas: Canvas, x: int, y: int) -> None:
    """A tall bar with feet: it shows above and below a dot that stands on it."""
    canvas.rule(x, y - 11, x, y + 9, stroke=INK, line=2)
    for foot in (y - 11, y + 9):
        canvas.rule(x - 3, foot, x + 3, foot, stroke=INK, line=2)
