"""The Files page: a file of responses or a bundle comes in, is checked, looked at, taken in once or removed."""

import csv
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import require_researcher
from survey import laptop, tasks, uploads
from survey.language import language_name
from survey.links import country_of
from survey.models import Cohort, Upload
from survey.protocol.cells import harmless
from survey.scope import site_scope
from survey.sealers import NoKeyError
from survey.upload_forms import BundleForm, TableForm
from survey.uploads import NotTakingError, State, TooManyError
from survey.views import desk, unlocked, upload_words
from survey.views.receiving import takes_files

PER_PAGE = 20
# A page under way looks again after so many seconds, soon at first; a page left open stops after a while.
SOON, SELDOM = 2, 10
EAGER_SECONDS, PATIENT_SECONDS = 60, 900


@takes_files
def files(request: HttpRequest, cohort: Cohort) -> HttpResponse:
    """What came in, and the forms for more."""
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    is_bundle = bool(sent) and request.POST.get("kind") == BundleForm.kind
    protocol, _tag = desk.protocol_and_tag(cohort)
    table = TableForm(*(() if is_bundle else sent), protocol=protocol)
    bundle = BundleForm(*(sent if is_bundle else ()))
    form = bundle if is_bundle else table
    error = ""
    if form.is_bound and form.is_valid():
        try:
            return _received(request, cohort, form)
        except NotTakingError:
            error = _("This cohort takes no files in its present state.")
        except NoKeyError:
            error = desk.no_key()
        except TooManyError:
            error = _("Enough files of this cohort wait. Take them in or remove them first.")
    problems = [("main", "", error)] if error else form.problems() if form.is_bound else []
    return desk.page(
        request,
        "cohorts/files.html",
        cohort,
        place="files",
        status=422 if problems else 200,
        problems=problems,
        table=table,
        bundle=bundle,
        takes=cohort.state not in uploads.TAKES_NOTHING,
        page=_page_of(request, cohort),
        removed="removed" in request.GET,
        no_key="no-key" in request.GET,
    )


def _received(request: HttpRequest, cohort: Cohort, form: TableForm | BundleForm) -> HttpResponse:
    packer = form.cleaned_data["file"].packer
    upload = uploads.receive(
        cohort=cohort,
        kind=form.kind,
        name=form.name,
        parcel=form.parcel(),
        size=packer.size,
        digest=packer.digest(),
        by=request.user.get_username(),
    )
    tasks.enqueue_upload(upload, State.CHECKING, unlocked.token(request, cohort.site_id))
    return _to(upload)


def _page_of(request: HttpRequest, cohort: Cohort) -> dict[str, Any]:
    with site_scope(cohort.site_id):
        page = Paginator(uploads.of_cohort(cohort), PER_PAGE).get_page(request.GET.get("page"))
        rows = [(one, upload_words.KINDS[one.kind], upload_words.STATES[one.state]) for one in page.object_list]
        previous = page.previous_page_number() if page.has_previous() else 0
        onward = page.next_page_number() if page.has_next() else 0
    return {
        "rows": rows,
        "number": page.number,
        "total": page.paginator.num_pages,
        "previous": previous,
        "next": onward,
    }


# One file ------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def upload(request: HttpRequest, site_id: int, cohort_id: int, upload_id: int) -> HttpResponse:
    """How far a file is, what is in it or wrong with it, and the decision about it."""
    cohort = desk.own_cohort(site_id, cohort_id)
    found = _own(cohort, upload_id)
    twin = uploads.twin_of(found) if found.kind == Upload.Kind.TABLE else None
    problems: list[tuple[str, str, str]] = []
    if request.method == "POST":
        if request.POST.get("_do") == "remove":
            return _removed(request, cohort, found)
        if twin is not None and "again" not in request.POST:
            problems = [("again", "", _("Tick the box if this is meant: the same file was taken in before."))]
        else:
            return _confirmed(request, cohort, found)
    values = _told(found) | {"problems": problems, "twin": twin, "takes": cohort.state not in uploads.TAKES_NOTHING}
    status = 422 if problems else 200
    response = desk.page(request, "cohorts/upload.html", cohort, place="files", status=status, **values)
    if pause := _pause(found):
        response["Refresh"] = str(pause)
    return response


@require_safe
@require_researcher
def problems(request: HttpRequest, site_id: int, cohort_id: int, upload_id: int) -> HttpResponse:
    """Every listed problem of a file as a CSV that a spreadsheet program opens."""
    found = _own(desk.own_cohort(site_id, cohort_id), upload_id)
    name = f'attachment; filename="problems-{found.pk}.csv"'
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})
    writer = csv.writer(response)
    writer.writerow([_("Row"), _("Column"), _("What to do")])
    writer.writerows([row or "", harmless(column), what] for row, column, what in upload_words.problems(found.report))
    return response


@require_POST
@require_researcher
def cohort_file(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """The cohort for a field laptop."""
    cohort = desk.own_cohort(site_id, cohort_id)
    try:
        content = laptop.cohort_file(cohort=cohort, by=request.user.get_username())
    except NoKeyError:
        return HttpResponseRedirect(f"{reverse('files', args=[site_id, cohort_id])}?no-key=1", status=303)
    name = f'attachment; filename="cohort-{country_of(site_id)}-{cohort.pk}.json"'
    return HttpResponse(content, content_type="application/json", headers={"Content-Disposition": name})


def _own(cohort: Cohort, upload_id: int) -> Upload:
    found = uploads.find(cohort=cohort, upload_id=upload_id)
    if found is None:
        raise Http404
    return found


def _to(upload: Upload) -> HttpResponse:
    address = reverse("upload", args=[upload.site_id, upload.cohort_id, upload.pk])
    return HttpResponseRedirect(address, status=303)


def _confirmed(request: HttpRequest, cohort: Cohort, found: Upload) -> HttpResponse:
    again, by = "again" in request.POST, request.user.get_username()
    try:
        if uploads.confirm(cohort=cohort, upload=found, again=again, by=by):
            tasks.enqueue_upload(found, State.TAKING, unlocked.token(request, cohort.site_id))
    except NotTakingError:
        # The page tells that the cohort takes nothing now.
        pass
    return _to(found)


def _removed(request: HttpRequest, cohort: Cohort, found: Upload) -> HttpResponse:
    if not uploads.remove(cohort=cohort, upload=found, by=request.user.get_username()):
        return _to(found)
    return HttpResponseRedirect(f"{reverse('files', args=[cohort.site_id, cohort.pk])}?removed=1", status=303)


def _told(found: Upload) -> dict[str, Any]:
    report = found.report
    listed = upload_words.problems(report)
    return {
        "upload": found,
        "kind": upload_words.KINDS[found.kind],
        "upload_state": upload_words.STATES[found.state],
        "under_way": found.state in uploads.UNDER_WAY,
        "waits_for_key": found.state in uploads.UNDER_WAY and desk.waits_for_unlock(found.site_id),
        "looks_again": bool(_pause(found)),
        "reason": upload_words.reason(report),
        "report": report,
        "languages": [(language_name(tag), count) for tag, count in sorted(report.get("languages", {}).items())],
        "listed": listed,
        "unlisted": report.get("count", 0) - len(listed),
    }


def _pause(found: Upload) -> int:
    if found.state not in uploads.UNDER_WAY:
        return 0
    waited = (timezone.now() - found.asked_at).total_seconds()
    return SOON if waited < EAGER_SECONDS else SELDOM if waited < PATIENT_SECONDS else 0
