"""The researcher's cohorts: all of one's own, a new one, its settings and quotas, its state."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import require_researcher, roles_of
from survey import cohorts
from survey.cohort_forms import CohortForm, QuotaForms, ReasonForm, initial_of
from survey.language import tag_for
from survey.models import Cohort, Site
from survey.protocol.schema import Protocol
from survey.publishing import latest_version, protocol_of
from survey.sealers import NoKeyError
from survey.views import desk


@dataclass(frozen=True, slots=True)
class SiteBlock:
    """One country of the researcher's, with its cohorts; it `is_asked` unless the newest version left it out."""

    site: Site
    label: str
    is_asked: bool
    cohorts: list[tuple[Cohort, Any]]


@require_safe
@require_researcher
def index(request: HttpRequest) -> HttpResponse:
    """Every country that the reader is a researcher of, and its cohorts."""
    sites = Site.objects.filter(pk__in=roles_of(request.user).site_ids).select_related("study")
    return render(request, "cohorts/index.html", {"blocks": [_block(site) for site in sites]})


def _block(site: Site) -> SiteBlock:
    protocol = protocol_of(latest_version(site.study).pk)
    label = next((one.label.get(_tag(protocol)) for one in protocol.countries if one.code == site.country), "")
    own = cohorts.of_site(site_id=site.pk)
    return SiteBlock(site, label or site.country, bool(label), [(cohort, desk.STATES[cohort.state]) for cohort in own])


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def new(request: HttpRequest, site_id: int) -> HttpResponse:
    """A new cohort under the study's latest version."""
    site = get_object_or_404(Site.objects.select_related("study"), pk=site_id)
    version = latest_version(site.study)
    protocol = protocol_of(version.pk)
    country = next((one for one in protocol.countries if one.code == site.country), None)
    if country is None:
        raise Http404
    form = CohortForm(request.POST or None, protocol=protocol, country=site.country)
    if request.method == "POST" and form.is_valid() and _has_free_name(form, site_id, None):
        try:
            made = cohorts.create(site=site, version=version, setup=form.setup(), by=request.user.get_username())
        except cohorts.NameTakenError:
            _refuse_name(form)
        else:
            return HttpResponseRedirect(reverse("cohort", args=[site_id, made.pk]), status=303)
    label = country.label.get(_tag(protocol))
    status = 422 if form.is_bound else 200
    return render(request, "cohorts/new.html", {"form": form, "country": label, "version": version}, status=status)


def _has_free_name(form: CohortForm, site_id: int, by: Cohort | None) -> bool:
    if cohorts.name_is_taken(site_id=site_id, name=form.cleaned_data["name"], by=by):
        _refuse_name(form)
        return False
    return True


def _refuse_name(form: CohortForm) -> None:
    form.add_error("name", _("Another cohort of this country has this name."))


def _tag(protocol: Protocol) -> str:
    return tag_for(get_language() or "en", protocol.languages)


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def settings(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """How a cohort is run, with its quotas, and what became of it so far."""
    cohort = desk.own_cohort(site_id, cohort_id)
    protocol, tag = desk.protocol_and_tag(cohort)
    site = Site.objects.get(pk=site_id)
    data = request.POST if request.method == "POST" else None
    form = CohortForm(data, protocol=protocol, country=site.country, initial=initial_of(cohort))
    quotas = QuotaForms(data, protocol=protocol, country=site.country, language=tag, quotas=cohorts.quotas_of(cohort))
    stale = False
    if data is not None and _both_are_valid(form, quotas, cohort):
        try:
            cohorts.change(
                cohort=cohort,
                setup=form.setup(),
                quotas=quotas.wanted(),
                revision=desk.whole(data.get("revision", "")),
                by=request.user.get_username(),
            )
        except cohorts.StaleCohortError:
            stale = True
        except cohorts.NameTakenError:
            _refuse_name(form)
        except cohorts.MoveError:
            raise Http404 from None
        else:
            return HttpResponseRedirect(f"{request.path}?saved=1", status=303)
    return desk.page(
        request,
        "cohorts/settings.html",
        cohort,
        place="cohort-settings",
        status=409 if stale else 422 if data is not None else 200,
        form=form,
        quotas=quotas,
        problems=[*form.problems(), *quotas.problems()] if data is not None else [],
        stale=stale,
        saved="saved" in request.GET,
        overlapping=_overlapping(cohort),
        changes=_worded_changes(cohort),
    )


def _both_are_valid(form: CohortForm, quotas: QuotaForms, cohort: Cohort) -> bool:
    fine = form.is_valid() and _has_free_name(form, cohort.site_id, cohort)
    return quotas.is_valid(form.cleaned_data.get("target") or 0) and fine


def _overlapping(cohort: Cohort) -> list[str]:
    """Names of the country's other cohorts whose fieldwork falls into the same days."""
    first, last = cohort.fieldwork_from, cohort.fieldwork_to
    if first is None or last is None:
        return []
    return [
        other.name
        for other in cohorts.of_site(site_id=cohort.site_id)
        if other.pk != cohort.pk
        and other.fieldwork_from
        and other.fieldwork_to
        and other.fieldwork_from <= last
        and first <= other.fieldwork_to
    ]


def _worded_changes(cohort: Cohort) -> list[tuple[Any, Any]]:
    return [(change, desk.STATES[change.after]) for change in cohorts.changes_of(cohort)]


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def state(request: HttpRequest, site_id: int, cohort_id: int, to: str) -> HttpResponse:
    """Open, pause or close: what that means, and why it is done."""
    cohort = desk.own_cohort(site_id, cohort_id)
    if to not in cohorts.MOVES[cohorts.State(cohort.state)]:
        raise Http404
    form = ReasonForm(request.POST or None)
    stale = False
    if request.method == "POST" and form.is_valid():
        reason, by = form.cleaned_data["reason"], request.user.get_username()
        try:
            cohorts.move(
                cohort=cohort, to=to, reason=reason, revision=desk.whole(request.POST.get("revision", "")), by=by
            )
        except (cohorts.StaleCohortError, cohorts.MoveError):
            stale = True
        except NoKeyError:
            form.add_error(None, desk.no_key())
        else:
            return HttpResponseRedirect(reverse("cohort", args=[site_id, cohort_id]), status=303)
    values = {"form": form, "to": to, "stale": stale, "consequence": _CONSEQUENCES[to]()}
    values["problems"] = form.problems() if form.is_bound else []
    status = 409 if stale else 422 if form.is_bound else 200
    return desk.page(request, "cohorts/state.html", cohort, place="cohort-settings", status=status, **values)


# What each move does, in words that are looked up when the page is made.
_CONSEQUENCES = {
    "open": lambda: (
        _("Open this cohort"),
        _("Invitations and the open link let people begin within the fieldwork days."),
    ),
    "paused": lambda: (
        _("Pause this cohort"),
        _("Nobody can begin until it is opened again. Whoever has begun can go on and send the answers."),
    ),
    "closed": lambda: (
        _("Close this cohort"),
        _(
            "Nobody can begin any more. Whoever has begun can still send the answers, and everybody can still take "
            "answers back, until the cohort is frozen. You can open it again."
        ),
    ),
}
