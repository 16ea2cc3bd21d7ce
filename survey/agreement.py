"""Two entries of one sheet of paper compared. Pure: answers in, differences out.

An entry is what was typed: the answers that its record and its free texts decode to, every question with one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from survey.protocol.schema import Answer, Answers, Missing


class Right(StrEnum):
    """Which of the two entries says what the paper says."""

    FIRST = "first"
    SECOND = "second"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A question that two entries answer differently."""

    question: str
    first: Answer
    second: Answer

    @property
    def settled(self) -> Right | None:
        """The entry that is right without a look at the paper: where one was not asked, only the other can be.

        Whether its answer counts is decided by the route that the other answers open.
        """
        if self.first is Missing.NOT_ASKED:
            return Right.SECOND
        return Right.FIRST if self.second is Missing.NOT_ASKED else None


def disagreements(first: Answers, second: Answers) -> list[Disagreement]:
    """The questions that two entries answer differently, in the order of the questionnaire."""
    return [
        Disagreement(name, answer, second[name])
        for name, answer in first.items()
        if (type(answer), answer) != (type(second[name]), second[name])
    ]


def merged(first: Answers, second: Answers, right: Mapping[str, str]) -> dict[str, Answer]:
    """One sheet out of two: the first entry's answers, and the second's to the questions where that is right."""
    chosen = {name: second[name] if right.get(name) == Right.SECOND else answer for name, answer in first.items()}
    return {name: answer for name, answer in chosen.items() if answer is not Missing.NOT_ASKED}
