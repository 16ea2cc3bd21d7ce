"""What is stored of responses, and more of them: the only place here that knows how they are kept."""

import uuid
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
    """Fill the frozen cohorts up, so that counting takes long enough to be hit: each copy sealed as its own."""
    from django.db import connection

    from survey import keyring, sealers
    from survey.imports import BATCH
    from survey.models import Cohort, Response, Site
    from survey.responses import opened_rows, sealed_rows
    from survey.scope import site_scope

    connection.close()
    for site in Site.objects.all():
        with site_scope(site.pk):
            cohort = Cohort.objects.get(state=Cohort.State.FROZEN)
            opener = keyring.opener(site_id=site.pk)
            sealer = sealers.sealer(site_id=site.pk, version_id=cohort.version_id)
            copies = [
                sealed_rows(
                    sealer=sealer,
                    cohort=cohort,
                    version_id=cohort.version_id,
                    response_id=uuid.uuid4(),
                    week=row.week,
                    language=row.language,
                    record=opened_rows(opener, row, None)[0],
                    texts={},
                )[0]
                for row in Response.objects.filter(cohort_id=cohort.pk)
                for _ in range(times - 1)
            ]
            Response.objects.bulk_create(copies, batch_size=BATCH)
