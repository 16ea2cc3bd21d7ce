"""Publishing a workbook: a version with its three hashes, the study's sites, and their partitions."""

import datetime
from functools import lru_cache

from django.db import connection, transaction
from django.db.models import Max

from accounts import audit
from survey.locks import Lock, alone
from survey.models import PlanVersion, Site, Study, Version
from survey.protocol.fingerprints import fingerprints, plan_fingerprint
from survey.protocol.record import RecordLayout, layout_of
from survey.protocol.schema import DEFAULT_THRESHOLD, Protocol
from survey.protocol.sheets import PLAN_SHEETS, Workbook, from_json
from survey.protocol.workbook import read_protocol, reread_protocol

PARTITIONED = ("survey_response", "survey_freetext")


@transaction.atomic
def publish(*, workbook: Workbook, on: datetime.date, by: str = "bin/manage") -> Version:
    """Freeze a workbook as a version of its study. Publishing the same questionnaire again gives the same version.

    Its plan is kept apart from it: where only that is new, the version gets one more plan.

    Raises WorkbookError with every problem of the questionnaire. Needs the owner's role: it creates partitions.
    """
    protocol = read_protocol(workbook)
    hashes = fingerprints(workbook, protocol)
    study, _ = Study.objects.get_or_create(
        slug=protocol.settings.form_id, defaults={"title": protocol.settings.title or protocol.settings.form_id}
    )
    Study.objects.select_for_update().get(pk=study.pk)
    same = study.versions.filter(instrument_hash=hashes.instrument).order_by("number").last()
    if same is not None:
        add_plan(version=same, workbook=workbook, on=on, by=by)
        return same
    version = Version.objects.create(
        study=study,
        number=study.versions.count() + 1,
        label=protocol.settings.version,
        sheets=workbook.to_json(),
        instrument_hash=hashes.instrument,
        layout_hash=hashes.layout,
        plan_hash=hashes.plan,
        record_length=layout_of(protocol).length,
        published_on=on,
    )
    for position, country in enumerate(protocol.countries):
        site, _ = Site.objects.get_or_create(study=study, country=country.code, defaults={"position": position})
        create_partitions(site_id=site.pk)
    _keep_plan(version, workbook, hashes.plan, on, by)
    audit.record(by=by, action="version-published", version=str(version), plan=hashes.plan)
    if protocol.settings.threshold < DEFAULT_THRESHOLD:
        kept = protocol.settings.threshold
        audit.record(by=by, action="policy-exception", kind="threshold", threshold=kept, version=str(version))
    return version


@transaction.atomic
def add_plan(*, version: Version, workbook: Workbook, on: datetime.date, by: str) -> PlanVersion:
    """Keep the plan sheets of a workbook as a plan of a version; the same sheets again give the same plan."""
    alone(Lock.PLANS, version.study_id)
    found = plan_fingerprint(workbook)
    same = PlanVersion.objects.filter(version_id=version.pk, plan_hash=found).first()
    if same is not None:
        return same
    plan = _keep_plan(version, workbook, found, on, by)
    audit.record(by=by, action="plan-added", version=str(version), plan=plan.number, hash=found)
    return plan


def _keep_plan(version: Version, workbook: Workbook, plan_hash: str, on: datetime.date, by: str) -> PlanVersion:
    # Plans get their numbers one by one, whoever adds them.
    alone(Lock.PLANS, version.study_id)
    newest = PlanVersion.objects.filter(study_id=version.study_id).aggregate(Max("number"))["number__max"] or 0
    sheets = {name: sheet for name, sheet in workbook.to_json().items() if name in PLAN_SHEETS}
    return PlanVersion.objects.create(
        study_id=version.study_id,
        version=version,
        number=newest + 1,
        sheets=sheets,
        plan_hash=plan_hash,
        made_by=by,
        made_on=on,
    )


def latest_plan(version_id: int) -> PlanVersion:
    """The newest plan of a version."""
    return PlanVersion.objects.filter(version_id=version_id).defer("sheets").latest("number")


@lru_cache(maxsize=32)
def plan_workbook(plan_id: int) -> Workbook:
    """The workbook of a plan's version with the sheets of the plan. Plans never change."""
    plan = PlanVersion.objects.get(pk=plan_id)
    own = {name: sheet for name, sheet in workbook_of(plan.version_id).sheets.items() if name not in PLAN_SHEETS}
    return Workbook({**own, **from_json(plan.sheets).sheets})


def create_partitions(*, site_id: int) -> None:
    """The partitions that hold one site's rows. They carry no grants: every way in is through the parent's policy."""
    with connection.cursor() as cursor:
        for table in PARTITIONED:
            partition = f"{table}_site_{int(site_id)}"
            cursor.execute("SELECT to_regclass(%s)", [partition])
            if cursor.fetchone()[0] is None:
                cursor.execute(f"CREATE TABLE {partition} PARTITION OF {table} FOR VALUES IN ({int(site_id)})")
                cursor.execute(f"ALTER TABLE {partition} ENABLE ROW LEVEL SECURITY")
                cursor.execute(f"ALTER TABLE {partition} FORCE ROW LEVEL SECURITY")


def latest_version(study: Study) -> Version:
    """The version that new cohorts run under. Raises Version.DoesNotExist for a study without one."""
    return study.versions.defer("sheets").latest("number")


@lru_cache(maxsize=32)
def _read(version_id: int) -> tuple[Workbook, Protocol, RecordLayout]:
    workbook = from_json(Version.objects.only("sheets").get(pk=version_id).sheets)
    protocol = reread_protocol(workbook)
    return workbook, protocol, layout_of(protocol)


def workbook_of(version_id: int) -> Workbook:
    """The published workbook. Versions never change, so one reading serves a process."""
    return _read(version_id)[0]


def protocol_of(version_id: int) -> Protocol:
    return _read(version_id)[1]


def layout_for(version_id: int) -> RecordLayout:
    return _read(version_id)[2]


def versions_by_layout(study_id: int) -> list[tuple[int, ...]]:
    """Ids of a study's versions, those together whose records have one layout; the oldest first."""
    found: dict[str, list[int]] = {}
    for version_id, layout in Version.objects.filter(study_id=study_id).order_by("pk").values_list("pk", "layout_hash"):
        found.setdefault(layout, []).append(version_id)
    return [tuple(ids) for ids in found.values()]


def versions_counting_together(version: Version) -> list[int]:
    """Ids of the study's versions whose records have the same variables, codes, scales and routing."""
    same = Version.objects.filter(study_id=version.study_id, layout_hash=version.layout_hash)
    return list(same.order_by("pk").values_list("pk", flat=True))
