"""The registry of a cohort: who took part, described without saying who it is.

Nothing here reads or writes a response, a draft or an invitation, and a participant is registered in a transaction of
its own. Row numbers are drawn, as codes are: counted ones would tell in which order people came.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Q, QuerySet

from accounts import audit
from survey.attribution import Attribution, Registry
from survey.labels import new_label, read_label
from survey.models import Cohort, Participant
from survey.protocol import routing
from survey.protocol.schema import Choice, Protocol, Question
from survey.scope import site_scope

# Ways of taking part, and the columns that say so.
MODES: Mapping[str, str] = {"survey": "took_survey", "interview": "took_interview", "focus group": "took_focus_group"}
PER_PAGE = 50
MOST_AT_ONCE = 200
# Codes are drawn from a million; a registry that took half of them would draw for ever.
MOST = 100_000


class FrozenError(Exception):
    """A registry that changes no more, because its cohort is frozen."""


class StaleParticipantError(Exception):
    """Somebody else changed or removed the participant since this page was made."""


class FullError(Exception):
    """More participants than a registry takes."""


@dataclass(frozen=True, slots=True)
class Description:
    """What is kept of a participant besides the code. `month` is that of the interview, as “2015-08”."""

    modes: tuple[str, ...]
    gender: str = ""
    issues: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    descriptor: str = ""
    month: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """Which participants of a registry somebody wants to see. `gender` is None for all, '' for no stated one."""

    text: str = ""
    gender: str | None = None
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The participants of one gender, or all of them: how many, and how many by way of taking part."""

    gender: str | None
    people: int
    modes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Describing:
    """What the study offers to describe a participant with in one country; no choices where it names no question."""

    questions: Mapping[str, Question] = field(default_factory=dict)
    choices: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)

    def label(self, what: str, name: str, language: str, country: str) -> str:
        """The words of a choice; a name that no choice has any more stands for itself."""
        question = self.questions.get(what)
        choice = question.choices.get(name) if question and question.choices else None
        return (choice.label.get(language, country) if choice else "") or name


def describing(protocol: Protocol, country: str) -> Describing:
    """The choices of the study that can describe somebody: those that say something, in this country."""
    found = {what: protocol.question(name) for what, name in protocol.settings.describing.items()}
    questions = {what: question for what, question in found.items() if question is not None}
    return Describing(questions, {what: _saying(question, country) for what, question in questions.items()})


def _saying(question: Question, country: str) -> tuple[Choice, ...]:
    return tuple(one for one in routing.offered(question, {}, country) if not one.missing and not one.exclusive)


# Queries --------------------------------------------------------------------------------------------------------------


def page_of(cohort: Cohort, wish: Wish, number: str | None) -> "Page[Participant]":
    """One page of the registry by code, as far as somebody wants to see it."""
    with site_scope(cohort.site_id):
        page = Paginator(_wished(cohort, wish).order_by("code"), PER_PAGE).get_page(number)
        page.object_list = list(page.object_list)
    return page


def _wished(cohort: Cohort, wish: Wish) -> "QuerySet[Participant]":
    found = Participant.objects.filter(site_id=cohort.site_id, cohort_id=cohort.pk)
    if wish.text:
        label = read_label(wish.text)
        found = found.filter(code=label) if label else found.filter(code__istartswith=wish.text)
    if wish.gender is not None:
        found = found.filter(gender=wish.gender)
    return found.filter(**{MODES[wish.mode]: True}) if wish.mode else found


def groups_of(cohort: Cohort) -> list[Group]:
    """The registry in numbers: everybody first, then by gender. Empty without participants."""
    took = {column: Count("pk", filter=Q(**{column: True})) for column in MODES.values()}
    with site_scope(cohort.site_id):
        own = Participant.objects.filter(site_id=cohort.site_id, cohort_id=cohort.pk)
        rows = list(own.order_by("gender").values("gender").annotate(people=Count("pk"), **took))
    groups = [
        Group(row["gender"], row["people"], {mode: row[column] for mode, column in MODES.items()}) for row in rows
    ]
    if not groups:
        return []
    sums = {mode: sum(group.modes[mode] for group in groups) for mode in MODES}
    return [Group(None, sum(group.people for group in groups), sums), *groups]


def find(*, cohort: Cohort, number: int) -> Participant | None:
    """A participant of a cohort by row number; None when the cohort has no such one."""
    with site_scope(cohort.site_id):
        return Participant.objects.filter(site_id=cohort.site_id, cohort_id=cohort.pk, pk=number).first()


