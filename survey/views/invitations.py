"""Personal invitations as researchers handle them: made, handed out once, counted, withdrawn and made again."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.access import require_researcher
from survey import handouts, invitations, links
from survey.invitation_forms import CHANNELS, BatchForm, NumberForm, ReissueForm, usual_last_day
from survey.invitations import RECRUITING, NoRoomError, Numbers, ShutCohortError
from survey.language import language_name, ui_language
from survey.models import Batch, Cohort
from survey.views import desk, once
from survey.views.addresses import opens_only_here, public_address

PLACE = "cohort-invitations"


@dataclass(frozen=True, slots=True)
class Line:
    """One batch as the pages show it."""

    batch: Batch
    numbers: Numbers

    @property
    def language(self) -> str:
        return language_name(self.batch.language)

    @property
    def channel(self) -> Any:
        return CHANNELS.get(self.batch.channel, self.batch.channel)

    @property
    def is_over(self) -> bool:
        return self.batch.expires_on < timezone.now().date()

    @property
    def key(self) -> str:
        """The name under which its seed is kept in the session of whoever made it."""
        return f"batch:{self.batch.cohort_id}:{self.batch.number}"


@require_safe
@require_researcher
def index(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """The batches of a cohort, and the way to its open link."""
    cohort = desk.own_cohort(site_id, cohort_id)
    page = invitations.page_of_batches(cohort=cohort, page=request.GET.get("page"))
    lines = [Line(batch, numbers) for batch, numbers in page.object_list]
    return _page(request, "cohorts/invitations.html", cohort, page=page, lines=lines)


def _page(request: HttpRequest, template: str, cohort: Cohort, **values: Any) -> HttpResponse:
    return desk.page(request, template, cohort, place=PLACE, recruiting=cohort.state in RECRUITING, **values)


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def new(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """Make a batch. Its seed stays in this session, and what comes of it can be had until it is forgotten."""
    cohort = desk.own_cohort(site_id, cohort_id)
    _require(cohort.state in RECRUITING)
    room = invitations.room(cohort)
    form = BatchForm(
        request.POST if request.method == "POST" else None,
        languages=links.offered(cohort, links.country_of(site_id)),
        room=room,
        initial={"expires_on": usual_last_day(cohort)},
    )
    if form.is_bound and form.is_valid():
        seed = invitations.new_seed()
        try:
            batch, _tokens = invitations.make_batch(
                cohort=cohort, by=request.user.get_username(), seed=seed, **form.cleaned_data
            )
        except ShutCohortError:
            raise Http404 from None
        except NoRoomError:
            form.add_error("size", _no_room())
        else:
            return _handed(request, batch, seed)
    status = 422 if form.is_bound else 200
    return _page(
        request, "cohorts/invitations_new.html", cohort, form=form, room=room, problems=form.problems(), status=status
    )


def _require(possible: bool) -> None:
    if not possible:
        raise Http404


def _no_room() -> str:
    return _("A cohort can have %(most)s invitations at the most.") % {"most": invitations.MOST_IN_COHORT}


def _handed(request: HttpRequest, batch: Batch, seed: bytes) -> HttpResponse:
    """Keep the seed for this session, and go to the page where its links are had."""
    once.keep(request, Line(batch, Numbers()).key, seed.hex())
    return _to_batch(batch)


def _to_batch(batch: Batch, query: str = "") -> HttpResponse:
    address = reverse("invitation-batch", args=[batch.site_id, batch.cohort_id, batch.number])
    return HttpResponseRedirect(address + query, status=303)


def _own_batch(site_id: int, cohort_id: int, number: int) -> tuple[Cohort, Line]:
    """A batch of a cohort of one's own. Raises Http404."""
    cohort = desk.own_cohort(site_id, cohort_id)
    found = invitations.batch_of(cohort=cohort, number=number)
    if found is None:
        raise Http404
    return cohort, Line(*found)


@require_safe
@require_researcher
def batch(request: HttpRequest, site_id: int, cohort_id: int, number: int) -> HttpResponse:
    """What became of a batch; and, as long as this session holds its seed, its links."""
    cohort, line = _own_batch(site_id, cohort_id, number)
    return _batch_page(request, cohort, line)


def _batch_page(request: HttpRequest, cohort: Cohort, line: Line, form: NumberForm | None = None) -> HttpResponse:
    held = bool(once.kept(request, line.key))
    numbers = invitations.numbers_to_hand_out(line.batch) if held else []
    return _page(
        request,
        "cohorts/batch.html",
        cohort,
        line=line,
        held=held,
        sheets=list(enumerate(handouts.sheets(numbers))),
        only_here=held and opens_only_here(request),
        form=form or NumberForm(),
        problems=form.problems() if form else [],
        withdrawn=request.GET.get("withdrawn", ""),
        status=422 if form else 200,
    )


