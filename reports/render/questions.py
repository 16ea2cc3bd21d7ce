"""The questions as they were asked, with the answers that were offered and those that count, for the end of a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext as _

from reports.render.reading import Reading, enumerated
from reports.table import IndicatorResult


@dataclass(frozen=True, slots=True)
class Question:
    """A question beside the label that tables print. Older results do not hold the answers offered."""

    label: str
    question: str
    offered: str = ""
    counted: str = ""

    @property
    def answers(self) -> str:
        """What could be answered, as one sentence or two."""
        if not self.offered:
            return ""
        offered = _("Answers offered: %(answers)s.") % {"answers": self.offered}
        return offered + " " + _("Counted: %(answers)s.") % {"answers": self.counted} if self.counted else offered


def questions(reading: Reading) -> tuple[Question, ...]:
    """Those whose wording or answers say more than the label."""
    found = (_question(reading, indicator) for indicator in reading.result.indicators)
    return tuple(one for one in found if (one.question and one.question != one.label) or one.offered)


def question_lines(reading: Reading) -> Iterator[str]:
    """As paragraphs; answers that several questions in a row share come once, after the last of them."""
    for answers, group in groupby(questions(reading), key=lambda one: one.answers):
        yield from (f"{one.label}: {one.question}" if one.question else one.label for one in group)
        if answers:
            yield answers


def _question(reading: Reading, indicator: IndicatorResult) -> Question:
    texts = {name: reading.text(labels) or name for name, labels in indicator.choices.items()}
    counted = [texts.get(name, name) for name in indicator.counted] if len(indicator.counted) < len(texts) else []
    return Question(
        reading.label(indicator), reading.text(indicator.question), enumerated(texts.values()), enumerated(counted)
    )
