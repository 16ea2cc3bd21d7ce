"""Out of here at once, in two hops, so that “Back” brings no page of ours to light.

Chromium keeps the page one leaves, whatever its headers say; so the page one leaves is a blank one.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from survey import links


@require_safe
def leave(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """First hop: the session ends, the draft stays, the screen is blank."""
    request.session.flush()
    return _blank(reverse("left", args=[site_id, cohort_id]))


@require_safe
def left(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """Second hop: empty the browser's stores, go to the neutral site of the cohort or country."""
    return _gone(request, links.exit_address(site_id=site_id, cohort_id=cohort_id))


def at_once(request: HttpRequest, name: str) -> HttpResponse | None:
    """Both hops without a database, since nobody can wait with leaving; None when this is not about leaving.

    The cookie goes; the row that it led to stays until it expires, and nobody can open it.
    """
    if name == "leave":
        request.session = type(request.session)(None)
        return _blank(request.path_info.replace("/leave/", "/left/", 1))
    return _gone(request, links.ANYWHERE) if name == "left" else None


def _blank(onward: str) -> HttpResponse:
    return HttpResponse("", headers={"Refresh": f"0; url={onward}"})


def _gone(request: HttpRequest, address: str) -> HttpResponse:
    response = HttpResponseRedirect(address, status=303)
    # Browsers obey this header on any answer: a picture on another site must not be able to empty ours.
    if request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none"):
        response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response
