"""One's own account: password, phone, backup codes, sessions."""

import django_otp
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import desk_sessions, factors, people, throttle
from accounts.access import require_account
from accounts.forms import ChangePasswordForm, DeskForm, ProofForm
from accounts.models import BackupCodes
from accounts.views.enrolling import CODES, RENEWING
from accounts.views.signing import waiting

FEW_CODES = 3


@require_safe
@require_account
def account(request: HttpRequest) -> HttpResponse:
    """How one signs in, and where one is signed in."""
    own, left = desk_sessions.own_key(request), factors.codes_left(request.user)
    sessions = [(session, session.row_key == own) for session in desk_sessions.of_user(request.user)]
    values = {"sessions": sessions, "left": left, "few": left <= FEW_CODES, "done": request.GET.get("done", "")}
    return render(request, "accounts/account.html", values)


def _knows_password(request: HttpRequest, form: DeskForm) -> bool:
    """Whether the present password was given. Tries are counted as at the sign-in, also at a desk left open."""
    username = request.user.username
    if wait := throttle.begin_try(username=username):
        form.add_error(None, waiting(wait))
        return False
    if not request.user.check_password(form.cleaned_data["password"]):
        form.add_error("password", _("This is not your present password."))
        return False
    throttle.forget(username=username)
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@require_account
def password(request: HttpRequest) -> HttpResponse:
    """A new password ends the other sessions."""
    form = ChangePasswordForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid() and _knows_password(request, form):
        people.change_password(user=request.user, password=form.cleaned_data["new"])
        desk_sessions.end(user=request.user, but=desk_sessions.own_key(request))
        desk_sessions.leave(request)
        update_session_auth_hash(request, request.user)
        desk_sessions.note(request)
        return HttpResponseRedirect(f"{reverse('account')}?done=password", status=303)
    return render(request, "accounts/password.html", {"form": form}, status=422 if form.is_bound else 200)


# What needs the password once more: title, explanation, words of the button.
_PROOFS = {
    "codes": (
        gettext_lazy("New backup codes"),
        gettext_lazy("You get ten new codes. The old ones are good no more; destroy the paper."),
        gettext_lazy("Make new codes"),
    ),
    "phone": (
        gettext_lazy("Another phone"),
        gettext_lazy(
            "You set up the app on another phone, and get new backup codes. The old phone counts until the new one has "
            "shown its first code; then every other session of yours ends."
        ),
        gettext_lazy("Set up another phone"),
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@require_account
def new_codes(request: HttpRequest) -> HttpResponse:
    form = ProofForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _knows_password(request, form):
        request.session[CODES] = factors.new_codes(user=request.user)
        if isinstance(request.user.otp_device, BackupCodes):
            # The paper that opened this session is good no more, and closes what it opened. Whoever sits here has just
            # given the password too, and goes on with the new paper.
            django_otp.login(request, BackupCodes.objects.get(user=request.user))
        return HttpResponseRedirect(reverse("backup-codes"), status=303)
    return _proof(request, form, "codes")


@require_http_methods(["GET", "HEAD", "POST"])
@require_account
def new_phone(request: HttpRequest) -> HttpResponse:
    form = ProofForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _knows_password(request, form):
        request.session[RENEWING] = True
        return HttpResponseRedirect(reverse("enrol"), status=303)
    return _proof(request, form, "phone")


def _proof(request: HttpRequest, form: ProofForm, what: str) -> HttpResponse:
    title, words, button = _PROOFS[what]
    values = {"form": form, "title": title, "words": words, "button": button}
    return render(request, "accounts/proof.html", values, status=422 if form.is_bound else 200)


@require_POST
@require_account
def end_others(request: HttpRequest) -> HttpResponse:
    """Every session of one's own but this one."""
    people.end_others(user=request.user, own_key=desk_sessions.own_key(request))
    return HttpResponseRedirect(f"{reverse('account')}?done=sessions", status=303)
