"""The drawings of a table: a dot plot, and stacked bars of its distributions. The same in a page, a file and print."""

from django.utils import translation

from reports.render.canvas import Drawing
from reports.render.dots import dots
from reports.render.reading import Reading
from reports.render.stacked import stacked
from reports.table import TableResult
from survey.language import ui_language


def drawings(reading: Reading, table: TableResult) -> tuple[Drawing, ...]:
    """Every drawing that a table has for a reading; none where nothing of it is a percentage."""
    with translation.override(ui_language(reading.language)):
        plot = dots(reading, table)
        return (*([plot] if plot else []), *stacked(reading, table))


__all__ = ["Drawing", "drawings"]
