"""A comparison as a document: every text that pages and files print, in one language. Renderers only lay it out."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from reports.render.across import country_tables
from reports.render.annex import annex_notes, annex_tables
from reports.render.annex import title as annex_title
from reports.render.notes import caution
from reports.render.reading import SYNTHETIC, Reading, listed
from reports.render.tables import Footnotes, Table, describe_table, fieldwork_table
from reports.table import Result
from survey.language import ui_language
from survey.protocol.fingerprints import digest

SHORT_HASH = 8
# As the foot of staff pages shows it.
AUDIT_HEAD = 12


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of provenance. A hash is a `code`: written from left to right, and shortened where room is short."""

    name: str
    value: str
    code: bool = False

    @property
    def short(self) -> str:
        return self.value[:SHORT_HASH] if self.code and len(self.value) > AUDIT_HEAD else self.value


@dataclass(frozen=True, slots=True)
class Section:
    """A part after the tables, such as an annex: a heading, paragraphs, tables. Every format prints each one."""

    id: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """Everything that is printed. `banner` is empty unless the cohorts are synthetic."""

    title: str
    subtitle: str
    language: str
    direction: str
    banner: str
    caution: str
    tables: tuple[Table, ...]
    fieldwork: Table
    notes: tuple[str, ...]
    provenance: tuple[Fact, ...]
    made_on: str
    short_provenance: str
    sections: tuple[Section, ...] = ()


def describe(result: Result, focal: str, language: str) -> Document:
    """The document of a result for a focal country, in one of the result's languages.

    Raises RenderError for a country or a language that the result does not hold.
    """
    reading = Reading(result, focal, language)
    with translation.override(ui_language(language)):
        return _document(reading)


def _document(reading: Reading) -> Document:
    footnotes = Footnotes()
    facts = _provenance(reading)
    return Document(
        title=_("%(study)s: results for %(country)s")
        % {"study": reading.result.title or reading.result.study, "country": reading.focal_name},
        subtitle=_subtitle(reading),
        language=reading.language,
        direction=reading.direction,
        banner=_banner(reading),
        caution=caution(),
        tables=tuple(describe_table(reading, table, footnotes) for table in reading.result.tables),
        fieldwork=fieldwork_table(reading),
        notes=(*_notes(), *_cut_notes(reading)),
        provenance=facts,
        made_on=reading.result.provenance.made_on,
        sections=tuple(_sections(reading)),
        short_provenance=" · ".join(f"{fact.name} {reading.isolated(fact.short)}" for fact in facts if fact.code),
    )


def _sections(reading: Reading) -> Iterator[Section]:
    """Parts that only some comparisons have."""
    countries = country_tables(reading)
    if countries:
        yield Section("countries", _("All countries"), tables=countries)
    annex = annex_tables(reading)
    if annex:
        yield Section("annex", annex_title(), annex_notes(reading), annex)


def _subtitle(reading: Reading) -> str:
    names = listed(reading.country_name(country) for country in reading.others)
    return _("Compared with %(countries)s") % {"countries": names} if names else ""


def _banner(reading: Reading) -> str:
    if not reading.result.synthetic:
        return ""
    return SYNTHETIC + ": " + _("these figures come from made-up answers and describe no real person.")


def _notes() -> tuple[str, ...]:
    return (
        _(
            "n is the base: the people who answered the question. Blank answers and “prefer not to answer” are never "
            "part of a base, so bases differ from row to row."
        ),
        _("All figures are unweighted. Each is rounded once, half up, from the exact fraction."),
        _("Figures that would describe too few people are not printed; averages are made from printed figures only."),
    )


def _cut_notes(reading: Reading) -> Iterator[str]:
    """What the reader has to know of countries whose fieldwork goes on, or whose newer answers are not printed yet."""
    early = [reading.country_name(one) for one in reading.result.countries if one.preliminary]
    if early:
        yield _("Preliminary: fieldwork goes on in %(countries)s.") % {"countries": listed(early)}
    held = [reading.country_name(one) for one in reading.result.countries if one.held_back]
    if held:
        yield _(
            "%(countries)s: an earlier cut stands. Since then too few answers changed to print new figures without "
            "telling about few people; more answers are needed."
        ) % {"countries": listed(held)}


def _provenance(reading: Reading) -> tuple[Fact, ...]:
    made, result = reading.result.provenance, reading.result
    releases = listed(
        f"{reading.country_name(one)} {reading.isolated(f'{one.release}/{one.cut}')}" for one in result.countries
    )
    signed = listed(
        f"{reading.country_name(one)}: {one.signed_off_by}" for one in result.countries if one.signed_off_by
    )
    facts = (
        Fact(_("Study"), result.study),
        Fact(_("Version of the questionnaire"), made.version),
        Fact(_("Made on"), reading.isolated(made.made_on)),
        Fact(_("Software"), reading.isolated(made.software)),
        Fact(_("Disclosure threshold"), reading.isolated(str(made.threshold))),
        Fact(_("Releases (number/cut)"), releases),
        Fact(_("Lowest and highest values signed off by"), signed),
        Fact(_("Translations"), made.translations),
        Fact(_("Instrument"), made.instrument_hash, code=True),
        Fact(_("Layout"), made.layout_hash, code=True),
        Fact(_("Plan"), made.plan_hash, code=True),
        Fact(_("Result"), digest(result.to_json()), code=True),
        Fact(_("Audit trail"), made.audit_head[:AUDIT_HEAD], code=True),
    )
    return tuple(fact for fact in facts if fact.value)
