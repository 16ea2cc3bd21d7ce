"""The summary of findings: our template filled, or the author's own file. Nothing that is sent here is kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.shortcuts import render as render_page
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.access import require_coordinator
from accounts.forms import DeskForm
from reports import render
from reports.models import Comparison, JobState
from reports.render.reading import Reading as Printed
from reports.summary import template, wording
from reports.summary.filling import Filled, fill
from reports.summary.package import MOST_FILE, Refused
from reports.views import results
from survey.packing import unpacked
from survey.views.receiving import with_files

WORD = render.FORMATS["docx"].content_type


@dataclass(frozen=True, slots=True)
class Line:
    """One thing for the author to look at, in words."""

    where: str
    words: Promise | str
    what: str
    code: str


class FileForm(DeskForm):
    """The author's own template, or the copy that was edited."""

    file = forms.FileField(
        label=_("Word file"),
        help_text=_("A .docx of at most 16 MB. It is filled and given back; nothing of it is kept."),
    )

    def clean_file(self) -> bytes:
        packer = self.cleaned_data["file"].packer
        if packer.is_too_big or packer.size > MOST_FILE:
            raise forms.ValidationError(wording.REFUSALS["too-big"])
        return unpacked(packer.packed()).read(MOST_FILE + 1)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@require_coordinator
def summary(request: HttpRequest, pk: int) -> HttpResponse:
    """What our template says for a country in a language, and the form that fills an author's own file."""
    comparison = _finished(pk)
    return with_files(_page, request, comparison)


# Everywhere else only plain forms come in: see `surveyproject.incoming`.
summary.takes_files = True


@require_safe
@require_coordinator
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """Our own template, filled."""
    comparison = _finished(pk)
    reading = results.reading_of(request, comparison)
    made = _ours(reading)
    if made is None:
        raise Http404
    _record(request, comparison, reading, kind="own")
    return _word(made.data, reading, "summary")


@require_safe
@require_coordinator
def blank(request: HttpRequest, pk: int) -> HttpResponse:
    """Our own template with its fields still typed, for an author to start from."""
    reading = results.reading_of(request, _finished(pk))
    source = _source(reading)
    if source is None:
        raise Http404
    return _word(template.build(source, reading.language), reading, "summary-template")


def _page(request: HttpRequest, comparison: Comparison) -> HttpResponse:
    reading = results.reading_of(request, comparison)
    form = FileForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    problems, checked = [], None
    if form.is_bound and form.is_valid():
        try:
            checked = fill(form.cleaned_data["file"], _printed(reading))
        except Refused as refused:
            problems = [("file", str(form["file"].label), f"{wording.REFUSALS[refused.code]} {refused.what}".strip())]
        if checked is not None:
            _record(request, comparison, reading, kind="upload")
            if request.POST.get("do") != "check":
                return _word(checked.data, reading, "summary")
    problems = problems or (form.problems() if form.is_bound else [])
    ours = None if form.is_bound else _ours(reading)
    context = {
        "comparison": comparison,
        "reading": reading,
        "form": form,
        "problems": problems,
        "has_template": _source(reading) is not None,
        "ours": None if ours is None else _lines(ours),
        "checked": None if checked is None else _lines(checked),
        "changes": [] if checked is None else checked.changes,
        "figures": [(one.id, _printed(reading).label(one)) for one in reading.result.indicators],
        "tables": [(one.id, _printed(reading).text(one.title)) for one in reading.result.tables],
    }
    return render_page(request, "reports/summary.html", context, status=422 if problems else 200)


def _finished(pk: int) -> Comparison:
    return get_object_or_404(Comparison, pk=pk, state=JobState.DONE)


def _printed(reading: results.Reading) -> Printed:
    return Printed(reading.result, reading.focal, reading.language)


def _source(reading: results.Reading) -> str | None:
    return template.source_of(Path(settings.BASE_DIR) / "studies", reading.result.study, reading.language)


def _ours(reading: results.Reading) -> Filled | None:
    source = _source(reading)
    return None if source is None else fill(template.build(source, reading.language), _printed(reading))


def _lines(filled: Filled) -> list[Line]:
    return [Line(wording.place(note.place), wording.FAULTS[note.code], note.what, note.code) for note in filled.notes]


def _record(request: HttpRequest, comparison: Comparison, reading: results.Reading, *, kind: str) -> None:
    what: dict[str, Any] = {"comparison": comparison.pk, "focal": reading.focal, "language": reading.language}
    audit.record(by=request.user.get_username(), action="summary-file", kind=kind, **what)


def _word(data: bytes, reading: results.Reading, start: str) -> HttpResponse:
    name = file_name(start, [reading.language] if start == "summary-template" else [reading.focal, reading.language])
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type=WORD, headers=headers)


def file_name(start: str, parts: Iterable[str]) -> str:
    return "-".join([start, *(part.lower() for part in parts)]) + ".docx"
