"""Printed cells → the annex: a range for every printed percentage, and the contrasts that the plan's families declare.

Only printed cells take part, so the annex tells nothing that the tables do not. A family is adjusted for all the tests
that the plan declares, also where a comparison prints only some of its tables, or a release holds only some of its
cells: else whoever chooses few tables would make every difference look clearer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reports.annex import Annex, Contrast, Of, Range, Untested
from reports.inference import Share, compare_shares, holm, wilson
from reports.plan import Indicator, Stat
from reports.table import SCALAR, TOTAL, Cell, Cells
from reports.tabulation import UNSTATED

_SHARES = (Stat.PERCENT_IN, Stat.PERCENT_EACH)


def annex(indicators: Sequence[Indicator], wanted: set[str], cells: Mapping[str, Mapping[str, Cells]]) -> Annex:
    """The annex of the `wanted` indicators of a plan. `cells` maps country code → indicator id → cells."""
    contrasts = _adjusted([one for indicator in indicators if indicator.family for one in _declared(indicator, cells)])
    return Annex(
        ranges={
            indicator.id: {country: _ranges(own.get(indicator.id, {})) for country, own in cells.items()}
            for indicator in indicators
            if indicator.id in wanted and indicator.stat in _SHARES
        },
        contrasts=tuple(one for one in contrasts if one.indicator in wanted),
    )


def _ranges(cells: Cells) -> dict[str, dict[str, Range]]:
    found = {
        block: {name: _range(cell) for name, cell in row.items() if _share(cell) is not None}
        for block, row in cells.items()
    }
    return {block: row for block, row in found.items() if row}


def _range(cell: Cell) -> Range:
    share = _share(cell)
    assert share is not None
    low, high = wilson(share)
    return 100 * low, 100 * high


def _share(cell: Cell | None) -> Share | None:
    """The people behind a printed percentage; None where none is printed."""
    if cell is None or cell.value is None or cell.k is None or not cell.n:
        return None
    return Share(cell.k, cell.n)


# Contrasts ------------------------------------------------------------------------------------------------------------


def _declared(indicator: Indicator, cells: Mapping[str, Mapping[str, Cells]]) -> Iterator[Contrast]:
    own = {country: rows.get(indicator.id, {}) for country, rows in cells.items()}
    if not indicator.split:
        totals = {country: rows.get(TOTAL, {}).get(SCALAR) for country, rows in own.items()}
        yield _contrast(indicator, Of.COUNTRIES, "", totals)
        return
    for country, rows in own.items():
        blocks = {name: row.get(SCALAR) for name, row in sorted(rows.items()) if name not in (TOTAL, UNSTATED)}
        # A split is printed as a whole or not at all.
        yield _contrast(indicator, Of.BLOCKS, country, blocks or {"": None})


def _contrast(indicator: Indicator, of: Of, country: str, cells: Mapping[str, Cell | None]) -> Contrast:
    """One contrast, not adjusted yet."""
    found = {name: _share(cell) for name, cell in cells.items()}
    shares = [share for share in found.values() if share is not None]
    whole = Contrast(indicator.id, indicator.family, of, country)
    if indicator.stat is not Stat.PERCENT_IN:
        return replace(whole, untested=Untested.NO_SHARE.value)
    if len(shares) < len(found):
        return replace(whole, untested=Untested.NOT_PRINTED.value)
    whole = replace(whole, groups=tuple(found))
    if len(shares) < 2:
        return replace(whole, untested=Untested.ONE_GROUP.value)
    tested = compare_shares(shares)
    if tested is None:
        return replace(whole, untested=Untested.TOO_UNEVEN.value)
    return replace(whole, method=tested.method.value, p=tested.p)


def _adjusted(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """With Holm's adjustment within each family: of one country's blocks, or of the countries."""
    families: dict[tuple[str, str, str], list[int]] = {}
    for place, one in enumerate(contrasts):
        if one.untested != Untested.NO_SHARE:
            families.setdefault((one.family, one.of, one.country), []).append(place)
    found = list(contrasts)
    for places in families.values():
        tested = {place: p for place in places if (p := contrasts[place].p) is not None}
        adjusted = dict(zip(tested, holm(list(tested.values()), len(places)), strict=True))
        for place in places:
            found[place] = replace(contrasts[place], adjusted=adjusted.get(place), together=len(places))
    return found
