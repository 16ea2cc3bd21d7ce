"""Nothing in the database leads from a participant to a response, a draft or an invitation, nor back.

People answer through the pages, by link and by invitation, while the researcher registers them through the pages too;
then every column of every table is looked through.
"""

import re
from collections.abc import Iterable

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Role
from survey import links
from survey.models import Cohort
from survey.scope import site_scope
from tests.factories import make_staff, signed_in
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of
from tests.survey.test_arriving import invite
from tests.survey.test_participant import PAGES, TOKEN, answer_everything, post, send

pytestmark = pytest.mark.django_db(transaction=True)
FORM = {"count": "1", "gender": "woman", "modes": ["survey", "interview"], "month": "2015-08", "issues": ["paid"]}
# What describes a participant, and the frame of every row of a site.
ABOUT = {"gender", "took_survey", "took_interview", "took_focus_group", "issues", "regions", "descriptor"}
ABOUT |= {"interviewed_in"}
FRAME = {"site_id", "cohort_id"}
OF_ANSWERS = ("survey_response", "survey_freetext", "survey_draft", "survey_invitation", "survey_batch")

Rows = list[dict[str, object]]


@pytest.fixture
def cohort() -> Cohort:
    version = publish_small()
    site = site_of(version, "EG")
    found = add_cohort(site, version, state=Cohort.State.OPEN, size=0)
    with acting_as("survey_worker"):
        links.set_link(cohort=found, token=TOKEN)
    make_staff("basma", Role.Name.RESEARCHER, site)
    people_take_part(found)
    return found


def people_take_part(cohort: Cohort) -> None:
    """Six people, each registered right after having answered: the order that would give most away."""
    researcher = Client()
    signed_in(researcher, "basma")
    registry = f"/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/participants/"
    tokens = invite(cohort, size=3)
    for number in range(6):
        person = Client()
        if number < 3:
            answer_everything(person)
        else:
            begin_invited(person, tokens[number - 3])
        assert send(person).status_code == 303
        assert researcher.post(f"{registry}new/", FORM).status_code == 303
    begin_invited(Client(), invite(cohort, size=1)[0])
    with site_scope(cohort.site_id), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM survey_participant ORDER BY code")
        numbers = [row[0] for row in cursor.fetchall()]
    assert researcher.post(f"{registry}{numbers[0]}/edit/", {**FORM, "revision": "0"}).status_code == 303


def begin_invited(person: Client, token: str) -> None:
    assert person.post(f"/i/{token}/", {"_do": "start", "_lang": "en"}).status_code == 303
    for _ in ("the code", "staying safe"):
        person.post("/", {"_do": "go-on"})
    for page in PAGES:
        post(person, page)


def query(sql: str, *arguments: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        found: list[tuple[object, ...]] = cursor.fetchall()
        return found


def tables() -> list[str]:
    """Every table but the partitions, whose rows are read through their parent."""
    found = query(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
        " AND relnamespace = 'public'::regnamespace ORDER BY relname"
    )
    return [str(row[0]) for row in found]


def rows(cohort: Cohort, table: str) -> Rows:
    with acting_as("survey_owner"), site_scope(cohort.site_id), connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}"')
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def texts(values: Iterable[object]) -> set[str]:
    """Values as they would be searched for: bytes as hexadecimal digits."""
    return {bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value) for value in values}


def test_no_column_of_a_participant_is_anything_but_a_description(cohort: Cohort) -> None:
    columns = query("SELECT column_name FROM information_schema.columns WHERE table_name = 'survey_participant'")
    assert {str(row[0]) for row in columns} == {"id", "code", "revision"} | FRAME | ABOUT


def test_no_other_table_speaks_of_single_participants(cohort: Cohort) -> None:
    named = query(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND column_name LIKE '%%participant%%'"
    )
    # How many there are, in a release.
    assert named == [("reports_release", "participants")]
    joined = query(
        "SELECT conname FROM pg_constraint WHERE contype = 'f'"
        " AND 'survey_participant'::regclass IN (conrelid, confrelid)"
    )
    assert joined == []


def test_no_value_of_a_participant_stands_anywhere_else(cohort: Cohort) -> None:
    people = rows(cohort, "survey_participant")
    assert len(people) == 6
    own = {str(one[name]) for one in people for name in ("id", "code")}
    own |= {re.sub(r"\D", "", str(one["code"])) for one in people}
    looked = 0
    for table in tables():
        if table == "survey_participant":
            continue
        for row in rows(cohort, table):
            found = texts(row.values())
            looked += len(found)
            assert [value for value in own if any(value in one for one in found if len(value) > 7)] == [], table
    assert looked > 500


def test_no_value_of_answers_and_invitations_stands_in_a_participant(cohort: Cohort) -> None:
    people = rows(cohort, "survey_participant")
    described = {value for one in people for name, value in one.items() if name not in FRAME}
    registry = " ".join(texts(described))
    kept = {table: rows(cohort, table) for table in OF_ANSWERS}
    assert [len(kept[table]) for table in OF_ANSWERS] == [6, 6, 1, 4, 2]
    keys = {
        value
        for table, name in (
            *(("survey_response", "id"), ("survey_response", "week"), ("survey_response", "record")),
            *(("survey_freetext", "id"), ("survey_draft", "locator"), ("survey_invitation", "hash")),
        )
        for value in texts(row[name] for row in kept[table])
    }
    assert [key for key in keys if key in registry] == []


def test_no_transaction_wrote_a_participant_and_anything_of_answers(cohort: Cohort) -> None:
    def transactions(table: str) -> set[object]:
        with acting_as("survey_owner"), site_scope(cohort.site_id):
            return {row[0] for row in query(f"SELECT xmin::text FROM {table}")}

    people = transactions("survey_participant")
    assert len(people) == 6
    for table in (*OF_ANSWERS, "survey_tally", "survey_locator"):
        assert transactions(table), table
        assert people.isdisjoint(transactions(table)), table
