"""The annex in words: ranges of printed percentages, and the contrasts that the plan declares. Decides no number.

It never says that a difference matters, only whether chance alone would bring it about among so few people.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from django.utils.translation import gettext as _

from reports.annex import Annex, Contrast, Of, Untested
from reports.inference import Method
from reports.plan import Show
from reports.render.lines import Line, lines_of
from reports.render.reading import Reading, enumerated, in_words, is_percent, listed
from reports.render.tables import NOTHING, Column, ColumnKind, Entry, Row, Table
from reports.table import TOTAL, Cell, IndicatorResult, TableResult, round_half_up

# A difference whose adjusted p is under this is called unlikely to be chance.
UNLIKELY = Fraction(5, 100)
P_DECIMALS = 3


def title() -> str:
    return _("Annex: ranges and differences")


def annex_tables(reading: Reading) -> tuple[Table, ...]:
    """Contrasts first, then the ranges of each table; none for a result that stores no annex."""
    annex = reading.result.annex
    if annex is None:
        return ()
    return (*_contrast_tables(reading, annex), *_range_tables(reading, annex))


def annex_notes(reading: Reading) -> tuple[str, ...]:
    """How to read the annex; only what applies."""
    annex = reading.result.annex
    if annex is None:
        return ()
    contrasts = _contrasts(reading, annex)
    return (
        _(
            "The participants were not drawn at random. This annex tells how far chance alone could move figures of so "
            "few people. It tells nothing about anybody who did not take part."
        ),
        _(
            "Ranges are Wilson score intervals at 95%. Means have none, because how far single answers lie apart is "
            "never released."
        ),
        *(_contrast_notes() if contrasts else ()),
    )


def _contrast_notes() -> Iterator[str]:
    yield _(
        "p: how often groups would differ at least as much by chance, if there were no difference between them. It "
        "comes from Fisher's exact test for two groups, and for more where fewer than five people would be expected "
        "somewhere; else from Pearson's chi-square test without correction."
    )
    yield _(
        "p (Holm): the same, adjusted for all comparisons that the plan declares as one family, also those of tables "
        "that are not printed here. Comparisons of groups are adjusted within their country."
    )
    yield _(
        "A difference is called unlikely to be chance where p (Holm) is under 0.05. Only printed figures are compared. "
        "People of another or no stated group take no part."
    )


# Contrasts ------------------------------------------------------------------------------------------------------------


def _contrasts(reading: Reading, annex: Annex) -> list[Contrast]:
    """Those that the focal country takes part in."""
    return [one for one in annex.contrasts if one.country in ("", reading.focal)]


def _contrast_tables(reading: Reading, annex: Annex) -> Iterator[Table]:
    families: dict[tuple[str, Of], list[Contrast]] = {}
    for one in _contrasts(reading, annex):
        families.setdefault((one.family, one.of), []).append(one)
    for (family, of), own in families.items():
        with_groups = of is Of.BLOCKS
        captions = {
            Of.BLOCKS: _("Differences between groups in %(country)s: %(family)s"),
            Of.COUNTRIES: _("Differences between countries: %(family)s"),
        }
        groups = (Column(_("Groups"), ColumnKind.WORDS),) if with_groups else ()
        heads = (Column(_("p")), Column(_("p (Holm)")), Column(_("Reading"), ColumnKind.WORDS))
        yield Table(
            id=f"annex.{of.value}.{family}",
            caption=captions[of] % {"country": reading.focal_name, "family": family},
            stub=_("Figure"),
            columns=(*groups, *heads),
            rows=tuple(_contrast_row(reading, one, with_groups) for one in own),
            notes=tuple(_method_notes(reading, own)),
        )


def _contrast_row(reading: Reading, one: Contrast, with_groups: bool) -> Row:
    indicator = reading.result.indicator(one.indicator)
    groups = (Entry(_groups(reading, indicator, one), ColumnKind.WORDS),) if with_groups else ()
    return Row(
        reading.label(indicator),
        (
            *groups,
            Entry(_p(reading, one.p), number=one.p),
            Entry(_p(reading, one.adjusted), number=one.adjusted),
            Entry(_reading(one), ColumnKind.WORDS),
        ),
    )


def _groups(reading: Reading, indicator: IndicatorResult, one: Contrast) -> str:
    """“Women 79.5%† (n 44), Men 83.3%† (n 30)”, in the order of the split."""
    cells = indicator.cells.get(one.country, {})
    names = [name for name in indicator.blocks if name in one.groups]
    return listed(_group(reading, indicator, name, cells[name][""]) for name in names) or NOTHING


def _group(reading: Reading, indicator: IndicatorResult, name: str, cell: Cell) -> str:
    return _("%(group)s %(figure)s (%(base)s)") % {
        "group": reading.block_label(indicator, name),
        "figure": in_words(reading, indicator, cell),
        "base": reading.isolated(f"{_('n')} {cell.n}"),
    }


def _p(reading: Reading, p: Fraction | None) -> str:
    if p is None:
        return NOTHING
    least = Fraction(1, 10**P_DECIMALS)
    return reading.isolated(f"< {round_half_up(least, P_DECIMALS)}" if p < least else round_half_up(p, P_DECIMALS))


def _reading(one: Contrast) -> str:
    if one.adjusted is not None:
        return (
            _("a difference unlikely to be chance in this sample")
            if one.adjusted < UNLIKELY
            else _("no clear difference")
        )
    reasons = {
        Untested.NOT_PRINTED: _("not compared: not every figure is printed"),
        Untested.ONE_GROUP: _("not compared: there is only one group with answers"),
        Untested.TOO_UNEVEN: _("not compared: too many people for one test, too uneven for the other"),
        Untested.NO_SHARE: _("not compared: only percentages of counted choices are"),
    }
    return reasons[Untested(one.untested)]


def _method_notes(reading: Reading, own: Sequence[Contrast]) -> Iterator[str]:
    """By which tests, and for how many the family is adjusted."""
    names = {Method.FISHER: _("Fisher's exact test"), Method.CHI_SQUARE: _("Chi-square test")}
    for method, name in names.items():
        labels = [reading.label(reading.result.indicator(one.indicator)) for one in own if one.method == method.value]
        if labels:
            yield _("%(test)s: %(rows)s.") % {"test": name, "rows": enumerated(labels)}
    together = max(one.together for one in own)
    if together:
        yield _("Adjusted for %(number)s declared comparisons.") % {"number": reading.isolated(str(together))}


# Ranges ---------------------------------------------------------------------------------------------------------------


def _range_tables(reading: Reading, annex: Annex) -> Iterator[Table]:
    for spec in reading.result.tables:
        lines = [line for line in lines_of(reading, spec) if is_percent(line.indicator)]
        if lines:
            yield Table(
                id=f"annex.{spec.id}",
                caption=_("%(table)s: range if these were a random sample; they were not")
                % {"table": reading.text(spec.title) or spec.id},
                stub=reading.text(spec.stub),
                columns=(
                    Column(reading.focal_name),
                    Column(_("n"), ColumnKind.BASE),
                    Column(_("From")),
                    Column(_("To")),
                ),
                rows=tuple(row for line in lines for row in _range_rows(reading, annex, spec, line)),
            )


def _range_rows(reading: Reading, annex: Annex, spec: TableResult, line: Line) -> Iterator[Row]:
    """A line's total, and in a table that is split its blocks under it."""
    if line.heading:
        empty = (ColumnKind.FIGURE, ColumnKind.BASE, ColumnKind.FIGURE, ColumnKind.FIGURE)
        yield Row(line.label, tuple(Entry(kind=kind) for kind in empty), heading=True)
        return
    yield _range_row(reading, annex, line, TOTAL, line.label, line.level)
    if spec.show == Show.SPLIT:
        own = line.indicator.cells.get(reading.focal, {})
        for block in line.indicator.blocks:
            if block in own:
                label = reading.block_label(line.indicator, block)
                yield _range_row(reading, annex, line, block, label, line.level + 1)


def _range_row(reading: Reading, annex: Annex, line: Line, block: str, label: str, level: int) -> Row:
    cell = line.cell(reading.focal, block)
    found = annex.range_of(line.indicator.id, reading.focal, block, line.category)
    bounds = [NOTHING, NOTHING]
    if found is not None:
        bounds = [reading.isolated(round_half_up(bound, line.indicator.decimals) + "%") for bound in found]
    base = NOTHING if cell is None or cell.n is None else reading.isolated(str(cell.n))
    numbers = found or (None, None)
    return Row(
        label,
        (
            Entry(line.in_words(reading, reading.focal, block), number=cell.value if cell else None),
            Entry(base, ColumnKind.BASE, number=None if cell is None or cell.n is None else Fraction(cell.n)),
            *(Entry(text, number=number) for text, number in zip(bounds, numbers, strict=True)),
        ),
        level,
    )
