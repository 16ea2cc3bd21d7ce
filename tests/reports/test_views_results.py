"""The page of a finished comparison and its files: one stored result, read from any country in any language."""

import json

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry
from reports import render
from reports.models import Comparison
from reports.render.document import describe
from reports.table import Wording
from survey.models import Version
from tests.factories import begin_comparison, finish_comparison
from tests.reports.results import ASSESS, across, indicator, result
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of

pytestmark = pytest.mark.django_db
# Sixty participants, sixty answer sheets.
KENYA_TOOK_PART = '<th scope="row">Kenya</th>' + 2 * '<td class="figure"><bdi>60</bdi></td>'


def finished(version: Version, *, synthetic: bool = False) -> Comparison:
    """Kenya with 60 answer sheets and Egypt with 30: a third of both often assess risks."""
    sites = [site_of(version, "KE"), site_of(version, "EG")]
    for site, size in zip(sites, (60, 30), strict=True):
        add_cohort(site, version, size=size, synthetic=synthetic)
    return finish_comparison(begin_comparison(version, sites))


def page_of(desk: Client, comparison: Comparison, **query: str) -> str:
    response = desk.get(reverse("comparison", args=[comparison.pk]), query)
    assert response.status_code == 200
    assert "Refresh" not in response
    return " ".join(response.content.decode().split())


def test_the_page_reads_from_the_first_country_until_another_is_chosen(desk: Client, version: Version) -> None:
    comparison = finished(version)
    kenya, egypt = page_of(desk, comparison), page_of(desk, comparison, focal="EG")
    assert '<option value="KE" selected>Kenya</option>' in kenya
    assert "Egypt 33.3%† (Average 33.3%)." in kenya
    assert "Kenya 33.3% (Average 33.3%)." in egypt


def test_footnotes_lead_to_their_figure_and_back(desk: Client, version: Version) -> None:
    page = page_of(desk, finished(version))
    assert '<a id="ref-1" href="#note-1" aria-label="Footnote 1">1</a>' in page
    assert '<li id="note-1"><a href="#ref-1"' in page


def test_footnotes_of_a_label_lead_to_it_and_back() -> None:
    own = Wording("KE", "sw", "Mara ngapi?", "", "")
    table = describe(result(indicator(across(*ASSESS), wordings=(own,))), "MX", "en").tables[0]
    page = render_to_string("reports/_table.html", {"table": table})
    assert (
        '<th scope="row">Assess the risks<sup><a id="ref-1" href="#note-1" aria-label="Footnote 1">1</a></sup>' in page
    )
    assert '<li id="note-1"><a href="#ref-1"' in page
    assert '<a id="ref-2" href="#note-2"' in page


def test_the_report_has_its_own_language_and_direction_and_the_page_keeps_the_readers(
    desk: Client, version: Version
) -> None:
    page = page_of(desk, finished(version), language="ar")
    assert '<html lang="en" dir="ltr">' in page
    assert '<article class="report" lang="ar" dir="rtl">' in page
    assert "Download:" in page


def test_synthetic_figures_say_so_and_real_ones_do_not(desk: Client, version: Version) -> None:
    other = publish_small("other")
    assert "SYNTHETIC" in page_of(desk, finished(version, synthetic=True))
    assert "SYNTHETIC" not in page_of(desk, finished(other))


def test_the_page_names_its_origin(desk: Client, version: Version) -> None:
    comparison = finished(version)
    page = page_of(desk, comparison)
    for text in (version.instrument_hash, version.layout_hash, version.plan_hash, comparison.result_hash):
        assert text in page
    assert KENYA_TOOK_PART in page
    assert "<dt>Disclosure threshold</dt><dd>5</dd>" in page


def test_every_format_is_offered_for_what_is_shown(desk: Client, version: Version) -> None:
    comparison = finished(version)
    page = page_of(desk, comparison, focal="EG", language="ar")
    for kind in render.FORMATS:
        assert f'href="/desk/comparisons/{comparison.pk}/{kind}/?focal=EG&amp;language=ar"' in page


