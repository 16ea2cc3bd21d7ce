"""A cohort in the morning: where it stands, and what to do next."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.access import require_researcher
from survey import cohorts
from survey.views import desk


@require_safe
@require_researcher
def overview(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """The first page of a cohort."""
    cohort = desk.own_cohort(site_id, cohort_id)
    moves = [(to, desk.MOVES[to]) for to in cohorts.MOVES[cohorts.State(cohort.state)]]
    return desk.page(request, "fieldwork/overview.html", cohort, place="cohort", moves=moves)
