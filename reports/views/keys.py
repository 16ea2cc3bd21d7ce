"""A country's key: how it stands, unlocking it, who holds it. Only the country's own researchers find these pages."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import require_researcher
from reports import progress, sweeping, tasks
from survey import entry, holders, passphrases, uploads
from survey import tasks as survey_tasks
from survey.custody import BY_PROGRAM
from survey.holders import ChangedError, LastHolderError, Standing, WaitError
from survey.key_forms import NotedForm, PassphraseForm
from survey.keyring import LockedError, fingerprint, in_groups
from survey.models import KeyHolder, Site
from survey.publishing import latest_version, protocol_of
from survey.sealers import OPEN_RECORDS
from survey.sealing import BusyError
from survey.shares import NoShareError, NoShredError, WrongPassphraseError
from survey.views import frames, once, unlocked

# How soon a page looks again after a worker was asked for something.
SOON_SECONDS = 4
Problems = list[tuple[str, str, Any]]


def own_site(site_id: int) -> Site:
    return get_object_or_404(Site.objects.select_related("study"), pk=site_id)


def page(request: HttpRequest, template: str, site: Site, *, status: int = 200, **values: Any) -> HttpResponse:
    """A page about a country's key, with its name."""
    return render(request, template, {"site": site, "country": label_of(site), **values}, status=status)


def label_of(site: Site) -> str:
    """The country's name in the reader's language."""
    protocol = protocol_of(latest_version(site.study).pk)
    return progress.country_label(protocol, site.country, get_language() or "en")


def to_keys(site_id: int, said: str = "") -> HttpResponse:
    address = reverse("site-keys", args=[site_id])
    return HttpResponseRedirect(f"{address}?said={said}" if said else address, status=303)


def is_open(request: HttpRequest, site_id: int) -> bool:
    """Whether this session has the country's key unlocked."""
    return holders.is_open(site_id=site_id, token=unlocked.token(request, site_id))


@require_safe
@require_researcher
def status(request: HttpRequest, site_id: int) -> HttpResponse:
    """Where the key is, who holds it, and what waits for it."""
    site = own_site(site_id)
    standing, by = holders.standing(site_id=site_id), request.user.get_username()
    records = protocol_of(latest_version(site.study).pk).settings.records
    said = request.GET.get("said", "")
    response = page(
        request,
        "keys/status.html",
        site,
        standing=standing,
        print=groups_of(standing.key.public) if standing.key is not None else "",
        records_are_open=records == OPEN_RECORDS,
        has_recovery=site.study.recovery_public is not None,
        few=standing.is_with_researchers and len(standing.holding) < holders.ENOUGH,
        own=standing.own(by),
        holds=standing.holds(by),
        is_open=standing.is_with_researchers and is_open(request, site_id),
        waiting=_waiting(site_id),
        said=said if said in ("asked", "locked", "unlocked", "own", "erased") else "",
    )
    if said == "asked":
        response["Refresh"] = f"{SOON_SECONDS}; url={request.path}"
    return response


def groups_of(public: bytes) -> str:
    return in_groups(fingerprint(bytes(public)))


def _waiting(site_id: int) -> list[tuple[str, int]]:
    """What waits for the key or for a worker: words, and how many."""
    found = [
        (_("Releases"), len(sweeping.waiting_releases(site_id=site_id))),
        (_("Looks at the answers"), len(sweeping.waiting_looks(site_id=site_id))),
        (_("Data files"), len(sweeping.waiting_microdata(site_id=site_id))),
        (_("Sheets to compare"), len(entry.waiting_for_comparison(site_id=site_id))),
        (_("Files"), len(uploads.waiting(site_id=site_id))),
    ]
    return [(words, number) for words, number in found if number]


# Unlocking ------------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def unlock(request: HttpRequest, site_id: int) -> HttpResponse:
    """Unlock the key for some minutes; all that waited is done meanwhile."""
    site = own_site(site_id)
    form = PassphraseForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            by = request.user.get_username()
            token = holders.unlock(site_id=site_id, passphrase=form.cleaned_data["passphrase"], by=by)
        except BusyError:
            return frames.busy(request)
        except (WaitError, NoShareError, NoShredError, WrongPassphraseError) as error:
            form.add_error("passphrase", refused(error))
        else:
            unlocked.keep(request, site_id, token)
            tasks.enqueue_waiting(site_id=site_id, token=token)
            return to_keys(site_id, "unlocked")
    problems = form.problems() if form.is_bound else []
    code = 422 if problems else 200
    return page(request, "keys/unlock.html", site, status=code, form=form, problems=problems, waiting=_waiting(site_id))


def refused(error: Exception) -> str:
    """Why a passphrase did not do."""
    if isinstance(error, WaitError):
        return _("Too many tries. Wait %(seconds)d seconds, then try again.") % {"seconds": error.seconds}
    if isinstance(error, NoShredError):
        return _(
            "The country's shred file is not on this server: it was burnt, or not brought along. No passphrase opens "
            "the key without it."
        )
    if isinstance(error, NoShareError):
        return _("You do not hold this country's present key. Ask a colleague who holds it to grant it to you.")
    return _("This is not your passphrase. It has six words, and is another than your password.")


