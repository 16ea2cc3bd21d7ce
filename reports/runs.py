"""Runs: comparisons and the releases they wait for, started and asked for again.

Both are state machines whose state lives in PostgreSQL: queued → running → done or failed.
"""

import time
from collections.abc import Iterable, Sequence

from django.db.models.functions import Now

from accounts import audit
from reports.assembling import assemble, cells_for
from reports.attempts import ENDED
from reports.models import Comparison, JobState, Release
from reports.plan import Plan
from reports.plans import newest_plan, plan_numbered
from reports.releasing import make_release
from reports.sharding import count_here
from reports.table import Result
from reports.versions import versions_with_answers_to
from survey import cuts, keyring
from survey.locks import Lock, alone
from survey.models import Cohort, Cut, PlanVersion, Site, SiteKey, Study, Version
from survey.publishing import latest_plan, latest_version, protocol_of, versions_counting_together
from survey.scope import study_scope

# What somebody has to ask for again before a worker takes it.
AGAIN = (JobState.FAILED, JobState.CANCELLED)
# Between two looks at what other workers are counting, in seconds.
PAUSE = 0.2


class RunError(Exception):
    """A comparison that cannot be started; `code` is stable, the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def cut_cohorts(*, plan: Plan, study_id: int, sites: Iterable[Site]) -> dict[int, tuple[Cohort, Cut]]:
    """The cohort of each site that a comparison under a plan takes, with its newest cut, by site id."""
    together = versions_with_answers_to(study_id=study_id, plan=plan)
    return cuts.newest(study_id=study_id, site_ids=[site.pk for site in sites], version_ids=together)


def start(
    *, version: Version, sites: Sequence[Site], tables: Sequence[str], by: str, plan: PlanVersion | None = None
) -> Comparison:
    """Begin a comparison of the sites' newest cuts under a plan, the version's newest unless another one is named.

    Releases of the same cuts that hold every figure are used again, whatever plan they were made under.

    Raises RunError when a site has no cut yet, when synthetic and real cohorts would mix, or when nobody could count.
    """
    if not sites:
        raise RunError("no-country", "Choose at least one country.")
    if not tables:
        raise RunError("no-table", "Choose at least one table.")
    plan = plan or latest_plan(version.pk)
    found = _comparable(plan, sites)
    with study_scope(version.study_id):
        # Nobody calls off just now what this comparison is going to wait for.
        alone(Lock.RUNS, version.study_id)
        releases = [_release_for(site, *found[site.pk], plan=plan, tables=tables) for site in sites]
        comparison = Comparison.objects.create(
            study_id=version.study_id,
            version_id=plan.version_id,
            plan_id=plan.pk,
            tables=list(tables),
            requested_by=by,
        )
        comparison.releases.add(*releases)
        audit.record(
            by=by, action="comparison-asked", comparison=comparison.pk, countries=[site.country for site in sites]
        )
        # In the same transaction: a comparison that waits for what nobody is going to count would wait for ever.
        requeue(comparison)
    return comparison


def _comparable(plan: PlanVersion, sites: Sequence[Site]) -> dict[int, tuple[Cohort, Cut]]:
    """What a comparison takes of each site, by site id. Raises RunError."""
    found = cut_cohorts(plan=plan_numbered(plan.pk), study_id=plan.study_id, sites=sites)
    waiting = [site.country for site in sites if site.pk not in found]
    if waiting:
        raise RunError("not-cut", f"No cut yet in {', '.join(waiting)}. Freeze its cohort, or leave the country out.")
    if len({cohort.synthetic for cohort, _ in found.values()}) > 1:
        raise RunError("mixed", "Synthetic and real cohorts cannot be compared with each other.")
    return found


def _release_for(site: Site, cohort: Cohort, cut: Cut, *, plan: PlanVersion, tables: Sequence[str]) -> Release:
    """One that holds the figures already, or one that is going to. Needs the study's scope. Raises RunError."""
    content = plan_numbered(plan.pk)
    held = release_holding(cohort, cut, plan=content, tables=tables, threshold=_threshold(plan))
    if held is None and _is_out_of_reach(cohort, plan):
        raise RunError(
            "out-of-reach",
            f"The key of {site.country} is not on this server, and its cohort answered another version: no laptop can "
            "release it under this plan. Choose tables that its release holds, or leave the country out.",
        )
    return held or release_of(cohort, cut, plan=plan)


def _is_out_of_reach(cohort: Cohort, plan: PlanVersion) -> bool:
    """Whether nobody can count a cohort under a plan: no key comes here, and a laptop is given answers of one layout.

    Needs the study's scope.
    """
    key = keyring.current_key(cohort.site_id)
    version = Version.objects.defer("sheets").get(pk=plan.version_id)
    is_away = key is not None and key.custody == SiteKey.Custody.ELSEWHERE
    return is_away and cohort.version_id not in versions_counting_together(version)


