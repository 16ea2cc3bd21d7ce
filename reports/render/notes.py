"""What stands under a table: how its bases and averages were made, and what its marks mean. Only what applies."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from django.utils.translation import gettext as _

from reports.derived_rules import SPLIT
from reports.plan import Average, Show, Stat
from reports.render.lines import indicators_of
from reports.render.reading import FEW, VERY_FEW, Reading, enumerated, flag, listed, of_rows
from reports.table import SCALAR, TOTAL, Cell, IndicatorResult, State, TableResult, round_half_up

Maker = Callable[[Reading, IndicatorResult], str]
# As many as there are where footnotes still name every country: the focal one, and twelve others.
MOST_BASES = 13


def caution() -> str:
    """Stands in every file, whatever its format."""
    return _(
        "The participants were chosen for the study on purpose, not drawn at random. These figures describe them "
        "and nobody else; they are not estimates for a country."
    )


def table_notes(reading: Reading, table: TableResult) -> tuple[str, ...]:
    """Every note that applies to the table as it is printed for the focal country."""
    indicators = indicators_of(reading, table)
    across = table.show == Show.OTHERS and bool(reading.others)
    by_block = _BY_BLOCK if table.show == Show.SPLIT else ()
    makers = (*(_ACROSS if across else ()), *_ALWAYS, *by_block)
    notes = [note for maker in makers for note in _by_rows(reading, indicators, maker)]
    bases = [_bases(reading, indicators)] if table.show == Show.OTHERS else []
    return (*notes, *_legends(reading, table), *bases)


def _by_rows(reading: Reading, indicators: Sequence[IndicatorResult], maker: Maker) -> Iterator[str]:
    """One note where it holds for the whole table; else led by the rows that it holds for."""
    rows: dict[str, list[str]] = {}
    for indicator in indicators:
        rows.setdefault(maker(reading, indicator), []).append(reading.label(indicator))
    for note, labels in rows.items():
        if note and len(rows) == 1:
            yield note
        elif note:
            yield of_rows(labels, note)


# Notes of one indicator -----------------------------------------------------------------------------------------------


def _average(reading: Reading, indicator: IndicatorResult) -> str:
    size = len(reading.result.countries)
    if indicator.average == Average.ALL:
        return _(
            "Average: the unweighted mean of the figures of all %(number)s countries, "
            "%(country)s included, before rounding."
        ) % {"number": reading.isolated(str(size)), "country": reading.focal_name}
    if indicator.average == Average.OTHERS:
        return _(
            "Average: the unweighted mean of the figures of the other countries (%(number)s), "
            "%(country)s not included, before rounding."
        ) % {"number": reading.isolated(str(size - 1)), "country": reading.focal_name}
    return ""


def _missing(reading: Reading, indicator: IndicatorResult) -> str:
    rules = indicator.rules
    sentences = {
        ("dont_know", "exclude"): _("“Don't know” is left out of the base."),
        ("dont_know", "include"): _("“Don't know” is part of the base."),
        ("not_applicable", "exclude"): _("“Does not apply” is left out of the base."),
        ("not_applicable", "include"): _("“Does not apply” is part of the base."),
    }
    return " ".join(text for (rule, value), text in sentences.items() if rules.get(rule) == value)


def _filter(reading: Reading, indicator: IndicatorResult) -> str:
    condition = indicator.rules.get("filter", "")
    return _("Only people for whom this holds: %(condition)s.") % _condition(reading, condition) if condition else ""


def _zero_if(reading: Reading, indicator: IndicatorResult) -> str:
    condition = indicator.rules.get("zero_if", "")
    if not condition:
        return ""
    return _("People for whom this holds count with the value 0: %(condition)s.") % _condition(reading, condition)


def _condition(reading: Reading, expression: str) -> dict[str, str]:
    """An expression of the workbook without its brackets: `${training} = 'no'` prints as training = no."""
    plain = expression.replace("${", "").replace("}", "").replace("'", "").replace('"', "")
    return {"condition": reading.isolated(plain)}


def _derived(reading: Reading, indicator: IndicatorResult) -> str:
    """How the derived variables of a figure were made."""
    return _made(reading, indicator.rules)


def _split_derived(reading: Reading, indicator: IndicatorResult) -> str:
    """How the blocks of a split were made, where they are printed."""
    return _made(reading, {name.removeprefix(SPLIT): rule for name, rule in indicator.rules.items() if SPLIT in name})


def _made(reading: Reading, rules: Mapping[str, str]) -> str:
    """How a band, a recode or an any-of was made, and who is in its base."""
    sentences = {
        "band": _("Numbers are put into bands (%(rule)s)."),
        "recode": _("Answers are put together (%(rule)s)."),
        "any_of": _("Counted where at least one of these was chosen (%(rule)s)."),
    }
    made = [text % {"rule": reading.isolated(rules[rule])} for rule, text in sentences.items() if rules.get(rule)]
    least, most = rules.get("answered", "0 0").split()
    if least != "0":
        numbers = {"least": reading.isolated(least), "most": reading.isolated(most)}
        made.append(_("Base: people who answered at least %(least)s of these %(most)s questions.") % numbers)
    return " ".join(made)


def _restrict(reading: Reading, indicator: IndicatorResult) -> str:
    names = indicator.rules.get("restrict", "").split()
    groups = listed(reading.block_label(indicator, name) for name in names)
    return _("Only these groups are counted: %(groups)s.") % {"groups": groups} if names else ""


def _multi(reading: Reading, indicator: IndicatorResult) -> str:
    return _("Participants were allowed to choose more than one option.") if indicator.rules.get("multi") else ""


def _adds_to(reading: Reading, indicator: IndicatorResult) -> str:
    """Printed percentages of one distribution that do not add to 100, which can only be rounding."""
    own = indicator.cells.get(reading.focal, {}).get(TOTAL, {})
    values = [cell.value for cell in own.values()]
    if indicator.stat != Stat.PERCENT_EACH or indicator.rules.get("multi") or not values or None in values:
        return ""
    printed = sum((Fraction(round_half_up(value, indicator.decimals)) for value in values if value is not None), 0)
    if printed == 100:
        return ""
    total = reading.isolated(round_half_up(Fraction(printed), indicator.decimals) + "%")
    return _("The percentages add to %(total)s because of rounding.") % {"total": total}


def base_rules(reading: Reading, indicator: IndicatorResult) -> tuple[str, ...]:
    """Who is in the base and who is not, a sentence each."""
    return tuple(text for text in (maker(reading, indicator) for maker in _ABOUT_BASES) if text)


_ACROSS: tuple[Maker, ...] = (_average,)
_ABOUT_BASES: tuple[Maker, ...] = (_missing, _filter, _zero_if, _derived, _restrict, _multi)
_ALWAYS: tuple[Maker, ...] = (*_ABOUT_BASES, _adds_to)
_BY_BLOCK: tuple[Maker, ...] = (_split_derived,)


# Legends and bases ----------------------------------------------------------------------------------------------------


def _legends(reading: Reading, table: TableResult) -> Iterator[str]:
    """Marks and words that the table uses, each once."""
    printed = list(_cells(reading, table))
    flags = {flag(indicator, cell) for indicator, cell in printed}
    states = {cell.state for _indicator, cell in printed}
    if FEW in flags:
        yield FEW + " " + _("Based on 30 to 49 people.")
    if VERY_FEW in flags:
        yield VERY_FEW + " " + _("Based on fewer than 30 people.")
    if State.TOO_FEW in states:
        threshold = reading.isolated(str(reading.result.provenance.threshold))
        yield _(
            "“Too few to show”: the figure would say too much about few people (threshold %(threshold)s). "
            "It may be low, high or zero."
        ) % {"threshold": threshold}
    if State.NEEDS_SIGN_OFF in states:
        yield _("“Not released”: a lowest or highest value is the answer of one person and needs a named sign-off.")


def _cells(reading: Reading, table: TableResult) -> Iterator[tuple[IndicatorResult, Cell]]:
    """The cells that a table of this kind prints: all countries' totals, or the focal country's blocks."""
    for indicator in indicators_of(reading, table):
        if table.show == Show.OTHERS:
            rows = [cells.get(TOTAL, {}) for cells in indicator.cells.values()]
        elif table.show == Show.SPLIT:
            rows = list(indicator.cells.get(reading.focal, {}).values())
        else:
            rows = [indicator.cells.get(reading.focal, {}).get(TOTAL, {})]
        yield from ((indicator, cell) for row in rows for cell in row.values())


def _bases(reading: Reading, indicators: Sequence[IndicatorResult]) -> str:
    """How many people answered, in every country; row by row where it differs."""
    by_country = {
        reading.country_name(country): [base_of(reading, indicator, country.code) for indicator in indicators]
        for country in reading.result.countries
    }
    if len(reading.result.countries) > MOST_BASES:
        return _("Bases (people who answered) stand beside the figures of all countries.")
    if all(len(set(bases)) == 1 for bases in by_country.values()):
        countries = enumerated(f"{name} {bases[0]}" for name, bases in by_country.items())
        return _("Bases (people who answered): %(countries)s.") % {"countries": countries}
    countries = enumerated(f"{name} {listed(bases)}" for name, bases in by_country.items())
    return _("Bases (people who answered), row by row: %(countries)s.") % {"countries": countries}


def base_of(reading: Reading, indicator: IndicatorResult, country: str) -> str:
    """How many people answered in a country."""
    cells = indicator.cells.get(country, {}).get(TOTAL, {})
    size = largest_base(cells.values()) if SCALAR not in cells else cells[SCALAR].n
    return _("not stated") if size is None else reading.isolated(str(size))


def largest_base(cells: Iterable[Cell]) -> int | None:
    """The base of a distribution, which its categories share."""
    return max((cell.n for cell in cells if cell.n is not None), default=None)
