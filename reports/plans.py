"""Plans of the analysis as they are stored: apart from the questionnaire, many to a version, none ever changed."""

from functools import lru_cache

from reports.plan import Plan
from reports.plan_sheets import read_plan
from survey.models import PlanVersion
from survey.publishing import latest_plan, plan_workbook, protocol_of


@lru_cache(maxsize=32)
def plan_numbered(plan_id: int) -> Plan:
    """A stored plan, read against its version."""
    workbook = plan_workbook(plan_id)
    return read_plan(workbook, protocol_of(version_of(plan_id)))


@lru_cache(maxsize=256)
def version_of(plan_id: int) -> int:
    """The id of the version that a plan was made for."""
    return PlanVersion.objects.values_list("version_id", flat=True).get(pk=plan_id)


def newest_plan(version_id: int) -> Plan:
    """The newest plan of a version."""
    return plan_numbered(latest_plan(version_id).pk)
