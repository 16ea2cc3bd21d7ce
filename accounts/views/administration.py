"""An administrator's pages: accounts, invitations to them, roles, leaving. No cohort can be seen from here."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import desk_sessions, people
from accounts.access import require_administrator
from accounts.forms import InviteForm, RolesForm
from accounts.models import Authenticator, OneTimeLink, Role, User
from accounts.places import Place, places

LINK = "account_link"
ROLES = {
    Role.Name.COORDINATOR: gettext_lazy("Coordinator"),
    Role.Name.ADMINISTRATOR: gettext_lazy("Administrator"),
}


@dataclass(slots=True)
class Line:
    """One account, with all that the list says of it."""

    user: User
    state: str
    is_ready: bool
    roles: list[str] = field(default_factory=list)


def _lines(users: Sequence[User], known: Sequence[Place]) -> list[Line]:
    """In as many queries for a hundred accounts as for one."""
    enrolled = set(Authenticator.objects.filter(user__in=users).values_list("user_id", flat=True))
    links = dict(OneTimeLink.objects.filter(user__in=users).values_list("user_id", "expires_on"))
    lines = {user.pk: Line(user, *_state(user, user.pk in enrolled, links.get(user.pk))) for user in users}
    for role in Role.objects.filter(user__in=users).order_by("name", "site_id"):
        lines[role.user_id].roles.append(_words(role, known))
    return list(lines.values())


def _state(user: User, is_enrolled: bool, link_until: object) -> tuple[str, bool]:
    if not user.is_active:
        return _("account closed"), False
    if link_until is not None:
        expired = str(link_until) < str(timezone.now().date())
        return (_("one-time link expired") if expired else _("one-time link not used yet")), False
    return (_("active"), True) if is_enrolled else (_("no second factor yet"), False)


def _words(role: Role, known: Sequence[Place]) -> str:
    if role.name in ROLES:
        return str(ROLES[Role.Name(role.name)])
    place = next((place for place in known if place.site_id == role.site_id), None)
    return str(place) if place else _("a country of no study")


@require_safe
@require_administrator
def accounts(request: HttpRequest) -> HttpResponse:
    """Everybody who has or had an account."""
    lines = _lines(User.objects.order_by("-is_active", "username"), places())
    return render(request, "accounts/accounts.html", {"lines": lines})


@require_http_methods(["GET", "HEAD", "POST"])
@require_administrator
def invite(request: HttpRequest) -> HttpResponse:
    """A new account, and the link that leads its owner in."""
    form = InviteForm(request.POST or None, places=places())
    if request.method == "POST" and form.is_valid():
        asked = {name: form.cleaned_data[name] for name in ("username", "display_name")}
        try:
            person, token = people.invite(**asked, roles=form.wanted(), by=request.user)
        except people.NameTakenError:
            form.add_error("username", _("There is an account of this name already."))
        except people.NotAllowedError:
            raise Http404 from None
        else:
            return _show_link(request, person, token)
    return render(request, "accounts/invite.html", {"form": form}, status=422 if form.is_bound else 200)


def _show_link(request: HttpRequest, person: User, token: str) -> HttpResponse:
    address = request.build_absolute_uri(reverse("join", args=[token]))
    request.session[LINK] = {"person": person.pk, "address": address}
    return HttpResponseRedirect(reverse("account-link", args=[person.pk]), status=303)


@require_safe
@require_administrator
def link(request: HttpRequest, person: int) -> HttpResponse:
    """A fresh one-time link, once."""
    shown = request.session.pop(LINK, {})
    if shown.get("person") != person:
        return HttpResponseRedirect(reverse("account-of", args=[person]), status=303)
    values = {"person": get_object_or_404(User, pk=person), "address": shown["address"], "days": people.LINK_DAYS}
    return render(request, "accounts/link.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
@require_administrator
def person(request: HttpRequest, person: int) -> HttpResponse:
    """One account: its roles, and what can be done with it."""
    found, known = get_object_or_404(User, pk=person), places()
    form = RolesForm(request.POST or None, places=known, initial=_held(found))
    if request.method == "POST" and form.is_valid():
        try:
            people.change_roles(person=found, roles=form.wanted(), by=request.user)
        except people.NotAllowedError:
            raise Http404 from None
        return HttpResponseRedirect(f"{request.path}?done=roles", status=303)
    values = {
        "line": _lines([found], known)[0],
        "form": form,
        "is_self": found.pk == request.user.pk,
        "sessions": desk_sessions.of_user(found).count(),
        "done": request.GET.get("done", ""),
    }
    return render(request, "accounts/person.html", values, status=422 if form.is_bound else 200)


def _held(user: User) -> dict[str, list[object]]:
    held = list(Role.objects.filter(user=user))
    return {
        "roles": [role.name for role in held if role.site_id is None],
        "sites": [role.site_id for role in held if role.site_id is not None],
    }


_ACTS = {"close": people.close, "reopen": people.reopen, "end-sessions": people.end_sessions}


@require_POST
@require_administrator
def act(request: HttpRequest, person: int, act: str) -> HttpResponse:
    """Close, reopen, end sessions; or take password and second factor away, which leads to a new link."""
    found = get_object_or_404(User, pk=person)
    try:
        if act == "reset" and found.is_active:
            return _show_link(request, found, people.reset(person=found, by=request.user))
        if act not in _ACTS:
            raise Http404
        _ACTS[act](person=found, by=request.user)
    except people.NotAllowedError:
        raise Http404 from None
    return HttpResponseRedirect(f"{reverse('account-of', args=[person])}?done={act}", status=303)
