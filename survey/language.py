"""Languages of people and of the protocol: 'es-MX' in a workbook is Django's 'es-mx'."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

SESSION_KEY = "language"


def ui_language(tag: str) -> str:
    """Django's name for a BCP 47 tag."""
    return tag.lower()


def tag_for(language: str, offered: tuple[str, ...]) -> str:
    """The offered tag that matches a language of Django's: exactly, else by its first part, else the first offered."""
    exact = [tag for tag in offered if tag.lower() == language.lower()]
    near = [tag for tag in offered if tag.lower().partition("-")[0] == language.lower().partition("-")[0]]
    return (exact or near or list(offered))[0]


class LanguageMiddleware:
    """The person's choice, else the browser's wish."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.session.get(SESSION_KEY, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else translation.get_language_from_request(request)
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response
