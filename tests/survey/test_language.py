"""From what a browser or a person wants to what a site offers."""

import pytest
from django.test import RequestFactory

from survey.language import language_name, tag_for, tag_wished

COLOMBIA, EGYPT = ("es-CO", "en"), ("ar", "en")


@pytest.mark.parametrize(
    ("header", "offered", "tag"),
    [
        ("es-CO", COLOMBIA, "es-CO"),
        ("es-MX,es;q=0.9", COLOMBIA, "es-CO"),
        ("en-US,en;q=0.9", COLOMBIA, "en"),
        ("fr-FR,en;q=0.5", EGYPT, "en"),
        ("id,ar;q=0.5,en;q=0.9", EGYPT, "en"),
        ("fr-FR", EGYPT, "ar"),
        ("", EGYPT, "ar"),
        ("*;;q=,\x7f", EGYPT, "ar"),
    ],
)
def test_the_first_wish_that_can_be_met_else_the_sites_first(header: str, offered: tuple[str, ...], tag: str) -> None:
    request = RequestFactory().get("/", headers={"Accept-Language": header})
    request.session = {}  # type: ignore[assignment]
    assert tag_wished(request, offered) == tag


def test_a_choice_goes_before_the_browser() -> None:
    request = RequestFactory().post("/", {"_lang": "en"}, headers={"Accept-Language": "ar"})
    request.session = {"language": "ar"}  # type: ignore[assignment]
    assert tag_wished(request, EGYPT) == "en"


def test_a_language_falls_back_to_its_relative_then_to_the_first() -> None:
    assert [tag_for(language, COLOMBIA) for language in ("es-co", "es-mx", "en", "sw")] == [
        "es-CO",
        "es-CO",
        "en",
        "es-CO",
    ]


@pytest.mark.parametrize(("tag", "name"), [("es-MX", "Español (México)"), ("fr", "français"), ("nah", "nah")])
def test_languages_are_called_by_their_own_names(tag: str, name: str) -> None:
    assert language_name(tag) == name
