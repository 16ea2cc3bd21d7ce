"""The server deployment, read as files: it runs what `bin/run` runs, keeps secrets in files, and opens one door."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.urls import reverse

from surveyproject import headers
from surveyproject.embedded import broker, places, postgres, processes

ROOT = places.ROOT
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("migrate", "web", "web-onion", "worker", "beat")
SETTINGS = (ROOT / "surveyproject/settings.py").read_text(encoding="utf-8")


def secrets_of(service: str) -> dict[str, str]:
    """What a service finds under /run/secrets: name there → secret."""
    given = SERVICES[service].get("secrets", [])
    return {
        one if isinstance(one, str) else one["target"]: one if isinstance(one, str) else one["source"] for one in given
    }


@pytest.mark.parametrize(
    ("service", "command"),
    [
        ("web", [*processes.WEB, "-b", "0.0.0.0:8000"]),
        ("web-onion", [*processes.WEB, "-b", "0.0.0.0:8000"]),
        ("worker", processes.WORKER),
        ("beat", processes.BEAT),
    ],
)
def test_services_run_the_commands_of_bin_run(service: str, command: list[str]) -> None:
    assert SERVICES[service]["command"] == ["python", *command]


def test_the_database_is_prepared_once_by_its_owner_before_anything_else() -> None:
    assert SERVICES["migrate"]["command"] == ["python", "manage.py", "prepare"]
    for service in ("web", "web-onion", "worker"):
        assert SERVICES[service]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_servers_have_the_versions_of_the_embedded_ones() -> None:
    binary = postgres._usable_binaries(places.unprivileged()) / "bin/postgres"
    printed = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True, cwd="/").stdout
    assert SERVICES["postgres"]["image"] == f"postgres:{printed.split()[2]}"
    printed = subprocess.run([broker._binary(), "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"v=([\d.]+)", printed)
    assert found
    assert SERVICES["valkey"]["image"] == f"valkey/valkey:{found.group(1)}"


def test_postgresql_logs_no_statements_there_either() -> None:
    command = SERVICES["postgres"]["command"]
    given = dict(option.split("=", 1) for option in command[2::2])
    assert given == {name: value for name, value in postgres.SETTINGS.items() if name != "listen_addresses"}


@pytest.mark.parametrize(
    ("service", "role"),
    [("migrate", "owner"), ("web", "web"), ("web-onion", "web"), ("worker", "worker"), ("beat", "worker")],
)
def test_every_process_speaks_as_its_own_role(service: str, role: str) -> None:
    environment = SERVICES[service]["environment"]
    assert environment["DATABASE_ROLE"] == f"survey_{role}"
    url = environment.get("OWNER_DATABASE_URL") or environment["DATABASE_URL"]
    assert url == f"postgresql://survey_{role}@postgres:5432/survey"


def test_passwords_go_where_they_are_needed_and_nowhere_else() -> None:
    database = {service: secrets_of(service).get("database_password") for service in OURS}
    own = {"migrate": "owner_password", "web": "web_password", "worker": "worker_password", "beat": None}
    assert database == {**own, "web-onion": "web_password"}
    holders = {
        secret: {name for name in SERVICES if secret in secrets_of(name).values()} for secret in COMPOSE["secrets"]
    }
    assert holders["code_salt"] == {"web", "web-onion", "worker"}
    assert holders["postgres_password"] == {"postgres"}
    assert holders["broker_password"] == {"valkey"}


def test_keys_lie_in_volumes_of_their_own_with_the_one_service_that_reads_them() -> None:
    mounted = {
        volume.split(":")[0]: (name, volume.split(":")[1])
        for name, service in SERVICES.items()
        for volume in service.get("volumes", [])
        if volume.split(":")[0] in ("site-keys", "shred")
    }
    assert mounted == {"site-keys": ("worker", "/keys/site-keys"), "shred": ("web", "/keys/shred")}
    assert SERVICES["worker"]["environment"]["SITE_KEYS_DIR"] == "/keys/site-keys"
    assert SERVICES["web"]["environment"]["SHRED_DIR"] == "/keys/shred"
    assert {"site-keys", "shred"} <= set(COMPOSE["volumes"])
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "install -d -o survey -m 0700 /keys/site-keys /keys/shred" in image
    assert image.index("/keys/shred") < image.index("USER survey")
    assert "site_keys" not in (ROOT / "bin/make-secrets").read_text(encoding="utf-8")


def test_secrets_are_files_and_none_has_a_default() -> None:
    assert {name: one["file"] for name, one in COMPOSE["secrets"].items()} == {
        name: f"./secrets/{name}" for name in COMPOSE["secrets"]
    }
    made = (ROOT / "bin/make-secrets").read_text(encoding="utf-8")
    assert all(re.search(rf"\b{name}\b", made) for name in COMPOSE["secrets"])
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert not re.search(r"PASSWORD|SECRET", name) or value.startswith("/run/secrets/")
            assert not re.search(r"://[^/@]*:[^/@]+@", str(value))
            assert not name.endswith("_FILE") or value.removeprefix("/run/secrets/") in _names(service)
    assert "secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def _names(service: dict[str, Any]) -> set[str]:
    return {one if isinstance(one, str) else one["target"] for one in service["secrets"]}


def test_the_program_knows_every_name_that_it_is_told() -> None:
    for service in OURS:
        for name in SERVICES[service]["environment"]:
            assert f'"{name.removesuffix("_FILE")}"' in SETTINGS, name


def test_only_the_proxy_can_be_reached() -> None:
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["proxy"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    # Tor reaches out; nobody reaches in but through it.
    assert [name for name, service in SERVICES.items() if "outside" in service["networks"]] == ["proxy", "tor"]


def test_what_runs_for_long_is_watched_and_started_again() -> None:
    lasting = {name: service for name, service in SERVICES.items() if name != "migrate"}
    assert all(service["healthcheck"]["test"] for service in lasting.values())
    assert {service["restart"] for service in lasting.values()} == {"unless-stopped"}


def test_our_processes_run_without_rights_on_a_disk_they_cannot_write() -> None:
    for name in OURS:
        service = SERVICES[name]
        hardening = (service["read_only"], service["cap_drop"], service["security_opt"])
        assert hardening == (True, ["ALL"], ["no-new-privileges:true"])
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^USER survey$", image, re.MULTILINE)
    assert re.search(r"^FROM python:3\.1[1-3]\.\d+-slim", image, re.MULTILINE)
    assert "requirements-embedded" not in image


PROXIES = ("nginx.conf", "nginx-onion.conf")
FOLDER = ROOT / "deploy/nginx"


def proxy(name: str) -> str:
    """A proxy's configuration with what it includes."""
    text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
    for part in re.findall(r"include /survey/(\w+\.conf);", text) * 2:
        text = text.replace(f"include /survey/{part};", (FOLDER / part).read_text(encoding="utf-8"))
    return text


