"""What somebody is told before they agree to take part, in the words of their country."""

from dataclasses import dataclass
from typing import Any

from survey.models import Cohort
from survey.protocol.schema import Information, Part, Protocol


@dataclass(frozen=True, slots=True)
class Line:
    """A heading or a paragraph."""

    text: str
    heading: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """A protocol as one country tells of it in one of its languages; a cohort may have words of its own."""

    protocol: Protocol
    country: str
    language: str
    cohort: Cohort | None = None

    @property
    def asks(self) -> bool:
        """Whether the study has something to be told and agreed to before its questions."""
        return bool(self.protocol.informing(self.country, Part.AGREE))

    def told(self) -> dict[str, Any]:
        """The information page's content."""
        lines = self.protocol.informing(self.country, Part.HEADING, Part.TEXT)
        telling = [Line(self._words(line), line.part is Part.HEADING) for line in lines]
        own = [Line(text, heading=False) for text in self._own("information")]
        return {
            "telling": [*telling, *own],
            "conditions": self._all(Part.CONDITION),
            "contacts": self._own("helplines") or self._all(Part.CONTACT),
            "agree": next(iter(self._all(Part.AGREE)), ""),
        }

    def _own(self, name: str) -> list[str]:
        """The lines that the cohort itself says in this language."""
        said: dict[str, str] = getattr(self.cohort, name) if self.cohort else {}
        return [line.strip() for line in said.get(self.language, "").splitlines() if line.strip()]

    def _all(self, part: Part) -> list[str]:
        return [self._words(line) for line in self.protocol.informing(self.country, part)]

    def _words(self, line: Information) -> str:
        return line.text.get(self.language, self.country)
