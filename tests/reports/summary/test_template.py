"""The bundled study's own templates: complete in six languages, for Mexico with the figures that the paper prints."""

import csv
import io
from collections import Counter

import docx
import pytest

from reports.render.reading import ISOLATE, Reading
from reports.summary import grammar, template
from reports.summary.filling import fill
from reports.summary.grammar import figures_in
from tests.reports.defenders import COUNTRIES, LANGUAGES, STUDY, demonstration
from tests.reports.summary.files import W, again, members, root_of, texts

STUDIES = STUDY.parent
# Counted from interviews or a list of places: no questionnaire yields them, and the template does not print them.
FROM_INTERVIEWS = {"P.states", "SP.state_protection", "SP.accompaniment"}
# Figures of the paper that no equal weights and no base give; the summary prints ours.
OURS = {"T1.1.ID": "60.2%", "T1.4.AVG": "76.6%", "T2.4.AVG": "69.8%", "T3.1.AVG": "77.4%"}
# In words in the paper; a figure here, or beside the words.
WORDED = {"I.risk_years": "five years", "SP.protocols": "Over 60%", "W.culture": "A majority", "W.own": "Over half"}


def source(language):
    return template.source_of(STUDIES, "defenders", language)


def summary(country, language):
    return fill(template.build(source(language), language), Reading(demonstration(), country, language))


def asked(language):
    """Every figure, word, table and footnote that a template asks for, and how often."""
    nodes = [grammar.parse(content)[0] for one in template.paragraphs(source(language)) for content in fields(one.text)]
    figures = [figure.source for node in nodes for figure in figures_in(node)]
    return Counter(figures) + Counter(str(node) for node in nodes if isinstance(node, grammar.Block | grammar.Word))


def fields(text):
    return grammar.contents(text)


def test_every_language_of_the_study_has_a_template_that_can_be_read():
    assert set(template.languages(STUDIES, "defenders")) == set(LANGUAGES)
    assert [fault for language in LANGUAGES for fault in template.faults(source(language))] == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_every_language_asks_for_the_same_figures(language):
    assert set(asked(language)) == set(asked("en"))
    styles = [[one.style for one in template.paragraphs(source(tag))] for tag in ("en", language)]
    assert styles[0] == styles[1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("country", COUNTRIES)
def test_the_skeleton_of_every_country_is_whole_in_every_language(country, language):
    own = summary(country, language)
    assert own.notes == []
    said = " ".join(texts(own.data))
    assert "{{" not in said
    assert "}}" not in said
    assert ISOLATE not in said
    assert len(list(root_of(own.data).iter(f"{W}footnoteReference"))) == 3 + 5 + 5 + 6
    assert texts(own.data, "word/header1.xml") == ["SYNTHETIC"]


def test_mexicos_skeleton_prints_the_figures_of_the_paper():
    own = summary("MX", "en")
    printed = " ".join([*texts(own.data), *texts(own.data, "word/footnotes.xml")])
    with (STUDY / "published.csv").open(encoding="utf-8", newline="") as file:
        figures = {row["figure_id"]: row["printed_as"] for row in csv.DictReader(file)}
    wanted = {name: value for name, value in figures.items() if name not in FROM_INTERVIEWS} | OURS | WORDED
    wanted |= {"I.countries": "in 4 other countries", "P.n_total": "of 407 in all", "D.yrs_mean": "around 12 years"}
    missing = {name: value for name, value in wanted.items() if value.removesuffix(" (average)") not in printed}
    assert missing == {}
    for sentence in (
        "75 people from Mexico took part in the study, of 407 in all countries together: 30 men and 45 women.",
        "Their ages range from 19 to 78 years; the mean is 39.2 years.",
        "45.2% are married or live with a partner, 28.8% are in a relationship and 26% are single.",
        "They have done this work for 2 to 24 years, on average for around 12 years. Most of them (77.5%) lead others",
        "More men (83.3%) than women (79.5%) have had training. On average a person has been to 2.8 trainings.",
        "More women (76.74%) than men (56.67%) say so of the lack of time.",
        "That is more than in the other countries, where the average is 75%.",
    ):
        assert sentence in printed


def test_sentences_follow_the_country_that_is_read():
    colombia, kenya = (" ".join(texts(summary(code, "en").data)) for code in ("CO", "KE"))
    assert "More women (78.6%) than men (61.5%) have had training." in colombia
    assert "women and men cannot be compared here: too few answers to show." in kenya
    assert "fewer than on average in all countries compared" in kenya + " ".join(texts(summary("EG", "en").data))


def test_a_template_is_an_ordinary_word_file_with_its_fields_typed():
    data = template.build(source("en"), "en")
    assert template.build(source("en"), "en") == data
    document = docx.Document(io.BytesIO(data))
    assert [one.text for one in document.paragraphs if one.style.name == "Title"] == [
        "{{country}}: summary of findings"
    ]
    assert document.sections[0].header.paragraphs[0].text == "{{synthetic}}"
    assert not list(root_of(data).iter(f"{W}sdt"))


def test_arabic_runs_from_right_to_left():
    root = root_of(summary("EG", "ar").data)
    assert all(p.find(f"{W}pPr/{W}bidi") is not None for p in root.iter(f"{W}p") if p.getparent().tag == f"{W}body")


def test_the_same_result_gives_the_same_bytes_and_filling_again_changes_none():
    one = summary("MX", "es-MX").data
    assert summary("MX", "es-MX").data == one
    assert again(one, demonstration(), language="es-MX").data == one


def test_an_edited_copy_can_be_filled_for_another_country():
    own = again(summary("MX", "en").data, demonstration(), country="CO")
    assert own.notes == []
    assert texts(own.data)[0] == "Colombia: summary of findings"
    assert set(members(own.data)) == set(members(summary("CO", "en").data))


def test_a_template_of_no_study_is_nowhere():
    assert template.source_of(STUDIES, "../studies/defenders", "en") is None
    assert template.source_of(STUDIES, "defenders", "../../defenders/summary/en") is None
    assert template.source_of(STUDIES, "defenders", "fr") is None


def test_the_text_of_a_template_knows_few_things():
    text = "<!-- a\nnote -->\n# Title\n\nOne\ntwo\n- three\n- four\n\n> five\n"
    assert [(one.text, one.style, one.line) for one in template.paragraphs(text)] == [
        ("Title", "Title", 3),
        ("One two", "Normal", 5),
        ("three", "List Bullet", 7),
        ("four", "List Bullet", 8),
        ("five", "Report Caution", 10),
    ]
    assert [(line, fault.code) for line, fault in template.faults("a\n\n{{if x}} {{\n")] == [
        (3, "not-closed"),
        (3, "parts"),
    ]
