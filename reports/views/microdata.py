"""Files of answers: asked for, agreed to by a second researcher of the country, made, fetched."""

import time
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import require_researcher
from accounts.forms import DeskForm
from reports import making, microdata, progress, tasks
from reports.codebook.edition import edition_of, fieldwork_of
from reports.microdata import AskedAlreadyError, GoneError, NotFrozenError, SecondPersonError, StaleError
from reports.models import JobState, MicrodataFile, MicrodataRequest
from reports.views import waiting
from survey.language import language_name, tag_for
from survey.models import Cohort, Version
from survey.publishing import protocol_of
from survey.views import desk, once, unlocked

State, Purpose = MicrodataRequest.State, MicrodataRequest.Purpose
KINDS: dict[str, Promise] = {
    "csv": _("CSV: codes, and once more with labels"),
    "sav": _("SPSS (.sav)"),
    "dta": _("Stata (.dta)"),
}
PURPOSES: dict[str, Promise] = {
    Purpose.ANALYSIS: _("To analyse the answers"),
    Purpose.CHECKING: _("To check a printed figure"),
    Purpose.ARCHIVE: _("To deposit them in a data archive"),
}
STATES: dict[str, Promise] = {
    State.ASKED: _("waits for a second person"),
    State.AGREED: _("agreed to"),
    State.REFUSED: _("not agreed to"),
    State.EXPIRED: _("expired"),
}
REASONS: dict[str, Promise] = {
    "NotAgreedError": _("Two researchers who work for this country now have to agree. Ask once more."),
    "NotFrozenError": _("The cohort was opened again or cut anew since you asked. Ask once more when it is frozen."),
    "TooManyRowsError": _("There are more than 100,000 responses, which is too much for one file."),
    "WritingError": _("The program that writes the file failed. Try once more, or tell whoever runs the server."),
    "KeyErased": _("The key of this country was erased: its answers cannot be opened any more."),
    "WorkerLost": _("Making the file was begun several times, and each time the worker ended before it was done."),
}


