"""The questionnaire to print, for every country and language, from the published version."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.views.decorators.http import require_safe

from accounts.access import require_staff
from survey.arrival import Arrival
from survey.language import language_name, tag_for, ui_language
from survey.models import Study, Version
from survey.paper import Paper
from survey.protocol.languages import direction
from survey.publishing import latest_version, protocol_of


@require_safe
@require_staff
def papers(request: HttpRequest, slug: str) -> HttpResponse:
    """What can be printed of a study."""
    study = get_object_or_404(Study, slug=slug)
    protocol = protocol_of(latest_version(study).pk)
    shown = tag_for(translation.get_language() or "en", protocol.languages)
    rows = [
        (country.code, country.label.get(shown), [(tag, language_name(tag)) for tag in country.languages])
        for country in protocol.countries
    ]
    return render(request, "studies/papers.html", {"study": study, "rows": rows})


@require_safe
@require_staff
def paper(request: HttpRequest, slug: str, country: str, language: str) -> HttpResponse:
    """The sheet for one country in one of its languages."""
    version = latest_version(get_object_or_404(Study, slug=slug))
    protocol = protocol_of(version.pk)
    found = next((one for one in protocol.countries if one.code == country), None)
    if found is None or language not in found.languages:
        raise Http404
    return printed(request, version, country, language)


def printed(request: HttpRequest, version: Version, country: str, language: str) -> HttpResponse:
    """The sheet that a version prints, in the language that it is in."""
    protocol = protocol_of(version.pk)
    context = {
        "language": language,
        "direction": direction(language),
        "version": version,
        "arrival": Arrival(protocol, country, language).told(),
        "parts": Paper(protocol, country, language).parts(),
    }
    with translation.override(ui_language(language)):
        response = render(request, "studies/paper.html", context)
    response.headers["Content-Language"] = language
    return response
