"""What fell by the wayside, picked up again: lost workers, lost messages, comparisons that nobody assembled."""

import datetime

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Now

from reports import runs, shards
from reports.assembling import assemble_or_fail
from reports.attempts import Work, lost
from reports.models import Comparison, FieldworkCount, JobState, MicrodataFile, Release, ReleaseShard
from survey.models import Site, SiteKey, Study
from survey.scope import site_scope, study_scope

# Work whose workers die again and again is what kills them; it is given up, visibly.
MOST_ATTEMPTS = 5
WORKER_LOST = "WorkerLost"
KEY_ERASED = "KeyErased"
EVERYTHING = Q()
# What ends by itself, or when a key is unlocked.
TO_COME = (JobState.QUEUED, JobState.RUNNING, JobState.LOCKED)


def sweep() -> list[tuple[int, int]]:
    """Decide about every release and comparison that has been silent for too long.

    Returns (site id, release id) of the releases that the workers are to be asked for again. May run at any time, in
    any number of workers: a release asked for twice is made once.
    """
    wanted: list[tuple[int, int]] = []
    for study_id in Study.objects.values_list("pk", flat=True):
        with study_scope(study_id):
            _free_again(Release)
            wanted += _pick_up(Release, hopeless=Q(attempts__gte=MOST_ATTEMPTS))
    for comparison in Comparison.objects.filter(state__in=TO_COME).defer("result"):
        if _is_ready(comparison):
            assemble_or_fail(comparison_id=comparison.pk)
    return wanted


def sweep_shards() -> list[tuple[int, int]]:
    """The same for the shards of releases, which then follow theirs: (site id, id) of those to be asked for again."""
    handed_over: list[tuple[int, int]] = []
    wanted: list[tuple[int, int]] = []
    for study_id in Study.objects.values_list("pk", flat=True):
        with study_scope(study_id):
            handed_over += shards.handed_over().order_by("pk").values_list("site_id", "pk")
    for site_id in Site.objects.values_list("pk", flat=True):
        with site_scope(site_id):
            for release_id in shards.stopped(site_id=site_id):
                shards.begin_anew(release_id)
    for site_id, release_id in handed_over:
        with site_scope(site_id):
            own = Q(release_id=release_id)
            wanted += _pick_up(ReleaseShard, hopeless=Q(attempts__gte=MOST_ATTEMPTS), among=own)
            shards.follow(site_id=site_id, release_id=release_id)
            if ReleaseShard.objects.filter(own, state=JobState.RUNNING).exists():
                # What a page shows of a release whose shards live.
                shards.handed_over().filter(pk=release_id).update(asked_at=Now())
    return wanted


def sweep_fieldwork() -> list[tuple[int, int]]:
    """The same for looks at the answers: (site id, id) of those to be asked for again."""
    wanted: list[tuple[int, int]] = []
    for site_id in Site.objects.values_list("pk", flat=True):
        with site_scope(site_id):
            _free_again(FieldworkCount)
            wanted += _pick_up(FieldworkCount, hopeless=Q(attempts__gte=F("attempts_before") + MOST_ATTEMPTS))
    return wanted


def sweep_microdata() -> list[tuple[int, int]]:
    """The same for files of answers. Those of a site whose key was erased are deleted: they outlive no key."""
    wanted = []
    for site_id in Site.objects.values_list("pk", flat=True):
        with site_scope(site_id):
            files = MicrodataFile.objects.filter(site_id=site_id)
            if not files.exists():
                continue
            _free_again(MicrodataFile)
            if not SiteKey.objects.filter(site_id=site_id).exclude(state=SiteKey.State.ERASED).exists():
                _forget_made(site_id)
            wanted += _pick_up(MicrodataFile, hopeless=Q(attempts__gte=MOST_ATTEMPTS))
    return wanted


def _forget_made(site_id: int) -> None:
    """Needs the site's scope. Where records are open, there never was a key, and nothing was erased."""
    if SiteKey.objects.filter(site_id=site_id).exists():
        MicrodataFile.objects.filter(site_id=site_id, state=JobState.DONE).delete()


def _free_again(work: Work) -> None:
    """What waits for an unlock that is not needed any more, or that will never come. Needs a scope."""
    locked = work.objects.filter(state=JobState.LOCKED)
    for site_id in set(locked.values_list("site_id", flat=True)):
        newest = SiteKey.objects.filter(site_id=site_id).order_by("-number").only("state", "custody").first()
        if newest is None:
            continue
        if newest.state == SiteKey.State.ERASED:
            locked.filter(site_id=site_id).update(state=JobState.FAILED, reason=KEY_ERASED)
        elif newest.state == SiteKey.State.CURRENT and newest.custody == SiteKey.Custody.WORKER:
            locked.filter(site_id=site_id).update(state=JobState.QUEUED)


def _pick_up(work: Work, *, hopeless: Q, among: Q = EVERYTHING) -> list[tuple[int, int]]:
    """Give up what is hopeless, and put the rest of what is silent back into the queue. Needs a scope."""
    unanswered = datetime.timedelta(seconds=settings.JOB_LOST_SECONDS)
    # Rows that somebody claims or stores at this moment are alive; they are passed over.
    free = work.objects.select_for_update(skip_locked=True)
    silent = free.filter(among, lost() | Q(state=JobState.QUEUED, asked_at__lt=Now() - unanswered)).order_by("pk")
    found = list(silent.values_list("site_id", "pk"))
    all_silent = work.objects.filter(pk__in=[pk for _, pk in found])
    given_up = set(all_silent.filter(hopeless, state=JobState.RUNNING).values_list("pk", flat=True))
    work.objects.filter(pk__in=given_up).update(state=JobState.FAILED, reason=WORKER_LOST)
    wanted = [(site_id, pk) for site_id, pk in found if pk not in given_up]
    work.objects.filter(pk__in=[pk for _, pk in wanted]).update(state=JobState.QUEUED, asked_at=Now())
    return wanted


def waiting_releases(*, site_id: int) -> list[tuple[int, int]]:
    """(site id, release id) of the site's releases that wait for its key."""
    with site_scope(site_id):
        own = Release.objects.filter(site_id=site_id, state=JobState.LOCKED).order_by("pk")
        return list(own.values_list("site_id", "pk"))


def waiting_looks(*, site_id: int) -> list[tuple[int, int]]:
    """(site id, id) of the looks at the site's answers that wait for its key."""
    with site_scope(site_id):
        own = FieldworkCount.objects.filter(site_id=site_id, state=JobState.LOCKED).order_by("pk")
        return list(own.values_list("site_id", "pk"))


def waiting_microdata(*, site_id: int) -> list[tuple[int, int]]:
    """(site id, id) of the files of answers that wait for the site's key."""
    with site_scope(site_id):
        own = MicrodataFile.objects.filter(site_id=site_id, state=JobState.LOCKED).order_by("pk")
        return list(own.values_list("site_id", "pk"))


def _is_ready(comparison: Comparison) -> bool:
    """Whether none of its releases is still to come, once it has taken what another release holds."""
    with study_scope(comparison.study_id):
        runs.take_what_is_held(comparison)
        return not comparison.releases.filter(state__in=TO_COME).exists()
