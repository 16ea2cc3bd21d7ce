"""What the coordinator's pages ask: how far the countries are, and what a comparison is waiting for."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reports import estimating, runs
from reports.attempts import ENDED
from reports.models import Comparison, JobState, Release
from reports.plans import newest_plan
from survey.language import tag_for
from survey.models import Cohort, Site, Version
from survey.protocol.schema import Protocol
from survey.publishing import protocol_of
from survey.scope import study_scope

# Without a sign of life for so long, something is in the way: the queue, the worker, or a count that hangs.
SILENT_IN_QUEUE = datetime.timedelta(seconds=30)
SILENT_AT_WORK = datetime.timedelta(minutes=1)


STATES: dict[str, Promise] = {
    "queued": _("waiting"),
    "running": _("counting"),
    "locked": _("waits for its key"),
    "done": _("done"),
    "failed": _("stopped"),
    "canceled": _("cancelled"),
}
# What a tag looks like beside its word.
TONES = {"done": " ok", "failed": " bad"}
COHORT_STATES: dict[str, Promise] = {
    "preparing": _("being prepared"),
    "open": _("open"),
    "paused": _("paused"),
    "closed": _("closed"),
    "frozen": _("frozen"),
}
OBSTACLES: dict[str, Promise] = {
    "no-cohort": _("No cohort yet."),
    "not-frozen": _("No frozen cohort yet. Answers are counted once a cohort is frozen."),
    "other-layout": _("Its frozen cohort answered other questions than this version asks."),
}
# Why counting stopped, by the kind of error that a release keeps.
REASONS: dict[str, Promise] = {
    "OperationalError": _("The database could not be reached while counting."),
    "KeyErased": _("The key of a country was erased: its answers cannot be counted any more."),
    "SealError": _("A sealed answer sheet was changed, or its key is not there."),
    "KeyFileError": _("The file of a country's key is missing on the server."),
    "WorkerLost": _("Counting was begun several times, and each time the worker ended before it was done."),
    "MemoryError": _("The worker did not have enough memory."),
    "RecordError": _("A stored answer sheet does not match the published questionnaire."),
    "WorkbookError": _("The published workbook cannot be read by this version of the software."),
}
UNKNOWN_REASON = _("The program met an error that it does not know (%(kind)s). Its log has the details.")


@dataclass(frozen=True, slots=True)
class CohortLine:
    """One cohort as the coordinator may see it: no participants, no answers."""

    name: str
    state: str
    synthetic: bool

    @property
    def state_text(self) -> Promise:
        return COHORT_STATES[self.state]


@dataclass(frozen=True, slots=True)
class CountryLine:
    """One country of a study. `obstacle` is a stable code saying why it cannot be compared yet, or ''.

    `synthetic` speaks of the cohort that a comparison would take.
    """

    code: str
    label: str
    cohorts: tuple[CohortLine, ...]
    obstacle: str
    synthetic: bool

    @property
    def ready(self) -> bool:
        return not self.obstacle

    @property
    def obstacle_text(self) -> Promise | str:
        return OBSTACLES[self.obstacle] if self.obstacle else ""


@dataclass(frozen=True, slots=True)
class Part:
    """One country's share of a comparison."""

    country: str
    label: str
    state: str
    reason: str

    @property
    def state_text(self) -> Promise:
        return STATES[self.state]

    @property
    def tone(self) -> str:
        return TONES.get(self.state, "")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a comparison is."""

    state: str
    parts: tuple[Part, ...]
    silent: bool
    # Seconds that it may still take; None where nobody can say.
    rest: int | None = None

    @property
    def rest_text(self) -> str:
        return "" if self.rest is None else estimating.in_words(self.rest)

    @property
    def done(self) -> int:
        return sum(part.state == JobState.DONE for part in self.parts)

    @property
    def locked(self) -> list[str]:
        """The countries whose researchers have to unlock their key first."""
        return [part.label for part in self.parts if part.state == JobState.LOCKED]

    @property
    def reasons(self) -> list[str]:
        """A sentence for each kind of failure, once."""
        kinds = dict.fromkeys(part.reason for part in self.parts if part.state == JobState.FAILED)
        return [reason_text(kind) for kind in kinds]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list of comparisons."""

    id: int
    study: str
    version: str
    countries: tuple[str, ...]
    state: str
    requested_by: str
    requested_at: datetime.datetime

    @property
    def state_text(self) -> Promise:
        return STATES[self.state]

    @property
    def tone(self) -> str:
        return TONES.get(self.state, "")


def reason_text(kind: str) -> str:
    """Why counting stopped, in words."""
    return str(REASONS.get(kind, UNKNOWN_REASON)) % {"kind": kind}


def latest_versions() -> list[Version]:
    """The latest version of every study with its study, without the workbook, in the order of the studies' names."""
    newest = Version.objects.order_by("study_id", "-number").distinct("study_id").defer("sheets")
    found = newest.select_related("study").prefetch_related("study__sites")
    return sorted(found, key=lambda version: version.study.slug)


