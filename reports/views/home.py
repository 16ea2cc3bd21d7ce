"""The desk: what is published, which countries are ready, and the latest comparisons."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.access import require_coordinator
from reports import progress, runs
from reports.models import Comparison
from reports.views import words
from survey.models import Study, Version

PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class StudyBlock:
    study: Study
    version: Version
    countries: list[progress.CountryLine]

    @property
    def can_compare(self) -> bool:
        return any(country.ready for country in self.countries)


@require_safe
@require_coordinator
def home(request: HttpRequest) -> HttpResponse:
    """Every study with its countries side by side, and a page of comparisons."""
    language = get_language() or "en"
    versions = progress.latest_versions()
    blocks = [_block(study, versions[study.pk], language) for study in progress.studies() if study.pk in versions]
    page = Paginator(Comparison.objects.defer("result"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "blocks": blocks,
        "page": page,
        "rows": progress.rows(list(page.object_list)),
        "states": words.STATES,
        "obstacles": words.OBSTACLES,
        "cohort_states": words.COHORT_STATES,
    }
    return render(request, "reports/home.html", context)


def _block(study: Study, version: Version, language: str) -> StudyBlock:
    frozen = runs.frozen_cohorts(version=version, sites=study.sites.all())
    return StudyBlock(study, version, progress.countries(version=version, frozen=frozen, language=language))
