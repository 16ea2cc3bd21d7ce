"""Figures that a paper printed, held against a finished comparison. A file comes in and is not kept."""

import csv
from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.shortcuts import render as render_page
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.access import require_coordinator
from accounts.forms import DeskForm
from reports import verdict_words
from reports.figure_file import AVERAGE, MOST_BYTES, read_figure_file, rows_of
from reports.models import Comparison, JobState
from reports.plan import Average
from reports.render.reading import Reading
from reports.reproducing import Judged, judge
from reports.table import SCALAR, TOTAL, IndicatorResult, Result
from survey.language import tag_for
from survey.packing import unpacked
from survey.protocol.cells import harmless
from survey.protocol.problems import Problem
from survey.views.receiving import with_files

# Of a file with more faults than this the rest is only counted.
MOST_TOLD = 100


class FiguresForm(DeskForm):
    """The file of printed figures."""

    file = forms.FileField(label=_("File of printed figures"), help_text=_("A CSV in UTF-8, at most 200 KB."))

    def clean_file(self) -> bytes:
        return unpacked(self.cleaned_data["file"].packer.packed()).read(MOST_BYTES + 1)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@require_coordinator
def figures(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, and under it what the check says of the file that was sent."""
    comparison = get_object_or_404(Comparison, pk=pk, state=JobState.DONE)
    return with_files(_page, request, comparison)


# Else only plain forms come in: see `surveyproject.incoming`.
figures.takes_files = True


def _page(request: HttpRequest, comparison: Comparison) -> HttpResponse:
    form = FiguresForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    found: tuple[Judged, ...] = ()
    faults: Sequence[Problem] = ()
    if form.is_bound and form.is_valid():
        sent, faults = read_figure_file(form.cleaned_data["file"])
        found = () if faults else judge(sent, Result.from_json(comparison.result))
        # How many were checked, and against what; not which.
        by = request.user.get_username()
        audit.record(by=by, action="figures-checked", comparison=comparison.pk, figures=len(sent))
    context = {
        "comparison": comparison,
        "form": form,
        "problems": form.problems() if form.is_bound else [],
        "faults": [(fault.row, fault.column, verdict_words.PROBLEMS[fault.code]) for fault in faults[:MOST_TOLD]],
        "untold": max(0, len(faults) - MOST_TOLD),
        "lines": [_line(one) for one in found],
        "summary": [(words, count) for _verdict, words, count in verdict_words.summary(found)] if found else [],
    }
    status = 422 if context["problems"] or faults else 200
    return render_page(request, "reports/check.html", context, status=status)


def _line(one: Judged) -> dict[str, Any]:
    return {
        "row": one.printed.row,
        "label": one.printed.label,
        "place": verdict_words.place(one),
        "printed": one.text,
        "ours": verdict_words.ours(one),
        "verdict": verdict_words.VERDICTS[one.verdict],
        "why": verdict_words.reasons(one),
    }


# The template ---------------------------------------------------------------------------------------------------------


@require_safe
@require_coordinator
def template(request: HttpRequest, pk: int) -> HttpResponse:
    """Every figure of the comparison as a row without its value: to be filled in with what a paper printed."""
    comparison = get_object_or_404(Comparison, pk=pk, state=JobState.DONE)
    result = Result.from_json(comparison.result)
    language = tag_for(get_language() or "en", result.languages)
    name = f'attachment; filename="figures-{comparison.pk}.csv"'
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})
    rows = rows_of(list(_blank_figures(Reading(result, result.countries[0].code, language))))
    csv.writer(response).writerows([harmless(cell) for cell in row] for row in rows)
    return response


def _blank_figures(reading: Reading) -> Iterator[dict[str, str]]:
    """In the order of the tables, each figure once; no value of ours, so that nobody copies it by mistake."""
    names = dict.fromkeys(name for table in reading.result.tables for name in table.indicators)
    for indicator in map(reading.result.indicator, names):
        of_all = {"indicator": indicator.id, "decimals": str(indicator.decimals), "label": reading.label(indicator)}
        for country in reading.result.countries:
            own = {**of_all, "country": country.code, "largest_base": str(country.respondents)}
            yield from ({**own, **place} for place in _places(indicator, country.code))
        if indicator.average == Average.ALL:
            yield {**of_all, "country": AVERAGE}
        elif indicator.average == Average.OTHERS:
            yield from ({**of_all, "country": f"{AVERAGE} {country.code}"} for country in reading.result.countries)


def _places(indicator: IndicatorResult, country: str) -> Iterator[dict[str, str]]:
    cells = indicator.cells.get(country, {})
    for block in (TOTAL, *(name for name in indicator.blocks if name in cells)):
        row = cells.get(block, {})
        for category in dict.fromkeys(name for name in (SCALAR, *indicator.categories) if name in row):
            yield {
                "subgroup": "" if block == TOTAL else block,
                "choice": "" if category == SCALAR else category,
            }
