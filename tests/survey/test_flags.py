"""Quality: flags leave a response out with a reason and put it back; nobody sees which response it is."""

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, Role
from survey import flags
from survey.models import Cohort, Flag, Version
from survey.scope import site_scope
from tests.factories import make_staff, signed_in
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of

pytestmark = pytest.mark.django_db
GONE = uuid.UUID(int=7)


@pytest.fixture
def version() -> Version:
    return publish_small()


@pytest.fixture
def kenya(version: Version) -> Cohort:
    return add_cohort(site_of(version, "KE"), version, size=0, state="open")


@pytest.fixture
def researcher(client: Client, version: Version) -> Client:
    make_staff("amina", Role.Name.RESEARCHER, site_of(version, "KE"))
    signed_in(client, "amina")
    return client


def flagged(cohort: Cohort, kind: str = "twin", detail: str = "00001", **values: object) -> int:
    """One more flag, as a worker sets it; returns its number."""
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        made = Flag.objects.create(
            site_id=cohort.site_id,
            cohort_id=cohort.pk,
            kind=kind,
            response_id=uuid.uuid4(),
            week="2026-W48",
            language="en",
            detail=detail,
            **values,
        )
    return int(made.pk)


def again(cohort: Cohort, flag_id: int) -> Flag:
    found = flags.find(cohort=cohort, flag_id=flag_id)
    assert found is not None
    return found


def address(cohort: Cohort, page: str = "") -> str:
    return f"/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/responses/{page}"


def freeze(cohort: Cohort) -> None:
    with site_scope(cohort.site_id):
        Cohort.objects.filter(pk=cohort.pk).update(state="frozen")


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def test_without_a_flag_the_page_says_what_will_stand_there(researcher: Client, kenya: Cohort) -> None:
    assert "Nothing was noticed so far." in text_of(researcher.get(address(kenya)))


def test_flags_are_told_in_words_and_twins_stand_together(researcher: Client, kenya: Cohort) -> None:
    flagged(kenya)
    flagged(kenya, "flat", "")
    flagged(kenya, "paper", "", sheet="2/14")
    flagged(kenya)
    page = text_of(researcher.get(address(kenya)))
    words = [
        "nearly the same as another&#x27;s: group 1",
        "all through every battery",
        'Sheet <bdi dir="ltr">2/14</bdi>',
    ]
    assert [page.count(word) for word in words] == [2, 1, 1]
    assert page.index("group 1") < page.rindex("group 1") < page.index("Entered from paper")


def test_a_response_is_left_out_with_a_reason_and_put_back(researcher: Client, kenya: Cohort) -> None:
    one = flagged(kenya)
    assert researcher.post(address(kenya, f"{one}/exclude/"), {"reason": ""}).status_code == 422
    assert not again(kenya, one).excluded
    done = researcher.post(address(kenya, f"{one}/exclude/"), {"reason": "Sent twice by mistake"})
    assert (done.status_code, done["Location"]) == (303, address(kenya))
    flag = again(kenya, one)
    assert (flag.excluded, flag.reason, flag.by) == (True, "Sent twice by mistake", "amina")
    assert "left out" in text_of(researcher.get(address(kenya)))
    assert researcher.post(address(kenya, f"{one}/put-back/"), {"reason": "Two people"}).status_code == 303
    assert not again(kenya, one).excluded


def test_the_audit_trail_names_the_flag_and_nothing_else(researcher: Client, kenya: Cohort) -> None:
    one = flagged(kenya)
    researcher.post(address(kenya, f"{one}/exclude/"), {"reason": "Sent twice"})
    entry = AuditEntry.objects.order_by("-pk")[0]
    assert (entry.actor, entry.action, entry.detail) == ("amina", "response-excluded", {"kind": "twin", "flag": one})


def test_leaving_the_last_of_a_group_out_is_warned_of(researcher: Client, kenya: Cohort) -> None:
    one, other = flagged(kenya), flagged(kenya)
    warning = "All others of its group are left out already."
    assert warning not in text_of(researcher.get(address(kenya, f"{one}/exclude/")))
    researcher.post(address(kenya, f"{other}/exclude/"), {"reason": "Sent twice"})
    page = text_of(researcher.get(address(kenya, f"{one}/exclude/")))
    assert warning in page
    assert "group 1" in page


