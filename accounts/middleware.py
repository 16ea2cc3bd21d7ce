"""Staff sessions end after 15 idle minutes, and after 8 hours whatever happens."""

import time
from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

IDLE_SECONDS, LONGEST_SECONDS = 15 * 60, 8 * 3600
STARTED, SEEN = "staff_started", "staff_seen"


class StaffSessionMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/desk/") and request.user.is_authenticated:
            now = int(time.time())
            idle = now - request.session.get(SEEN, now) > IDLE_SECONDS
            if idle or now - request.session.get(STARTED, now) > LONGEST_SECONDS:
                logout(request)
            elif now - request.session.get(SEEN, 0) > 60:
                request.session[SEEN] = now
                request.session.setdefault(STARTED, now)
        return self.get_response(request)
