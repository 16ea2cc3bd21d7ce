"""Who may open a page. What is not one's own does not exist: 404, never 403."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse

from accounts.models import Role, User

View = Callable[..., HttpResponse]


def has_role(user: User, name: str, site_id: int | None = None) -> bool:
    return bool(Role.objects.filter(user_id=user.pk, name=name, site_id=site_id).exists())


def require_coordinator(view: View) -> View:
    """Only a signed-in coordinator; a stranger is led to sign in, other staff find nothing here."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not has_role(request.user, Role.Name.COORDINATOR):
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(guarded)
