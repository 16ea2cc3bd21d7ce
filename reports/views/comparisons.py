"""One comparison while it is counted: its progress, and another try. Once done, its result."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from accounts.access import require_coordinator
from reports import progress, tasks
from reports.models import Comparison, JobState
from reports.views.results import show_result

# Seconds between two looks at a comparison under way: soon at first, then seldom.
SOON, SELDOM, PATIENCE = 2, 10, 60


@require_safe
@require_coordinator
def comparison(request: HttpRequest, pk: int) -> HttpResponse:
    """Progress until the comparison is done, then its result."""
    found = get_object_or_404(Comparison.objects.select_related(None), pk=pk)
    return show_result(request, found) if found.state == JobState.DONE else _show_progress(request, found)


@require_POST
@require_coordinator
def try_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Put what is missing into the queue once more."""
    found = get_object_or_404(Comparison.objects.defer("result"), pk=pk)
    if found.state == JobState.DONE:
        return HttpResponseRedirect(reverse("reports:comparison", args=[found.pk]), status=303)
    return watch(found, asked=tasks.enqueue(found))


def watch(comparison: Comparison, *, asked: int) -> HttpResponse:
    """To the progress page, which waits until so many more attempts have been made before it speaks of a failure."""
    attempts = progress.progress_of(comparison, language=get_language() or "en").attempts
    address = reverse("reports:comparison", args=[comparison.pk])
    return HttpResponseRedirect(f"{address}?wait={attempts + asked}", status=303)


def _show_progress(request: HttpRequest, comparison: Comparison) -> HttpResponse:
    found = progress.progress_of(comparison, language=get_language() or "en")
    failed = found.state == JobState.FAILED and found.attempts >= _number(request.GET.get("wait", ""))
    context = {
        "comparison": comparison,
        "progress": found,
        "failed": failed,
        "offer_again": failed or found.silent,
        "reasons": found.reasons if failed else [],
    }
    response = render(request, "reports/progress.html", context)
    if not failed:
        response.headers["Refresh"] = str(_next_look(comparison))
    return response


def _next_look(comparison: Comparison) -> int:
    age = (timezone.now() - comparison.requested_at).total_seconds()
    return SOON if age < PATIENCE else SELDOM


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
