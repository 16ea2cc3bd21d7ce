"""One sheet of paper on its way to a response in real Chromium, by keyboard alone and without scripts.

Two researchers enter it, differ in one answer, look at the paper, and one response comes of it.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import Role
from survey import batches, differences, entry
from survey.models import Cohort, PaperSheet
from survey.publishing import _read, layout_for
from survey.scope import site_scope
from tests.factories import PASSWORD, app_code, make_staff, walk_in
from tests.journeys.test_pages import Inspector, scripted
from tests.roles import acting_as
from tests.studies import MONDAY, add_cohort, publish_small, site_of, stored_records

__all__ = ["scripted"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MOST_TABS = 40


@pytest.fixture
def cohort(transactional_db: None) -> Iterator[Cohort]:
    """An open cohort in Kenya with two researchers, and a batch of one sheet."""
    _read.cache_clear()
    version = publish_small()
    kenya = site_of(version, "KE")
    for name in ("amina", "brian"):
        make_staff(name, Role.Name.RESEARCHER, kenya)
    made = add_cohort(kenya, version, state=Cohort.State.OPEN, size=0)
    batches.register(cohort=made, language="en", sheets=1, received_on=MONDAY, by="amina")
    yield made
    _read.cache_clear()


class Typist:
    """Somebody at a keyboard, who has no mouse."""

    def __init__(self, browser: Any, origin: str, cohort: Cohort, name: str) -> None:
        self.page = browser.new_context(java_script_enabled=False, locale="en").new_page()
        self.desk = f"{origin}/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/paper/1/"
        self.page.goto(f"{origin}/desk/sign-in/")
        self.go_to("#username")
        self.keys(name, "Tab", PASSWORD, "Enter")
        self.go_to("#code")
        self.keys(app_code(name), "Enter")

    def go_to(self, selector: str) -> None:
        """Press Tab until the cursor is there."""
        for _ in range(MOST_TABS):
            if self.at(selector):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"Tab does not lead to {selector}")

    def at(self, selector: str) -> bool:
        return bool(self.page.locator(f"{selector}:focus").count())

    def see_the_cursor(self) -> None:
        """A browser sets the cursor after the page is loaded; a key pressed before that goes nowhere."""
        if self.page.locator("[autofocus]").count():
            self.page.locator("[autofocus]:focus").wait_for(state="attached")

    def keys(self, *keys: str) -> None:
        """Press named keys, type everything else; a page that Enter leads to is waited for, and its cursor."""
        for key in keys:
            if key == "Enter":
                with self.page.expect_navigation():
                    self.page.keyboard.press(key)
                self.see_the_cursor()
            elif key == "Tab":
                self.page.keyboard.press(key)
            else:
                self.page.keyboard.type(key)

    def enter_the_sheet(self, age: str) -> None:
        self.page.goto(self.desk)
        self.go_to("button[value=begin]")
        self.keys("Enter")
        assert self.at("#gender")
        self.keys("1", "Tab", age, "Enter")
        # Both lines of the grid at once, then on over the second to the next question.
        self.keys("24", "Tab", "Tab", "2", "Enter")
        # The follow-up that this opened has the cursor.
        assert self.at("#trainings")
        self.keys("2", "Tab", "1 2", "Tab", "my friends", "Enter")
        assert self.at("button[value=finish]")
        self.keys("Enter")
        assert "Sheet 1 is handed in." in self.words()

    def words(self) -> str:
        return str(self.page.inner_text("main"))


def work(cohort: Cohort) -> None:
    with acting_as("survey_worker"):
        entry.compare(site_id=cohort.site_id, cohort_id=cohort.pk, batch=1, number=1)


def stored(cohort: Cohort) -> list[dict[str, Any]]:
    return [layout_for(cohort.version_id).decode(record, texts) for _, record, texts in stored_records(cohort.site_id)]


def test_a_sheet_is_entered_twice_and_becomes_one_response(cohort: Cohort, live_server: Any, browser: Any) -> None:
    amina, brian = (Typist(browser, live_server.url, cohort, name) for name in ("amina", "brian"))
    amina.enter_the_sheet(age="34")
    brian.enter_the_sheet(age="43")
    work(cohort)
    assert stored(cohort) == []
    brian.page.goto(f"{brian.desk}1/settle/")
    assert "2 How old are you?" in brian.words()
    brian.go_to("input[type=radio]")
    # The first entry is the first button; Enter sends the form from there.
    brian.page.keyboard.press("Space")
    brian.keys("Enter")
    work(cohort)
    work(cohort)
    assert stored(cohort) == [
        {
            "gender": "woman",
            "age": 34,
            "assess": "often",
            "manage": "prefer_not",
            "training": "yes",
            "trainings": 2,
            "work": ("paid", "unpaid"),
            "secure": "my friends",
        }
    ]
    brian.page.goto(brian.desk)
    assert "agreed" in brian.words()
    for typist in (amina, brian):
        typist.page.context.close()


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl")])
def test_every_page_about_paper(cohort: Cohort, live_server: Any, scripted: Any, language: str, direction: str) -> None:
    page, inspector = scripted, Inspector(scripted, live_server.url)
    page.goto(f"{live_server.url}/desk/sign-in/?_lang={language}")
    walk_in(page, "amina")
    desk = f"{live_server.url}/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/paper/"

    def look(address: str, name: str) -> None:
        page.goto(f"{desk}{address}?_lang={language}")
        inspector.look(name, direction, heavy=False)

    look("", "paper")
    look("1/", "batch")
    look("1/1/", "sheet that waits")
    entry.begin(cohort=cohort, batch=1, number=1, by="amina")
    look("1/1/", "sheet under way")
    look("1/1/enter/", "entry")
    page.fill("#gender", "9")
    page.press("#gender", "Enter")
    assert page.locator("main .err").count() == 1
    page.fill("#gender", "1")
    for field in ("#gender", "#assess"):
        page.press(field, "Enter")
    look("1/1/enter/", "review of an entry")
    page.press("button[value=finish]", "Enter")
    look("1/1/", "sheet entered once")
    with site_scope(cohort.site_id):
        PaperSheet.objects.update(state=PaperSheet.State.EMPTY, first_by="")
    look("1/1/", "empty sheet")
    look("1/", "batch that can be closed")
    _differ(cohort)
    look("1/1/", "sheet that differs")
    look("1/1/settle/", "differences")
    page.click("main button.go")
    inspector.look("differences with an error", direction, heavy=False)
    assert inspector.faults == []


def _differ(cohort: Cohort) -> None:
    """Two entries that differ, as a worker leaves them."""
    found: list[tuple[str, Any, Any, str]] = [
        ("gender", "woman", "man", ""),
        ("secure", "my friends " * 20, {"missing": "blank"}, ""),
        ("trainings", 2, {"missing": "not_asked"}, "first"),
    ]
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        sheet = PaperSheet.objects.get(cohort_id=cohort.pk, batch=1, number=1)
        for question, first, second, right in found:
            differences.row_of(sheet=sheet, question=question, first=first, second=second, right=right).save()
        PaperSheet.objects.update(state=PaperSheet.State.DIFFERS, first_by="amina", second_by="brian")
