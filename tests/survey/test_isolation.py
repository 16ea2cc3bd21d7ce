"""Countries apart, roles apart: attacked as the application's roles."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from survey.models import Cohort, Draft, FreeText, Participant, Response, Site, Version
from survey.scope import receipt_scope, site_scope, study_scope
from tests.roles import ROLES, acting_as
from tests.studies import MONDAY, add_cohort, publish_small, site_of

pytestmark = pytest.mark.django_db
SITE_TABLES = {"survey_cohort", "survey_participant", "survey_draft", "survey_response", "survey_freetext"}


@pytest.fixture
def version() -> Version:
    return publish_small()


@pytest.fixture
def kenya(version: Version) -> Site:
    site = site_of(version, "KE")
    add_cohort(site, version, size=6)
    add_cohort(site_of(version, "EG"), version, size=4)
    return site


def query(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows: list[tuple[object, ...]] = cursor.fetchall()
        return rows


def test_tests_run_as_roles_that_row_security_binds() -> None:
    names = ", ".join(f"'{role}'" for role in (*ROLES, "survey_test"))
    rows = query(f"SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname IN ({names})")
    assert sorted(rows) == [(role, False, False) for role in sorted((*ROLES, "survey_test"))]
    assert query("SELECT session_user, current_user") == [("survey_test", "survey_web")]


def test_every_table_with_a_site_forces_row_security() -> None:
    rows = query(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c JOIN pg_attribute a"
        " ON a.attrelid = c.oid AND a.attname = 'site_id' WHERE c.relkind IN ('r', 'p') AND c.relname LIKE 'survey\\_%'"
        " AND c.relname <> 'survey_locator'"
    )
    assert {row[0] for row in rows} >= SITE_TABLES
    assert all(row[1:] == (True, True) for row in rows)


def test_without_a_scope_a_query_sees_nothing(kenya: Site) -> None:
    with acting_as("survey_worker"):
        counts = [model.objects.count() for model in (Cohort, Participant, Response, FreeText)]
    assert counts == [0, 0, 0, 0]


def test_a_site_scope_sees_its_own_rows_only(kenya: Site) -> None:
    with acting_as("survey_worker"), site_scope(kenya.pk):
        sites = {
            model: set(model.objects.values_list("site_id", flat=True)) for model in (Cohort, Participant, Response)
        }
        assert Response.objects.count() == 6
    assert all(found == {kenya.pk} for found in sites.values())


def test_the_scope_ends_with_its_block(kenya: Site) -> None:
    with acting_as("survey_worker"):
        with site_scope(kenya.pk):
            pass
        assert Response.objects.count() == 0


def test_an_inner_scope_gives_way_to_the_outer_one(kenya: Site) -> None:
    egypt = Site.objects.get(study_id=kenya.study_id, country="EG")
    with acting_as("survey_worker"), site_scope(kenya.pk):
        with site_scope(egypt.pk):
            assert Response.objects.count() == 4
        assert Response.objects.count() == 6


def test_a_study_scope_sees_cohorts_and_never_people_or_answers(kenya: Site) -> None:
    with acting_as("survey_worker"), study_scope(kenya.study_id):
        assert Cohort.objects.count() == 2
        assert [model.objects.count() for model in (Participant, Response, FreeText, Draft)] == [0, 0, 0, 0]


def test_a_row_of_another_site_is_refused(kenya: Site, version: Version) -> None:
    with acting_as("survey_worker"), pytest.raises(DatabaseError), transaction.atomic(), site_scope(kenya.pk + 1):
        Cohort.objects.create(site_id=kenya.pk, version_id=version.pk, name="intruder")


def test_the_web_role_stores_a_response_and_cannot_read_it(kenya: Site, version: Version) -> None:
    with site_scope(kenya.pk):
        Response(site_id=kenya.pk, cohort_id=1, version_id=version.pk, week="2026-W48", record=b"x").save(
            force_insert=True
        )
    for attack in (
        "SELECT record FROM survey_response",
        "UPDATE survey_response SET record = ''",
        "SELECT week FROM survey_response",
        "SELECT texts FROM survey_freetext",
        "UPDATE survey_response SET cut = 1",
        "SELECT content FROM survey_paperentry",
        "SELECT response_id FROM survey_flag",
        "SELECT content FROM survey_upload",
        "SELECT hash FROM survey_tombstone",
        "UPDATE survey_cut SET number = 9",
        "DELETE FROM survey_cohortchange",
    ):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), site_scope(kenya.pk):
            query(attack)


def test_the_web_role_finds_and_deletes_no_response_whose_number_it_does_not_know(kenya: Site) -> None:
    with site_scope(kenya.pk), connection.cursor() as cursor:
        assert query("SELECT id FROM survey_response") == []
        cursor.execute("DELETE FROM survey_response")
        cursor.execute("DELETE FROM survey_freetext")
    with acting_as("survey_worker"), site_scope(kenya.pk):
        assert (Response.objects.count(), FreeText.objects.count()) == (6, 6)
        known = Response.objects.first()
    assert known is not None
    with receipt_scope(kenya.pk, known.pk):
        assert query("SELECT id FROM survey_response") == [(known.pk,)]


@pytest.mark.parametrize("role", ["survey_web", "survey_worker"])
def test_partitions_have_no_door_of_their_own(kenya: Site, role: str) -> None:
    with (
        acting_as(role),
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        site_scope(kenya.pk),
    ):
        query(f"SELECT record FROM survey_response_site_{kenya.pk}")


def test_even_the_owner_sees_no_foreign_partition(kenya: Site) -> None:
    with acting_as("survey_owner"), site_scope(kenya.pk + 1):
        assert query(f"SELECT count(*) FROM survey_response_site_{kenya.pk}") == [(0,)]


def test_a_published_version_refuses_change_and_deletion(version: Version) -> None:
    for attack in ("UPDATE survey_version SET label = 'x'", "DELETE FROM survey_version"):
        with acting_as("survey_owner"), pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            query(attack)


def test_a_response_keeps_no_time_finer_than_the_week(kenya: Site) -> None:
    columns = query("SELECT column_name FROM information_schema.columns WHERE table_name = 'survey_response'")
    assert {str(row[0]) for row in columns} <= {
        "id",
        "site_id",
        "cohort_id",
        "version_id",
        "week",
        "language",
        "cut",
        "key_id",
        "record",
    }
    with acting_as("survey_worker"), site_scope(kenya.pk):
        assert set(Response.objects.values_list("week", flat=True)) == {f"{MONDAY.isocalendar().year}-W48"}


def test_nothing_joins_a_participant_to_a_response(kenya: Site) -> None:
    with acting_as("survey_worker"), site_scope(kenya.pk):
        responses = {str(value) for value in Response.objects.values_list("id", flat=True)}
        people = set(Participant.objects.values_list("code", flat=True))
    assert responses.isdisjoint(people)
    assert all(uuid.UUID(value).version == 4 for value in responses)
