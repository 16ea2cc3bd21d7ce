"""Counting what happens in a cohort by day and language, without an answer and without a person."""

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from survey.models import Tally
from survey.scope import site_scope

Event = Tally.Event
# Minutes that a questionnaire took, as bands by their lower bounds.
BANDS = (0, 10, 20, 30, 45, 60, 90)

_ADD = """
    INSERT INTO survey_tally (site_id, cohort_id, day, language, event, detail, count)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (site_id, cohort_id, day, language, event, detail)
        DO UPDATE SET count = survey_tally.count + EXCLUDED.count
"""


def note(event: str, *, site_id: int, cohort_id: int, language: str, detail: str = "", times: int = 1) -> None:
    """Count an event of today. Belongs last into a transaction: whoever counts the same waits until it ends."""
    day = timezone.now().date()
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [site_id, cohort_id, day, language, str(event), detail, times])


def begun_by_link_today(cohort_id: int) -> int:
    """How many began today through the open link while it had a daily cap, in any language. Needs the site's scope."""
    own = Tally.objects.filter(cohort_id=cohort_id, day=timezone.now().date(), event=Event.BY_LINK)
    return own.aggregate(all=Sum("count"))["all"] or 0


def note_opened(*, site_id: int, cohort_id: int, language: str) -> None:
    """Somebody went on from the first page to the information."""
    with site_scope(site_id):
        note(Event.OPENED, site_id=site_id, cohort_id=cohort_id, language=language)


def band(minutes: int) -> str:
    """The band of a duration, by its lower bound."""
    return str(max(lower for lower in BANDS if lower <= minutes))
