"""The tokens of unlocks: kept by site in the session of whoever unlocked, which is encrypted under its cookie."""

from django.http import HttpRequest

_KEY = "unlocks"


def keep(request: HttpRequest, site_id: int, token: str) -> None:
    request.session[_KEY] = {**request.session.get(_KEY, {}), str(site_id): token}


def token(request: HttpRequest, site_id: int) -> str:
    """What this session lends to jobs of a site; '' when it has not unlocked its key. It may be over by now."""
    return str(request.session.get(_KEY, {}).get(str(site_id), ""))


def forget(request: HttpRequest, site_id: int) -> None:
    kept = request.session.get(_KEY, {})
    request.session[_KEY] = {site: own for site, own in kept.items() if site != str(site_id)}
