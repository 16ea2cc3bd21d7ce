"""When something fails on our side: say what is saved and what is not, and let it be tried again."""

import sys

from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.http.request import RawPostDataException
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve

from accounts.outages import database_is_lost, line_is_broken
from survey.views import leaving

# Within so many seconds a database is back that was only started again.
TRY_AGAIN_SECONDS = 10


def server_error(request: HttpRequest) -> HttpResponse:
    """What Django calls when a view, or what stands before it, raised an error that nobody caught."""
    if not (database_is_lost(sys.exc_info()[1]) or line_is_broken()):
        return HttpResponseServerError(render_to_string("500.html"))
    return leaving.at_once(request, _name(request)) or _try_again(request)


def _name(request: HttpRequest) -> str:
    try:
        return str(resolve(request.path_info).url_name)
    except Resolver404:
        return ""


def _try_again(request: HttpRequest) -> HttpResponse:
    """What was typed travels in the page, so that one press sends it again. Nothing here asks the database."""
    staff = request.path_info.startswith("/desk/")
    context = {
        "sent": request.method == "POST",
        "staff": staff,
        "path": request.path,
        "typed": [] if staff else _typed(request),
    }
    response = HttpResponse(render_to_string("503.html", context), status=503)
    response["Retry-After"] = str(TRY_AGAIN_SECONDS)
    return response


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    try:
        return [(name, value) for name, values in request.POST.lists() for value in values]
    except (RawPostDataException, ValueError):
        return []
