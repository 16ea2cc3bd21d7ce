"""How countries word a question for themselves, and where a table says so.

What holds for every row of a table is a note under it; what holds for some is a footnote at the first of them.
"""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from reports.render.lines import countries_of, indicators_of
from reports.render.reading import Reading, of_rows
from reports.table import IndicatorResult, TableResult, Wording
from survey.language import language_name


@dataclass(frozen=True, slots=True)
class OwnWording:
    """What is said of some rows of a table, by their labels."""

    labels: tuple[str, ...]
    text: str

    @property
    def with_rows(self) -> str:
        """The text where nothing else tells which rows it is about."""
        return of_rows(self.labels, self.text)


def own_wordings(reading: Reading, table: TableResult) -> Mapping[str, OwnWording]:
    """What is said of countries' own wordings, by the first indicator of the table that it holds for."""
    rows: dict[str, list[IndicatorResult]] = {}
    codes = countries_of(reading, table)
    for indicator in indicators_of(reading, table):
        text = " ".join(wordings_in_words(reading, indicator, codes))
        if text:
            rows.setdefault(text, []).append(indicator)
    return {own[0].id: OwnWording(tuple(reading.label(one) for one in own), text) for text, own in rows.items()}


def wordings_in_words(reading: Reading, indicator: IndicatorResult, codes: Collection[str]) -> tuple[str, ...]:
    """Every wording of one of these countries; none where all ask alike."""
    return tuple(_in_words(reading, one) for one in indicator.wordings if one.country in codes)


def _in_words(reading: Reading, wording: Wording) -> str:
    """“In Kenya the question is worded in another way (Kiswahili): …”; or one of its answers."""
    values = {
        "country": reading.country_name(reading.result.country(wording.country)),
        "language": _set_off(reading, language_name(wording.language)),
        "text": _set_off(reading, wording.text),
        "back": _set_off(reading, wording.back_translation),
        "reason": _set_off(reading, wording.reason.rstrip(". ")),
        "answer": reading.text(wording.answer),
    }
    if wording.answer:
        text = _("In %(country)s the answer “%(answer)s” is worded in another way (%(language)s): “%(text)s”.") % values
    else:
        text = _("In %(country)s the question is worded in another way (%(language)s): “%(text)s”.") % values
    if wording.back_translation:
        text += " " + _("In translation: “%(back)s”.") % values
    return text + " " + _("Reason: %(reason)s.") % values if wording.reason else text


def _set_off(reading: Reading, text: str) -> str:
    """A researcher's own words in the sentence, whichever language they are in: by their first letter."""
    directions = (unicodedata.bidirectional(sign) for sign in text)
    first = next((one for one in directions if one in ("L", "R", "AL")), "L")
    return reading.isolated(text) if first == "L" else text
