"""The columns of the tidy CSV, each with its meaning, type and unit: the file's own dictionary is made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from reports.plan import Stat
from reports.render.reading import FEW, VERY_FEW
from reports.table import TOTAL, State


class Kind(StrEnum):
    """Types as Frictionless Table Schema names them."""

    TEXT = "string"
    WHOLE = "integer"
    NUMBER = "number"
    YES_NO = "boolean"
    DAY = "date"


@dataclass(frozen=True, slots=True)
class Field:
    """One column. `values` are all that may stand in it, where these are few and fixed."""

    name: str
    meaning: str
    kind: Kind = Kind.TEXT
    unit: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


_STATES = {
    State.SHOWN: _("the figure is printed"),
    State.TOO_FEW: _("too few people: the figure may be low, high or zero"),
    State.NO_ANSWERS: _("nobody answered"),
    State.NEEDS_SIGN_OFF: _("a lowest or highest value that nobody signed for"),
    State.NOT_ASKED: _("not asked there"),
}
_STATS = {
    Stat.PERCENT_IN: _("the share who gave one of the counted answers"),
    Stat.PERCENT_EACH: _("the share of each answer"),
    Stat.MEAN: _("the mean"),
    Stat.MIN: _("the lowest value"),
    Stat.MAX: _("the highest value"),
    Stat.COUNT: _("the number of people"),
}
_LOW = {FEW: _("based on 30 to 49 people"), VERY_FEW: _("based on fewer than 30 people")}
_AS_STATISTIC = _("percent, people, or what the question asks for; see stat")
_PEOPLE = _("people")
_PERCENT = _("percent")

FIELDS = (
    Field("study", _("Short name of the study")),
    Field("table", _("Table of the plan in which the figure stands")),
    Field("indicator", _("Definition of the figure in the plan")),
    Field("label", _("What the figure is, in words")),
    Field("stat", _("Statistic"), values={one.value: text for one, text in _STATS.items()}),
    Field("country", _("Country, as its two letters in the study")),
    Field("country_label", _("Name of the country")),
    Field("block", _("Group of people: all of them, or one group of a split"), values={TOTAL: _("everybody")}),
    Field("block_label", _("Name of the group; empty for everybody")),
    Field("category", _("Answer whose share this is; empty where the figure is about no single answer")),
    Field("category_label", _("The answer in words")),
    Field("k", _("People counted"), Kind.WHOLE, _PEOPLE),
    Field("n", _("Base: people who answered"), Kind.WHOLE, _PEOPLE),
    Field("value", _("The figure, rounded once, half up; empty where it is not printed"), Kind.NUMBER, _AS_STATISTIC),
    Field(
        "state", _("Whether the figure is printed, and if not, why"), values={k.value: v for k, v in _STATES.items()}
    ),
    Field("base_mark", _("Mark of a figure that rests on few people; else empty"), values=_LOW),
    Field("average_all", _("Mean of all countries' figures, this one included"), Kind.NUMBER, _AS_STATISTIC),
    Field("average_others", _("Mean of the other countries' figures"), Kind.NUMBER, _AS_STATISTIC),
    Field("decimals", _("Decimals that are printed"), Kind.WHOLE),
    Field("participants", _("Participants of the country's cohort"), Kind.WHOLE, _PEOPLE),
    Field("respondents", _("Participants who answered the survey"), Kind.WHOLE, _PEOPLE),
    Field("fieldwork_from", _("First day of fieldwork"), Kind.DAY),
    Field("fieldwork_to", _("Last day of fieldwork; empty while it goes on"), Kind.DAY),
    Field("modes", _("How people were asked")),
    Field("release", _("Number of the country's release"), Kind.WHOLE),
    Field("cut", _("Number of the cut that is printed"), Kind.WHOLE),
    Field("preliminary", _("Whether fieldwork goes on"), Kind.YES_NO),
    Field("held_back", _("Whether a newer cut is not printed, since it would tell about few people"), Kind.YES_NO),
    Field("signed_off_by", _("Who signed for lowest and highest values")),
    Field("synthetic", _("Whether the answers are made up and describe no real person"), Kind.YES_NO),
    Field("version", _("Version of the questionnaire")),
    Field("instrument_hash", _("SHA-256 of every word of the questionnaire")),
    Field("layout_hash", _("SHA-256 of its variables, codes, scales and routing")),
    Field("plan_hash", _("SHA-256 of the plan")),
    Field("result_hash", _("SHA-256 of the stored result that every file is made of")),
    Field("threshold", _("Least number of people on either side of a printed count"), Kind.WHOLE, _PEOPLE),
    Field("made_on", _("Day on which the comparison was made"), Kind.DAY),
    Field("software", _("Version of the program")),
    Field("audit_trail", _("Beginning of the audit trail's newest hash when the comparison was made")),
    Field("range_low", _("Annex: lower end of the figure's range, were these a random sample"), Kind.NUMBER, _PERCENT),
    Field("range_high", _("Annex: upper end of that range"), Kind.NUMBER, _PERCENT),
    Field("family", _("Annex: contrasts that the plan declares as one family")),
    Field("compared", _("Annex: what the contrast compares")),
    Field("test", _("Annex: the test, or why there is none")),
    Field("p", _("Annex: how often chance alone would bring such a difference about"), Kind.NUMBER),
    Field("p_holm", _("Annex: the same, adjusted for the number of declared contrasts (Holm)"), Kind.NUMBER),
    Field("declared_tests", _("Annex: number of contrasts that the plan declares in the family"), Kind.WHOLE),
    Field("caution", _("How the participants were chosen, and so what the figures describe")),
)
COLUMNS = tuple(one.name for one in FIELDS)
NUMBERS = frozenset(one.name for one in FIELDS if one.kind is not Kind.TEXT)
