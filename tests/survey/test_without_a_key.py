"""A country without a key takes nothing in, says so everywhere, and loses nothing that could be kept."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Role
from survey import batches, custody, responses
from survey.models import Cohort, PaperSheet, SiteKey, Upload, Version
from survey.scope import site_scope
from tests.factories import make_staff, signed_in
from tests.roles import acting_as
from tests.studies import MONDAY, add_cohort, publish_small, site_of
from tests.survey import test_participant as participant
from tests.survey.custodians import handed_over, unlocked

pytestmark = pytest.mark.django_db
FILE = (
    "_week,_language,gender,age,assess,manage,training,trainings,work,secure\n"
    "2026-W48,en,woman,34,often,prefer_not,no,,paid,friends\n"
)


@pytest.fixture(autouse=True)
def _own_folders(settings: Any, tmp_path: Path) -> None:
    settings.SITE_KEYS_DIR, settings.SHRED_DIR = tmp_path / "site-keys", tmp_path / "shred"


@pytest.fixture
def version() -> Version:
    return publish_small()


@pytest.fixture
def cohort(version: Version) -> Cohort:
    return add_cohort(site_of(version, "KE"), version, name="Nairobi", state=Cohort.State.OPEN, size=0)


@pytest.fixture
def amina(version: Version) -> Client:
    return signed_in(Client(), make_staff("amina", Role.Name.RESEARCHER, site_of(version, "KE")))


def lose_key(cohort: Cohort) -> None:
    with site_scope(cohort.site_id):
        SiteKey.objects.filter(site_id=cohort.site_id).update(state="retired")


def begun(client: Client, cohort: Cohort) -> None:
    """Somebody who has answered everything and sent nothing."""
    with acting_as("survey_worker"):
        participant.links.set_link(cohort=cohort, token=participant.TOKEN)
    participant.answer_everything(client)


def files(cohort: Cohort) -> str:
    return f"/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/files/"


def paper(cohort: Cohort, more: str) -> str:
    return f"/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/paper/{more}"


def test_answers_are_not_sent_and_the_draft_is_kept(client: Client, cohort: Cohort) -> None:
    begun(client, cohort)
    lose_key(cohort)
    refused = participant.send(client)
    assert refused.status_code == 503
    assert b"Nothing can be sent now" in refused.content
    assert b"kept under your code" in refused.content
    # As soon as there is a key again, they go through.
    with site_scope(cohort.site_id):
        SiteKey.objects.filter(site_id=cohort.site_id).update(state="current")
    assert participant.send(client).status_code == 303
    assert len(participant.stored(cohort)) == 1


def test_whoever_was_answering_when_the_country_was_erased_is_not_told_that_it_was_sent(
    client: Client, cohort: Cohort
) -> None:
    begun(client, cohort)
    custody.erase(site_id=cohort.site_id, by="amina")
    page = client.get("/").content.decode()
    assert "Your answers are not here any more" in page
    assert "Thank you" not in page
    # And nobody begins what could not be sent.
    assert client.get(f"/j/{participant.TOKEN}/").status_code == 410


def test_a_receipt_is_known_once_its_response_is_stored(client: Client, cohort: Cohort) -> None:
    begun(client, cohort)
    receipt = client.session["receipt"]
    assert not responses.was_stored(code=receipt)
    participant.send(client)
    assert responses.was_stored(code=receipt)


def test_a_file_is_refused_with_the_reason(amina: Client, cohort: Cohort) -> None:
    lose_key(cohort)
    sent = {"kind": "table", "file": SimpleUploadedFile("a.csv", FILE.encode())}
    refused = amina.post(files(cohort), sent)
    assert refused.status_code == 422
    assert b"This country has no key" in refused.content
    with site_scope(cohort.site_id):
        assert Upload.objects.count() == 0


def test_a_file_at_the_command_line_is_refused_with_the_reason(cohort: Cohort, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(FILE)
    lose_key(cohort)
    with acting_as("survey_worker"), pytest.raises(CommandError, match="KE has no key"):
        call_command("import_responses", str(tmp_path / "a.csv"), "--study", "small", "--country", "KE")


def test_an_entry_is_not_handed_in_and_what_was_typed_is_kept(amina: Client, cohort: Cohort) -> None:
    batches.register(cohort=cohort, language="en", sheets=1, received_on=MONDAY, by="amina")
    enter = paper(cohort, "1/1/enter/")
    amina.post(enter, {"_do": "begin"})
    page = amina.get(enter)
    while "lines" not in page.context:
        form = page.context["form"]
        typed = {"_do": "next", "_rev": page.context["revision"], "_at": page.context["at"]}
        page = amina.post(enter, {**dict.fromkeys(form.fields, ""), **typed}, follow=True)
    lose_key(cohort)
    refused = amina.post(enter, {"_do": "finish", "_rev": page.context["revision"]})
    assert refused.status_code == 409
    assert b"This country has no key" in refused.content
    assert "lines" in amina.get(enter).context


def test_a_file_and_a_sheet_wait_visibly_for_an_unlock(amina: Client, cohort: Cohort, version: Version) -> None:
    kenya = site_of(version, "KE")
    batches.register(cohort=cohort, language="en", sheets=1, received_on=MONDAY, by="amina")
    with site_scope(kenya.pk):
        PaperSheet.objects.update(state=PaperSheet.State.COMPARING)
    amina.post(files(cohort), {"kind": "table", "file": SimpleUploadedFile("a.csv", FILE.encode())})
    with site_scope(kenya.pk):
        upload = Upload.objects.values_list("pk", flat=True).get()
    pages = [f"{files(cohort)}{upload}/", paper(cohort, "1/1/")]
    waits = (
        b"This waits until one of the country&#x27;s researchers",
        b"This waits until one of the country's researchers",
    )
    for page in pages:
        assert not any(words in amina.get(page).content for words in waits)
    handed_over(kenya)
    for page in pages:
        assert any(words in amina.get(page).content for words in waits), page
    unlocked(kenya)
    for page in pages:
        assert not any(words in amina.get(page).content for words in waits)
