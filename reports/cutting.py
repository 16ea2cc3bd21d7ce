"""Cutting a cohort: the cut, and the release that waits for a worker from that moment on."""

from django.db import transaction

from reports.models import Release
from reports.runs import release_of
from survey import cuts
from survey.models import Cohort, Cut, PlanVersion, Version
from survey.publishing import latest_plan, latest_version, versions_counting_together
from survey.scope import site_scope


@transaction.atomic
def cut_early(*, cohort: Cohort, reason: str, revision: int, by: str) -> Release:
    """A cut while fieldwork goes on, for a workshop say. Raises what `cuts.make` raises."""
    return _release(cohort, cuts.make(cohort=cohort, reason=reason, revision=revision, by=by))


@transaction.atomic
def freeze(*, cohort: Cohort, reason: str, revision: int, by: str) -> Release:
    """The last cut. Raises what `cuts.freeze` raises."""
    return _release(cohort, cuts.freeze(cohort=cohort, reason=reason, revision=revision, by=by))


def _release(cohort: Cohort, cut: Cut) -> Release:
    with site_scope(cohort.site_id):
        return release_of(cohort, cut, plan=plan_for(cohort), asked_by_cut=True)


def plan_for(cohort: Cohort) -> PlanVersion:
    """The newest plan of the study's latest version if it counts all of the cohort's answers, else of its own one."""
    own = Version.objects.defer("sheets").select_related("study").get(pk=cohort.version_id)
    latest = latest_version(own.study)
    return latest_plan(latest.pk if cohort.version_id in versions_counting_together(latest) else own.pk)


def releases_of(cohort: Cohort) -> list[tuple[Cut, Release | None]]:
    """Every cut of a cohort with its latest release, the newest first."""
    found = cuts.of_cohort(cohort=cohort)
    with site_scope(cohort.site_id):
        own = Release.objects.filter(site_id=cohort.site_id, cohort_id=cohort.pk).defer("cells").order_by("pk")
        by_cut = {release.cut: release for release in own}
    return [(cut, by_cut.get(cut.number)) for cut in found]