class AskForm(DeskForm):
    """What is wanted, and what for: choices only, so that nothing about a participant gets into it."""

    kinds = forms.MultipleChoiceField(
        label=_("Files"), choices=list(KINDS.items()), widget=forms.CheckboxSelectMultiple
    )
    language = forms.ChoiceField(label=_("Language of the labels"))
    purpose = forms.ChoiceField(label=_("What for"), choices=list(PURPOSES.items()), widget=forms.RadioSelect)

    def __init__(self, *args: Any, tags: tuple[str, ...], **kwargs: Any) -> None:
        first = tag_for(get_language() or "en", tags)
        super().__init__(*args, initial={"language": first, "kinds": ["csv"]}, **kwargs)
        self.fields["language"].choices = [(tag, language_name(tag)) for tag in tags]


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def requests(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """What was asked for of a cohort, and asking for more."""
    cohort, by = desk.own_cohort(site_id, cohort_id), request.user.get_username()
    form = AskForm(request.POST if request.method == "POST" else None, tags=protocol_of(cohort.version_id).languages)
    if form.is_bound and form.is_valid():
        try:
            asked = microdata.ask(cohort=cohort, **form.cleaned_data, by=by)
            return _to(asked)
        except NotFrozenError:
            form.add_error(None, _("The cohort is not frozen: its answers may still change."))
        except AskedAlreadyError:
            form.add_error(None, _("You asked for a file of this cohort already, and nobody has answered yet."))
    problems = form.problems() if form.is_bound else []
    return desk.page(
        request,
        "microdata/requests.html",
        cohort,
        place="cohort-microdata",
        status=422 if problems else 200,
        form=form,
        problems=problems,
        is_frozen=cohort.state == Cohort.State.FROZEN,
        has_colleague=microdata.has_colleague(site_id=site_id, by=by),
        rows=[(one, STATES[one.state], _kinds(one)) for one in microdata.of_cohort(cohort)],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def request_page(request: HttpRequest, site_id: int, cohort_id: int, request_id: int) -> HttpResponse:
    """One request: a second person answers it; then whoever asked has the file made and fetches it."""
    cohort = desk.own_cohort(site_id, cohort_id)
    found = _own(cohort, request_id)
    problems: list[tuple[str, str, Any]] = []
    if request.method == "POST":
        try:
            return _act(request, found)
        except SecondPersonError:
            problems = [("main", "", _("You asked for it yourself. Somebody else has to agree."))]
        except StaleError:
            problems = [("main", "", _("Meanwhile somebody answered, or it is too late. This is how it stands now."))]
            found = _own(cohort, request_id)
    values = _told(request, found)
    status = 409 if problems else 200
    response = desk.page(
        request, "microdata/request.html", cohort, place="cohort-microdata", status=status, problems=problems, **values
    )
    if values["pause"]:
        response["Refresh"] = str(values["pause"])
    return response


@require_safe
@require_researcher
def file(request: HttpRequest, site_id: int, cohort_id: int, request_id: int) -> HttpResponse:
    """The archive, opened with what this session keeps. Only whoever asked for it finds it."""
    cohort, by = desk.own_cohort(site_id, cohort_id), request.user.get_username()
    found = _own(cohort, request_id)
    try:
        private = bytes.fromhex(once.kept(request, _secret(found)))
        content = microdata.fetch(request=found, private=private, by=by)
    except GoneError:
        raise Http404 from None
    version = Version.objects.select_related("study").defer("sheets").get(pk=cohort.version_id)
    name = making.stem_of(edition_of(version, fieldwork_of(cohort, found.asked_on)), found.language)
    headers = {"Content-Disposition": f'attachment; filename="{name}.zip"'}
    return HttpResponse(content, content_type="application/zip", headers=headers)


def _act(request: HttpRequest, found: MicrodataRequest) -> HttpResponse:
    """Do what a button says. Raises SecondPersonError and StaleError."""
    by, wanted = request.user.get_username(), request.POST.get("_do")
    if wanted in ("agree", "refuse"):
        microdata.answer(request=found, agreed=wanted == "agree", by=by)
        return _to(found)
    made, private = microdata.have_made(request=found, by=by)
    once.keep(request, _secret(found), private.hex())
    tasks.enqueue_microdata(made, unlocked.token(request, found.site_id))
    return _to(found, since=int(time.time()))


def _told(request: HttpRequest, found: MicrodataRequest) -> dict[str, Any]:
    """What the page shows of a request: to whoever asked, also how far the file is."""
    is_asker = found.asked_by == request.user.get_username()
    is_late = found.expires_on < timezone.now().date()
    made = microdata.file_of(found) if is_asker and found.state == State.AGREED and not is_late else None
    under_way = made is not None and made.state in (JobState.QUEUED, JobState.RUNNING)
    waited = time.time() - waiting.since(request.GET.get("since", ""))
    return {
        "wish": found,
        "words": STATES[State.EXPIRED if is_late and found.state in (State.ASKED, State.AGREED) else found.state],
        "kinds": _kinds(found),
        "language": language_name(found.language),
        "purpose": PURPOSES[found.purpose],
        "is_asker": is_asker,
        "has_colleague": microdata.has_colleague(site_id=found.site_id, by=found.asked_by),
        "can_answer": found.state == State.ASKED and not is_late,
        "can_make": is_asker and found.state == State.AGREED and not is_late and not under_way,
        "under_way": under_way,
        "is_locked": made is not None and made.state == JobState.LOCKED,
        "is_ready": made is not None and made.state == JobState.DONE and bool(once.kept(request, _secret(found))),
        "reason": _reason(made),
        "pause": waiting.pause(waited) if under_way else waiting.NEVER,
        "look_again": f"{request.path}?since={int(time.time())}",
        "hours": microdata.FILE_HOURS,
    }


def _reason(made: MicrodataFile | None) -> str:
    """Why making stopped, in words; '' when it did not."""
    if made is None or made.state != JobState.FAILED:
        return ""
    return str(REASONS.get(made.reason) or progress.reason_text(made.reason))


def _kinds(found: MicrodataRequest) -> list[Promise]:
    return [KINDS[kind] for kind in found.kinds.split()]


def _own(cohort: Cohort, request_id: int) -> MicrodataRequest:
    found = microdata.find(cohort=cohort, request_id=request_id)
    if found is None:
        raise Http404
    return found


def _to(found: MicrodataRequest, since: int = 0) -> HttpResponse:
    address = reverse("microdata", args=[found.site_id, found.cohort_id, found.pk])
    return HttpResponseRedirect(f"{address}?since={since}" if since else address, status=303)


def _secret(found: MicrodataRequest) -> str:
    return f"microdata-{found.pk}"
