"""What becomes of a country's key as a whole: changed, handed over, erased."""

import time

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from accounts.access import require_researcher
from reports import microdata
from reports.views import keys
from survey import custody, holders
from survey import tasks as survey_tasks
from survey.holders import WaitError
from survey.key_forms import EraseForm, HandOverForm
from survey.sealing import BusyError
from survey.shares import NoShredError
from survey.views import frames, unlocked

# Whoever proved that they mean it has so long to say it a second time.
SURE_SECONDS = 300
_SURE = "erase_sure"


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def rotate(request: HttpRequest, site_id: int) -> HttpResponse:
    """Change the key: the old one opens nothing any more."""
    site, standing = keys.own_site(site_id), holders.standing(site_id=site_id)
    if not (standing.is_with_workers or standing.is_with_researchers):
        raise Http404
    free = standing.is_with_workers or keys.is_open(request, site_id)
    if request.method == "POST" and free:
        holders.note_asked(site_id=site_id, what="key-change-asked", by=request.user.get_username())
        survey_tasks.ask_to_rotate(site_id=site_id, token=unlocked.token(request, site_id))
        return keys.to_keys(site_id, "asked")
    problems = [("main", "", keys.locked())] if request.method == "POST" else []
    return keys.page(request, "keys/rotate.html", site, status=409 if problems else 200, free=free, problems=problems)


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def hand_over(request: HttpRequest, site_id: int) -> HttpResponse:
    """From the workers to researchers who asked, or back."""
    site, standing = keys.own_site(site_id), holders.standing(site_id=site_id)
    if standing.is_with_researchers:
        return _take_back(request, site_id)
    if not standing.is_with_workers:
        raise Http404
    form = HandOverForm(request.POST if request.method == "POST" else None, asking=standing.asking)
    if form.is_bound and form.is_valid():
        by = request.user.get_username()
        holders.note_asked(site_id=site_id, what="hand-over-asked", by=by, holder_ids=form.chosen())
        survey_tasks.ask_to_hand_over(site_id=site_id, holder_ids=form.chosen())
        return keys.to_keys(site_id, "asked")
    problems = form.problems() if form.is_bound else []
    prints = [(one.username, keys.groups_of(one.public)) for one in standing.asking]
    code = 422 if problems else 200
    few = len(standing.asking) < holders.ENOUGH
    values = {"form": form, "problems": problems, "prints": prints, "few": few}
    return keys.page(request, "keys/hand_over.html", site, status=code, **values)


def _take_back(request: HttpRequest, site_id: int) -> HttpResponse:
    site, free = keys.own_site(site_id), keys.is_open(request, site_id)
    if request.method == "POST" and free:
        holders.note_asked(site_id=site_id, what="hand-over-asked", by=request.user.get_username())
        survey_tasks.ask_to_take_back(site_id=site_id, token=unlocked.token(request, site_id))
        return keys.to_keys(site_id, "asked")
    problems = [("main", "", keys.locked())] if request.method == "POST" else []
    code = 409 if problems else 200
    return keys.page(request, "keys/take_back.html", site, status=code, free=free, problems=problems)


@require_http_methods(["GET", "HEAD", "POST"])
@require_researcher
def erase(request: HttpRequest, site_id: int) -> HttpResponse:
    """Make the country's answers unreadable for good: proved once, said twice."""
    site, standing = keys.own_site(site_id), holders.standing(site_id=site_id)
    if standing.key is None:
        raise Http404
    if request.method == "POST" and request.POST.get("_do") == "erase" and _is_sure(request, site_id):
        custody.erase(site_id=site_id, by=request.user.get_username())
        microdata.forget(site_id=site_id)
        survey_tasks.ask_to_burn()
        unlocked.forget(request, site_id)
        del request.session[_SURE]
        return keys.to_keys(site_id, "erased")
    form = EraseForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            if is_meant(request, site_id, form.cleaned_data["proof"]):
                request.session[_SURE] = {"site": site_id, "at": int(time.time())}
                return keys.page(request, "keys/erase_sure.html", site, has_recovery=has_recovery(site_id))
            form.add_error("proof", keys.neither())
        except BusyError:
            return frames.busy(request)
        except (WaitError, NoShredError) as error:
            form.add_error("proof", keys.refused(error))
    problems = form.problems() if form.is_bound else []
    values = {"form": form, "problems": problems, "has_recovery": has_recovery(site_id)}
    return keys.page(request, "keys/erase.html", site, status=422 if problems else 200, **values)


def is_meant(request: HttpRequest, site_id: int, proof: str) -> bool:
    """Whether somebody typed the country's name as this page shows it, its code, or the own passphrase."""
    site = keys.own_site(site_id)
    names = {keys.label_of(site).casefold(), site.country.casefold()}
    if " ".join(proof.split()).casefold() in names:
        return True
    return holders.is_own_passphrase(site_id=site_id, passphrase=proof, by=request.user.get_username())


def has_recovery(site_id: int) -> bool:
    return keys.own_site(site_id).study.recovery_public is not None


def _is_sure(request: HttpRequest, site_id: int) -> bool:
    said = request.session.get(_SURE, {})
    return said.get("site") == site_id and time.time() - said.get("at", 0) < SURE_SECONDS
