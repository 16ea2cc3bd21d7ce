"""Addresses as participants get them: whole, and of the name under which the outside knows this installation."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

_ONLY_HERE = ("localhost", "127.0.0.1", "::1")


def public_address(request: HttpRequest, path: str) -> str:
    """A path as a whole address: under PUBLIC_ORIGIN, else under the name by which staff have opened this page."""
    return settings.PUBLIC_ORIGIN + path if settings.PUBLIC_ORIGIN else str(request.build_absolute_uri(path))


def opens_only_here(request: HttpRequest) -> bool:
    """Whether such addresses lead nowhere on any other device."""
    return urlsplit(public_address(request, "/")).hostname in _ONLY_HERE
