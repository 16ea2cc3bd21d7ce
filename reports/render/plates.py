"""Drawings for the typesetter: shapes as SVG and texts apart, since readers of SVG take all signs from one font."""

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from reports.render.drawing import Drawing
from reports.render.reading import plain

_SVG = "http://www.w3.org/2000/svg"


def plate(drawing: Drawing, width: float) -> dict[str, Any]:
    """What the typesetter needs of a drawing that is to be so many centimetres wide."""
    # Our own drawing: no stranger's XML comes here.
    root = ElementTree.fromstring(drawing.svg)
    texts = list(_texts(root))
    for parent in list(root.iter()):
        for text in parent.findall(f"{{{_SVG}}}text"):
            parent.remove(text)
    ElementTree.register_namespace("", _SVG)
    shapes = ElementTree.tostring(root, encoding="unicode")
    return {
        "svg": shapes,
        "told": plain(drawing.told),
        "width": width,
        "units": drawing.width,
        "height": drawing.height,
        "texts": texts,
    }


def _texts(root: ElementTree.Element) -> Iterator[dict[str, Any]]:
    for text in root.iter(f"{{{_SVG}}}text"):
        yield {
            "x": int(text.get("x", "0")),
            "y": int(text.get("y", "0")),
            "size": int(text.get("font-size", "13")),
            "anchor": text.get("text-anchor", "start"),
            "fill": text.get("fill", "#000000"),
            "bold": text.get("font-weight") == "bold",
            "text": "".join(text.itertext()),
        }
