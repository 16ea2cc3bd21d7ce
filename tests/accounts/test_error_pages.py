"""Error pages say what to do and nothing else."""

import pytest
from django.template.loader import get_template
from django.test import Client
from django.utils import translation

from tests.factories import make_staff, signed_in

PAGES = ["400.html", "403.html", "404.html", "500.html"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl")])
def test_a_page_needs_no_context_and_knows_its_direction(name: str, language: str, direction: str) -> None:
    with translation.override(language):
        page = get_template(name).render()
    assert f'<html lang="{language}" dir="{direction}">' in page
    assert "<h1></h1>" not in page
    assert "desk" not in page.lower()


def test_the_page_for_a_fault_of_ours_looks_nothing_up() -> None:
    assert "stylesheet" not in get_template("500.html").render()


@pytest.mark.django_db
def test_a_form_without_its_token_is_answered_in_plain_words() -> None:
    strict = Client(enforce_csrf_checks=True)
    signed_in(strict, make_staff())
    response = strict.post("/desk/sign-out/")
    assert response.status_code == 403
    assert "<h1>" in response.text
    assert "CSRF" not in response.text
