"""Every address of the desk against every kind of visitor: what is not one's own does not exist.

A new address is tried as soon as it is in the URLconf; one whose parts nobody gave an example for fails the test.
"""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts import people
from accounts.models import Role, User
from survey import batches, invitations
from survey.models import Cohort, Flag, Participant, Response, Version
from survey.scope import site_scope
from tests.factories import make_staff, signed_in
from tests.roles import acting_as
from tests.studies import MONDAY, add_cohort, publish_small, site_of

pytestmark = pytest.mark.django_db
# What stands in the addresses' other parts; the example exists, so that a 404 is one of permission.
EXAMPLES = {"number": 1, "batch": 1, "part": 0, "language": "en", "to": "paused", "do": "on", "name": "cut", "pk": 1}
EXAMPLES |= {"slug": "small", "kind": "csv", "request_id": 1, "country": "KE", "act": "end-sessions", "holder_id": 1}
# Everybody's, and what participants open: tests of their own look at them.
OPEN = {"sign-in", "signed-out", "sign-out", "choose-language", "sign-in-code", "enrol", "join"}
# The own account, and where the day begins.
OWN = {"account", "account-password", "account-codes", "account-phone", "account-end-others", "backup-codes", "desk"}
ADMINISTRATORS = {"accounts", "account-new", "account-of", "account-link", "account-act"}


def patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns(one)
        else:
            yield one


def desk_patterns() -> dict[str, set[str]]:
    """Names of the desk's addresses with the parts that they are made of."""
    found: dict[str, set[str]] = {}
    for resolver in get_resolver().url_patterns:
        assert isinstance(resolver, URLResolver)
        for one in patterns(resolver):
            if f"{resolver.pattern}{one.pattern}".startswith("desk/") and one.name not in OPEN:
                found[str(one.name)] = set(one.pattern.converters)
    return found


DESK = desk_patterns()
OF_COHORTS = sorted(name for name, parts in DESK.items() if "cohort_id" in parts)
OTHERS = sorted(name for name, parts in DESK.items() if "cohort_id" not in parts)


@pytest.fixture
def version() -> Version:
    return publish_small()


@pytest.fixture
def cohort(version: Version) -> Cohort:
    """Kenya's, with one of everything that an address may name."""
    kenya = site_of(version, "KE")
    found = add_cohort(kenya, version, state=Cohort.State.OPEN, size=3)
    invitations.make_batch(cohort=found, size=1, language="en", channel="printed", expires_on=MONDAY)
    make_staff("other")
    batches.register(cohort=found, language="en", sheets=1, received_on=MONDAY, by="amina")
    with acting_as("survey_worker"), site_scope(kenya.pk):
        place = {"site_id": kenya.pk, "cohort_id": found.pk, "week": "2026-W48", "language": "en", "detail": "1"}
        Flag.objects.create(kind="twin", response_id=Response.objects.values_list("pk", flat=True)[0], **place)
    return found


def address(name: str, cohort: Cohort) -> str:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        flag = Flag.objects.values_list("pk", flat=True).get()
        person = Participant.objects.values_list("pk", flat=True).order_by("pk")[0]
    examples = {**EXAMPLES, **({"number": person} if name.startswith("participant") else {})}
    known = {**examples, "site_id": cohort.site_id, "cohort_id": cohort.pk, "flag_id": flag, "upload_id": 1}
    known["person"] = User.objects.get(username="other").pk
    return reverse(name, kwargs={part: known[part] for part in DESK[name]})


def visitor(role: str | None, country: str, version: Version) -> Client:
    client = Client()
    if role is not None:
        site = site_of(version, country) if country else None
        signed_in(client, make_staff(f"{role}-{country}", role, site))
    return client


def participant(cohort: Cohort) -> Client:
    """Somebody in the middle of the questionnaire: a session with a draft and no account."""
    client = Client()
    made = {"cohort": cohort, "size": 1, "language": "en", "channel": "printed", "expires_on": MONDAY}
    [token] = invitations.make_batch(**made)[1]
    client.get(f"/i/{token}/")
    client.post("/", {"_do": "agree"})
    return client


def half_way(version: Version) -> Client:
    """The right researcher, with a password and without a code."""
    client = Client()
    client.force_login(make_staff("half", Role.Name.RESEARCHER, site_of(version, "KE")))
    return client


def signed_out(version: Version) -> Client:
    client = visitor(Role.Name.RESEARCHER, "KE", version)
    client.get("/desk/account/")
    client.post("/desk/sign-out/")
    return client


def gone(version: Version) -> Client:
    """A researcher whose account was closed while the desk was open."""
    client = Client()
    user = make_staff("brian", Role.Name.RESEARCHER, site_of(version, "KE"))
    signed_in(client, user).get("/desk/account/")
    people.close(person=user, by=make_staff("ada", Role.Name.ADMINISTRATOR))
    return client


