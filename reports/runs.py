"""Releases and comparisons as a state machine: queued → running → done or failed. State lives in PostgreSQL.

Whichever country's release finishes last assembles the comparison, under a row lock; a counter in the broker can be
lost when a part runs twice.
"""

import datetime
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from reports import plan as plans
from reports.cells import SiteCounts, publishable
from reports.comparison import compare
from reports.counts import count_cohort, count_participants
from reports.disclosure import Policy
from reports.models import Comparison, JobState, Release
from reports.table import CountryResult, Provenance, Result, cells_from_json, cells_to_json
from survey.models import Cohort, Site, Study, Version
from survey.protocol.fingerprints import digest
from survey.publishing import latest_version, layout_for, protocol_of, versions_counting_together, workbook_of
from survey.scope import site_scope, study_scope


class RunError(Exception):
    """A comparison that cannot be started; `code` is stable, the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def plan_of(version: Version) -> plans.Plan:
    """The analysis plan of a published version."""
    return plans.read_plan(workbook_of(version.pk), protocol_of(version.pk))


def frozen_cohorts(*, version: Version, sites: Iterable[Site]) -> dict[int, Cohort]:
    """The latest frozen cohort of each site whose answers count under a version, by site id."""
    together = versions_counting_together(version)
    found: dict[int, Cohort] = {}
    with study_scope(version.study_id):
        cohorts = Cohort.objects.filter(
            site_id__in=[site.pk for site in sites], version_id__in=together, state=Cohort.State.FROZEN
        )
        for cohort in cohorts.order_by("pk"):
            found[cohort.site_id] = cohort
    return found


def start(*, version: Version, sites: Sequence[Site], tables: Sequence[str], by: str) -> Comparison:
    """Begin a comparison of the sites' frozen cohorts. Existing releases of the same cut and plan are used again.

    Raises RunError when a site has no frozen cohort or when synthetic and real cohorts would mix.
    """
    if not sites:
        raise RunError("no-country", "Choose at least one country.")
    if not tables:
        raise RunError("no-table", "Choose at least one table.")
    cohorts = frozen_cohorts(version=version, sites=sites)
    waiting = [site.country for site in sites if site.pk not in cohorts]
    if waiting:
        raise RunError(
            "not-frozen", f"No frozen cohort yet in {', '.join(waiting)}. Freeze it, or leave the country out."
        )
    if len({cohort.synthetic for cohort in cohorts.values()}) > 1:
        raise RunError("mixed", "Synthetic and real cohorts cannot be compared with each other.")
    threshold = protocol_of(version.pk).settings.threshold
    with study_scope(version.study_id):
        comparison = Comparison.objects.create(
            study_id=version.study_id, version_id=version.pk, tables=list(tables), requested_by=by
        )
        for site in sites:
            cohort = cohorts[site.pk]
            release, _ = Release.objects.get_or_create(
                study_id=version.study_id,
                site_id=site.pk,
                cohort_id=cohort.pk,
                version_id=version.pk,
                cut=1,
                defaults={"threshold": threshold, "signed_off_by": cohort.signed_off_by},
            )
            comparison.releases.add(release)
    return comparison


def compare_now(*, study: str, countries: Sequence[str], tables: Sequence[str]) -> Result:
    """Run a comparison in this process, through the same releases as a worker's. Empty lists mean all.

    Raises Study.DoesNotExist, Version.DoesNotExist and RunError.
    """
    found = Study.objects.get(slug=study)
    version = latest_version(found)
    sites = [site for site in found.sites.all() if not countries or site.country in countries]
    wanted = tables or [table.id for table in plan_of(version).tables]
    comparison = start(version=version, sites=sites, tables=wanted, by="bin/manage")
    for site_id, release_id in unfinished_releases(comparison):
        make_release(site_id=site_id, release_id=release_id)
    assemble(comparison_id=comparison.pk)
    return Result.from_json(Comparison.objects.get(pk=comparison.pk).result)


def unfinished_releases(comparison: Comparison) -> list[tuple[int, int]]:
    """(site id, release id) of what a comparison is still waiting for."""
    with study_scope(comparison.study_id):
        open_ones = comparison.releases.exclude(state=JobState.DONE).order_by("pk")
        return list(open_ones.values_list("site_id", "pk"))


def make_release(*, site_id: int, release_id: int) -> None:
    """Count one cohort and store its publishable cells, once; then assemble what was waiting for it.

    Safe to run again at any moment: a release that is done stays as it is.
    """
    if _claim(site_id=site_id, release_id=release_id):
        try:
            _fill(site_id=site_id, release_id=release_id)
        except Exception as error:
            _fail(site_id=site_id, release_id=release_id, reason=type(error).__name__)
            raise
        finally:
            _assemble_waiting(release_id=release_id)
    else:
        _assemble_waiting(release_id=release_id)


def _claim(*, site_id: int, release_id: int) -> bool:
    with site_scope(site_id):
        release = Release.objects.select_for_update().get(pk=release_id)
        if release.state == JobState.DONE:
            return False
        release.state, release.reason, release.beat_at = JobState.RUNNING, "", timezone.now()
        release.attempts += 1
        release.save(update_fields=["state", "reason", "beat_at", "attempts"])
        _waiting(release_id).update(state=JobState.RUNNING, reason="")
        return True


def _fill(*, site_id: int, release_id: int) -> None:
    with site_scope(site_id):
        release = Release.objects.select_for_update().get(pk=release_id)
        if release.state == JobState.DONE:
            return
        version = Version.objects.defer("sheets").get(pk=release.version_id)
        plan, layout = plan_of(version), layout_for(version.pk)
        counts = count_cohort(
            site_id=site_id,
            cohort_id=release.cohort_id,
            version_ids=versions_counting_together(version),
            layout=layout,
            plan=plan,
        )
        registry = count_participants(site_id=site_id, cohort_id=release.cohort_id)
        cells = publishable(
            plan=plan,
            layout=layout,
            counts=SiteCounts(counts.fields, registry),
            policy=Policy(release.threshold),
            signed_off=bool(release.signed_off_by),
        )
        release.cells = {name: cells_to_json(own) for name, own in cells.items()}
        release.respondents, release.participants = counts.responses, sum(registry.values())
        release.state, release.beat_at = JobState.DONE, timezone.now()
        release.save(update_fields=["cells", "respondents", "participants", "state", "beat_at"])


def _fail(*, site_id: int, release_id: int, reason: str) -> None:
    """A failure keeps the kind of error only: a message could quote an answer."""
    with site_scope(site_id):
        release = Release.objects.select_for_update().get(pk=release_id)
        if release.state != JobState.DONE:
            release.state, release.reason = JobState.FAILED, reason
            release.save(update_fields=["state", "reason"])


def _assemble_waiting(*, release_id: int) -> None:
    for comparison_id in _waiting(release_id).order_by("pk").values_list("pk", flat=True):
        assemble(comparison_id=comparison_id)


def _waiting(release_id: int) -> models.QuerySet[Comparison]:
    return Comparison.objects.filter(releases=release_id).exclude(state=JobState.DONE)


@transaction.atomic
def assemble(*, comparison_id: int) -> bool:
    """Make the result if every release is done. Returns whether the comparison is done now."""
    comparison = Comparison.objects.select_for_update().get(pk=comparison_id)
    if comparison.state == JobState.DONE:
        return True
    with study_scope(comparison.study_id):
        releases = list(comparison.releases.order_by("pk"))
        states = {release.state for release in releases}
        if states == {JobState.DONE}:
            _finish(comparison, releases)
        elif JobState.FAILED in states:
            comparison.state = JobState.FAILED
            comparison.reason = next(release.reason for release in releases if release.state == JobState.FAILED)
            comparison.save(update_fields=["state", "reason"])
    return comparison.state == JobState.DONE


def _finish(comparison: Comparison, releases: Sequence[Release]) -> None:
    version = Version.objects.defer("sheets").get(pk=comparison.version_id)
    sites = {site.pk: site for site in Site.objects.filter(study_id=comparison.study_id)}
    releases = sorted(releases, key=lambda release: sites[release.site_id].position)
    countries = [_country(release, sites[release.site_id], version) for release in releases]
    result = compare(
        protocol=protocol_of(version.pk),
        plan=plan_of(version),
        tables=comparison.tables,
        countries=countries,
        cells={
            sites[release.site_id].country: {name: cells_from_json(own) for name, own in (release.cells or {}).items()}
            for release in releases
        },
        provenance=_provenance(version, threshold=max(release.threshold for release in releases)),
    )
    comparison.result = result.to_json()
    comparison.result_hash = digest(comparison.result)
    comparison.state = JobState.DONE
    comparison.save(update_fields=["result", "result_hash", "state"])


def _country(release: Release, site: Site, version: Version) -> CountryResult:
    cohort = Cohort.objects.get(pk=release.cohort_id)
    return CountryResult(
        code=site.country,
        label=dict(protocol_of(version.pk).country(site.country).label.by_language),
        respondents=release.respondents or 0,
        participants=release.participants or 0,
        synthetic=cohort.synthetic,
        fieldwork_from=_iso(cohort.fieldwork_from),
        fieldwork_to=_iso(cohort.fieldwork_to),
        modes=cohort.modes,
        release=release.pk,
        cut=release.cut,
        signed_off_by=release.signed_off_by,
    )


def _iso(day: datetime.date | None) -> str:
    return day.isoformat() if day else ""


def _provenance(version: Version, *, threshold: int) -> Provenance:
    return Provenance(
        instrument_hash=version.instrument_hash,
        layout_hash=version.layout_hash,
        plan_hash=version.plan_hash,
        version=version.label,
        threshold=threshold,
        software=settings.SOFTWARE_VERSION,
        translations=protocol_of(version.pk).settings.translations,
        made_on=timezone.now().date().isoformat(),
    )
