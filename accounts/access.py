"""Who may open a page. What is not one's own does not exist: 404, never 403."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse

from accounts.models import Role, User

View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Roles:
    """What one member of staff may do. `site_ids` are the sites where they are a researcher."""

    coordinator: bool = False
    administrator: bool = False
    site_ids: frozenset[int] = frozenset()


def roles_of(user: User) -> Roles:
    """The roles of a signed-in user, in one query."""
    held = list(Role.objects.filter(user_id=user.pk).values_list("name", "site_id"))
    names = {name for name, _ in held}
    return Roles(
        coordinator=Role.Name.COORDINATOR in names,
        administrator=Role.Name.ADMINISTRATOR in names,
        site_ids=frozenset(site_id for _, site_id in held if site_id is not None),
    )


def require_coordinator(view: View) -> View:
    """Only a signed-in coordinator; a stranger is led to sign in, other staff find nothing here."""
    return _guarded(view, lambda roles, arguments: roles.coordinator)


def require_staff(view: View) -> View:
    """A signed-in coordinator, or a researcher of any site."""
    return _guarded(view, lambda roles, arguments: roles.coordinator or bool(roles.site_ids))


def require_researcher(view: View) -> View:
    """Only a signed-in researcher. A view whose address names a `site_id` opens to researchers of that site alone."""
    return _guarded(view, _is_researcher_here)


def _is_researcher_here(roles: Roles, arguments: dict[str, Any]) -> bool:
    return arguments["site_id"] in roles.site_ids if "site_id" in arguments else bool(roles.site_ids)


def _guarded(view: View, may: Callable[[Roles, dict[str, Any]], bool]) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if not may(roles_of(request.user), kwargs):
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    # After signing in the browser opens the address with GET; one that only takes a form would answer 405.
    onward = request.get_full_path() if request.method in ("GET", "HEAD") else settings.LOGIN_REDIRECT_URL
    return redirect_to_login(onward)
