"""Drawings: what is printed is drawn and told, what is not printed has no dot, and nothing leaves the paper."""

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.render.canvas import Drawing, width_of, wrapped
from reports.render.dots import COLOURS, FOCAL, in_lanes, on_axis
from reports.render.drawing import drawings
from reports.render.reading import END_ISOLATE, ISOLATE, Reading, printed
from reports.render.stacked import contrast, on, parts, ramp
from reports.table import SCALAR, TOTAL, Cell, Cells, IndicatorResult, Result, State
from tests.reports.results import ASSESS, TOO_FEW, across, indicator, labels, percent, result, synthetic

SVG = "{http://www.w3.org/2000/svg}"
SCALE = ("never", "rarely", "often")
WORDS = {"never": "Never", "rarely": "Rarely", "never+rarely": "Never / Rarely", "often": "Often"}
GENDER = {"woman": labels("Women"), "man": labels("Men")}


def draw(own: Result, focal: str = "MX", language: str = "en") -> tuple[Drawing, ...]:
    return drawings(Reading(own, focal, language), own.tables[0])


def shapes(drawing: Drawing, name: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(drawing.svg).iter(SVG + name))


def words(drawing: Drawing) -> list[str]:
    return ["".join(one.itertext()) for one in shapes(drawing, "text")]


def distribution(**people: tuple[int, ...]) -> IndicatorResult:
    """How often people do something: the number of people for each answer, country by country."""
    cells = {
        code: {TOTAL: {name: percent(k, sum(own)) for name, k in zip(SCALE, own, strict=True)}}
        for code, own in people.items()
    }
    return each(cells)


def each(cells: dict[str, Cells]) -> IndicatorResult:
    categories = {name: labels(text) for name, text in WORDS.items()}
    return indicator(cells, "", id="how.often", stat="percent_each", label=labels("How often"), categories=categories)


def split(**blocks: Cell) -> IndicatorResult:
    cells = {name: {SCALAR: cell} for name, cell in blocks.items()}
    return indicator({"MX": {TOTAL: {SCALAR: percent(60, 74)}, **cells}}, "", blocks=GENDER)


# Dot plots ------------------------------------------------------------------------------------------------------------


def test_a_dot_plot_tells_what_the_table_prints() -> None:
    [drawing] = draw(result())
    assert drawing.id == "dots-practices"
    assert drawing.told.splitlines() == [
        "Dot plot on an axis from 0 to 100 percent.",
        "Percent in Mexico",
        "Assess the risks: Mexico 59.7%, Colombia 55.4%, Kenya 71.1%, Indonesia 60.2%, Egypt 51.3%, Average 59.5%.",
    ]


def test_the_focal_country_is_filled_and_each_other_one_has_a_shape_of_its_own() -> None:
    [drawing] = draw(result())
    # In the key and on the line.
    assert [one.get("fill") for one in shapes(drawing, "circle")] == [FOCAL, FOCAL]
    hollow = shapes(drawing, "polygon")
    assert {one.get("fill") for one in hollow} == {"#ffffff"}
    assert len(hollow) == 8
    assert len({one.get("stroke") for one in hollow}) == 4


def test_another_focal_country_is_another_drawing_of_the_same_result() -> None:
    [drawing] = draw(result(), focal="KE")
    assert "71.1%" in words(drawing)
    assert "59.7%" not in words(drawing)


@pytest.mark.parametrize(("k", "x"), [(0, 18), (50, 173), (100, 328)])
def test_a_dot_stands_where_its_percentage_is(k: int, x: int) -> None:
    [drawing] = draw(result(indicator(across((k, 100), codes=["MX"]), "")))
    assert on_axis(Fraction(k)) == x
    assert shapes(drawing, "circle")[-1].get("cx") == str(x)


def test_a_hidden_figure_has_no_dot_but_words() -> None:
    [drawing] = draw(result(indicator(across((43, 72), TOO_FEW, codes=["MX", "CO"]))))
    # One in the key, none on the line.
    assert len(shapes(drawing, "polygon")) == 1
    assert "too few to show: Colombia" in words(drawing)
    assert "Colombia too few to show, (no average: not every country's figure can be shown)." in drawing.told


def test_a_hidden_focal_figure_leaves_the_others_on_the_line() -> None:
    [drawing] = draw(result(indicator(across(TOO_FEW, (41, 74), codes=["MX", "CO"]))))
    assert len(shapes(drawing, "circle")) == 1
    assert len(shapes(drawing, "polygon")) == 2
    assert "–" in words(drawing)


def test_a_table_without_a_single_printed_percentage_has_no_drawing() -> None:
    assert draw(result(indicator(across(TOO_FEW, TOO_FEW, codes=["MX", "CO"])))) == ()
    assert draw(result(indicator(across(*ASSESS), stat="mean"))) == ()


