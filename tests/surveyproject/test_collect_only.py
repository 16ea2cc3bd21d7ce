"""A field laptop end to end: a cohort goes out to it, answers are given on it, a bundle brings them home, once."""

import os
import re
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from surveyproject.embedded import collecting, run
from tests.surveyproject.test_run import ROOT, Run, wait_for_silence


class Laptop:
    """A browser on the laptop's Wi-Fi."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(cookies)

    def open(self, path: str, **form: str) -> str:
        data = urllib.parse.urlencode(form).encode() if form else None
        headers = {"Origin": self.origin, "Accept-Language": "en"}
        request = urllib.request.Request(self.origin + path, data, headers)
        with self.opener.open(request, timeout=60) as answer:
            found: str = answer.read().decode()
        self.token = next(iter(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', found)), "")
        self.revision = next(iter(re.findall(r'name="_rev" value="(\d+)"', found)), "")
        self.place = next(iter(re.findall(r'name="_at" value="([^"]*)"', found)), "")
        return found

    def go_on(self, action: str = "next", **form: str) -> str:
        fields = {"csrfmiddlewaretoken": self.token, "_rev": self.revision, "_at": self.place, "_do": action}
        return self.open("/", **fields, **form)


def manage(data: Path, *command: str) -> subprocess.CompletedProcess[str]:
    names = ("DATABASE_URL", "OWNER_DATABASE_URL", "BROKER_URL", "DATABASE_ROLE", "DJANGO_SETTINGS_MODULE")
    environment = {key: value for key, value in os.environ.items() if key not in names}
    return subprocess.run(
        [str(ROOT / "bin/manage"), *command],
        env={**environment, "DATA_DIR": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A server with the bundled study and one open cohort in Kenya."""
    server = tmp_path / "server"
    made = manage(server, "prepare")
    assert made.returncode == 0, made.stderr
    assert manage(server, "make_site_keys").returncode == 0
    script = (
        "from survey import cohorts; from survey.models import Site, Version;"
        "c = cohorts.create(site=Site.objects.get(country='KE'), version=Version.objects.get(),"
        " setup=cohorts.Setup('Turkana', languages=('en',)), by='t');"
        "cohorts.move(cohort=c, to='open', reason='t', revision=0, by='t')"
    )
    assert manage(server, "shell", "--no-imports", "-c", script).returncode == 0
    return server


def test_answers_given_on_a_laptop_come_home_once_and_can_be_taken_back_there(server: Path, tmp_path: Path) -> None:
    cohort_file, laptop = tmp_path / "cohort.json", tmp_path / "laptop"
    exported = manage(server, "export_cohort", str(cohort_file), "--country", "KE")
    assert exported.returncode == 0, exported.stderr
    running = Run(laptop, "--collect-only", "--site", "KE", "--cohort", str(cohort_file))
    try:
        running.wait_until_up()
        assert "collects for KE, “Turkana”" in running.said
        origin = f"http://127.0.0.1:{running.port}"
        assert f"{origin}/j/" in running.said
        receipt = answer_once(Laptop(origin))
        with pytest.raises(urllib.error.HTTPError, match="404"):
            Laptop(origin).open("/desk/")
        bundled = manage(laptop, "export_bundle", str(tmp_path / "ke.bundle"), "--site", "KE")
    finally:
        code = running.end(signal.SIGTERM)
    assert code == 0
    wait_for_silence(laptop)
    assert bundled.stdout.startswith("1 responses of “Turkana” written"), bundled.stderr
    # Whoever takes the laptop has no key that opens what was sent on it.
    closed = manage(laptop, "shell", "--no-imports", "-c", CLOSED)
    assert closed.stdout.split() == ["elsewhere", "LockedError"], closed.stderr
    told = manage(server, "shell", "--no-imports", "-c", HOME.format(file=tmp_path / "ke.bundle"))
    assert told.stdout.split() == ["1", "0", "0", "0"], told.stderr
    taken_back = manage(server, "shell", "--no-imports", "-c", BACK.format(code=receipt))
    assert taken_back.stdout.split() == ["True", "False"], taken_back.stderr
    told = manage(server, "shell", "--no-imports", "-c", HOME.format(file=tmp_path / "ke.bundle"))
    assert told.stdout.split() == ["0", "1", "0", "1"], told.stderr


# What the Files page and the workers do, without the pages: prints new and withdrawn, twice.
HOME = """
from survey import carrying, keyring
from survey.models import Cohort, Site
from survey.scope import site_scope
site = Site.objects.get(country='KE').pk
content = open('{file}', 'rb').read()
for _ in range(2):
    with site_scope(site):
        bundle = carrying.unpack(content, keyring.opener(site_id=site))
        found = carrying.take(bundle, Cohort.objects.get())
        print(len(found.new), found.withdrawn)
"""
CLOSED = """
from survey import keyring
from survey.models import Response, Site
from survey.scope import site_scope
site = Site.objects.get(country='KE').pk
with site_scope(site):
    print(keyring.current_key(site).custody)
    assert Response.objects.get().key_id
    try:
        keyring.opener(site_id=site)
    except keyring.LockedError as error:
        print(type(error).__name__)
"""
BACK = "from survey import responses; print(*[responses.withdraw(code='{code}') for _ in range(2)])"


def answer_once(phone: Laptop) -> str:
    """From the door to the receipt, every question left blank."""
    phone.open("/")
    phone.open("/j/", _do="inform")
    page = phone.open("/j/", _do="start", agree="on", csrfmiddlewaretoken=phone.token)
    for _ in range(40):
        found = re.search(r"(?:\d{4} ){4}\d{4}", page)
        if found and "_do" not in page:
            return found[0].replace(" ", "")
        page = phone.go_on(next(action for action in ("go-on", "submit", "next") if f'value="{action}"' in page))
    pytest.fail(page)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--collect-only"], "--collect-only needs --site"),
        (["--site", "KE"], "--site goes with --collect-only"),
        (["--host", "192.168.4.1"], "--host goes with --collect-only"),
        (["--collect-only", "--site", "Kenya"], "two capital letters"),
        (["--collect-only", "--site", "KE", "--host", "0.0.0.0"], "no address of a private network"),
        (["--collect-only", "--site", "KE", "--host", "8.8.8.8"], "no address of a private network"),
        (["--collect-only", "--site", "KE", "--host", "localhost"], "is no address such as"),
    ],
)
def test_what_does_not_fit_together_is_one_sentence(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run._options(arguments)
    assert told in capsys.readouterr().err


def test_phones_are_told_their_address_and_everybody_what_an_open_line_means(tmp_path: Path) -> None:
    options = run._options(["--collect-only", "--site", "KE", "--host", "192.168.4.1"])
    environment = collecting.environment(options, tmp_path)
    assert environment == {
        "COLLECT_ONLY": "KE",
        "ALLOWED_HOSTS": "127.0.0.1,192.168.4.1,localhost",
        "HTTPS": "0",
    }
    told = "\n".join(collecting.told(options, tmp_path))
    assert "http://192.168.4.1:8000/j/" in told
    assert "not encrypted" in told
    (tmp_path / "receipt-key").write_text("k")
    assert collecting.environment(options, tmp_path)["RECEIPT_KEY_FILE"] == str(tmp_path / "receipt-key")
