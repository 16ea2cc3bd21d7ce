"""The registry of a cohort: listed and counted, added to, changed, and what may be printed of each."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import require_researcher
from survey import labels, links, participants, phrasing
from survey.attribution import Attribution
from survey.cohort_forms import MODES
from survey.language import language_name
from survey.models import Cohort, Participant
from survey.participant_forms import ParticipantForm, RegisterForm, WishForm, harmless_words
from survey.participants import Describing, Group
from survey.protocol.schema import Protocol
from survey.views import desk

# Where the codes that were drawn last wait to be copied: in the session, so that they stand in no address. Beside them
# the mark of the form that asked for them: sent a second time, it asks for nothing.
FRESH = "fresh-codes"


@dataclass(frozen=True, slots=True)
class Desk:
    """A cohort, what its study offers to describe people with, and the language of the reader."""

    cohort: Cohort
    protocol: Protocol
    describing: Describing
    language: str
    country: str

    def words(self, what: str, name: str) -> str:
        return self.describing.label(what, name, self.language, self.country)

    def gender(self, name: str) -> str:
        return self.words("gender", name) if name else _("not stated")

    def page(self, request: HttpRequest, template: str, *, status: int = 200, **values: Any) -> HttpResponse:
        frozen = self.cohort.state == Cohort.State.FROZEN
        return desk.page(request, template, self.cohort, place="participants", status=status, frozen=frozen, **values)

    def form_options(self) -> dict[str, Any]:
        return {
            "describing": self.describing,
            "language": self.language,
            "country": self.country,
            "harmless": harmless_words(self.protocol, self.describing),
        }

    def to(self, name: str) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse(name, args=[self.cohort.site_id, self.cohort.pk]), status=303)


def _desk(site_id: int, cohort_id: int) -> Desk:
    """Raises Http404."""
    cohort = desk.own_cohort(site_id, cohort_id)
    protocol, tag = desk.protocol_and_tag(cohort)
    country = links.country_of(site_id)
    return Desk(cohort, protocol, participants.describing(protocol, country), tag, country)


def _own(here: Desk, number: int) -> Participant:
    """Raises Http404."""
    found = participants.find(cohort=here.cohort, number=number)
    if found is None:
        raise Http404
    return found


# The registry ---------------------------------------------------------------------------------------------------------


@require_safe
@require_researcher
def registry(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """Everybody of the cohort by code, a page at a time, and the registry in numbers."""
    here = _desk(site_id, cohort_id)
    groups = participants.groups_of(here.cohort)
    form = WishForm(request.GET, genders=[(g.gender, here.gender(g.gender)) for g in groups if g.gender is not None])
    wish = form.wish()
    page = participants.page_of(here.cohort, wish, request.GET.get("page"))
    return here.page(
        request,
        "cohorts/participants.html",
        form=form,
        groups=[_("all") if group.gender is None else here.gender(group.gender) for group in groups],
        numbers=_counted(groups),
        rows=[(one, here.gender(one.gender), _modes(one)) for one in page.object_list],
        pages=page,
        onward=urlencode([(name, value) for name, value in request.GET.items() if name in form.fields and value]),
        is_whole=wish == participants.Wish(),
        is_misheard=labels.is_misheard(wish.text),
        describes="gender" in here.describing.questions,
    )


def _counted(groups: list[Group]) -> list[tuple[Any, list[int]]]:
    """The registry in numbers, a line a way of taking part: ways are few words, and genders may be many."""
    ways = [(words, [group.modes[mode] for group in groups]) for mode, words in MODES.items()]
    return [(_("Participants"), [group.people for group in groups]), *ways]


def _modes(one: Participant) -> str:
    return _(", ").join(str(MODES[mode]) for mode in participants.description_of(one).modes)


@require_safe
@require_researcher
def attributions(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """What may be printed of each, as a CSV file with a column a language."""
    here = _desk(site_id, cohort_id)
    counted, known = participants.attributions_of(here.cohort)
    languages = phrasing.languages_of(here.protocol.languages)
    content = phrasing.file(counted, known, describing=here.describing, languages=languages, country=here.country)
    participants.note_export(cohort=here.cohort, participants=len(known), by=request.user.get_username())
    headers = {"Content-Disposition": 'attachment; filename="attributions.csv"'}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)


# Adding ---------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def add(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """Register one participant, or several who are described alike."""
    here = _desk(site_id, cohort_id)
    if here.cohort.state == Cohort.State.FROZEN:
        raise Http404
    data = request.POST if request.method == "POST" else None
    once = data.get("once", "")[:32] if data is not None else secrets.token_hex(8)
    if once and _fresh(request, cohort_id)[0] == once:
        return here.to("participants-added")
    form = RegisterForm(data, **here.form_options())
    if data is not None and form.is_valid():
        by, count = request.user.get_username(), form.cleaned_data["count"]
        try:
            codes = participants.register(cohort=here.cohort, description=form.description(), count=count, by=by)
        except participants.FrozenError:
            return here.to("participants")
        except participants.FullError:
            form.add_error("count", _("A registry takes %(most)d people at most.") % {"most": participants.MOST})
        else:
            request.session[FRESH] = [cohort_id, once, codes]
            return here.to("participants-added")
    problems = form.problems() if data is not None else []
    status = 422 if data is not None else 200
    return here.page(request, "cohorts/participant_new.html", status=status, form=form, problems=problems, once=once)


def _fresh(request: HttpRequest, cohort_id: int) -> tuple[str, list[str]]:
    """The mark and the codes that were drawn last in this cohort; empty when the last were another's."""
    of_cohort, once, codes = request.session.get(FRESH, (0, "", []))
    return (once, codes) if of_cohort == cohort_id else ("", [])


