"""Cohorts as researchers run them: set up, changed by one at a time, opened with a reason, out of others' reach."""

import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client

from accounts.models import Role
from survey import cohorts
from survey.cohorts import Setup, Wanted
from survey.models import Cohort, Version
from survey.scope import site_scope
from tests.factories import make_staff, signed_in
from tests.roles import acting_as
from tests.studies import publish_small, site_of

pytestmark = pytest.mark.django_db
FORM = {"name": "Nairobi", "target": "40", "fieldwork_from": "2026-11-01", "fieldwork_to": "2026-12-31", "rows": "1"}
FORM |= {"modes": ["survey"], "q0-kind": "gender=woman", "q0-target": "20"}


@pytest.fixture
def version() -> Version:
    return publish_small()


@pytest.fixture
def kenya(version: Version) -> Cohort:
    return cohorts.create(site=site_of(version, "KE"), version=version, setup=Setup("Nairobi", target=40), by="amina")


@pytest.fixture
def researcher(client: Client, version: Version) -> Client:
    make_staff("amina", Role.Name.RESEARCHER, site_of(version, "KE"))
    signed_in(client, "amina")
    return client


def address(cohort: Cohort, page: str = "") -> str:
    return f"/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/{page}"


def again(cohort: Cohort) -> Cohort:
    found = cohorts.find(site_id=cohort.site_id, cohort_id=cohort.pk)
    assert found is not None
    return found


def test_a_researcher_sets_up_a_cohort_and_its_quotas(researcher: Client, version: Version) -> None:
    site = site_of(version, "KE")
    made = researcher.post(f"/desk/sites/{site.pk}/cohorts/new/", FORM)
    cohort = cohorts.of_site(site_id=site.pk)[0]
    assert (made.status_code, made["Location"]) == (303, address(cohort))
    assert (cohort.name, cohort.state, cohort.target) == ("Nairobi", "preparing", 40)
    saved = researcher.post(address(cohort, "settings/"), {**FORM, "revision": "0"})
    assert saved.status_code == 303
    quotas = [(quota.question, quota.choice, quota.target) for quota in cohorts.quotas_of(cohort)]
    assert quotas == [("gender", "woman", 20)]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": ""}, "This field is required."),
        ({"fieldwork_to": "2026-10-01"}, "The last day comes before the first."),
        ({"fieldwork_from": ""}, "Name the first day too."),
        ({"fieldwork_from": "31.12.2026"}, "Enter a valid date."),
        ({"target": "-1"}, "Ensure this value is greater than or equal to 0."),
        ({"exit": "javascript:alert(1)"}, "Enter a valid URL."),
        ({"q0-target": "41"}, "More than the target of the whole cohort."),
        ({"q0-kind": ""}, "Say who is wanted."),
        ({"q0-target": ""}, "Say how many are wanted."),
        ({"q0-kind": "age", "q0-low": "30", "q0-high": "20"}, "Name both ends of the band, the lower one first."),
        ({"rows": "2", "q1-kind": "gender=woman", "q1-target": "5"}, "The same people stand in two lines. Keep one."),
    ],
)
def test_what_cannot_be_is_told_beside_its_field_and_nothing_is_saved(
    researcher: Client, kenya: Cohort, changed: dict[str, str], message: str
) -> None:
    answer = researcher.post(address(kenya, "settings/"), {**FORM, "revision": "0", **changed})
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert again(kenya).revision == 0


def test_of_two_who_change_a_cohort_at_once_the_second_is_told(researcher: Client, kenya: Cohort) -> None:
    assert researcher.post(address(kenya, "settings/"), {**FORM, "revision": "0"}).status_code == 303
    late = researcher.post(address(kenya, "settings/"), {**FORM, "revision": "0", "target": "99"})
    assert late.status_code == 409
    assert "Somebody else changed this" in late.content.decode()
    assert again(kenya).target == 40


def test_opening_needs_a_reason_and_is_written_down(researcher: Client, kenya: Cohort) -> None:
    assert researcher.post(address(kenya, "state/open/"), {"revision": "0", "reason": ""}).status_code == 422
    opened = researcher.post(address(kenya, "state/open/"), {"revision": "0", "reason": "Team is trained"})
    assert opened.status_code == 303
    changes = [(one.before, one.after, one.reason, one.by) for one in cohorts.changes_of(kenya)]
    assert (again(kenya).state, changes) == ("open", [("preparing", "open", "Team is trained", "amina")])
    assert researcher.get(address(kenya, "state/closed/")).status_code == 200
    assert researcher.get(address(kenya, "state/frozen/")).status_code == 404


def test_a_change_of_state_can_be_neither_edited_nor_deleted(kenya: Cohort) -> None:
    cohorts.move(cohort=kenya, to="open", reason="Team is trained", revision=0, by="amina")
    for attack in ("UPDATE survey_cohortchange SET reason = 'x'", "DELETE FROM survey_cohortchange"):
        with pytest.raises(DatabaseError), transaction.atomic(), site_scope(kenya.site_id):
            connection.cursor().execute(attack)


@pytest.mark.parametrize("page", ["", "settings/", "state/open/"])
def test_a_cohort_does_not_exist_for_another_countrys_researcher(
    client: Client, version: Version, kenya: Cohort, page: str
) -> None:
    egypt = site_of(version, "EG")
    make_staff("basma", Role.Name.RESEARCHER, egypt)
    signed_in(client, "basma")
    assert client.get(address(kenya, page)).status_code == 404
    # Nor under the address of one's own country.
    assert client.get(address(kenya, page).replace(f"/{kenya.site_id}/", f"/{egypt.pk}/", 1)).status_code == 404


def test_overlapping_fieldwork_is_pointed_out(researcher: Client, kenya: Cohort, version: Version) -> None:
    day = datetime.date(2026, 12, 1)
    setup = Setup("Mombasa", fieldwork_from=day, fieldwork_to=day)
    cohorts.create(
        site=site_of(version, "KE"), version=version, setup=setup, quotas=[Wanted("gender", 1, "man")], by="x"
    )
    researcher.post(address(kenya, "settings/"), {**FORM, "revision": "0"})
    assert "overlap with those of: Mombasa" in researcher.get(address(kenya, "settings/")).content.decode()


def test_the_demonstration_has_two_researchers_in_every_country(
    version: Version, tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path
    out = StringIO()
    with acting_as("survey_owner"):
        call_command("create_demo_researchers", stdout=out)
    names = [line.split()[2] for line in out.getvalue().splitlines() if " / " in line]
    assert names[:2] == ["coordinator", "administrator"]
    assert names[2:] == ["researcher-ke", "researcher-ke-2", "researcher-eg", "researcher-eg-2"]
