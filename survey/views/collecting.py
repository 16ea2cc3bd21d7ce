"""A field laptop's front: one address, short enough to type on a phone, that leads to the one cohort here."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from survey import laptop
from survey.views import arriving, holding, participant


@require_http_methods(["GET", "POST"])
def front(request: HttpRequest) -> HttpResponse:
    """Whoever has nothing open here is led to the door."""
    if request.method == "GET" and holding.is_empty(request):
        return HttpResponseRedirect(reverse("door"))
    return participant.questionnaire(request)


@csrf_exempt
def door(request: HttpRequest) -> HttpResponse:
    """The cohort's open link, under an address that can be typed."""
    cohort = laptop.cohort_here(settings.COLLECT_ONLY)
    if cohort is None:
        raise Http404
    return arriving.link(request, token=laptop.door_token(cohort))
