"""What a comparison says in words: footnotes, averages, reasons for absent figures, notes and directions."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from reports.render import RenderError
from reports.render.document import describe
from reports.render.tables import Row, Table, without_numbers
from reports.table import SCALAR, TOTAL, Cell, Cells, IndicatorResult, Result, State, Wording
from tests.reports.results import (
    ASSESS,
    FIVE,
    TOO_FEW,
    across,
    country,
    indicator,
    labels,
    percent,
    result,
    synthetic,
    table,
    total,
)

GENDER = {"woman": labels("Women"), "man": labels("Men"), "unstated": labels("")}


def first_table(own: Result, focal: str = "MX", language: str = "en") -> Table:
    return describe(own, focal, language).tables[0]


def texts(row: Row) -> list[str]:
    return [entry.text for entry in row.entries]


def footnotes(own: Table) -> list[str]:
    return [note.text for note in own.footnotes]


def split(**blocks: tuple[int, int]) -> IndicatorResult:
    k, n = (sum(part) for part in zip(*blocks.values(), strict=True))
    cells = {TOTAL: {SCALAR: percent(k, n)}, **{name: {SCALAR: percent(*pair)} for name, pair in blocks.items()}}
    return indicator({"MX": cells}, "", blocks=GENDER, label=labels("Had training"))


def each(codes: Sequence[int], n: int, **changes: Any) -> IndicatorResult:
    names = [f"c{place}" for place in range(len(codes))]
    row = {name: percent(k, n) for name, k in zip(names, codes, strict=True)}
    categories = {name: labels(name.upper()) for name in names}
    return indicator({"MX": {TOTAL: row}}, "", stat="percent_each", categories=categories, **changes)


def test_the_footnote_is_the_papers() -> None:
    own = first_table(result())
    assert texts(own.rows[0]) == ["59.7%", "72"]
    assert footnotes(own) == [
        "Percentages in other countries: Colombia 55.4%, Kenya 71.1%, Indonesia 60.2%, Egypt 51.3% (Average 59.5%)."
    ]


def test_footnotes_are_numbered_through_the_document() -> None:
    one, two = indicator(across(*ASSESS)), indicator(across(*ASSESS), id="other")
    own = describe(result(one, two, tables=[table(one.id), table(two.id, id="t2")]), "MX", "en")
    assert [[note.number for note in part.footnotes] for part in own.tables] == [[1], [2]]
    assert own.tables[1].footnotes[0].anchor == "note-2"


def test_another_focal_country_changes_sides() -> None:
    own = first_table(result(), focal="KE")
    assert own.columns[0].head == "Percent in Kenya"
    assert texts(own.rows[0]) == ["71.1%", "76"]
    assert footnotes(own) == [
        "Percentages in other countries: Mexico 59.7%, Colombia 55.4%, Indonesia 60.2%, Egypt 51.3% (Average 59.5%)."
    ]


def test_the_average_of_all_says_that_the_focal_country_is_in_it() -> None:
    assert (
        "Average: the unweighted mean of the figures of all 5 countries, Mexico included, before rounding."
        in first_table(result()).notes
    )


def test_the_average_of_the_others_leaves_the_focal_country_out() -> None:
    cells = across((90, 100), (50, 100), (70, 100), codes=("MX", "CO", "KE"))
    own = first_table(result(indicator(cells, "others")))
    assert footnotes(own) == ["Percentages in other countries: Colombia 50.0%, Kenya 70.0% (Average 60.0%)."]
    assert own.notes[0] == (
        "Average: the unweighted mean of the figures of the other countries (2), Mexico not included, before rounding."
    )


def test_there_is_no_average_when_a_country_is_not_printed() -> None:
    cells = across((50, 100), (60, 100), TOO_FEW, codes=("MX", "CO", "KE"))
    own = first_table(result(indicator(cells)))
    assert footnotes(own) == [
        "Percentages in other countries: Colombia 60.0%, Kenya too few to show "
        "(no average: not every country's figure can be shown)."
    ]
    assert [note for note in own.notes if note.startswith("“Too few to show”")] == [
        "“Too few to show”: the figure would say too much about few people (threshold 5). It may be low, high or zero."
    ]


def test_no_average_is_mentioned_where_none_is_declared() -> None:
    own = first_table(result(indicator(across((50, 100), (60, 100), codes=("MX", "CO")), "")))
    assert footnotes(own) == ["Percentages in other countries: Colombia 60.0%."]
    assert not any("Average" in note for note in own.notes)


def test_a_hidden_figure_keeps_its_base() -> None:
    own = first_table(result(indicator(across(TOO_FEW, (60, 100), codes=("MX", "CO")))))
    assert texts(own.rows[0]) == ["too few to show", "12"]


def test_the_base_of_a_sensitive_item_is_not_stated() -> None:
    hidden = Cell(State.TOO_FEW)
    own = first_table(result(indicator(across(hidden, (60, 100), codes=("MX", "CO")))))
    assert texts(own.rows[0]) == ["too few to show", "–"]
    assert own.notes[-1] == "Bases (people who answered): Mexico not stated; Colombia 100."


def test_bases_that_differ_are_listed_row_by_row() -> None:
    one = indicator(across((50, 72), (60, 100), codes=("MX", "CO")))
    two = indicator(across((50, 73), (60, 100), codes=("MX", "CO")), id="two")
    assert first_table(result(one, two)).notes[-1] == (
        "Bases (people who answered), row by row: Mexico 72, 73; Colombia 100, 100."
    )


def test_one_country_alone_has_no_footnotes() -> None:
    own = describe(result(indicator(across((43, 72), codes=("MX",)))), "MX", "en")
    assert texts(own.tables[0].rows[0]) == ["59.7%", "72"]
    assert own.tables[0].footnotes == ()
    assert own.subtitle == ""


def test_fifty_countries_are_told_in_a_table_of_their_own() -> None:
    codes = [f"C{number}" for number in range(50)]
    own = describe(result(indicator(across(*[(40, 80)] * 50, codes=codes))), "C0", "en")
    assert footnotes(own.tables[0]) == [
        "Percentages in other countries: see “Security practices: all countries” (Average 50.0%)."
    ]
    assert "all 50 countries" in own.tables[0].notes[0]
    (countries,) = own.sections[0].tables
    assert (own.sections[0].heading, countries.caption) == ("All countries", "Security practices: all countries")
    assert [column.head for column in countries.columns] == ["Assess the risks", "n"]
    assert [row.label for row in countries.rows] == [*(f"Country {code}" for code in codes), "Average"]
    assert (texts(countries.rows[49]), texts(countries.rows[50])) == (["50.0%", "80"], ["50.0%", "–"])


def test_thirteen_countries_still_fit_into_a_footnote() -> None:
    own = describe(
        result(indicator(across(*[(40, 80)] * 13, codes=[f"C{number}" for number in range(13)]))), "C0", "en"
    )
    assert own.tables[0].footnotes[0].text.count("50.0%") == 13
    assert own.sections == ()


def test_long_labels_are_kept_whole_in_the_table_and_cut_in_notes() -> None:
    one = indicator(across(*ASSESS), label=labels("long " * 100), rules={"multi": "yes"})
    own = first_table(result(one, indicator(across(*ASSESS), id="two")))
    assert own.rows[0].label == "long " * 100
    assert any(note.startswith("long ") and len(note) < 140 for note in own.notes)


def test_a_split_prints_its_blocks_beside_the_total() -> None:
    own = first_table(result(split(woman=(35, 44), man=(25, 30)), show="split"))
    assert [column.head for column in own.columns] == ["Percent in Mexico", "n", "Women", "n", "Men", "n"]
    assert texts(own.rows[0]) == ["81.1%", "74", "79.5%†", "44", "83.3%†", "30"]
    assert "† Based on 30 to 49 people." in own.notes


def test_people_of_no_stated_group_are_a_block_with_a_name() -> None:
    own = first_table(result(split(woman=(35, 44), man=(25, 30), unstated=(6, 12)), show="split"))
    assert own.columns[5 + 1].head == "Another or not stated"
    assert texts(own.rows[0])[-2:] == ["50.0%‡", "12"]
    assert "‡ Based on fewer than 30 people." in own.notes


def test_a_row_without_its_split_says_so() -> None:
    whole = indicator({"MX": total(percent(50, 72))}, "", id="whole", blocks=GENDER)
    own = first_table(result(split(woman=(35, 44), man=(25, 30)), whole, show="split"))
    assert texts(own.rows[1]) == ["69.4%", "72", "not split", "–", "not split", "–"]


def test_counts_of_people_are_their_own_base() -> None:
    cells = {"MX": total(Cell(State.SHOWN, Fraction(75), 75, 75))}
    own = first_table(result(indicator(cells, "", stat="count", decimals=0), show="plain"))
    assert [column.head for column in own.columns] == ["Percent in Mexico"]
    assert texts(own.rows[0]) == ["75"]


def test_people_are_counted_by_group_under_their_number() -> None:
    people = [Cell(State.SHOWN, Fraction(k), k, 75) for k in (75, 45, 30)]
    cells = {"MX": dict(zip((TOTAL, "woman", "man"), ({SCALAR: cell} for cell in people), strict=True))}
    own = first_table(result(indicator(cells, "", stat="count", decimals=0, blocks=GENDER), show="plain"))
    assert [(row.label, row.level, texts(row)) for row in own.rows] == [
        ("Assess the risks", 0, ["75"]),
        ("Women", 1, ["45"]),
        ("Men", 1, ["30"]),
    ]


def test_a_distribution_prints_one_line_a_category() -> None:
    own = first_table(result(each([34, 34, 6], 74), show="plain"))
    assert [(row.label, row.level, texts(row)) for row in own.rows] == [
        ("Assess the risks", 0, ["", ""]),
        ("C0", 1, ["45.9%", "74"]),
        ("C1", 1, ["45.9%", "74"]),
        ("C2", 1, ["8.1%", "74"]),
    ]
    assert own.rows[0].heading
    assert own.notes == ("The percentages add to 99.9% because of rounding.",)


def test_percentages_that_add_to_a_hundred_need_no_note() -> None:
    assert first_table(result(each([50, 50], 100), show="plain")).notes == ()


def test_only_a_multi_select_says_that_more_than_one_option_was_allowed() -> None:
    own = first_table(result(each([31, 48, 15], 74, rules={"multi": "yes"}), show="plain"))
    assert own.notes == ("Participants were allowed to choose more than one option.",)


def test_a_category_merged_elsewhere_is_not_called_too_few() -> None:
    one = each([40, 60], 100)
    cells = {**one.cells, "CO": {TOTAL: {"c0+c1": percent(90, 100), "c2": percent(10, 100)}}}
    own = first_table(result(replace(one, cells=cells)))
    assert footnotes(own) == ["Percentages in other countries: Colombia grouped differently."] * 2


@pytest.mark.parametrize(
    ("rules", "note"),
    [
        ({"dont_know": "exclude"}, "“Don't know” is left out of the base."),
        ({"dont_know": "include"}, "“Don't know” is part of the base."),
        (
            {"dont_know": "exclude", "not_applicable": "include"},
            "“Don't know” is left out of the base. “Does not apply” is part of the base.",
        ),
        ({"filter": "${training} = 'yes'"}, "Only people for whom this holds: training = yes."),
        ({"zero_if": "${training} = 'no'"}, "People for whom this holds count with the value 0: training = no."),
        ({"restrict": "woman man"}, "Only these groups are counted: Women, Men."),
    ],
)
def test_the_rules_of_a_base_are_put_into_words(rules: dict[str, str], note: str) -> None:
    own = indicator({"MX": total(percent(40, 80))}, "", rules=rules, blocks=GENDER)
    assert first_table(result(own, show="plain")).notes == (note,)


def test_a_rule_of_some_rows_names_them() -> None:
    one = indicator({"MX": total(percent(40, 80))}, "", rules={"not_applicable": "exclude"}, label=labels("Partner"))
    two = indicator({"MX": total(percent(40, 80))}, "", id="two")
    assert first_table(result(one, two, show="plain")).notes == ("Partner: “Does not apply” is left out of the base.",)


def test_a_minimum_without_sign_off_is_not_released() -> None:
    cells = {"MX": total(Cell(State.NEEDS_SIGN_OFF, n=74))}
    own = first_table(result(indicator(cells, "", stat="min", decimals=0), show="plain"))
    assert texts(own.rows[0]) == ["not released", "74"]


def test_figures_that_are_no_percentages_have_no_percent_sign() -> None:
    means = [Cell(State.SHOWN, Fraction(207, 74), None, 74), Cell(State.SHOWN, Fraction(2), None, 60)]
    own = first_table(result(indicator(across(*means, codes=("MX", "CO")), stat="mean")))
    assert texts(own.rows[0]) == ["2.8", "74"]
    assert footnotes(own) == ["Figures in other countries: Colombia 2.0 (Average 2.4)."]


def test_labels_come_in_the_language_of_the_reading() -> None:
    own = describe(result(), "EG", "es-MX")
    assert own.tables[0].stub == "Práctica"
    assert own.tables[0].columns[0].head == "Porcentaje en Egipto"
    assert (own.language, own.direction) == ("es-MX", "ltr")


def test_arabic_runs_from_the_right_with_its_numbers_isolated() -> None:
    own = describe(result(), "MX", "ar")
    assert own.direction == "rtl"
    assert own.tables[0].rows[0].label == "تقييم المخاطر"
    assert "كولومبيا \u206655.4%\u2069" in own.tables[0].footnotes[0].text
    assert texts(own.tables[0].rows[0]) == ["\u206659.7%\u2069", "\u206672\u2069"]


def test_synthetic_figures_carry_a_banner_and_real_ones_do_not() -> None:
    assert describe(synthetic(result()), "MX", "ar").banner.startswith("SYNTHETIC")
    assert describe(result(), "MX", "en").banner == ""


def test_hashes_are_short_where_room_is_short() -> None:
    own = describe(result(), "MX", "en")
    assert own.short_provenance.startswith("Instrument 1a1a1a1a · Layout 2b2b2b2b · Plan 3c3c3c3c · Result ")
    assert "1a" * 32 in [fact.value for fact in own.provenance]


def test_the_audit_trails_head_is_shown_as_staff_pages_show_it() -> None:
    made = replace(result().provenance, audit_head="0123456789ab" + "c" * 52)
    own = describe(result(provenance=made), "MX", "en")
    assert own.short_provenance.endswith(" · Audit trail 0123456789ab")
    assert own.provenance[-1].value == "0123456789ab"


def test_the_fieldwork_of_every_country_is_told() -> None:
    own = result(countries=tuple(country(code, fieldwork_to="") for code in FIVE))
    rows = describe(own, "MX", "en").fieldwork.rows
    assert texts(rows[0]) == ["75", "74", "2015-08-03", "–", "survey, interview"]


def test_a_country_outside_the_comparison_is_refused() -> None:
    with pytest.raises(RenderError, match="“FR” is no country of this comparison"):
        describe(result(), "FR", "en")


def test_a_language_outside_the_comparison_is_refused() -> None:
    with pytest.raises(RenderError, match="“fr” is no language of this comparison"):
        describe(result(), "MX", "fr")


# Countries' own wordings ----------------------------------------------------------------------------------------------

OWN = Wording("KE", "sw", "Mara ngapi unatathmini hatari?", "How often do you weigh dangers?", "No word for risk.")
OWN_NOTE = (
    "In Kenya the question is worded in another way (Kiswahili): “Mara ngapi unatathmini hatari?”. "
    "In translation: “How often do you weigh dangers?”. Reason: No word for risk."
)


def labels_footnotes(own: Table) -> list[list[tuple[int, str]]]:
    return [[(note.number, note.text) for note in row.footnotes] for row in own.rows]


def test_a_countrys_own_wording_is_a_footnote_of_the_row_that_prints_its_figure() -> None:
    own = indicator(across(*ASSESS), wordings=(OWN,))
    across_all = first_table(result(own))
    assert labels_footnotes(across_all) == [[(1, OWN_NOTE)]]
    assert [note.number for note in across_all.rows[0].entries[0].footnotes] == [2]
    assert labels_footnotes(first_table(result(own, show="plain"), focal="KE")) == [[(1, OWN_NOTE)]]
    assert labels_footnotes(first_table(result(own, show="plain"))) == [[]]


def test_a_wording_of_one_row_of_several_marks_that_row_alone() -> None:
    other = indicator(across(*ASSESS), id="other", label=labels("Manage the risks"))
    table = first_table(result(other, indicator(across(*ASSESS), wordings=(OWN,))))
    assert labels_footnotes(table) == [[], [(2, OWN_NOTE)]]
    assert [note.number for note in table.footnotes] == [1, 2, 3]


def test_a_wording_that_some_rows_share_is_told_once_and_names_them() -> None:
    rows = [
        indicator(across(*ASSESS), id=name, label=labels(name), wordings=own)
        for name, own in (("one", (OWN,)), ("two", ()), ("three", (OWN,)))
    ]
    assert labels_footnotes(first_table(result(*rows, show="plain"), focal="KE")) == [
        [(1, f"one; three: {OWN_NOTE}")],
        [],
        [],
    ]


def test_a_wording_that_all_of_several_rows_share_is_a_note_of_the_table() -> None:
    rows = [indicator(across(*ASSESS), id=name, wordings=(OWN,)) for name in ("one", "two")]
    table = first_table(result(*rows, show="plain"), focal="KE")
    assert labels_footnotes(table) == [[], []]
    assert table.notes[0] == OWN_NOTE


def test_a_heading_carries_the_footnote_of_the_choices_under_it() -> None:
    cells: dict[str, Cells] = {"KE": {TOTAL: {"yes": percent(40, 80), "no": percent(40, 80)}}}
    each = indicator(
        cells,
        average="",
        stat="percent_each",
        categories={"yes": labels("Yes"), "no": labels("No")},
        wordings=(OWN,),
    )
    table = first_table(result(each, show="plain"), focal="KE")
    assert [(row.heading, len(row.footnotes)) for row in table.rows] == [(True, 1), (False, 0), (False, 0)]


def test_where_labels_carry_no_numbers_the_notes_name_the_rows() -> None:
    other = indicator(across(*ASSESS), id="other", label=labels("Manage the risks"))
    table = without_numbers(first_table(result(other, indicator(across(*ASSESS), wordings=(OWN,)))))
    assert labels_footnotes(table) == [[], []]
    assert table.notes[0] == f"Assess the risks: {OWN_NOTE}"


def test_a_wording_without_a_translation_or_a_reason_says_only_what_it_is() -> None:
    bare = replace(OWN, back_translation="", reason="")
    assert labels_footnotes(first_table(result(indicator(across(*ASSESS), wordings=(bare,))))) == [
        [(1, "In Kenya the question is worded in another way (Kiswahili): “Mara ngapi unatathmini hatari?”.")]
    ]


def test_an_answer_in_other_words_is_told_as_an_answer() -> None:
    never = replace(OWN, text="Kamwe", back_translation="", reason="", answer=labels("Never", "Nunca", "أبدًا"))
    own = result(indicator(across(*ASSESS), wordings=(never,)), show="plain")
    said = [labels_footnotes(first_table(own, "KE", language))[0][0][1] for language in ("en", "es-MX")]
    assert said == [
        "In Kenya the answer “Never” is worded in another way (Kiswahili): “Kamwe”.",
        "En Kenia la respuesta «Nunca» está redactada de otra manera (Kiswahili): «Kamwe».",
    ]


def test_a_language_of_the_other_direction_keeps_its_brackets() -> None:
    spanish = Wording("CO", "es-CO", "¿Cuánto?", "", "")
    [[(_, note)]] = labels_footnotes(
        first_table(result(indicator(across(*ASSESS), wordings=(spanish,)), show="plain"), "CO", "ar")
    )
    assert "(\u2066Español (Colombia)\u2069)" in note


def test_a_researchers_words_keep_their_own_direction_in_an_arabic_note() -> None:
    arabic = Wording("EG", "ar", "كم مرة تقيّم المخاطر؟", "How often?", "Too formal.")
    [[(_, note)]] = labels_footnotes(
        first_table(result(indicator(across(*ASSESS), wordings=(arabic,)), show="plain"), "EG", "ar")
    )
    assert "«كم مرة تقيّم المخاطر؟»" in note
    assert "\u2066How often?\u2069" in note
    assert "\u2066Too formal\u2069." in note
