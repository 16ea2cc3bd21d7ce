"""Fixtures: a migrated database, the application's roles, a browser, a worker process."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django.test
import psycopg2
import pytest
from django.core.management import call_command
from django.db import connection
from hypothesis import HealthCheck, settings

from surveyproject.celery import app as celery_app
from tests.forms import FormClient
from tests.roles import take_role

# No test is timed: a machine with much to do is no fault of the program.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# Before any test module takes it from there, and where pytest-django's fixture takes it from.
django.test.Client = FormClient  # type: ignore[misc]
TEST_DATABASE = "test_survey"


def pytest_configure(config: pytest.Config) -> None:
    if "survey_test@" not in os.environ.get("DATABASE_URL", ""):
        pytest.exit("Type “bin/test” (with pytest's arguments): it brings up the database that the tests need.", 2)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """An own database, migrated by the owner; the tests' login is neither superuser nor exempt from row security."""
    owner = psycopg2.connect(os.environ["OWNER_DATABASE_URL"])
    owner.autocommit = True
    with owner.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {TEST_DATABASE}")
        cursor.execute(f"CREATE DATABASE {TEST_DATABASE}")
    connection.settings_dict["NAME"] = TEST_DATABASE
    os.environ["DATABASE_URL"] = os.environ["DATABASE_URL"].replace("@/survey", f"@/{TEST_DATABASE}")
    with django_db_blocker.unblock():
        take_role("survey_owner")
        call_command("migrate", verbosity=0)
        connection.close()
    yield
    with django_db_blocker.unblock():
        connection.close()
    # The server goes with its databases when the tests are done.
    owner.close()


@pytest.fixture(autouse=True)
def _speak_as_the_web_role(request: pytest.FixtureRequest) -> Iterator[None]:
    """Database tests begin as survey_web; emptying tables after a transactional test is the owner's work."""
    names = {"db", "transactional_db", "live_server"} & set(request.fixturenames)
    transactional = bool(names & {"transactional_db", "live_server"})
    marker = request.node.get_closest_marker("django_db")
    if not names and marker is None:
        yield
        return
    transactional = transactional or bool(marker and marker.kwargs.get("transaction"))
    request.getfixturevalue("transactional_db" if transactional else "db")
    take_role("survey_web")
    yield
    if transactional:
        connection.close()
        take_role("survey_owner")


@pytest.fixture(autouse=True)
def _plain_static_files(request: pytest.FixtureRequest, settings: Any) -> None:
    """The live server finds static files by their own names, not by hashed ones."""
    if "live_server" in request.fixturenames:
        storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        settings.STORAGES = {**settings.STORAGES, "staticfiles": storage}


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium. Pages made from it have scripts switched off unless a test asks for them."""
    path = os.environ.get("CHROMIUM")
    if not path:
        pytest.skip("no browser")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    flags += ["--disable-component-update", "--disable-sync"]
    libraries = os.environ.get("CHROMIUM_LIBRARIES")
    environment = {**os.environ, **({"LD_LIBRARY_PATH": libraries} if libraries else {})}
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=flags, env=environment)
        yield running
        running.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page without scripts, as wide as a cheap phone."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    yield context.new_page()
    context.close()


@pytest.fixture
def celery_worker_process(tmp_path: Path, transactional_db: None) -> Iterator["subprocess.Popen[bytes]"]:
    """A real worker process on the test's database and broker; what earlier tests asked of a worker is forgotten."""
    celery_app.control.purge()
    ready = tmp_path / "ready"
    environment = {**os.environ, "DATABASE_ROLE": "survey_worker", "WORKER_READY_FILE": str(ready)}
    command = [sys.executable, "-m", "celery", "-A", "surveyproject", "worker", "-c", "1", "-l", "WARNING"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    process = subprocess.Popen(command, env=environment)
    try:
        end = time.monotonic() + 120
        while not ready.exists():
            assert process.poll() is None, "the worker ended"
            assert time.monotonic() < end, "the worker did not start"
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(autouse=True)
def _only_workers_give_signs_of_life(settings: Any) -> None:
    """A job done in the tests' own process is quiet: its second connection would not speak as the worker's role."""
    settings.JOB_BEAT_SECONDS = 3600


@pytest.fixture(autouse=True)
def _codes_are_cheap(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes guessing dear would make tests slow; one test measures the real thing."""
    settings.CODE_STRETCHING = {"memory_kib": 8, "passes": 1}
    monkeypatch.setattr("survey.keypairs.MEMORY_KIB", 8)
    monkeypatch.setattr("survey.keypairs.PASSES", 1)
