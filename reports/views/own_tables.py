"""A table of one's own: chosen from the questionnaire, looked at where releases hold it, kept as a part of the plan."""

import csv
import io

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import require_coordinator
from reports import previews, runs
from reports.forms import refusal
from reports.models import Comparison
from reports.plans import newest_plan
from reports.previews import Look
from reports.progress import country_label
from reports.render.document import Document, describe
from reports.table_forms import COUNTED, TableForm, in_words
from reports.views.comparisons import ask_workers
from survey.language import tag_for
from survey.models import PlanVersion, Site, Version
from survey.protocol.cells import harmless
from survey.protocol.problems import WorkbookError
from survey.protocol.sheets import PLAN_SHEETS
from survey.publishing import plan_workbook, protocol_of


@require_http_methods(["GET", "HEAD", "POST"])
@require_coordinator
def own_table(request: HttpRequest, slug: str) -> HttpResponse:
    """The form; what the releases hold of what it asks for; keeping it and having it compared."""
    version = _version(slug)
    form = _form(request, version)
    context: dict[str, object] = {"form": form, "version": version, "study": version.study}
    if request.POST.get("do") in ("look", "keep") and form.is_valid():
        sites = [site for site in version.study.sites.all() if site.country in form.cleaned_data["countries"]]
        try:
            if request.POST["do"] == "keep":
                return ask_workers(_keep(form, version, sites, by=request.user.get_username()))
            look = previews.look(version=version, draft=form.draft(), sites=sites)
            context |= {"look": look, **_in_words(look, version, form)}
        except runs.RunError as error:
            form.add_error("countries", refusal(error)[1])
        except WorkbookError as error:
            context["problems"] = [in_words(problem) for problem in error.problems]
    status = 422 if form.is_bound and (form.errors or "problems" in context) else 200
    return render(request, "reports/own_table.html", context, status=status)


@require_safe
@require_coordinator
def plans(request: HttpRequest, slug: str) -> HttpResponse:
    """Every plan of a study, the newest first: who made it, when, and its sheets to take along."""
    version = _version(slug)
    found = PlanVersion.objects.filter(study_id=version.study_id).select_related("version").defer("sheets")
    context = {"study": version.study, "plans": found.order_by("-number")[:200], "sheets": PLAN_SHEETS}
    return render(request, "reports/plans.html", context)


@require_safe
@require_coordinator
def plan_sheet(request: HttpRequest, slug: str, number: int, kind: str) -> HttpResponse:
    """One sheet of a plan as CSV, for the workbook that it belongs to."""
    plan = get_object_or_404(PlanVersion, study__slug=slug, number=number)
    if kind not in PLAN_SHEETS:
        raise Http404
    workbook, file = plan_workbook(plan.pk), io.StringIO()
    columns = workbook.columns(kind)
    csv.writer(file).writerows(
        [columns, *([harmless(row.get(column)) for column in columns] for row in workbook.rows(kind))]
    )
    headers = {"Content-Disposition": f'attachment; filename="{kind}-{number}.csv"'}
    return HttpResponse(file.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _version(slug: str) -> Version:
    found = Version.objects.filter(study__slug=slug).select_related("study").defer("sheets").order_by("-number").first()
    if found is None:
        raise Http404
    return found


def _form(request: HttpRequest, version: Version) -> TableForm:
    protocol, language = protocol_of(version.pk), get_language() or "en"
    sites, chosen = version.study.sites.all(), request.POST.getlist("questions")
    # While questions are chosen nothing is wrong yet; what was filled in already stays.
    choosing = request.POST.get("do") == "choose" and bool(chosen)
    return TableForm(
        request.POST if request.method == "POST" and not choosing else None,
        initial={name: _kept(request, name) for name in request.POST} if choosing else {},
        protocol=protocol,
        plan=newest_plan(version.pk),
        tag=tag_for(language, protocol.languages),
        countries=[(site.country, country_label(protocol, site.country, language)) for site in sites],
        chosen=chosen,
    )


def _kept(request: HttpRequest, name: str) -> str | list[str]:
    found = request.POST.getlist(name)
    return found if name in ("questions", "countries") or name.startswith(COUNTED) else found[-1]


def _keep(form: TableForm, version: Version, sites: list[Site], *, by: str) -> Comparison:
    plan, table = previews.keep(version=version, draft=form.draft(), by=by)
    return runs.start(version=version, sites=sites, tables=[table], by=by, plan=plan)


def _in_words(look: Look, version: Version, form: TableForm) -> dict[str, object]:
    """Who holds nothing yet, by name; and the table as it would be printed."""
    protocol, language = protocol_of(version.pk), get_language() or "en"
    names = {code: country_label(protocol, code, language) for code in (*look.lacking, *look.not_cut)}
    shown: Document | None = None
    if look.result is not None:
        shown = describe(look.result, look.result.countries[0].code, form.tag)
    return {
        "lacking": [names[code] for code in look.lacking],
        "not_cut": [names[code] for code in look.not_cut],
        "document": shown,
    }
