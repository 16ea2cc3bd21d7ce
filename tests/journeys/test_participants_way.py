"""A person's whole way in Chromium and in Firefox, scripts off, in Spanish and in Arabic.

From the invitation to consent, half the questions, out in a hurry, back on another device, sent, and taken back; and on
every page: leave, press Back, and nothing of it is there.
"""

import datetime
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from reports import demo
from survey import invitations
from survey.models import Cohort, Draft, Invitation, Response, Study
from survey.scope import site_scope
from tests.journeys.drivers import Bidi, Chromium, Driver, Firefox
from tests.journeys.test_main_job import study
from tests.roles import acting_as

__all__ = ["study"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
GO = "main button.go"
PEOPLE = [("MX", "es-MX", "ltr"), ("EG", "ar", "rtl")]


@pytest.fixture(scope="session")
def bidi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bidi]:
    program = os.environ.get("FIREFOX")
    if not program:
        pytest.skip("no Firefox")
    running = Bidi(program, tmp_path_factory.mktemp("firefox"))
    yield running
    running.end()


@pytest.fixture(params=["chromium", "firefox"])
def driver(request: pytest.FixtureRequest) -> Driver:
    if request.param == "firefox":
        return Firefox(request.getfixturevalue("bidi"))
    return Chromium(request.getfixturevalue("browser"))


def trial(study: Study, country: str) -> Cohort:
    site = study.sites.get(country=country)
    with site_scope(site.pk):
        return Cohort.objects.get(name=demo.TRIAL)


def invite(cohort: Cohort, language: str) -> str:
    expires_on = timezone.now().date() + datetime.timedelta(days=30)
    _, tokens = invitations.make_batch(cohort=cohort, size=1, language=language, channel="paper", expires_on=expires_on)
    return tokens[0]


def agree(driver: Driver, address: str) -> str:
    """From the link to the first question; returns the code."""
    driver.goto(address)
    driver.click(GO)
    driver.check("#agree")
    driver.click(GO)
    code = driver.words("bdi")
    for _ in ("the code", "staying safe"):
        driver.click(GO)
    return code


def answer_page(driver: Driver) -> None:
    """The second choice of everything that is to be chosen on this page; what is to be typed is declined."""
    driver.check("fieldset:not(:has(:checked)) .ch label:nth-child(2) input")
    driver.check(".q:not(:has(:checked)):not(:has(#age)) .dec input")


def resume(driver: Driver, origin: str, code: str) -> None:
    driver.goto(f"{origin}/code/")
    driver.fill("#code", code)
    driver.click(GO)
    driver.click(GO)


def stored(cohort: Cohort) -> tuple[int, int]:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        of_cohort = {"cohort_id": cohort.pk}
        return Response.objects.filter(**of_cohort).count(), Draft.objects.filter(**of_cohort).count()


@pytest.mark.parametrize(("country", "language", "direction"), PEOPLE)
def test_from_the_invitation_to_the_withdrawal(
    study: Study, live_server: Any, driver: Driver, country: str, language: str, direction: str
) -> None:
    cohort = trial(study, country)
    code = agree(driver, f"{live_server.url}/i/{invite(cohort, language)}/")
    assert driver.direction() == direction
    driver.fill("#age", "34")
    for _ in range(6):
        driver.click(GO)
        answer_page(driver)
    driver.leave()
    assert driver.count("main") == 0
    other = driver.elsewhere()
    resume(other, live_server.url, code)
    assert (other.direction(), stored(cohort)) == (direction, (0, 1))
    assert other.count("input:checked") == 0
    pages = 0
    while not other.count("dl.rev"):
        answer_page(other)
        other.click(GO)
        pages += 1
    assert pages > 3
    assert "34" in other.words("dl.rev")
    other.click(GO)
    receipt = other.words("bdi")
    with site_scope(cohort.site_id):
        assert Invitation.objects.get().state == "used"
    assert stored(cohort) == (1, 0)
    third = other.elsewhere()
    third.goto(f"{live_server.url}/code/")
    third.fill("#code", code)
    third.click(GO)
    assert (third.count("#age"), third.count("a.code-door")) == (0, 0)
    third.goto(f"{live_server.url}/code/")
    third.fill("#code", receipt)
    third.click(GO)
    third.click(GO)
    assert stored(cohort) == (0, 0)


def test_leaving_any_page_leaves_nothing_behind_back(study: Study, live_server: Any, driver: Driver) -> None:
    cohort = trial(study, "EG")
    code = agree(driver, f"{live_server.url}/i/{invite(cohort, 'ar')}/")
    driver.fill("#age", "34")
    pages = 0
    while True:
        answer_page(driver)
        at_review = driver.count("dl.rev") > 0
        left = driver.words("main")
        driver.leave()
        driver.back()
        assert driver.count("fieldset, textarea, #age, dl") == 0, driver.words()
        assert left not in driver.words()
        pages += 1
        driver = driver.elsewhere()
        resume(driver, live_server.url, code)
        if at_review:
            break
        # Leaving kept what was saved, not what was only typed: answer it again, and go on.
        answer_page(driver)
        driver.click(GO)
    assert pages > 10
