"""The codebook of a study: for its coordinators, and for the researchers of any of its countries."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts.access import require_researcher, require_staff
from reports.codebook import ddi, page
from reports.codebook.edition import Edition, edition_of
from survey.language import language_name, tag_for
from survey.models import Site, Version
from survey.protocol import codebook
from survey.protocol.cells import harmless
from survey.views import desk


def _table(edition: Edition, language: str) -> bytes:
    """The positions and codes of the stored records, as `bin/manage codebook` prints them."""
    out = io.StringIO()
    tags = (language,)
    lines = [codebook.headings(tags), *codebook.rows(edition.protocol, edition.layout, tags)]
    csv.writer(out).writerows([harmless(cell) for cell in line] for line in lines)
    return out.getvalue().encode("utf-8-sig")


@dataclass(frozen=True, slots=True)
class _Kind:
    content_type: str
    make: Callable[[Edition, str], bytes]


KINDS: Mapping[str, _Kind] = {
    "html": _Kind("text/html; charset=utf-8", page.standalone),
    "xml": _Kind("application/xml", lambda edition, language: ddi.render(edition)),
    "csv": _Kind("text/csv; charset=utf-8", _table),
}


@require_safe
@require_staff
def of_study(request: HttpRequest, slug: str) -> HttpResponse:
    """The codebook as a page, in the language of the study that the reader chose or understands best."""
    version = _own_version(request, slug)
    edition = edition_of(version)
    language = _language(request, edition)
    context = {
        "version": version,
        "language": language,
        "languages": [(tag, language_name(tag)) for tag in edition.protocol.languages],
        "body": page.body(edition, language),
        "kinds": list(KINDS),
    }
    return render(request, "codebook/page.html", context)


@require_safe
@require_staff
def file(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """The codebook as a file to keep."""
    version = _own_version(request, slug)
    if kind not in KINDS:
        raise Http404
    edition = edition_of(version)
    language = _language(request, edition)
    name = f"codebook-{version.study.slug}-{version.label}-{language}.{kind}"
    return HttpResponse(
        KINDS[kind].make(edition, language),
        content_type=KINDS[kind].content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_safe
@require_researcher
def of_cohort(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """The codebook of the version that a cohort answers."""
    cohort = desk.own_cohort(site_id, cohort_id)
    version = Version.objects.select_related("study").defer("sheets").get(pk=cohort.version_id)
    address = reverse("codebook", args=[version.study.slug])
    return HttpResponseRedirect(f"{address}?version={version.number}", status=303)


def _own_version(request: HttpRequest, slug: str) -> Version:
    """The version that the address names, else the latest, of a study where the reader works. Raises Http404."""
    own = Version.objects.filter(study__slug=slug).select_related("study").defer("sheets").order_by("-number")
    if wanted := request.GET.get("version"):
        own = own.filter(number=desk.whole(wanted))
    found = own.first()
    if found is None or not _works_there(request, found):
        raise Http404
    return found


def _works_there(request: HttpRequest, version: Version) -> bool:
    sites = request.roles.site_ids
    return request.roles.coordinator or Site.objects.filter(study_id=version.study_id, pk__in=sites).exists()


def _language(request: HttpRequest, edition: Edition) -> str:
    tags = edition.protocol.languages
    wanted = request.GET.get("language") or tag_for(get_language() or "en", tags)
    if wanted not in tags:
        raise Http404
    return wanted
