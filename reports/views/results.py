"""The result of a comparison: the page, and the same result as a file. Nothing here calculates."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.access import require_coordinator
from reports import progress
from reports import render as rendering
from reports.models import Comparison, JobState
from reports.render.document import describe
from reports.table import Result


@dataclass(frozen=True, slots=True)
class Reading:
    """How a reader wants a result: seen from one country, in one language."""

    result: Result
    focal: str
    language: str


@require_safe
@require_coordinator
def download(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """One file of a finished comparison."""
