"""The registry as researchers keep it: codes without identities, described safely, out of others' reach."""

import csv
import io
import random
import re
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEntry, Role
from survey import cohorts, labels, participants
from survey.cohorts import Setup
from survey.models import Cohort, Participant, Version
from survey.participants import Description
from survey.protocol.sheets import from_json
from survey.publishing import publish
from survey.scope import site_scope
from tests import workbooks as w
from tests.factories import make_staff, signed_in
from tests.roles import acting_as
from tests.studies import MONDAY, publish_small, site_of

pytestmark = pytest.mark.django_db
LANGUAGES = ("English (en)", "Español (es)", "العربية (ar)")
FORM: dict[str, Any] = {
    "count": "1",
    "gender": "woman",
    "modes": ["survey", "interview"],
    "month": "2015-08",
    "issues": ["land"],
    "regions": ["oaxaca"],
    "descriptor": "",
}
LAND = Description(("interview",), "woman", ("land",), ("oaxaca",), "", "2015-08")


@pytest.fixture
def version() -> Version:
    lists = w.sheets(
        [*w.group("about", w.one("sex", "sex"), w.many("rights", "rights"), w.one("region", "region"))],
        [
            *w.SEX,
            *w.choices("rights", "land", "women", "other", none=True),
            *w.choices("region", "oaxaca", "puebla"),
        ],
        countries=[w.country("MX"), w.country("KE")],
        settings={"gender_question": "sex", "issue_question": "rights", "region_question": "region"},
        languages=LANGUAGES,
    )
    with acting_as("survey_owner"):
        return publish(workbook=from_json(lists), on=MONDAY)


@pytest.fixture
def cohort(version: Version) -> Cohort:
    return cohorts.create(site=site_of(version, "MX"), version=version, setup=Setup("Oaxaca"), by="ana")


@pytest.fixture
def researcher(client: Client, version: Version) -> Client:
    make_staff("ana", Role.Name.RESEARCHER, site_of(version, "MX"))
    signed_in(client, "ana")
    return client


def address(cohort: Cohort, page: str = "") -> str:
    return f"/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/participants/{page}"


def text(client: Client, cohort: Cohort, page: str = "") -> str:
    answer = client.get(address(cohort, page))
    assert answer.status_code == 200
    return str(answer.content.decode())


def registered(cohort: Cohort) -> list[Participant]:
    with site_scope(cohort.site_id):
        return list(Participant.objects.filter(cohort_id=cohort.pk))


def register(cohort: Cohort, description: Description = LAND, count: int = 1) -> list[Participant]:
    codes = participants.register(cohort=cohort, description=description, count=count, by="ana")
    return [one for one in registered(cohort) if one.code in codes]


def freeze(cohort: Cohort) -> None:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        Cohort.objects.filter(pk=cohort.pk).update(state="frozen")


# Adding ---------------------------------------------------------------------------------------------------------------


def test_a_participant_is_registered_under_a_drawn_code(researcher: Client, cohort: Cohort) -> None:
    answer = researcher.post(address(cohort, "new/"), FORM)
    assert (answer.status_code, answer["Location"]) == (303, address(cohort, "added/"))
    (one,) = registered(cohort)
    assert labels.read_label(one.code) == one.code
    assert one.code in text(researcher, cohort, "added/")
    assert participants.description_of(one) == Description(
        ("survey", "interview"), "woman", ("land",), ("oaxaca",), "", "2015-08"
    )


def test_several_who_are_described_alike_get_a_code_each(researcher: Client, cohort: Cohort) -> None:
    assert researcher.post(address(cohort, "new/"), {**FORM, "count": "200"}).status_code == 303
    codes = {one.code for one in registered(cohort)}
    shown = text(researcher, cohort, "added/")
    assert len(codes) == 200
    assert set(re.findall(r"\d{4}-\d{4}", shown)) == codes


def test_a_form_that_is_sent_twice_registers_once(researcher: Client, cohort: Cohort) -> None:
    once = re.search(r'name="once" value="(\w+)"', text(researcher, cohort, "new/"))
    assert once
    sent = [researcher.post(address(cohort, "new/"), {**FORM, "once": once.group(1)}).status_code for _ in range(2)]
    assert (sent, len(registered(cohort))) == ([303, 303], 1)