def test_what_is_no_percentage_is_left_out_and_named() -> None:
    mean = indicator(across(*ASSESS), id="trainings", stat="mean", label=labels("Mean number of trainings"))
    [drawing] = draw(result(indicator(across(*ASSESS)), mean))
    assert drawing.told.endswith("Not drawn, since these are no percentages: Mean number of trainings.")


def test_groups_of_a_split_are_marks_beside_the_total() -> None:
    [drawing] = draw(result(split(woman=percent(35, 44), man=percent(25, 30)), show="split"))
    assert drawing.told.endswith("Total 81.1%, Women 79.5%†, Men 83.3%†.")
    assert len(shapes(drawing, "polygon")) == 4


def test_a_line_that_is_not_split_says_so() -> None:
    alone = replace(split(), id="time", label=labels("Lack of time"))
    [drawing] = draw(result(split(woman=percent(35, 44), man=percent(25, 30)), alone, show="split"))
    assert drawing.told.endswith("Lack of time: Total 81.1%, Women not split, Men not split.")


def test_a_plain_table_draws_the_focal_country_alone() -> None:
    [drawing] = draw(result(show="plain"))
    assert drawing.told.endswith("Assess the risks: Mexico 59.7%.")
    assert shapes(drawing, "polygon") == []


def test_fifty_countries_are_strokes_on_a_band_and_all_of_them_are_told() -> None:
    codes = [f"C{place:02}" for place in range(50)]
    cells = across(*[(place + 10, 74) for place in range(50)], codes=codes)
    [drawing] = draw(result(indicator(cells)), focal="C00")
    assert "each of the 49 others" in words(drawing)
    assert drawing.height < 200
    told = drawing.told.splitlines()[-1]
    assert [code for code in codes if f"Country {code} " not in told] == []


def test_from_the_right_the_axis_begins_at_the_right() -> None:
    [drawing] = draw(result(indicator(across((100, 100), codes=["MX"]), "")), language="ar")
    assert shapes(drawing, "circle")[-1].get("cx") == str(420 - 328)
    root = ElementTree.fromstring(drawing.svg)
    assert (root.get("lang"), root.get("direction")) == ("ar", "ltr")
    [title] = [one for one in shapes(drawing, "text") if "ممارسات" in "".join(one.itertext())]
    assert (title.get("text-anchor"), title.get("x")) == ("end", "412")


def test_synthetic_figures_say_so_in_every_drawing() -> None:
    own = synthetic(result(indicator(across(*ASSESS)), distribution(MX=(20, 30, 24))))
    own = replace(own, countries=own.countries[:1])
    assert ["SYNTHETIC" in words(drawing) for drawing in draw(own)] == [True, True]


# Stacked bars ---------------------------------------------------------------------------------------------------------


def bars(own: IndicatorResult, focal: str = "MX") -> Drawing:
    return next(drawing for drawing in draw(result(own), focal) if drawing.id.startswith("bars"))


def test_bars_tell_each_countrys_distribution_in_the_order_of_the_scale() -> None:
    drawing = bars(distribution(MX=(20, 30, 24), CO=(10, 20, 44)))
    assert drawing.id == "bars-practices-how-often"
    assert drawing.told.splitlines()[2:] == [
        "Mexico (n = 74): Never 27.0%, Rarely 40.5%, Often 32.4%.",
        "Colombia (n = 74): Never 13.5%, Rarely 27.0%, Often 59.5%.",
    ]


def test_merged_classes_are_drawn_as_they_are_printed() -> None:
    merged = {TOTAL: {"never+rarely": percent(11, 74), "often": percent(63, 74)}}
    drawing = bars(each({"MX": merged}))
    assert drawing.told.endswith("Mexico (n = 74): Never / Rarely 14.9%, Often 85.1%.")


def test_a_country_with_a_hidden_class_has_words_instead_of_a_bar() -> None:
    hidden = {TOTAL: dict.fromkeys(SCALE, TOO_FEW)}
    drawing = bars(each({"MX": distribution(MX=(20, 30, 24)).cells["MX"], "CO": hidden}))
    assert drawing.told.endswith("Colombia: too few to show.")
    # Three parts and the three signs of the key, on the paper.
    assert len(shapes(drawing, "rect")) == 7


def test_no_bars_where_no_country_prints_everything_or_where_people_chose_several() -> None:
    assert draw(result(each({"MX": {TOTAL: dict.fromkeys(SCALE, TOO_FEW)}}))) == ()
    several = replace(distribution(MX=(20, 30, 24)), rules={"multi": "yes"})
    assert [drawing.id for drawing in draw(result(several))] == ["dots-practices"]


def test_parts_of_a_bar_leave_no_gap_and_fill_it() -> None:
    own = {name: percent(1, 3) for name in SCALE}
    assert list(parts(own, 404)) == [("never", 0, 135), ("rarely", 135, 269), ("often", 269, 404)]


