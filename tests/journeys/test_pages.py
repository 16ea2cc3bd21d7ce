"""Every page that a person sees, in every language, on a phone and on a desk: readable, reachable, light, and alone.

axe-core finds nothing, nothing overflows at 320 px, every target is 44 px, no request leaves for another host, and the
page weighs what a bad line can carry.
"""

import gzip
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.management import call_command
from django.template.loader import render_to_string
from django.utils import translation

from reports import demo
from reports.models import JobState, Release
from survey.models import Cohort, Site, Study
from survey.publishing import _read
from survey.scope import site_scope, study_scope
from tests.factories import make_staff, walk_in
from tests.journeys.test_main_job import PAGE_BUDGET, STUDY
from tests.roles import acting_as, take_role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LANGUAGES = [
    ("KE", "en", "ltr"),
    ("MX", "es-MX", "ltr"),
    ("CO", "es-CO", "ltr"),
    ("ID", "id", "ltr"),
    ("KE", "sw", "ltr"),
    ("EG", "ar", "rtl"),
]
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
}
# Links inside a sentence may be as high as their line; a radio's or box's target is its label.
SMALL_TARGETS = """() => [...document.querySelectorAll(
        'a[href], button, input:not([type=hidden]), textarea, summary, select')]
    .filter(e => !e.matches('.vh, .skip, p a, li a, td a, th a, caption a, sup a') || e.matches('.code-door'))
    .map(e => e.matches('[type=radio], [type=checkbox]') ? e.closest('label') : e)
    .filter(e => e && e.offsetParent !== null)
    .filter(e => e.getBoundingClientRect().height < 43.9 || e.getBoundingClientRect().width < 43.9)
    .map(e => e.outerHTML.slice(0, 120))"""

WIDEST = """() => [...document.querySelectorAll('main *')]
    .filter(e => e.getBoundingClientRect().right > 321 || e.getBoundingClientRect().left < -1)
    .map(e => e.outerHTML.slice(0, 150)).slice(-1)[0]"""


class Inspector:
    """Looks at one page after the other and remembers what is wrong with them.

    One that is not `thorough` leaves out what does not depend on the language of the words.
    """

    def __init__(self, page: Any, origin: str, *, thorough: bool = True) -> None:
        self.page, self.origin, self.thorough = page, origin, thorough
        self.faults: list[str] = []
        self.weights: dict[str, int] = {}
        page.on("request", self._same_host)
        page.on("console", lambda said: self.faults.append(f"console: {said.text}") if self._counts(said) else None)

    def _same_host(self, request: Any) -> None:
        if urlsplit(request.url).scheme != "data" and not request.url.startswith(self.origin):
            self.faults.append(f"another host: {request.url}")

    def _counts(self, said: Any) -> bool:
        return said.type == "error" and "status of 4" not in said.text

    def look(self, name: str, direction: str, *, heavy: bool = True) -> None:
        assert self.page.locator("html").get_attribute("dir") == direction, name
        for width in (360, 1280) if self.thorough else ():
            self.page.set_viewport_size({"width": width, "height": 740})
            # A row half under the sticky header counts as a small target; every row can be scrolled clear of it.
            self.page.evaluate("scrollTo(0, 0)")
            found = Axe().run(self.page, options=RULES).response["violations"]
            self.faults += [f"{name} at {width}: {one['id']} {one['nodes'][0]['html'][:120]}" for one in found]
        self.page.set_viewport_size({"width": 320, "height": 740})
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        if wide > 320:
            self.faults.append(f"{name}: {wide} px wide at 320, {self.page.evaluate(WIDEST)}")
        self.page.set_viewport_size({"width": 360, "height": 740})
        self.faults += [f"{name}: small {target}" for target in self.page.evaluate(SMALL_TARGETS)]
        if heavy:
            self.weights[name] = self._weight()

    def _weight(self) -> int:
        """HTML and CSS, each compressed, without what the browser could have kept."""
        css = self.page.request.get(self.origin + self.page.locator("link[rel=stylesheet]").get_attribute("href"))
        return len(gzip.compress(self.page.content().encode())) + len(gzip.compress(css.body()))


@pytest.fixture
def study(transactional_db: None) -> Iterator[Study]:
    """The bundled study with its demonstration data, and a coordinator."""
    _read.cache_clear()
    take_role("survey_owner")
    call_command("publish_study", STUDY, stdout=StringIO())
    make_staff()
    take_role("survey_worker")
    call_command("make_site_keys", stdout=StringIO())
    call_command("load_demo", STUDY, stdout=StringIO())
    take_role("survey_web")
    yield Study.objects.get(slug="defenders")
    _read.cache_clear()