def release_holding(cohort: Cohort, cut: Cut, *, plan: Plan, tables: Sequence[str], threshold: int) -> Release | None:
    """The newest release of a cut that holds every figure of a plan's tables already. Needs the study's scope."""
    made = Release.objects.filter(site_id=cohort.site_id, cohort_id=cohort.pk, cut=cut.number, state=JobState.DONE)
    same = made.filter(threshold=threshold, signed_off_by=cohort.signed_off_by).order_by("-pk")
    wanted = {indicator.id for indicator in plan.of_tables(tables)}
    return next((one for one in same if wanted <= cells_for(plan, tables, one).keys()), None)


def release_of(cohort: Cohort, cut: Cut, *, plan: PlanVersion, asked_by_cut: bool = False) -> Release:
    """The release of a cut under a plan; a new one waits for a worker. Needs the study's or site's scope."""
    release, _ = Release.objects.get_or_create(
        study_id=plan.study_id,
        site_id=cohort.site_id,
        cohort_id=cohort.pk,
        plan_id=plan.pk,
        cut=cut.number,
        defaults={
            "version_id": plan.version_id,
            "threshold": _threshold(plan),
            "signed_off_by": cohort.signed_off_by,
            "asked_by_cut": asked_by_cut,
        },
    )
    return release


def _threshold(plan: PlanVersion) -> int:
    return protocol_of(plan.version_id).settings.threshold


def requeue(comparison: Comparison) -> None:
    """What failed, or was called off while nobody waited for it, waits for a worker once more."""
    with study_scope(comparison.study_id):
        failed = comparison.releases.filter(state__in=AGAIN).values_list("pk", flat=True)
        Release.objects.filter(pk__in=list(failed)).update(state=JobState.QUEUED, reason="", asked_at=Now())
        Comparison.objects.filter(pk=comparison.pk, state=JobState.FAILED).update(state=JobState.QUEUED, reason="")


def take_what_is_held(comparison: Comparison) -> None:
    """Where a comparison waits for a key, take another release of the cut that holds all of its figures by now.

    A laptop may have made that one, under another plan. Needs the study's scope.
    """
    locked = list(comparison.releases.filter(state=JobState.LOCKED))
    unfinished = Comparison.objects.filter(pk=comparison.pk).exclude(state__in=ENDED)
    # Nobody assembles it meanwhile.
    if not locked or not unfinished.select_for_update().exists():
        return
    for release in locked:
        cohort = Cohort.objects.get(pk=release.cohort_id)
        cut = Cut.objects.get(cohort_id=cohort.pk, number=release.cut)
        plan = plan_numbered(comparison.plan_id)
        held = release_holding(cohort, cut, plan=plan, tables=comparison.tables, threshold=release.threshold)
        if held is not None:
            links = Comparison.releases.through.objects.filter(comparison_id=comparison.pk, release_id=release.pk)
            links.update(release_id=held.pk)


def compare_now(*, study: str, countries: Sequence[str], tables: Sequence[str]) -> Result:
    """Run a comparison in this process, through the same releases as a worker's. Empty lists mean all.

    Waits for what a worker is counting at this moment.

    Raises Study.DoesNotExist, Version.DoesNotExist and RunError.
    """
    found = Study.objects.get(slug=study)
    version = latest_version(found)
    sites = [site for site in found.sites.all() if not countries or site.country in countries]
    wanted = tables or [table.id for table in newest_plan(version.pk).tables]
    comparison = start(version=version, sites=sites, tables=wanted, by="bin/manage")
    while not _finished(comparison):
        for site_id, release_id in unfinished_releases(comparison):
            make_release(site_id=site_id, release_id=release_id)
            count_here(site_id=site_id, release_id=release_id)
        _refuse_locked(comparison)
        time.sleep(PAUSE)
    return Result.from_json(Comparison.objects.get(pk=comparison.pk).result)


def _refuse_locked(comparison: Comparison) -> None:
    with study_scope(comparison.study_id):
        if comparison.releases.filter(state=JobState.LOCKED).exists():
            raise RunError("locked", "A country's researchers hold its key; one of them has to unlock it at the desk.")


def _finished(comparison: Comparison) -> bool:
    if assemble(comparison_id=comparison.pk):
        return True
    found = Comparison.objects.defer("result").get(pk=comparison.pk)
    if found.state == JobState.CANCELLED:
        raise RunError("cancelled", "Somebody called this comparison off.")
    if found.state == JobState.FAILED:
        raise RunError("failed", f"Counting stopped ({found.reason}); the worker's log has the details.")
    return False


def unfinished_releases(comparison: Comparison) -> list[tuple[int, int]]:
    """(site id, release id) of what a comparison is still waiting for."""
    with study_scope(comparison.study_id):
        open_ones = comparison.releases.exclude(state=JobState.DONE).order_by("pk")
        return list(open_ones.values_list("site_id", "pk"))
