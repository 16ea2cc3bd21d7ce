"""A table of one's own before it is kept: which countries' releases hold its figures, and what they say."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from reports.assembling import cells_for, country_of, provenance_of
from reports.comparison import compare
from reports.drafting import Draft, with_table
from reports.models import Release
from reports.plan import Plan
from reports.plan_sheets import read_plan
from reports.plans import plan_numbered
from reports.runs import cut_cohorts, release_holding
from reports.table import Result
from survey.locks import Lock, alone
from survey.models import PlanVersion, Site, Version
from survey.protocol.fingerprints import plan_fingerprint
from survey.protocol.sheets import Workbook
from survey.publishing import add_plan, latest_plan, plan_workbook, protocol_of
from survey.scope import study_scope


@dataclass(frozen=True, slots=True)
class Look:
    """What there is of a draft. `result` is None unless every country's releases hold all of it."""

    lacking: tuple[str, ...]
    not_cut: tuple[str, ...]
    mixed: bool
    result: Result | None


def look(*, version: Version, draft: Draft, sites: Sequence[Site]) -> Look:
    """Who holds the figures of a draft already, and the table where all do. Raises WorkbookError. Stores nothing."""
    plan, table, workbook = _candidate(version, draft)
    threshold = protocol_of(version.pk).settings.threshold
    found = cut_cohorts(plan=plan, study_id=version.study_id, sites=sites)
    held: dict[Site, Release] = {}
    with study_scope(version.study_id):
        for site in sites:
            if site.pk in found:
                cohort, cut = found[site.pk]
                one = release_holding(cohort, cut, plan=plan, tables=[table], threshold=threshold)
                held |= {site: one} if one is not None else {}
        whole = bool(sites) and len(held) == len(sites)
        result = _result(version, plan, table, plan_fingerprint(workbook), held) if whole else None
    synthetic = {cohort.synthetic for cohort, _cut in found.values()}
    return Look(
        lacking=tuple(site.country for site in sites if site.pk in found and site not in held),
        not_cut=tuple(site.country for site in sites if site.pk not in found),
        mixed=len(synthetic) > 1,
        result=result if len(synthetic) == 1 else None,
    )


def _candidate(version: Version, draft: Draft) -> tuple[Plan, str, Workbook]:
    """The newest plan with the draft in it, the table's id, and the workbook that says so."""
    newest, protocol = latest_plan(version.pk), protocol_of(version.pk)
    before = plan_numbered(newest.pk)
    workbook, table = with_table(plan_workbook(newest.pk), protocol=protocol, plan=before, draft=draft)
    return read_plan(workbook, protocol), table, workbook


def _result(version: Version, plan: Plan, table: str, plan_hash: str, held: dict[Site, Release]) -> Result:
    return compare(
        protocol=protocol_of(version.pk),
        plan=plan,
        tables=[table],
        countries=[country_of(release, site, version) for site, release in held.items()],
        cells={site.country: cells_for(plan, [table], release) for site, release in held.items()},
        provenance=provenance_of(version, held.values(), plan_hash=plan_hash),
    )


@transaction.atomic
def keep(*, version: Version, draft: Draft, by: str) -> tuple[PlanVersion, str]:
    """Save a draft as a table of the plan: a new plan, after the newest one. Returns it and the table's id."""
    alone(Lock.PLANS, version.study_id)
    _plan, table, workbook = _candidate(version, draft)
    return add_plan(version=version, workbook=workbook, on=timezone.now().date(), by=by), table
