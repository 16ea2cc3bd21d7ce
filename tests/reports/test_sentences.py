"""Every quantitative sentence of the paper: the indicator that expresses it, and what is printed of Mexico.

The figures are those of the synthetic cohorts, counted and hidden at the threshold of 5 as releases are.
"""

import csv
from pathlib import Path

import pytest

from reports.cells import SiteCounts, publishable
from reports.comparison import compare
from reports.disclosure import Policy
from reports.plan_sheets import read_plan
from reports.published import Kind, Verdict, check_figures, read_figures, read_targets
from reports.render.notes import table_notes
from reports.render.reading import Reading, absence, in_words, printed
from reports.synthetic import Group, synthesize
from reports.table import SCALAR, TOTAL, CountryResult, Provenance
from reports.tallying import count_records
from survey.protocol.record import layout_of
from survey.protocol.sheets import read_workbook
from survey.protocol.workbook import read_protocol
from tests.reports.responses import coded

STUDY = Path(__file__).parents[2] / "studies" / "defenders"
COUNTRIES = ("MX", "CO", "KE", "ID", "EG")
FIGURES = read_figures(STUDY / "published.csv")


def site(protocol, plan, code):
    with (STUDY / "synthetic.csv").open(encoding="utf-8", newline="") as file:
        sizes = [size for size in csv.DictReader(file) if size["country"] == code]
    figures = (*FIGURES, *read_targets(STUDY / "synthetic_targets.csv"))
    groups = [Group(size["gender"], int(size["respondents"])) for size in sizes]
    sheets = synthesize(protocol=protocol, plan=plan, figures=figures, country=code, groups=groups)
    layout = layout_of(protocol)
    counts = count_records(coded(protocol, sheets, code), layout=layout, plan=plan)
    registry = {size["gender"]: int(size["participants"]) for size in sizes}
    cells = publishable(
        plan=plan,
        layout=layout,
        counts=SiteCounts(counts.fields, registry),
        policy=Policy(5),
        signed_off=True,
    )
    return cells, len(sheets), sum(registry.values())


@pytest.fixture(scope="module")
def result():
    book = read_workbook(STUDY)
    protocol = read_protocol(book)
    plan = read_plan(book, protocol)
    sites = {code: site(protocol, plan, code) for code in COUNTRIES}
    return compare(
        protocol=protocol,
        plan=plan,
        tables=[table.id for table in plan.tables],
        countries=[
            CountryResult(
                code, dict(protocol.country(code).label.by_language), answered, people, True, "", "", "survey", 1, 1
            )
            for code, (_, answered, people) in sites.items()
        ],
        cells={code: cells for code, (cells, _, _) in sites.items()},
        provenance=Provenance("a", "b", "c", "1", 5, "0", "", "2026-11-23"),
    )


# (sentence, indicator, block or choice or “average”, words)
SENTENCES = [
    ("75 participants from Mexico", "participants.gender", "", "75"),
    ("30 men", "participants.gender", "man", "30"),
    ("and 45 women", "participants.gender", "woman", "45"),
    ("between 19", "about.age_min", "", "19"),
    ("and 78 years old", "about.age_max", "", "78"),
    ("with a mean age of 39.2 years", "about.age_mean", "", "39.2"),
    ("45.2% were married, or living with a partner", "about.relationship", "partner", "45.2%"),
    ("28.8% were in a relationship", "about.relationship", "in_relationship", "28.8%"),
    ("26% were single", "about.relationship", "single", "26.0%"),
    ("62.2% had children", "about.children", "", "62.2%"),
    ("45.9% in urban and rural areas", "about.area", "both", "45.9%"),
    ("45.9% in an urban area", "about.area", "urban", "45.9%"),
    ("8.1% in rural areas", "about.area", "rural", "8.1%"),
    ("64.9% were employed", "about.employment", "employed", "64.9%"),
    ("24.3% were self-employed", "about.employment", "self_employed", "24.3%"),
    ("10.8% were unemployed", "about.employment", "unemployed", "10.8%"),
    ("42% in a formal organisation", "work.mode", "formal", "41.9%"),
    ("65% in an informal group", "work.mode", "informal", "64.9%"),
    ("20.3% alone", "work.mode", "alone", "20.3%"),
    ("human rights work between 2", "work.years_min", "", "2"),
    ("and 24 years", "work.years_max", "", "24"),
    ("an average of around 12 years", "work.years_mean", "", "12.0"),
    ("most (77.5%) leading others", "work.leads", "", "77.5%"),
    ("the most frequently mentioned threats: harassment", "threats.types", "harassment", None),
    ("the most common perpetrators: the police", "threats.perpetrators", "police", None),
    ("86.1% concerned about physical security", "concern.physical", "", "86.1%"),
    ("84.9% about digital security", "concern.digital", "", "84.9%"),
    ("89% about mental and emotional wellbeing", "concern.mental", "", "89.0%"),
    ("90.4% kept others informed", "practice.tell_someone", "", "90.4%"),
    ("Table 1: assess", "practice.assess", "", "59.7%"),
    ("Table 1: assess (Average 59.5%)", "practice.assess", "average", "59.5%"),
    ("Table 1: manage", "practice.manage", "", "67.1%"),
    ("Table 1: security plan", "practice.plan", "", "58.0%"),
    ("Table 1: contingency plans", "practice.contingency", "", "63.0%"),
    ("over 60% employed security protocols", "practice.protocols", "", "64.4%"),
    ("documenting and keeping records of threats", "practice.document", "", None),
    ("changing movements and routines", "practice.routines", "", None),
    ("avoiding certain places and people", "practice.avoid", "", None),
    ("assessing the security climate", "practice.climate", "", None),
    ("many increased their visibility", "practice.visibility_up", "", None),
    ("some decreased it", "practice.visibility_down", "", None),
    ("most cited sources of support: work colleagues", "protection.sources", "colleagues", None),
    ("one third sought protection from State authorities", "protection.state", "", None),
    ("accompaniment from other organisations", "protection.accompaniment", "", None),
    ("81.1% received some training", "training.any", "", "81.1%"),
    ("83.3% of male participants", "training.any", "man", "83.3%†"),
    ("79.5% of women participants", "training.any", "woman", "79.5%†"),
    ("2.8 trainings per person", "training.mean", "", "2.8"),
    ("Table 2: partner", "support.partner", "", "64.4%"),
    ("Table 2: parents", "support.parents", "", "53.5%"),
    ("Table 2: close friends", "support.friends", "", "78.1%"),
    ("Table 2: same country", "support.same", "", "73.0%"),
    ("Table 2: other countries", "support.other", "", "45.2%"),
    ("Table 2: other countries (Average 49.5%)", "support.other", "average", "49.5%"),
    ("Table 3: technical support", "barrier.technical", "", "73.6%"),
    ("Table 3: knowledge", "barrier.knowledge", "", "71.9%"),
    ("Table 3: money", "barrier.money", "", "82.1%"),
    ("Table 3: leaders", "barrier.leaders", "", "43.8%"),
    ("Table 3: family", "barrier.family", "", "16.2%"),
    ("Table 3: close friends", "barrier.friends", "", "22.9%"),
    ("more women (78.6%) the lack of technical support", "barrier.technical", "woman", "78.6%†"),
    ("compared with men (66.7%)", "barrier.technical", "man", "66.7%†"),
    ("more women (76.74%) the lack of time", "barrier.time", "woman", "76.7%†"),
    ("compared with men (56.67%)", "barrier.time", "man", "56.7%†"),
    ("the majority: no strong culture of wellbeing", "wellbeing.no_culture", "", "62.5%"),
    ("over half took measures for their own wellbeing", "wellbeing.own", "", None),
    ("wellbeing practices such as leisure", "wellbeing.measures", "leisure", None),
    ("80.8% refer to themselves as a human rights defender", "identity.defender", "", "80.8%"),
    ("higher than the other countries' average of 75%", "identity.defender", "average", "75.4%"),
    # ours: what the paper does not say but a plan can
    ("age in bands", "about.age_band", "young", "13.5%"),
    ("protection sought, by area", "protection.state", "rural", "25.0%†"),
    ("a security plan or contingency plans", "practice.planning", "", "80.9%"),
    ("… whose average waits for Kenya", "practice.planning", "average", "–"),
]


