"""The summary's page and command: our template filled, an author's own file filled and given back, nothing kept."""

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry, Role
from reports.models import Comparison, JobState
from survey.models import Version
from survey.protocol.fingerprints import digest
from tests.factories import begin_comparison, make_staff, signed_in
from tests.reports.defenders import demonstration
from tests.reports.summary.files import texts, written
from tests.reports.test_views_results import finished
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of

pytestmark = pytest.mark.django_db
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture
def comparison(version: Version) -> Comparison:
    """A finished comparison that holds the bundled study's demonstration."""
    add_cohort(site_of(version, "KE"), version, size=60)
    result = demonstration().to_json()
    own = begin_comparison(version, [site_of(version, "KE")])
    with acting_as("survey_owner"):
        Comparison.objects.filter(pk=own.pk).update(state=JobState.DONE, result=result, result_hash=digest(result))
    return own


def page(desk: Client, comparison: Comparison, **query: str) -> str:
    response = desk.get(reverse("summary", args=[comparison.pk]), query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def send(desk: Client, comparison: Comparison, data: bytes, do: str = "fill"):
    file = SimpleUploadedFile("mine.docx", data, WORD)
    return desk.post(reverse("summary", args=[comparison.pk]) + "?focal=MX&language=en", {"file": file, "do": do})


def test_the_result_page_leads_to_the_summary(desk: Client, version: Version) -> None:
    own = finished(version)
    shown = desk.get(reverse("comparison", args=[own.pk])).content.decode()
    assert f'href="/desk/comparisons/{own.pk}/summary/?focal=KE&amp;language=en"' in shown


def test_the_page_offers_the_filled_summary_and_the_template(desk: Client, comparison: Comparison) -> None:
    shown = page(desk, comparison, focal="CO", language="es-CO")
    for name in ("document", "template"):
        assert f'href="/desk/comparisons/{comparison.pk}/summary/{name}/?focal=CO&amp;language=es-CO"' in shown
    assert "Nothing to look at: every field is filled" in shown
    assert '<code dir="ltr">{{training.any@woman}}</code>' in shown
    assert '<code dir="ltr">practice.assess</code>' in shown


@pytest.mark.parametrize(("name", "file"), [("document", "summary-co-es-co"), ("template", "summary-template-es-co")])
def test_both_are_downloads(desk: Client, comparison: Comparison, name: str, file: str) -> None:
    response = desk.get(reverse(f"summary-{name}", args=[comparison.pk]), {"focal": "CO", "language": "es-CO"})
    assert response["Content-Type"] == WORD
    assert response["Content-Disposition"] == f'attachment; filename="{file}.docx"'
    first = {"document": "Colombia: resumen de hallazgos", "template": "{{country}}: resumen de hallazgos"}
    assert texts(response.content)[0] == first[name]


def test_a_study_without_a_template_offers_the_way_with_an_own_file(desk: Client, version: Version) -> None:
    own = finished(version)
    assert "This study has no template in this language." in page(desk, own)
    for name in ("summary-document", "summary-template"):
        assert desk.get(reverse(name, args=[own.pk])).status_code == 404
    response = desk.post(
        reverse("summary", args=[own.pk]),
        {"file": SimpleUploadedFile("a.docx", written("In {{country}}: {{practice.assess}}."), WORD)},
    )
    assert "In Kenya: 33.3%." in texts(response.content)


def test_an_own_file_comes_back_filled_and_nothing_of_it_is_kept(desk: Client, comparison: Comparison) -> None:
    response = send(desk, comparison, written("{{claim: practice.assess > 60 | Most ({{practice.assess}}) do.}}"))
    assert response["Content-Disposition"] == 'attachment; filename="summary-mx-en.docx"'
    said = texts(response.content)
    assert "Most (59.7%) do. [not supported by the data: practice.assess 59.7%]" in said
    assert "To look at before this goes out" in said
    with acting_as("survey_owner"):
        entry = AuditEntry.objects.filter(action="summary-file").get()
    assert entry.detail == {"comparison": comparison.pk, "focal": "MX", "kind": "upload", "language": "en"}


def test_a_file_can_be_checked_without_taking_it(desk: Client, comparison: Comparison) -> None:
    text = "{{claim: practice.assess > 60 | Most ({{practice.assess}}) do.}} {{practice.asses}}"
    shown = send(desk, comparison, written(text), do="check").content.decode()
    assert '<span class="tag bad" dir="ltr">claim-false</span> The figures contradict this sentence.' in shown
    assert '<span class="tag bad" dir="ltr">indicator-unknown</span> This comparison has no such figure.' in shown
    assert "practice.asses (practice.assess" in shown


def test_what_would_change_in_an_edited_copy_is_told(desk: Client, comparison: Comparison) -> None:
    copy = send(desk, comparison, written("{{practice.assess}} assess.")).content
    place = reverse("summary", args=[comparison.pk]) + "?focal=CO&language=en"
    shown = desk.post(place, {"file": SimpleUploadedFile("a.docx", copy, WORD), "do": "check"}).content.decode()
    assert "<del>59.7%</del> <ins>55.4%</ins>" in shown


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no zip", "This is no Word document."),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "This file has a password, or is of an old kind."),
        (bytes(16 * 1024 * 1024 + 1), "This file is too big."),
    ],
)
def test_what_is_no_document_is_refused_with_the_reason(
    desk: Client, comparison: Comparison, data: bytes, words: str
) -> None:
    response = send(desk, comparison, data)
    assert response.status_code == 422
    assert words in response.content.decode()