def test_of_two_who_change_a_flag_the_second_is_told(researcher: Client, kenya: Cohort) -> None:
    one = flagged(kenya)
    before = again(kenya, one)
    flags.exclude(cohort=kenya, flag=before, reason="First", by="baraka")
    with pytest.raises(flags.StaleFlagError):
        flags.exclude(cohort=kenya, flag=before, reason="Second", by="amina")
    late = researcher.post(address(kenya, f"{one}/exclude/"), {"reason": "Second"})
    assert late.status_code == 409
    assert again(kenya, one).reason == "First"


def test_a_frozen_cohort_changes_no_more(researcher: Client, kenya: Cohort) -> None:
    one = flagged(kenya)
    before = again(kenya, one)
    freeze(kenya)
    with pytest.raises(flags.FrozenFlagsError):
        flags.exclude(cohort=kenya, flag=before, reason="Too late", by="amina")
    assert researcher.post(address(kenya, f"{one}/exclude/"), {"reason": "Too late"}).status_code == 404
    page = text_of(researcher.get(address(kenya)))
    assert "This cohort is frozen" in page
    assert "Leave out" not in page


@pytest.mark.parametrize("page", ["", "{}/exclude/", "{}/put-back/"])
def test_another_countrys_researcher_finds_nothing(client: Client, version: Version, kenya: Cohort, page: str) -> None:
    one = flagged(kenya)
    egypt = site_of(version, "EG")
    own = add_cohort(egypt, version, size=0, state="open")
    make_staff("basma", Role.Name.RESEARCHER, egypt)
    signed_in(client, "basma")
    foreign = address(kenya, page.format(one))
    assert client.get(foreign).status_code == 404
    assert client.post(foreign, {"reason": "x"}).status_code in (404, 405)
    # Nor is the flag found under a cohort of one's own.
    assert client.get(address(own, f"{one}/exclude/")).status_code == 404
    assert not again(kenya, one).excluded


def test_a_page_shows_no_response_and_asks_as_often_for_many_flags_as_for_one(
    researcher: Client, kenya: Cohort
) -> None:
    numbers = []
    researcher.get(address(kenya))
    for more in (1, 60):
        for _ in range(more):
            flagged(kenya)
        with CaptureQueriesContext(connection) as queries:
            page = researcher.get(address(kenya))
        numbers.append(len(queries))
        with acting_as("survey_worker"), site_scope(kenya.site_id):
            ids = [str(one) for one in Flag.objects.values_list("response_id", flat=True)]
        assert [one for one in ids if one in page.content.decode()] == []
    assert numbers[0] == numbers[1]
    assert "Page 1 of 2" in text_of(page)
    assert "Page 2 of 2" in text_of(researcher.get(address(kenya), {"page": "2"}))


@pytest.mark.parametrize("number", ["0", "-1", "x", "٣", "9" * 40, "99"])
def test_odd_pages_do_no_harm(researcher: Client, kenya: Cohort, number: str) -> None:
    flagged(kenya)
    assert researcher.get(address(kenya), {"page": number}).status_code == 200


def test_leaving_a_response_out_holds_for_all_its_flags(kenya: Cohort) -> None:
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        number = uuid.uuid4()
        place = {"site_id": kenya.site_id, "cohort_id": kenya.pk, "week": "2026-W48", "language": "en"}
        Flag.objects.bulk_create(
            Flag(kind=kind, detail=detail, response_id=number, **place)
            for kind, detail in (("flat", ""), ("twin", "7"))
        )
    first = flags.find(cohort=kenya, flag_id=own_flags(kenya)[-1].pk)
    assert first is not None
    flags.exclude(cohort=kenya, flag=first, reason="Sent twice", by="amina")
    assert {(one.excluded, one.reason) for one in own_flags(kenya)[-2:]} == {(True, "Sent twice")}
    again = flags.find(cohort=kenya, flag_id=own_flags(kenya)[-2].pk)
    assert again is not None
    flags.put_back(cohort=kenya, flag=again, reason="It was not", by="amina")
    assert {one.excluded for one in own_flags(kenya)[-2:]} == {False}


def own_flags(cohort: Cohort) -> list[Flag]:
    with site_scope(cohort.site_id):
        return list(Flag.objects.order_by("pk").only(*flags.COLUMNS))
