"""The bundled study's demonstration as a stored result, made without a database: the figures that `bin/demo` shows."""

import csv
from functools import lru_cache
from pathlib import Path

from reports.cells import SiteCounts, publishable
from reports.comparison import compare
from reports.disclosure import Policy
from reports.plan_sheets import read_plan
from reports.published import read_figures, read_targets
from reports.synthetic import Group, synthesize
from reports.table import CountryResult, Result
from reports.tallying import count_records
from survey.protocol.record import layout_of
from survey.protocol.sheets import read_workbook
from survey.protocol.workbook import read_protocol
from tests.reports.responses import coded
from tests.reports.results import PROVENANCE

STUDY = Path(__file__).resolve().parents[2] / "studies" / "defenders"
COUNTRIES = ("MX", "CO", "KE", "ID", "EG")
LANGUAGES = ("en", "es-MX", "es-CO", "id", "sw", "ar")


@lru_cache(maxsize=1)
def demonstration() -> Result:
    """Five countries, t = 5, every table of the plan."""
    book = read_workbook(STUDY)
    protocol = read_protocol(book)
    plan, layout = read_plan(book, protocol), layout_of(protocol)
    figures = (*read_figures(STUDY / "published.csv"), *read_targets(STUDY / "synthetic_targets.csv"))
    with (STUDY / "synthetic.csv").open(encoding="utf-8", newline="") as file:
        sizes = list(csv.DictReader(file))
    cells, countries = {}, []
    for place, code in enumerate(COUNTRIES, start=1):
        own = [size for size in sizes if size["country"] == code]
        groups = [Group(size["gender"], int(size["respondents"])) for size in own]
        registry = {size["gender"]: int(size["participants"]) for size in own}
        sheets = synthesize(protocol=protocol, plan=plan, figures=figures, country=code, groups=groups)
        counts = count_records(coded(protocol, sheets, code), layout=layout, plan=plan)
        cells[code] = publishable(
            plan=plan, layout=layout, counts=SiteCounts(counts.fields, registry), policy=Policy(5), signed_off=True
        )
        countries.append(
            CountryResult(
                code=code,
                label=dict(protocol.country(code).label.by_language),
                respondents=len(sheets),
                participants=sum(registry.values()),
                synthetic=True,
                fieldwork_from="2015-08-03",
                fieldwork_to="2016-04-29",
                modes="survey, interview, focus group",
                release=place,
                cut=1,
                signed_off_by="Synthetic data set",
            )
        )
    return compare(
        protocol=protocol,
        plan=plan,
        tables=[table.id for table in plan.tables],
        countries=countries,
        cells=cells,
        provenance=PROVENANCE,
    )
