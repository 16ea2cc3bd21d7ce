"""The pages of a country's key, as its researchers use them, and what waits for an unlock elsewhere."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from reports import looking, progress, releasing
from reports import tasks as report_tasks
from reports.models import JobState, Release
from survey import custody, holders
from survey import tasks as survey_tasks
from survey.models import Cohort, KeyHolder, Site, SiteKey, Version
from survey.scope import site_scope
from tests.factories import begin_comparison, make_staff, signed_in
from tests.roles import acting_as
from tests.studies import add_cohort, site_of
from tests.survey.custodians import AMINA, BRIAN, CHEP, acts, ask, handed_over, unlocked

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folders(settings: Any, tmp_path: Path) -> None:
    settings.SITE_KEYS_DIR, settings.SHRED_DIR = tmp_path / "site-keys", tmp_path / "shred"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would go into the job queue: the task's name and its arguments."""
    found: list[Any] = []

    def put(task: Any, args: Any = (), kwargs: Any = None, **options: Any) -> None:
        found.append((task.name, tuple(args), dict(kwargs or {})))

    monkeypatch.setattr("celery.app.task.Task.apply_async", put)
    return found


def desk_of(username: str, site: Site | None, role: str = Role.Name.RESEARCHER) -> Client:
    return signed_in(Client(), make_staff(username, role, site))


@pytest.fixture
def amina(kenya: Site) -> Client:
    return desk_of("amina", kenya)


def at(site: Site, more: str = "") -> str:
    return f"/desk/sites/{site.pk}/keys/{more}"


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def token_of(client: Client, site: Site) -> str:
    return str(client.session.get("unlocks", {}).get(str(site.pk), ""))


def current(site: Site) -> SiteKey:
    with site_scope(site.pk):
        return SiteKey.objects.defer("recovery").get(site_id=site.pk, state="current")


# The own key ----------------------------------------------------------------------------------------------------------


def test_a_passphrase_is_stored_only_once_its_words_are_typed_again(kenya: Site, amina: Client) -> None:
    assert "Set up my key" in text(amina, at(kenya))
    assert amina.post(at(kenya, "own/"), {"_do": "draw"}).status_code == 303
    shown = re.search(r'class="code"><bdi dir="ltr">([a-z ]+)<', amina.get(at(kenya, "own/")).content.decode())
    assert shown is not None
    words = shown.group(1).split()
    assert len(words) == 6
    asked = re.search(r"Type word (\d) and word (\d)", text(amina, at(kenya, "own/confirm/")))
    assert asked is not None
    wrong = amina.post(at(kenya, "own/confirm/"), {"words": "not these"})
    assert wrong.status_code == 422
    assert shown.group(1) not in wrong.content.decode()
    with site_scope(kenya.pk):
        assert KeyHolder.objects.count() == 0
    noted = " ".join(words[int(number) - 1] for number in asked.groups())
    assert amina.post(at(kenya, "own/confirm/"), {"words": noted}).status_code == 303
    with site_scope(kenya.pk):
        assert list(KeyHolder.objects.values_list("username", "share")) == [("amina", None)]
    # It cannot be shown again.
    assert shown.group(1) not in amina.get(at(kenya, "own/")).content.decode()
    assert amina.get(at(kenya, "own/confirm/")).status_code == 303
    assert holders.is_own_passphrase(site_id=kenya.pk, passphrase=shown.group(1), by="amina")


# Handing over, unlocking ----------------------------------------------------------------------------------------------


def test_the_key_is_handed_over_by_a_worker_to_the_named(
    kenya: Site, amina: Client, django_capture_on_commit_callbacks: Any, sent: list[Any]
) -> None:
    assert "Nobody has set up a key yet" in text(amina, at(kenya, "hand-over/"))
    people = [ask(kenya, "amina", AMINA)]
    assert "Only one person has set up a key" in text(amina, at(kenya, "hand-over/"))
    people.append(ask(kenya, "brian", BRIAN))
    assert amina.post(at(kenya, "hand-over/"), {}).status_code == 422
    with django_capture_on_commit_callbacks(execute=True):
        response = amina.post(at(kenya, "hand-over/"), {"people": [str(one.pk) for one in people]})
    assert (response.status_code, response["Location"]) == (303, at(kenya, "?said=asked"))
    assert sent == [("survey.hand_over", (kenya.pk, [one.pk for one in people]), {})]
    with acting_as("survey_worker"):
        survey_tasks.hand_over(*sent[0][1])
    page = text(amina, at(kenya))
    assert "Researchers of this country hold the key" in page
    assert "locked" in page
    assert acts("hand-over-asked", "handed-over") == [("amina", "hand-over-asked"), ("worker", "handed-over")]


