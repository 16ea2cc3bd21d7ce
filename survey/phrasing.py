"""An attribution as a sentence, in each language of a study that the program speaks."""

import csv
import datetime
import io
from collections.abc import Mapping
from functools import lru_cache

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from survey.attribution import Attribution, Registry
from survey.language import ui_language
from survey.participants import Describing
from survey.protocol.cells import harmless

# Languages that write common nouns small within a sentence; the labels of choices begin with a capital.
_SMALL_WITHIN = frozenset({"en", "es", "id", "sw"})


def languages_of(tags: tuple[str, ...]) -> tuple[str, ...]:
    """The languages of a study in which attributions can be written."""
    spoken = {_first(code) for code, _name in settings.LANGUAGES}
    return tuple(tag for tag in tags if _first(tag) in spoken)


def sentence(said: Attribution, *, describing: Describing, language: str, country: str) -> str:
    """What is said of a person: “Participant working on land rights in Oaxaca. Interviewed in August 2015.”"""
    with translation.override(ui_language(language)):
        return _spoken(said, describing, language, country)


def _spoken(said: Attribution, describing: Describing, language: str, country: str) -> str:
    """The sentence, while its language is the active one."""
    issues = [_within(describing.label("issue", name, language, country), language) for name in said.issues]
    regions = [describing.label("region", name, language, country) for name in said.regions]
    # A whole sentence for every combination: parts do not fit together in the same order in every language.
    person = _("Participant (%(descriptor)s)") % {"descriptor": said.descriptor} if said.descriptor else _who()
    words = {"person": person, "issues": _listed(issues), "regions": _listed(regions)}
    first = _FIRST[bool(issues), bool(regions)]() % words
    return f"{first} {_interviewed(said.when, language)}".strip()


def _who() -> str:
    return _("Participant")


_FIRST = {
    (True, True): lambda: _("%(person)s working on %(issues)s in %(regions)s."),
    (True, False): lambda: _("%(person)s working on %(issues)s."),
    (False, True): lambda: _("%(person)s in %(regions)s."),
    (False, False): lambda: _("%(person)s."),
}


@lru_cache(maxsize=4_096)
def _interviewed(when: str, language: str) -> str:
    """When somebody was interviewed. A cohort has few months and many people."""
    year, _dash, month = when.partition("-")
    if not year.strip("0"):
        return ""
    # Django writes the months of a country's Spanish with a capital; those of the language itself are right.
    with translation.override(_first(language)):
        spelt = date_format(datetime.date(int(year), int(month), 1), "YEAR_MONTH_FORMAT") if month else year
    with translation.override(ui_language(language)):
        sentence = _("Interviewed in %(month)s.") if month else _("Interviewed in %(year)s.")
    return sentence % {"month": spelt, "year": spelt}


def _listed(parts: list[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return _("%(some)s and %(last)s") % {"some": _(", ").join(parts[:-1]), "last": parts[-1]}


def _within(label: str, language: str) -> str:
    """A label as it stands within a sentence: LGBTQ stays as it is."""
    if _first(language) not in _SMALL_WITHIN or label[1:2].isupper():
        return label
    return label[:1].lower() + label[1:]


def _first(tag: str) -> str:
    return tag.lower().partition("-")[0]


def file(
    registry: Registry,
    known: Mapping[str, Attribution],
    *,
    describing: Describing,
    languages: tuple[str, ...],
    country: str,
) -> bytes:
    """Code and attribution of everybody, one column a language. What could be a formula is led by an apostrophe."""
    printed = {code: registry.attribution(person) for code, person in known.items()}
    written: dict[Attribution, list[str]] = {said: [] for said in printed.values()}
    for language in languages:
        with translation.override(ui_language(language)):
            for said, cells in written.items():
                cells.append(harmless(_spoken(said, describing, language, country)))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["code", *languages])
    writer.writerows([harmless(code), *written[said]] for code, said in printed.items())
    return out.getvalue().encode()
