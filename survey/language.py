"""Languages of people and of the protocol: 'es-MX' in a workbook is Django's 'es-mx'."""

from collections.abc import Callable, Iterator

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

SESSION_KEY = "language"


def ui_language(tag: str) -> str:
    """Django's name for a BCP 47 tag."""
    return tag.lower()


def language_name(tag: str) -> str:
    """What speakers of a language call it; its tag where nobody has told us."""
    own = dict(settings.LANGUAGES).get(ui_language(tag)) or LANG_INFO.get(ui_language(tag), {}).get("name_local")
    return str(own or tag)


def tag_for(language: str, offered: tuple[str, ...]) -> str:
    """The offered tag that matches a language: exactly, else by its first part, else the first offered."""
    return _matching(language.lower(), offered) or offered[0]


def tag_wished(request: HttpRequest, offered: tuple[str, ...]) -> str:
    """The offered tag for the first wish of a person or browser that can be met, else the first offered."""
    found = (_matching(language.lower(), offered) for language in _wishes(request))
    return next((tag for tag in found if tag), offered[0])


def _matching(language: str, offered: tuple[str, ...]) -> str:
    exact = [tag for tag in offered if tag.lower() == language]
    near = [tag for tag in offered if tag.lower().partition("-")[0] == language.partition("-")[0]]
    return next(iter(exact or near), "")


def _wishes(request: HttpRequest) -> Iterator[str]:
    """Most wanted first: the language chosen just now, the one chosen before, then the browser's."""
    yield request.POST.get("_lang", "")
    yield request.session.get(SESSION_KEY, "")
    yield from (language for language, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")))


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
