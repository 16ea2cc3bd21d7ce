"""Sign in, sign out."""

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import audit, throttle
from accounts.forms import SignInForm

# The session key under which everybody's choice of language is kept; the language middleware reads it.
LANGUAGE = "language"


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        username = form.cleaned_data["username"]
        wait = throttle.seconds_to_wait(username)
        user = None if wait else authenticate(request, username=username, password=form.cleaned_data["password"])
        if user is not None:
            throttle.forget(username=username)
            login(request, user)
            audit.record(by=user.username, action="sign-in")
            return HttpResponseRedirect(_onward(request), status=303)
        if wait:
            message = ngettext("Wait %(n)d second, then try again.", "Wait %(n)d seconds, then try again.", wait)
            form.add_error(None, message % {"n": wait})
        else:
            throttle.note_failure(username=username)
            form.add_error(None, _("User name and password do not belong together. Check both and try again."))
    return render(request, "accounts/sign_in.html", {"form": form, "next": request.GET.get("next", "")})


def _onward(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    return target if url_has_allowed_host_and_scheme(target, allowed_hosts=None) else settings.LOGIN_REDIRECT_URL


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """First of two hops: a blank page. Chromium keeps the page one leaves, so the leaving page must hold nothing."""
    if request.user.is_authenticated:
        audit.record(by=request.user.username, action="sign-out")
    logout(request)
    response = HttpResponse("")
    response["Refresh"] = f"0; url={reverse('signed-out')}"
    return response


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """The language of the staff pages, kept in the session."""
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        request.session[LANGUAGE] = language
    return HttpResponseRedirect(_onward(request), status=303)


@require_GET
def signed_out(request: HttpRequest) -> HttpResponse:
    response = HttpResponseRedirect(reverse("sign-in"), status=303)
    response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response
