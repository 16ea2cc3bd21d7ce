"""What was found after faults, as one line a kind of fault; some outcomes must never be."""

import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

FOR_EVER = 90.0
RIGHT, FAILED, WRONG, ENDLESS = "right, once", "failed: ", "WRONG", "RUNNING FOR EVER"
SENT, LOST, DOUBLED = "stored once", "LOST", "DOUBLED"
INCOMPLETE, DRAFT_LOST, OVERWRITTEN, BARE = "STORED IN PART", "DRAFT LOST", "OVERWRITTEN SILENTLY", "A BARE ERROR PAGE"
NOT_TOLD = "NOT TOLD"
BAD = {WRONG, ENDLESS, LOST, DOUBLED, INCOMPLETE, DRAFT_LOST, OVERWRITTEN, BARE, NOT_TOLD}


@dataclass
class Findings:
    """One kind of fault: what was found after each, and the seconds until all was well again."""

    fault: str
    found: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    note: str = ""

    def __str__(self) -> str:
        found = ", ".join(f"{count} {what}" for what, count in sorted(self.found.items()))
        took = ""
        if self.seconds:
            took = f"; seconds until then: median {statistics.median(self.seconds):.1f}, most {max(self.seconds):.1f}"
        return f"{self.fault}, {self.found.total()} times: {found}{took}{self.note}"

    @property
    def bad(self) -> int:
        return sum(count for what, count in self.found.items() if what in BAD)


def seconds(action: Callable[[], object]) -> float:
    """How long something takes."""
    began = time.monotonic()
    action()
    return time.monotonic() - began
