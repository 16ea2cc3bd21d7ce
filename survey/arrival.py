"""What somebody is told before they agree to take part, in the words of their country."""

from dataclasses import dataclass
from typing import Any

from survey.protocol.schema import Information, Part, Protocol


@dataclass(frozen=True, slots=True)
class Line:
    """A heading or a paragraph."""

    text: str
    heading: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """A protocol as one country tells of it in one of its languages."""

    protocol: Protocol
    country: str
    language: str

    @property
    def asks(self) -> bool:
        """Whether the study has something to be told and agreed to before its questions."""
        return bool(self.protocol.informing(self.country, Part.AGREE))

    def told(self) -> dict[str, Any]:
        """The information page's content."""
        lines = self.protocol.informing(self.country, Part.HEADING, Part.TEXT)
        return {
            "telling": [Line(self._words(line), line.part is Part.HEADING) for line in lines],
            "conditions": self._all(Part.CONDITION),
            "contacts": self._all(Part.CONTACT),
            "agree": next(iter(self._all(Part.AGREE)), ""),
        }

    def _all(self, part: Part) -> list[str]:
        return [self._words(line) for line in self.protocol.informing(self.country, part)]

    def _words(self, line: Information) -> str:
        return line.text.get(self.language, self.country)
