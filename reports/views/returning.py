"""Taking back a release that was made on a laptop: checked here and now, stored by a worker."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.forms import DeskForm
from reports import returning, tasks
from reports.returning import ReturnRefused
from survey.models import Cohort
from survey.packing import unpacked
from survey.views import desk
from survey.views.receiving import takes_files

_FIGURE = _("This figure may not be printed, or does not add up. Export the answers once more and release them again.")
_MISSING = _("The figures are not those of this plan. Export the answers once more and release them again.")
PROBLEMS: Mapping[str, Promise] = {
    "no-release": _("This is no file that “bin/manage release” wrote, or it was damaged on the way."),
    "other-release": _("This release is of another cohort, cut or version."),
    "released-already": _("This cut is released already."),
    "being-counted": _("A worker is counting this cut just now. Wait a minute."),
    "other-export": _("This was not made of a file that this server exported. Export the answers once more."),
    "released-meanwhile": _("Another release of this cohort came meanwhile. Export the answers once more."),
    "earlier-release": _("These figures do not go together with an earlier release of this cohort."),
    "indicator-unknown": _MISSING,
    "indicator-missing": _MISSING,
    "cell-unreadable": _FIGURE,
    "cell-place": _FIGURE,
    "cell-number": _FIGURE,
    "cell-hidden": _FIGURE,
    "cell-policy": _FIGURE,
}


class ReturnForm(DeskForm):
    """The file that a laptop wrote."""

    file = forms.FileField(label=_("Release from a laptop"), help_text=_("The file that “bin/manage release” wrote."))

    def clean_file(self) -> bytes:
        return unpacked(self.cleaned_data["file"].packer.packed()).read(returning.MOST_BYTES + 1)


@takes_files
def release(request: HttpRequest, cohort: Cohort) -> HttpResponse:
    """How a release is made away from the server, and the way back."""
    form = ReturnForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    wrong: list[tuple[Promise, str]] = []
    if form.is_bound and form.is_valid():
        wrong = _refused(request, cohort, form.cleaned_data["file"])
        if not wrong:
            return HttpResponseRedirect(reverse("cohort", args=[cohort.site_id, cohort.pk]), status=303)
    problems: list[Any] = [("main", "", wrong[0][0])] if wrong else form.problems() if form.is_bound else []
    return desk.page(
        request,
        "fieldwork/release.html",
        cohort,
        place="cohort",
        status=422 if problems else 200,
        problems=problems,
        form=form,
        wrong=[(words, where) for words, where in wrong if where],
    )


def _refused(request: HttpRequest, cohort: Cohort, content: bytes) -> list[tuple[Promise, str]]:
    """Everything that is wrong with a file; nothing when the workers were asked to store it."""
    try:
        returning.check(site_id=cohort.site_id, cohort_id=cohort.pk, content=content)
    except ReturnRefused as refused:
        return [(PROBLEMS[code], where) for code, where in refused.problems]
    by = request.user.get_username()
    if tasks.enqueue_return(site_id=cohort.site_id, content=content, by=by):
        return []
    return [(_("The job queue does not answer, and nothing was stored. Send the file again in a minute."), "")]
