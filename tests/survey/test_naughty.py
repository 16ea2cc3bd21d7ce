"""Whatever is typed into whatever field: no 500, no unescaped echo, and what was acknowledged stays."""

import html
import re
from urllib.parse import quote_from_bytes

import pytest
from django.test import Client

from survey import codes, links
from survey.models import Cohort, Draft
from survey.scope import site_scope
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of
from tests.survey.test_participant import PAGES, TOKEN, post, revision, send, start, stored

pytestmark = pytest.mark.django_db

# One or more of every kind that has broken forms before: empty and blank, numbers that are none, letters that turn,
# stack, hide or take no room, half and double characters, markup, templates, queries, commands, paths and formulas.
NAUGHTY = [
    *("", " ", "\t\n", "undefined", "null", "None", "NaN", "true", "nil", "-", "--"),
    *("0x0", "1e999", "-0", "1/0", "1,000", "٣٤", "३४", "𝟛𝟜", "Ⅷ", "²", "½", "00000000034", "9" * 400),
    *("\u200b", "\u200f\u202eright to left\u202c", "\ufeff", "\u2028\u2029", "\u00ad", "\u0000", "\u0007", "\x1b[31m"),
    *("e\u0301\u0302\u0303" * 40, "ﷺ﷽" * 20, "👩🏽‍🚀🏳️‍🌈", "İıſß", "ａｂｃ", "ᚠᛇᚻ", "\U0010ffff", "\ud7ff\ue000"),
    *("Ünïcödé", "مرحبا", "你好", "สวัสดี", "नमस्ते", "Ωmega", "œuvre’s “quote”", "a" * 1999),
    *(
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '"><svg/onload=alert(1)>',
        "</textarea><b>",
        "&lt;&amp;",
    ),
    *("{{ 7*7 }}", "{% load i18n %}", "${7*7}", "%(x)s %s %d", "{0.__class__}", "#{7*7}"),
    *(
        "' OR 1=1 --",
        '"; DROP TABLE survey_response; --',
        "1; SELECT pg_sleep(9)",
        "\\'",
        "%27",
        "`id`",
        "$(id)",
        "| ls",
    ),
    *(
        "../../etc/passwd",
        "C:\\con",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://a/%%30%30",
        "\r\nSet-Cookie: x=1",
    ),
    *("=1+1", "@SUM(A1)", "+1", "-1+1", "'hello", "[blank]", "=cmd|' /C calc'!A0"),
]
FIELDS = ["gender", "age", "age_decline", "_do", "_rev", "_at", "_lang", "csrfmiddlewaretoken", "unknown"]


@pytest.fixture
def cohort() -> Cohort:
    version = publish_small()
    found = add_cohort(site_of(version, "EG"), version, state=Cohort.State.OPEN, size=0)
    with acting_as("survey_worker"):
        links.set_link(cohort=found, token=TOKEN)
    return found


def is_harmless(content: bytes, typed: str) -> bool:
    """Markup that was typed stands nowhere as markup."""
    return "<" not in typed or typed.encode() not in content


def test_every_string_in_every_field_of_a_page(client: Client, cohort: Cohort) -> None:
    start(client)
    for field in FIELDS:
        for typed in NAUGHTY:
            answer = client.post("/", {"_rev": revision(client), "_do": "save", field: typed})
            assert answer.status_code in (200, 303), (field, typed)
            assert is_harmless(answer.content, typed), (field, typed)


def test_every_string_at_every_door_and_in_the_code_box(client: Client, cohort: Cohort) -> None:
    for typed in NAUGHTY:
        answers = [
            client.post("/code/", {"code": typed}),
            client.post("/code/", {"code": codes.new_code(), "_do": typed}),
            client.post("/code/", {"code": typed, "_lang": typed}),
            client.post(f"/j/{TOKEN}/", {"_do": typed, "_lang": typed}),
            client.get("/", {"_lang": typed}),
            client.get(f"/j/{quote_from_bytes(typed.encode())}/"),
        ]
        assert {answer.status_code for answer in answers} <= {200, 303, 404, 422}, typed
        assert all(is_harmless(answer.content, typed) for answer in answers), typed


def test_a_free_text_is_stored_as_it_was_typed_or_refused_with_a_reason(client: Client, cohort: Cohort) -> None:
    start(client)
    for page in PAGES:
        post(client, page)
    refused = []
    for typed in NAUGHTY:
        post(client, {}, do="page-2")
        page = post(client, {"training": "no", "secure": typed})
        if "There is a problem" in page:
            refused.append(typed)
            post(client, {"training": "no", "secure": ""})
            continue
        shown = re.findall(r'<span dir="auto">(.*?)</span>', page, re.DOTALL)
        assert html.unescape(shown[-1]) == typed.strip().replace("\r\n", "\n") or not typed.strip(), typed
    assert refused == ["\u0000"]
    post(client, {}, do="page-2")
    post(client, {"training": "no", "secure": "=1+1"})
    send(client)
    assert stored(cohort)[0]["secure"] == "=1+1"


@pytest.mark.parametrize("field", ["age", "secure", "_do", "unknown", "csrfmiddlewaretoken"])
def test_a_megabyte_is_refused_and_nothing_is_lost(client: Client, cohort: Cohort, field: str) -> None:
    start(client)
    post(client, PAGES[0])
    assert client.post("/", {"_rev": revision(client), field: "x" * 1_000_000}).status_code == 413
    assert client.post("/code/", {"code": "1" * 1_000_000}).status_code == 413
    assert 'value="34"' in post(client, {}, do="back")


@pytest.mark.parametrize(
    "raw", [b"age=%ff%fe", b"age=\xff\xfe", b"age=%00", b"\xff=1", b"age=%ed%a0%80", b"&&&=&", b"%"]
)
def test_broken_bytes_are_a_page_and_not_a_crash(client: Client, cohort: Cohort, raw: bytes) -> None:
    start(client)
    body = f"_rev={revision(client)}&_do=next&".encode() + raw
    answer = client.post("/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (200, 303)
    assert client.get("/").status_code == 200


def test_doubled_fields_count_once_and_too_many_are_refused(client: Client, cohort: Cohort) -> None:
    start(client)
    assert client.post("/", {"_rev": revision(client), "_do": "next", "age": ["20", "34"]}).status_code == 303
    assert client.post("/", {f"x{number}": "1" for number in range(400)}).status_code == 400
    with site_scope(cohort.site_id):
        assert Draft.objects.get().revision == 1


def test_a_page_out_of_order_is_taken_for_what_it_is(client: Client, cohort: Cohort) -> None:
    start(client)
    post(client, {"_at": "2", "training": "no", "secure": "first the last"})
    assert "first the last" in post(client, {}, do="page-2")


def test_a_lost_session_in_the_middle_loses_no_saved_answer(client: Client, cohort: Cohort) -> None:
    client.post(f"/j/{TOKEN}/", {"_do": "start", "_lang": "en"})
    code = client.session["draft_code"]
    for _ in ("the code", "staying safe"):
        client.post("/", {"_do": "go-on"})
    post(client, PAGES[0])
    client.cookies.clear()
    assert client.post("/", {"_do": "next", "assess": "often"}).status_code == 200
    other = Client()
    other.post("/code/", {"code": code})
    other.post("/", {"_do": "go-on"})
    assert 'value="34"' in post(other, {}, do="back")
