"""bin/test: lint, types, import contracts, then all tests on a real PostgreSQL, a real broker and a real browser."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

from surveyproject.embedded import places, roles
from surveyproject.embedded.browser import find_or_install, find_or_install_firefox
from surveyproject.embedded.postgres import FAST_AND_FORGETFUL, remove
from surveyproject.embedded.services import Services
from surveyproject.texts import compile_catalogues

STAGES: Mapping[str, Sequence[str]] = {
    "lint": ["-m", "ruff", "check", "."],
    "format": ["-m", "ruff", "format", "--check", "."],
    "types": ["-m", "mypy"],
    "import contracts": ["-c", "from importlinter.cli import lint_imports_command as run; run()"],
}
# All tests run as two halves at once, each with servers of its own: the long ones of these files, and the rest.
PAGES = tuple(
    f"tests/journeys/test_{name}.py"
    for name in ("pages", "participants_way", "desk_pages", "paper_entry", "registry_pages")
)
HALVES: Sequence[Sequence[str]] = (PAGES, ("tests", *(f"--ignore={file}" for file in PAGES)))
NO_FIREFOX = "NO FIREFOX WAS FOUND OR COULD BE INSTALLED: the tests that need it were skipped."
NO_BROWSER = "NO BROWSER WAS FOUND OR COULD BE INSTALLED: the browser tests were skipped."


def main(arguments: list[str]) -> int:
    failed = [] if arguments else [name for name, command in STAGES.items() if not _passes(name, command)]
    compile_catalogues(places.ROOT / "locale")
    browser = {} if "--fast" in arguments else find_or_install(places.ROOT / ".venv")
    firefox = {} if "--fast" in arguments else find_or_install_firefox()
    for name in ("DATABASE_URL", "OWNER_DATABASE_URL", "BROKER_URL"):
        os.environ.pop(name, None)
    chosen = [argument for argument in arguments if argument != "--fast"]
    code = _pytest(chosen, {**browser, **firefox}) if chosen else _both_halves({**browser, **firefox})
    if not firefox and "--fast" not in arguments:
        print(f"\n{NO_FIREFOX}", flush=True)
    if not browser and "--fast" not in arguments:
        print(f"\n{NO_BROWSER}", flush=True)
        failed += ["browser"] if os.environ.get("CI") == "true" else []
    if failed:
        print(f"\nFailed before the tests: {', '.join(failed)}", flush=True)
    return code or int(bool(failed))


def _passes(name: str, command: Sequence[str]) -> bool:
    print(f"== {name}", flush=True)
    return subprocess.run([sys.executable, *command], cwd=places.ROOT, check=False).returncode == 0


def _both_halves(browser: Mapping[str, str]) -> int:
    """All tests; what the second half says is shown when the first one is done."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said, ThreadPoolExecutor() as pool:
        second = pool.submit(_pytest, HALVES[1], browser, said)
        code = _pytest(HALVES[0], browser)
        code = second.result() or code
        said.seek(0)
        print(said.read(), flush=True)
    return code


def _pytest(arguments: Sequence[str], browser: Mapping[str, str], said: IO[str] | None = None) -> int:
    # Servers of their own, forgetful and fast; those of a running `bin/run` are left alone.
    data = Path(tempfile.mkdtemp(prefix="survey-test-"))
    services = Services(data, settings=FAST_AND_FORGETFUL)
    try:
        services.start()
        assert services.postgres is not None
        services.postgres.execute(roles.TEST_ROLE)
        environment = {
            **os.environ,
            **browser,
            "DATA_DIR": str(data),
            "DATABASE_URL": services.postgres.url("survey_test"),
            "OWNER_DATABASE_URL": services.postgres.url("survey_owner"),
            "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
        }
        collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0", "--skip-checks"]
        subprocess.run(collect, cwd=places.ROOT, env=environment, check=True)
        command = [sys.executable, "-m", "pytest", *arguments]
        return subprocess.run(
            command, cwd=places.ROOT, env=environment, check=False, stdout=said, stderr=said
        ).returncode
    finally:
        services.stop()
        remove(data)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
