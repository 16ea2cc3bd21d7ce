"""A result as a document: seen from one country, in one language. Describes the tables; knows no file format."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from reports.table import (
    SCALAR,
    TOTAL,
    Cell,
    IndicatorResult,
    Labels,
    Result,
    State,
    TableResult,
    round_half_up,
)
from survey.protocol.languages import direction

UNSTATED = "unstated"
FEW, FEWER = 50, 30
_PERCENTS = ("percent_in", "percent_each")
_ISOLATE, _END = "\u2066", "\u2069"


class RenderError(ValueError):
    """A focal country or language that the result does not hold."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: its label and cells; footnote numbers belong to the first cell."""

    label: str
    cells: tuple[str, ...]
    footnotes: tuple[int, ...] = ()
    heading: bool = False
    indented: bool = False


@dataclass(frozen=True, slots=True)
class Footnote:
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """Title, column heads (the first is the stub's), lines, footnotes, and notes under the table."""

    id: str
    title: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    footnotes: tuple[Footnote, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """Everything that a page or file says, in order. `banner` is empty for real data."""

    title: str
    banner: str
    caution: str
    focal: str
    language: str
    direction: str
    tables: tuple[Table, ...]
    bases: Table
    provenance: tuple[tuple[str, str], ...]


def describe(result: Result, focal: str, language: str) -> Document:
    """The document of a result. Raises RenderError for a country or language that the result does not hold."""
    if focal not in {country.code for country in result.countries}:
        raise RenderError(f"The comparison has no country {focal}.")
    if language not in result.languages:
        raise RenderError(f"The comparison is not in {language}; it is in {', '.join(result.languages)}.")
    with translation.override(language.lower()):
        return _Describer(result, focal, language).document()


class _Describer:
    def __init__(self, result: Result, focal: str, language: str) -> None:
        self.result, self.focal, self.language = result, focal, language
        self.number = 0

    def document(self) -> Document:
        country = self.text(self.result.country(self.focal).label)
        synthetic = _("SYNTHETIC: made by the program. These figures describe nobody.")
        caution = _(
            "Participants were chosen on purpose, not by chance: the figures describe the participants only and "
            "are no estimates for a country."
        )
        return Document(
            title=_("Comparison tables: %(country)s") % {"country": country},
            banner=synthetic if self.result.synthetic else "",
            caution=caution,
            focal=country,
            language=self.language,
            direction=direction(self.language),
            tables=tuple(self.table(table) for table in self.result.tables),
            bases=self.bases(),
            provenance=tuple(self.provenance()),
        )

    def text(self, labels: Labels) -> str:
        return labels.get(self.language, "")

    # Numbers ----------------------------------------------------------------------------------------------------------

    def isolated(self, text: str) -> str:
        """A number that keeps its own direction inside right-to-left words."""
        return f"{_ISOLATE}{text}{_END}" if direction(self.language) == "rtl" else text

    def value(self, indicator: IndicatorResult, exact: Fraction) -> str:
        text = round_half_up(exact, indicator.decimals)
        return self.isolated(f"{text}%" if indicator.stat in _PERCENTS else text)

    def figure(self, indicator: IndicatorResult, cell: Cell | None) -> str:
        if cell is None:
            return _("not asked here")
        if cell.value is None:
            return _STATES[cell.state]()
        return self.value(indicator, cell.value) + _flag(cell)

    def base(self, cell: Cell | None) -> str:
        return "" if cell is None or cell.n is None else self.isolated(str(cell.n))

    # Tables -----------------------------------------------------------------------------------------------------------

    def table(self, table: TableResult) -> Table:
        indicators = [self.result.indicator(name) for name in table.indicators]
        columns, lines, footnotes = _SHOW[table.show](self, table, indicators)
        return Table(
            id=table.id,
            title=self.text(table.title),
            columns=columns,
            lines=tuple(lines),
            footnotes=tuple(footnotes),
            notes=tuple(dict.fromkeys(self.notes(table, indicators))),
        )

    def head(self, table: TableResult) -> tuple[str, str]:
        country = self.text(self.result.country(self.focal).label)
        return self.text(table.stub), self.text(table.column).replace("%(country)s", country)

    def others(
        self, table: TableResult, indicators: Sequence[IndicatorResult]
    ) -> tuple[tuple[str, ...], list[Line], list[Footnote]]:
        """The focal country's figure, with the others and the average in a footnote, as in the paper."""
        lines, footnotes = [], []
        for indicator in indicators:
            cell = indicator.cell(self.focal)
            numbers: tuple[int, ...] = ()
            if len(self.result.countries) > 1:
                self.number += 1
                numbers = (self.number,)
                footnotes.append(Footnote(self.number, self.comparison(indicator)))
            cells = (self.figure(indicator, cell), self.base(cell))
            lines.append(Line(self.text(indicator.label), cells, numbers))
        return (*self.head(table), "n"), lines, footnotes

    def comparison(self, indicator: IndicatorResult) -> str:
        listed = pgettext("between the countries of a list", ", ").join(
            f"{self.text(country.label)} {self.figure(indicator, indicator.cell(country.code))}"
            for country in self.result.countries
            if country.code != self.focal
        )
        average = indicator.averages.get(self.focal, {}).get(SCALAR)
        values = {"list": listed, "average": self.value(indicator, average) if average is not None else ""}
        if not indicator.average:
            return _("Percentages in other countries: %(list)s.") % values
        if average is None:
            return _("Percentages in other countries: %(list)s (no average: not every country can be shown).") % values
        if indicator.average == "others":
            return _("Percentages in other countries: %(list)s (Average of the other countries %(average)s).") % values
        return _("Percentages in other countries: %(list)s (Average %(average)s).") % values

    def split(
        self, table: TableResult, indicators: Sequence[IndicatorResult]
    ) -> tuple[tuple[str, ...], list[Line], list[Footnote]]:
        """The total beside the blocks of the split."""
        blocks: dict[str, Labels] = {}
        for indicator in indicators:
            present = indicator.cells.get(self.focal, {})
            blocks.update({name: label for name, label in indicator.blocks.items() if name in present})
        names = [TOTAL, *blocks]
        columns = [self.head(table)[0]]
        for name in names:
            label = _("All") if name == TOTAL else self.text(blocks[name]) or _("Another or not stated")
            columns += [label, "n"]
        lines = [Line(self.text(i.label), tuple(self.split_cells(i, names))) for i in indicators]
        return tuple(columns), lines, []

    def split_cells(self, indicator: IndicatorResult, names: Sequence[str]) -> Iterator[str]:
        for name in names:
            cell = indicator.cell(self.focal, name)
            yield self.figure(indicator, cell) if cell is not None else _("too few to show")
            yield self.base(cell)

    def plain(
        self, table: TableResult, indicators: Sequence[IndicatorResult]
    ) -> tuple[tuple[str, ...], list[Line], list[Footnote]]:
        """The focal country's figures, a line each; a distribution or a count by group takes several lines."""
        lines: list[Line] = []
        for indicator in indicators:
            row = indicator.cells.get(self.focal, {}).get(TOTAL, {})
            if indicator.stat == "percent_each":
                lines.append(Line(self.text(indicator.label), ("", ""), heading=True))
                lines += [
                    Line(self.text(label), (self.figure(indicator, row[name]), self.base(row[name])), indented=True)
                    for name, label in indicator.categories.items()
                    if name in row
                ]
                continue
            cell = row.get(SCALAR)
            base = "" if indicator.stat == "count" else self.base(cell)
            lines.append(Line(self.text(indicator.label), (self.figure(indicator, cell), base)))
            for name, label in indicator.blocks.items():
                part = indicator.cell(self.focal, name)
                if indicator.stat == "count" and part is not None:
                    lines.append(Line(self.text(label), (self.figure(indicator, part), ""), indented=True))
        return (*self.head(table), "n"), lines, []

    # Notes ------------------------------------------------------------------------------------------------------------

    def notes(self, table: TableResult, indicators: Sequence[IndicatorResult]) -> Iterator[str]:
        if any(indicator.stat != "count" for indicator in indicators):
            yield _("n: people who answered the question; blank and declined answers are left out.")
        for indicator in indicators:
            yield from self.rule_notes(indicator)
            if table.show == "others" and indicator.average and len(self.result.countries) > 1:
                yield _AVERAGES[indicator.average]()
        cells = [cell for i in indicators for row in i.cells.get(self.focal, {}).values() for cell in row.values()]
        if any(_flag(cell) == "†" for cell in cells):
            yield _("† fewer than 50 people answered.")
        if any(_flag(cell) == "‡" for cell in cells):
            yield _("‡ fewer than 30 people answered.")
        if any(
            cell.state is State.TOO_FEW
            for i in indicators
            for own in i.cells.values()
            for r in own.values()
            for cell in r.values()
        ):
            yield _("“Too few to show” says nothing about whether a figure is low, high or zero.")
        yield from self.sums(indicators)

    def rule_notes(self, indicator: IndicatorResult) -> Iterator[str]:
        for name, rule in indicator.rules.items():
            if (name, rule) in _RULES:
                yield _RULES[name, rule]()
        if "zero_if" in indicator.rules:
            yield _("%(item)s: people to whom the question does not apply count as zero.") % {
                "item": self.text(indicator.label)
            }
        if "filter" in indicator.rules:
            yield _("%(item)s: only people for whom %(condition)s.") % {
                "item": self.text(indicator.label),
                "condition": indicator.rules["filter"],
            }
        if "multi" in indicator.rules:
            yield _("%(item)s: participants were allowed to choose more than one option.") % {
                "item": self.text(indicator.label)
            }

    def sums(self, indicators: Sequence[IndicatorResult]) -> Iterator[str]:
        """Where printed percentages of one question do not add up to 100, the table says so; else it is silent."""
        for indicator in indicators:
            row = indicator.cells.get(self.focal, {}).get(TOTAL, {})
            exact = [cell.value for cell in row.values() if cell.value is not None]
            whole = indicator.stat == "percent_each" and "multi" not in indicator.rules and len(exact) == len(row)
            printed = sum(Fraction(round_half_up(value, indicator.decimals)) for value in exact)
            if whole and exact and printed != 100:
                yield _("%(item)s: adds to %(sum)s because of rounding.") % {
                    "item": self.text(indicator.label),
                    "sum": self.isolated(round_half_up(Fraction(printed), indicator.decimals)),
                }

    def bases(self) -> Table:
        """How many people answered, for every percentage and mean of every country."""
        columns = (_("Item"), *(self.text(country.label) for country in self.result.countries))
        lines = []
        for indicator in self.result.indicators:
            if indicator.stat == "count":
                continue
            rows = {c.code: indicator.cells.get(c.code, {}).get(TOTAL, {}) for c in self.result.countries}
            bases = tuple(self.base(next(iter(rows[c.code].values()), None)) for c in self.result.countries)
            lines.append(Line(self.text(indicator.label), bases))
        return Table("bases", _("Bases: people who answered"), columns, tuple(lines))

    def provenance(self) -> Iterator[tuple[str, str]]:
        source = self.result.provenance
        yield _("Study"), f"{self.result.study} {source.version}"
        yield (
            _("Hashes (questionnaire, data, plan)"),
            self.isolated(f"{source.instrument_hash[:12]} {source.layout_hash[:12]} {source.plan_hash[:12]}"),
        )
        for country in self.result.countries:
            facts = _("%(people)s respondents of %(all)s participants; release %(release)s, cut %(cut)s") % {
                "people": self.isolated(str(country.respondents)),
                "all": self.isolated(str(country.participants)),
                "release": self.isolated(str(country.release)),
                "cut": self.isolated(str(country.cut)),
            }
            if country.fieldwork_from:
                facts += _("; fieldwork %(first)s to %(last)s") % {
                    "first": self.isolated(country.fieldwork_from),
                    "last": self.isolated(country.fieldwork_to),
                }
            if country.signed_off_by:
                facts += _("; minima and maxima signed off: %(by)s") % {"by": country.signed_off_by}
            yield self.text(country.label), facts
        yield (
            _("Disclosure control"),
            _("split, total or nothing; threshold %(t)s") % {"t": self.isolated(str(source.threshold))},
        )
        yield _("Software"), self.isolated(f"{source.software}, {source.made_on}")
        if source.translations:
            yield _("Translations"), source.translations


Shower = Callable[
    [_Describer, TableResult, Sequence[IndicatorResult]], tuple[tuple[str, ...], list[Line], list[Footnote]]
]
_SHOW: Mapping[str, Shower] = {"others": _Describer.others, "split": _Describer.split, "plain": _Describer.plain}
_STATES: Mapping[State, Callable[[], str]] = {
    State.TOO_FEW: lambda: _("too few to show"),
    State.NO_ANSWERS: lambda: _("no answers"),
    State.NEEDS_SIGN_OFF: lambda: _("not released"),
}
_AVERAGES: Mapping[str, Callable[[], str]] = {
    "all": lambda: _(
        "Average: the unweighted mean of all the countries’ percentages, before rounding; the country in the table is "
        "one of them."
    ),
    "others": lambda: _("Average of the other countries: the unweighted mean of their percentages, before rounding."),
}
_RULES: Mapping[tuple[str, str], Callable[[], str]] = {
    ("dont_know", "include"): lambda: _("“I don’t know” stays in the base."),
    ("dont_know", "exclude"): lambda: _("“I don’t know” is left out of the base."),
    ("not_applicable", "include"): lambda: _("“Does not apply to me” stays in the base."),
    ("not_applicable", "exclude"): lambda: _("“Does not apply to me” is left out of the base."),
}


def _flag(cell: Cell) -> str:
    """† for a base under 50, ‡ under 30: reliability, not disclosure."""
    if cell.value is None or cell.n is None or cell.k is None or cell.n >= FEW:
        return ""
    return "‡" if cell.n < FEWER else "†"
