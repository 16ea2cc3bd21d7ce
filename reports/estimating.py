"""How long a comparison may still take, from how long counting took before. Rather nothing than a wild guess."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median_low

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports.models import JobState, Release

# So many earlier releases are looked at.
KNOWN = 20
# A count that takes much longer than expected is not expected to end at any time.
OVERDUE, GRACE = 3, 10


@dataclass(frozen=True, slots=True)
class Known:
    """A release that was counted here: of how many answers, and in how many seconds."""

    cohort: int
    answers: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Awaited:
    """A release that is still to come; `elapsed` is how long a worker has been at it, 0 for one that waits."""

    cohort: int
    elapsed: float
    running: bool


def rest_of(*, study_id: int, releases: Iterable[Release]) -> int | None:
    """Seconds until the last of these releases is there, or None where nobody can say. Needs the study's scope."""
    unfinished = [release for release in releases if release.state != JobState.DONE]
    if not unfinished or any(one.state not in (JobState.QUEUED, JobState.RUNNING) for one in unfinished):
        return None
    now = timezone.now()
    awaited = [
        Awaited(
            release.cohort_id,
            max(0.0, (now - release.begun_at).total_seconds()) if _is_running(release) and release.begun_at else 0.0,
            _is_running(release),
        )
        for release in unfinished
    ]
    return estimate(_known(study_id), awaited)


def _is_running(release: Release) -> bool:
    return release.state == JobState.RUNNING


def _known(study_id: int) -> list[Known]:
    """The latest releases of a study that a worker counted in one go."""
    made = Release.objects.filter(study_id=study_id, state=JobState.DONE, begun_at__isnull=False, beat_at__isnull=False)
    rows = made.order_by("-beat_at", "-pk").values_list("cohort_id", "respondents", "begun_at", "beat_at")[:KNOWN]
    return [Known(cohort, answers, (end - begin).total_seconds()) for cohort, answers, begin, end in rows]


def in_words(seconds: int) -> str:
    """“about 3 minutes”: coarser the longer it is."""
    if seconds < 45:
        return _("less than a minute")
    minutes = (seconds + 30) // 60
    if minutes > 90:
        return _("more than an hour and a half")
    minutes = minutes if minutes < 10 else (minutes + 2) // 5 * 5
    return ngettext("about %(number)d minute", "about %(number)d minutes", minutes) % {"number": minutes}


def estimate(known: Sequence[Known], awaited: Sequence[Awaited]) -> int | None:
    """Seconds until all that is awaited is there, as many side by side as are being counted now."""
    left = [_left(known, one) for one in awaited]
    seconds = [one for one in left if one is not None]
    if len(seconds) < len(left) or not seconds:
        return None
    side_by_side = max(1, sum(one.running for one in awaited))
    return round(max(*seconds, sum(seconds) / side_by_side))


def _left(known: Sequence[Known], one: Awaited) -> float | None:
    expected = _expected(known, one.cohort)
    if expected is None or one.elapsed > OVERDUE * expected + GRACE:
        return None
    return max(0.0, expected - one.elapsed)


def _expected(known: Sequence[Known], cohort: int) -> float | None:
    """As the cohort itself took at its latest cut, else as one of the middle size did."""
    usable = [one for one in known if one.seconds >= 0 and one.answers]
    if not usable:
        return None
    own = [one for one in usable if one.cohort == cohort]
    if own:
        return own[0].seconds
    middle = median_low(one.answers for one in usable)
    return next(one.seconds for one in usable if one.answers == middle)