def description_of(participant: Participant) -> Description:
    """What the registry says of a participant, as its form takes it."""
    return Description(
        modes=tuple(mode for mode, column in MODES.items() if getattr(participant, column)),
        gender=participant.gender,
        issues=tuple(participant.issues),
        regions=tuple(participant.regions),
        descriptor=participant.descriptor,
        month=participant.interviewed_in,
    )


def attributions_of(cohort: Cohort) -> tuple[Registry, dict[str, Attribution]]:
    """Everybody of a cohort to be counted, and everything that is known of each, by code."""
    columns = ("code", "issues", "regions", "descriptor", "interviewed_in")
    with site_scope(cohort.site_id):
        own = Participant.objects.filter(site_id=cohort.site_id, cohort_id=cohort.pk).order_by("code")
        known = {
            code: Attribution(_telling(issues), _telling(regions), descriptor, when)
            for code, issues, regions, descriptor, when in own.values_list(*columns)
        }
    return Registry(list(known.values())), known


def _telling(names: Sequence[str]) -> tuple[str, ...]:
    """The choices that say something in print: “another state” does not."""
    return tuple(name for name in names if name != "other" and not name.endswith("_other"))


# Actions --------------------------------------------------------------------------------------------------------------


def register(*, cohort: Cohort, description: Description, count: int = 1, by: str) -> list[str]:
    """Register people who are described alike, and return their codes. Raises FrozenError, and FullError."""
    with site_scope(cohort.site_id):
        _claim(cohort)
        codes = _fresh_codes(cohort, count)
        Participant.objects.bulk_create(
            Participant(
                pk=secrets.randbits(62),
                site_id=cohort.site_id,
                cohort_id=cohort.pk,
                code=code,
                **_columns(description),
            )
            for code in codes
        )
        audit.record(by=by, action="participants-registered", cohort=str(cohort), participants=count)
    return codes


def change(*, cohort: Cohort, code: str, description: Description, revision: int, by: str) -> None:
    """Describe a participant anew. Raises FrozenError, and StaleParticipantError when changed since `revision`."""
    with site_scope(cohort.site_id):
        _claim(cohort)
        columns = {**_columns(description), "revision": F("revision") + 1}
        if not _exactly(cohort, code, revision).update(**columns):
            raise StaleParticipantError
        audit.record(by=by, action="participant-changed", cohort=str(cohort))


def remove(*, cohort: Cohort, code: str, revision: int, by: str) -> None:
    """Take a participant out of the registry. Raises FrozenError, and StaleParticipantError."""
    with site_scope(cohort.site_id):
        _claim(cohort)
        if not _exactly(cohort, code, revision).delete()[0]:
            raise StaleParticipantError
        audit.record(by=by, action="participant-removed", cohort=str(cohort))


def note_export(*, cohort: Cohort, participants: int, by: str) -> None:
    """Write down that the attributions of a cohort were taken out as a file."""
    with site_scope(cohort.site_id):
        audit.record(by=by, action="attributions-file", cohort=str(cohort), participants=participants)


def _claim(cohort: Cohort) -> None:
    """Keep the cohort from being frozen, and codes from being drawn twice, until this change is done."""
    state = Cohort.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=cohort.pk)
    if state == Cohort.State.FROZEN:
        raise FrozenError


def _exactly(cohort: Cohort, code: str, revision: int) -> "QuerySet[Participant]":
    own = Participant.objects.filter(site_id=cohort.site_id, cohort_id=cohort.pk)
    return own.filter(code=code, revision=revision)


def _fresh_codes(cohort: Cohort, count: int) -> list[str]:
    own = Participant.objects.filter(site_id=cohort.site_id, cohort_id=cohort.pk)
    if own.count() + count > MOST:
        raise FullError
    fresh: set[str] = set()
    while len(fresh) < count:
        drawn = {new_label() for _ in range(count - len(fresh))}
        fresh |= drawn - set(own.filter(code__in=drawn).values_list("code", flat=True))
    return sorted(fresh)


def _columns(description: Description) -> dict[str, object]:
    return {
        **{column: mode in description.modes for mode, column in MODES.items()},
        "gender": description.gender,
        "issues": list(description.issues),
        "regions": list(description.regions),
        "descriptor": description.descriptor,
        "interviewed_in": description.month,
    }
