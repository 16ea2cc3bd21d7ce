"""The demonstration: frozen synthetic cohorts with the paper's figures, and an open cohort to try in every country."""

import csv
import datetime
import hashlib
import hmac
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from reports.plans import newest_plan
from reports.published import read_figures, read_targets
from reports.synthetic import Group, synthesize
from survey import links, tallies
from survey.imports import add_participants, add_responses
from survey.models import Cohort, Cut, Participant, Site, Study, Tally
from survey.participants import Describing, describing
from survey.publishing import latest_version, protocol_of
from survey.scope import site_scope
from survey.tallies import Event

SYNTHETIC, TRIAL = "Synthetic 2015-2016", "Try it out"
FIELDWORK = (datetime.date(2015, 8, 3), datetime.date(2016, 4, 29))
MODES = "survey, interview, focus group"
SIGNED_OFF_BY = "Synthetic data set: no person stands behind a minimum or maximum"


@dataclass(frozen=True, slots=True)
class Size:
    """Participants and respondents of one gender in one country."""

    country: str
    gender: str
    participants: int
    respondents: int


def read_sizes(path: Path) -> tuple[Size, ...]:
    """The cohort sizes of a study's synthetic.csv."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Size(row["country"], row["gender"], int(row["participants"]), int(row["respondents"]))
            for row in csv.DictReader(file)
        )


def load(*, study: Study, folder: Path) -> int:
    """Load the demonstration of a study from its folder. What is there already stays. Returns responses added."""
    figures = (*read_figures(folder / "published.csv"), *read_targets(folder / "synthetic_targets.csv"))
    sizes = read_sizes(folder / "synthetic.csv")
    version = latest_version(study)
    protocol, plan = protocol_of(version.pk), newest_plan(version.pk)
    added = 0
    for site in study.sites.all():
        own = [size for size in sizes if size.country == site.country]
        open_trial(site=site, version_id=version.pk)
        if not own or _has_cohort(site, SYNTHETIC):
            continue
        groups = [Group(size.gender, size.respondents) for size in own]
        sheets = synthesize(protocol=protocol, plan=plan, figures=figures, country=site.country, groups=groups)
        with site_scope(site.pk):
            cohort = Cohort.objects.create(
                site_id=site.pk,
                version_id=version.pk,
                name=SYNTHETIC,
                synthetic=True,
                fieldwork_from=FIELDWORK[0],
                fieldwork_to=FIELDWORK[1],
                modes=MODES,
                signed_off_by=SIGNED_OFF_BY,
                target=10 * -(-sum(size.respondents for size in own) // 10),
            )
            language = protocol.country(site.country).languages[0]
            days = _days(site.country, len(sheets))
            dated = zip(days, sheets, strict=True)
            added += add_responses(cohort=cohort, country=site.country, language=language, sheets=dated)
            Tally.objects.bulk_create(_tallies(cohort, language, days, [one.name for one in protocol.sections]))
            add_participants(cohort=cohort, participants=_participants(cohort, own, describing(protocol, site.country)))
            cohort.state = Cohort.State.FROZEN
            cohort.save(update_fields=["state"])
            last = {"number": 1, "made_on": FIELDWORK[1], "by": "load_demo", "reason": "end of the synthetic fieldwork"}
            Cut.objects.create(site_id=site.pk, cohort_id=cohort.pk, is_last=True, **last)
    return added


def _has_cohort(site: Site, name: str) -> bool:
    with site_scope(site.pk):
        return Cohort.objects.filter(site_id=site.pk, name=name).exists()


def _days(country: str, size: int) -> list[datetime.date]:
    rng = random.Random(f"{country}:weeks")
    span = (FIELDWORK[1] - FIELDWORK[0]).days
    return [FIELDWORK[0] + datetime.timedelta(days=rng.randint(0, span)) for _ in range(size)]


def _tallies(cohort: Cohort, language: str, days: Sequence[datetime.date], sections: Sequence[str]) -> Iterator[Tally]:
    """Recruitment as it could have gone: some only read what it is about, some begin and stop on the way."""
    rng = random.Random(f"{cohort.site_id}:tallies")
    counts: Counter[tuple[datetime.date, str, str]] = Counter()
    for place, day in enumerate(days):
        counts.update((day, event, "") for event in (Event.OPENED, Event.STARTED, Event.SUBMITTED))
        counts.update((day, Event.REACHED, section) for section in sections)
        counts[day, Event.MINUTES, tallies.band(rng.randint(12, 70))] += 1
        if place % 4 == 0:
            counts[day, Event.OPENED, ""] += 1
        if place % 8 == 0:
            counts[day, Event.STARTED, ""] += 1
            counts.update((day, Event.REACHED, section) for section in sections[: rng.randint(1, len(sections) - 1)])
    for (day, event, detail), count in counts.items():
        place_of = {"site_id": cohort.site_id, "cohort_id": cohort.pk, "language": language}
        yield Tally(day=day, event=event, detail=detail, count=count, **place_of)


def _participants(cohort: Cohort, sizes: Sequence[Size], offered: Describing) -> Iterator[Participant]:
    """Everybody who took part; those beyond the respondents gave an interview only."""
    rng = random.Random(f"{cohort.site_id}:registry")
    issues, regions = ([one.name for one in offered.choices.get(what, ())] for what in ("issue", "region"))
    number = 0
    for size in sizes:
        for place in range(size.participants):
            number += 1
            answered = place < size.respondents
            interviewed = not answered or place % 7 != 0
            yield Participant(
                site_id=cohort.site_id,
                cohort_id=cohort.pk,
                code=f"S{number:04d}",
                gender=size.gender,
                took_survey=answered,
                took_interview=interviewed,
                took_focus_group=place % 5 == 0,
                issues=_some(issues, rng, most=2),
                regions=_some(regions, rng, most=1),
                interviewed_in=rng.choice(_months()) if interviewed else "",
            )


def _some(names: Sequence[str], rng: random.Random, *, most: int) -> list[str]:
    """One to `most` names in their own order; those that come early oftener, as some work is commoner than other."""
    wanted = min(len(names), rng.randint(1, most))
    drawn: set[int] = set()
    while len(drawn) < wanted:
        drawn.add(min(rng.randrange(len(names)), rng.randrange(len(names))))
    return [names[place] for place in sorted(drawn)]


def _months() -> list[str]:
    first, last = (day.year * 12 + day.month - 1 for day in FIELDWORK)
    return [f"{month // 12}-{month % 12 + 1:02d}" for month in range(first, last + 1)]


def open_trial(*, site: Site, version_id: int) -> None:
    """An open cohort with a link, for trying the questionnaire; its answers are real rows of no published table."""
    if _has_cohort(site, TRIAL):
        return
    with site_scope(site.pk):
        cohort = Cohort.objects.create(
            site_id=site.pk, version_id=version_id, name=TRIAL, state=Cohort.State.OPEN, modes="survey", target=10
        )
        links.set_link(cohort=cohort, token=trial_token(site))


def has_trial(site: Site) -> bool:
    """Whether the site has its open trial cohort."""
    return _has_cohort(site, TRIAL)


def trial_token(site: Site) -> str:
    """The trial link of a site, the same at every start: the database holds only its hash."""
    message = f"trial-link:{site.study_id}:{site.country}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()[:24]
