"""Every page of data files and of the codebook, on a phone and on a desk, in both directions: from wish to file."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import Role
from reports import making
from reports.models import MicrodataFile
from survey.models import Cohort
from survey.publishing import _read
from survey.scope import site_scope
from tests.factories import make_staff
from tests.journeys.test_desk_pages import THOROUGH, sign_in
from tests.journeys.test_pages import Inspector, scripted
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of

__all__ = ["scripted"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cohort(transactional_db: None) -> Iterator[Cohort]:
    """A frozen cohort of Egypt, and two researchers."""
    _read.cache_clear()
    version = publish_small()
    egypt = site_of(version, "EG")
    for name in ("basma", "tarek"):
        make_staff(name, Role.Name.RESEARCHER, egypt)
    yield add_cohort(egypt, version, size=6, synthetic=True)
    _read.cache_clear()


def make(cohort: Cohort) -> None:
    """As a worker does it."""
    with acting_as("survey_worker"):
        with site_scope(cohort.site_id):
            file_id = MicrodataFile.objects.values_list("pk", flat=True).get()
        making.make(site_id=cohort.site_id, file_id=file_id)


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("es-mx", "ltr"), ("ar", "rtl")])
def test_from_wish_to_file(cohort: Cohort, live_server: Any, scripted: Any, language: str, direction: str) -> None:
    page, inspector = scripted, Inspector(scripted, live_server.url, thorough=language in THOROUGH)
    home = f"{live_server.url}/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/data/"
    sign_in(page, live_server.url, "basma", language)

    def look(name: str) -> None:
        inspector.look(name, direction, heavy=False)

    page.goto(home)
    look("asking")
    page.click("main button.go")
    look("asking without saying what for")
    for kind in ("csv", "sav", "dta"):
        page.check(f"input[name=kinds][value={kind}]")
    page.check("input[name=purpose][value=archive]")
    page.click("main button.go")
    look("one's own request")
    address = page.url
    page.context.clear_cookies()
    sign_in(page, live_server.url, "tarek", language)
    page.goto(address)
    look("another's request")
    page.click("button[value=agree]")
    look("another's request, agreed to")
    page.context.clear_cookies()
    sign_in(page, live_server.url, "basma", language)
    page.goto(address)
    look("to be made")
    page.click("button[value=make]")
    # Asked for long ago, so that the page does not look again by itself while it is looked at, or left.
    page.goto(f"{address}?since=1")
    look("being made")
    make(cohort)
    page.goto(address)
    look("made")
    with page.expect_download() as got:
        page.click("main a.go")
    assert got.value.suggested_filename.startswith("SYNTHETIC-small-1-EG-")
    page.goto(home)
    look("requests")
    page.goto(f"{home}codebook/")
    look("codebook")
    assert not inspector.faults, "\n".join(sorted(set(inspector.faults)))
