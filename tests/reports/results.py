"""Small stored results, written by hand: figures as k of n, as a paper's tables would hold them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from reports.comparison import averages
from reports.plan import Average
from reports.table import (
    SCALAR,
    TOTAL,
    Cell,
    Cells,
    CountryResult,
    IndicatorResult,
    Labels,
    Provenance,
    Result,
    State,
    TableResult,
)

LANGUAGES = ("en", "es-MX", "ar")
NAMES: Mapping[str, tuple[str, str, str]] = {
    "MX": ("Mexico", "México", "المكسيك"),
    "CO": ("Colombia", "Colombia", "كولومبيا"),
    "KE": ("Kenya", "Kenia", "كينيا"),
    "ID": ("Indonesia", "Indonesia", "إندونيسيا"),
    "EG": ("Egypt", "Egipto", "مصر"),
}
FIVE = tuple(NAMES)
# Table 1, row 1 of the paper: Mexico 59.7, Colombia 55.4, Kenya 71.1, Indonesia 60.2, Egypt 51.3, average 59.5.
ASSESS = ((43, 72), (41, 74), (54, 76), (50, 83), (40, 78))
TOO_FEW = Cell(State.TOO_FEW, n=12)

PROVENANCE = Provenance(
    instrument_hash="1a" * 32,
    layout_hash="2b" * 32,
    plan_hash="3c" * 32,
    version="2026.1",
    threshold=5,
    software="0.1.0",
    translations="Translations are not yet reviewed by native speakers.",
    made_on="2026-11-23",
)


def labels(*texts: str) -> Labels:
    """One text for all languages, or one for each of English, Spanish, Arabic."""
    return dict(zip(LANGUAGES, texts if len(texts) > 1 else texts * len(LANGUAGES), strict=True))


def percent(k: int, n: int) -> Cell:
    return Cell(State.SHOWN, Fraction(100 * k, n), k, n)


def total(cell: Cell) -> Cells:
    return {TOTAL: {SCALAR: cell}}


def country(code: str, **changes: Any) -> CountryResult:
    own = CountryResult(
        code=code,
        label=labels(*NAMES.get(code, (f"Country {code}",))),
        respondents=74,
        participants=75,
        synthetic=False,
        fieldwork_from="2015-08-03",
        fieldwork_to="2016-04-29",
        modes="survey, interview",
        release=1,
        cut=1,
    )
    return replace(own, **changes)


def indicator(cells: Mapping[str, Cells], average: str = "all", **changes: Any) -> IndicatorResult:
    """A percent_in indicator over the countries of `cells`; its averages follow from them as in a real comparison."""
    own = IndicatorResult(
        id="practice.assess",
        stat="percent_in",
        decimals=1,
        average=average,
        label=labels("Assess the risks", "Evaluar los riesgos", "تقييم المخاطر"),
        categories={},
        blocks={},
        rules={},
        question=labels("How often do you assess the risks?"),
        cells=cells,
        averages=averages(Average(average), cells),
    )
    return replace(own, **changes)


def across(*pairs: tuple[int, int] | Cell, codes: Sequence[str] = FIVE) -> dict[str, Cells]:
    """Totals country by country, from (k, n) or from cells."""
    cells = [pair if isinstance(pair, Cell) else percent(*pair) for pair in pairs]
    return {code: total(cell) for code, cell in zip(codes, cells, strict=True)}


def table(*names: str, **changes: Any) -> TableResult:
    own = TableResult(
        id="practices",
        show="others",
        title=labels("Security practices", "Prácticas de seguridad", "ممارسات الأمان"),
        stub=labels("Practice", "Práctica", "الممارسة"),
        column=labels("Percent in %(country)s", "Porcentaje en %(country)s", "النسبة في %(country)s"),
        indicators=names,
    )
    return replace(own, **changes)


def result(
    *indicators: IndicatorResult, show: str = "others", tables: Sequence[TableResult] = (), **changes: Any
) -> Result:
    """One table of all the indicators, unless tables are given. Without indicators: Table 1, row 1 of the paper."""
    indicators = indicators or (indicator(across(*ASSESS)),)
    own = Result(
        study="defenders",
        title="Survey",
        languages=LANGUAGES,
        countries=tuple(country(code) for code in indicators[0].cells),
        indicators=indicators,
        tables=tuple(tables) or (table(*(one.id for one in indicators), show=show),),
        provenance=PROVENANCE,
    )
    return replace(own, **changes)


def synthetic(own: Result) -> Result:
    return replace(own, countries=tuple(replace(one, synthetic=True) for one in own.countries))
