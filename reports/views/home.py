"""The desk: what is published, which countries are ready, and the latest comparisons."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.access import require_coordinator, require_staff, roles_of
from reports import progress
from reports.models import Comparison
from survey.models import Version

PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class StudyBlock:
    version: Version
    countries: list[progress.CountryLine]

    @property
    def can_compare(self) -> bool:
        return any(country.ready for country in self.countries)


@require_safe
@require_staff
def desk(request: HttpRequest) -> HttpResponse:
    """Where the day begins: a coordinator's studies, or a researcher's cohorts."""
    coordinator = roles_of(request.user).coordinator
    return home(request) if coordinator else HttpResponseRedirect(reverse("cohorts"), status=303)


@require_coordinator
def home(request: HttpRequest) -> HttpResponse:
    """Every study with its countries side by side, and a page of comparisons."""
    language = get_language() or "en"
    blocks = [
        StudyBlock(version, progress.countries(version=version, language=language))
        for version in progress.latest_versions()
    ]
    page = Paginator(Comparison.objects.defer("result"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "blocks": blocks,
        "page": page,
        "rows": progress.rows(list(page.object_list)),
    }
    return render(request, "reports/home.html", context)
