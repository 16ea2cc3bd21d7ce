"""Several sites' releases → one result: cells side by side, and averages of printed cells only."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from reports.cells import JOINED
from reports.contrasts import annex
from reports.derived_rules import derived_rules
from reports.plan import Average, Indicator, Plan, Stat, TableSpec
from reports.table import (
    SCALAR,
    TOTAL,
    Cells,
    CountryResult,
    IndicatorResult,
    Labels,
    Provenance,
    Result,
    TableResult,
    Wording,
)
from survey.protocol.schema import Battery, Missing, Protocol, Question, Texts


def compare(
    *,
    protocol: Protocol,
    plan: Plan,
    tables: Sequence[str],
    countries: Sequence[CountryResult],
    cells: Mapping[str, Mapping[str, Cells]],
    provenance: Provenance,
) -> Result:
    """Assemble a result. `cells` maps country code → indicator id → cells; `tables` are the ids that were asked for."""
    chosen = [table for table in plan.tables if table.id in tables]
    return Result(
        study=protocol.settings.form_id,
        title=protocol.settings.title,
        languages=protocol.languages,
        countries=tuple(countries),
        indicators=tuple(
            _indicator(
                protocol, plan, indicator, {country.code: cells[country.code][indicator.id] for country in countries}
            )
            for indicator in plan.of_tables(tables)
        ),
        tables=tuple(_table(protocol, table) for table in chosen),
        provenance=provenance,
        annex=annex(plan.indicators, {indicator.id for indicator in plan.of_tables(tables)}, cells),
    )


def averages(kind: Average, cells: Mapping[str, Cells]) -> dict[str, dict[str, Fraction]]:
    """Unweighted means of unrounded country values, by focal country; empty unless every country prints its total.

    `all` takes in the focal country too (the footnotes of the paper's tables); `others` leaves it out.
    """
    totals = {country: own[TOTAL][SCALAR] for country, own in cells.items() if SCALAR in own.get(TOTAL, {})}
    values = {country: cell.value for country, cell in totals.items() if cell.value is not None}
    if kind is Average.NONE or len(cells) < 2 or len(values) < len(cells):
        return {}
    return {
        focal: {SCALAR: _mean([v for country, v in values.items() if kind is Average.ALL or country != focal])}
        for focal in values
    }


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _indicator(protocol: Protocol, plan: Plan, indicator: Indicator, cells: Mapping[str, Cells]) -> IndicatorResult:
    question = plan.question(indicator.variable, protocol)
    split = plan.question(indicator.split, protocol)
    categories = dict.fromkeys(name for own in cells.values() for name in own[TOTAL])
    blocks = dict.fromkeys(name for own in cells.values() for name in own if name != TOTAL)
    return IndicatorResult(
        id=indicator.id,
        stat=indicator.stat.value,
        decimals=indicator.decimals,
        average=indicator.average.value,
        label=_labels(protocol, indicator.label),
        categories=_in_order(protocol, question, categories),
        blocks=_in_order(protocol, split, blocks),
        rules=_rules(indicator, question),
        question=_labels(protocol, question.label) if question else {},
        cells=cells,
        averages=averages(indicator.average, cells),
        variable=indicator.variable,
        counted=indicator.counted,
        choices={choice.name: _labels(protocol, choice.label) for choice in question.options} if question else {},
        wordings=_wordings(protocol, indicator.asked, cells),
        family=indicator.family,
    )


def _wordings(protocol: Protocol, names: Sequence[str], cells: Mapping[str, Cells]) -> tuple[Wording, ...]:
    """How countries of the comparison word these questions, the batteries that they stand in, or their answers."""
    batteries = (item for section in protocol.sections for item in section.items if isinstance(item, Battery))
    asked = {*names, *(one.name for one in batteries if any(question.name in names for question in one.questions))}
    lists = [question.choices for name in names if (question := protocol.question(name)) and question.choices]
    offered = {f"{one.name}/{choice.name}": choice for one in lists for choice in one.choices}
    return tuple(
        Wording(
            one.country,
            one.language,
            one.text,
            one.back_translation,
            one.reason,
            _labels(protocol, offered[one.name].label) if one.name in offered else {},
        )
        for one in protocol.deviations
        if one.field == "label" and one.country in cells and one.name in asked | offered.keys()
    )


def _in_order(protocol: Protocol, question: Question | None, names: Mapping[str, object]) -> dict[str, Labels]:
    """Labels of categories or blocks, in the order of the scale; merged classes carry all their names."""
    order = [choice.name for choice in question.options] if question else []
    place = {
        name: min((order.index(part) for part in name.split(JOINED) if part in order), default=99) for name in names
    }
    return {name: _joined(protocol, question, name) for name in sorted(names, key=lambda name: place[name])}


def _joined(protocol: Protocol, question: Question | None, name: str) -> Labels:
    choices = [question.choices.get(part) for part in name.split(JOINED)] if question and question.choices else []
    return {
        tag: " / ".join(choice.label.get(tag) for choice in choices if choice is not None) for tag in protocol.languages
    }


def _rules(indicator: Indicator, question: Question | None) -> dict[str, str]:
    """How the base was made, by keys that the renderers put into words."""
    rules: dict[str, str] = {}
    choices = question.choices if question else None
    for reason in (Missing.DONT_KNOW, Missing.NOT_APPLICABLE):
        if choices and choices.for_reason(reason):
            rules[reason.value] = "include" if reason in indicator.includes else "exclude"
    if indicator.zero_if is not None:
        rules["zero_if"] = indicator.zero_if.source
    if indicator.filter is not None:
        rules["filter"] = indicator.filter.source
    if indicator.restrict:
        rules["restrict"] = " ".join(indicator.restrict)
    if indicator.stat is Stat.PERCENT_EACH and question and question.kind.value == "select_multiple":
        rules["multi"] = "yes"
    return {**rules, **derived_rules(indicator)}


def _labels(protocol: Protocol, text: Texts) -> dict[str, str]:
    return {tag: text.get(tag) for tag in protocol.languages}


def _table(protocol: Protocol, table: TableSpec) -> TableResult:
    title, stub, column = (_labels(protocol, text) for text in (table.title, table.stub, table.column))
    return TableResult(table.id, table.show.value, title, stub, column, table.indicators)
