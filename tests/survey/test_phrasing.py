"""Attributions as sentences: the paper's own, in every bundled language, with the study's own words."""

from pathlib import Path

import pytest

from survey.attribution import NOTHING, Attribution, Registry
from survey.participants import describing
from survey.phrasing import file, languages_of, sentence
from survey.protocol.sheets import read_workbook
from survey.protocol.workbook import read_protocol

PROTOCOL = read_protocol(read_workbook(Path(__file__).resolve().parents[2] / "studies" / "defenders"))
MEXICO = describing(PROTOCOL, "MX")
PAPERS = Attribution(("land",), ("mx_oaxaca",), "", "2015-08")


def say(said: Attribution, language: str) -> str:
    return sentence(said, describing=MEXICO, language=language, country="MX")


@pytest.mark.parametrize(
    ("language", "sentence_of_the_paper", "bare"),
    [
        ("en", "Participant working on land rights in Oaxaca. Interviewed in August 2015.", "Participant."),
        (
            "es-MX",
            "Participante que trabaja en temas de derecho a la tierra en Oaxaca. Entrevista en agosto de 2015.",
            "Participante.",
        ),
        (
            "id",
            "Peserta yang bekerja dalam bidang hak atas tanah di Oaxaca. Diwawancarai pada Agustus 2015.",
            "Peserta.",
        ),
        ("sw", "Mshiriki anayeshughulikia haki za ardhi katika Oaxaca. Mahojiano: Agosti 2015.", "Mshiriki."),
        ("ar", "شخص مشارك في مجال الحقوق في الأرض في واهاكا. أُجريت المقابلة في أغسطس 2015.", "شخص مشارك."),
    ],
)
def test_the_papers_attribution_in_every_bundled_language(language: str, sentence_of_the_paper: str, bare: str) -> None:
    assert (say(PAPERS, language), say(NOTHING, language)) == (sentence_of_the_paper, bare)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            Attribution(
                ("land", "lgbtq"),
            ),
            "Participant working on land rights and LGBTQ rights.",
        ),
        (
            Attribution(("land", "health", "prisoners"), ("mx_oaxaca", "mx_puebla")),
            "Participant working on land rights, the right to health and the rights of political prisoners"
            " in Oaxaca and Puebla.",
        ),
        (Attribution((), ("mx_city",), "", "2015"), "Participant in Mexico City. Interviewed in 2015."),
        (Attribution((), (), "community radio"), "Participant (community radio)."),
        (
            Attribution(
                ("gone",),
            ),
            "Participant working on gone.",
        ),
    ],
)
def test_english_sentences(said: Attribution, words: str) -> None:
    assert say(said, "en") == words


def test_a_language_without_a_translation_of_ours_gets_no_sentence() -> None:
    assert languages_of(("en", "fr", "es-MX", "ar")) == ("en", "es-MX", "ar")


def test_the_file_has_a_line_for_everybody_and_no_formula() -> None:
    known = {"=1+1": PAPERS, "+2": PAPERS, "@x": PAPERS, "4827-1372": NOTHING}
    content = file(Registry(list(known.values())), known, describing=MEXICO, languages=("en",), country="MX")
    papers = "Participant working on land rights in Oaxaca. Interviewed in August 2015."
    assert content.decode().split("\r\n") == [
        *("code,en", f"'=1+1,{papers}", f"'+2,{papers}", f"'@x,{papers}", "4827-1372,Participant.", "")
    ]
