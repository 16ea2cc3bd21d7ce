"""Every address of the program, by every method and every kind of visitor, and every kind of error page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as present
from django.db import OperationalError
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from accounts.models import Role
from survey import batches, invitations, links
from survey.models import Cohort, Flag, Participant, Response, Version
from survey.scope import site_scope
from tests.factories import begin_comparison, finish_comparison, make_staff, signed_in
from tests.roles import acting_as
from tests.studies import MONDAY, add_cohort, publish_small, site_of
from tests.survey.test_participant import TOKEN, start
from tests.surveyproject.answers import faults
from tests.test_access_matrix import patterns

pytestmark = pytest.mark.django_db
ONION = f"http://{'a' * 56}.onion"
FORM = "application/x-www-form-urlencoded"


def all_patterns() -> dict[str, set[str]]:
    """Names of all addresses with the parts that they are made of; participants' ones stand at the top."""
    found: dict[str, set[str]] = {}
    for one in patterns(get_resolver()):
        assert not isinstance(one, URLResolver)
        found[str(one.name)] = set(one.pattern.converters)
    return found


ADDRESSES = all_patterns()
EXAMPLES: dict[str, object] = {"number": 1, "batch": 1, "part": 0, "language": "en", "to": "paused", "do": "on"}
EXAMPLES |= {"slug": "small", "kind": "csv", "country": "KE", "name": "cut", "token": TOKEN, "upload_id": 1}


@pytest.fixture
def version() -> Version:
    return publish_small()


@pytest.fixture
def cohort(version: Version) -> Cohort:
    """One of everything that an address may name, and a link to answer."""
    kenya = site_of(version, "KE")
    found = add_cohort(kenya, version, state=Cohort.State.OPEN, size=3)
    invitations.make_batch(cohort=found, size=1, language="en", channel="printed", expires_on=MONDAY)
    batches.register(cohort=found, language="en", sheets=1, received_on=MONDAY, by="amina")
    with acting_as("survey_worker"), site_scope(kenya.pk):
        links.set_link(cohort=found, token=TOKEN)
        place = {"site_id": kenya.pk, "cohort_id": found.pk, "week": "2026-W48", "language": "en", "detail": "1"}
        Flag.objects.create(kind="twin", response_id=Response.objects.values_list("pk", flat=True)[0], **place)
    add_cohort(site_of(version, "EG"), version)
    return found


def parts_of(cohort: Cohort, version: Version) -> dict[str, object]:
    comparison = finish_comparison(begin_comparison(version, [site_of(version, "EG")]))
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        flag = Flag.objects.values_list("pk", flat=True).get()
        person = Participant.objects.values_list("pk", flat=True).order_by("pk")[0]
    own = {"site_id": cohort.site_id, "cohort_id": cohort.pk, "flag_id": flag, "pk": comparison.pk}
    return {**EXAMPLES, **own, "person": person}


def address(name: str, known: dict[str, object]) -> str:
    chosen = {**known, "number": known["person"]} if name.startswith("participant") else known
    return reverse(name, kwargs={part: chosen.get(part, 1) for part in ADDRESSES[name]})


def visitors(version: Version) -> dict[str, Callable[[], Client]]:
    kenya = site_of(version, "KE")
    make_staff("amina", Role.Name.RESEARCHER, kenya)
    make_staff("ana")
    make_staff("ada", Role.Name.ADMINISTRATOR)
    return {
        "nobody": lambda: Client(raise_request_exception=False),
        **{name: lambda name=name: _staff(name) for name in ("amina", "ana", "ada")},  # type: ignore[misc]
        "participant": _participant,
    }


def _staff(name: str) -> Client:
    from accounts.models import User

    return signed_in(Client(raise_request_exception=False), User.objects.get(username=name))


def _participant() -> Client:
    client = Client(raise_request_exception=False)
    start(client)
    return client


def ask(client: Client, method: str, where: str) -> Any:
    return client.post(where, {"reason": "x", "revision": "0"}) if method == "POST" else client.generic(method, where)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS"])
