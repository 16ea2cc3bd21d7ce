"""Looks at the answers of a cohort before its cut: asked for, taken by a worker, stored in bands. One row a cohort."""

from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from accounts import audit
from reports import bands, flagging, similarity, snapshot
from reports.attempts import Attempt, carry_out, claim
from reports.counts import read_sheets
from reports.models import FieldworkCount, JobState
from survey import keyring
from survey.models import Cohort, Quota, Site, Version
from survey.publishing import layout_for, protocol_of, versions_counting_together
from survey.scope import site_scope


class FrozenError(Exception):
    """The cohort's answers are released now, and looked at no more."""


def latest(cohort: Cohort) -> FieldworkCount | None:
    """The latest look at a cohort's answers, be it asked for only."""
    with site_scope(cohort.site_id):
        return FieldworkCount.objects.filter(site_id=cohort.site_id, cohort_id=cohort.pk).first()


def ask(*, cohort: Cohort, by: str) -> int:
    """Ask for a look at the answers as they are now. Returns its id; one that is under way serves everybody.

    Raises FrozenError.
    """
    if cohort.state == Cohort.State.FROZEN:
        raise FrozenError
    with site_scope(cohort.site_id):
        pk = _queue(cohort)
        audit.record(by=by, action="answers-looked-at", cohort=str(cohort))
    return pk


def ask_daily() -> list[tuple[int, int]]:
    """Ask for a look at every open cohort that nobody asked for today. Returns (site id, id) of what to count."""
    wanted = []
    for site_id in Site.objects.values_list("pk", flat=True):
        with site_scope(site_id):
            today = FieldworkCount.objects.filter(asked_at__date__gte=timezone.now().date())
            seen = list(today.values_list("cohort_id", flat=True))
            cohorts = Cohort.objects.filter(site_id=site_id, state=Cohort.State.OPEN).exclude(pk__in=seen)
            wanted += [(site_id, _queue(cohort)) for cohort in cohorts]
    return wanted


def _queue(cohort: Cohort) -> int:
    """The row of a cohort's look, waiting for a worker unless one is at it. Needs the site's scope."""
    row, _ = FieldworkCount.objects.get_or_create(site_id=cohort.site_id, cohort_id=cohort.pk)
    FieldworkCount.objects.filter(pk=row.pk, state__in=[JobState.DONE, JobState.FAILED, JobState.LOCKED]).update(
        state=JobState.QUEUED, reason="", asked_at=Now(), attempts_before=F("attempts")
    )
    return int(row.pk)


def look(*, site_id: int, count_id: int, token: str = "") -> None:
    """Take a look that was asked for, once: flags are set, bands are stored.

    Does nothing while another worker is at it. Where the site's key is locked, the look waits for an unlock; a database
    that goes away leaves it to the sweeper.
    """
    with site_scope(site_id):
        attempt = claim(FieldworkCount, site_id=site_id, pk=count_id)
    if attempt is not None:
        carry_out(attempt, lambda: keyring.again_under_a_new_key(attempt.site_id, lambda: _look(attempt, token)), dict)


def _look(attempt: Attempt, token: str) -> dict[str, object]:
    """What the row will hold. Takes no lock: answers go on coming in."""
    with site_scope(attempt.site_id):
        row = FieldworkCount.objects.get(pk=attempt.pk)
        cohort = Cohort.objects.get(pk=row.cohort_id)
        version = Version.objects.defer("sheets").get(pk=cohort.version_id)
        layout, protocol = layout_for(version.pk), protocol_of(version.pk)
        sheets = read_sheets(
            site_id=cohort.site_id,
            cohort_id=cohort.pk,
            version_ids=versions_counting_together(version),
            layout=layout,
            opener=keyring.opener(site_id=cohort.site_id, token=token),
        )
        matrix = sheets.matrix
        # Of a handful of people nothing is said, not even that two of them answered alike.
        enough = bands.is_enough(len(matrix))
        groups = similarity.twins(matrix, layout) if enough else []
        flat = similarity.flat(matrix, layout, protocol) if enough else []
        alike = sum(bool(sheets.counted[row]) for rows in groups for row in rows)
        now = snapshot.take(
            matrix[sheets.counted],
            layout=layout,
            protocol=protocol,
            quotas=_quotas(cohort),
            alike=alike,
            left_out=int((~sheets.counted).sum()),
        )
        content = snapshot.renewed(row.content, now)
        if content is now:
            # A flag that came or went with one response would tell about whoever sent it.
            flagging.set_flags(cohort=cohort, sheets=sheets, groups=groups, flat=flat)
    return {"made_on": timezone.now().date(), "content": content}


def _quotas(cohort: Cohort) -> list[snapshot.Wanted]:
    columns = ("question", "choice", "low", "high", "target")
    return [snapshot.Wanted(*row) for row in Quota.objects.filter(cohort_id=cohort.pk).values_list(*columns)]
