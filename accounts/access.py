"""Who may open a page: only somebody with both factors. What is not one's own does not exist: 404, never 403."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

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


def require_administrator(view: View) -> View:
    """Only a signed-in administrator, who finds accounts and nothing else."""
    return _guarded(view, lambda roles, arguments: roles.administrator)


def require_account(view: View) -> View:
    """Anybody who is signed in with both factors: pages about the own account."""
    return _guarded(view, lambda roles, arguments: True)


def require_researcher(view: View) -> View:
    """Only a signed-in researcher. A view whose address names a `site_id` opens to researchers of that site alone."""
    return _guarded(view, _is_researcher_here)


def _is_researcher_here(roles: Roles, arguments: dict[str, Any]) -> bool:
    return arguments["site_id"] in roles.site_ids if "site_id" in arguments else bool(roles.site_ids)


def _guarded(view: View, may: Callable[[Roles, dict[str, Any]], bool]) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not is_verified(request):
            return _to_sign_in(request)
        roles = roles_of(request.user)
        if not may(roles, kwargs):
            raise Http404
        request.roles = roles
        return view(request, *args, **kwargs)

    return guarded


def is_verified(request: HttpRequest) -> bool:
    """Whether both factors were proved in this session, and still count."""
    user = request.user
    return bool(user.is_authenticated and getattr(user, "is_verified", bool)())


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    # After signing in the browser opens the address with GET; one that only takes a form would answer 405.
    onward = request.get_full_path() if request.method in ("GET", "HEAD") else settings.LOGIN_REDIRECT_URL
    half = request.user.is_authenticated
    return redirect_to_login(onward, reverse("sign-in-code") if half else None)
