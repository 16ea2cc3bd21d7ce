"""A field researcher's whole work in real Chromium: from an empty country to a frozen cohort and its comparison.

One person comes by a personal invitation, one by the open link, one on paper that two researchers enter; a real worker
compares and counts. The comparison then counts exactly those three.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from accounts.models import Role
from reports.models import Comparison, JobState
from reports.table import Result
from survey.models import Cohort, PaperSheet, Response, Site, Tally
from survey.publishing import _read
from survey.scope import site_scope
from tests.factories import make_staff, walk_in
from tests.journeys.test_paper_entry import Typist
from tests.roles import acting_as
from tests.studies import publish_small, site_of

pytestmark = [pytest.mark.browser, pytest.mark.worker, pytest.mark.django_db(transaction=True)]
GO = "main button.go"


@pytest.fixture
def kenya(transactional_db: None) -> Iterator[Site]:
    """A country of a published study with two researchers, and nothing else; a coordinator far away."""
    _read.cache_clear()
    site = site_of(publish_small(), "KE")
    for name in ("amina", "brian"):
        make_staff(name, Role.Name.RESEARCHER, site)
    make_staff("coordinator")
    yield site
    _read.cache_clear()


class Desk:
    """A member of staff in front of a browser without scripts."""

    def __init__(self, browser: Any, origin: str, name: str) -> None:
        self.context = browser.new_context(java_script_enabled=False, locale="en")
        self.page, self.origin, self.home = self.context.new_page(), origin, ""
        self.page.goto(f"{origin}/desk/sign-in/")
        walk_in(self.page, name)

    def open(self, place: str) -> None:
        self.page.goto(f"{self.home}{place}")

    def fill(self, **values: str) -> None:
        for name, value in values.items():
            self.page.fill(f"#{name}", value)
        self.page.locator(GO).last.click()

    def give_reason(self, place: str, reason: str) -> None:
        self.open(place)
        self.fill(reason=reason)
        assert self.page.url == self.home, self.page.inner_text("main")

    def words(self) -> str:
        return str(self.page.inner_text("main"))


def take_part(browser: Any, address: str) -> None:
    """From a link to the receipt on a phone, the second choice of everything."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740}, locale="en")
    page = context.new_page()
    page.goto(address)
    for _ in range(40):
        if page.locator("dl.rev").count():
            break
        for box in page.locator("main fieldset .ch label:nth-child(2) input").element_handles():
            box.check()
        page.locator(GO).first.click()
    page.locator(GO).first.click()
    assert "Thank you" in page.inner_text("main")
    context.close()


def wait_for(state: Callable[[], object], wanted: object) -> None:
    end = time.monotonic() + 120
    while (now := state()) != wanted:
        assert time.monotonic() < end, f"the worker did not do it: {now}"
        connection.close()
        time.sleep(0.2)


def test_from_an_empty_country_to_a_comparison_that_counts_exactly_those_who_took_part(
    kenya: Site, celery_worker_process: Any, live_server: Any, browser: Any
) -> None:
    amina = Desk(browser, live_server.url, "amina")
    assert "No cohort yet" in amina.words()
    amina.page.click("main .head a")
    amina.page.check("#modes_0")
    amina.fill(name="Nairobi", target="3")
    amina.home = amina.page.url
    amina.page.goto(f"{amina.home}settings/")
    amina.page.select_option("#id_q0-kind, #q0-kind", "gender=man")
    amina.page.fill("#q0-target", "2")
    amina.page.locator(GO).last.click()
    assert "Saved." in amina.words()
    amina.give_reason("state/open/", "The team is trained")

    take_part(browser, invitation_of(amina))
    take_part(browser, open_link_of(amina))
    enter_on_paper(kenya, amina, browser, live_server.url)

    amina.open("participants/new/")
    amina.page.fill("#count", "3")
    amina.page.check("#modes_0")
    amina.page.locator(GO).last.click()
    assert len(amina.page.inner_text("pre").split()) == 3
    amina.open("")
    assert "3 of 3 wanted" in amina.words()

    amina.open("freeze/")
    assert "Close it first" in amina.words()
    amina.give_reason("state/closed/", "All who were invited have answered")
    amina.give_reason("freeze/", "All are in")
    compare_and_check(kenya, browser, live_server.url)
    amina.context.close()


def invitation_of(amina: Desk) -> str:
    """A batch of one, its only slip, and the links forgotten."""
    amina.open("invitations/new/")
    amina.fill(size="1")
    batch = amina.page.url
    amina.page.goto(f"{batch}slips/0/")
    assert amina.page.locator("svg").count() == 1
    address = "".join(amina.page.inner_text(".address").split())
    amina.page.goto(batch)
    amina.page.click("section[aria-labelledby=links] button.go")
    assert amina.page.goto(f"{batch}slips/0/").status == 404
    return address


def open_link_of(amina: Desk) -> str:
    amina.open("link/on/")
    amina.page.locator(GO).last.click()
    return str(amina.page.inner_text("dd.link bdi"))


def enter_on_paper(kenya: Site, amina: Desk, browser: Any, origin: str) -> None:
    """One sheet by two people who agree; then the batch is closed."""
    amina.open("paper/")
    amina.page.fill("#sheets", "1")
    amina.page.locator(GO).last.click()
    with site_scope(kenya.pk):
        cohort = Cohort.objects.get()
    for name in ("amina", "brian"):
        typist = Typist(browser, origin, cohort, name)
        typist.enter_the_sheet(age="34")
        typist.page.context.close()

    def state() -> str:
        with site_scope(kenya.pk):
            return PaperSheet.objects.get().state

    wait_for(state, PaperSheet.State.AGREED)
    amina.open("paper/1/")
    amina.page.click("button[value=close]")
    with site_scope(kenya.pk):
        told = Tally.objects.filter(event="submitted").order_by("detail").values_list("detail", "count")
        assert dict(told) == {"": 2, "paper": 1}


def compare_and_check(kenya: Site, browser: Any, origin: str) -> None:
    coordinator = Desk(browser, origin, "coordinator")
    coordinator.page.goto(f"{origin}/desk/comparisons/new/small/")
    coordinator.page.click(GO)
    comparison = coordinator.page.url.split("?")[0]
    # The page looks again by itself; somebody who leaves it just then would meet it halfway.
    coordinator.page.goto("about:blank")
    wait_for(lambda: list(Comparison.objects.values_list("state", flat=True)), [JobState.DONE])
    country = Result.from_json(Comparison.objects.get().result).countries[0]
    assert (country.code, country.respondents, country.participants, country.cut) == ("KE", 3, 3, 1)
    assert not country.preliminary
    coordinator.page.goto(comparison)
    assert "Kenya" in coordinator.words()
    # The coordinator's eyes stop at the border: the cohort itself does not exist for them.
    with site_scope(kenya.pk):
        cohort = Cohort.objects.get()
    address = f"{origin}/desk/sites/{kenya.pk}/cohorts/{cohort.pk}/"
    assert coordinator.page.goto(address).status == 404
    with acting_as("survey_worker"), site_scope(kenya.pk):
        assert list(Response.objects.values_list("cut", flat=True)) == [1, 1, 1]
    coordinator.context.close()