@require_safe
@require_researcher
def added(request: HttpRequest, site_id: int, cohort_id: int) -> HttpResponse:
    """The codes that were drawn last, to be copied."""
    here = _desk(site_id, cohort_id)
    _once, codes = _fresh(request, cohort_id)
    if not codes:
        return here.to("participants")
    return here.page(request, "cohorts/participants_added.html", codes=codes)


# One participant ------------------------------------------------------------------------------------------------------


@require_safe
@require_researcher
def participant(request: HttpRequest, site_id: int, cohort_id: int, number: int) -> HttpResponse:
    """What the registry says of one participant, and what may be printed."""
    here = _desk(site_id, cohort_id)
    one = _own(here, number)
    counted, known = participants.attributions_of(here.cohort)
    # Somebody else may remove the participant between the two readings.
    if one.code not in known:
        raise Http404
    said = counted.attribution(known[one.code])
    return here.page(
        request,
        "cohorts/participant.html",
        one=one,
        gender=here.gender(one.gender),
        modes=_modes(one),
        issues=[here.words("issue", name) for name in one.issues],
        regions=[here.words("region", name) for name in one.regions],
        describes=here.describing.questions,
        sentences=[
            (tag, language_name(tag), _sentence(here, said, tag))
            for tag in phrasing.languages_of(here.protocol.languages)
        ],
        fitting=counted.fitting(said),
        is_coarser=said != known[one.code],
        saved="saved" in request.GET,
    )


def _sentence(here: Desk, said: Attribution, tag: str) -> str:
    return phrasing.sentence(said, describing=here.describing, language=tag, country=here.country)


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def edit(request: HttpRequest, site_id: int, cohort_id: int, number: int) -> HttpResponse:
    """Describe a participant anew."""
    here = _desk(site_id, cohort_id)
    one = _changeable(here, number)
    data = request.POST if request.method == "POST" else None
    form = ParticipantForm(data, participant=one, **here.form_options())
    stale = False
    if data is not None and form.is_valid():
        stale = not _done(
            lambda: participants.change(
                cohort=here.cohort,
                code=one.code,
                description=form.description(),
                revision=desk.whole(data.get("revision", "")),
                by=request.user.get_username(),
            )
        )
        if not stale:
            return HttpResponseRedirect(f"{_address(here, one)}?saved=1", status=303)
    return here.page(
        request,
        "cohorts/participant_edit.html",
        status=409 if stale else 422 if data is not None else 200,
        one=one,
        form=form,
        problems=form.problems() if data is not None else [],
        stale=stale,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def remove(request: HttpRequest, site_id: int, cohort_id: int, number: int) -> HttpResponse:
    """Take a participant out of the registry, after saying what that means."""
    here = _desk(site_id, cohort_id)
    one = _changeable(here, number)
    stale = False
    if request.method == "POST":
        by, revision = request.user.get_username(), desk.whole(request.POST.get("revision", ""))
        stale = not _done(lambda: participants.remove(cohort=here.cohort, code=one.code, revision=revision, by=by))
        if not stale:
            return here.to("participants")
    status = 409 if stale else 200
    return here.page(request, "cohorts/participant_remove.html", status=status, one=one, stale=stale)


def _changeable(here: Desk, number: int) -> Participant:
    """Raises Http404 for nobody, and in a registry that changes no more."""
    if here.cohort.state == Cohort.State.FROZEN:
        raise Http404
    return _own(here, number)


def _done(act: Callable[[], None]) -> bool:
    """Whether a change was made; not when somebody else was quicker."""
    try:
        act()
    except (participants.StaleParticipantError, participants.FrozenError):
        return False
    return True


def _address(here: Desk, one: Participant) -> str:
    return reverse("participant", args=[here.cohort.site_id, here.cohort.pk, one.pk])
