"""All countries of a study side by side, for its coordinators: everything here is counts, of cohorts, by study."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q, Sum
from django.utils.functional import Promise

from reports import charts, progress
from survey.language import language_name
from survey.models import Cohort, Tally, Version
from survey.protocol.schema import Battery, Protocol, Texts
from survey.publishing import protocol_of
from survey.scope import study_scope

Event = Tally.Event


@dataclass(frozen=True, slots=True)
class CohortRow:
    """One cohort of a country: how far it is.

    `languages` are all that are offered, and whether somebody answered in them. Nothing is tallied of a cohort that was
    brought in as a whole: then there is no telling.
    """

    name: str
    state: Promise
    synthetic: bool
    version: str
    tallied: bool
    kept: int
    target: int
    this_week: int
    last_week: int
    level: charts.Level
    languages: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class CountryRow:
    """One country: its cohorts, how much of its wording is its own, and whether it can be compared."""

    code: str
    label: str
    cohorts: tuple[CohortRow, ...]
    deviations: int
    obstacle: Promise | str


@dataclass(frozen=True, slots=True)
class DeviationRow:
    """Wording of one country's own beside the master text."""

    code: str
    country: str
    language: str
    tag: str
    place: str
    master: str
    own: str
    back_translation: str
    reason: str


def countries(*, version: Version, language: str, today: datetime.date, rtl: bool) -> list[CountryRow]:
    """Every country of a study, with all of its cohorts. As many queries for five countries as for fifty."""
    protocol = protocol_of(version.pk)
    sites = list(version.study.sites.all())
    lines = {line.code: line for line in progress.countries(version=version, language=language)}
    labels = dict(Version.objects.filter(study_id=version.study_id).values_list("pk", "label"))
    with study_scope(version.study_id):
        own: dict[int, list[Cohort]] = defaultdict(list)
        for cohort in Cohort.objects.order_by("-pk"):
            own[cohort.site_id].append(cohort)
        counts = _counts(today)
    words = Counter(deviation.country for deviation in protocol.deviations)
    offered = {country.code: country.languages for country in protocol.countries}
    return [
        CountryRow(
            code=site.country,
            label=lines[site.country].label,
            cohorts=tuple(
                _cohort(cohort, counts.get(cohort.pk, {}), labels, offered.get(site.country, ()), rtl)
                for cohort in own[site.pk]
            ),
            deviations=words[site.country],
            obstacle=lines[site.country].obstacle_text,
        )
        for site in sites
    ]


Sums = tuple[int, int, int]


def _counts(today: datetime.date) -> dict[int, dict[str, Sums]]:
    """Cohort id → language → questionnaires kept: all, this week's, last week's. Needs the study's scope."""
    monday = today - datetime.timedelta(days=today.weekday())
    last = monday - datetime.timedelta(days=7)
    rows = (
        Tally.objects.filter(event__in=[Event.SUBMITTED, Event.WITHDRAWN])
        .values_list("cohort_id", "language", "event")
        .annotate(
            Sum("count"),
            this_week=Sum("count", filter=Q(day__gte=monday)),
            last_week=Sum("count", filter=Q(day__gte=last, day__lt=monday)),
        )
    )
    found: dict[int, dict[str, Sums]] = defaultdict(dict)
    for cohort_id, language, event, *numbers in rows:
        sign = 1 if event == Event.SUBMITTED else -1
        before = found[cohort_id].get(language, (0, 0, 0))
        all_, this, previous = (old + sign * (new or 0) for old, new in zip(before, numbers, strict=True))
        found[cohort_id][language] = (all_, this, previous)
    return found


def _cohort(
    cohort: Cohort, counts: Mapping[str, Sums], versions: Mapping[int, str], offered: Sequence[str], rtl: bool
) -> CohortRow:
    kept, this_week, last_week = (max(0, sum(sums[place] for sums in counts.values())) for place in range(3))
    answered = {tag for tag, sums in counts.items() if tag and sums[0] > 0}
    tags = dict.fromkeys([*(cohort.languages or offered), *sorted(answered)])
    return CohortRow(
        name=cohort.name,
        state=progress.COHORT_STATES[cohort.state],
        synthetic=cohort.synthetic,
        version=versions.get(cohort.version_id, ""),
        tallied=bool(counts),
        kept=kept,
        target=cohort.target,
        this_week=this_week,
        last_week=last_week,
        level=charts.level(kept, cohort.target, mirrored=rtl),
        languages=tuple((language_name(tag), tag in answered or not counts) for tag in tags),
    )


def deviations(*, version: Version, language: str) -> list[DeviationRow]:
    """Every wording of a country's own, country by country."""
    protocol = protocol_of(version.pk)
    order = [country.code for country in protocol.countries]
    masters = _master_texts(protocol)
    return [
        DeviationRow(
            code=deviation.country,
            country=progress.country_label(protocol, deviation.country, language),
            language=language_name(deviation.language),
            tag=deviation.language,
            place=deviation.name,
            master=masters.get((deviation.name, deviation.field), Texts()).get(deviation.language),
            own=deviation.text,
            back_translation=deviation.back_translation,
            reason=deviation.reason,
        )
        for deviation in sorted(protocol.deviations, key=lambda one: order.index(one.country))
    ]


def _master_texts(protocol: Protocol) -> dict[tuple[str, str], Texts]:
    """The texts that a country may word in its own way, by name and field as the workbook has them."""
    found: dict[tuple[str, str], Texts] = {}
    for question in protocol.questions():
        for field in ("label", "hint", "constraint_message"):
            found[question.name, field] = getattr(question, field)
    for section in protocol.sections:
        found |= {(section.name, "label"): section.title, (section.name, "hint"): section.lead}
        for item in section.items:
            if isinstance(item, Battery):
                found |= {(item.name, "label"): item.stem, (item.name, "hint"): item.hint}
    for name, values in protocol.lists.items():
        found |= {(f"{name}/{choice.name}", "label"): choice.label for choice in values.choices}
    return found
