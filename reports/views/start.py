"""A new comparison: choose countries and tables, start."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from accounts.access import require_coordinator
from reports import progress, runs
from reports.forms import ComparisonForm
from reports.models import Comparison
from reports.plans import newest_plan
from reports.views.comparisons import ask_workers
from survey.language import tag_for
from survey.models import Version
from survey.publishing import protocol_of


@require_http_methods(["GET", "HEAD", "POST"])
@require_coordinator
def new_comparison(request: HttpRequest, slug: str) -> HttpResponse:
    """The form, and the start of what it asks for."""
    version = Version.objects.filter(study__slug=slug).select_related("study").order_by("-number").first()
    if version is None:
        raise Http404
    form = _form(request, version)
    if request.method == "POST" and form.is_valid():
        comparison = _start(form, version=version, by=request.user.get_username())
        if comparison is not None:
            return ask_workers(comparison)
    status = 422 if form.is_bound else 200
    context = {"form": form, "version": version, "study": version.study}
    return render(request, "reports/new_comparison.html", context, status=status)


def _form(request: HttpRequest, version: Version) -> ComparisonForm:
    language = get_language() or "en"
    tag = tag_for(language, protocol_of(version.pk).languages)
    return ComparisonForm(
        request.POST if request.method == "POST" else None,
        countries=progress.countries(version=version, language=language),
        tables=[(table.id, table.title.get(tag)) for table in newest_plan(version.pk).tables],
    )


def _start(form: ComparisonForm, *, version: Version, by: str) -> Comparison | None:
    """The started comparison, or None with the refusal in the form."""
    sites = [site for site in version.study.sites.all() if site.country in form.cleaned_data["countries"]]
    try:
        return runs.start(version=version, sites=sites, tables=form.cleaned_data["tables"], by=by)
    except runs.RunError as error:
        form.refuse(error)
        return None
