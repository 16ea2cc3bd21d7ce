"""What a cohort needs today: small rules, each looking at the same facts, each saying what to do about what it sees."""

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports.bands import FILL_ENDS, LEAST, Fill

OPEN, FROZEN = "open", "frozen"


@dataclass(frozen=True, slots=True)
class Advice:
    """A stable code, a sentence that says what to do, and the address name of the cohort's page where it is done."""

    code: str
    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at. Counts are of recruitment; what comes of answers is in bands already.

    `kept` are the questionnaires that were sent and not taken back, `rate` how many a day lately. `offered` are tags
    and names of languages, `answered` the tags in which somebody answered. `free` invitations can be used today,
    `expired` ones were not and cannot any more. `sheets` are sheets on paper by state, `alike` open flags of twins.
    """

    today: datetime.date
    state: str = OPEN
    first_day: datetime.date | None = None
    last_day: datetime.date | None = None
    target: int = 0
    kept: int = 0
    rate: Fraction = Fraction(0)
    newest_day: datetime.date | None = None
    offered: tuple[tuple[str, str], ...] = ()
    answered: frozenset[str] = frozenset()
    has_link: bool = False
    made: int = 0
    free: int = 0
    expired: int = 0
    sheets: Mapping[str, int] = field(default_factory=dict)
    alike: int = 0
    quotas: tuple[tuple[str, Fill], ...] = ()
    skipped: tuple[str, ...] = ()
    straight: tuple[str, ...] = ()

    @property
    def days_left(self) -> int | None:
        """Days of fieldwork that are still to come, today included; None without a last day."""
        return max(0, (self.last_day - self.today).days + 1) if self.last_day else None

    @property
    def elapsed(self) -> Fraction | None:
        """The share of the fieldwork days that is over; None without a first and a last day."""
        if self.first_day is None or self.last_day is None:
            return None
        days = (self.last_day - self.first_day).days + 1
        return min(Fraction(1), max(Fraction(0), Fraction((self.today - self.first_day).days, days)))


Rule = Callable[[Facts], Iterator[Advice]]


def advice(facts: Facts) -> list[Advice]:
    """Everything that the rules say, the most urgent first. A frozen cohort needs nothing any more."""
    if facts.state == FROZEN:
        return []
    return [one for rule in RULES for one in rule(facts)]


def clock_is_off(facts: Facts) -> Iterator[Advice]:
    """A day that has not come yet. One day ahead is another time zone."""
    if facts.newest_day and facts.newest_day > facts.today + datetime.timedelta(days=1):
        text = _(
            "Something was counted for a day that has not come yet. Ask whoever runs the server to check its clock."
        )
        yield Advice("clock", text)


def open_after_its_last_day(facts: Facts) -> Iterator[Advice]:
    if facts.state == OPEN and facts.last_day and facts.today > facts.last_day:
        text = _("The last day of fieldwork is over and the cohort is still open. Close it, or move the last day.")
        yield Advice("over", text, "cohort-settings")


def target_will_be_missed(facts: Facts) -> Iterator[Advice]:
    left = facts.days_left
    if facts.state != OPEN or not left or not facts.elapsed or not facts.target:
        return
    expected = facts.kept + int(facts.rate * left)
    if expected < facts.target:
        text = _(
            "At the present rate about %(expected)d of the %(target)d questionnaires wanted will have come in by the "
            "last day. Invite more people, or move the last day."
        )
        yield Advice("target", text % {"expected": expected, "target": facts.target}, "cohort-settings")


def quota_will_be_missed(facts: Facts) -> Iterator[Advice]:
    """Even the upper end of its band is less than what should be filled after so many of the days."""
    elapsed = facts.elapsed
    if facts.state != OPEN or elapsed is None:
        return
    for who, fill in facts.quotas:
        if fill in FILL_ENDS and 100 * elapsed >= FILL_ENDS[fill]:
            text = _("%(who)s: at the present rate this quota will be missed. Invite these people in particular.")
            yield Advice("quota", text % {"who": who}, "cohort-invitations")


def language_is_silent(facts: Facts) -> Iterator[Advice]:
    """Offered, and not used by anybody, though enough people have answered."""
    for tag, name in facts.offered:
        if facts.kept >= LEAST and tag not in facts.answered:
            text = _("Nobody has answered in %(language)s yet. Check that invitations in this language have gone out.")
            yield Advice("language", text % {"language": name}, "cohort-invitations")


def invitations_run_out(facts: Facts) -> Iterator[Advice]:
    """A tenth of them is left, and there is no open link."""
    if facts.state == OPEN and not facts.has_link and 10 * facts.free <= facts.made:
        text = ngettext(
            "%(free)d invitation can still be used. Make new ones.",
            "%(free)d invitations can still be used. Make new ones.",
            facts.free,
        )
        yield Advice("invitations", text % {"free": facts.free}, "cohort-invitations")


def invitations_expired(facts: Facts) -> Iterator[Advice]:
    if facts.state == OPEN and facts.expired:
        text = ngettext(
            "%(count)d invitation expired before it was used. Make a new one if the person may still take part.",
            "%(count)d invitations expired before they were used. Make new ones if these people may still take part.",
            facts.expired,
        )
        yield Advice("expired", text % {"count": facts.expired}, "cohort-invitations")


def paper_waits(facts: Facts) -> Iterator[Advice]:
    waiting, once = facts.sheets.get("waiting", 0), facts.sheets.get("entered", 0)
    if waiting:
        text = ngettext(
            "%(count)d sheet on paper waits to be entered.", "%(count)d sheets on paper wait to be entered.", waiting
        )
        yield Advice("paper", text % {"count": waiting}, "cohort-paper")
    if once:
        text = ngettext(
            "%(count)d sheet on paper waits to be entered by a second person.",
            "%(count)d sheets on paper wait to be entered by a second person.",
            once,
        )
        yield Advice("paper-second", text % {"count": once}, "cohort-paper")


def paper_differs(facts: Facts) -> Iterator[Advice]:
    if count := facts.sheets.get("differs", 0):
        text = ngettext(
            "The two entries of %(count)d sheet differ. Look at the paper and choose.",
            "The two entries of %(count)d sheets differ. Look at the paper and choose.",
            count,
        )
        yield Advice("paper-differs", text % {"count": count}, "cohort-paper")


def doubles(facts: Facts) -> Iterator[Advice]:
    if facts.alike:
        text = ngettext(
            "%(count)d response looks like another one. See whether somebody answered twice.",
            "%(count)d responses look like another one. See whether somebody answered twice.",
            facts.alike,
        )
        yield Advice("doubles", text % {"count": facts.alike}, "responses")


def batteries_are_flat(facts: Facts) -> Iterator[Advice]:
    for stem in facts.straight:
        text = _("Unusually many give one and the same answer all through “%(stem)s”. Talk with the team about it.")
        yield Advice("flat", text % {"stem": stem}, "responses")


def question_is_skipped(facts: Facts) -> Iterator[Advice]:
    for label in facts.skipped:
        text = _("Many do not answer “%(question)s”. Find out whether it is understood, and safe to answer.")
        yield Advice("skipped", text % {"question": label})


RULES: tuple[Rule, ...] = (
    clock_is_off,
    open_after_its_last_day,
    target_will_be_missed,
    quota_will_be_missed,
    language_is_silent,
    invitations_run_out,
    invitations_expired,
    paper_differs,
    paper_waits,
    doubles,
    batteries_are_flat,
    question_is_skipped,
)