@pytest.mark.parametrize("kind", sorted(render.FORMATS))
def test_a_file_comes_as_an_attachment_with_a_neutral_name(desk: Client, version: Version, kind: str) -> None:
    comparison, own = finished(version), render.FORMATS[kind]
    response = desk.get(reverse("comparison-file", args=[comparison.pk, kind]), {"focal": "EG", "language": "ar"})
    assert response.status_code == 200
    assert response["Content-Disposition"] == f'attachment; filename="comparison-eg-ar{own.suffix}.{own.extension}"'
    assert response["Content-Type"] == render.FORMATS[kind].content_type
    assert response["Cache-Control"] == "no-store"
    assert response.content


def test_a_file_and_the_page_read_the_same_stored_result(desk: Client, version: Version) -> None:
    comparison = finished(version)
    add_cohort(site_of(version, "KE"), version, name="later", size=90)
    data = json.loads(desk.get(reverse("comparison-file", args=[comparison.pk, "json"])).content)
    assert KENYA_TOOK_PART in page_of(desk, comparison)
    assert str(comparison.result["provenance"]["plan_hash"]) in json.dumps(data)


@pytest.mark.parametrize("query", [{"focal": "MX"}, {"language": "fr"}, {"focal": "ke"}])
def test_a_country_or_language_that_the_result_does_not_hold_is_not_found(
    desk: Client, version: Version, query: dict[str, str]
) -> None:
    comparison = finished(version)
    for address in ("comparison", "comparison-file"):
        arguments = [comparison.pk] if address == "comparison" else [comparison.pk, "csv"]
        assert desk.get(reverse(address, args=arguments), query).status_code == 404


def test_there_is_no_file_of_an_unknown_format_or_an_unfinished_comparison(desk: Client, version: Version) -> None:
    comparison = finished(version)
    assert desk.get(reverse("comparison-file", args=[comparison.pk, "exe"])).status_code == 404
    other = publish_small("other")
    add_cohort(site_of(other, "KE"), other, size=0)
    waiting = begin_comparison(other, [site_of(other, "KE")])
    assert desk.get(reverse("comparison-file", args=[waiting.pk, "csv"])).status_code == 404


def test_every_view_and_file_of_a_result_is_in_the_audit_trail(desk: Client, version: Version) -> None:
    comparison = finished(version)
    page_of(desk, comparison)
    desk.get(reverse("comparison-file", args=[comparison.pk, "csv"]), {"focal": "EG"})
    with acting_as("survey_owner"):
        seen_by_people = AuditEntry.objects.filter(action__in=["comparison-view", "comparison-file"]).order_by("pk")
        entries = list(seen_by_people.values_list("actor", "action", "detail"))
    seen = {"comparison": comparison.pk, "language": "en"}
    assert entries == [
        ("coordinator", "comparison-view", {**seen, "focal": "KE"}),
        ("coordinator", "comparison-file", {**seen, "focal": "EG", "kind": "csv"}),
    ]


# Drawings, and what was asked -----------------------------------------------------------------------------------------


def test_each_table_has_its_drawing_and_the_drawing_its_words(desk: Client, version: Version) -> None:
    page = page_of(desk, finished(version))
    assert page.count('<figure class="drawing"><svg xmlns="http://www.w3.org/2000/svg"') == page.count(
        "in words</summary>"
    )
    assert ": Kenya 33.3%, Egypt 33.3%†, Average 33.3%." in page


def test_drawings_obey_the_content_security_policy(desk: Client, version: Version) -> None:
    comparison = finished(version)
    for language in ("en", "ar"):
        page = page_of(desk, comparison, language=language)
        assert " style=" not in page
        assert "<style" not in page
        assert "<script" not in page


def test_the_question_its_answers_and_the_bases_are_there_on_demand(desk: Client, version: Version) -> None:
    page = page_of(desk, finished(version))
    assert '<details class="asked"><summary>The questions as they were asked, and their bases</summary>' in page
    assert '<li><strong>often</strong> <span class="tag">counted</span></li>' in page
    assert "<li>never</li>" in page
    assert '<span class="count">Kenya <bdi>60</bdi></span> <span class="count">Egypt <bdi>30</bdi></span>' in page
