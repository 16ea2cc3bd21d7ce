"""The three hashes: which change of a workbook changes which of them."""

import pytest

from survey.protocol.fingerprints import digest, fingerprints
from survey.protocol.sheets import from_json, read_workbook
from survey.protocol.workbook import read_protocol
from tests import workbooks as w

SURVEY = [
    *w.group(
        "about",
        w.one("sex", "sex", choice_filter="countries = '' or selected(countries, ${country})"),
        w.integer("age", 15, 120),
        w.question("note", "hello"),
    ),
    *w.group(
        "work",
        w.one("training", "yesno"),
        w.integer("trainings", relevant="${training} = 'yes'"),
        w.group("practices", w.one("assess", "yesno"), w.one("manage", "yesno")),
    ),
]
CHOICES = [*w.SEX, {"list_name": "sex", "name": "muxe", "label": "muxe", "code": "2", "countries": "KE"}, *w.YES_NO]
INDICATORS = [w.indicator("assess", "assess", "percent_in", count="yes")]
BASE = w.sheets(SURVEY, CHOICES, indicators=INDICATORS)
ALL = {"instrument", "layout", "plan"}


def prints(lists):
    book = from_json(lists)
    return fingerprints(book, read_protocol(book))


def differing(lists):
    one, other = prints(BASE), prints(lists)
    return {name for name in ALL if getattr(one, name) != getattr(other, name)}


def edited(sheet, name, column, text):
    """The base with one cell changed, in the row of that name."""
    lines = [list(line) for line in BASE[sheet]]
    place = next(place for place, line in enumerate(lines) if name in line)
    if column not in lines[0]:
        lines = [[*line, ""] for line in lines]
        lines[0][-1] = column
    lines[place][lines[0].index(column)] = text
    return {**BASE, sheet: lines}


LABEL = "label::English (en)"


@pytest.mark.parametrize(
    ("changed", "hashes"),
    [
        # words
        (edited("survey", "age", LABEL, "How old are you?"), {"instrument"}),
        (edited("survey", "age", "hint::English (en)", "In years"), {"instrument"}),
        (edited("survey", "age", "comment", "asked late"), {"instrument"}),
        (edited("choices", "woman", LABEL, "A woman"), {"instrument"}),
        (edited("survey", "hello", "relevant", "${age} > 18"), {"instrument"}),
        (edited("survey", "about", "name", "introduction"), {"instrument"}),
        (edited("countries", "KE", LABEL, "Kenya"), {"instrument"}),
        (edited("settings", "small", "version", "2"), {"instrument"}),
        # what is recorded, of whom
        (edited("choices", "woman", "code", "5"), {"instrument", "layout"}),
        (edited("choices", "woman", "name", "girl"), {"instrument", "layout"}),
        (edited("choices", "woman", "exclusive", "yes"), {"instrument", "layout"}),
        (edited("choices", "muxe", "countries", "EG"), {"instrument", "layout"}),
        (edited("survey", "trainings", "relevant", "${training} != 'no'"), {"instrument", "layout"}),
        (edited("survey", "practices", "relevant", "${training} = 'yes'"), {"instrument", "layout"}),
        (edited("survey", "work", "relevant", "${age} > 18"), {"instrument", "layout"}),
        (edited("survey", "age", "constraint", ". >= 16 and . <= 120"), {"instrument", "layout"}),
        (edited("survey", "sex", "name", "gender"), {"instrument", "layout"}),
        # the plan
        (edited("indicators", "assess", "average", "all"), {"plan"}),
        (edited("indicators", "assess", LABEL, "Assess risks"), {"plan"}),
        ({**BASE, "tables": [*BASE["tables"], ["more", "plain", *BASE["tables"][1][2:]]]}, {"plan"}),
        ({**BASE, "derived": [["variable", "from", "rule"], ["band", "age", "band"]]}, {"plan"}),
        # what means nothing
        ({**BASE, "derived": [["variable", "from", "rule"]]}, set()),
        (edited("survey", "age", "appearance", ""), set()),
        ({**BASE, "deviations": [["country", "language", "name", "field", "text", "reason"]]}, set()),
        ({name: [line[::-1] for line in lines] for name, lines in BASE.items()}, set()),
        ({name: [*lines, [""] * len(lines[0])] for name, lines in BASE.items()}, set()),
    ],
)
def test_a_change_changes_the_hashes_it_concerns(changed, hashes):
    assert differing(changed) == hashes


def test_a_new_choice_changes_the_layout():
    more = [*CHOICES, {"list_name": "yesno", "name": "perhaps", "label": "perhaps", "code": "2"}]
    assert differing(w.sheets(SURVEY, more, indicators=INDICATORS)) == {"instrument", "layout"}


def test_a_question_that_moves_under_another_sections_relevance_changes_the_layout():
    def layout(cut):
        rows = [w.one("a", "yesno"), w.one("b", "yesno"), w.one("c", "yesno")]
        second = w.group("two", *rows[cut:], relevant="${a} = 'yes'")
        return prints(w.sheets([*w.group("one", *rows[:cut]), *second])).layout

    assert layout(1) != layout(2)


def test_the_kind_of_file_does_not_matter(tmp_path):
    books = [
        read_workbook(w.write_csv(tmp_path / "study", BASE)),
        read_workbook(w.write_xlsx(tmp_path / "study.xlsx", BASE)),
    ]
    assert [fingerprints(book, read_protocol(book)) for book in books] == [prints(BASE)] * 2


def test_the_order_of_rows_matters():
    survey = [*SURVEY[:1], SURVEY[2], SURVEY[1], *SURVEY[3:]]
    assert differing(w.sheets(survey, CHOICES, indicators=INDICATORS)) == {"instrument", "layout"}


def test_a_digest_is_of_the_canonical_json():
    assert digest({"b": 1, "a": "ä"}) == digest({"a": "ä", "b": 1})
    assert digest([]) == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
