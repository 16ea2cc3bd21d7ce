"""Languages of people and of the protocol: 'es-MX' in a workbook is Django's 'es-mx'."""

from collections.abc import Callable

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from accounts.outages import database_is_lost

SESSION_KEY = "language"
# The name under which forms and addresses of the participant's pages carry a choice of language.
CHOICE = "_lang"


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


def tag_wished(request: HttpRequest, offered: tuple[str, ...], *, link: str = "") -> str:
    """The offered tag for the first wish that can be met, else the first offered.

    Most wanted first: the language chosen just now, the one chosen before, the link's, then the browser's.
    """
    wishes = [request.POST.get(CHOICE, ""), request.GET.get(CHOICE, ""), request.session.get(SESSION_KEY, ""), link]
    browser = [language for language, _ in parse_accept_lang_header(request.headers.get("Accept-Language", ""))]
    found = (_matching(language.lower(), offered) for language in (*wishes, *browser))
    return next((tag for tag in found if tag), offered[0])


def _matching(language: str, offered: tuple[str, ...]) -> str:
    exact = [tag for tag in offered if tag.lower() == language]
    near = [tag for tag in offered if tag.lower().partition("-")[0] == language.partition("-")[0]]
    return next(iter(exact or near), "")


def _chosen_before(request: HttpRequest) -> str:
    """Without a database there is no session; the page that says so speaks the browser's language."""
    try:
        return str(request.session.get(SESSION_KEY, ""))
    except (DatabaseError, InterfaceError) as error:
        if not database_is_lost(error):
            raise
        return ""


class LanguageMiddleware:
    """The person's choice, just now or before, else the browser's wish."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        choices = (request.GET.get(CHOICE, "").lower(), _chosen_before(request))
        chosen = next((choice for choice in choices if choice in dict(settings.LANGUAGES)), "")
        language = chosen or translation.get_language_from_request(request)
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response
