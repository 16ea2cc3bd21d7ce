"""A comparison assembled from releases: by whichever country finishes last, under a row lock.

A counter in the broker can be lost when a part runs twice; a row cannot.
"""

import datetime
import logging
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.db import InterfaceError, OperationalError, models, transaction
from django.utils import timezone

from accounts import audit
from reports.comparison import compare
from reports.holdings import held
from reports.models import Comparison, JobState, Release
from reports.plan import Plan
from reports.plans import plan_numbered
from reports.succession import by_definition
from reports.table import Cells, CountryResult, Provenance, cells_from_json
from survey.models import Cohort, Cut, PlanVersion, Site, Version
from survey.protocol.fingerprints import digest
from survey.publishing import protocol_of
from survey.scope import study_scope

logger = logging.getLogger(__name__)


def waiting_for(release_id: int) -> models.QuerySet[Comparison]:
    """The comparisons that a release will help to finish."""
    return Comparison.objects.filter(releases=release_id).exclude(state__in=[JobState.DONE, JobState.CANCELLED])


def assemble_waiting(*, release_id: int) -> None:
    """Finish what can be finished now that this release is done or has failed."""
    for comparison_id in waiting_for(release_id).order_by("pk").values_list("pk", flat=True):
        assemble_or_fail(comparison_id=comparison_id)


def assemble_or_fail(*, comparison_id: int) -> None:
    """Make the result if it can be made; a comparison that cannot be assembled fails, and holds up no other.

    A database that goes away leaves it to the sweeper.
    """
    try:
        assemble(comparison_id=comparison_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("Comparison %d cannot be assembled.", comparison_id)
        Comparison.objects.filter(pk=comparison_id).update(state=JobState.FAILED, reason=type(error).__name__)


@transaction.atomic
def assemble(*, comparison_id: int) -> bool:
    """Make the result if every release is done. Returns whether the comparison is done now."""
    comparison = Comparison.objects.select_for_update().get(pk=comparison_id)
    if comparison.state in (JobState.DONE, JobState.CANCELLED):
        return comparison.state == JobState.DONE
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
    plan, named = plan_numbered(comparison.plan_id), PlanVersion.objects.defer("sheets").get(pk=comparison.plan_id)
    sites = {site.pk: site for site in Site.objects.filter(study_id=comparison.study_id)}
    releases = sorted(releases, key=lambda release: sites[release.site_id].position)
    countries = [country_of(release, sites[release.site_id], version) for release in releases]
    result = compare(
        protocol=protocol_of(version.pk),
        plan=plan,
        tables=comparison.tables,
        countries=countries,
        cells={sites[release.site_id].country: cells_for(plan, comparison.tables, release) for release in releases},
        provenance=provenance_of(
            version, releases, plan_hash=named.plan_hash, plan=named.number, audit_head=_noted(comparison, releases)
        ),
    )
    comparison.result = result.to_json()
    comparison.result_hash = digest(comparison.result)
    comparison.state = JobState.DONE
    comparison.save(update_fields=["result", "result_hash", "state"])


def cells_for(plan: Plan, tables: Sequence[str], release: Release) -> dict[str, Cells]:
    """What a release holds of a plan's tables, by the plan's own names, whatever plan the release was made under.

    Of the families that tests are adjusted in, also what stands in other tables. A figure that it does not hold is left
    out.
    """
    stored = {name: cells_from_json(own) for name, own in (release.cells or {}).items()}
    known = by_definition(plan_numbered(release.plan_id), stored)
    asked = {indicator.id for indicator in plan.of_tables(tables)}
    wanted = (indicator for indicator in plan.indicators if indicator.family or indicator.id in asked)
    found = {indicator.id: held(indicator, known) for indicator in wanted}
    return {name: cells for name, cells in found.items() if cells is not None}


def _noted(comparison: Comparison, releases: Sequence[Release]) -> str:
    """The audit trail's head: the entry that says who asked for this comparison, and of which releases it is made."""
    made_of = [str(release.pk) for release in releases]
    entry = audit.record(
        by=comparison.requested_by, action="comparison-made", comparison=comparison.pk, releases=made_of
    )
    return entry.hash


def country_of(release: Release, site: Site, version: Version) -> CountryResult:
    """A country as its release describes it. Needs the study's scope."""
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
        cut=release.stands or release.cut,
        signed_off_by=release.signed_off_by,
        held_back=release.stands != release.cut,
        preliminary=not is_final(cohort, release.cut),
    )


def is_final(cohort: Cohort, number: int) -> bool:
    """Whether a cut is the last word: the newest one of a frozen cohort."""
    newest = Cut.objects.filter(cohort_id=cohort.pk).order_by("-number").values_list("number", flat=True).first()
    return cohort.state == Cohort.State.FROZEN and number == newest


def _iso(day: datetime.date | None) -> str:
    return day.isoformat() if day else ""


def provenance_of(
    version: Version, releases: Iterable[Release], *, plan_hash: str, plan: int = 0, audit_head: str = ""
) -> Provenance:
    """How a result of releases came about; one that is not kept has neither a plan's number nor an entry of its own."""
    return Provenance(
        instrument_hash=version.instrument_hash,
        layout_hash=version.layout_hash,
        plan_hash=plan_hash,
        version=version.label,
        # The one that every printed figure keeps: where an earlier release stands, it stands under its own.
        threshold=min(release.threshold for release in releases),
        software=settings.SOFTWARE_VERSION,
        translations=protocol_of(version.pk).settings.translations,
        made_on=timezone.now().date().isoformat(),
        audit_head=audit_head,
        plan=plan,
    )