@pytest.mark.parametrize("name", PROXIES)
def test_the_proxy_logs_nothing_and_passes_no_address_on(name: str) -> None:
    text = proxy(name)
    assert "access_log off;" in text
    assert "error_log /dev/null crit;" in text
    assert text.count('proxy_set_header X-Forwarded-For "";') == text.count("proxy_pass ") > 0
    assert "remote_addr" not in text


@pytest.mark.parametrize("name", PROXIES)
def test_the_proxy_holds_nobody_for_long_takes_little_and_knows_one_name(name: str) -> None:
    text = proxy(name)
    assert "client_max_body_size 256k;" in text
    assert set(re.findall(r"client_max_body_size (\w+);", text)) <= {"256k", "140m"}
    for limit in ("client_header_timeout", "client_body_timeout", "send_timeout", "keepalive_timeout"):
        assert re.search(rf"{limit} (15|20|30)s;", text), limit
    defaults = re.findall(
        r"listen \d+(?: ssl)? default_server;\n\s*(?:ssl_reject_handshake on;\s*)?return (\d+);", text
    )
    assert defaults == ["444"] * text.count("default_server")
    assert "include /tmp/server_name.conf;" in text


def test_the_proxy_lets_files_through_to_the_pages_that_take_them_and_to_no_other() -> None:
    text = (ROOT / "deploy/nginx.conf").read_text(encoding="utf-8")
    wide = re.findall(r"location ~ (\S+) {\s*client_max_body_size 140m;", text)
    assert len(wide) == 1
    names = ("files", "cohort-release", "cohort", "cohort-cut")
    there = [reverse(name, kwargs={"site_id": 1, "cohort_id": 23}) for name in names]
    assert [bool(re.search(wide[0], where)) for where in there] == [True, True, False, False]


