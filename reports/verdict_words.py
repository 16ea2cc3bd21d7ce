"""What the check of printed figures says, on its page and in the shell: verdicts, reasons, faults of a file."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from reports.render.reading import absence
from reports.reproducing import Judged, Verdict, Why
from reports.table import Cell, State

VERDICTS: Mapping[Verdict, Any] = {
    Verdict.REPRODUCED: gettext_lazy("reproduced"),
    Verdict.DIFFERS: gettext_lazy("differs"),
    Verdict.IMPOSSIBLE: gettext_lazy("no data could give it"),
    Verdict.NOT_PRINTED: gettext_lazy("not printed here"),
    Verdict.NOT_HERE: gettext_lazy("not in this comparison"),
}

_WHY: Mapping[Why, Any] = {
    Why.NO_INDICATOR: gettext_lazy("This comparison has no indicator of this name."),
    Why.NO_COUNTRY: gettext_lazy("This comparison has these countries: %(known)s."),
    Why.NO_GROUP: gettext_lazy("Groups of this indicator: %(known)s."),
    Why.NOT_SPLIT: gettext_lazy("This indicator is not split into groups."),
    Why.NO_CHOICE: gettext_lazy("Choices of this indicator: %(known)s."),
    Why.ONE_FIGURE: gettext_lazy("This indicator is one figure, not one for each choice."),
    Why.NO_AVERAGE: gettext_lazy("The plan declares no average for this indicator."),
    Why.WHICH_FOCAL: gettext_lazy(
        "This average leaves one country out. Say which, such as “average %(example)s” in the column “country”."
    ),
    Why.NO_BASE: gettext_lazy(
        "No number of people out of %(base)s or fewer, rounded half up or half to even, gives it."
    ),
    Why.BASE_NEEDED: gettext_lazy("It needs at least %(base)s people."),
    Why.CUT_OFF: gettext_lazy("Cut off instead of rounded, %(fraction)s would give it."),
    Why.WHOLE_NUMBER: gettext_lazy("This is a whole number of people, years or times."),
    Why.MORE_THAN_ALL: gettext_lazy("This is more than everybody."),
    Why.OTHER_MEANS: gettext_lazy(
        "With the countries' figures in this file, the average is between %(low)s and %(high)s."
    ),
    Why.LARGER_BASE: gettext_lazy("Here %(base)s people answered, more than the largest base that the file states."),
}

PROBLEMS: Mapping[str, Any] = {
    "too-big": gettext_lazy("This file is too big: 200 KB and 2,000 figures at most. Split it."),
    "too-many": gettext_lazy("This file is too big: 200 KB and 2,000 figures at most. Split it."),
    "spreadsheet": gettext_lazy("This is a spreadsheet. Save it as “CSV UTF-8” and send that file."),
    "not-utf-8": gettext_lazy("This is not UTF-8. Save the file as “CSV UTF-8” and send it again."),
    "not-text": gettext_lazy("This is not UTF-8. Save the file as “CSV UTF-8” and send it again."),
    "not-csv": gettext_lazy("From here on the file is no CSV. Is a quotation mark missing?"),
    "no-figures": gettext_lazy("No row has a value."),
    "heading-twice": gettext_lazy("This heading stands twice. Remove one of the columns."),
    "heading-missing": gettext_lazy("The first row needs this heading."),
    "cells": gettext_lazy("This row has more cells than the heading. Is a decimal comma not in quotation marks?"),
    "value": gettext_lazy("Write a number, such as 59.7."),
    "decimals": gettext_lazy("A figure has 0 to 3 decimals."),
    "more-decimals": gettext_lazy("The value has more decimals than are said here."),
    "base": gettext_lazy("Write the largest number of people, such as 120."),
    "indicator": gettext_lazy("Write the name of an indicator, as in the template."),
    "country": gettext_lazy("Write the code of a country, or “average”."),
}


def ours(one: Judged) -> str:
    """Our value with what it is made of, or why there is none."""
    if one.verdict is Verdict.NOT_HERE or (not one.ours and one.verdict is Verdict.IMPOSSIBLE):
        return ""
    if one.printed.is_average:
        return _average(one)
    if one.ours:
        return f"{one.ours} ({one.fraction})" if one.fraction else one.ours
    if not one.state:
        return _("not split") if one.printed.block else absence(None)
    return absence(Cell(State(one.state)))


def _average(one: Judged) -> str:
    if not one.ours:
        return _("no average: not every country's figure can be shown")
    return _("%(value)s (mean of %(number)s countries)") % {"value": one.ours, "number": one.fraction}


def reasons(one: Judged) -> str:
    return pgettext("between sentences", " ").join(str(_WHY[why]) % values for why, values in one.why)


def place(one: Judged) -> str:
    """Where a figure stands, in the file's own words."""
    own = one.printed
    country = f"average {own.country}".strip() if own.is_average else own.country
    return " ".join(part for part in (own.indicator, country, own.block, own.choice) if part)


def summary(found: tuple[Judged, ...]) -> Iterator[tuple[Verdict, Any, int]]:
    """How many figures have each verdict."""
    for verdict, words in VERDICTS.items():
        yield verdict, words, sum(one.verdict is verdict for one in found)