def test_an_unlock_sends_all_that_waited_with_its_token(
    version: Version, kenya: Site, amina: Client, django_capture_on_commit_callbacks: Any, sent: list[Any]
) -> None:
    cohort = add_cohort(kenya, version, size=60)
    open_cohort = add_cohort(kenya, version, name="second", state=Cohort.State.OPEN, size=12)
    handed_over(kenya)
    [release] = releases(version, kenya)
    look = looking.ask(cohort=open_cohort, by="amina")
    with acting_as("survey_worker"):
        report_tasks.make_release(kenya.pk, release)
        report_tasks.look(kenya.pk, look)
    page = text(amina, at(kenya))
    assert "Releases 1" in page
    assert "Looks at the answers 1" in page
    assert "unlocks its key" in text(amina, f"/desk/sites/{kenya.pk}/cohorts/{open_cohort.pk}/")
    assert state_of(release, kenya) == JobState.LOCKED
    with django_capture_on_commit_callbacks(execute=True):
        assert amina.post(at(kenya, "unlock/"), {"passphrase": AMINA}).status_code == 303
    token = token_of(amina, kenya)
    assert len(token) == 64
    lent = {"token": token}
    assert sorted(sent, key=str) == [
        ("reports.look", (kenya.pk, look), lent),
        ("reports.make_release", (kenya.pk, release), lent),
        ("survey.settle_key", (kenya.pk, token), {}),
    ]
    with acting_as("survey_worker"):
        report_tasks.make_release(kenya.pk, release, **lent)
        report_tasks.look(kenya.pk, look, **lent)
    assert state_of(release, kenya) == JobState.DONE
    assert looking.latest(open_cohort).state == JobState.DONE  # type: ignore[union-attr]
    page = text(amina, at(kenya))
    assert "By amina, for 10 more minutes." in page
    assert "What waits" not in page
    assert amina.post(at(kenya, "lock/")).status_code == 303
    assert token_of(amina, kenya) == ""
    assert "By amina" not in text(amina, at(kenya))
    assert cohort.pk


def test_wrong_passphrases_are_told_then_slowed_down(kenya: Site, amina: Client) -> None:
    handed_over(kenya)
    for _ in range(4):
        response = amina.post(at(kenya, "unlock/"), {"passphrase": BRIAN})
        assert response.status_code == 422
        assert b"This is not your passphrase" in response.content
        assert BRIAN.encode() not in response.content
    assert b"Too many tries. Wait 2 seconds" in amina.post(at(kenya, "unlock/"), {"passphrase": AMINA}).content


def test_an_unlock_without_shred_file_or_share_says_why(kenya: Site, amina: Client) -> None:
    assert b"You do not hold this country" in amina.post(at(kenya, "unlock/"), {"passphrase": AMINA}).content
    handed_over(kenya)
    from survey import shares

    shares.burn_shred(kenya.pk)
    assert b"shred file is not on this server" in amina.post(at(kenya, "unlock/"), {"passphrase": AMINA}).content


# Other people's -------------------------------------------------------------------------------------------------------


def test_a_colleague_is_granted_the_key_after_comparing_fingerprints(kenya: Site, amina: Client) -> None:
    handed_over(kenya)
    chep = ask(kenya, "chep", CHEP)
    place = at(kenya, f"people/{chep.pk}/")
    assert "once they have unlocked it" in text(amina, place)
    amina.post(at(kenya, "unlock/"), {"passphrase": AMINA})
    printed = re.search(r'name="print" value="([0-9a-f ]+)"', amina.get(place).content.decode())
    assert printed is not None
    assert len(printed.group(1)) == 19
    other = amina.post(place, {"_do": "grant", "print": "0000 0000 0000 0000"})
    assert other.status_code == 409
    assert amina.post(place, {"_do": "grant", "print": printed.group(1)}).status_code == 303
    assert unlocked(kenya, "chep", CHEP)


def test_removing_a_holder_changes_the_key_with_the_token(
    kenya: Site, amina: Client, django_capture_on_commit_callbacks: Any, sent: list[Any]
) -> None:
    _, brian = handed_over(kenya)
    place = at(kenya, f"people/{brian.pk}/")
    refused = amina.post(place, {"_do": "remove"})
    assert refused.status_code == 409
    assert b"The key is locked" in refused.content
    amina.post(at(kenya, "unlock/"), {"passphrase": AMINA})
    with django_capture_on_commit_callbacks(execute=True):
        assert amina.post(place, {"_do": "remove"}).status_code == 303
    assert sent == [("survey.rotate_key", (kenya.pk,), {"token": token_of(amina, kenya)})]
    assert "It is changed at the next unlock" in text(amina, at(kenya))
    with acting_as("survey_worker"):
        survey_tasks.rotate_key(*sent[0][1], **sent[0][2])
    page = text(amina, at(kenya))
    assert "brian" not in page
    assert "Only one person holds this key" in page
    assert amina.get(place).status_code == 404
    assert holders.is_open(site_id=kenya.pk, token=token_of(amina, kenya))


