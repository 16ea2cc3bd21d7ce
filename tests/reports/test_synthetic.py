"""Synthetic answer sheets: the same every time, with exactly the figures wanted, and valid throughout."""

import csv
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from reports.cells import SiteCounts, publishable
from reports.disclosure import Policy
from reports.plan import Stat
from reports.plan_sheets import read_plan
from reports.published import Kind, read_figures, read_targets
from reports.synthetic import Group, synthesize
from reports.table import round_half_up
from reports.tallying import count_records
from survey.protocol import routing
from survey.protocol.record import layout_of
from survey.protocol.schema import Missing
from survey.protocol.sheets import read_workbook
from survey.protocol.workbook import read_protocol
from tests import workbooks as w
from tests.reports.responses import coded
from tests.reports.test_published import figure

OWN = {"choice_filter": "countries = '' or selected(countries, ${country})"}
PROTOCOL, PLAN = w.study(
    [
        *w.group(
            "all",
            w.one("gender", "sex"),
            w.integer("age", 15, 120),
            w.integer("children", 0, 20),
            w.one("trained", "yesno"),
            w.one("often", "often"),
            w.one("area", "area", **OWN),
            w.many("work", "work"),
            w.question("note", "thanks"),
            w.question("text", "why"),
            w.question("acknowledge", "agreed"),
        ),
        *w.group(
            "training",
            w.integer("times", 0, 300),
            w.one("useful", "yesno"),
            w.many("ways", "work"),
            relevant="${trained} = 'yes'",
        ),
    ],
    [
        *w.SEX,
        *w.YES_NO,
        *w.choices("often", "never", "often", "always", missing=["dont_know", "not_applicable"]),
        *w.choices("work", "paid", "unpaid", "home", none=True),
        *w.choices("area", "city", "town"),
        {"list_name": "area", "name": "island", "label": "island", "code": "2", "countries": "EG"},
    ],
    indicators=[
        w.indicator("age.min", "age", "min"),
        w.indicator("age.max", "age", "max"),
        w.indicator("age.mean", "age", "mean"),
        w.indicator("children.min", "children", "min"),
        w.indicator("training.any", "trained", "percent_in", count="yes", split="gender"),
        w.indicator(
            "practice", "often", "percent_in", count="often always", dont_know="include", not_applicable="exclude"
        ),
        w.indicator("area", "area", "percent_each"),
        w.indicator("work", "work", "percent_each"),
        w.indicator("times", "times", "mean", zero_if="${trained} = 'no'"),
        w.indicator("useful", "useful", "percent_in", count="yes"),
        w.indicator("way", "ways", "percent_in", count="paid"),
    ],
)


def target(indicator, k, n, **more):
    return figure(id="", kind=Kind.TARGET, value="", country="KE", indicator=indicator, k=k, n=n, **more)


def printed(indicator, value, **more):
    return figure(id="", country="KE", indicator=indicator, value=value, k=None, n=None, **more)


FIGURES = [
    printed("age.min", "19"),
    printed("age.max", "78"),
    printed("age.mean", "39.2"),
    printed("children.min", "0"),
    target("training.any", 25, 30, block="man"),
    target("training.any", 35, 44, block="woman"),
    target("practice", 40, 69),
    target("area", 40, 73, choice="city"),
    target("area", 33, 73, choice="town"),
    target("work", 48, 74, choice="paid"),
    target("work", 18, 74, choice="unpaid"),
    printed("times", "2.8"),
    target("useful", 40, 55),
    target("way", 22, 50),
]
GROUPS = [Group("woman", 44), Group("man", 30)]
SHEETS = synthesize(protocol=PROTOCOL, plan=PLAN, figures=FIGURES, country="KE", groups=GROUPS)


def cells_of(protocol, plan, sheets, country="KE"):
    """Every figure exact, as if everything might be printed."""
    layout = layout_of(protocol)
    counts = count_records(coded(protocol, sheets, country), layout=layout, plan=plan)
    return publishable(
        plan=plan, layout=layout, counts=SiteCounts(counts.fields, {}), policy=Policy(3), signed_off=True
    )


def test_the_same_input_gives_the_same_sheets_and_another_country_others():
    again = synthesize(protocol=PROTOCOL, plan=PLAN, figures=FIGURES, country="KE", groups=GROUPS)
    assert again == SHEETS
    assert synthesize(protocol=PROTOCOL, plan=PLAN, figures=FIGURES, country="EG", groups=GROUPS) != SHEETS


