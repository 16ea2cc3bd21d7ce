"""Security headers, the same on every answer, errors included."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

_FEATURES = (
    *("accelerometer", "autoplay", "bluetooth", "camera", "clipboard-read", "clipboard-write", "display-capture"),
    *("encrypted-media", "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection", "magnetometer"),
    *("microphone", "midi", "payment", "picture-in-picture", "publickey-credentials-get", "screen-wake-lock", "serial"),
    *("usb", "web-share", "xr-spatial-tracking", "browsing-topics"),
)
# `same-origin`, not `no-referrer`: the latter makes browsers send `Origin: null`, and every form post is refused.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, noarchive",
}
TRANSPORT = "max-age=63072000; includeSubDomains"

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def always() -> dict[str, str]:
    """What every answer carries, a page that nobody may keep the more."""
    transport = {"Strict-Transport-Security": TRANSPORT} if settings.HTTPS else {}
    return {**HEADERS, **transport}


class SecurityHeaders:
    """Outermost middleware. Pages are never stored; hashed static files are, for ever."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in always().items():
            response[name] = value
        if settings.ONION_ORIGIN and response.get("Content-Type", "").startswith("text/html"):
            # The front door, never the path: a link's token is nobody else's to know.
            response["Onion-Location"] = f"{settings.ONION_ORIGIN}/"
        if not (request.path.startswith(f"/{settings.STATIC_URL.lstrip('/')}") and response.status_code in (200, 304)):
            response["Cache-Control"] = "no-store"
        return response