def test_neither_codes_nor_row_numbers_tell_who_came_first(cohort: Cohort) -> None:
    people = [register(cohort)[0] for _ in range(12)]
    assert sorted(people, key=lambda one: one.code) != people
    assert sorted(people, key=lambda one: int(one.pk)) != people


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"modes": []}, "Tick at least one."),
        ({"count": "0"}, "Ensure this value is greater than or equal to 1."),
        ({"count": "201"}, "Ensure this value is less than or equal to 200."),
        ({"month": "2015"}, "Write year and month, such as 2015-08."),
        ({"month": "2015-13"}, "Write year and month, such as 2015-08."),
        ({"month": "2015-08-03"}, "Write year and month, such as 2015-08."),
        ({"month": "9999-01"}, "This month has not come yet."),
        ({"modes": ["survey"]}, "Tick “interview”, or empty the month."),
        ({"gender": "girl"}, "Select a valid choice. girl is not one of the available choices."),
        ({"issues": ["none"]}, "Select a valid choice. none is not one of the available choices."),
        ({"regions": ["prefer_not"]}, "Select a valid choice. prefer_not is not one of the available choices."),
        ({"descriptor": "x" * 121}, "Ensure this value has at most 120 characters (it has 121)."),
        ({"descriptor": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_is_told_and_nobody_is_registered(
    researcher: Client, cohort: Cohort, changed: dict[str, Any], message: str
) -> None:
    answer = researcher.post(address(cohort, "new/"), {**FORM, **changed})
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert registered(cohort) == []


def test_this_month_in_any_digits_is_no_future(researcher: Client, cohort: Cohort) -> None:
    month = timezone.now().strftime("%Y-%m")
    typed = month.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert researcher.post(address(cohort, "new/"), {**FORM, "month": typed}).status_code == 303
    assert registered(cohort)[0].interviewed_in == month


def test_what_looks_like_a_name_is_saved_after_a_second_look_at_these_words(researcher: Client, cohort: Cohort) -> None:
    form = {**FORM, "descriptor": "Night School teacher"}
    first = researcher.post(address(cohort, "new/"), form)
    assert first.status_code == 422
    assert "Two words with capital letters in a row can be a name." in first.content.decode()
    stamp = re.search(r'name="looked_again" value="(\w+)"', first.content.decode())
    assert stamp
    looked = {"looked_again": stamp.group(1)}
    other = researcher.post(address(cohort, "new/"), {**form, **looked, "descriptor": "Maria Lopez"})
    assert other.status_code == 422
    assert researcher.post(address(cohort, "new/"), {**form, **looked}).status_code == 303
    assert [one.descriptor for one in registered(cohort)] == ["Night School teacher"]


def test_a_study_that_names_no_questions_has_no_such_fields(client: Client) -> None:
    small = publish_small()
    site = site_of(small, "KE")
    own = cohorts.create(site=site, version=small, setup=Setup("Nairobi"), by="amina")
    make_staff("amina", Role.Name.RESEARCHER, site)
    signed_in(client, "amina")
    page = text(client, own, "new/")
    assert [f'name="{name}"' in page for name in ("modes", "month", "gender", "issues", "regions")] == [
        *(True, True, True, True, False)
    ]


JUNK = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from([*FORM, "revision", "looked_again"]), JUNK))
def test_junk_never_breaks_a_page(researcher: Client, cohort: Cohort, junk: dict[str, str]) -> None:
    assert researcher.post(address(cohort, "new/"), {**FORM, **junk}).status_code in (303, 422)
    assert researcher.get(address(cohort), {"code": "".join(junk.values()), **junk, "page": "x"}).status_code == 200


# The list -------------------------------------------------------------------------------------------------------------


def test_the_papers_seventy_five_participants_come_out(researcher: Client, cohort: Cohort) -> None:
    register(cohort, Description(("survey",), "woman"), 44)
    register(cohort, Description(("interview",), "woman"), 1)
    register(cohort, Description(("survey", "focus group"), "man"), 30)
    numbers = [(one.gender, one.people, *one.modes.values()) for one in participants.groups_of(cohort)]
    assert numbers == [(None, 75, 74, 1, 30), ("man", 30, 30, 0, 30), ("woman", 45, 44, 1, 0)]
    page = text(researcher, cohort)
    assert (
        '<th scope="row">Participants</th><td class="num">75</td><td class="num">30</td><td class="num">45</td>' in page
    )
    assert '<th scope="row">survey</th><td class="num">74</td><td class="num">30</td><td class="num">44</td>' in page


