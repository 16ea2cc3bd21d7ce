"""Two results side by side: every figure that changed, and why it did."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from reports.changes import Cause, Change, Kind, Place, changes
from reports.render.compared import Sides, as_csv, facts, reworded, rows_of
from reports.render.reading import Reading
from reports.table import TOTAL, Cell, Cells, IndicatorResult, Result
from tests.reports.results import TOO_FEW, across, country, indicator, labels, percent, result, table

TWO = ("MX", "CO")


def run(*pairs: tuple[int, int] | Cell, cut: int = 1, plan: str = "3c", threshold: int = 5, **own: Any) -> Result:
    """A comparison of Mexico and Colombia whose cuts, plan and threshold are named."""
    cells = across(*(pairs or ((43, 72), (41, 74))), codes=TWO)
    return of(indicator(cells, **own), cut=cut, plan=plan, threshold=threshold)


def of(*indicators: IndicatorResult, cut: int = 1, plan: str = "3c", threshold: int = 5) -> Result:
    made = result(*indicators)
    countries = tuple(country(code, cut=cut, release=cut) for code in TWO)
    provenance = replace(made.provenance, plan_hash=plan * 32, threshold=threshold)
    return replace(made, countries=countries, provenance=provenance)


def told(found: tuple[Change, ...]) -> dict[str, tuple[Kind, tuple[Cause, ...]]]:
    """By country; averages by the word."""
    return {"average" if one.place.average else one.place.country: (one.kind, one.causes) for one in found}


def test_a_result_beside_itself_is_the_same() -> None:
    found = changes(run(), run())
    assert (found.figures, found.reworded, found.facts, found.same) == ((), (), (), 2)


def test_new_answers_move_a_figure_and_the_average_with_it() -> None:
    found = changes(run((43, 72), (41, 74)), run((53, 82), (41, 74), cut=2))
    assert told(found.figures) == {
        "MX": (Kind.MOVED, (Cause.ANSWERS,)),
        "average": (Kind.MOVED, (Cause.ANSWERS,)),
    }
    assert found.same == 1
    assert [(fact.name, fact.country, fact.old, fact.new) for fact in found.facts] == [
        ("cut", "MX", "1", "2"),
        ("cut", "CO", "1", "2"),
    ]


def test_a_new_definition_is_a_new_plan() -> None:
    before = run((43, 72), (41, 74), variable="assess", counted=("often",))
    after = run((50, 72), (41, 74), variable="assess", counted=("often", "always"), plan="4d")
    assert told(changes(before, after).figures)["MX"] == (Kind.MOVED, (Cause.PLAN,))


def test_what_an_older_result_does_not_hold_is_not_held_against_it() -> None:
    before, after = run((43, 72), (41, 74)), run((43, 72), (41, 74), variable="assess", counted=("often",))
    assert changes(before, after).figures == ()


def test_a_stricter_threshold_hides_a_figure() -> None:
    before, after = run((6, 72), (41, 74)), run(TOO_FEW, (41, 74), threshold=10)
    assert told(changes(before, after).figures) == {
        "MX": (Kind.HIDDEN, (Cause.POLICY,)),
        "average": (Kind.WENT, (Cause.POLICY,)),
    }
    assert told(changes(after, before).figures)["MX"] == (Kind.SHOWN, (Cause.POLICY,))


def test_another_decimal_is_a_new_plan_though_nobody_answered_anew() -> None:
    assert told(changes(run(), run(decimals=2, plan="4d")).figures)["MX"] == (Kind.MOVED, (Cause.PLAN,))


def test_a_change_that_nothing_else_explains_is_the_programs() -> None:
    assert told(changes(run((43, 72), (41, 74)), run((44, 72), (41, 74))).figures)["MX"] == (
        Kind.MOVED,
        (Cause.SOFTWARE,),
    )


def test_a_figure_hidden_by_another_one_of_a_new_plan_is_the_plans() -> None:
    assert told(changes(run(), run(TOO_FEW, (41, 74), plan="4d")).figures)["MX"] == (Kind.HIDDEN, (Cause.PLAN,))


def test_countries_that_were_not_chosen_are_a_choice() -> None:
    before = of(indicator(across((43, 72), codes=["MX"])))
    before = replace(before, countries=before.countries[:1])
    assert told(changes(before, run()).figures) == {
        "CO": (Kind.CAME, (Cause.CHOICE,)),
        "average": (Kind.CAME, (Cause.CHOICE,)),
    }


def test_an_average_of_all_moves_when_a_country_is_left_out_whichever_it_is() -> None:
    three = {"CO": (41, 74), "KE": (54, 76), "MX": (43, 72)}

    def mean_of(*codes: str) -> Result:
        made = result(indicator(across(*(three[code] for code in codes), codes=codes)))
        return replace(made, countries=tuple(country(code) for code in codes))

    whole = mean_of("CO", "KE", "MX")
    for left in ("CO", "KE", "MX"):
        [average] = [
            one
            for one in changes(whole, mean_of(*(code for code in three if code != left))).figures
            if one.place.average
        ]
        assert (average.kind, average.causes, average.place.country) == (Kind.MOVED, (Cause.CHOICE,), "")


def test_an_indicator_that_a_table_lost_is_the_plans_and_a_table_not_chosen_is_a_choice() -> None:
    one, two = (indicator(across((43, 72), (41, 74), codes=TWO), "", id=name) for name in ("one", "two"))
    both, lost = of(one, two), of(one, plan="4d")
    assert {change.causes for change in changes(both, lost).figures} == {(Cause.PLAN,)}
    apart = replace(both, tables=(table("one", id="a"), table("two", id="b")))
    fewer = replace(apart, tables=apart.tables[:1], indicators=apart.indicators[:1])
    assert {change.causes for change in changes(apart, fewer).figures} == {(Cause.CHOICE,)}
    assert {change.kind for change in changes(apart, fewer).figures} == {Kind.WENT}


def test_an_average_of_the_others_is_seen_from_each_country() -> None:
    before, after = run(average="others"), run((53, 82), (41, 74), cut=2, average="others")
    found = [change.place for change in changes(before, after).figures if change.place.average]
    # Mexico moved, so only Colombia's readers see another average.
    assert found == [Place("practice.assess", "CO", average=True)]


def test_texts_that_read_another_way_are_told_apart_from_figures() -> None:
    found = changes(run(), run(label=labels("Assess risks")))
    assert found.figures == ()
    assert [(one.part, one.old["en"], one.new["en"]) for one in found.reworded] == [
        ("label", "Assess the risks", "Assess risks")
    ]


# In words -------------------------------------------------------------------------------------------------------------


def sides(before: Result, after: Result) -> Sides:
    return Sides(Reading(before, "MX", "en"), Reading(after, "MX", "en"))


def test_lines_show_what_was_printed_and_mark_what_is_worth_a_look() -> None:
    before, after = run((43, 72), (41, 74)), run((53, 82), (41, 75), cut=2)
    rows = rows_of(sides(before, after), changes(before, after))
    assert [(row.country, row.old, row.old_base, row.new, row.new_base, row.strong) for row in rows] == [
        ("Mexico", "59.7%", "72", "64.6%", "82", True),
        ("Colombia", "55.4%", "74", "54.7%", "75", False),
        ("", "57.6%", "", "59.7%", "", True),
    ]
    assert [row.group for row in rows] == ["", "", "Average"]
    assert rows[0].cause_texts == "new answers"


def test_a_base_of_another_size_class_is_worth_a_look() -> None:
    before, after = run((25, 50), (41, 74)), run((24, 49), (41, 74), cut=2)
    [mexico] = [row for row in rows_of(sides(before, after), changes(before, after)) if row.country == "Mexico"]
    assert (mexico.old, mexico.new, mexico.strong) == ("50.0%", "49.0%†", True)


def test_the_file_is_the_page_and_no_formula() -> None:
    before, after = run(label=labels("=1+1")), run((53, 82), (41, 74), cut=2, label=labels("=1+1"))
    lines = as_csv(rows_of(sides(before, after), changes(before, after))).decode().splitlines()
    assert lines[0] == "indicator,label,group,country,old,old_n,new,new_n,kind,causes,worth_a_look"
    assert lines[1] == "practice.assess,'=1+1,,MX,59.7%,72,64.6%,82,moved,answers,yes"


def test_the_file_has_no_marks_of_direction() -> None:
    before, after = run(), run((53, 82), (41, 74), cut=2)
    arabic = Sides(Reading(before, "MX", "ar"), Reading(after, "MX", "ar"))
    with translation.override("ar"):
        [line] = [one for one in as_csv(rows_of(arabic, changes(before, after))).decode().splitlines() if ",MX," in one]
    assert line.endswith(",MX,59.7%,72,64.6%,82,moved,answers,yes")


def test_facts_of_the_runs_are_in_words() -> None:
    before, after = run(), run(cut=2, plan="4d", threshold=10)
    found = [(one.name, one.old, one.new) for one in facts(sides(before, after), changes(before, after))]
    assert found == [
        ("Disclosure threshold", "5", "10"),
        ("Plan", "3c3c3c3c", "4d4d4d4d"),
        ("Mexico: Cut", "1", "2"),
        ("Colombia: Cut", "1", "2"),
    ]


def test_only_texts_of_the_readers_language_are_shown() -> None:
    own = run(label=labels("Assess the risks", "Valorar los riesgos", "تقييم المخاطر"))
    assert reworded(sides(run(), own), changes(run(), own)) == []


# Whatever two runs say ------------------------------------------------------------------------------------------------


def cells() -> st.SearchStrategy[Cells]:
    shown = st.integers(0, 20).map(lambda k: percent(k, 20))
    return st.dictionaries(st.sampled_from(["", "a", "a+b", "b"]), shown | st.just(TOO_FEW), min_size=1).map(
        lambda row: {TOTAL: row}
    )


def runs() -> st.SearchStrategy[Result]:
    def made(own: Mapping[str, Cells], cut: int) -> Result:
        return of(indicator(own, "", stat="percent_each"), cut=cut)

    return st.builds(made, st.fixed_dictionaries({code: cells() for code in TWO}), st.integers(1, 2))


@given(runs(), runs())
def test_changes_lead_from_the_earlier_to_the_later_and_nothing_more(before: Result, after: Result) -> None:
    found = changes(before, after)
    figures = printed(before)
    for change in found.figures:
        key = (change.place.country, change.place.category)
        assert figures.get(key) == (change.old and (change.old.state, change.old.value, change.old.k))
        if change.new is None:
            del figures[key]
        else:
            figures[key] = (change.new.state, change.new.value, change.new.k)
        assert change.causes
    assert figures == printed(after)


def printed(own: Result) -> dict[tuple[str, str], tuple[Any, Fraction | None, int | None]]:
    [indicator] = own.indicators
    return {
        (code, category): (cell.state, cell.value, cell.k)
        for code, blocks in indicator.cells.items()
        for category, cell in blocks[TOTAL].items()
    }


@pytest.mark.parametrize("language", ["es-mx", "ar"])
def test_reasons_are_words_in_every_language(language: str) -> None:
    before, after = run(), run((53, 82), (41, 74), cut=2)
    with translation.override(language):
        [row, *_] = rows_of(sides(before, after), changes(before, after))
        assert row.cause_texts in ("respuestas nuevas", "إجابات جديدة")