def countries(*, version: Version, language: str) -> list[CountryLine]:
    """Every country of a version with its cohorts, and whether a comparison could take it."""
    protocol = protocol_of(version.pk)
    sites = list(version.study.sites.all())
    cut = runs.cut_cohorts(plan=newest_plan(version.pk), study_id=version.study_id, sites=sites)
    own: dict[int, list[Cohort]] = defaultdict(list)
    with study_scope(version.study_id):
        for cohort in Cohort.objects.filter(site_id__in=[site.pk for site in sites]).order_by("site_id", "pk"):
            own[cohort.site_id].append(cohort)
    return [
        CountryLine(
            code=site.country,
            label=country_label(protocol, site.country, language),
            cohorts=tuple(_cohort_line(cohort) for cohort in own[site.pk]),
            obstacle="" if site.pk in cut else _obstacle(own[site.pk]),
            synthetic=site.pk in cut and cut[site.pk][0].synthetic,
        )
        for site in sites
    ]


def _cohort_line(cohort: Cohort) -> CohortLine:
    return CohortLine(cohort.name, cohort.state, cohort.synthetic)


def _obstacle(cohorts: Sequence[Cohort]) -> str:
    if not cohorts:
        return "no-cohort"
    return "other-layout" if any(cohort.state == Cohort.State.FROZEN for cohort in cohorts) else "not-frozen"


def country_label(protocol: Protocol, code: str, language: str) -> str:
    """A country's name in a language of the reader; the code for a country that has left the study."""
    try:
        label = protocol.country(code).label
    except KeyError:
        return code
    return label.get(tag_for(language, protocol.languages)) or code


def progress_of(comparison: Comparison, *, language: str) -> Progress:
    """What a comparison is waiting for, country by country."""
    protocol = protocol_of(comparison.version_id)
    with study_scope(comparison.study_id):
        sites = {site.pk: site for site in Site.objects.filter(study_id=comparison.study_id)}
        releases = list(comparison.releases.defer("cells"))
        rest = estimating.rest_of(study_id=comparison.study_id, releases=releases)
    releases.sort(key=lambda release: sites[release.site_id].position)
    codes = [sites[release.site_id].country for release in releases]
    return Progress(
        state=state_of(comparison, releases),
        parts=tuple(
            Part(code, country_label(protocol, code, language), release.state, release.reason)
            for code, release in zip(codes, releases, strict=True)
        ),
        silent=is_silent(comparison, releases),
        rest=rest,
    )


def state_of(comparison: Comparison, releases: Iterable[Release]) -> str:
    """The state to show. A comparison that failed once is under way again as soon as its releases are."""
    if comparison.state in ENDED:
        return comparison.state
    states = {release.state for release in releases}
    if JobState.FAILED in states:
        return JobState.FAILED
    if JobState.LOCKED in states and states <= {JobState.LOCKED, JobState.DONE}:
        return JobState.LOCKED
    return JobState.QUEUED if states == {JobState.QUEUED} else JobState.RUNNING


def is_silent(comparison: Comparison, releases: Sequence[Release]) -> bool:
    """Whether nothing has been heard of an unfinished comparison for longer than work explains."""
    if comparison.state in ENDED or state_of(comparison, releases) == JobState.LOCKED:
        # Nobody is silent: it waits for people, or for nothing.
        return False
    # While its shards are counted, the sweeper notes on a release that they live.
    beats = [release.beat_at for release in releases if release.beat_at is not None]
    beats += [one.asked_at for one in releases if one.state == JobState.RUNNING and one.beat_at is None]
    working = any(release.state == JobState.RUNNING for release in releases)
    return silent_since(max([comparison.requested_at, *beats]), working=working)


def silent_since(heard: datetime.datetime, *, working: bool) -> bool:
    """Whether it is longer ago than work explains that something was heard."""
    return timezone.now() - heard > (SILENT_AT_WORK if working else SILENT_IN_QUEUE)


def rows(comparisons: Sequence[Comparison]) -> list[Row]:
    """The lines of a page of comparisons. One query a study, however many lines."""
    versions = Version.objects.filter(pk__in={one.version_id for one in comparisons})
    known = {version.pk: version for version in versions.defer("sheets").select_related("study")}
    parts: dict[int, list[tuple[Release, str]]] = {}
    for study_id in sorted({one.study_id for one in comparisons}):
        parts |= _releases_by_comparison(study_id, [one for one in comparisons if one.study_id == study_id])
    return [_row(one, known[one.version_id], parts.get(one.pk, [])) for one in comparisons]


def _releases_by_comparison(study_id: int, comparisons: Sequence[Comparison]) -> dict[int, list[tuple[Release, str]]]:
    """Comparison id → its releases with their country, in the study's order."""
    links = Comparison.releases.through.objects.filter(comparison_id__in=[one.pk for one in comparisons])
    pairs = list(links.values_list("comparison_id", "release_id"))
    with study_scope(study_id):
        found = Release.objects.defer("cells").in_bulk({release_id for _, release_id in pairs})
        sites = {site.pk: site for site in Site.objects.filter(study_id=study_id)}
    grouped: dict[int, list[tuple[Release, str]]] = defaultdict(list)
    for comparison_id, release_id in sorted(pairs, key=lambda pair: sites[found[pair[1]].site_id].position):
        grouped[comparison_id].append((found[release_id], sites[found[release_id].site_id].country))
    return grouped


def _row(comparison: Comparison, version: Version, parts: Sequence[tuple[Release, str]]) -> Row:
    return Row(
        id=comparison.pk,
        study=version.study.title,
        version=version.label,
        countries=tuple(country for _, country in parts),
        state=state_of(comparison, [release for release, _ in parts]),
        requested_by=comparison.requested_by,
        requested_at=comparison.requested_at,
    )
