"""Made-up responses laid down in bulk where the program keeps them: open, or sealed as the web process seals them."""

import io
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from benchmarks import generated

RESPONSES = "survey_response"
# How many records lie under one data key, and how many data keys there are at most: a web process draws one an hour.
A_KEY, MOST_KEYS = 1_000, 2_000


@dataclass(frozen=True, slots=True)
class Where:
    """A cohort in which responses are laid down."""

    site_id: int
    cohort_id: int
    version_id: int


def cohorts(site_ids: Iterable[int], version_id: int, name: str) -> dict[int, int]:
    """A frozen synthetic cohort in every site; its number by site."""
    from survey.models import Cohort
    from survey.scope import site_scope

    found = {}
    for site_id in site_ids:
        with site_scope(site_id):
            cohort = Cohort.objects.create(
                site_id=site_id, version_id=version_id, name=name, state=Cohort.State.FROZEN, synthetic=True
            )
            found[site_id] = cohort.pk
    return found


def store_records(where: Where, matrix: Any) -> None:
    """COPY into the table itself is refused under row-level security; a temporary one takes the records first."""
    from django.db import connection

    from survey.scope import site_scope

    with site_scope(where.site_id), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE arriving (record bytea) ON COMMIT DROP")
        generated.copy_records(cursor.cursor, "arriving", matrix)
        cursor.execute(
            f"INSERT INTO {RESPONSES} (id, site_id, cohort_id, version_id, week, language, cut, record)"
            " SELECT gen_random_uuid(), %s, %s, %s, '2026-W48', 'en', 1, record FROM arriving",
            [where.site_id, where.cohort_id, where.version_id],
        )


def store_sealed(where: Where, matrix: Any, *, a_key: int = A_KEY) -> None:
    """The same records sealed as the web process seals them, a data key for every so many."""
    from django.db import connection

    from survey import sealers
    from survey.datakeys import Place
    from survey.scope import site_scope

    with site_scope(where.site_id), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE arriving (id uuid, key_id uuid, record bytea) ON COMMIT DROP")
        lines = io.StringIO()
        for row, record in enumerate(matrix):
            if row % a_key == 0:
                sealers.forget_data_keys()
                sealer = sealers.sealer(site_id=where.site_id, version_id=where.version_id)
            number = uuid.uuid4()
            place = Place(where.site_id, where.cohort_id, where.version_id, number)
            lines.write(f"{number}\t{sealer.key_id}\t\\\\x{sealer.record(record.tobytes(), place).hex()}\n")
        lines.seek(0)
        cursor.cursor.copy_expert("COPY arriving FROM STDIN", lines)
        cursor.execute(
            f"INSERT INTO {RESPONSES} (id, site_id, cohort_id, version_id, week, language, cut, key_id, record)"
            " SELECT id, %s, %s, %s, '2026-W48', 'en', 1, key_id, record FROM arriving",
            [where.site_id, where.cohort_id, where.version_id],
        )
