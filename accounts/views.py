"""Sign in, sign out, choose a language."""

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit, throttle
from accounts.forms import SignInForm
from accounts.middleware import begin
from accounts.models import User

# The session key under which everybody's choice of language is kept; the language middleware reads it.
LANGUAGE = "language"


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    form = SignInForm(request.POST or None, auto_id="%s")
    if request.method == "POST" and form.is_valid():
        user = _recognised(request, form)
        if user is not None:
            _enter(request, user)
            return HttpResponseRedirect(_onward(request), status=303)
    return render(request, "accounts/sign_in.html", {"form": form, "next": request.GET.get("next", "")})


def _recognised(request: HttpRequest, form: SignInForm) -> User | None:
    """The user of this name and password; else None, and the form says why. A name nobody has takes as long."""
    username = form.cleaned_data["username"]
    if wait := throttle.begin_try(username=username):
        message = ngettext("Wait %(n)d second, then try again.", "Wait %(n)d seconds, then try again.", wait)
        form.add_error(None, message % {"n": wait})
        return None
    user: User | None = authenticate(request, username=username, password=form.cleaned_data["password"])
    if user is None:
        form.add_error(None, _("User name and password do not belong together. Check both and try again."))
        return None
    throttle.forget(username=username)
    return user


def _enter(request: HttpRequest, user: User) -> None:
    login(request, user)
    begin(request)
    if user.language:
        request.session[LANGUAGE] = user.language
    audit.record(by=user.username, action="sign-in")


def _onward(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    return target if url_has_allowed_host_and_scheme(target, allowed_hosts=None) else settings.LOGIN_REDIRECT_URL


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """The language of the staff pages: kept in the session, and with the account of somebody who is signed in."""
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        request.session[LANGUAGE] = language
        if request.user.is_authenticated:
            User.objects.filter(pk=request.user.pk).update(language=language)
    return HttpResponseRedirect(_onward(request), status=303)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """First of two hops: a blank page. Chromium keeps the page one leaves, so the leaving page must hold nothing."""
    if request.user.is_authenticated:
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
