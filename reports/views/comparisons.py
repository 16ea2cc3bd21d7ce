"""One comparison while it is counted: its progress, and another try. Once done, its result."""

import time

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from accounts.access import require_coordinator
from reports import cancelling, progress, runs, tasks
from reports.attempts import ENDED
from reports.models import Comparison, JobState
from reports.views import waiting
from reports.views.results import show_result


@require_safe
@require_coordinator
def comparison(request: HttpRequest, pk: int) -> HttpResponse:
    """Progress until the comparison is done, then its result."""
    found = get_object_or_404(Comparison, pk=pk)
    return show_result(request, found) if found.state == JobState.DONE else _show_progress(request, found)


@require_POST
@require_coordinator
def try_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Put what is missing into the queue once more."""
    found = get_object_or_404(Comparison.objects.defer("result"), pk=pk)
    if found.state in ENDED:
        return HttpResponseRedirect(reverse("comparison", args=[found.pk]), status=303)
    runs.requeue(found)
    return ask_workers(found)


@require_POST
@require_coordinator
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Call it off, unless it is done by now."""
    found = get_object_or_404(Comparison.objects.defer("result"), pk=pk)
    cancelling.cancel(comparison=found, by=request.user.get_username())
    return HttpResponseRedirect(reverse("comparison", args=[found.pk]), status=303)


def ask_workers(comparison: Comparison) -> HttpResponse:
    """Enqueue what is missing, then to the progress page."""
    address = _address(comparison)
    return HttpResponseRedirect(address if tasks.enqueue(comparison) else f"{address}&queue=silent", status=303)


def _address(comparison: Comparison) -> str:
    return f"{reverse('comparison', args=[comparison.pk])}?since={int(time.time())}"


def _show_progress(request: HttpRequest, comparison: Comparison) -> HttpResponse:
    found = progress.progress_of(comparison, language=get_language() or "en")
    failed = found.state == JobState.FAILED
    waited = time.time() - (waiting.since(request.GET.get("since", "")) or comparison.requested_at.timestamp())
    resting = found.state in (JobState.FAILED, JobState.LOCKED, JobState.CANCELLED)
    pause = waiting.NEVER if resting else waiting.pause(waited)
    context = {
        "comparison": comparison,
        "progress": found,
        "failed": failed,
        "cancelled": found.state == JobState.CANCELLED,
        "queue_silent": found.state == JobState.QUEUED and request.GET.get("queue") == "silent",
        "silent": found.silent and waited > waiting.GRACE_SECONDS,
        "pause": pause,
        "look_again": _address(comparison),
    }
    response = render(request, "reports/progress.html", context)
    if pause:
        response["Refresh"] = str(pause)
    return response
