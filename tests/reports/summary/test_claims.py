"""What a figure says, and which sentences the figures bear out."""

import pytest

from reports.render.document import describe
from reports.render.reading import Reading
from reports.summary.grammar import Fault, parse
from reports.summary.saying import Speaker
from reports.table import SCALAR, TOTAL, Cell, State
from tests.reports.results import ASSESS, TOO_FEW, across, country, indicator, labels, percent, result

# Mexico's training by gender as the paper prints it; Colombia's is split too, Kenya's is not.
TRAINING = {
    "MX": {
        TOTAL: {SCALAR: percent(60, 74)},
        "woman": {SCALAR: percent(35, 44)},
        "man": {SCALAR: percent(25, 30)},
        "other": {SCALAR: percent(0, 5)},
    },
    "CO": {
        TOTAL: {SCALAR: percent(57, 81)},
        "woman": {SCALAR: percent(30, 40)},
        "man": {SCALAR: percent(30, 40)},
    },
    "KE": {TOTAL: {SCALAR: TOO_FEW}},
}
WHERE = {
    "MX": {TOTAL: {"city": percent(40, 74), "village": percent(34, 74)}},
    "CO": {TOTAL: {"city+village": percent(80, 80)}},
    "KE": {TOTAL: {"city": TOO_FEW, "village": TOO_FEW}},
}
YEARS = {code: {TOTAL: {SCALAR: Cell(State.SHOWN, value, n=74)}} for code, value in (("MX", 12), ("CO", 13), ("KE", 9))}
GENDER = {"woman": labels("Woman"), "man": labels("Man"), "other": labels("Other")}
THREE = ("MX", "CO", "KE")
RESULT = result(
    indicator(TRAINING, id="training.any", blocks=GENDER),
    indicator(across(*ASSESS[:3], codes=THREE), id="practice.assess"),
    indicator(across((74, 148), (1, 2), (1001, 2000), codes=THREE), id="half", average="others"),
    indicator(
        WHERE,
        id="about.area",
        stat="percent_each",
        average="",
        label=labels("About the area"),
        categories={"city": labels("City"), "village": labels("Village"), "city+village": labels("City / Village")},
    ),
    indicator(YEARS, id="work.years", stat="mean", decimals=1, average=""),
    countries=tuple(country(code) for code in THREE),
)


def speaker(code="MX", language="en"):
    return Speaker(Reading(RESULT, code, language), describe(RESULT, code, language))


def said(text, code="MX"):
    node, faults = parse(text)
    assert faults == ()
    own = speaker(code)
    assert own.faults(node) == ()
    return own.say(node)


def holds(condition, code="MX"):
    flags = [flag.code for flag in said(f"claim: {condition} | so", code).flags]
    return {(): True, ("claim-false",): False, ("claim-unknown",): None}[tuple(flags)]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("country", "MX", "Mexico"),
        ("others", "MX", "Colombia, Kenya"),
        ("others:count", "MX", "2"),
        ("participants", "MX", "75"),
        ("participants:all", "MX", "225"),
        ("respondents", "CO", "74"),
        ("practice.assess", "MX", "59.7%"),
        ("practice.assess~0", "MX", "60%"),
        ("practice.assess~2", "MX", "59.72%"),
        ("practice.assess:n", "MX", "72"),
        ("practice.assess:k", "MX", "43"),
        ("practice.assess:CO", "MX", "55.4%"),
        ("practice.assess:average", "MX", "62.1%"),
        ("practice.assess:highest", "MX", "71.1%"),
        ("practice.assess:lowest", "MX", "55.4%"),
        ("practice.assess:highest", "KE", "59.7%"),
        ("practice.assess:label", "MX", "Assess the risks"),
        ("training.any@man", "MX", "83.3%"),
        ("training.any@man", "KE", "not split"),
        ("training.any@woman:KE", "MX", "not split"),
        ("practice.assess@man", "MX", "not split"),
        ("training.any@other", "CO", "no answers"),
        ("training.any", "KE", "too few to show"),
        ("training.any:n", "KE", "12"),
        ("training.any:average", "MX", "too few to show"),
        ("training.any:highest", "MX", "too few to show"),
        ("training.any@woman:label", "MX", "Woman"),
        ("about.area/city", "MX", "54.1%"),
        ("about.area/city", "CO", "grouped differently"),
        ("about.area/city:n", "CO", "grouped differently"),
        ("about.area/city+village", "CO", "100.0%"),
        ("about.area:each", "MX", "City 54.1%, Village 45.9%"),
        ("about.area:each", "CO", "City / Village 100.0%"),
        ("about.area:each", "KE", "City too few to show, Village too few to show"),
        ("about.area:CO:each", "MX", "City / Village 100.0%"),
        ("about.area:each:CO", "MX", "City / Village 100.0%"),
        ("about.area/city:each", "CO", "City / Village 100.0%"),
        ("work.years", "MX", "12.0"),
        (
            "practice.assess:others",
            "MX",
            "Percentages in other countries: Colombia 55.4%, Kenya 71.1% (Average 62.1%).",
        ),
    ],
)
def test_a_figure_is_printed_as_the_tables_print_it(text, code, words):
    assert said(text, code).text == words


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ("training.any@man > training.any@woman", True),
        ("training.any@man < training.any@woman", False),
        ("training.any@man >= training.any@woman", True),
        ("training.any@man != training.any@woman", True),
        ("training.any@man = training.any@woman", False),
        ("training.any > 80", True),
        ("training.any > 81.1", False),
        ("training.any = 81.1", True),
        ("training.any ~ 81", True),
        ("training.any ~ 82", False),
        ("training.any ~ 81.08", True),
        ("work.years ~ 12", True),
        ("practice.assess > practice.assess:CO", True),
        ("practice.assess > practice.assess:highest", False),
        ("practice.assess < practice.assess:average", True),
        ("training.any > training.any:average", None),
        ("training.any > 80 and training.any@man > 90", False),
        ("training.any > 80 and training.any > training.any:average", None),
        ("training.any < 80 and training.any > training.any:average", False),
        ("training.any:n >= 30", True),
        ("shown training.any training.any@man", True),
        ("shown training.any:average", False),
    ],
)
def test_a_claim_holds_fails_or_cannot_be_told(condition, verdict):
    assert holds(condition) is verdict


