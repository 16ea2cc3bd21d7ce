"""The frame around every page that a participant sees."""

from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _

from survey.language import language_name, ui_language
from survey.protocol.languages import direction


def page(
    request: HttpRequest,
    template: str,
    *,
    language: str,
    offered: tuple[str, ...] = (),
    status: int = 200,
    **values: Any,
) -> HttpResponse:
    """A page in a language of the study, with the languages that it can be changed to."""
    frame = {
        "language": language,
        "direction": direction(language),
        "languages": [(tag, language_name(tag), direction(tag)) for tag in offered],
    }
    with translation.override(ui_language(language)):
        response = render(request, template, {**frame, **values}, status=status)
    response.headers["Content-Language"] = language
    return response


def message(request: HttpRequest, title: str, text: str, status: int = 200, *, door: bool = False) -> HttpResponse:
    """A page that only says something, in the language of the request; with a door for codes where one may help."""
    language = translation.get_language() or "en"
    return page(request, "survey/message.html", language=language, status=status, title=title, text=text, door=door)


def refuse_other_encodings(request: HttpRequest) -> None:
    """Browsers send our forms as UTF-8. Others, as UTF-7, can smuggle in halves of characters that no page can show."""
    if (request.encoding or "utf-8").lower() != "utf-8":
        raise BadRequest("forms are sent as UTF-8")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose session is gone: say what to do instead of refusing without a word."""
    staff = request.path.startswith("/desk/")
    again = (
        _("Sign in and do it again.")
        if staff
        else _("If you wrote down your code, open “I have a code” and type it. Your saved answers are kept.")
    )
    return message(request, _("Your session has ended"), again, 403, door=not staff)
