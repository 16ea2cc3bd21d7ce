"""The page that takes a laptop's release back: a file as browsers send it, checked at once and stored by a worker."""

import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import AuditEntry, Role
from reports import returning, tasks
from survey.models import Cohort, Version
from tests.factories import make_staff, signed_in
from tests.reports.test_offline import Told, by_worker, cohort_in_kenya, exported, made, newest, private_key, retold
from tests.roles import acting_as
from tests.studies import site_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def researcher(client: Client, version: Version) -> Client:
    return signed_in(client, make_staff("amina", Role.Name.RESEARCHER, site_of(version, "KE")))


def address(cohort: Cohort) -> str:
    return f"/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/release/"


def send(client: Client, cohort: Cohort, told: Told, **more: str) -> Any:
    """A release sent at the desk, as a browser sends a file."""
    file = SimpleUploadedFile("return.json", json.dumps(told).encode())
    return client.post(address(cohort), {"file": file, **more})


def test_a_researcher_hands_a_release_over_and_a_worker_stores_it(
    researcher: Client, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort = cohort_in_kenya(version)
    told = made(exported(cohort), private_key(cohort))
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tasks, "_send", lambda wanted: asked.extend(one.args for one in wanted) is None)
    assert 'enctype="multipart/form-data"' in researcher.get(address(cohort)).content.decode()
    sent = send(researcher, cohort, told)
    assert (sent.status_code, sent["Location"]) == (303, f"/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/")
    assert [(site, by) for site, _content, by in asked] == [(cohort.site_id, "amina")]
    with acting_as("survey_worker"):
        tasks.take_release(*asked[0])
    assert newest(cohort, told["release"]["id"]).respondents == 60
    overview = researcher.get(sent["Location"])
    assert (overview.status_code, f'href="{sent["Location"]}release/"' in overview.content.decode()) == (200, True)
    assert AuditEntry.objects.filter(action="release-taken").values_list("actor", flat=True).get() == "amina"


def test_the_page_says_everything_that_is_wrong(researcher: Client, version: Version) -> None:
    cohort = cohort_in_kenya(version)
    told = made(exported(cohort), private_key(cohort))
    cells = {name: own for name, own in told["cells"].items() if name != "work.how"}
    release = {**told["release"], "cut": 7}
    answer = send(researcher, cohort, retold(told, cells=cells, release=release))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert ["<bdi>cut</bdi>" in page, "<bdi>work.how</bdi>" in page] == [True, True]
    assert send(researcher, cohort, {}).status_code == 422


def test_another_cohort_s_page_does_not_take_it(researcher: Client, version: Version) -> None:
    cohort, other = cohort_in_kenya(version), cohort_in_kenya(version, name="second")
    told = made(exported(cohort), private_key(cohort))
    answer = send(researcher, other, told)
    assert (answer.status_code, "of another cohort" in answer.content.decode()) == (422, True)


def test_another_country_s_researcher_finds_no_such_page(client: Client, version: Version) -> None:
    cohort = cohort_in_kenya(version)
    told = made(exported(cohort), private_key(cohort))
    signed_in(client, make_staff("omar", Role.Name.RESEARCHER, site_of(version, "EG")))
    assert [client.get(address(cohort)).status_code, send(client, cohort, told).status_code] == [404, 404]


def test_a_file_beyond_the_limit_is_no_release(researcher: Client, version: Version) -> None:
    cohort = cohort_in_kenya(version)
    told = made(exported(cohort), private_key(cohort))
    answer = send(researcher, cohort, {**told, "more": " " * returning.MOST_BYTES})
    assert (answer.status_code, "This is no file that" in answer.content.decode()) == (422, True)


def test_what_a_worker_refuses_after_all_is_in_the_trail_by_its_codes(version: Version) -> None:
    cohort = cohort_in_kenya(version)
    told = made(exported(cohort), private_key(cohort))
    by_worker(cohort)
    with acting_as("survey_worker"):
        tasks.take_release(cohort.site_id, json.dumps(told), "amina")
        tasks.take_release(cohort.site_id, "{}", "amina")
        found = AuditEntry.objects.filter(action="release-refused").order_by("pk").values_list("actor", "detail")
        assert list(found) == [
            ("amina", {"country": "KE", "codes": ["released-already"]}),
            ("amina", {"country": "KE", "codes": ["no-release"]}),
        ]


def test_a_file_is_only_taken_with_the_sign_of_our_own_form(version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    cohort = cohort_in_kenya(version)
    told = made(exported(cohort), private_key(cohort))
    monkeypatch.setattr(tasks, "_send", lambda wanted: True)
    amina = make_staff("amina", Role.Name.RESEARCHER, site_of(version, "KE"))
    client = signed_in(Client(enforce_csrf_checks=True), amina)
    assert send(client, cohort, told).status_code == 403
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(address(cohort)).content.decode())
    assert found is not None
    assert send(client, cohort, told, csrfmiddlewaretoken=found[1]).status_code == 303