def test_the_groups_are_there_in_an_order_that_says_nothing():
    assert Counter(sheet["gender"] for sheet in SHEETS) == {"woman": 44, "man": 30}
    assert {sheet["gender"] for sheet in SHEETS[:30]} == {"woman", "man"}


@pytest.mark.parametrize(
    ("indicator", "block", "choice", "k", "n"),
    [
        ("training.any", "man", "", 25, 30),
        ("training.any", "woman", "", 35, 44),
        ("training.any", "all", "", 25 + 35, 30 + 44),
        ("practice", "all", "", 40, 69),
        ("area", "all", "city", 40, 73),
        ("area", "all", "town+island", 33, 73),  # nobody in Kenya is offered an island
        ("work", "all", "paid", 48, 74),
        ("work", "all", "unpaid", 18, 74),
        ("useful", "all", "", 40, 55),
        ("way", "all", "", 22, 50),
    ],
)
def test_every_wanted_fraction_is_there_exactly(indicator, block, choice, k, n):
    cell = cells_of(PROTOCOL, PLAN, SHEETS)[indicator][block][choice]
    assert (cell.k, cell.n) == (k, n)


@pytest.mark.parametrize(
    ("indicator", "value", "decimals"),
    [
        ("age.min", "19", 0),
        ("age.max", "78", 0),
        ("age.mean", "39.2", 1),
        ("children.min", "0", 0),
        ("times", "2.8", 1),
    ],
)
def test_every_wanted_number_is_there(indicator, value, decimals):
    assert round_half_up(cells_of(PROTOCOL, PLAN, SHEETS)[indicator]["all"][""].value, decimals) == value


def test_nobody_answers_what_was_not_asked():
    for sheet in SHEETS:
        assert set(sheet) <= routing.asked(PROTOCOL, sheet, "KE")
        assert ("times" in sheet) == (sheet["trained"] == "yes")


@pytest.mark.parametrize("figures", [FIGURES, []], ids=["with figures", "without figures"])
@pytest.mark.parametrize("country", ["KE", "EG"])
def test_every_answer_is_valid_and_offered(figures, country):
    for sheet in synthesize(protocol=PROTOCOL, plan=PLAN, figures=figures, country=country, groups=GROUPS):
        for question in PROTOCOL.questions():
            answer = sheet.get(question.name, Missing.BLANK)
            assert routing.satisfies(question, answer, sheet, country), (question.name, answer)
            offered = {choice.name for choice in routing.offered(question, sheet, country)}
            if question.options and not isinstance(answer, Missing):
                assert {answer} <= offered if isinstance(answer, str) else set(answer) <= offered
        layout_of(PROTOCOL).encode(sheet, routing.asked(PROTOCOL, sheet, country))


def test_more_people_than_there_are_cannot_be_wanted():
    with pytest.raises(ValueError, match="75 people wanted, 74 there"):
        synthesize(protocol=PROTOCOL, plan=PLAN, figures=[target("practice", 40, 75)], country="KE", groups=GROUPS)


# The bundled study ----------------------------------------------------------------------------------------------------

STUDY = Path(__file__).parents[2] / "studies" / "defenders"


@pytest.fixture(scope="module")
def defenders():
    book = read_workbook(STUDY)
    protocol = read_protocol(book)
    figures = (*read_figures(STUDY / "published.csv"), *read_targets(STUDY / "synthetic_targets.csv"))
    with (STUDY / "synthetic.csv").open(encoding="utf-8", newline="") as file:
        sizes = list(csv.DictReader(file))
    return protocol, read_plan(book, protocol), figures, sizes


@pytest.mark.parametrize("country", ["MX", "CO", "KE", "ID", "EG"])
def test_the_bundled_study_has_its_figures_in_every_country(defenders, country):
    protocol, plan, figures, sizes = defenders
    groups = [Group(size["gender"], int(size["respondents"])) for size in sizes if size["country"] == country]
    sheets = synthesize(protocol=protocol, plan=plan, figures=figures, country=country, groups=groups)
    assert len(sheets) == sum(group.size for group in groups)
    layout, stats = layout_of(protocol), {indicator.id: indicator.stat for indicator in plan.indicators}
    for sheet in sheets:
        assert len(layout.encode(sheet, routing.asked(protocol, sheet, country))) == layout.length
    cells = cells_of(protocol, plan, sheets, country)
    for one in figures:
        if one.country == country and one.k is not None and stats[one.indicator] is not Stat.COUNT:
            cell = cells[one.indicator][one.block or "all"][one.choice]
            assert cell.value == Fraction(100 * one.k, one.n), one
