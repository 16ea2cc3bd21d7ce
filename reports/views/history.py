"""What happened to a comparison, and the comparisons of a study so far."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.access import require_coordinator
from reports import history, progress
from reports.models import Comparison, JobState
from survey.models import Study

PER_PAGE = 20
# Kinds of ends by which the list can be narrowed.
KINDS: dict[str, tuple[Promise, tuple[str, ...]]] = {
    "done": (_("done"), (JobState.DONE,)),
    "under-way": (_("under way"), (JobState.QUEUED, JobState.RUNNING, JobState.LOCKED)),
    "failed": (_("stopped"), (JobState.FAILED,)),
    "cancelled": (_("cancelled"), (JobState.CANCELLED,)),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to see of the list. Raises Http404 for a kind that there is not."""

    kind: str
    who: str

    def __post_init__(self) -> None:
        if self.kind and self.kind not in KINDS:
            raise Http404

    def narrow(self, comparisons: QuerySet[Comparison]) -> QuerySet[Comparison]:
        if self.kind:
            comparisons = comparisons.filter(state__in=KINDS[self.kind][1])
        return comparisons.filter(requested_by=self.who) if self.who else comparisons

    @property
    def query(self) -> str:
        """The same wish in the address of another page of the list."""
        return urlencode({name: value for name, value in (("kind", self.kind), ("who", self.who)) if value})


@require_safe
@require_coordinator
def of_comparison(request: HttpRequest, pk: int) -> HttpResponse:
    """Who asked, how each country was counted, how it ended."""
    found = get_object_or_404(Comparison.objects.defer("result"), pk=pk)
    study = Study.objects.get(pk=found.study_id)
    events = history.events_of(found, language=get_language() or "en")
    return render(request, "reports/history.html", {"comparison": found, "study": study, "events": events})


@require_safe
@require_coordinator
def of_study(request: HttpRequest, slug: str) -> HttpResponse:
    """A page of a study's comparisons, newest first; two that are done can be set side by side."""
    study = get_object_or_404(Study, slug=slug)
    wish = Wish(request.GET.get("kind", ""), request.GET.get("who", ""))
    own = Comparison.objects.filter(study_id=study.pk).defer("result")
    page: Page[Comparison] = Paginator(wish.narrow(own), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "study": study,
        "wish": wish,
        "page": page,
        "rows": progress.rows(list(page.object_list)),
        "kinds": [(name, text) for name, (text, _states) in KINDS.items()],
        "people": list(own.order_by("requested_by").values_list("requested_by", flat=True).distinct()),
    }
    return render(request, "reports/runs.html", context)
