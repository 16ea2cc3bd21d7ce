"""Staff sessions end after 15 idle minutes, and after 8 hours whatever happens."""

import time
from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from accounts import desk_sessions
from accounts.desk_sessions import IDLE_SECONDS, LONGEST_SECONDS

# Noting every click would write a row for each; a minute is fine enough for a quarter of an hour.
NOTED_EVERY_SECONDS = 60
STARTED, SEEN = "staff_started", "staff_seen"


def begin(request: HttpRequest) -> None:
    """Start both clocks of a staff session."""
    request.session[STARTED] = request.session[SEEN] = int(time.time())
    desk_sessions.note(request)


class StaffSessionMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/desk/") and request.user.is_authenticated:
            _keep_or_end(request)
        return self.get_response(request)


def _keep_or_end(request: HttpRequest) -> None:
    now = int(time.time())
    if STARTED not in request.session:
        begin(request)
    elif now - request.session[SEEN] > IDLE_SECONDS or now - request.session[STARTED] > LONGEST_SECONDS:
        desk_sessions.leave(request)
        logout(request)
    elif now - request.session[SEEN] > NOTED_EVERY_SECONDS:
        request.session[SEEN] = now
        desk_sessions.touch(request)
