"""Stacked bars of a distribution: a bar for each country, the answers in the order of the scale, from light to dark.

Only single choices whose every answer is printed make a bar; a country with a hidden figure gets words in its place.
Parts are told apart by lightness and by their borders, so the bars can be read without colour.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils.translation import gettext as _

from reports.plan import Stat
from reports.render import frame
from reports.render.canvas import INK, LEADING, MARGIN, MUTE, PAPER, SMALL, WIDTH, Canvas, Drawing, width_of, wrapped
from reports.render.lines import indicators_of
from reports.render.notes import largest_base
from reports.render.reading import Reading, absence, in_words, listed, printed
from reports.table import TOTAL, Cell, CountryResult, IndicatorResult, TableResult

# ColorBrewer's YlGnBu, from light to dark.
RAMP = ("#ffffd9", "#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#253494", "#081d58")
_FEW_COUNTRIES = 12
_NAME = 128
_SWATCH = 22


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where a bar lies beside or below its country's name."""

    x: int
    height: int
    pitch: int

    @property
    def width(self) -> int:
        return WIDTH - MARGIN - self.x


# The name above its bar; where there are many countries, beside it.
_ROOMY, _DENSE = _Shape(MARGIN, 24, LEADING + 34), _Shape(MARGIN + _NAME, 18, 22)


def stacked(reading: Reading, table: TableResult) -> Iterator[Drawing]:
    """One drawing for each distribution of a table that at least one country prints whole."""
    for indicator in indicators_of(reading, table):
        if indicator.stat == Stat.PERCENT_EACH and not indicator.rules.get("multi"):
            bars = _Bars(reading, indicator)
            if any(bars.cells.values()):
                yield bars.drawing(table)


class _Bars:
    def __init__(self, reading: Reading, indicator: IndicatorResult) -> None:
        self.reading, self.indicator = reading, indicator
        self.canvas = Canvas(mirrored=reading.direction == "rtl")
        self.cells = {country.code: whole(indicator, country.code) for country in reading.result.countries}
        used = {name for own in self.cells.values() for name in own}
        self.names = [name for name in indicator.categories if name in used]
        self.colours = dict(zip(self.names, ramp(len(self.names)), strict=True))

    def drawing(self, table: TableResult) -> Drawing:
        reading, canvas = self.reading, self.canvas
        countries = reading.result.countries
        title = reading.label(self.indicator)
        shown = _("Percentages of the people who answered; each bar adds up to 100%.")
        y = frame.head(canvas, reading, title=title, shown=shown)
        y = self._key(y + 4)
        shape = _ROOMY if len(countries) <= _FEW_COUNTRIES else _DENSE
        for country in countries:
            self._bar(country, y, shape)
            y += shape.pitch
        height = frame.foot(canvas, reading, y + 4)
        told = [_("Stacked bars, one for each country."), shown, *(self._told(country) for country in countries)]
        return canvas.drawing(
            id=frame.drawing_id("bars", table.id, self.indicator.id),
            name=title,
            told="\n".join(told),
            height=height,
            language=reading.language,
        )

    def _key(self, y: int) -> int:
        """One answer a line, in the order in which the bars show them."""
        for name in self.names:
            label = wrapped(self._label(name), frame.ROOM - _SWATCH, most=2, size=SMALL)
            self.canvas.box(MARGIN, y + 2, 14, 14, fill=self.colours[name], stroke=INK)
            y = self.canvas.lines(MARGIN + _SWATCH, y, label, size=SMALL)
        return y + 6

    def _label(self, name: str) -> str:
        return self.reading.category_label(self.indicator, name)

    def _bar(self, country: CountryResult, y: int, shape: _Shape) -> None:
        is_focal = country.code == self.reading.focal
        dense = shape is _DENSE
        full = self.reading.country_name(country) if dense else self._name(country)
        [name] = wrapped(full, _NAME - 8 if dense else frame.ROOM, most=1, size=SMALL, bold=is_focal)
        self.canvas.text(MARGIN, y + 13, name, size=SMALL, bold=is_focal)
        top = y if dense else y + LEADING
        cells = self.cells[country.code]
        if not cells:
            words = wrapped(self._reason(country), shape.width, most=1, size=SMALL)
            self.canvas.lines(shape.x, top, words, size=SMALL, fill=MUTE)
            return
        for part_name, start, end in parts(cells, shape.width):
            self._part(cells[part_name], self.colours[part_name], (shape.x + start, top, end - start, shape.height))

    def _part(self, cell: Cell, colour: str, place: tuple[int, int, int, int]) -> None:
        x, y, width, height = place
        if not width or cell.value is None:
            return
        self.canvas.box(x, y, width, height, fill=colour, stroke=INK)
        figure = self.reading.isolated(printed(self.indicator, cell.value))
        if width_of(figure, size=SMALL) + 4 <= width:
            self.canvas.text(x + width // 2, y + height // 2 + 4, figure, size=SMALL, anchor="middle", fill=on(colour))

    def _name(self, country: CountryResult) -> str:
        name = self.reading.country_name(country)
        base = largest_base(self.cells[country.code].values())
        number = _("n = %(number)s") % {"number": base}
        return name if base is None else f"{name} ({self.reading.isolated(number)})"

    def _reason(self, country: CountryResult) -> str:
        own = self.indicator.cells.get(country.code, {}).get(TOTAL, {})
        return absence(next((cell for cell in own.values() if cell.value is None), None))

    def _told(self, country: CountryResult) -> str:
        cells = self.cells[country.code]
        figures = [
            f"{self._label(name)} {in_words(self.reading, self.indicator, cell)}" for name, cell in cells.items()
        ]
        text = listed(figures) if figures else self._reason(country)
        return _("%(rows)s: %(note)s") % {"rows": self._name(country), "note": text} + "."


def whole(indicator: IndicatorResult, country: str) -> dict[str, Cell]:
    """A country's distribution in the order of the scale; empty unless every class of it is printed."""
    own = indicator.cells.get(country, {}).get(TOTAL, {})
    if any(cell.value is None for cell in own.values()):
        return {}
    return {name: own[name] for name in indicator.categories if name in own}


def parts(cells: Mapping[str, Cell], width: int) -> Iterator[tuple[str, int, int]]:
    """(class, beginning, end) of each part of a bar: ends are rounded, so the parts leave no gap."""
    done = Fraction(0)
    start = 0
    for name, cell in cells.items():
        done += cell.value or 0
        end = int(done * width / 100 + Fraction(1, 2))
        yield name, start, end
        start = end


# Colours --------------------------------------------------------------------------------------------------------------


def ramp(size: int) -> list[str]:
    """So many colours from light to dark, all different."""
    if size == 1:
        return [RAMP[4]]
    steps = len(RAMP) - 1
    return [_between(Fraction(place * steps, size - 1)) for place in range(size)]


def _between(place: Fraction) -> str:
    below = min(int(place), len(RAMP) - 2)
    share = place - below
    pairs = zip(_channels(RAMP[below]), _channels(RAMP[below + 1]), strict=True)
    return "#" + "".join(f"{int(low + (high - low) * share):02x}" for low, high in pairs)


def _channels(colour: str) -> Sequence[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def on(colour: str) -> str:
    """Black or white, whichever can be read better on a colour; one of them always has a contrast of 4.5."""
    return PAPER if contrast(colour, PAPER) > contrast(colour, "#000000") else "#000000"


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    linear = [_linear(channel / 255) for channel in _channels(colour)]
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
