"""Two comparisons of a study side by side: what changed between them, and why. As a page and as CSV."""

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.access import require_coordinator
from reports.changes import Cause, Changes, changes
from reports.models import Comparison, JobState
from reports.render import compared
from reports.render.reading import Reading
from reports.table import Result
from survey.language import tag_for
from survey.models import Study

PER_PAGE = 200


@dataclass(frozen=True, slots=True)
class Pair:
    """The two comparisons that somebody chose, and how the list is narrowed. Raises Http404 for what there is not."""

    study: Study
    old: Comparison
    new: Comparison
    cause: str
    strong: bool

    @staticmethod
    def of(request: HttpRequest, slug: str) -> "Pair":
        study = get_object_or_404(Study, slug=slug)
        old, new = (_done(study, request.GET.get(side, "")) for side in ("old", "new"))
        cause = request.GET.get("cause", "")
        if cause and cause not in list(Cause):
            raise Http404
        return Pair(study, old, new, cause, request.GET.get("strong") == "yes")

    @property
    def both(self) -> str:
        """The pair as part of an address."""
        return urlencode({"old": self.old.pk, "new": self.new.pk})

    @property
    def query(self) -> str:
        """The pair and what the list is narrowed to."""
        narrowed = {"cause": self.cause, "strong": "yes" if self.strong else ""}
        return "&".join([self.both, urlencode({name: value for name, value in narrowed.items() if value})]).rstrip("&")

    def narrow(self, rows: list[compared.Row]) -> list[compared.Row]:
        return [row for row in rows if (row.strong or not self.strong) and (not self.cause or self.cause in row.causes)]


def _done(study: Study, number: str) -> Comparison:
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Http404
    return get_object_or_404(Comparison, pk=int(number), study_id=study.pk, state=JobState.DONE)


@require_safe
@require_coordinator
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Every figure that changed, with what it was, what it is, and why."""
    pair = Pair.of(request, slug)
    sides, found = _compared(pair)
    _note(request, pair, "comparison-changes")
    rows = pair.narrow(compared.rows_of(sides, found))
    context = {
        "pair": pair,
        "found": found,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "texts": compared.reworded(sides, found),
        "facts": compared.facts(sides, found),
        "causes": [(cause.value, text) for cause, text in compared.CAUSES.items()],
        "synthetic": sides.old.result.synthetic or sides.new.result.synthetic,
        "language": sides.new.language,
        "direction": sides.new.direction,
    }
    return render(request, "reports/changes.html", context)


@require_safe
@require_coordinator
def file(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as CSV, narrowed in the same way."""
    pair = Pair.of(request, slug)
    sides, found = _compared(pair)
    _note(request, pair, "comparison-changes-file")
    return HttpResponse(
        compared.as_csv(pair.narrow(compared.rows_of(sides, found))),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="changes-{pair.old.pk}-{pair.new.pk}.csv"'},
    )


def _compared(pair: Pair) -> tuple[compared.Sides, Changes]:
    old, new = (Result.from_json(one.result) for one in (pair.old, pair.new))
    language = get_language() or "en"
    sides = compared.Sides(
        *(Reading(one, one.countries[0].code, tag_for(language, one.languages)) for one in (old, new))
    )
    return sides, changes(old, new)


def _note(request: HttpRequest, pair: Pair, action: str) -> None:
    audit.record(by=request.user.get_username(), action=action, old=pair.old.pk, new=pair.new.pk)