@pytest.mark.parametrize("size", range(1, 30))
def test_colours_of_a_scale_differ_and_carry_readable_figures(size: int) -> None:
    colours = ramp(size)
    assert len(set(colours)) == size
    assert min(contrast(on(colour), colour) for colour in colours) >= 4.5
    light = [contrast(colour, "#000000") for colour in colours]
    # From light to dark without turning back: the order can be seen in grey.
    assert light == sorted(light, reverse=True)


def test_marks_stand_out_from_white() -> None:
    assert min(contrast(colour, "#ffffff") for colour in (FOCAL, *COLOURS)) >= 3


# Whatever is printed --------------------------------------------------------------------------------------------------

CODES = ("MX", "CO", "KE", "ID", "EG")
LABELS = st.text(st.characters(codec="utf-8"), max_size=500)


def cells() -> st.SearchStrategy[Cell]:
    shown = st.integers(1, 400).flatmap(lambda n: st.integers(0, n).map(lambda k: percent(k, n)))
    return st.one_of(shown, st.sampled_from([TOO_FEW, Cell(State.NO_ANSWERS, n=0)]))


@st.composite
def results(draw: st.DrawFn) -> Result:
    size = draw(st.integers(1, 5))
    shares = [
        indicator(
            across(*[draw(cells()) for _ in range(size)], codes=CODES[:size]),
            id=f"i{place}",
            label=labels(draw(LABELS)),
        )
        for place in range(draw(st.integers(1, 3)))
    ]
    people = st.tuples(*[st.integers(1, 60)] * 3)
    whole = distribution(**{code: draw(people) for code in CODES[:size]})
    return result(*shares, whole, show=draw(st.sampled_from(["others", "plain"])))


def places(drawing: Drawing) -> Iterator[tuple[int, int]]:
    """Corners of everything drawn; of texts, their estimated extent."""
    for one in shapes(drawing, "rect"):
        x, y = int(one.get("x", 0)), int(one.get("y", 0))
        yield x, y
        yield x + int(one.get("width", 0)), y + int(one.get("height", 0))
    for one in shapes(drawing, "circle"):
        yield int(one.get("cx", 0)) - 8, int(one.get("cy", 0)) - 8
        yield int(one.get("cx", 0)) + 8, int(one.get("cy", 0)) + 8
    for one in shapes(drawing, "polygon"):
        for pair in one.get("points", "").split():
            x, y = pair.split(",")
            yield int(x), int(y)
    for one in shapes(drawing, "text"):
        yield from _of_text(one)


def _of_text(one: ElementTree.Element) -> Iterator[tuple[int, int]]:
    x, y = int(one.get("x", 0)), int(one.get("y", 0))
    width = width_of("".join(one.itertext()), size=int(one.get("font-size", 13)), bold="font-weight" in one.attrib)
    start = {"start": 0, "middle": width // 2, "end": width}[one.get("text-anchor", "start")]
    yield x - start, y - 12
    yield x - start + width, y + 4


@settings(max_examples=60, deadline=None)
@given(results(), st.sampled_from(["en", "ar"]))
def test_nothing_leaves_the_paper_and_every_printed_figure_is_told(own: Result, language: str) -> None:
    for drawing in draw(own, language=language):
        outside = [(x, y) for x, y in places(drawing) if not (0 <= x <= drawing.width and 0 <= y <= drawing.height)]
        assert outside == []
        assert drawing == next(other for other in draw(own, language=language) if other.id == drawing.id)
        told = re.sub(f"[{ISOLATE}{END_ISOLATE}]", "", drawing.told)
        assert [figure for figure in figures(own, drawing) if figure not in told] == []


def figures(own: Result, drawing: Drawing) -> list[str]:
    """What a drawing has to tell, as it is printed."""
    with_others = drawing.id.startswith("bars") or own.tables[0].show == "others"
    wanted = [one for one in own.indicators if drawing.id.startswith("dots") or one.id == "how.often"]
    countries = CODES if with_others else CODES[:1]
    rows = [
        (one, cell) for one in wanted for code in countries for cell in one.cells.get(code, {}).get(TOTAL, {}).values()
    ]
    return [printed(one, cell.value) for one, cell in rows if cell.value is not None]


@given(st.lists(st.integers(18, 328), max_size=6))
def test_no_mark_covers_another(xs: list[int]) -> None:
    marks = [(x, number) for number, x in enumerate(xs)]
    lanes = in_lanes(marks)
    pairs = [(a, b) for a in marks for b in marks if a[1] < b[1] and lanes[a[1]] == lanes[b[1]]]
    assert [pair for pair in pairs if abs(pair[0][0] - pair[1][0]) < 18] == []
    assert lanes.get(0, 0) == 0


@given(LABELS, st.integers(1, 4))
def test_a_text_of_any_length_keeps_to_its_lines(text: str, most: int) -> None:
    lines = wrapped(text, 200, most=most)
    assert len(lines) <= most
    assert [line for line in lines if width_of(line) > 200] == []
    assert not lines or "".join(lines).rstrip("…").replace(" ", "") in "".join(text.split()) + "…"