def test_figures_are_compared_as_they_are_printed():
    # 50.05 % prints as 50.1%; the average of the others as 50.0%: a reader sees a difference only where one is printed.
    assert said("compare half, half:average | more | fewer | same", "KE").text == "more"
    assert said("compare half, half:CO | more | fewer | same").text == "same"
    assert said("compare training.any@woman, training.any@man | more | fewer | same", "CO").text == "same"


def test_what_the_figures_do_not_bear_out_is_marked_and_says_why():
    own = said("claim: training.any@woman > training.any@man | More women ({{training.any@woman}}) than men")
    assert [(piece.text, piece.marked) for piece in own.pieces] == [
        ("More women (", True),
        ("79.5%", True),
        (") than men", True),
        (" [not supported by the data: training.any@woman 79.5%, training.any@man 83.3%]", True),
    ]
    assert [flag.code for flag in own.flags] == ["claim-false"]


def test_a_claim_that_a_figure_is_printed_names_the_figure_that_is_not():
    assert said("claim: shown training.any training.any:average | All print it.").text == (
        "All print it. [not supported by the data: training.any 81.1%, training.any:average too few to show]"
    )


def test_every_class_of_a_distribution_is_a_figure_of_the_text():
    own = speaker()
    for text in ("about.area:each", "about.area:each:CO", "about.area/city", "work.years:n"):
        own.say(parse(text)[0])
    assert [(own.figures.named(one), own.figures.marked(one)) for one in own.used] == [
        ("About the area: City", "54.1%"),
        ("About the area: Village", "45.9%"),
        ("About the area: City / Village: Colombia", "100.0%"),
    ]


def test_a_choice_with_words_for_hidden_figures_needs_no_look():
    text = "compare training.any@woman, training.any@man | more | fewer | same"
    assert said(text, "KE").text == (
        "[too few to show] [not supported by the data: training.any@woman not split, training.any@man not split]"
    )
    assert [flag.code for flag in said(text, "KE").flags] == ["choice-unknown"]
    kind = said(text + " | cannot be told", "KE")
    assert (kind.text, kind.flags) == ("cannot be told", ())


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("practice.asses", [Fault("indicator-unknown", "practice.asses (practice.assess?)")]),
        ("training.any@child", [Fault("block-unknown", "training.any@child")]),
        ("about.area/moon", [Fault("category-unknown", "about.area/moon")]),
        ("about.area", [Fault("category-missing", "about.area")]),
        ("practice.assess:EG", [Fault("country-unknown", "practice.assess:EG")]),
        ("work.years:average", [Fault("no-average", "work.years:average")]),
        ("training.any@man:average", [Fault("no-average", "training.any@man:average")]),
        ("practice.assess:each", [Fault("no-distribution", "practice.assess:each")]),
        ("about.area@woman:each", [Fault("block-unknown", "about.area@woman:each")]),
        ("work.years:k", [Fault("no-people", "work.years:k")]),
        ("practice.assess:CO:others", [Fault("not-understood", "practice.assess:CO:others")]),
        ("claim: work.years:k > 5 | x", [Fault("no-people", "work.years:k")]),
        ("table:nine", [Fault("table-unknown", "table:nine")]),
        ("chart:nine", [Fault("chart-unknown", "chart:nine")]),
        ("claim: practice.assess > work.years | x", [Fault("unlike", "practice.assess, work.years")]),
        (
            "compare practice.assess, practice.assess:n | x | y | z",
            [Fault("unlike", "practice.assess, practice.assess:n")],
        ),
        (
            "claim: no.such > 1 | {{training.any@child}}",
            [Fault("indicator-unknown", "no.such"), Fault("block-unknown", "training.any@child")],
        ),
    ],
)
def test_what_the_comparison_does_not_have_is_told(text, faults):
    node, _ = parse(text)
    assert list(speaker().faults(node)) == faults


def test_arabic_numbers_keep_their_order_in_the_sentence():
    node, _ = parse("practice.assess")
    assert speaker(language="ar").say(node).text == "\u206659.7%\u2069"