def test_the_proxys_own_pages_carry_the_headers_of_the_program_and_every_language() -> None:
    lines = (FOLDER / "headers.conf").read_text(encoding="utf-8")
    sent = dict(re.findall(r'^add_header ([\w-]+) "(.*)" always;$', lines, re.MULTILINE))
    assert sent == {**headers.HEADERS, "Cache-Control": "no-store"}
    assert f'set $transport "{headers.TRANSPORT}";' in proxy("nginx.conf")
    assert 'set $transport "";' in proxy("nginx-onion.conf")
    assert headers.TRANSPORT not in proxy("nginx-onion.conf")
    for page in ("refused", "wait"):
        text = (FOLDER / f"pages/{page}.html").read_text(encoding="utf-8")
        assert re.findall(r'<section lang="(\w+)" dir="(\w+)">', text) == [
            *(("en", "ltr"), ("es", "ltr"), ("id", "ltr"), ("sw", "ltr"), ("ar", "rtl"))
        ]
        assert not re.search(r"<script|style|//", text)


def test_every_answer_of_the_proxys_own_has_them() -> None:
    for name in PROXIES:
        own = re.findall(r"location [^{]*{[^}]*(?:return|root) [^}]*}", (ROOT / "deploy" / name).read_text())
        assert [one for one in own if "headers.conf" not in one] == (
            [] if name == "nginx.conf" else ["location /desk/ { return 404; }", "location = /healthy { return 204; }"]
        )


def test_the_onion_has_no_tls_no_desk_and_does_not_name_itself() -> None:
    environment = SERVICES["web-onion"]["environment"]
    assert environment["HTTPS"] == "0"
    assert "ONION_ORIGIN" not in environment
    assert "ONION_ORIGIN" in SERVICES["web"]["environment"]
    assert "location /desk/ { return 404; }" in proxy("nginx-onion.conf")
    torrc = (ROOT / "deploy/tor/torrc").read_text(encoding="utf-8")
    assert "HiddenServicePort 80 proxy-onion:8081" in torrc
    assert {name for name, one in SERVICES.items() if one.get("profiles") == ["onion"]} == {
        *("web-onion", "proxy-onion", "tor")
    }


def test_nobody_leaves_a_core_dump() -> None:
    holding = [name for name in SERVICES if name != "valkey"]
    assert [name for name in holding if SERVICES[name].get("ulimits") != {"core": 0}] == []


def made_secrets(house: Path) -> dict[str, str]:
    subprocess.run([house / "bin/make-secrets"], check=True, capture_output=True)
    return {file.name: file.read_text(encoding="utf-8") for file in (house / "secrets").iterdir()}


def test_secrets_are_drawn_once_long_and_apart(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "bin/make-secrets", tmp_path / "bin")
    made = made_secrets(tmp_path)
    assert set(made) == set(COMPOSE["secrets"])
    assert made_secrets(tmp_path) == made
    drawn = [value for name, value in made.items() if name not in ("broker_url", "site_keys", "old_secret_keys")]
    assert {len(value) for value in drawn} == {64}
    assert len(set(drawn)) == len(drawn)
    # A server from before codes had a secret of their own keeps the one that they hang on.
    (tmp_path / "secrets/code_salt").unlink()
    assert made_secrets(tmp_path)["code_salt"] == made["secret_key"]