@require_POST
@require_researcher
def lock(request: HttpRequest, site_id: int) -> HttpResponse:
    """End every unlock of the country now."""
    holders.lock(site_id=own_site(site_id).pk, by=request.user.get_username())
    unlocked.forget(request, site_id)
    return to_keys(site_id, "locked")


# The own key ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def own(request: HttpRequest, site_id: int) -> HttpResponse:
    """A new passphrase, drawn and shown; nothing is stored before somebody shows that it was noted."""
    site = own_site(site_id)
    if request.method == "POST":
        # Forgotten, or drawn anew: either way what was shown before counts no more.
        once.forget(request, _shown(site_id))
        if request.POST.get("_do") != "draw":
            return to_keys(site_id)
        once.keep(request, _shown(site_id), passphrases.draw())
        once.keep(request, _asked(site_id), " ".join(str(place) for place in passphrases.places()))
        return HttpResponseRedirect(request.path, status=303)
    by, standing = request.user.get_username(), holders.standing(site_id=site_id)
    shown = once.kept(request, _shown(site_id))
    had, holds = standing.own(by) is not None, standing.holds(by)
    return page(request, "keys/own.html", site, passphrase=shown, had=had, holds=holds)


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def confirm(request: HttpRequest, site_id: int) -> HttpResponse:
    """Some words of the passphrase are typed again; then the own key pair is made."""
    site, passphrase = own_site(site_id), once.kept(request, _shown(site_id))
    if not passphrase:
        return HttpResponseRedirect(reverse("key-own", args=[site_id]), status=303)
    asked = [int(place) for place in once.kept(request, _asked(site_id)).split()]
    form = NotedForm(request.POST if request.method == "POST" else None, passphrase=passphrase, asked=asked)
    if form.is_bound and form.is_valid():
        try:
            holders.ask(site_id=site_id, passphrase=passphrase, by=request.user.get_username())
        except BusyError:
            return frames.busy(request)
        except LastHolderError:
            form.add_error(None, last())
        else:
            once.forget(request, _shown(site_id))
            once.forget(request, _asked(site_id))
            return to_keys(site_id, "own")
    problems = form.problems() if form.is_bound else []
    code = 422 if problems else 200
    return page(request, "keys/confirm.html", site, status=code, form=form, problems=problems, asked=asked)


def neither() -> str:
    return _("This is neither your passphrase nor the name of the country.")


def last() -> str:
    return _("Nobody else holds the key: without this one nobody could open the answers. Grant it to somebody first.")


def _shown(site_id: int) -> str:
    return f"passphrase-{site_id}"


def _asked(site_id: int) -> str:
    return f"passphrase-asked-{site_id}"


# Other people's -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def holder(request: HttpRequest, site_id: int, holder_id: int) -> HttpResponse:
    """Somebody who asked for the key or holds it: compare, grant, remove."""
    site, standing = own_site(site_id), holders.standing(site_id=site_id)
    people = [*standing.holding, *standing.asking]
    found = next((one for one in people if one.pk == holder_id), None)
    if found is None:
        raise Http404
    problem = ""
    if request.method == "POST":
        problem = _decide(request, standing, found)
        if not problem:
            return to_keys(site_id, "asked" if standing.holds(found.username) else "")
    return page(
        request,
        "keys/holder.html",
        site,
        status=409 if problem else 200,
        person=found,
        print=groups_of(found.public),
        holds=standing.holds(found.username),
        standing=standing,
        is_open=standing.is_with_researchers and is_open(request, site_id),
        granted_by=found.granted_by if found.granted_by != BY_PROGRAM else "",
        is_self=found.username == request.user.get_username(),
        is_last=len(standing.holding) == 1 and standing.holds(found.username),
        problems=[("main", "", problem)] if problem else [],
    )


def _decide(request: HttpRequest, standing: Standing, person: KeyHolder) -> str:
    """Do what a button says; returns what stands against it."""
    token, by = unlocked.token(request, person.site_id), request.user.get_username()
    at = {"site_id": person.site_id, "holder_id": person.pk, "token": token, "by": by}
    try:
        if request.POST.get("_do") == "grant":
            holders.grant(**at, fingerprint=fingerprint_sent(request))
        elif request.POST.get("_do") == "remove" and holders.remove(**at):
            survey_tasks.ask_to_rotate(site_id=person.site_id, token=token)
    except LockedError:
        return locked()
    except ChangedError:
        return _("The fingerprint is another than the one that you compared. Compare it once more.")
    except LastHolderError:
        return last()
    return ""


def fingerprint_sent(request: HttpRequest) -> str:
    return request.POST.get("print", "").replace(" ", "")


def locked() -> str:
    return _("The key is locked. Unlock it first, then do this again.")
