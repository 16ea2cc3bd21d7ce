"""The frame around every page that a participant sees."""

from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _

from survey.language import language_name, tag_wished, ui_language
from survey.protocol.languages import direction

# Where people of no known site leave to: see `links.exit_address`.
NOWHERE = 0


def page(
    request: HttpRequest,
    template: str,
    *,
    language: str,
    offered: tuple[str, ...] = (),
    site: int = NOWHERE,
    cohort: int = NOWHERE,
    status: int = 200,
    **values: Any,
) -> HttpResponse:
    """A page in a language of the study, with the languages that it can be changed to and its cohort's way out."""
    frame = {
        "language": language,
        "direction": direction(language),
        "languages": [(tag, language_name(tag), direction(tag)) for tag in offered],
        "site": site,
        "cohort": cohort,
    }
    with translation.override(ui_language(language)):
        response = render(request, template, {**frame, **values}, status=status)
    response.headers["Content-Language"] = language
    return response


def own_languages() -> tuple[str, ...]:
    """The languages of the pages that belong to no study."""
    return tuple(dict(settings.LANGUAGES))


def own_language(request: HttpRequest) -> str:
    """The wished one among them."""
    return tag_wished(request, own_languages())


def own_page(request: HttpRequest, template: str, **values: Any) -> HttpResponse:
    """A page that belongs to no study."""
    return page(request, template, language=own_language(request), offered=own_languages(), **values)


def message(
    request: HttpRequest,
    title: str,
    text: str,
    status: int = 200,
    *,
    door: bool = False,
    site: int = NOWHERE,
    cohort: int = NOWHERE,
    language: str = "",
    offered: tuple[str, ...] = (),
) -> HttpResponse:
    """A page that only says something, with a door for codes where one may help. Title and text come translated."""
    return page(
        request,
        "survey/message.html",
        language=language or own_language(request),
        offered=offered or own_languages(),
        site=site,
        cohort=cohort,
        status=status,
        title=title,
        text=text,
        door=door,
    )


def refuse_other_encodings(request: HttpRequest) -> None:
    """Browsers send our forms as UTF-8. Others, as UTF-7, can smuggle in halves of characters that no page can show."""
    if (request.encoding or "utf-8").lower() != "utf-8":
        raise BadRequest("forms are sent as UTF-8")


def busy(request: HttpRequest) -> HttpResponse:
    """Too many codes are being looked at: nothing is lost, and nothing is kept of whoever asked."""
    text = _("Many people are here just now. Nothing that you saved is lost. Wait a moment, go back, and try again.")
    response = message(request, _("Please wait a moment"), text, 503)
    response.headers["Retry-After"] = "5"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose session is gone: say what to do instead of refusing without a word."""
    staff = request.path.startswith("/desk/")
    again = (
        _("Sign in and do it again.")
        if staff
        else _("If you wrote down your code, open “I have a code” and type it. Your saved answers are kept.")
    )
    return message(request, _("Your session has ended"), again, 403, door=not staff)
