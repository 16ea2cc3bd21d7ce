"""The desk: what is published, which countries are ready, and the latest comparisons."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.access import require_account, require_coordinator, roles_of
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
@require_account
def desk(request: HttpRequest) -> HttpResponse:
    """Where the day begins: a coordinator's studies, a researcher's cohorts, an administrator's accounts."""
    roles = roles_of(request.user)
    if roles.coordinator:
        return home(request)
    name = "cohorts" if roles.site_ids else "accounts" if roles.administrator else "account"
    return HttpResponseRedirect(reverse(name), status=303)


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