@pytest.fixture
def scripted(browser: Any) -> Iterator[Any]:
    """A page in which the inspection's own script may run; ours has none."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, locale="en")
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


@pytest.mark.parametrize(("country", "language", "direction"), LANGUAGES)
def test_every_page_of_a_participant(
    study: Study, live_server: Any, scripted: Any, country: str, language: str, direction: str
) -> None:
    page, inspector = scripted, Inspector(scripted, live_server.url)
    site = study.sites.get(country=country)
    link = f"{live_server.url}/j/{demo.trial_token(site)}/{language}/"
    page.goto(link)
    page.click("details.lang summary")
    if page.locator(f"button[lang={language}]").count():
        page.click(f"button[lang={language}]")
    inspector.look("link", direction)
    page.click("main button.go")
    inspector.look("information", direction)
    page.click("main button.go")
    inspector.look("information with an error", direction)
    page.check("#agree")
    for name in ("the code", "staying safe"):
        page.click("main button.go")
        inspector.look(name, direction)
    page.goto(link)
    page.click("main button.go")
    inspector.look("already begun", direction)
    page.click("main a.go")
    page.click("main button.go")
    page.fill("#age", "999")
    page.click("main button.go")
    inspector.look("a page with an error", direction)
    page.fill("#age", "")
    page.click("button[value=erase]")
    inspector.look("erasing", direction)
    page.click("main button.go")
    number = 0
    while not page.locator("dl.rev").count():
        for fieldset in page.locator("fieldset").all():
            fieldset.locator("input").nth(1).check()
        number += 1
        inspector.look(f"page {number}", direction)
        page.click("main button.go")
    inspector.look("review", direction)
    page.locator("main button.go").first.click()
    inspector.look("receipt", direction)
    receipt = page.inner_text("bdi")
    take_back(inspector, receipt, direction)
    look_at_closed_doors(inspector, site, link, direction)
    for name, address in (("nothing open", "/"), ("unknown link", "/j/unknown/")):
        page.goto(live_server.url + address)
        # Without a session the browser's language decides.
        inspector.look(name, page.locator("html").get_attribute("dir"))
    assert not inspector.faults, "\n".join(sorted(set(inspector.faults)))
    assert number > 10
    assert max(inspector.weights.values()) <= PAGE_BUDGET, inspector.weights


def fail_releases(study: Study) -> None:
    """The comparison under way, as a worker leaves it that gave up."""
    with acting_as("survey_worker"), study_scope(study.pk):
        Release.objects.update(state=JobState.FAILED, reason="MemoryError")


def take_back(inspector: Inspector, receipt: str, direction: str) -> None:
    page = inspector.page
    page.goto(f"{inspector.origin}/code/")
    inspector.look("code", direction)
    page.fill("#code", "1234")
    page.click("main button.go")
    inspector.look("code with an error", direction)
    page.fill("#code", receipt)
    page.click("main button.go")
    inspector.look("withdrawal", direction)
    page.click("main button.go")
    inspector.look("withdrawn", direction)


def look_at_closed_doors(inspector: Inspector, site: Site, link: str, direction: str) -> None:
    for state in ("preparing", "paused", "closed"):
        with acting_as("survey_worker"), site_scope(site.pk):
            Cohort.objects.filter(name=demo.TRIAL).update(state=state)
        inspector.page.goto(link)
        inspector.look(state, direction)


def look_back(inspector: Inspector, done: str, direction: str) -> None:
    """The history of a comparison that is done, the list, and the comparison beside itself."""
    page, number = inspector.page, done.rstrip("/").rpartition("/")[2]
    for name, address in (
        ("history", f"{done}history/"),
        ("list of comparisons", "/desk/studies/defenders/comparisons/"),
        ("what changed", f"/desk/studies/defenders/changes/?old={number}&new={number}"),
    ):
        page.goto(f"{inspector.origin}{address}")
        inspector.look(name, direction, heavy=False)


@pytest.mark.parametrize(
    ("language", "direction"), [("en", "ltr"), ("es-mx", "ltr"), ("id", "ltr"), ("sw", "ltr"), ("ar", "rtl")]
)
def test_every_page_of_a_coordinator(
    study: Study, live_server: Any, scripted: Any, language: str, direction: str
) -> None:
    page, inspector = scripted, Inspector(scripted, live_server.url)
    page.goto(f"{live_server.url}/desk/sign-in/")
    if page.locator(f"button[lang={language}]").count():
        page.click(".lang summary")
        page.click(f"button[lang={language}]")
    inspector.look("sign-in", direction, heavy=False)
    page.fill("#username", "coordinator")
    page.fill("#password", "wrong")
    page.click("main button")
    inspector.look("sign-in with an error", direction, heavy=False)
    walk_in(page, "coordinator")
    inspector.look("desk", direction, heavy=False)
    page.goto(f"{live_server.url}/desk/studies/defenders/paper/")
    inspector.look("papers", direction, heavy=False)
    page.goto(f"{live_server.url}/desk/comparisons/new/defenders/")
    inspector.look("new comparison", direction, heavy=False)
    for box in page.locator("input[type=checkbox]").all():
        box.uncheck()
    page.click("main button.go")
    inspector.look("new comparison with an error", direction, heavy=False)
    page.goto(f"{live_server.url}/desk/comparisons/new/defenders/")
    page.click("main button.go")
    # Asked for long ago, so that the page does not look again by itself while it is looked at.
    under_way = f"{page.url.split('?')[0]}?since=1"
    page.goto(under_way)
    inspector.look("progress", direction, heavy=False)
    fail_releases(study)
    page.goto(under_way)
    inspector.look("stopped", direction, heavy=False)
    page.click("form[action$='/cancel/'] button")
    inspector.look("cancelled", direction, heavy=False)
    with acting_as("survey_worker"):
        call_command("check_published", figures=Path(STUDY) / "published.csv", stdout=StringIO())
    page.goto(f"{live_server.url}/desk/")
    inspector.look("desk with a comparison", direction, heavy=False)
    result = page.locator("main ul.rows a").first.get_attribute("href")
    for focal in ("MX", "EG"):
        page.goto(f"{live_server.url}{result}?focal={focal}")
        assert page.locator(".drawing").count() > 10
        inspector.look(f"result for {focal}", direction, heavy=False)
    look_back(inspector, result, direction)
    page.goto(f"{live_server.url}/desk/comparisons/999999/")
    inspector.look("not found", page.locator("html").get_attribute("dir") or "", heavy=False)
    assert not inspector.faults, "\n".join(sorted(set(inspector.faults)))


@pytest.mark.parametrize("name", ["400", "403", "404", "500"])
def test_error_pages_in_every_language(live_server: Any, scripted: Any, name: str) -> None:
    css = scripted.request.get(f"{live_server.url}/static/site.css").text()
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            scripted.set_content(render_to_string(f"{name}.html"))
        scripted.add_style_tag(content=css)
        found = Axe().run(scripted, options=RULES).response["violations"]
        assert [(language, one["id"]) for one in found] == []
        assert scripted.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_whole_questionnaire_can_be_answered_with_the_keyboard_alone(
    study: Study, live_server: Any, page: Any
) -> None:
    keys = page.keyboard
    page.goto(f"{live_server.url}/j/{demo.trial_token(study.sites.get(country='MX'))}/")

    def tab_to(selector: str) -> None:
        for _ in range(200):
            keys.press("Tab")
            if page.locator(f":is({selector}):focus").count():
                return
        pytest.fail(f"the keyboard does not reach {selector}")

    tab_to("main button.go")
    with page.expect_navigation():
        keys.press("Enter")
    tab_to("#agree")
    keys.press("Space")
    for _ in ("start", "the code", "staying safe"):
        tab_to("main button.go")
        with page.expect_navigation():
            keys.press("Enter")
    answered = 0
    while not page.locator("dl.rev").count():
        if page.locator("main fieldset input[type=radio]").count():
            tab_to("main fieldset input[type=radio]")
            keys.press("Space")
            answered += page.locator("main :checked:focus").count()
        tab_to("main button.go")
        with page.expect_navigation():
            keys.press("Enter")
    assert answered > 5
    tab_to("main button.go")
    keys.press("Enter")
    page.wait_for_selector("bdi[dir=ltr]")


def test_the_way_out_comes_first(study: Study, live_server: Any, page: Any) -> None:
    page.goto(f"{live_server.url}/j/{demo.trial_token(study.sites.get(country='MX'))}/")
    page.click("main button.go")
    page.check("#agree")
    for _ in ("start", "the code", "staying safe"):
        page.click("main button.go")
    assert page.locator("#age").count() == 1
    page.keyboard.press("Tab")
    assert page.locator("a.exit:focus").count() == 1
