"""What is stored of responses, and more of them: the only place here that knows how they are kept."""

from collections.abc import Sequence

RESPONSES = "survey_response"


def trial_link(country: str) -> str:
    """Where the demonstration's open cohort of a country is answered."""
    from django.db import connection

    from reports.demo import trial_token
    from survey.models import Site

    # The database may have been stopped since: a line of before is no line.
    connection.close()
    return f"/j/{trial_token(Site.objects.get(study__slug='defenders', country=country))}/"


def stored_texts(country: str) -> list[Sequence[str]]:
    """The free texts of each response of a country's trial cohort, opened as a worker opens them."""
    from django.db import connection

    from survey import keyring
    from survey.models import FreeText, Response, Site
    from survey.responses import opened_rows
    from survey.scope import site_scope

    connection.close()
    site = Site.objects.get(study__slug="defenders", country=country)
    with site_scope(site.pk):
        opener = keyring.opener(site_id=site.pk)
        responses = Response.objects.filter(site_id=site.pk).in_bulk()
        return [
            list(opened_rows(opener, responses[row.response_id], row)[1].values()) for row in FreeText.objects.all()
        ]


def number_stored(country: str) -> int:
    """How many responses the open cohort of a country has."""
    from django.db import connection

    from survey.models import Cohort, Response, Site
    from survey.scope import site_scope

    connection.close()
    site = Site.objects.get(study__slug="defenders", country=country)
    with site_scope(site.pk):
        return int(Response.objects.filter(cohort_id=Cohort.objects.get(state=Cohort.State.OPEN).pk).count())


def multiply(times: int) -> None:
    """Fill the frozen cohorts up, so that counting takes long enough to be hit."""
    from django.db import connection

    from survey.models import Cohort, Site
    from survey.scope import site_scope

    for site in Site.objects.all():
        with site_scope(site.pk), connection.cursor() as cursor:
            cohort = Cohort.objects.get(state=Cohort.State.FROZEN)
            cursor.execute(
                "INSERT INTO survey_response (id, site_id, cohort_id, version_id, week, language, record)"
                " SELECT gen_random_uuid(), site_id, cohort_id, version_id, week, language, record"
                " FROM survey_response, generate_series(2, %s) WHERE cohort_id = %s",
                [times, cohort.pk],
            )
