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
    return HttpResponse("", headers={"Refresh": f"0; url={reverse('left', args=[site_id, cohort_id])}"})


@require_safe
def left(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """Second hop: empty the browser's stores, go to the neutral site of the cohort or country."""
    response = HttpResponseRedirect(links.exit_address(site_id=site_id, cohort_id=cohort_id), status=303)
    # Browsers obey this header on any answer: a picture on another site must not be able to empty ours.
    if request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none"):
        response["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response
