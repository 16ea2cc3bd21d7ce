"""What a comparison leaves in the audit trail: who asked, what was released, which exceptions were made."""

import pytest

from accounts import audit
from accounts.models import AuditEntry
from reports import runs
from reports.table import Result
from survey import cohorts, custody
from survey.cohorts import Setup
from survey.models import Version
from survey.protocol.sheets import Workbook, from_json
from survey.publishing import publish
from survey.scope import site_scope
from tests.factories import finish_comparison
from tests.roles import acting_as
from tests.studies import MONDAY, add_cohort, publish_small, site_of, small_workbook

pytestmark = pytest.mark.django_db


def trail(*actions: str) -> list[tuple[str, str, dict[str, object]]]:
    with acting_as("survey_worker"):
        found = AuditEntry.objects.filter(action__in=actions).order_by("pk")
        return list(found.values_list("action", "actor", "detail"))


def with_threshold(threshold: str) -> Workbook:
    sheets = small_workbook().to_json()
    names, values = sheets["settings"][:2]
    values[names.index("threshold")] = threshold
    return from_json(sheets)


def compared(version: Version, by: str = "ana") -> tuple[int, int, str]:
    """One country compared with nobody: comparison and release numbers, and the head that was printed."""
    done = finish_comparison(runs.start(version=version, sites=[site_of(version, "KE")], tables=["one"], by=by))
    result = Result.from_json(done.result)
    return done.pk, result.countries[0].release, result.provenance.audit_head


def test_a_comparison_names_who_asked_and_prints_the_head_of_its_own_entry() -> None:
    version = publish_small()
    cohort = add_cohort(site_of(version, "KE"), version)
    number, release, printed = compared(version)
    of = {"release": release, "cohort": str(cohort), "cut": 1}
    assert trail("comparison-asked", "release-made", "policy-exception", "comparison-made") == [
        ("comparison-asked", "ana", {"comparison": number, "countries": ["KE"]}),
        ("release-made", "ana", {**of, "threshold": 5}),
        ("comparison-made", "ana", {"comparison": number, "releases": [str(release)]}),
    ]
    assert printed == audit.head()
    assert audit.first_fault() is None


def test_a_second_comparison_of_the_same_release_releases_nothing_anew() -> None:
    version = publish_small()
    add_cohort(site_of(version, "KE"), version)
    compared(version)
    compared(version, by="ben")
    assert [(action, actor) for action, actor, _ in trail("release-made", "comparison-made")] == [
        ("release-made", "ana"),
        ("comparison-made", "ana"),
        ("comparison-made", "ben"),
    ]


def test_a_lowest_value_that_somebody_signed_for_is_an_exception() -> None:
    version = publish_small()
    cohort = add_cohort(site_of(version, "KE"), version, signed_off_by="Ethics lead")
    _, release, _ = compared(version)
    signed = {"kind": "lowest-and-highest", "signed_off_by": "Ethics lead"}
    of = {"release": release, "cohort": str(cohort), "cut": 1}
    assert trail("policy-exception") == [("policy-exception", "ana", {**signed, **of})]


def test_a_threshold_below_the_usual_one_is_an_exception_when_published_and_when_released() -> None:
    with acting_as("survey_owner"):
        version = publish(workbook=with_threshold("3"), on=MONDAY, by="ana")
        publish(workbook=with_threshold("3"), on=MONDAY, by="ben")
    with acting_as("survey_worker"):
        custody.make_missing_keys()
    cohort = add_cohort(site_of(version, "KE"), version)
    _, release, _ = compared(version, by="eva")
    low = {"kind": "threshold", "threshold": 3}
    assert trail("version-published", "policy-exception") == [
        ("version-published", "ana", {"version": str(version), "plan": version.plan_hash}),
        ("policy-exception", "ana", {**low, "version": str(version)}),
        ("policy-exception", "eva", {**low, "release": release, "cohort": str(cohort), "cut": 1}),
    ]


def test_a_sign_off_given_or_taken_back_is_an_exception() -> None:
    version = publish_small()
    site = site_of(version, "KE")
    cohort = cohorts.create(site=site, version=version, setup=Setup("one", signed_off_by="Ethics lead"), by="amina")
    for signed, revision in (("Ethics lead", 0), ("", 1)):
        setup = Setup("one", signed_off_by=signed)
        cohorts.change(cohort=cohort, setup=setup, quotas=[], revision=revision, by="amina")
    with site_scope(site.pk):
        of = {"signed_off_by": "Ethics lead", "cohort": str(cohort)}
    assert trail("policy-exception") == [
        ("policy-exception", "amina", {"kind": "lowest-and-highest", **of}),
        ("policy-exception", "amina", {"kind": "lowest-and-highest-withdrawn", **of}),
    ]
