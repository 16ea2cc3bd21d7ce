"""A study's fieldwork for its coordinators: all countries side by side, and where their wording is their own."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, get_language_bidi
from django.views.decorators.http import require_safe

from accounts.access import require_coordinator
from reports import overview
from survey.models import Version


@require_safe
@require_coordinator
def study(request: HttpRequest, slug: str) -> HttpResponse:
    """Progress against target, country by country."""
    version = _latest(slug)
    countries = overview.countries(
        version=version,
        language=get_language() or "en",
        today=timezone.now().date(),
        rtl=get_language_bidi(),
    )
    return render(request, "fieldwork/study.html", {"version": version, "countries": countries})


@require_safe
@require_coordinator
def deviations(request: HttpRequest, slug: str) -> HttpResponse:
    """Every wording of one country's own, beside the text of all."""
    version = _latest(slug)
    rows = overview.deviations(version=version, language=get_language() or "en")
    return render(request, "fieldwork/deviations.html", {"version": version, "rows": rows})


def _latest(slug: str) -> Version:
    """The latest version of a study, with the study. Raises Http404."""
    found = Version.objects.filter(study__slug=slug).defer("sheets").select_related("study").order_by("-number").first()
    if found is None:
        raise Http404
    return found
