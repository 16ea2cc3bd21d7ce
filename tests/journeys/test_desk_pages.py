"""Every page of the researcher's desk and of the coordinator's overview, in every language of the interface."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import Role
from reports import cutting, looking
from survey import batches, cohorts, cuts
from survey.cohorts import Setup, Wanted
from survey.models import Cohort, Flag, PaperBatch, Response
from survey.publishing import _read
from survey.scope import site_scope
from tests.factories import make_staff, walk_in
from tests.journeys.test_pages import Inspector, scripted
from tests.roles import acting_as
from tests.studies import MONDAY, add_cohort, publish_small, site_of

__all__ = ["scripted"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# The shortest words, and the other direction; the rest differ only in how long their words are.
THOROUGH = ("en", "ar")
LANGUAGES = [("en", "ltr"), ("es-mx", "ltr"), ("id", "ltr"), ("sw", "ltr"), ("ar", "rtl")]


@pytest.fixture
def cohort(transactional_db: None) -> Iterator[Cohort]:
    """An open cohort of Egypt with answers, a flag and a batch of paper; two researchers and a coordinator."""
    _read.cache_clear()
    version = publish_small()
    egypt = site_of(version, "EG")
    for name in ("basma", "tarek"):
        make_staff(name, Role.Name.RESEARCHER, egypt)
    make_staff("coordinator")
    found = add_cohort(egypt, version, state=Cohort.State.OPEN, size=60)
    setup = Setup("القاهرة الكبرى", target=100, fieldwork_from=MONDAY, fieldwork_to=MONDAY, modes="survey, interview")
    quotas = [Wanted("gender", 50, "woman"), Wanted("age", 20, low=15, high=29)]
    cohorts.change(cohort=found, setup=setup, quotas=quotas, revision=0, by="basma")
    batches.register(cohort=found, language="ar", sheets=2, received_on=MONDAY, by="basma")
    with acting_as("survey_worker"), site_scope(egypt.pk):
        numbers = list(Response.objects.values_list("pk", flat=True)[:2])
        place = {"site_id": egypt.pk, "cohort_id": found.pk, "week": "2026-W48", "language": "ar"}
        Flag.objects.bulk_create(Flag(kind="twin", detail="1", response_id=one, **place) for one in numbers)
    yield found
    _read.cache_clear()


def sign_in(page: Any, origin: str, name: str, language: str) -> None:
    page.goto(f"{origin}/desk/sign-in/")
    if page.locator(f"button[lang={language}]").count():
        page.click(".lang summary")
        page.click(f"button[lang={language}]")
    walk_in(page, name)


@pytest.mark.parametrize(("language", "direction"), LANGUAGES)
def test_every_page_of_a_researcher(
    cohort: Cohort, live_server: Any, scripted: Any, language: str, direction: str
) -> None:
    page, inspector = scripted, Inspector(scripted, live_server.url, thorough=language in THOROUGH)
    sign_in(page, live_server.url, "basma", language)
    home = f"{live_server.url}/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/"

    def look(name: str, address: str | None = None) -> None:
        if address is not None:
            page.goto(f"{home}{address}")
        inspector.look(name, direction, heavy=False)

    page.goto(f"{live_server.url}/desk/cohorts/")
    look("cohorts")
    page.goto(f"{live_server.url}/desk/sites/{cohort.site_id}/cohorts/new/")
    page.click("main button.go")
    look("new cohort with errors")
    look("overview", "")
    look("settings", "settings/")
    page.fill("#fieldwork_to", "2020-01-01")
    page.fill("#q0-target", "1000")
    page.locator("main button.go").last.click()
    look("settings with errors")
    look("pause", "state/paused/")
    page.click("main button.go")
    look("pause without a reason")
    look("cut", "cut/")
    look("freeze too early", "freeze/")
    look("no invitations", "invitations/")
    look("new invitations", "invitations/new/")
    page.fill("#size", "12")
    page.click("main button.go")
    look("batch with its links")
    look("withdraw", "invitations/1/withdraw/?number=3")
    look("withdraw the rest", "invitations/1/withdraw/")
    look("reissue", "invitations/1/reissue/")
    look("invitations", "invitations/")
    look("open link", "link/")
    look("switch on", "link/on/")
    page.locator("main button.go").last.click()
    look("open link with its poster")
    look("files", "files/")
    look("quality", "responses/")
    page.click("main section a, main table a, main ul.rows a")
    look("one flag")
    assert not inspector.faults, "\n".join(sorted(set(inspector.faults)))


@pytest.mark.parametrize(("language", "direction"), LANGUAGES)
def test_after_a_look_and_a_freeze(
    cohort: Cohort, live_server: Any, scripted: Any, language: str, direction: str
) -> None:
    page, inspector = scripted, Inspector(scripted, live_server.url, thorough=language in THOROUGH)
    home = f"{live_server.url}/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/"
    look_at_answers(cohort)
    sign_in(page, live_server.url, "basma", language)
    page.goto(f"{home}")
    inspector.look("overview with answers", direction, heavy=False)
    freeze(cohort)
    page.goto(f"{home}")
    inspector.look("frozen overview", direction, heavy=False)
    page.goto(f"{home}unfreeze/")
    page.fill("#reason", "نُسيت دفعة")
    page.click("main button.go")
    page.goto(f"{home}unfreeze/answer/")
    inspector.look("one's own request", direction, heavy=False)
    page.goto(f"{home}settings/")
    inspector.look("frozen settings", direction, heavy=False)
    page.context.clear_cookies()
    sign_in(page, live_server.url, "coordinator", language)
    page.goto(f"{live_server.url}/desk/studies/small/")
    inspector.look("fieldwork of all countries", direction, heavy=False)
    page.goto(f"{live_server.url}/desk/studies/small/deviations/")
    inspector.look("deviations", direction, heavy=False)
    assert not inspector.faults, "\n".join(sorted(set(inspector.faults)))


def look_at_answers(cohort: Cohort) -> None:
    """As a worker looks at them."""
    count_id = looking.ask(cohort=cohort, by="basma")
    with acting_as("survey_worker"):
        looking.look(site_id=cohort.site_id, count_id=count_id)


def freeze(cohort: Cohort) -> None:
    found = cohorts.find(site_id=cohort.site_id, cohort_id=cohort.pk)
    assert found is not None
    cohorts.move(cohort=found, to="closed", reason="Done", revision=found.revision, by="basma")
    with site_scope(cohort.site_id):
        PaperBatch.objects.update(closed=True)
    closed = cohorts.find(site_id=cohort.site_id, cohort_id=cohort.pk)
    assert closed is not None
    assert [one.code for one in cuts.obstacles(cohort=closed) if one.blocking] == []
    cutting.freeze(cohort=closed, reason="All are in", revision=closed.revision, by="basma")