def statuses(client: Client, address: str) -> tuple[int, int]:
    return client.get(address).status_code, client.post(address, {"reason": "x", "revision": "0"}).status_code


@pytest.mark.parametrize("name", sorted(DESK))
def test_whoever_has_not_proved_who_they_are_is_led_to_sign_in(name: str, version: Version, cohort: Cohort) -> None:
    place = address(name, cohort)
    outside = {
        "stranger": (Client(), "/desk/sign-in/?next="),
        "participant": (participant(cohort), "/desk/sign-in/?next="),
        "without a code": (half_way(version), "/desk/sign-in/code/?next="),
        "signed out": (signed_out(version), "/desk/sign-in/?next="),
        "account closed": (gone(version), "/desk/sign-in/?next="),
    }
    for who, (client, door) in outside.items():
        # Led to sign in, or the address takes only the other method.
        answers = [client.get(place), client.post(place, {"reason": "x", "revision": "0"})]
        assert {answer.status_code for answer in answers} <= {302, 405}, (name, who)
        assert all(answer["Location"].startswith(door) for answer in answers if answer.status_code == 302), (name, who)


@pytest.mark.parametrize("name", OF_COHORTS)
def test_pages_of_a_cohort_are_there_for_its_own_countrys_researchers_only(
    name: str, version: Version, cohort: Cohort
) -> None:
    own = address(name, cohort)
    for role, country in (
        (Role.Name.RESEARCHER, "EG"),
        (Role.Name.COORDINATOR, ""),
        (Role.Name.ADMINISTRATOR, ""),
    ):
        other = visitor(role, country, version)
        assert set(statuses(other, own)) <= {404, 405}, (name, role)
    # A researcher of another country who puts her own country into the address finds nothing either.
    egypt = site_of(version, "EG").pk
    borrowed = own.replace(f"/sites/{cohort.site_id}/", f"/sites/{egypt}/", 1)
    if borrowed != own:
        client = Client()
        signed_in(client, make_staff("basma", Role.Name.RESEARCHER, site_of(version, "EG")))
        assert set(statuses(client, borrowed)) <= {404, 405}, name


def test_whoever_is_moved_to_another_country_while_signed_in_is_out_at_once(version: Version, cohort: Cohort) -> None:
    amina = visitor(Role.Name.RESEARCHER, "KE", version)
    assert amina.get(address("cohort", cohort)).status_code == 200
    with acting_as("survey_owner"):
        Role.objects.filter(user__username="researcher-KE").update(site_id=site_of(version, "EG").pk)
    assert set(statuses(amina, address("cohort-settings", cohort))) == {404}


@pytest.mark.parametrize("name", sorted(set(OTHERS) - OWN - ADMINISTRATORS))
def test_an_administrator_finds_no_study_no_cohort_and_no_report(name: str, version: Version, cohort: Cohort) -> None:
    administrator = visitor(Role.Name.ADMINISTRATOR, "", version)
    assert set(statuses(administrator, address(name, cohort))) <= {404, 405}, name


@pytest.mark.parametrize("name", sorted(ADMINISTRATORS))
def test_accounts_are_there_for_administrators_only(name: str, version: Version, cohort: Cohort) -> None:
    place = address(name, cohort)
    for role, country in ((Role.Name.RESEARCHER, "KE"), (Role.Name.COORDINATOR, "")):
        assert set(statuses(visitor(role, country, version), place)) <= {404, 405}, (name, role)
    assert 404 not in statuses(visitor(Role.Name.ADMINISTRATOR, "", version), place)


@pytest.mark.parametrize("name", sorted(OWN))
def test_the_own_account_is_everybodys_who_is_signed_in(name: str, version: Version, cohort: Cohort) -> None:
    place = address(name, cohort)
    for role, country in ((Role.Name.RESEARCHER, "KE"), (Role.Name.COORDINATOR, ""), (Role.Name.ADMINISTRATOR, "")):
        assert set(statuses(visitor(role, country, version), place)) <= {200, 303, 405, 422}, (name, role)


def test_most_pages_of_a_cohort_are_there_for_its_researcher(version: Version, cohort: Cohort) -> None:
    """Else the matrix would pass on a desk that is empty."""
    own = visitor(Role.Name.RESEARCHER, "KE", version)
    there = {name for name in OF_COHORTS if own.get(address(name, cohort)).status_code in (200, 303, 405)}
    # The others need what is not there: an upload, a seed in the session, a frozen cohort, a differing sheet.
    assert set(OF_COHORTS) - there <= {
        *("upload", "upload-problems", "invitation-slips", "invitation-messages", "cohort-link-poster"),
        *("cohort-unfreeze", "cohort-unfreeze-answer", "paper-settle", "participants-added", "response-put-back"),
        *("paper-enter", "microdata", "microdata-file"),
    }