def test_the_list_is_paged_filtered_and_searched(researcher: Client, cohort: Cohort) -> None:
    women = {one.code for one in register(cohort, count=51)}
    (man,) = register(cohort, Description(("survey",), "man"))
    (unstated,) = register(cohort, Description(("focus group",)))

    def codes(query: str) -> list[str]:
        return re.findall(r'<bdi dir="ltr">([^<]+)</bdi></a>', text(researcher, cohort, query))

    every = sorted([*women, man.code, unstated.code])
    assert (codes(""), codes("?page=2"), codes("?page=99")) == (every[:50], every[50:], every[50:])
    assert codes("?gender=woman&page=2") == sorted(women)[50:]
    assert (codes("?gender=man"), codes("?gender=-"), codes("?mode=survey")) == (
        *([man.code], [unstated.code], [man.code]),
    )
    assert codes(f"?code={man.code.replace('-', '+')}") == [man.code]
    wrong = str((int(man.code[0]) + 1) % 10) + man.code[1:]
    assert "one of them is wrong, or two changed places" in text(researcher, cohort, f"?code={wrong}")


def test_codes_of_imports_are_found_whatever_they_look_like(researcher: Client, cohort: Cohort) -> None:
    strange = ("S0001", "new", "=1+1", "é/ü ؟")
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        Participant.objects.bulk_create(
            Participant(site_id=cohort.site_id, cohort_id=cohort.pk, code=code, took_survey=True, gender="unknown")
            for code in strange
        )
    for one in registered(cohort):
        assert one.code in text(researcher, cohort, f"{one.pk}/")
    assert "S0001" in text(researcher, cohort, "?code=s00")
    rows = list(csv.reader(io.StringIO(text(researcher, cohort, "attributions/"))))
    assert sorted(row[0] for row in rows) == ["'=1+1", "S0001", "code", "new", "é/ü ؟"]
    # What an import brought stays until somebody takes it away.
    (one, *_) = registered(cohort)
    assert '<option value="unknown" selected>' in text(researcher, cohort, f"{one.pk}/edit/")


def test_the_number_of_queries_does_not_grow(researcher: Client, cohort: Cohort) -> None:
    def queries() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as counted:
            text(researcher, cohort)
        return len(counted), sum('FROM "survey_participant"' in one["sql"] for one in counted.captured_queries)

    register(cohort)
    # The first page of a session writes down that the session goes on.
    text(researcher, cohort)
    first = queries()
    register(cohort, count=120)
    # Counted by gender, counted for the pages, and the page itself.
    assert queries() == first == (first[0], 3)


def test_ten_thousand_are_listed_and_written_out(researcher: Client, cohort: Cohort) -> None:
    rng = random.Random(1)
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        Participant.objects.bulk_create(
            Participant(
                site_id=cohort.site_id,
                cohort_id=cohort.pk,
                code=f"S{number:05d}",
                gender=rng.choice(["woman", "man"]),
                took_interview=True,
                issues=rng.sample(["land", "women"], rng.randint(0, 2)),
                regions=rng.sample(["oaxaca", "puebla"], rng.randint(0, 2)),
                interviewed_in=f"{rng.randint(2010, 2025)}-{rng.randint(1, 12):02d}",
                descriptor=rng.choice(["", "", f"trade {rng.randrange(5_000)}"]),
            )
            for number in range(10_000)
        )
    for page in ("", "?gender=woman&page=99", "?code=S09", "attributions/"):
        assert text(researcher, cohort, page)


# One participant ------------------------------------------------------------------------------------------------------


def test_what_may_be_printed_stands_in_every_language_of_the_study(researcher: Client, cohort: Cohort) -> None:
    (one, *_) = register(cohort, count=3)
    page = text(researcher, cohort, f"{one.pk}/")
    assert "Participant working on land in oaxaca. Interviewed in August 2015." in page
    assert "Participante que trabaja en temas de land en oaxaca. Entrevista en agosto de 2015." in page
    assert "شخص مشارك في مجال land في oaxaca. أُجريت المقابلة في أغسطس 2015." in page
    assert "3 people of this cohort fit this." in page


def test_two_alike_are_only_participants(researcher: Client, cohort: Cohort) -> None:
    register(cohort, count=2)
    rows = list(csv.reader(io.StringIO(text(researcher, cohort, "attributions/"))))
    assert rows[0] == ["code", "en", "es", "ar"]
    assert [row[1:] for row in rows[1:]] == [["Participant.", "Participante.", "شخص مشارك."]] * 2


def test_a_participant_is_described_anew(researcher: Client, cohort: Cohort) -> None:
    (one,) = register(cohort)
    saved = researcher.post(address(cohort, f"{one.pk}/edit/"), {**FORM, "revision": "0", "gender": ""})
    assert (saved.status_code, saved["Location"]) == (303, address(cohort, f"{one.pk}/?saved=1"))
    (again,) = registered(cohort)
    assert (again.code, again.gender, again.revision) == (one.code, "", 1)


