"""What a page costs on a keyboard, counted from its HTML by the rules that a browser without scripts follows.

Tab goes from one stop to the next; all radio buttons of a question are one stop. Space ticks a box, or the first radio
button; each arrow key goes on to the next and chooses it. Every typed character is a keystroke. Enter sends the form
from any field but a text area, where it starts a new line. The cursor begins where the page puts it, else before the
first stop. What is already as wanted costs nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Stop:
    """One stop of the Tab key: a field with the values that it offers, or something else that can be pressed."""

    kind: str
    name: str = ""
    values: list[str] = field(default_factory=list)
    autofocus: bool = False


def stops(html: str) -> list[Stop]:
    """The stops of a page in the order of the Tab key."""
    reader = _Reader()
    reader.feed(html)
    return reader.found


def keystrokes(found: Sequence[Stop], wanted: Mapping[str, Sequence[str]]) -> int:
    """How many keys fill in a page's form as wanted, and send it."""
    start = next((at for at, stop in enumerate(found) if stop.autofocus), -1)
    last = max((at for at, stop in enumerate(found) if _pressed(stop, wanted)), default=start)
    if last >= 0 and found[last].kind == "textarea":
        last += 1
    tabs = max(last - max(start, 0), 0) if start >= 0 else last + 1
    return tabs + sum(_pressed(stop, wanted) for stop in found) + 1


def _pressed(stop: Stop, wanted: Mapping[str, Sequence[str]]) -> int:
    values = [value for value in wanted.get(stop.name, ()) if value]
    if not stop.name or not values:
        return 0
    if stop.kind == "radio":
        return max(stop.values.index(values[0]), 1)
    if stop.kind == "checkbox":
        return int(stop.values[0] in values)
    return len(values[0])


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Stop] = []
        self.closed = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "details" and "open" not in values:
            self.closed += 1
        elif tag == "summary" or (not self.closed and _is_stop(tag, values)):
            self._stop(tag, values)

    def handle_endtag(self, tag: str) -> None:
        if tag == "details" and self.closed:
            self.closed -= 1

    def _stop(self, tag: str, values: Mapping[str, str]) -> None:
        kind = values.get("type", "text") if tag == "input" else tag
        name = values.get("name", "") if tag in ("input", "textarea", "select") else ""
        if kind == "radio" and self.found and (self.found[-1].kind, self.found[-1].name) == (kind, name):
            self.found[-1].values.append(values.get("value", ""))
        else:
            self.found.append(Stop(kind, name, [values.get("value", "on")], "autofocus" in values))


def _is_stop(tag: str, values: Mapping[str, str]) -> bool:
    if values.get("tabindex") == "-1":
        return False
    field = tag in ("input", "textarea", "select", "button") and values.get("type") != "hidden"
    return field or (tag == "a" and "href" in values)
