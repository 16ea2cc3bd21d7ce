"""What changed between two results, in words: a line a figure, what it was, what it is, and why."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.changes import Cause, Change, Changes, Kind
from reports.render.reading import Reading, flag, in_words, listed, plain
from reports.table import SCALAR, TOTAL, Cell, IndicatorResult
from survey.protocol.cells import harmless

NOTHING = "–"
# A figure that moved by so many points is worth a look.
POINTS = 1
CAUSES: Mapping[Cause, Promise] = {
    Cause.ANSWERS: gettext_lazy("new answers"),
    Cause.PLAN: gettext_lazy("new plan"),
    Cause.POLICY: gettext_lazy("new policy"),
    Cause.WORDING: gettext_lazy("new wording"),
    Cause.CHOICE: gettext_lazy("other tables or countries chosen"),
    Cause.SOFTWARE: gettext_lazy("new software"),
}
FACTS: Mapping[str, Promise] = {
    "version": gettext_lazy("Version of the questionnaire"),
    "threshold": gettext_lazy("Disclosure threshold"),
    "software": gettext_lazy("Software"),
    "instrument_hash": gettext_lazy("Instrument"),
    "layout_hash": gettext_lazy("Layout"),
    "plan_hash": gettext_lazy("Plan"),
    "cut": gettext_lazy("Cut"),
    "respondents": gettext_lazy("Answered the survey"),
    "signed_off_by": gettext_lazy("Lowest and highest values signed off by"),
}
COLUMNS = ("indicator", "label", "group", "country", "old", "old_n", "new", "new_n", "kind", "causes", "worth_a_look")


class Sides(NamedTuple):
    """The two results as they are read: the earlier and the later one."""

    old: Reading
    new: Reading


@dataclass(frozen=True, slots=True)
class Row:
    """One figure that changed."""

    indicator: str
    label: str
    group: str
    country: str
    country_code: str
    old: str
    old_base: str
    new: str
    new_base: str
    kind: Kind
    causes: tuple[Cause, ...]
    strong: bool

    @property
    def cause_texts(self) -> str:
        return listed(str(CAUSES[cause]) for cause in self.causes)


@dataclass(frozen=True, slots=True)
class Text:
    """A text that reads another way, or a fact of the runs that is another one."""

    name: str
    old: str
    new: str


def rows_of(sides: Sides, found: Changes) -> list[Row]:
    return [_row(sides, change) for change in found.figures]


def _row(sides: Sides, change: Change) -> Row:
    before, after = (_indicator(side, change.place.indicator) for side in sides)
    side, indicator = (sides.new, after) if after else (sides.old, before)
    assert indicator is not None
    country = change.place.country
    return Row(
        indicator=indicator.id,
        label=side.label(indicator),
        group=_group(side, indicator, change),
        country=_country(sides, country) if country else "",
        country_code=country,
        old=_figure(sides.old, before, change.old),
        old_base=_base(change.old),
        new=_figure(sides.new, after, change.new),
        new_base=_base(change.new),
        kind=change.kind,
        causes=change.causes,
        strong=_is_strong(change, before, after),
    )


def _indicator(side: Reading, name: str) -> IndicatorResult | None:
    return next((one for one in side.result.indicators if one.id == name), None)


def _country(sides: Sides, code: str) -> str:
    for side in (sides.new, sides.old):
        for country in side.result.countries:
            if country.code == code:
                return side.country_name(country)
    return code


def _group(side: Reading, indicator: IndicatorResult, change: Change) -> str:
    place = change.place
    parts = [_("Average")] if place.average else []
    parts += [side.category_label(indicator, place.category)] if place.category != SCALAR else []
    parts += [side.block_label(indicator, place.block)] if place.block != TOTAL else []
    return listed(parts)


def _figure(side: Reading, indicator: IndicatorResult | None, cell: Cell | None) -> str:
    return NOTHING if cell is None or indicator is None else in_words(side, indicator, cell)


def _base(cell: Cell | None) -> str:
    return "" if cell is None or cell.n is None else str(cell.n)


def _is_strong(change: Change, before: IndicatorResult | None, after: IndicatorResult | None) -> bool:
    """Whether a figure came, went, moved by a point or more, or stands on a base of another kind."""
    if change.kind is not Kind.MOVED or change.points >= POINTS or before is None or after is None:
        return True
    return flag(before, change.old) != flag(after, change.new)


def reworded(sides: Sides, found: Changes) -> list[Text]:
    """Texts that read another way in the language of the reading."""
    texts = []
    for one in found.reworded:
        old, new = sides.old.text(one.old), sides.new.text(one.new)
        indicator = _indicator(sides.new, one.indicator)
        if old != new and indicator is not None:
            texts.append(Text(sides.new.label(indicator), old, new))
    return texts


def facts(sides: Sides, found: Changes) -> list[Text]:
    texts = []
    for fact in found.facts:
        name = str(FACTS[fact.name])
        if fact.country:
            name = _("%(rows)s: %(note)s") % {"rows": _country(sides, fact.country), "note": name}
        texts.append(Text(name, _short(fact.name, fact.old), _short(fact.name, fact.new)))
    return texts


def _short(name: str, text: str) -> str:
    """A fact as pages show it: of a hash its beginning."""
    return (text[:8] if name.endswith("_hash") else text) or NOTHING


def as_csv(rows: list[Row]) -> bytes:
    """Every change as a row, with the words of the page. What could be a formula is led by an apostrophe."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for row in rows:
        figures = (*map(plain, (row.old, row.old_base, row.new, row.new_base)), row.kind.value)
        causes = " ".join(cause.value for cause in row.causes)
        fields = (
            row.indicator,
            row.label,
            row.group,
            row.country_code,
            *figures,
            causes,
            "yes" if row.strong else "no",
        )
        writer.writerow([harmless(field) for field in fields])
    return file.getvalue().encode()
