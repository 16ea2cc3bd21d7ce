"""Bars as numbers, computed once for a template to place. Whole numbers only: no language writes them with a comma."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 360, 150
_TOP, _BOTTOM, _GAP = 18, 20, 6


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with its label below it and its number above it. `outer` is the hollow bar that it fills."""

    x: int
    y: int
    width: int
    height: int
    label: str
    number: int
    outer_y: int
    outer_height: int
    middle: int
    number_y: int


@dataclass(frozen=True, slots=True)
class Columns:
    """Bars side by side. `told` is the same in words, for those who do not see it."""

    bars: tuple[Bar, ...]
    told: str
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - _BOTTOM
    label_y: int = HEIGHT - 5


@dataclass(frozen=True, slots=True)
class Level:
    """A bar that lies in a row of a table, on a scale of 100; mirrored where people read from the right."""

    x: int
    width: int


def columns(points: Sequence[tuple[str, int, int]], *, told: str, mirrored: bool) -> Columns:
    """Bars of (label, number, larger number that it is a part of), in reading order."""
    highest = max([outer for _, _, outer in points] + [number for _, number, _ in points] + [1])
    pitch = WIDTH // max(len(points), 1)
    room = HEIGHT - _TOP - _BOTTOM
    bars = []
    for place, (label, number, outer) in enumerate(points):
        at = len(points) - 1 - place if mirrored else place
        height, outer_height = number * room // highest, outer * room // highest
        base = HEIGHT - _BOTTOM
        x, width = at * pitch + _GAP // 2, max(pitch - _GAP, 2)
        top = base - max(height, outer_height)
        bars.append(
            Bar(
                x,
                base - height,
                width,
                height,
                label,
                number,
                base - outer_height,
                outer_height,
                x + width // 2,
                top - 4,
            )
        )
    return Columns(tuple(bars), told)


def level(part: int, whole: int, *, mirrored: bool) -> Level:
    """How much of a whole a part is; never beyond it, and to be seen as soon as there is any."""
    width = min(100, max(100 * part // whole, 1 if part else 0)) if whole else 0
    return Level(100 - width if mirrored else 0, width)