def test_the_key_is_changed_and_given_back_only_while_it_is_unlocked(
    kenya: Site, amina: Client, django_capture_on_commit_callbacks: Any, sent: list[Any]
) -> None:
    handed_over(kenya)
    assert amina.post(at(kenya, "change/")).status_code == 409
    assert amina.post(at(kenya, "hand-over/")).status_code == 409
    amina.post(at(kenya, "unlock/"), {"passphrase": AMINA})
    token = token_of(amina, kenya)
    with django_capture_on_commit_callbacks(execute=True):
        amina.post(at(kenya, "change/"))
        amina.post(at(kenya, "hand-over/"))
    assert sent == [
        ("survey.rotate_key", (kenya.pk,), {"token": token}),
        ("survey.take_back", (kenya.pk, token), {}),
    ]
    with acting_as("survey_worker"):
        survey_tasks.rotate_key(*sent[0][1], **sent[0][2])
        survey_tasks.take_back(*sent[1][1])
    assert current(kenya).custody == "worker"


# Erasing --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("proof", ["Kenya", " kenya ", "KE", AMINA])
def test_erasing_is_proved_once_and_said_twice(
    kenya: Site, amina: Client, proof: str, django_capture_on_commit_callbacks: Any, sent: list[Any]
) -> None:
    handed_over(kenya)
    # Without the proof the second step does nothing.
    assert amina.post(at(kenya, "erase/"), {"_do": "erase"}).status_code == 422
    assert amina.post(at(kenya, "erase/"), {"proof": "Egypt"}).status_code == 422
    sure = amina.post(at(kenya, "erase/"), {"proof": proof})
    assert b"are you sure?" in sure.content
    assert current(kenya).state == "current"
    with django_capture_on_commit_callbacks(execute=True):
        assert amina.post(at(kenya, "erase/"), {"_do": "erase"}).status_code == 303
    assert sent == [("survey.keep_keys", (), {})]
    assert "This country's key was erased" in text(amina, at(kenya))
    assert amina.get(at(kenya, "erase/")).status_code == 404


def test_a_cohort_is_not_opened_without_a_key(version: Version, kenya: Site, amina: Client) -> None:
    cohort = add_cohort(kenya, version, state=Cohort.State.PREPARING, size=0)
    custody.erase(site_id=kenya.pk, by="amina")
    place = f"/desk/sites/{kenya.pk}/cohorts/{cohort.pk}/state/open/"
    response = amina.post(place, {"reason": "begin", "revision": cohort.revision})
    assert response.status_code == 422
    assert b"This country has no key" in response.content


# Who sees what --------------------------------------------------------------------------------------------------------

PAGES = ["", "unlock/", "lock/", "own/", "own/confirm/", "change/", "hand-over/", "erase/"]


@pytest.mark.parametrize("page", PAGES)
def test_a_countrys_key_is_there_for_its_own_researchers_only(
    version: Version, kenya: Site, amina: Client, page: str
) -> None:
    basma = desk_of("basma", site_of(version, "EG"))
    coordinator = desk_of("coordinator", None, Role.Name.COORDINATOR)
    for other in (basma, coordinator):
        assert {other.get(at(kenya, page)).status_code, other.post(at(kenya, page)).status_code} <= {404, 405}
    assert amina.get(at(kenya, page)).status_code in (200, 303, 405)
    assert Client().get(at(kenya, page)).status_code in (302, 405)


def test_a_coordinator_sees_which_country_has_to_unlock_and_never_who(version: Version, kenya: Site) -> None:
    egypt = site_of(version, "EG")
    for site in (kenya, egypt):
        add_cohort(site, version, size=60)
    handed_over(kenya)
    comparison = begin_comparison(version, [kenya, egypt])
    with acting_as("survey_worker"):
        for site in (kenya, egypt):
            with site_scope(site.pk):
                [release] = comparison.releases.values_list("pk", flat=True)
            releasing.make_release(site_id=site.pk, release_id=release)
    found = progress.progress_of(comparison, language="en")
    assert (found.state, found.locked, found.silent) == (JobState.LOCKED, ["Kenya"], False)
    coordinator = desk_of("coordinator", None, Role.Name.COORDINATOR)
    page = text(coordinator, f"/desk/comparisons/{comparison.pk}/")
    assert "Waits until one of the country's researchers unlocks its key: Kenya." in page
    assert "amina" not in page


def test_the_page_costs_the_same_for_one_holder_and_for_many(kenya: Site, amina: Client) -> None:
    handed_over(kenya)
    amina.get(at(kenya))
    with CaptureQueriesContext(connection) as few:
        amina.get(at(kenya))
    for number in range(12):
        ask(kenya, f"person-{number}", CHEP)
    with CaptureQueriesContext(connection) as many:
        amina.get(at(kenya))
    assert len(many) == len(few)


def releases(version: Version, site: Site) -> list[int]:
    comparison = begin_comparison(version, [site])
    with site_scope(site.pk):
        return list(comparison.releases.values_list("pk", flat=True))


def state_of(release: int, site: Site) -> str:
    with site_scope(site.pk):
        return str(Release.objects.values_list("state", flat=True).get(pk=release))
