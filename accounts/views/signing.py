"""Sign in with two factors, sign out, choose a language."""

from urllib.parse import urlencode

import django_otp
from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_otp.models import Device

from accounts import audit, desk_sessions, factors, throttle
from accounts.access import is_verified
from accounts.forms import CodeForm, DeskForm, SignInForm
from accounts.middleware import begin
from accounts.models import BackupCodes, User

# The session key under which everybody's choice of language is kept; the language middleware reads it.
LANGUAGE = "language"


def waiting(seconds: int) -> str:
    """What somebody is told who tries too soon."""
    return ngettext("Wait %(n)d second, then try again.", "Wait %(n)d seconds, then try again.", seconds) % {
        "n": seconds
    }


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """First step: name and password."""
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = _recognised(request, form)
        if user is not None:
            enter(request, user)
            return HttpResponseRedirect(_with_onward("sign-in-code", onward(request)), status=303)
    return render(request, "accounts/sign_in.html", {"form": form, "next": request.GET.get("next", "")})


def _recognised(request: HttpRequest, form: DeskForm) -> User | None:
    """The user of this name and password; else None, and the form says why. A name nobody has takes as long."""
    username = form.cleaned_data["username"]
    if wait := throttle.begin_try(username=username):
        form.add_error(None, waiting(wait))
        return None
    user: User | None = authenticate(request, username=username, password=form.cleaned_data["password"])
    if user is None:
        form.add_error(None, _("User name and password do not belong together. Check both and try again."))
        return None
    throttle.forget(username=username)
    return user


def enter(request: HttpRequest, user: User) -> None:
    """Half way in: the session is somebody's, and opens nothing before the second factor is proved."""
    # Django empties a session that was somebody else's; the language was chosen by whoever sits here.
    language = user.language or request.session.get(LANGUAGE, "")
    desk_sessions.leave(request)
    login(request, user)
    begin(request)
    if language:
        request.session[LANGUAGE] = language


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Second step: a code. Whoever has no second factor yet is led to set one up."""
    if not request.user.is_authenticated:
        return HttpResponseRedirect(reverse("sign-in"), status=303)
    if is_verified(request):
        return HttpResponseRedirect(onward(request), status=303)
    if not factors.is_enrolled(request.user):
        return HttpResponseRedirect(reverse("enrol"), status=303)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        device = _proved(request, form)
        if device is not None:
            pass_through(request, device)
            backup = isinstance(device, BackupCodes)
            return HttpResponseRedirect(reverse("account") if backup else onward(request), status=303)
    return render(request, "accounts/code.html", {"form": form, "next": request.GET.get("next", "")})


def _proved(request: HttpRequest, form: DeskForm) -> Device | None:
    """The device whose code was given; else None, and the form says why."""
    user = request.user
    if wait := throttle.begin_try(username=user.username, what="code"):
        form.add_error(None, waiting(wait))
        return None
    try:
        device = factors.prove(user=user, code=form.cleaned_data["code"])
    except factors.TooSoonError as soon:
        form.add_error(None, waiting(soon.seconds))
        return None
    if device is None:
        form.add_error(None, _("This code is wrong or was used already. Wait for the next one and type that."))
        return None
    throttle.forget(username=user.username, what="code")
    return device


def pass_through(request: HttpRequest, device: Device) -> None:
    """All the way in, under a new cookie."""
    django_otp.login(request, device)
    desk_sessions.renew(request)
    audit.record(by=request.user.username, action="sign-in")


def onward(request: HttpRequest) -> str:
    """Where somebody wanted to go, within the house."""
    target = request.POST.get("next", "") or request.GET.get("next", "")
    return target if url_has_allowed_host_and_scheme(target, allowed_hosts=None) else settings.LOGIN_REDIRECT_URL


def _with_onward(name: str, target: str) -> str:
    query = "" if target == settings.LOGIN_REDIRECT_URL else f"?{urlencode({'next': target})}"
    return f"{reverse(name)}{query}"


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """The language of the staff pages: kept in the session, and with the account of somebody who is signed in."""
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        request.session[LANGUAGE] = language
        if is_verified(request):
            User.objects.filter(pk=request.user.pk).update(language=language)
    return HttpResponseRedirect(onward(request), status=303)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """First of two hops: a blank page. Chromium keeps the page one leaves, so the leaving page must hold nothing."""
    if request.user.is_authenticated:
        desk_sessions.leave(request)
    if is_verified(request):
        audit.record(by=request.user.username, action="sign-out")
    logout(request)
    return HttpResponse("", headers={"Refresh": f"0; url={reverse('signed-out')}"})


@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """Second hop: empty the browser's stores and go to the sign-in page."""
    response = HttpResponseRedirect(reverse("sign-in"), status=303)
    # Browsers obey this header on any answer: a picture on another site must not be able to empty ours.
    if request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin":
        response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response