def words(result, name, place):
    indicator, reading = result.indicator(name), Reading(result, "MX", "en")
    if place == "average":
        value = indicator.averages.get("MX", {}).get(SCALAR)
        return "–" if value is None else printed(indicator, value)
    block, choice = (place, SCALAR) if place in indicator.blocks else (TOTAL, place)
    return in_words(reading, indicator, indicator.cell("MX", block, choice))


@pytest.mark.parametrize(("sentence", "name", "place", "expected"), SENTENCES, ids=[one[0] for one in SENTENCES])
def test_a_sentence_of_the_paper_is_a_line_of_a_table(result, sentence, name, place, expected):
    assert [table.id for table in result.tables if name in table.indicators]
    found = words(result, name, place)
    # Where the paper gives no number, ours is the synthetic people's: a percentage, or why there is none.
    assert (
        found == expected
        if expected
        else found.rstrip("†‡").endswith("%") or found == absence(result.indicator(name).cell("MX", TOTAL, place))
    )


def test_every_figure_of_the_paper_is_reproduced_or_said_not_to_be_ours(result):
    lines = check_figures(FIGURES, result)
    assert [line.figure.id for line in lines if line.verdict is Verdict.DIFFERS] == []
    not_ours = {line.figure.id: line.figure.reason for line in lines if line.verdict is Verdict.NOT_HERE}
    assert set(not_ours) == {"I.risk_years", "P.states", "SP.state_protection", "SP.accompaniment", "W.own"}
    assert all(not_ours.values())


def test_every_indicator_of_the_plan_says_one_of_the_sentences(result):
    told = {name for _, name, _, _ in SENTENCES} | {figure.indicator for figure in FIGURES}
    # What kinds of rights people work on is a list in the paper.
    assert {indicator.id for indicator in result.indicators} - told == {"work.rights"}


def test_the_gender_comparisons_are_one_family(result):
    assert [one.id for one in result.indicators if one.family == "gender"] == [
        "training.any",
        "barrier.technical",
        "barrier.time",
    ]


def test_a_table_says_how_its_derived_variables_were_made(result):
    reading = Reading(result, "MX", "en")
    notes = {table.id: " ".join(table_notes(reading, table)) for table in result.tables}
    assert "Numbers are put into bands (age: young = 15-29, middle = 30-44, older = 45-120)." in notes["participants"]
    assert "Answers are put together (area: rural = both + rural, urban = urban)." in notes["area"]
    # Of a total that is not split the groups say nothing.
    assert "Answers are put together" not in notes["protection"]
    assert (
        "Counted where at least one of these was chosen (plan, contingency: often, almost_always, always). "
        "Base: people who answered at least 2 of these 2 questions."
    ) in notes["practices"]


def test_the_kinds_of_figures_are_those_of_the_paper():
    assert {figure.kind for figure in FIGURES} == set(Kind) - {Kind.TARGET}
