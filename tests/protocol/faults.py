"""A small workbook without a fault, and for every problem the changes that bring it about and its place."""

from survey.protocol.sheets import from_json
from tests import workbooks as w

LABEL = "label::English (en)"
BASE = w.sheets(
    [
        *w.group(  # row 2
            "about",
            w.one("sex", "sex"),  # 3
            w.integer("age"),  # 4
            w.group("practices", w.one("assess", "often"), w.one("manage", "often")),  # 5 to 8
            w.many("work", "work"),  # 9
            w.one("training", "yesno"),  # 10
            w.integer("trainings", relevant="${training} = 'yes'"),  # 11
            w.question("text", "secure"),  # 12
        )  # 13
    ],
    [
        *w.SEX,  # rows 2 to 4
        *w.choices("often", "never", "often", "always", missing=["dont_know"]),  # 5 to 9
        *w.choices("work", "paid", "unpaid", none=True),  # 10 to 13
        *w.YES_NO,  # 14 to 16
    ],
    countries=(w.country("KE"), w.country("EG")),
    information=[w.information("heading"), w.information("agree")],
    indicators=[
        w.indicator("practice.assess", "assess", "percent_in", count="often always", dont_know="exclude"),  # 2
        w.indicator("training.any", "training", "percent_in", count="yes", split="sex"),  # 3
        w.indicator("training.mean", "trainings", "mean", zero_if="${training} = 'no'"),  # 4
        w.indicator("work.how", "work", "percent_each"),  # 5
        w.indicator("participants", "participants", "count"),  # 6
    ],
)
# Rows of a derived sheet, which the base does not have.
DERIVED = ["variable", "from", "rule", "answered", "choice", "of", LABEL]
DEVIATION = {"country": "KE", "language": "en", "name": "sex", "field": "label", "text": "Sex?", "reason": "Kind"}


def changed(*changes):
    """The base with changed cells: (sheet, row, cells); row 0 adds a row, cells None takes it away."""
    lists = {name: [list(line) for line in lines] for name, lines in BASE.items()}
    for sheet, row, cells in changes:
        lines = lists.setdefault(sheet, [list(DERIVED if sheet == "derived" else DEVIATION)])
        if cells is None:
            del lines[row - 1]
            continue
        if row == 0:
            lines.append([""] * len(lines[0]))
        for column, text in cells.items():
            if column not in lines[0]:
                for line in lines:
                    line.append("")
                lines[0][-1] = column
            lines[row - 1][lines[0].index(column)] = text
    return from_json(lists)


def derived(name, source, rule, choices, *, split=True, **cells):
    """Changes that add a derived variable from row 2 on, by which the second indicator is split."""
    rows = [{LABEL: row["label"], **row} for row in w.derived(name, source, rule, choices, **cells)]
    added = [("derived", 0, {column: row[column] for column in row if column != "label"}) for row in rows]
    return [*added, *([("indicators", 3, {"split": name})] if split else [])]


AGES = {"young": "0-29", "older": "30+"}
HOW_OFTEN = {"ever": "often always", "never_ever": "never"}


def filled(row, **cells):
    """The cells of a base row by sheet, changed; for adding a row like it."""
    sheet, number = row
    return {**dict(zip(BASE[sheet][0], BASE[sheet][number - 1], strict=True)), **cells}


