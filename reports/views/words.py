"""States, obstacles and reasons in the reader's words, by their stable codes."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

STATES: dict[str, Promise] = {
    "queued": gettext_lazy("waiting"),
    "running": gettext_lazy("counting"),
    "done": gettext_lazy("done"),
    "failed": gettext_lazy("stopped"),
}
COHORT_STATES: dict[str, Promise] = {
    "preparing": gettext_lazy("being prepared"),
    "open": gettext_lazy("open"),
    "paused": gettext_lazy("paused"),
    "closed": gettext_lazy("closed"),
    "frozen": gettext_lazy("frozen"),
}
OBSTACLES: dict[str, Promise] = {
    "no-cohort": gettext_lazy("No cohort yet."),
    "not-frozen": gettext_lazy("No frozen cohort yet. Answers are counted once a cohort is frozen."),
    "other-layout": gettext_lazy("Its frozen cohort answered other questions than this version asks."),
}
# Why counting stopped, by the kind of error that a release keeps.
REASONS: dict[str, Promise] = {
    "OperationalError": gettext_lazy("The database could not be reached while counting."),
    "SoftTimeLimitExceeded": gettext_lazy("Counting took longer than it may."),
    "MemoryError": gettext_lazy("The worker had not enough memory."),
    "RecordError": gettext_lazy("A stored answer sheet does not match the published questionnaire."),
    "WorkbookError": gettext_lazy("The published workbook cannot be read by this version of the software."),
}


def reasons(kinds: Iterable[str]) -> list[str]:
    """One sentence for each kind of error."""
    return [str(REASONS[kind]) if kind in REASONS else _unknown(kind) for kind in kinds]


def _unknown(kind: str) -> str:
    return _("The program met an error it does not know (%(kind)s). Its log has the details.") % {"kind": kind}
