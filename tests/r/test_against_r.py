"""Our figures, intervals and tests against R's, which are stored beside the script that made them."""

import csv
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import pytest

from reports.cells import SiteCounts, publishable
from reports.comparison import compare
from reports.disclosure import FLOOR, Policy
from reports.inference import LEAST_EXPECTED, Method, Share, chi_square, compare_shares, fisher, holm, wilson
from reports.table import Result, round_half_up
from reports.tallying import count_records
from survey.protocol import datafile
from survey.protocol.mapping import Mapped
from survey.protocol.record import layout_of
from tests.r.generate import COUNTRIES, FILES, INPUTS, SEEDS, study
from tests.reports.responses import coded
from tests.reports.results import country, result

VALUES = Path(__file__).parent / "values"
NEAR = 1e-9


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def grouped(found: Iterable[dict[str, str]], name: str) -> dict[str, list[dict[str, str]]]:
    parts: dict[str, list[dict[str, str]]] = {}
    for row in found:
        parts.setdefault(row[name], []).append(row)
    return parts


@pytest.mark.parametrize("name", sorted(FILES))
def test_what_r_was_given_is_what_the_generator_writes(name: str) -> None:
    assert (INPUTS / name).read_text(encoding="utf-8") == FILES[name]()


# Intervals and tests --------------------------------------------------------------------------------------------------

TABLES = {
    name: [Share(int(row["k"]), int(row["n"])) for row in own]
    for name, own in grouped(rows(INPUTS / "tables.csv"), "table").items()
}


def test_ranges_are_rs() -> None:
    found = rows(VALUES / "ranges.csv")
    ours = [wilson(share) for own in TABLES.values() for share in own]
    assert len(found) == len(ours) == 786
    for row, (low, high) in zip(found, ours, strict=True):
        assert float(low) == pytest.approx(float(row["low"]), abs=NEAR), row
        assert float(high) == pytest.approx(float(row["high"]), abs=NEAR), row


def test_tests_are_rs_and_the_one_is_taken_that_its_expected_counts_call_for() -> None:
    taken, equal = {Method.FISHER: 0, Method.CHI_SQUARE: 0}, 0
    for row in rows(VALUES / "tests.csv"):
        own = TABLES[row["table"]]
        assert float(chi_square(own)) == pytest.approx(float(row["chi_square"]), abs=NEAR), row
        exact = fisher(own)
        if row["fisher"] and exact is not None:
            assert float(exact) == pytest.approx(float(row["fisher"]), abs=NEAR), row
            equal += 1
        tested = compare_shares(own)
        assert tested is not None, row
        few = float(row["least_expected"]) < LEAST_EXPECTED
        by_fisher = exact is not None and (len(own) == 2 or few)
        assert tested.method is (Method.FISHER if by_fisher else Method.CHI_SQUARE), row
        assert few is False or by_fisher, row
        taken[tested.method] += 1
    # Ours stops before six groups of hundreds, and before tens of thousands.
    assert equal == len(TABLES) - 11
    assert taken == {Method.FISHER: 235, Method.CHI_SQUARE: 18}


def test_adjusted_p_values_are_rs() -> None:
    found = iter(rows(VALUES / "holm.csv"))
    for own in grouped(rows(INPUTS / "families.csv"), "family").values():
        for adjusted in holm([Fraction(row["p"]) for row in own], int(own[0]["declared"])):
            assert float(adjusted) == pytest.approx(float(next(found)["adjusted"]), abs=NEAR)
    assert next(found, None) is None


# Figures of answer sheets ---------------------------------------------------------------------------------------------


@lru_cache
def compared(seed: int) -> Result:
    """The sheets that R read, from the file to the printed cells of a comparison."""
    protocol, plan = study()
    layout = layout_of(protocol)
    own = [row for row in rows(INPUTS / "microdata.csv") if row["seed"] == str(seed)]
    cells = {}
    for code in COUNTRIES:
        columns = datafile.headings(protocol)
        reader = datafile.DataFile(
            "microdata", columns, protocol=protocol, country=code, mapped=Mapped(), defaults=datafile.Defaults()
        )
        read = [reader.read(2, [row[column] for column in columns]) for row in own if row["country"] == code]
        answers = [line.answers for line in read if isinstance(line, datafile.Line)]
        assert len(answers) == len(read)
        counts = count_records(coded(protocol, answers, code), layout=layout, plan=plan)
        cells[code] = publishable(
            plan=plan, layout=layout, counts=SiteCounts(counts.fields, {}), policy=Policy(FLOOR), signed_off=True
        )
    return compare(
        protocol=protocol,
        plan=plan,
        tables=["all"],
        countries=[country(code) for code in COUNTRIES],
        cells=cells,
        provenance=result().provenance,
    )


def test_percentages_means_and_bases_are_rs_and_print_alike() -> None:
    hidden, equal = [], 0
    for row in rows(VALUES / "cells.csv"):
        indicator = compared(int(row["seed"])).indicator(row["indicator"])
        cell = indicator.cell(row["country"], row["block"], row["category"])
        if cell is None or cell.value is None:
            hidden.append((row["indicator"], row["block"]))
            continue
        assert float(cell.value) == pytest.approx(float(row["value"]), abs=NEAR), row
        assert cell.n == int(row["n"]), row
        assert (row["k"] or cell.k) in (cell.k, str(cell.k)), row
        assert round_half_up(cell.value, indicator.decimals) == row["printed"], row
        equal += 1
    # Every figure is printed: else the comparison with R would say little.
    assert hidden == []
    assert equal == 216


def test_averages_are_rs() -> None:
    found = rows(VALUES / "averages.csv")
    assert len(found) == 4 * len(COUNTRIES) * len(SEEDS)
    for row in found:
        own = compared(int(row["seed"])).indicator(row["indicator"]).averages[row["focal"]][""]
        assert float(own) == pytest.approx(float(row["average"]), abs=NEAR), row


def test_contrasts_of_declared_families_are_rs() -> None:
    found = rows(VALUES / "contrasts.csv")
    assert len(found) == (2 * len(COUNTRIES) + 2) * len(SEEDS)
    for row in found:
        annex = compared(int(row["seed"])).annex
        assert annex is not None
        [own] = [one for one in annex.contrasts if (one.indicator, one.country) == (row["indicator"], row["country"])]
        assert own.method == row["method"], row
        assert own.p is not None
        assert own.adjusted is not None
        assert float(own.p) == pytest.approx(float(row["p"]), abs=NEAR), row
        assert float(own.adjusted) == pytest.approx(float(row["adjusted"]), abs=NEAR), row
