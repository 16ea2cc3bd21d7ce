"""The result of a comparison: as a page, and as files. Both read the stored result; nothing here calculates."""

from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.shortcuts import render as render_page
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.access import require_coordinator
from reports import render
from reports.models import Comparison, JobState
from reports.render.document import describe
from reports.render.reading import Reading as Printed
from reports.render.sheets import sheets
from reports.table import Result
from survey.language import tag_for, ui_language

# What a file is good for; a format without a name here goes by its ending.
_FORMAT_NAMES = {
    "docx": _("Word"),
    "pdf": _("PDF"),
    "xlsx": _("Excel"),
    "charts": _("Charts (SVG, PNG)"),
    "csv": _("CSV"),
    "dictionary": _("Data dictionary"),
    "data": _("CSV with its dictionary (zip)"),
    "json": _("JSON"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """A result as its reader wants it: seen from one country, in one language."""

    result: Result
    focal: str
    language: str

    @property
    def query(self) -> str:
        return urlencode({"focal": self.focal, "language": self.language})

    @property
    def ui_language(self) -> str:
        return ui_language(self.language)

    def countries(self) -> list[tuple[str, str]]:
        """Every country's code and its name in the language of the page around the report."""
        around = tag_for(get_language() or "en", self.result.languages)
        return [(country.code, country.label.get(around, country.code)) for country in self.result.countries]

    def languages(self) -> list[tuple[str, str]]:
        """Every language of the report by its own name."""
        names = dict(settings.LANGUAGES)
        return [(tag, names.get(ui_language(tag), tag)) for tag in self.result.languages]


def show_result(request: HttpRequest, comparison: Comparison) -> HttpResponse:
    """The page of a finished comparison."""
    reading = reading_of(request, comparison)
    audit.record(by=request.user.get_username(), action="comparison-view", **_what(comparison, reading))
    document = describe(reading.result, reading.focal, reading.language)
    context = {
        "comparison": comparison,
        "reading": reading,
        "document": document,
        "sheets": sheets(Printed(reading.result, reading.focal, reading.language), document),
        "formats": [(kind, _FORMAT_NAMES.get(kind, kind)) for kind in render.FORMATS],
    }
    return render_page(request, "reports/result.html", context)


@require_safe
@require_coordinator
def download(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """One file of a finished comparison."""
    comparison = get_object_or_404(Comparison, pk=pk, state=JobState.DONE)
    if kind not in render.FORMATS:
        raise Http404
    reading = reading_of(request, comparison)
    audit.record(by=request.user.get_username(), action="comparison-file", kind=kind, **_what(comparison, reading))
    name = render.file_name(reading.result, kind, reading.focal, reading.language)
    return HttpResponse(
        render.render(reading.result, kind, reading.focal, reading.language),
        content_type=render.FORMATS[kind].content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def reading_of(request: HttpRequest, comparison: Comparison) -> Reading:
    """What the address asks for, else the first country and the reader's language. Raises Http404 on anything else."""
    result = Result.from_json(comparison.result)
    codes = [country.code for country in result.countries]
    focal = request.GET.get("focal") or codes[0]
    language = request.GET.get("language") or tag_for(get_language() or "en", result.languages)
    if focal not in codes or language not in result.languages:
        raise Http404
    return Reading(result, focal, language)


def _what(comparison: Comparison, reading: Reading) -> dict[str, str | int]:
    return {"comparison": comparison.pk, "focal": reading.focal, "language": reading.language}