@require_safe
@require_researcher
def slips(request: HttpRequest, site_id: int, cohort_id: int, number: int, part: int) -> HttpResponse:
    """One sheet of slips to print and cut, in the batch's language."""
    cohort, line = _own_batch(site_id, cohort_id, number)
    seed, batch = _seed(request, line), line.batch
    sheet = handouts.sheet(
        batch=batch.number,
        numbers=invitations.numbers_to_hand_out(batch),
        part=part,
        language=batch.language,
        last_day=batch.expires_on,
        link=lambda one: _address(request, seed, one),
    )
    _require(bool(sheet.pages))
    audit.record(by=request.user.get_username(), action="invitations-printed", cohort=str(cohort), batch=batch.number)
    with translation.override(ui_language(batch.language)):
        response = render(request, "cohorts/slips.html", {"sheet": sheet})
    response.headers["Content-Language"] = batch.language
    return response


@require_safe
@require_researcher
def messages(request: HttpRequest, site_id: int, cohort_id: int, number: int) -> HttpResponse:
    """A batch's links as a file for programs that send messages."""
    cohort, line = _own_batch(site_id, cohort_id, number)
    seed, batch = _seed(request, line), line.batch
    content = handouts.messages(
        links=[(one, _address(request, seed, one)) for one in invitations.numbers_to_hand_out(batch)],
        language=batch.language,
        last_day=batch.expires_on,
    )
    audit.record(by=request.user.get_username(), action="invitations-exported", cohort=str(cohort), batch=batch.number)
    name = f"batch-{batch.number}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


def _seed(request: HttpRequest, line: Line) -> bytes:
    """The seed that this session holds of a batch. Raises Http404 without one: its links are gone."""
    kept = once.kept(request, line.key)
    _require(bool(kept))
    return bytes.fromhex(kept)


def _address(request: HttpRequest, seed: bytes, number: int) -> str:
    return public_address(request, reverse("invitation", args=[invitations.token_of(seed, number)]))


@require_POST
@require_researcher
def forget(request: HttpRequest, site_id: int, cohort_id: int, number: int) -> HttpResponse:
    """The researcher has the links: nobody gets them from here again."""
    _cohort, line = _own_batch(site_id, cohort_id, number)
    once.forget(request, line.key)
    return _to_batch(line.batch)


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def withdraw(request: HttpRequest, site_id: int, cohort_id: int, number: int) -> HttpResponse:
    """Take one invitation of a batch, or all that are not used, out of use."""
    cohort, line = _own_batch(site_id, cohort_id, number)
    _require(cohort.state != Cohort.State.FROZEN)
    sent = request.POST if request.method == "POST" else request.GET
    form = NumberForm(sent) if "number" in sent else None
    if form and not form.is_valid():
        return _batch_page(request, cohort, line, form)
    one = form.cleaned_data["number"] if form else None
    if request.method == "POST":
        try:
            count = invitations.withdraw(batch=line.batch, number=one, by=request.user.get_username())
        except ShutCohortError:
            raise Http404 from None
        return _to_batch(line.batch, f"?withdrawn={'some' if count else 'none'}")
    title, consequence = _withdrawal_of_one(line, one) if one else _withdrawal_of_rest(line)
    return _page(
        request,
        "cohorts/invitations_sure.html",
        cohort,
        title=title,
        consequence=consequence,
        number=one,
        back=reverse("invitation-batch", args=[site_id, cohort_id, number]),
    )


def _withdrawal_of_one(line: Line, number: int) -> tuple[str, str]:
    return (
        _("Withdraw invitation %(number)s of batch %(batch)s") % {"number": number, "batch": line.batch.number},
        _(
            "Its link leads nowhere from now on, and cannot be brought back. Whoever has begun with it can still send "
            "the answers."
        ),
    )


def _withdrawal_of_rest(line: Line) -> tuple[str, str]:
    return (
        _("Withdraw what is left of batch %(batch)s") % {"batch": line.batch.number},
        _(
            "The links that are free (%(free)s) or begun (%(begun)s) lead nowhere from now on, and cannot be brought "
            "back. Whoever has begun can still send the answers."
        )
        % {"free": line.numbers.free, "begun": line.numbers.begun},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def reissue(request: HttpRequest, site_id: int, cohort_id: int, number: int) -> HttpResponse:
    """Withdraw what is left of a batch, and make as many new invitations as were free."""
    cohort, line = _own_batch(site_id, cohort_id, number)
    _require(cohort.state in RECRUITING)
    data = request.POST if request.method == "POST" else None
    form = ReissueForm(data, initial={"expires_on": usual_last_day(cohort)})
    if form.is_bound and form.is_valid():
        seed = invitations.new_seed()
        try:
            made = invitations.reissue(batch=line.batch, seed=seed, by=request.user.get_username(), **form.cleaned_data)
        except ShutCohortError:
            raise Http404 from None
        except NoRoomError:
            form.add_error(None, _no_room())
        else:
            return _handed(request, made, seed) if made else _to_batch(line.batch, "?withdrawn=none")
    return _page(
        request,
        "cohorts/invitations_sure.html",
        cohort,
        title=_("Withdraw and reissue batch %(batch)s") % {"batch": line.batch.number},
        consequence=_(
            "All free invitations (%(free)s) are withdrawn: their slips and messages lead nowhere any more. As many "
            "new ones are made, as a new batch in the same language. Those who have begun (%(begun)s) can still send "
            "the answers and get no new invitation."
        )
        % {"free": line.numbers.free, "begun": line.numbers.begun},
        form=form,
        problems=form.problems(),
        back=reverse("invitation-batch", args=[site_id, cohort_id, number]),
        status=422 if form.is_bound else 200,
    )
