"""How coarsely answers are spoken of before the cut: bases by fives, shares and quotas in bands, small groups not.

Staff may look at the answers while they come in, and know from the tallies exactly how many came in between two looks.
So what one look says must hardly tell what one person answered:

- A base is rounded down to a multiple of five. Under ten there is nothing but that it is under ten.
- A share is told in bands that are at least ten points wide. Where there are ten people or more, one of them moves a
  share by less than ten points: never over a whole band, and mostly within one.
- A quota is filled by a count that is rounded down to a multiple of five first. Researchers set the targets, and could
  otherwise search for the exact count with a row of targets. One person moves that count by one step, if at all.
- A look stands until the rounded number of all responses, excluded ones too, has grown (`snapshot.renewed`): who looks
  after every single response sees four times out of five what stood there before. Flags are renewed with it.
- A quota that is new or has another target is not known until then.
"""

from enum import StrEnum

STEP, LEAST = 5, 10


class Share(StrEnum):
    """A share of people, by its lower bound: under 10 %, 10 to 25, 25 to 50, 50 and more."""

    UNDER_10 = "under10"
    FROM_10 = "from10"
    FROM_25 = "from25"
    FROM_50 = "from50"


class Fill(StrEnum):
    """How far a quota is filled: under 20 % of its target, under 50, under 90, under 100, reached; or not known yet."""

    FEW = "few"
    UNDER_HALF = "under-half"
    OVER_HALF = "over-half"
    NEARLY = "nearly"
    REACHED = "reached"
    UNKNOWN = "unknown"


_SHARES = ((50, Share.FROM_50), (25, Share.FROM_25), (10, Share.FROM_10), (0, Share.UNDER_10))
_FILLS = ((100, Fill.REACHED), (90, Fill.NEARLY), (50, Fill.OVER_HALF), (20, Fill.UNDER_HALF), (0, Fill.FEW))
# Where each band of a quota ends, in percent of the target.
FILL_ENDS = {Fill.FEW: 20, Fill.UNDER_HALF: 50, Fill.OVER_HALF: 90, Fill.NEARLY: 100}
# More people than this skip a question, or answer a battery with one and the same: worth a look.
NOTABLE = frozenset({Share.FROM_25, Share.FROM_50})


def rounded(people: int) -> int:
    """A number of people, rounded down to a multiple of five."""
    return people - people % STEP


def is_enough(base: int) -> bool:
    """Whether anything may be said of so many people."""
    return rounded(base) >= LEAST


def share(k: int, n: int) -> Share | None:
    """The band of k of n people; None where they are too few."""
    return next(band for lower, band in _SHARES if 100 * k >= lower * n) if is_enough(n) else None


def fill(k: int, target: int) -> Fill:
    """The band of a quota that k people fill, as far as their rounded number tells."""
    return next(band for lower, band in _FILLS if 100 * rounded(k) >= lower * target)
