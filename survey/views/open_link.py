"""The open link of a cohort, which anybody can use who has it: switched on, shown once, capped, replaced, ended."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.access import require_researcher
from survey import links, tallies
from survey.handouts import Slip
from survey.invitation_forms import CapForm
from survey.invitations import RECRUITING, ShutCohortError
from survey.language import language_name, ui_language
from survey.models import Cohort
from survey.protocol.languages import direction
from survey.scope import site_scope
from survey.views import desk, once
from survey.views.addresses import opens_only_here, public_address

PLACE = "cohort-invitations"


@dataclass(frozen=True, slots=True)
class Poster:
    """The link in one language."""

    language: str
    slip: Slip

    @property
    def direction(self) -> str:
        return direction(self.language)

    @property
    def ui_language(self) -> str:
        return ui_language(self.language)

    @property
    def name(self) -> str:
        return language_name(self.language)


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def link(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """Whether the cohort has an open link, the link itself while this session holds it, and its daily cap."""
    cohort = desk.own_cohort(site_id, cohort_id)
    form = CapForm(request.POST if request.method == "POST" else None, initial={"cap": cohort.daily_cap})
    if form.is_bound and form.is_valid():
        try:
            links.set_daily_cap(cohort=cohort, cap=form.cleaned_data["cap"], by=request.user.get_username())
        except ShutCohortError:
            raise Http404 from None
        return HttpResponseRedirect(f"{request.path}?saved=1", status=303)
    return desk.page(
        request,
        "cohorts/link.html",
        cohort,
        place=PLACE,
        recruiting=cohort.state in RECRUITING,
        frozen=cohort.state == Cohort.State.FROZEN,
        posters=_posters(request, cohort),
        only_here=opens_only_here(request),
        today=_begun_today(cohort),
        form=form,
        problems=form.problems(),
        saved="saved" in request.GET,
        status=422 if form.is_bound else 200,
    )


def _begun_today(cohort: Cohort) -> int:
    with site_scope(cohort.site_id):
        return tallies.begun_by_link_today(cohort.pk)


def _key(cohort: Cohort) -> str:
    return f"link:{cohort.pk}"


def _posters(request: HttpRequest, cohort: Cohort) -> list[Poster]:
    """The link in every language of the cohort; none when this session does not hold it, or it was replaced since."""
    token = once.kept(request, _key(cohort))
    if not token or not links.leads_to(token, cohort):
        return []
    return [
        Poster(tag, Slip(public_address(request, reverse("link-in-language", args=[token, tag]))))
        for tag in links.offered(cohort, links.country_of(cohort.site_id))
    ]


@require_safe
@require_researcher
def poster(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """The link to print, one page in every language."""
    cohort = desk.own_cohort(site_id, cohort_id)
    posters = _posters(request, cohort)
    if not posters:
        raise Http404
    audit.record(by=request.user.get_username(), action="link-printed", cohort=str(cohort))
    return render(request, "cohorts/link_poster.html", {"posters": posters})


@require_POST
@require_researcher
def forget(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """The researcher has the link: nobody gets it from here again."""
    cohort = desk.own_cohort(site_id, cohort_id)
    once.forget(request, _key(cohort))
    return _to_link(cohort)


def _to_link(cohort: Cohort) -> HttpResponse:
    return HttpResponseRedirect(reverse("cohort-link", args=[cohort.site_id, cohort.pk]), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def change(request: HttpRequest, site_id: int, cohort_id: int, do: str) -> HttpResponse:
    """Switch the link on, replace it, or end it: what that means, and the doing of it."""
    cohort = desk.own_cohort(site_id, cohort_id)
    if do not in _possible(cohort):
        raise Http404
    if request.method == "POST":
        try:
            _CHANGES[do](request, cohort)
        except ShutCohortError:
            raise Http404 from None
        return _to_link(cohort)
    title, consequence = _CONSEQUENCES[do]()
    back = reverse("cohort-link", args=[site_id, cohort_id])
    values = {"title": title, "consequence": consequence, "back": back}
    return desk.page(request, "cohorts/invitations_sure.html", cohort, place=PLACE, **values)


def _possible(cohort: Cohort) -> tuple[str, ...]:
    """What can be done with the link of a cohort as it is."""
    recruiting = cohort.state in RECRUITING
    if cohort.link_hash is None:
        return ("on",) if recruiting else ()
    return ("replace", "off") if recruiting else ("off",) if cohort.state != Cohort.State.FROZEN else ()


def _switch_on(request: HttpRequest, cohort: Cohort) -> None:
    once.keep(request, _key(cohort), links.switch_on(cohort=cohort, by=request.user.get_username()))


def _switch_off(request: HttpRequest, cohort: Cohort) -> None:
    links.switch_off(cohort=cohort, by=request.user.get_username())
    once.forget(request, _key(cohort))


_CHANGES: dict[str, Callable[[HttpRequest, Cohort], None]] = {
    "on": _switch_on,
    "replace": _switch_on,
    "off": _switch_off,
}

# What each change means, in words that are looked up when the page is made.
_CONSEQUENCES: dict[str, Callable[[], tuple[str, str]]] = {
    "on": lambda: (
        _("Switch the open link on"),
        _(
            "Anybody who has the link can take part, more than once too, and can pass it on. It is shown once, to you; "
            "only its hash is kept."
        ),
    ),
    "replace": lambda: (
        _("Replace the open link"),
        _(
            "A new link is made. The one before leads nowhere from now on: take its posters down. Whoever has begun "
            "can still send the answers."
        ),
    ),
    "off": lambda: (
        _("Switch the open link off"),
        _(
            "The link leads nowhere from now on, and cannot be brought back. Whoever has begun can still send the "
            "answers. Personal invitations go on."
        ),
    ),
}
