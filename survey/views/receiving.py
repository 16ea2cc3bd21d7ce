"""Pages that take a file: the only ones that do, and only once it is known who sends it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from accounts.access import View, require_researcher
from survey.models import Cohort
from survey.upload_forms import PackingHandler
from survey.views import desk, frames


def takes_files(page: Callable[[HttpRequest, Cohort], HttpResponse]) -> View:
    """The view of a cohort's page whose form brings a file, compressed in memory while it comes.

    Reading the token reads the form: so the researcher is known before it is looked for.
    """

    @csrf_exempt
    @require_http_methods(["GET", "HEAD", "POST"])
    @require_researcher
    def view(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
        return with_files(page, request, desk.own_cohort(site_id, cohort_id))

    # Everywhere else only plain forms come in: see `surveyproject.incoming`.
    view.takes_files = True
    return view


def with_files(page: Callable[..., HttpResponse], request: HttpRequest, *arguments: object) -> HttpResponse:
    """A page whose form brings a file, for somebody who is known already."""
    frames.refuse_other_encodings(request)
    request.upload_handlers = [PackingHandler(request)]
    response: HttpResponse = csrf_protect(page)(request, *arguments)
    return response
