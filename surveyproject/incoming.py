"""What may come in: small forms, sent as browsers send them. Files only where staff hand files in."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from survey.language import tag_for
from survey.views import frames

FORM, FILES = "application/x-www-form-urlencoded", "multipart/form-data"
View = TypeVar("View", bound=Callable[..., HttpResponse])


class FormsOnly:
    """Refuses what is too long or no form, before anything reads it: it would cost memory, or touch a disk."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.method in ("GET", "HEAD", "OPTIONS") or getattr(view, "takes_files", False):
            return None
        if request.content_type not in ("", FORM):
            advice = _("Open the page again in a browser and send it from there.")
            return _refused(request, _("This is not how a form is sent"), advice, 415)
        if _length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            advice = _("Go back, write less, and send it again. What was saved before is not lost.")
            return _refused(request, _("This is too long to be sent"), advice, 413)
        return None


def _refused(request: HttpRequest, title: str, advice: str, status: int) -> HttpResponse:
    """In the language that the page has already: to look for a wish in the form would read it."""
    language = tag_for(get_language() or "en", frames.own_languages())
    return frames.message(request, title, advice, status, language=language)


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