def test_of_two_who_change_a_participant_at_once_the_second_is_told(researcher: Client, cohort: Cohort) -> None:
    (one,) = register(cohort)
    page = address(cohort, f"{one.pk}/edit/")
    assert researcher.post(page, {**FORM, "revision": "0"}).status_code == 303
    late = researcher.post(page, {**FORM, "revision": "0", "gender": "man"})
    assert late.status_code == 409
    assert "Somebody else changed this" in late.content.decode()
    assert researcher.post(address(cohort, f"{one.pk}/remove/"), {"revision": "0"}).status_code == 409
    assert [(kept.gender, kept.revision) for kept in registered(cohort)] == [("woman", 1)]


def test_removing_says_what_it_means_and_asks_first(researcher: Client, cohort: Cohort) -> None:
    (one,) = register(cohort)
    assert "cannot be brought back" in text(researcher, cohort, f"{one.pk}/remove/")
    assert len(registered(cohort)) == 1
    assert researcher.post(address(cohort, f"{one.pk}/remove/"), {"revision": "0"}).status_code == 303
    assert registered(cohort) == []


def test_a_frozen_registry_changes_no_more(researcher: Client, cohort: Cohort) -> None:
    (one,) = register(cohort)
    freeze(cohort)
    for page in ("new/", f"{one.pk}/edit/", f"{one.pk}/remove/"):
        assert researcher.get(address(cohort, page)).status_code == 404
        assert researcher.post(address(cohort, page), {**FORM, "revision": "0"}).status_code == 404
    # Nor when the cohort was frozen while a page was open.
    for act in (
        lambda: participants.register(cohort=cohort, description=LAND, by="ana"),
        lambda: participants.change(cohort=cohort, code=one.code, description=LAND, revision=0, by="ana"),
        lambda: participants.remove(cohort=cohort, code=one.code, revision=0, by="ana"),
    ):
        with pytest.raises(participants.FrozenError):
            act()
    assert "This cohort is frozen" in text(researcher, cohort)
    assert one.code in text(researcher, cohort, f"{one.pk}/")


# Out of reach ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["", "new/", "added/", "attributions/", "{pk}/", "{pk}/edit/", "{pk}/remove/"])
def test_the_registry_does_not_exist_for_another_countrys_researcher(
    client: Client, version: Version, cohort: Cohort, page: str
) -> None:
    (one,) = register(cohort)
    kenya = site_of(version, "KE")
    own = cohorts.create(site=kenya, version=version, setup=Setup("Nairobi"), by="amina")
    make_staff("amina", Role.Name.RESEARCHER, kenya)
    signed_in(client, "amina")
    place = page.format(pk=one.pk)
    assert client.get(address(cohort, place)).status_code == 404
    assert client.post(address(cohort, place), FORM).status_code in (404, 405)
    if "{pk}" in page:
        # Nor under the address of one's own cohort.
        assert client.get(address(own, place)).status_code == 404


def test_the_audit_trail_knows_that_something_was_done_and_not_to_whom(researcher: Client, cohort: Cohort) -> None:
    researcher.post(address(cohort, "new/"), FORM)
    (one,) = registered(cohort)
    researcher.post(address(cohort, f"{one.pk}/edit/"), {**FORM, "revision": "0"})
    researcher.get(address(cohort, "attributions/"))
    researcher.post(address(cohort, f"{one.pk}/remove/"), {"revision": "1"})
    with acting_as("survey_owner"):
        entries = list(AuditEntry.objects.order_by("pk"))
    told = [(one.action, one.detail) for one in entries if one.action.startswith(("participant", "attribution"))]
    name = f"{cohort.site_id}/Oaxaca"
    assert told == [
        ("participants-registered", {"cohort": name, "participants": 1}),
        ("participant-changed", {"cohort": name}),
        ("attributions-file", {"cohort": name, "participants": 1}),
        ("participant-removed", {"cohort": name}),
    ]


def test_the_database_refuses_a_code_twice_and_somebody_who_took_no_part(cohort: Cohort) -> None:
    (one,) = register(cohort)
    row = {"site_id": cohort.site_id, "cohort_id": cohort.pk}
    for wrong in ({"code": one.code, "took_survey": True}, {"code": "X"}):
        with pytest.raises(IntegrityError), transaction.atomic(), site_scope(cohort.site_id):
            Participant.objects.create(**row, **wrong)
