"""The page that checks printed figures: a file comes in, a table comes out, and nothing of it stays."""

import csv
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from reports.figure_file import HEADINGS
from reports.models import Comparison
from survey.models import Version
from tests.factories import begin_comparison, finish_comparison
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def comparison(version: Version) -> Comparison:
    """Kenya with 60 answer sheets and Egypt with 30: a third of both often assess risks."""
    sites = [site_of(version, "KE"), site_of(version, "EG")]
    for site, size in zip(sites, (60, 30), strict=True):
        add_cohort(site, version, size=size)
    return finish_comparison(begin_comparison(version, sites))


def address(comparison: Comparison) -> str:
    return reverse("comparison-check", args=[comparison.pk])


def send(desk: Client, comparison: Comparison, *lines: str, status: int = 200) -> str:
    text = "\n".join(("value,indicator,country,largest_base,label", *lines))
    response = desk.post(address(comparison), {"file": SimpleUploadedFile("figures.csv", text.encode())})
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def rows(page: str) -> list[list[str]]:
    """The cells of the table of findings, without their marks."""
    body = page.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in body.split("<tr>")[1:]]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in cells]


def test_every_figure_of_a_file_gets_a_verdict(desk: Client, comparison: Comparison) -> None:
    page = send(
        desk,
        comparison,
        "33.3,practice.assess,KE,60,Table 1",
        "30.0,practice.assess,EG,30,",
        "33.1,practice.assess,KE,60,",
        "33.3,practice.assess,average,,",
        "12,other.thing,KE,,",
    )
    assert rows(page) == [
        ["2", "Table 1 practice.assess KE", "33.3", "33.3 (20/60)", "reproduced"],
        ["3", "practice.assess EG", "30.0", "33.3 (10/30)", "differs"],
        [
            "4", "practice.assess KE", "33.1", "33.3 (20/60)",
            "no data could give it No number of people out of 60 or fewer, rounded half up or half to even, gives it. "
            "It needs at least 118 people.",
        ],
        ["5", "practice.assess average", "33.3", "33.3 (mean of 2 countries)", "reproduced"],
        ["6", "other.thing KE", "12", "–", "not in this comparison This comparison has no indicator of this name."],
    ]  # fmt: skip
    assert "<dt>reproduced</dt><dd>2</dd>" in page


def test_what_is_wrong_with_a_file_is_told_row_by_row(desk: Client, comparison: Comparison) -> None:
    page = send(desk, comparison, "about 33,practice.assess,KE,,", "33.3,practice.assess,,none,", status=422)
    assert rows(page) == [
        ["2", "value", "Write a number, such as 59.7."],
        ["3", "largest_base", "Write the largest number of people, such as 120."],
        ["3", "country", "Write the code of a country, or “average”."],
    ]
    assert "What the check found" not in page


def test_text_of_a_file_is_never_taken_for_marks_of_the_page(desk: Client, comparison: Comparison) -> None:
    page = send(desk, comparison, "33.3,practice.assess,KE,,<script>alert(1)</script>")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_of_many_faults_some_are_listed_and_the_rest_counted(desk: Client, comparison: Comparison) -> None:
    page = send(desk, comparison, *["x,practice.assess,KE,,"] * 130, status=422)
    assert len(rows(page)) == 100
    assert "30 more are not listed." in page


@pytest.mark.parametrize("data", [{}, {"file": ""}])
def test_a_form_without_a_file_says_so(desk: Client, comparison: Comparison, data: dict[str, str]) -> None:
    response = desk.post(address(comparison), data)
    assert response.status_code == 422
    assert 'href="#file"' in response.content.decode()


def test_a_file_that_is_too_big_is_refused(desk: Client, comparison: Comparison) -> None:
    page = send(desk, comparison, *["33.3,practice.assess,KE,60,Table 1"] * 7_000, status=422)
    assert "200 KB and 2,000 figures at most" in page


def test_the_file_is_not_kept_and_the_trail_says_how_many_were_checked(desk: Client, comparison: Comparison) -> None:
    send(desk, comparison, "33.3,practice.assess,KE,60,Table 1")
    with acting_as("survey_owner"):
        [entry] = AuditEntry.objects.filter(action="figures-checked")
    assert (entry.actor, entry.detail) == ("coordinator", {"comparison": comparison.pk, "figures": 1})
    assert "Table 1" not in desk.get(address(comparison)).content.decode()


def test_a_page_of_many_figures_asks_the_database_no_more_than_one_of_one(desk: Client, comparison: Comparison) -> None:
    counts = []
    send(desk, comparison, "33.3,practice.assess,KE,60,")
    for number in (1, 500):
        with CaptureQueriesContext(connection) as queries:
            page = send(desk, comparison, *["33.3,practice.assess,KE,60,"] * number)
        assert len(rows(page)) == number
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_template_names_every_figure_and_comes_back_empty(desk: Client, comparison: Comparison) -> None:
    response = desk.get(reverse("comparison-check-template", args=[comparison.pk]))
    assert response["Content-Disposition"] == f'attachment; filename="figures-{comparison.pk}.csv"'
    lines = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))
    assert tuple(lines[0]) == HEADINGS
    assert {line["value"] for line in lines} == {""}
    own = [
        (line["indicator"], line["country"], line["subgroup"], line["choice"], line["largest_base"]) for line in lines
    ]
    assert own[:3] == [
        ("practice.assess", "KE", "", "", "60"),
        ("practice.assess", "EG", "", "", "30"),
        ("practice.assess", "average", "", "", ""),
    ]
    assert ("training.any", "average KE", "", "", "") in own
    assert ("participants.gender", "KE", "woman", "", "60") in own
    # With what it prints filled in, every row is found again.
    filled = response.content.decode("utf-8-sig").replace("\n,", "\n1,")
    sent = desk.post(address(comparison), {"file": SimpleUploadedFile("figures.csv", filled.encode())})
    assert sent.status_code == 200
    verdicts = {row[-1].split(" This ")[0] for row in rows(" ".join(sent.content.decode().split()))}
    assert "not in this comparison" not in verdicts


def test_the_result_leads_to_the_check(desk: Client, comparison: Comparison) -> None:
    page = desk.get(reverse("comparison", args=[comparison.pk])).content.decode()
    assert f'href="{address(comparison)}"' in page


def test_there_is_nothing_to_check_against_an_unfinished_comparison(desk: Client) -> None:
    other = publish_small("other")
    add_cohort(site_of(other, "KE"), other, size=0)
    waiting = begin_comparison(other, [site_of(other, "KE")])
    assert desk.get(address(waiting)).status_code == 404
    assert desk.get(reverse("comparison-check-template", args=[waiting.pk])).status_code == 404


def test_another_encoding_of_the_form_is_refused(desk: Client, comparison: Comparison) -> None:
    response = desk.post(address(comparison), b"x=1", content_type="application/x-www-form-urlencoded; charset=utf-7")
    assert response.status_code == 400
