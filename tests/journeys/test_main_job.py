"""The main job, end to end, on real parts: the bundled study, a real worker, a real browser without scripts."""

import gzip
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from reports import demo
from reports.models import Comparison, JobState
from survey.models import Cohort, Response, Study
from survey.publishing import _read
from survey.scope import site_scope
from tests.factories import make_staff, walk_in
from tests.roles import acting_as, take_role

ROOT = Path(__file__).resolve().parents[2]
STUDY = str(ROOT / "studies/defenders")
PAGE_BUDGET = 14_336

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def study(transactional_db: None) -> Iterator[Study]:
    """The bundled study, published and loaded as `bin/run` does it."""
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


def link(study: Study, country: str) -> str:
    return f"/j/{demo.trial_token(study.sites.get(country=country))}/"


def weight(page: Any, live_server: Any) -> int:
    css = page.request.get(live_server.url + page.locator("link[rel=stylesheet]").get_attribute("href")).body()
    assert css.startswith(b"/*")
    return len(gzip.compress(page.content().encode())) + len(gzip.compress(css))


@pytest.mark.parametrize(("country", "language", "direction"), [("EG", "ar", "rtl"), ("MX", "es-MX", "ltr")])
def test_a_participant_answers_on_a_phone_without_scripts(
    study: Study, live_server: Any, page: Any, country: str, language: str, direction: str
) -> None:
    page.goto(live_server.url + link(study, country))
    page.click("details.lang summary")
    page.click(f"button[lang={language}]")
    weights = [weight(page, live_server)]
    page.click("main button.go")
    page.check("#agree")
    weights.append(weight(page, live_server))
    for _ in ("agreed", "the code", "staying safe"):
        page.click("main button.go")
        weights.append(weight(page, live_server))
    while not page.locator("dl.rev").count():
        assert page.locator("html").get_attribute("dir") == direction
        weights.append(weight(page, live_server))
        for fieldset in page.locator("fieldset").all():
            fieldset.locator("input").nth(1).check()
        page.click("main button.go")
    weights.append(weight(page, live_server))
    assert max(weights) <= PAGE_BUDGET
    page.locator("main button.go").first.click()
    site = study.sites.get(country=country)
    with acting_as("survey_worker"), site_scope(site.pk):
        trial = Cohort.objects.get(name=demo.TRIAL)
        assert Response.objects.filter(cohort_id=trial.pk).count() == 1
    assert page.locator("bdi[dir=ltr]").count() == 1
    page.go_back()
    assert page.locator("input:checked").count() == 0


@pytest.mark.worker
def test_a_coordinator_gets_the_papers_tables_from_a_real_worker(
    study: Study, celery_worker_process: Any, live_server: Any, browser: Any
) -> None:
    context = browser.new_context(java_script_enabled=False, accept_downloads=True)
    page = context.new_page()
    page.goto(live_server.url + "/desk/")
    walk_in(page, "coordinator")
    page.goto(live_server.url + "/desk/comparisons/new/defenders/")
    page.click("main button.go")
    comparison = page.url.split("?")[0]
    # The page looks again by itself; somebody who leaves it just then would meet it halfway.
    page.goto("about:blank")
    wait_until_done()
    page.goto(f"{comparison}?focal=MX&language=en")
    text = page.inner_text("main")
    assert "59.7%" in text
    assert (
        "Percentages in other countries: Colombia 55.4%, Kenya 71.1%, Indonesia 60.2%, Egypt 51.3% (Average 59.5%)."
        in text
    )
    assert "SYNTHETIC" in text
    with page.expect_download() as download:
        page.click("a[href*='/docx/']")
    data = Path(download.value.path()).read_bytes()
    with zipfile.ZipFile(BytesIO(data)) as word:
        assert "Kenya 71.1%" in word.read("word/footnotes.xml").decode()
    context.close()


def wait_until_done() -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        connection.close()
        states = list(Comparison.objects.values_list("state", flat=True))
        if states == [JobState.DONE]:
            return
        time.sleep(0.2)
    pytest.fail(f"the comparison is {states}")


def test_every_printed_figure_is_reproduced_or_explained(study: Study) -> None:
    out = StringIO()
    take_role("survey_worker")
    call_command("check_published", figures=Path(STUDY) / "published.csv", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0] == ("Releases of 5 countries, threshold 5; lowest and highest values signed off in 5 of them.")
    # What no questionnaire can yield: a rule, a list of places, and what was counted from interviews.
    assert [line.split()[0] for line in lines if "not from a questionnaire (" in line] == [
        "I.risk_years",
        "P.states",
        "SP.state_protection",
        "SP.accompaniment",
        "W.own",
    ]
    assert lines[-1] == "133 reproduced, 4 known discrepancy, 5 not from a questionnaire, 0 DIFFERS"
    assert [line.split()[0] for line in lines if "known discrepancy (" in line] == [
        "T1.1.ID",
        "T1.4.AVG",
        "T2.4.AVG",
        "T3.1.AVG",
    ]
