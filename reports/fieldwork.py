"""A cohort's morning page, put together: where it stands, what its answers look like in bands, what to do next."""

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.forms.models import model_to_dict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports import charts, looking, progress
from reports.advice import Advice, Facts, advice
from reports.bands import NOTABLE, Fill, Share
from reports.models import FieldworkCount, JobState
from reports.recruitment import Line, Recruitment, recruitment
from reports.similarity import long_batteries
from survey import cohorts, flags, tallies
from survey.language import language_name
from survey.models import Cohort
from survey.protocol.schema import Kind, Protocol

# So many weeks fit into the chart of a phone; the table has them all.
WEEKS_SHOWN = 13

SHARES: Mapping[str, Promise] = {
    Share.UNDER_10: gettext_lazy("under 10 %"),
    Share.FROM_10: gettext_lazy("10 to 25 %"),
    Share.FROM_25: gettext_lazy("25 to 50 %"),
    Share.FROM_50: gettext_lazy("half or more"),
}
FILLS: Mapping[str, Promise] = {
    Fill.FEW: gettext_lazy("none or few"),
    Fill.UNDER_HALF: gettext_lazy("under half"),
    Fill.OVER_HALF: gettext_lazy("over half"),
    Fill.NEARLY: gettext_lazy("nearly reached"),
    Fill.REACHED: gettext_lazy("reached"),
    Fill.UNKNOWN: gettext_lazy("not known yet"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of bands: what it is about, a base or target, and words."""

    label: str
    number: int
    words: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A section, how many reached it, and the same as a bar."""

    label: str
    number: int
    level: charts.Level


@dataclass(frozen=True, slots=True)
class Answers:
    """What the latest look at the answers says; `rest` counts the questions that hardly anybody leaves out."""

    base: int
    quotas: tuple[Row, ...] = ()
    questions: tuple[Row, ...] = ()
    batteries: tuple[Row, ...] = ()
    rest: int = 0
    alike: Any = ""


@dataclass(frozen=True, slots=True)
class Morning:
    """All that the page shows."""

    advice: list[Advice]
    total: Line
    level: charts.Level
    expected: datetime.date | None
    weeks: tuple[tuple[str, Line], ...]
    chart: charts.Columns
    languages: tuple[tuple[str, Line], ...]
    sections: tuple[Step, ...]
    duration: str
    count: FieldworkCount | None
    answers: Answers | None


def morning(*, cohort: Cohort, country: str, protocol: Protocol, tag: str, today: datetime.date, rtl: bool) -> Morning:
    """Where a cohort stands on a day, for a reader of one language. As many queries for a day as for a year."""
    words = _Words(protocol, country, tag)
    found = recruitment(cohort=cohort, today=today)
    count = looking.latest(cohort)
    content = count.content if count and count.content else {}
    weeks = tuple((_week(monday), line) for monday, line in found.weeks)
    offered = tuple(cohort.languages) or protocol.country(country).languages
    facts = _facts(cohort, found, today, content, words, offered)
    return Morning(
        advice=advice(facts),
        total=found.total,
        level=charts.level(found.total.kept, cohort.target, mirrored=rtl),
        expected=_expected(cohort.target - found.total.kept, found, today),
        weeks=weeks,
        chart=_chart(weeks, rtl),
        languages=_languages(found, offered),
        sections=_sections(protocol, country, tag, found, rtl),
        duration=_duration(found.minutes),
        count=count,
        answers=_answers(content, words) if content else None,
    )


def unfilled(*, cohort: Cohort, country: str, protocol: Protocol, tag: str) -> list[tuple[str, Any]]:
    """Quotas that the latest look did not find reached, with how far they are, as far as that is known."""
    words, count = _Words(protocol, country, tag), looking.latest(cohort)
    content = count.content if count and count.content else {}
    fills = {tuple(one[name] for name in _QUOTA): one["fill"] for one in content.get("quotas", [])}
    wanted = [model_to_dict(quota) for quota in cohorts.quotas_of(cohort)]
    found = [(one, fills.get(tuple(one[name] for name in _QUOTA), Fill.UNKNOWN)) for one in wanted]
    return [(words.quota(one), FILLS[fill]) for one, fill in found if fill != Fill.REACHED]


# What makes a quota in a look the same as one of the cohort.
_QUOTA = ("question", "choice", "low", "high", "target")


@dataclass(frozen=True, slots=True)
class _Words:
    """Labels of a protocol for one country and reader."""

    protocol: Protocol
    country: str
    tag: str

    def question(self, name: str) -> str:
        question = self.protocol.question(name)
        return question.label.get(self.tag, self.country) if question else name

    def is_closed(self, name: str) -> bool:
        question = self.protocol.question(name)
        return question is not None and question.kind in (Kind.SELECT_ONE, Kind.SELECT_MULTIPLE, Kind.INTEGER)

    def battery(self, name: str) -> str:
        stems = {battery.name: battery.stem.get(self.tag, self.country) for battery in long_batteries(self.protocol)}
        return stems.get(name, name)

    def quota(self, quota: Mapping[str, Any]) -> str:
        question = self.protocol.question(quota["question"])
        if question is None:
            return str(quota["question"])
        if not quota["choice"]:
            return f"{question.label.get(self.tag, self.country)} {quota['low']}–{quota['high']}"
        chosen = question.choices.get(quota["choice"]) if question.choices else None
        label = chosen.label.get(self.tag, self.country) if chosen else quota["choice"]
        return f"{question.label.get(self.tag, self.country)} {label}"


def _facts(
    cohort: Cohort,
    found: Recruitment,
    today: datetime.date,
    content: Mapping[str, Any],
    words: _Words,
    offered: Sequence[str],
) -> Facts:
    questions, batteries = content.get("questions", {}), content.get("batteries", {})
    skipped = [name for name, one in questions.items() if {one["blank"], one["declined"]} & NOTABLE]
    straight = [name for name, one in batteries.items() if one["straight"] in NOTABLE]
    return Facts(
        today=today,
        state=cohort.state,
        first_day=cohort.fieldwork_from,
        last_day=cohort.fieldwork_to,
        target=cohort.target,
        kept=found.total.kept,
        rate=found.rate,
        newest_day=found.newest_day,
        offered=tuple((tag, language_name(tag)) for tag in offered),
        answered=frozenset(tag for tag, line in found.languages if line.submitted),
        has_link=cohort.link_hash is not None,
        made=found.invited.made,
        free=found.invited.free,
        expired=found.invited.expired,
        sheets=found.sheets,
        alike=flags.open_twins(cohort),
        quotas=tuple((words.quota(quota), Fill(quota["fill"])) for quota in content.get("quotas", [])),
        skipped=tuple(words.question(name) for name in skipped if words.is_closed(name)),
        straight=tuple(words.battery(name) for name in straight),
    )


def _expected(missing: int, found: Recruitment, today: datetime.date) -> datetime.date | None:
    """The day on which the target will be reached at the present rate; None when that is no day to plan for."""
    if missing <= 0 or not found.rate:
        return None
    days = math.ceil(missing / found.rate)
    return today + datetime.timedelta(days=days) if days < 3_650 else None


def _week(monday: datetime.date) -> str:
    year, week, _day = monday.isocalendar()
    return f"{year}-W{week:02d}"


def _chart(weeks: Sequence[tuple[str, Line]], rtl: bool) -> charts.Columns:
    shown = weeks[-WEEKS_SHOWN:]
    told = "; ".join(
        _("%(week)s: %(started)d begun, %(submitted)d sent")
        % {"week": week, "started": line.started, "submitted": line.submitted}
        for week, line in shown
    )
    points = [(week.partition("-")[2], line.submitted, line.started) for week, line in shown]
    return charts.columns(points, told=told, mirrored=rtl)


def _languages(found: Recruitment, offered: Sequence[str]) -> tuple[tuple[str, Line], ...]:
    """Every language that is offered or was used, the offered ones first."""
    lines = dict(found.languages)
    tags = dict.fromkeys([*offered, *lines])
    return tuple((language_name(tag), lines.get(tag, Line())) for tag in tags)


def _sections(protocol: Protocol, country: str, tag: str, found: Recruitment, rtl: bool) -> tuple[Step, ...]:
    """How many came to each section, and to the end."""
    steps = [(section.title.get(tag, country), found.reached.get(section.name, 0)) for section in protocol.sections]
    steps.append((_("Sent"), found.total.submitted))
    whole = max([found.total.started, *(number for _label, number in steps)])
    return tuple(Step(label, number, charts.level(number, whole, mirrored=rtl)) for label, number in steps)


def _duration(minutes: Mapping[int, int]) -> str:
    """The band in which the median lies, in words; '' before anybody has sent a questionnaire."""
    people, half = 0, (sum(minutes.values()) + 1) // 2
    for lower, number in sorted(minutes.items()):
        people += number
        if people >= half:
            return _duration_words(lower)
    return ""


def _duration_words(lower: int) -> str:
    upper = next((bound for bound in tallies.BANDS if bound > lower), None)
    if upper is None:
        return _("%(lower)d minutes or more") % {"lower": lower}
    return _("%(lower)d to %(upper)d minutes") % {"lower": lower, "upper": upper}


def _answers(content: Mapping[str, Any], words: _Words) -> Answers:
    if not content["base"]:
        return Answers(0)
    # Open questions are left blank by most people, and that is fine.
    closed = {name: one for name, one in content["questions"].items() if words.is_closed(name)}
    told = {name: one for name, one in closed.items() if {one["blank"], one["declined"]} != {Share.UNDER_10.value}}
    return Answers(
        base=content["base"],
        quotas=tuple(Row(words.quota(one), one["target"], (FILLS[one["fill"]],)) for one in content["quotas"]),
        questions=tuple(
            Row(words.question(name), one["base"], (SHARES[one["blank"]], SHARES[one["declined"]]))
            for name, one in told.items()
        ),
        batteries=tuple(
            Row(words.battery(name), one["base"], (SHARES[one["straight"]],))
            for name, one in content["batteries"].items()
        ),
        rest=len(closed) - len(told),
        alike=SHARES[content["alike"]],
    )


def is_silent(count: FieldworkCount | None) -> bool:
    """Whether nothing has been heard of a look under way for longer than work explains."""
    if count is None:
        return False
    heard = max(count.asked_at, count.beat_at or count.asked_at)
    return progress.silent_since(heard, working=count.state == JobState.RUNNING)
