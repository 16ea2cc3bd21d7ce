"""The coordinator's overview: all countries side by side, in counts, and nothing that is not a count."""

import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from reports import overview
from reports.models import FieldworkCount
from survey.models import (
    Batch,
    Cohort,
    CohortChange,
    Draft,
    Flag,
    FreeText,
    Invitation,
    PaperBatch,
    PaperEntry,
    PaperSheet,
    Participant,
    Response,
    Tally,
    Version,
)
from survey.publishing import publish
from survey.scope import site_scope, study_scope
from tests import workbooks as w
from tests.factories import make_staff, signed_in
from tests.roles import acting_as
from tests.studies import MONDAY, add_cohort, site_of

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 24)


def happened(cohort: Cohort, day: datetime.date, event: str, count: int, language: str = "en") -> None:
    with site_scope(cohort.site_id):
        Tally.objects.create(
            site_id=cohort.site_id, cohort_id=cohort.pk, day=day, language=language, event=event, count=count
        )


def of(version: Version) -> list[overview.CountryRow]:
    return overview.countries(version=version, language="en", today=TODAY, rtl=False)


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def test_countries_stand_side_by_side(version: Version) -> None:
    egypt = add_cohort(site_of(version, "EG"), version, name="Cairo", size=0, state="open")
    add_cohort(site_of(version, "KE"), version, name="Nairobi", size=0)
    with site_scope(egypt.site_id):
        Cohort.objects.filter(pk=egypt.pk).update(target=20)
    happened(egypt, TODAY, "submitted", 3)
    happened(egypt, TODAY - datetime.timedelta(days=2), "submitted", 4)
    happened(egypt, TODAY - datetime.timedelta(days=20), "submitted", 5)
    happened(egypt, TODAY, "withdrawn", 1, language="")
    kenya, second = of(version)
    assert (kenya.label, kenya.obstacle, [row.name for row in kenya.cohorts]) == ("Kenya", "", ["Nairobi"])
    assert str(second.obstacle) == "No frozen cohort yet. Answers are counted once a cohort is frozen."
    (row,) = second.cohorts
    assert (row.kept, row.target, row.this_week, row.last_week, row.level.width) == (11, 20, 2, 4, 55)
    assert row.languages == (("العربية", False), ("English", True))


def test_a_study_scope_shows_no_person_and_no_answer(version: Version) -> None:
    """Each of these tables holds a row; a coordinator's transaction finds none of them."""
    kenya = add_cohort(site_of(version, "KE"), version, size=12, state="open")
    own = {"site_id": kenya.site_id, "cohort_id": kenya.pk}
    day = {"made_on": TODAY, "expires_on": TODAY}
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        response = Response.objects.all()[0]
        Flag.objects.create(**own, kind="flat", response_id=response.pk, week="2026-W48", language="en")
        Batch.objects.create(**own, number=1, language="en", channel="", **day)
        Invitation.objects.create(**own, hash=b"x" * 32, batch=1, number=1)
        PaperBatch.objects.create(**own, number=1, language="en", sheets=1, received_on=TODAY)
        PaperSheet.objects.create(**own, batch=1, number=1)
        PaperEntry.objects.create(**own, batch=1, number=1, turn=1, content=b"")
        FieldworkCount.objects.create(**own)
        CohortChange.objects.create(**own, on=TODAY, by="amina", before="preparing", after="open", reason="x")
    with site_scope(kenya.site_id):
        Draft(**own, locator=b"d" * 32, version_id=version.pk, sealed=b"x", expires_on=TODAY).save(force_insert=True)
    hidden = [Participant, Invitation, Batch, Draft, Response, FreeText, Flag, CohortChange, FieldworkCount]
    hidden += [PaperBatch, PaperSheet, PaperEntry]
    with acting_as("survey_worker"):
        with site_scope(kenya.site_id):
            assert [model.__name__ for model in hidden if not model.objects.exists()] == []
        with study_scope(version.study_id):
            assert [model.__name__ for model in hidden if model.objects.exists()] == []


def test_tallies_of_another_study_are_not_counted(version: Version) -> None:
    with acting_as("survey_owner"):
        other = publish(
            workbook=w.workbook(w.group("a", w.one("b", "yesno")), settings={"form_id": "other"}), on=MONDAY
        )
    kenya = add_cohort(site_of(version, "KE"), version, size=0, state="open")
    foreign = add_cohort(site_of(other, "KE"), other, size=0, state="open")
    happened(foreign, TODAY, "submitted", 9)
    assert [row.kept for row in of(version)[0].cohorts] == [0]
    assert [row.kept for row in of(other)[0].cohorts] == [9]
    assert kenya.pk != foreign.pk


def many_countries(number: int) -> Version:
    codes = [f"A{chr(65 + place % 26)}" if place < 26 else f"B{chr(65 + place % 26)}" for place in range(number)]
    book = w.workbook(
        w.group("a", w.one("b", "yesno")),
        countries=[w.country(code) for code in codes],
        settings={"form_id": f"many-{number}"},
    )
    with acting_as("survey_owner"):
        version = publish(workbook=book, on=MONDAY)
    for code in codes:
        cohort = add_cohort(site_of(version, code), version, size=0, state="open")
        happened(cohort, timezone.now().date(), "submitted", 1)
    return version


def test_fifty_countries_ask_as_often_as_five(desk: Client) -> None:
    numbers = []
    for countries in (5, 50):
        version = many_countries(countries)
        desk.get(f"/desk/studies/{version.study.slug}/")
        with CaptureQueriesContext(connection) as queries:
            page = desk.get(f"/desk/studies/{version.study.slug}/")
        assert page.content.decode().count('class="country"') == countries
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]


def test_wording_of_a_countrys_own_is_listed_beside_the_masters(desk: Client) -> None:
    deviation = {"country": "KE", "language": "en", "name": "trained", "field": "label", "text": "Have you trained?"}
    book = w.workbook(
        w.group("a", w.one("trained", "yesno")),
        deviations=[{**deviation, "back_translation": "Trained, have you?", "reason": "The usual words."}],
    )
    with acting_as("survey_owner"):
        version = publish(workbook=book, on=MONDAY)
    (row,) = overview.deviations(version=version, language="en")
    assert (row.country, row.language, row.master, row.own) == ("KE", "English", "trained?", "Have you trained?")
    assert [country.deviations for country in of(version)] == [1, 0]
    page = text_of(desk.get(f"/desk/studies/{version.study.slug}/deviations/"))
    assert [text in page for text in ("trained?", "Have you trained?", "Trained, have you?", "The usual words.")] == [
        True
    ] * 4


@pytest.mark.parametrize("page", ["", "deviations/"])
def test_a_researcher_finds_no_overview_and_nobody_an_unknown_study(desk: Client, version: Version, page: str) -> None:
    assert desk.get(f"/desk/studies/{version.study.slug}/{page}").status_code == 200
    assert desk.get(f"/desk/studies/unknown/{page}").status_code == 404
    signed_in(desk, make_staff("amina", Role.Name.RESEARCHER, site_of(version, "KE")))
    assert desk.get(f"/desk/studies/{version.study.slug}/{page}").status_code == 404
