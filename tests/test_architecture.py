"""The house rules that a program can check."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("surveyproject", "accounts", "survey", "reports")
LONGEST_FILE, LONGEST_FUNCTION = 400, 50


def sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from (path for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_file_is_longer_than_the_budget() -> None:
    assert [relative(path) for path in sources() if len(path.read_text("utf-8").splitlines()) > LONGEST_FILE] == []


def test_no_function_is_longer_than_the_budget() -> None:
    long = [
        f"{relative(path)}:{node.name}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_every_module_says_its_job() -> None:
    silent = [relative(path) for path in sources() if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert silent == []


def test_no_room_is_called_after_nothing() -> None:
    assert [relative(path) for path in sources() if path.stem in ("utils", "helpers", "common", "misc")] == []


@pytest.mark.parametrize("pattern", [r"<script", r"<style", r"\sstyle=", r"\son[a-z]+=", r"(?:src|href)=\"https?:"])
def test_templates_hold_no_script_no_style_and_no_stranger(pattern: str) -> None:
    templates = list((ROOT / "templates").rglob("*.html"))
    assert templates
    assert [relative(path) for path in templates if re.search(pattern, path.read_text("utf-8"))] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_and_says_why(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[\w.\-]+==[\w.]+\s+# .+", line)] == []