CASES = {
    # survey sheet
    "type-unknown": [
        ([("survey", 12, {"type": "calculate"})], ("survey", 12, "type")),
        ([("survey", 12, {"type": ""})], ("survey", 12, "type")),
        ([("survey", 3, {"type": "select_one sex or_other"})], ("survey", 3, "type")),
        ([("survey", 12, {"type": "text big"})], ("survey", 12, "type")),
    ],
    "identifying-field": [([("survey", 12, {"type": "geopoint"})], ("survey", 12, "type"))],
    "outside-section": [([("survey", 0, filled(("survey", 12), name="more"))], ("survey", 14, "name"))],
    "hidden-unknown": [([("survey", 12, {"type": "hidden", "name": "phone"})], ("survey", 12, "name"))],
    "group-not-closed": [([("survey", 13, None)], ("survey", 2, "type"))],
    "group-not-open": [([("survey", 0, {"type": "end_group"})], ("survey", 14, "type"))],
    "group-too-deep": [
        (
            [
                ("survey", 6, {"type": "begin_group", "name": "deep"}),
                ("survey", 7, {"type": "end group"}),
                ("indicators", 2, filled(("indicators", 3), indicator="practice.assess")),
            ],
            ("survey", 6, "type"),
        )
    ],
    "group-name": [
        ([("survey", 5, {"name": ""})], ("survey", 5, "name")),
        ([("survey", 5, {"name": "The Practices"})], ("survey", 5, "name")),
    ],
    "question-name": [
        ([("survey", 12, {"name": "Secure"})], ("survey", 12, "name")),
        ([("survey", 12, {"name": "s" * 33})], ("survey", 12, "name")),
    ],
    "name-twice": [
        ([("survey", 12, {"name": "country"})], ("survey", 12, "name")),
        ([("survey", 12, {"name": "about"})], ("survey", 2, "name")),
        ([("survey", 12, {"name": "participants"})], ("survey", 12, "name")),
    ],
    "list-unknown": [([("survey", 3, {"type": "select_one seks"})], ("survey", 3, "type"))],
    "integer-without-range": [
        ([("survey", 11, {"constraint": ". >= 0"})], ("survey", 11, "constraint")),
        ([("survey", 11, {"constraint": ". >= 9 and . <= 8"})], ("survey", 11, "constraint")),
        ([("survey", 11, {"constraint": ". >= 0 and . <= 65001"})], ("survey", 11, "constraint")),
    ],
    "source-unknown": [([("survey", 12, {"source": "rumour"})], ("survey", 12, "source"))],
    "expression": [
        ([("survey", 11, {"relevant": "${training} = "})], ("survey", 11, "relevant")),
        ([("indicators", 3, {"filter": "${sex} ="})], ("indicators", 3, "filter")),
    ],
    "question-unknown": [
        ([("survey", 11, {"relevant": "${job} = 'yes'"})], ("survey", 11, "relevant")),
        ([("indicators", 3, {"variable": "job"})], ("indicators", 3, "variable")),
        ([("indicators", 3, {"filter": "${job} = 4"})], ("indicators", 3, "filter")),
        (
            [*derived("job", "age", "band", AGES), ("indicators", 3, {"filter": "${jobs} = 4"})],
            ("indicators", 3, "filter"),
        ),
        ([("settings", 2, {"region_question": "job"})], ("settings", 2, "region_question")),
    ],
    "forward-reference": [
        ([("survey", 10, {"relevant": "${trainings} > 4"})], ("survey", 10, "relevant")),
        ([("survey", 10, {"relevant": "${training} = 'yes'"})], ("survey", 10, "relevant")),
        ([("survey", 5, {"relevant": "${assess} = 'often'"})], ("survey", 5, "relevant")),
    ],
    "choice-unknown": [
        (derived("ever", "assess", "recode", {**HOW_OFTEN, "other": "sometimes"}), ("derived", 5, "of")),
        (derived("ever", "assess", "recode", {**HOW_OFTEN, "other": "dont_know"}), ("derived", 5, "of")),
        (
            [*derived("band", "age", "band", AGES), ("indicators", 3, {"filter": "${band} = 'old'"})],
            ("indicators", 3, "filter"),
        ),
        ([("survey", 11, {"relevant": "${training} = 'maybe'"})], ("survey", 11, "relevant")),
        ([("indicators", 2, {"count": "often sometimes"})], ("indicators", 2, "count")),
        ([("indicators", 2, {"count": "often dont_know"})], ("indicators", 2, "count")),
        ([("indicators", 3, {"restrict": "girl"})], ("indicators", 3, "restrict")),
        ([("indicators", 4, {"zero_if": "${training} = 'never'"})], ("indicators", 4, "zero_if")),
    ],
    "column-unknown": [([("survey", 3, {"choice_filter": "region = ''"})], ("survey", 3, "choice_filter"))],
    "filter-missing": [([("choices", 2, {"countries": "KE"})], ("survey", 3, "choice_filter"))],
    "scale-broken": [
        (
            [
                ("choices", 5, {"countries": "KE"}),
                ("survey", 6, {"choice_filter": "countries = '' or selected(countries, ${country})"}),
                ("survey", 7, {"choice_filter": "countries = '' or selected(countries, ${country})"}),
            ],
            ("survey", 6, "type"),
        )
    ],
    "no-prefer-not": [([("choices", 4, None)], ("survey", 3, "type"))],
    "no-none-of-these": [([("choices", 12, {"exclusive": ""})], ("survey", 9, "type"))],
    "battery-mixed": [
        ([("survey", 7, {"type": "select_one yesno"})], ("survey", 5, "type")),
        ([("survey", 7, {"type": "text"})], ("survey", 5, "type")),
    ],
    "no-language": [([("survey", 1, {LABEL: "label"})], ("survey", 1, ""))],
    "translation-missing": [
        ([*derived("band", "age", "band", AGES), ("derived", 2, {LABEL: ""})], ("derived", 2, "label")),
        ([*derived("band", "age", "band", AGES), ("derived", 4, {LABEL: ""})], ("derived", 4, "label")),
        ([("survey", 12, {LABEL: ""})], ("survey", 12, "label")),
        ([("survey", 11, {"constraint_message::English (en)": ""})], ("survey", 11, "constraint_message")),
        ([("survey", 5, {LABEL: ""})], ("survey", 5, "label")),
        ([("choices", 2, {LABEL: ""})], ("choices", 0, "label of sex/woman")),
        ([("countries", 2, {LABEL: ""})], ("countries", 0, "label of KE")),
        ([("indicators", 2, {LABEL: ""})], ("indicators", 2, "label")),
        ([("tables", 2, {"stub::English (en)": ""})], ("tables", 0, "stub")),
    ],
    "no-question": [([("survey", row, None) for row in (12, 11, 10, 9, 8, 7, 6, 5, 4, 3)], ("survey", 0, ""))],
    # choices sheet
    "choice-name": [
        ([("choices", 4, {"name": "Prefer not"})], ("choices", 4, "name")),
        ([("choices", 4, {"list_name": "1"})], ("choices", 4, "list_name")),
    ],
    "choice-twice": [
        ([("choices", 3, {"name": "woman"})], ("choices", 3, "name")),
        ([("choices", 3, {"code": "0"})], ("choices", 3, "code")),
        ([("choices", 8, {"missing": "prefer_not"})], ("choices", 9, "missing")),
    ],
    "missing-unknown": [([("choices", 4, {"missing": "refused"})], ("choices", 4, "missing"))],
    "missing-with-code": [([("choices", 4, {"code": "9"})], ("choices", 4, "code"))],
    "not-a-select": [([("settings", 2, {"gender_question": "age"})], ("settings", 2, "gender_question"))],
    "number": [
        ([("choices", 3, {"code": "200"})], ("choices", 3, "code")),
        ([("choices", 3, {"code": ""})], ("choices", 3, "code")),
        ([("choices", 3, {"code": "-1"})], ("choices", 3, "code")),
        ([("choices", 3, {"code": "٣"})], ("choices", 3, "code")),
        ([("settings", 2, {"threshold": "2"})], ("settings", 2, "threshold")),
        ([("settings", 2, {"threshold": "51"})], ("settings", 2, "threshold")),
    ],
    "too-few-choices": [
        (
            [
                ("choices", 3, {"countries": "EG"}),
                ("survey", 3, {"choice_filter": "countries = '' or selected(countries, ${country})"}),
            ],
            ("choices", 0, "countries"),
        )
    ],
    "country-unknown": [
        (
            [
                ("choices", 3, {"countries": "KE EG MX"}),
                ("survey", 3, {"choice_filter": "countries = '' or selected(countries, ${country})"}),
            ],
            ("choices", 0, "countries"),
        )
    ],
    # settings, countries, deviations
    "settings-rows": [
        ([("settings", 2, None)], ("settings", 0, "")),
        ([("settings", 0, {"form_id": "x"})], ("settings", 0, "")),
    ],
    "setting-missing": [
        ([("settings", 2, {"form_id": ""})], ("settings", 2, "form_id")),
        ([("settings", 2, {"version": ""})], ("settings", 2, "version")),
        ([("settings", 2, {"default_language": ""})], ("settings", 2, "default_language")),
    ],
    "setting-unknown": [([("settings", 2, {"records": "closed"})], ("settings", 2, "records"))],
    "language-unknown": [
        ([("settings", 2, {"default_language": "Français (fr)"})], ("settings", 2, "default_language")),
        ([("countries", 2, {"languages": "en sw"})], ("countries", 2, "languages")),
    ],
    "country-without-language": [([("countries", 2, {"languages": ""})], ("countries", 2, "languages"))],
    "country-twice": [([("countries", 3, {"country": "KE"})], ("countries", 3, "country"))],
    "country-code": [([("countries", 3, {"country": "Egypt"})], ("countries", 3, "country"))],
    "no-country": [([("countries", 3, None), ("countries", 2, None)], ("countries", 0, ""))],
    "deviation-without-reason": [([("deviations", 0, {**DEVIATION, "reason": ""})], ("deviations", 2, "reason"))],
    "deviation-unknown": [
        ([("deviations", 0, {**DEVIATION, column: wrong})], ("deviations", 2, column))
        for column, wrong in (
            ("country", "MX"),
            ("language", "fr"),
            ("name", "seks"),
            ("field", "relevant"),
            ("text", ""),
        )
    ],
    # indicators sheet
    "indicator-twice": [
        ([("indicators", 0, filled(("indicators", 2)))], ("indicators", 7, "indicator")),
    ],
    "indicator-id": [([("indicators", 0, filled(("indicators", 2), indicator="A b"))], ("indicators", 7, "indicator"))],
    "indicator-unused": [([("tables", 7, None)], ("indicators", 6, "indicator"))],
    "stat-unknown": [([("indicators", 2, {"stat": "median"})], ("indicators", 2, "stat"))],
    "stat-and-type": [
        ([("indicators", 2, {"stat": "mean", "count": ""})], ("indicators", 2, "stat")),
        ([("indicators", 4, {"stat": "percent_each", "zero_if": ""})], ("indicators", 4, "stat")),
    ],
    "exit-address": [([("countries", 2, {"exit": "http://example.org"})], ("countries", 0, "exit"))],
    "part-unknown": [([("information", 2, {"part": "words"})], ("information", 2, "part"))],
    "agree-once": [([("information", 3, {"part": "text"})], ("information", 0, "part"))],
    "average-each": [([("indicators", 5, {"average": "all"})], ("indicators", 5, "average"))],
    "heading-unknown": [
        ([*derived("band", "age", "band", AGES), ("derived", 1, {"of": "off"})], ("derived", 1, "off")),
        ([("survey", 1, {"relevant": "relevent"})], ("survey", 1, "relevent")),
        ([("survey", 1, {"name": "label"})], ("survey", 1, "label")),
        ([("indicators", 1, {LABEL: "label::English"})], ("indicators", 1, "label::English")),
        ([("choices", 2, {"region": "north"})], ("choices", 1, "region")),
        ([("settings", 2, {"title::English (en)": "Survey"})], ("settings", 1, "title::English (en)")),
    ],
    "language-twice": [([("survey", 3, {"label::Inglés (en)": "Sexo"})], ("survey", 1, "label::Inglés (en)"))],
    "average-unknown": [([("indicators", 2, {"average": "most"})], ("indicators", 2, "average"))],
    "registry-counts-only": [([("indicators", 6, {"stat": "mean"})], ("indicators", 6, "stat"))],
    "count": [
        ([("indicators", 2, {"count": ""})], ("indicators", 2, "count")),
        ([("indicators", 5, {"count": "paid"})], ("indicators", 5, "count")),
    ],
    "count-one": [
        ([("indicators", 5, {"stat": "percent_in", "count": "paid unpaid"})], ("indicators", 5, "count")),
    ],
    "zero-if": [([("indicators", 3, {"zero_if": "${sex} = 'man'"})], ("indicators", 3, "zero_if"))],
    "split-unknown": [
        ([("indicators", 3, {"split": "gender"})], ("indicators", 3, "split")),
        ([("indicators", 3, {"split": "work"})], ("indicators", 3, "split")),
    ],
    "split-each": [([("indicators", 5, {"split": "sex"})], ("indicators", 5, "split"))],
    "split-reserved": [
        ([("choices", 3, {"name": "all"})], ("indicators", 3, "split")),
        ([("choices", 3, {"name": "unstated"})], ("indicators", 3, "split")),
    ],
    "restrict-without-split": [([("indicators", 2, {"restrict": "man"})], ("indicators", 2, "restrict"))],
    "rule-missing": [([("indicators", 2, {"dont_know": ""})], ("indicators", 2, "dont_know"))],
    "rule-idle": [([("indicators", 3, {"not_applicable": "exclude"})], ("indicators", 3, "not_applicable"))],
    "decimals": [
        ([("indicators", 2, {"decimals": "4"})], ("indicators", 2, "decimals")),
        ([("indicators", 2, {"decimals": "one"})], ("indicators", 2, "decimals")),
    ],
    "expression-unsupported": [
        ([("indicators", 3, {"filter": expression})], ("indicators", 3, "filter"))
        for expression in (
            "${age} + 1 > 4",
            "${age} > ${trainings}",
            "30 < ${age}",
            "${training} = 1",
            "${age} = 'old'",
            "${work} = 'paid'",
            "${secure} = 'x'",
            "${sex} = ''",
            "selected(${sex}, 5)",
            "selected(${age}, 'x')",
            "if(${age} > 4, true(), false())",
            "true()",
        )
    ],
    "part-of-unknown": [
        ([("indicators", 2, {"part_of": "nothing"})], ("indicators", 2, "part_of")),
        ([("indicators", 2, {"part_of": "training.mean"})], ("indicators", 2, "part_of")),
        ([("indicators", 2, {"part_of": "practice.assess"})], ("indicators", 2, "part_of")),
        ([("indicators", 4, {"part_of": "practice.assess"})], ("indicators", 4, "part_of")),
    ],
    "count-all": [([("indicators", 3, {"count": "no yes"})], ("indicators", 3, "count"))],
    "include-ticks": [
        (
            [
                ("choices", 0, filled(("choices", 10), name="dont_know", code="", missing="dont_know")),
                ("indicators", 5, {"dont_know": "include"}),
            ],
            ("indicators", 5, "dont_know"),
        )
    ],
    "registry-filter": [([("indicators", 6, {"filter": "${age} > 30"})], ("indicators", 6, "filter"))],
    "registry-split": [
        (
            [("settings", 2, {"gender_question": "sex"}), ("indicators", 6, {"split": "training"})],
            ("indicators", 6, "split"),
        ),
        ([*derived("band", "age", "band", AGES), ("indicators", 6, {"split": "band"})], ("indicators", 6, "split")),
    ],
    "second-partition": [
        (
            [
                ("indicators", 0, filled(("indicators", 3), indicator="again", split="training")),
                ("tables", 0, {"table": "all", "indicator": "again"}),
            ],
            ("indicators", 7, "split"),
        ),
        (  # of a number too: its mean by sex, and a band of it by another question
            [
                *derived("band", "trainings", "band", {"one": "0-1", "more": "2+"}, split=False),
                ("indicators", 4, {"split": "sex"}),
                (
                    "indicators",
                    0,
                    filled(("indicators", 3), indicator="a", variable="band", count="one", split="training"),
                ),
                ("tables", 0, {"table": "all", "indicator": "a"}),
            ],
            ("indicators", 7, "split"),
        ),
    ],
    "filter-never": [
        ([("indicators", 3, {"filter": expression})], ("indicators", 3, "filter"))
        for expression in (
            "${sex} = 'man' and ${sex} = 'woman'",
            "${age} > 40 and ${age} < 41",
            "${age} > 99",
            "${training} = 'no' and ${trainings} > 2",
            "selected(${work}, 'none') and selected(${work}, 'paid')",
        )
    ],
    "zero-if-never": [
        ([("indicators", 4, {"filter": "${training} = 'yes'"})], ("indicators", 4, "zero_if")),
        ([("indicators", 4, {"zero_if": "${age} > 99"})], ("indicators", 4, "zero_if")),
    ],
    "question-not-asked": [
        (
            [("indicators", 4, {"stat": "max", "zero_if": "", "filter": "${training} = 'no'"})],
            ("indicators", 4, "variable"),
        ),
        ([("survey", 9, {"relevant": "${sex} = 'man' and ${sex} = 'woman'"})], ("indicators", 5, "variable")),
    ],
    "split-one-block": [
        ([("indicators", 3, {"filter": "${sex} = 'man'"})], ("indicators", 3, "split")),
        (
            [*derived("band", "age", "band", AGES), ("indicators", 3, {"filter": "${age} > 50"})],
            ("indicators", 3, "split"),
        ),
    ],
    # derived sheet
    "derived-name": [(derived("Age", "age", "band", AGES, split=False), ("derived", 2, "variable"))],
    "derived-twice": [
        (derived("sex", "age", "band", AGES, split=False), ("derived", 2, "variable")),
        (derived("participants", "age", "band", AGES, split=False), ("derived", 2, "variable")),
        ([*derived("band", "age", "band", AGES), *derived("band", "age", "band", AGES)], ("derived", 5, "variable")),
    ],
    "derived-not-open": [
        ([("derived", 0, {"variable": "band", "choice": "young", "of": "0-9"})], ("derived", 2, "variable"))
    ],
    "derived-rule": [
        (derived("band", "age", "average", AGES), ("derived", 2, "rule")),
        (derived("band", "age", "", AGES), ("derived", 2, "rule")),
    ],
    "derived-from": [
        (derived("band", "years", "band", AGES), ("derived", 2, "from")),
        (derived("band", "sex", "band", AGES), ("derived", 2, "from")),
        (derived("band", "age trainings", "band", AGES), ("derived", 2, "from")),
        (derived("ever", "work", "recode", {"a": "paid", "b": "rest"}), ("derived", 2, "from")),
        (derived("any", "assess", "any_of", {"a": "often", "b": "rest"}), ("derived", 2, "from")),
        (derived("any", "assess assess", "any_of", {"a": "often", "b": "rest"}, answered="1"), ("derived", 2, "from")),
        (derived("any", "assess work", "any_of", {"a": "often", "b": "rest"}, answered="1"), ("derived", 2, "from")),
        (
            [
                *derived("any", "work", "any_of", {"a": "paid", "b": "rest"}),
                *derived("again", "any", "recode", {"c": "a", "d": "b"}),
            ],
            ("derived", 5, "from"),
        ),
    ],
    "derived-cycle": [
        (derived("band", "band", "recode", {"a": "a", "b": "b"}), ("derived", 2, "from")),
        (
            [
                *derived("one", "two", "recode", {"a": "a", "b": "b"}),
                *derived("two", "one", "recode", {"a": "a", "b": "b"}),
            ],
            ("derived", 2, "from"),
        ),
    ],
    "derived-choices": [
        (derived("band", "age", "band", {"any": "0+"}), ("derived", 2, "choice")),
        (derived("any", "work", "any_of", {"a": "paid", "b": "none", "c": "rest"}), ("derived", 2, "choice")),
    ],
    "derived-choice": [
        (derived("band", "age", "band", {"young": "0-29", "All of them": "30+"}), ("derived", 4, "choice")),
        (derived("band", "age", "band", {"young": "0-29", "unstated": "30+"}), ("derived", 4, "choice")),
        (derived("ever", "assess", "recode", {"ever": "often always", "dont_know": "never"}), ("derived", 4, "choice")),
        ([*derived("band", "age", "band", AGES), ("derived", 4, {"choice": "young"})], ("derived", 4, "choice")),
    ],
    "derived-of": [
        (derived("band", "age", "band", {"young": "under 30", "older": "rest"}), ("derived", 3, "of")),
        (derived("ever", "assess", "recode", {**HOW_OFTEN, "other": ""}), ("derived", 5, "of")),
    ],
    "derived-overlap": [
        (derived("band", "age", "band", {"young": "0-30", "older": "30+"}), ("derived", 4, "of")),
        (derived("ever", "assess", "recode", {**HOW_OFTEN, "other": "often"}), ("derived", 5, "of")),
    ],
    "derived-gap": [
        (derived("band", "age", "band", {"young": "0-29", "older": "31+"}), ("derived", 2, "of")),
        (derived("band", "age", "band", {"young": "1-29", "older": "30-98"}), ("derived", 2, "of")),
        (derived("ever", "assess", "recode", {"ever": "always", "no": "never"}), ("derived", 2, "of")),
    ],
    "derived-rest": [
        (derived("band", "age", "band", {**AGES, "other": "rest"}), ("derived", 5, "of")),
        (derived("ever", "assess", "recode", {"never_ever": "never", "a": "rest", "b": "rest"}), ("derived", 5, "of")),
        (derived("any", "work", "any_of", {"a": "paid", "b": "unpaid none"}), ("derived", 4, "of")),
        (derived("any", "work", "any_of", {"a": "rest", "b": "paid"}), ("derived", 3, "of")),
    ],
    "derived-reach": [
        (derived("any", "assess training", "any_of", {"a": "often", "b": "rest"}, answered="2"), ("derived", 3, "of"))
    ],
    "derived-answered": [
        (derived("any", "assess manage", "any_of", {"a": "often", "b": "rest"}), ("derived", 2, "answered")),
        (
            derived("any", "assess manage", "any_of", {"a": "often", "b": "rest"}, answered="3"),
            ("derived", 2, "answered"),
        ),
        (
            derived("any", "work", "any_of", {"a": "paid", "b": "rest"}, answered="1"),
            ("derived", 2, "answered"),
        ),
        (derived("band", "age", "band", AGES, answered="1"), ("derived", 2, "answered")),
    ],
    "derived-unused": [(derived("band", "age", "band", AGES, split=False), ("derived", 2, "variable"))],
    "band-range": [
        (derived("band", "age", "band", {"young": "0-29", "older": "30-120"}), ("derived", 4, "of")),
        (derived("band", "age", "band", {"young": "29-0", "older": "rest"}), ("derived", 3, "of")),
    ],
    # tables sheet
    "table-empty": [([("tables", 0, filled(("tables", 2), table="more"))], ("tables", 8, "table"))],
    "table-id": [
        (
            [("tables", 0, filled(("tables", 2), table="")), ("tables", 0, {"table": "", "indicator": "work.how"})],
            ("tables", 8, "table"),
        )
    ],
    "table-twice": [
        (
            [("tables", 0, filled(("tables", 2))), ("tables", 0, {"table": "all", "indicator": "work.how"})],
            ("tables", 8, "table"),
        )
    ],
    "table-not-open": [([("tables", 3, {"table": "other"})], ("tables", 3, "table"))],
    "indicator-unknown": [([("tables", 0, {"table": "all", "indicator": "nothing"})], ("tables", 8, "indicator"))],
    "show-unknown": [([("tables", 2, {"show": "fancy"})], ("tables", 2, "show"))],
}
# Problems of files, reached in test_sheets.py.
OF_FILES = {
    "cell-unusable",
    "cells-beyond-header",
    "column-twice",
    "not-a-workbook",
    "not-csv",
    "not-utf-8",
    "separator",
    "sheet-empty",
    "sheet-missing",
    "sheet-too-long",
}
