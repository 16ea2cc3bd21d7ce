"""What is shown once: kept in the encrypted staff session, to print it or save it again, until it is forgotten.

The database has the session's row and not the cookie that opens it.
"""

from django.http import HttpRequest

_KEY = "shown_once"


def keep(request: HttpRequest, name: str, secret: str) -> None:
    """Keep a secret under a name, for as long as the session lives."""
    request.session[_KEY] = {**request.session.get(_KEY, {}), name: secret}


def kept(request: HttpRequest, name: str) -> str:
    """The secret of a name; '' when it was forgotten, or is another session's."""
    return str(request.session.get(_KEY, {}).get(name, ""))


def forget(request: HttpRequest, name: str) -> None:
    """Leave nothing of a secret."""
    request.session[_KEY] = {other: secret for other, secret in request.session.get(_KEY, {}).items() if other != name}
