"""A bad environment stops the program with one sentence; log lines name no one."""

import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from surveyproject.logs import NamelessFormatter
from surveyproject.texts import compile_catalogues

ROOT = Path(__file__).resolve().parents[2]
GOOD = {
    "DATABASE_URL": "postgresql://survey_app@localhost/survey",
    "SECRET_KEY": "x" * 40,
    "PATH": os.environ["PATH"],
    "DATA_DIR": "/nonexistent",
}


def settings_say(**environment: str) -> str:
    command = [sys.executable, "-c", "import surveyproject.settings"]
    done = subprocess.run(command, cwd=ROOT, env={**GOOD, **environment}, capture_output=True, text=True, check=False)
    return done.stderr.strip().splitlines()[-1] if done.returncode else "fine"


def test_a_good_environment_is_fine() -> None:
    assert settings_say() == "fine"


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("DATABASE_URL", "mysql://x/y", "postgresql://user:password@host:port/name"),
        ("DATABASE_URL", "", "bin/run"),
        ("DATABASE_ROLE", "postgres", "choose one of survey_owner, survey_web, survey_worker"),
        ("SECRET_KEY", "short", "shorter than 40"),
        ("HTTPS", "maybe", "write 1 for yes or 0 for no"),
        ("ONION_ORIGIN", "http://example.onion", "56 letters with .onion"),
        ("SECRET_KEY_FALLBACKS_FILE", "/nonexistent", "cannot be read"),
        ("SHARD_ROWS", "many", "write a whole number, at least 1"),
        ("MOST_SHARDS", "1", "at least 2"),
        ("SITE_QUEUES", "kenya", "write whole numbers, such as 1,4"),
        ("PUBLIC_ORIGIN", "survey.example.org/here", "write https:// and the server's name"),
    ],
)
def test_a_bad_value_says_what_to_write(name: str, value: str, hint: str) -> None:
    said = settings_say(**{name: value})
    assert hint in said
    assert said.startswith("django.core.exceptions.ImproperlyConfigured")


def test_djangos_own_check_of_a_deployment_has_nothing_to_say() -> None:
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    secret = "".join(chr(97 + number % 26) for number in range(64))
    environment = {**GOOD, "HTTPS": "1", "SECRET_KEY": secret}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues" in done.stdout


def test_a_replaced_key_still_holds_and_codes_hang_on_a_secret_of_their_own(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text(f"{'o' * 40}\n{'p' * 40}\n", encoding="utf-8")
    show = "from surveyproject import settings as s; print(s.SECRET_KEY_FALLBACKS, s.CODE_SALT)"
    environment = {**GOOD, "SECRET_KEY_FALLBACKS_FILE": str(old), "CODE_SALT": "salt"}
    shown = [
        subprocess.run(
            [sys.executable, "-c", show], cwd=ROOT, env=one, capture_output=True, text=True, check=True
        ).stdout
        for one in (environment, GOOD)
    ]
    assert shown == [f"{['o' * 40, 'p' * 40]} salt\n", f"[] {'x' * 40}\n"]


def test_a_log_line_keeps_neither_arguments_nor_the_text_of_an_exception() -> None:
    try:
        raise ValueError("canary-answer")
    except ValueError:
        record = logging.LogRecord(
            "django.request", logging.ERROR, "", 1, "Internal Server Error: %s", ("/j/canary-token/",), sys.exc_info()
        )
    said = NamelessFormatter().format(record)
    assert re.fullmatch(r"ERROR django.request Internal Server Error: %s ValueError test_settings.py:\d+", said)


def test_an_error_that_quotes_a_request_is_named_only() -> None:
    try:
        raise ValueError("Invalid HTTP_HOST header: 'canary'")
    except ValueError as error:
        record = logging.LogRecord(
            "django.security.DisallowedHost", logging.ERROR, "", 1, str(error), (), sys.exc_info()
        )
    said = NamelessFormatter().format(record)
    assert re.fullmatch(r"ERROR django.security.DisallowedHost ValueError test_settings.py:\d+", said)


def test_catalogues_are_compiled_once(tmp_path: Path) -> None:
    folder = tmp_path / "sw/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n', encoding="utf-8"
    )
    assert [compile_catalogues(tmp_path), compile_catalogues(tmp_path)] == [1, 0]
