"""The way in for the first time: a one-time link, an authenticator app, backup codes on paper."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import desk_sessions, factors, people
from accounts.access import is_verified, require_account
from accounts.forms import FirstCodeForm, NewPasswordForm
from accounts.models import Authenticator
from accounts.views.signing import enter, pass_through

# What waits in the session, encrypted under the cookie: a seed that is nobody's yet, a proof of the password, codes.
SEED, RENEWING, CODES = "factor_seed", "factor_renewing", "backup_codes"


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever holds an unused one-time link chooses a password, and then sets up the second factor."""
    person = people.invited_by_link(token)
    if person is None:
        return render(request, "accounts/link_gone.html", status=404)
    form = NewPasswordForm(request.POST or None, user=person)
    if request.method == "POST" and form.is_valid():
        joined = people.join(token=token, password=form.cleaned_data["new"])
        if joined is None:
            return render(request, "accounts/link_gone.html", status=404)
        joined.backend = "django.contrib.auth.backends.ModelBackend"
        enter(request, joined)
        return HttpResponseRedirect(reverse("enrol"), status=303)
    return render(request, "accounts/join.html", {"form": form, "person": person}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """A seed for the app, as a picture and in letters. It counts once a code proves that the app has it."""
    user = request.user
    if not user.is_authenticated:
        return HttpResponseRedirect(reverse("sign-in"), status=303)
    if not _may_enrol(request):
        return HttpResponseRedirect(reverse("account" if is_verified(request) else "sign-in-code"), status=303)
    seed = bytes.fromhex(request.session.setdefault(SEED, factors.new_seed().hex()))
    form = FirstCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = factors.enrol(user=user, seed=seed, code=form.cleaned_data["code"], instead=is_verified(request))
        if made is not None:
            return _enrolled(request, *made)
        form.add_error(
            "code", _("This code does not fit. Check that the phone's clock is right and type the next one.")
        )
    values = {"form": form, "picture": factors.picture(user, seed), "letters": factors.letters(seed)}
    return render(request, "accounts/enrol.html", values, status=422 if form.is_bound else 200)


def _may_enrol(request: HttpRequest) -> bool:
    """For the first time, or another time after the password was given at the own account."""
    return (is_verified(request) and RENEWING in request.session) or not factors.is_enrolled(request.user)


def _enrolled(request: HttpRequest, device: Authenticator, codes: list[str]) -> HttpResponse:
    for name in (SEED, RENEWING):
        request.session.pop(name, None)
    request.session[CODES] = codes
    pass_through(request, device)
    desk_sessions.end(user=request.user, but=desk_sessions.own_key(request))
    return HttpResponseRedirect(reverse("backup-codes"), status=303)


@require_safe
@require_account
def backup_codes(request: HttpRequest) -> HttpResponse:
    """Fresh backup codes, once."""
    codes = request.session.pop(CODES, None)
    if codes is None:
        return HttpResponseRedirect(reverse("account"), status=303)
    return render(request, "accounts/backup_codes.html", {"codes": codes})
