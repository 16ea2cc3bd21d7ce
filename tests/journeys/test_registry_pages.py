"""The registry's pages in a browser: filled in by hand, with errors and without, left to right and right to left."""

from typing import Any

import pytest

from accounts.models import Role
from survey.models import Cohort
from tests.factories import make_staff, walk_in
from tests.journeys.test_pages import Inspector, scripted  # noqa: F401
from tests.studies import add_cohort, publish_small, site_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl")])
def test_every_page_of_the_registry(live_server: Any, scripted: Any, language: str, direction: str) -> None:  # noqa: F811
    version = publish_small()
    site = site_of(version, "EG")
    cohort = add_cohort(site, version, state=Cohort.State.OPEN, size=0)
    make_staff("basma", Role.Name.RESEARCHER, site)
    page, inspector = scripted, Inspector(scripted, live_server.url)
    registry = f"{live_server.url}/desk/sites/{site.pk}/cohorts/{cohort.pk}/participants/"
    page.goto(f"{live_server.url}/desk/sign-in/")
    if page.locator(f"button[lang={language}]").count():
        page.click(".lang summary")
        page.click(f"button[lang={language}]")
    walk_in(page, "basma")

    page.goto(registry)
    inspector.look("nobody yet", direction, heavy=False)
    page.click("main .go")
    page.fill("#count", "60")
    page.fill("#descriptor", "Maria Lopez")
    page.click("main .go")
    inspector.look("errors", direction, heavy=False)
    for box in ("modes_0", "looked_again_0"):
        page.check(f"#{box}")
    page.click("main .go")
    inspector.look("new codes", direction, heavy=False)
    assert len(page.locator("pre").inner_text().split()) == 60
    page.goto(registry)
    inspector.look("the list", direction, heavy=False)
    page.click("#list a >> nth=0")
    one = page.url
    inspector.look("one participant", direction, heavy=False)
    page.goto(f"{one}edit/")
    inspector.look("edit", direction, heavy=False)
    page.goto(f"{one}remove/")
    inspector.look("remove", direction, heavy=False)
    page.click("main .go")
    assert page.url == registry
    page.goto(f"{registry}?code=12345678")
    inspector.look("misheard", direction, heavy=False)
    assert not inspector.faults, "\n".join(sorted(set(inspector.faults)))