def test_no_file_is_a_problem_of_the_form(desk: Client, comparison: Comparison) -> None:
    assert desk.post(reverse("summary", args=[comparison.pk]), {"do": "fill"}).status_code == 422


@pytest.mark.parametrize("query", [{"focal": "XX"}, {"language": "fr"}])
def test_what_the_comparison_does_not_have_is_not_found(desk: Client, comparison: Comparison, query: dict) -> None:
    for name in ("summary", "summary-document", "summary-template"):
        assert desk.get(reverse(name, args=[comparison.pk]), query).status_code == 404


def test_researchers_find_no_summary(comparison: Comparison, version: Version) -> None:
    client = signed_in(Client(), make_staff("amina", Role.Name.RESEARCHER, site_of(version, "KE")))
    for name in ("summary", "summary-document", "summary-template"):
        assert client.get(reverse(name, args=[comparison.pk])).status_code == 404


def test_a_form_of_another_site_is_refused(comparison: Comparison) -> None:
    client = Client(enforce_csrf_checks=True)
    signed_in(client, make_staff("second"))
    assert send(client, comparison, written("{{country}}")).status_code == 403


def test_the_page_asks_no_more_of_a_large_result_than_of_a_small_one(
    desk: Client, version: Version, comparison: Comparison
) -> None:
    page(desk, comparison)
    counts = []
    for own in (finished(publish_small("other")), comparison):
        with CaptureQueriesContext(connection) as queries:
            page(desk, own)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# The command ----------------------------------------------------------------------------------------------------------


def run(comparison: Comparison, out: Path, *more: str) -> str:
    told = io.StringIO()
    place = ["--comparison", str(comparison.pk), "--country", "MX", "--out", str(out)]
    call_command("summary", *place, *more, stdout=told)
    return told.getvalue()


def test_the_command_writes_a_summary_a_template_and_fills_an_edited_copy(
    comparison: Comparison, tmp_path: Path
) -> None:
    assert "fields" in run(comparison, tmp_path / "a.docx")
    assert texts((tmp_path / "a.docx").read_bytes())[0] == "Mexico: summary of findings"
    run(comparison, tmp_path / "t.docx", "--template", "--language", "sw")
    assert texts((tmp_path / "t.docx").read_bytes())[0] == "{{country}}: muhtasari wa matokeo"
    run(comparison, tmp_path / "b.docx", "--into", str(tmp_path / "a.docx"))
    assert (tmp_path / "b.docx").read_bytes() == (tmp_path / "a.docx").read_bytes()


def test_the_command_fails_on_a_sentence_that_is_not_borne_out_and_writes_it_marked(
    comparison: Comparison, tmp_path: Path
) -> None:
    (tmp_path / "own.docx").write_bytes(written("{{claim: practice.assess > 60 | Most do.}}"))
    with pytest.raises(CommandError, match="1 to look at"):
        run(comparison, tmp_path / "a.docx", "--into", str(tmp_path / "own.docx"))
    assert "Most do. [not supported by the data: practice.assess 59.7%]" in texts((tmp_path / "a.docx").read_bytes())


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--comparison", "999999"), "There is no finished comparison 999999"),
        (("--country", "XX"), "is no country of this comparison"),
        (("--language", "fr"), "has no template in “fr”"),
        (("--into", "/nowhere.docx"), "No such file"),
        (("--into", __file__), r"\[not-a-document\]"),
    ],
)
def test_the_command_says_what_is_wrong(
    comparison: Comparison, tmp_path: Path, more: tuple[str, ...], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        run(comparison, tmp_path / "a.docx", *more)