def test_no_address_gives_an_answer_with_a_fault(method: str, version: Version, cohort: Cohort) -> None:
    known, found, there = parts_of(cohort, version), [], set()
    for visitor, come in visitors(version).items():
        for name in ADDRESSES:
            response = ask(come(), method, address(name, known))
            found += [(visitor, name, fault) for fault in faults(response)]
            found += [(visitor, name, "500")] if response.status_code >= 500 else []
            there |= {name} if response.status_code in (200, 303, 422) else set()
    assert found == []
    # Else it would be the error pages that were looked at: nearly every address has somebody who reaches it.
    assert len(there) > (len(ADDRESSES) * 2 // 3 if method in ("GET", "HEAD") else 20 if method == "POST" else -1)


@pytest.fixture
def behind_tls(settings: Any) -> Any:
    settings.HTTPS = settings.SESSION_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME = "__Host-s"
    settings.ONION_ORIGIN = ONION
    return settings


def test_behind_tls_there_is_one_host_bound_cookie_and_the_onion_is_named_without_a_path(
    behind_tls: Any, version: Version, cohort: Cohort
) -> None:
    client = Client()
    response = client.post(f"/j/{TOKEN}/", {"_do": "start", "_lang": "en"}, secure=True)
    transport = "max-age=63072000; includeSubDomains"
    page = client.get("/", secure=True)
    onion = {"Onion_Location": f"{ONION}/"}
    assert faults(page, Strict_Transport_Security=transport, **onion) == []
    assert faults(client.get(f"/j/{TOKEN}/", secure=True), Strict_Transport_Security=transport, **onion) == []
    assert faults(client.get("/nothing/", secure=True), Strict_Transport_Security=transport, **onion) == []
    cookie = response.cookies["__Host-s"]
    kept = {name: cookie[name] for name in ("secure", "httponly", "samesite", "path", "domain", "max-age", "expires")}
    assert kept == {
        **{"secure": True, "httponly": True, "samesite": "Strict"},
        **{"path": "/", "domain": "", "max-age": "", "expires": ""},
    }


def test_a_file_or_an_onion_visitor_is_not_sent_to_the_onion(behind_tls: Any, version: Version, cohort: Cohort) -> None:
    client = signed_in(Client(), make_staff())
    number = finish_comparison(begin_comparison(version, [site_of(version, "EG")])).pk
    file = client.get(reverse("comparison-file", args=[number, "csv"]), secure=True)
    assert "Onion-Location" not in file
    behind_tls.ONION_ORIGIN = ""
    assert "Onion-Location" not in client.get("/", secure=True)


# Errors ---------------------------------------------------------------------------------------------------------------


def broken(error: Exception) -> Callable[..., Any]:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise error

    return fail


def _get(client: Client, path: str, **more: Any) -> Any:
    return client.get(path, **more)


ERRORS: dict[int, Callable[[Client], Any]] = {
    400: lambda client: client.get("/", headers={"host": "evil.example"}),
    403: lambda client: Client(enforce_csrf_checks=True).post("/", {"_do": "next"}),
    404: lambda client: client.get("/nothing/"),
    405: lambda client: client.put("/"),
    413: lambda client: client.post("/", {"a": "x" * (present.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)}),
    415: lambda client: client.post("/", b"--x--", content_type="multipart/form-data; boundary=x"),
}


@pytest.mark.parametrize("status", ERRORS)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_kind_of_error_is_an_answer_without_a_fault(status: int, language: str) -> None:
    client = Client(raise_request_exception=False, headers={"accept-language": language})
    response = ERRORS[status](client)
    assert response.status_code == status
    assert faults(response) == []


@pytest.mark.parametrize(("error", "status"), [(ZeroDivisionError(), 500), (OperationalError(), 503)])
def test_so_are_our_own_failures(error: Exception, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("survey.views.code.frames.own_page", broken(error))
    response = Client(raise_request_exception=False).get("/code/")
    assert response.status_code == status
    assert faults(response) == []
    assert response.get("Retry-After") == {500: None, 503: "10"}[status]


# What comes in --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/json", "text/plain"])
def test_participants_addresses_read_nothing_but_plain_forms(kind: str, version: Version, cohort: Cohort) -> None:
    for name in ("questionnaire", "link", "invitation", "code"):
        where = reverse(name, kwargs={part: EXAMPLES[part] for part in ADDRESSES[name]})
        response = Client().post(where, b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb', content_type=kind)
        assert response.status_code == 415, name
        assert "This is not how a form is sent" in response.content.decode()


def test_only_the_pages_for_files_releases_of_laptops_and_summaries_take_them(version: Version, cohort: Cohort) -> None:
    taking = set()
    for resolved in patterns(get_resolver()):
        taking |= {str(resolved.name)} if getattr(resolved.callback, "takes_files", False) else set()
    assert taking == {"files", "cohort-release", "summary", "comparison-check"}
