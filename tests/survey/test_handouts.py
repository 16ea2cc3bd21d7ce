"""Slips, codes and files: what a phone reads is what was meant, and nothing on paper says what the survey is about."""

import csv
import datetime
import io
import re

import numpy as np
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from survey import handouts, invitations

DAY = datetime.date(2026, 12, 31)
# One row of an SVG path: a step to its place, then dark runs.
STEP = re.compile(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?")


def read(svg: str) -> list[str]:
    """What a reader of QR codes makes of an SVG, drawn here with four dots a module."""
    size = int(re.search(r'viewBox="0 0 (\d+) \1"', svg).group(1))
    dots = np.full((size, size), 255, dtype=np.uint8)
    x = y = 0.0
    for kind, first, second in STEP.findall(re.search(r' d="([^"]+)"', svg).group(1)):
        if kind == "h":
            dots[int(y), int(x) : int(x + float(first))] = 0
            x += float(first)
        else:
            x, y = (0.0, 0.0) if kind == "M" else (x, y)
            x, y = x + float(first), y + float(second)
    return [found.text for found in zxingcpp.read_barcodes(np.kron(dots, np.ones((4, 4), dtype=np.uint8)))]


@given(st.binary(min_size=32, max_size=32), st.integers(1, 5_000))
def test_a_token_has_four_groups_of_letters_that_nobody_confuses(seed: bytes, number: int) -> None:
    token = invitations.token_of(seed, number)
    assert re.fullmatch(r"([2-9a-hjkmnp-z]{7}-){3}[2-9a-hjkmnp-z]{7}", token)
    assert token == invitations.token_of(seed, number)


def test_every_letter_is_as_likely_as_every_other() -> None:
    letters = "".join(invitations.token_of(bytes(32), number) for number in range(4_000)).replace("-", "")
    counts = [letters.count(letter) for letter in invitations.LETTERS]
    expected = len(letters) / 31
    assert (
        sum((count - expected) ** 2 / expected for count in counts) < 60
    )  # chi-square, 30 degrees: p is 0.001 at 59.7


def test_the_tokens_of_a_batch_are_all_different_and_another_seed_gives_others() -> None:
    one, other = ({invitations.token_of(seed, number) for number in range(1, 1_001)} for seed in (bytes(32), b"x" * 32))
    assert (len(one), len(one & other)) == (1_000, 0)


@pytest.mark.parametrize("origin", ["https://survey.example.org", "http://10.0.0.7:8001", f"http://{'a' * 56}.onion"])
def test_a_phone_reads_the_address_from_the_code(origin: str) -> None:
    for number in range(1, 21):
        address = f"{origin}/i/{invitations.token_of(bytes(32), number)}/"
        assert read(handouts.qr_code(address)) == [address]


def test_an_address_is_cut_into_lines_before_its_token_and_not_within() -> None:
    pieces = handouts.Slip("https://survey.example.org:8001/i/abcdefg-hjkmnpq/").pieces
    assert pieces == ["https://survey.example.org:8001/", "i/", "abcdefg-hjkmnpq/"]


def test_a_code_carries_no_style_of_its_own() -> None:
    assert not re.search(r"style|<script|on\w+=|href", handouts.qr_code("https://survey.example.org/"))


def test_sheets_hold_eight_slips_a_page_and_fifty_pages() -> None:
    numbers = list(range(1, 1_001))
    assert handouts.sheets(numbers) == [(1, 400), (401, 800), (801, 1_000)]
    sheet = handouts.sheet(
        batch=3, numbers=numbers, part=2, language="ar", last_day=DAY, link=lambda number: f"https://x/{number}"
    )
    assert (sheet.direction, [len(page) for page in sheet.pages]) == ("rtl", [8] * 25)
    assert (sheet.pages[0][0].mark, sheet.pages[-1][-1].address) == ("3 · 801", "https://x/1000")


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("en", "This link opens a survey, for one person and one time, until Dec. 31, 2026: https://x/1"),
        ("es-MX", "Este enlace abre una encuesta, para una sola persona y una sola vez, hasta el"),
        ("ar", "استبيان"),
    ],
)
def test_the_file_has_a_message_for_every_link_in_the_batchs_language(language: str, message: str) -> None:
    content = handouts.messages(links=[(1, "https://x/1"), (2, "https://x/2")], language=language, last_day=DAY)
    assert content.startswith("\ufeff".encode())
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0] == ["number", "link", "language", "last_day", "message"]
    assert [row[:4] for row in rows[1:]] == [
        ["1", "https://x/1", language, "2026-12-31"],
        ["2", "https://x/2", language, "2026-12-31"],
    ]
    assert message in rows[1][4]
    assert rows[1][4].endswith("https://x/1")
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
