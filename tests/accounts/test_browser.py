"""The frame of staff pages in a real browser, without scripts."""

from typing import Any

import pytest

from tests.factories import make_staff, walk_in

# The database's setup collects the style sheets, without which the live server does not start.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("django_db_setup"),
]


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Any) -> None:
    """The live server finds style sheets by their plain names only."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


def sign_in(page: Any, address: str) -> None:
    page.goto(f"{address}/desk/sign-in/")
    walk_in(page, "coordinator")


def test_after_signing_out_back_shows_nothing_of_the_desk(page: Any, live_server: Any) -> None:
    make_staff()
    sign_in(page, live_server.url)
    assert page.url == f"{live_server.url}/desk/"
    page.click("text=Sign out")
    page.wait_for_url("**/desk/sign-in/")
    for _ in range(2):
        page.go_back()
        assert "Sign out" not in page.inner_text("body")


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize(("language", "direction"), [("es-mx", "ltr"), ("ar", "rtl")])
def test_the_frame_fits_the_screen_in_both_directions(
    page: Any, live_server: Any, width: int, language: str, direction: str
) -> None:
    make_staff()
    page.set_viewport_size({"width": width, "height": 740})
    sign_in(page, live_server.url)
    page.click(".lang summary")
    page.click(f"button[lang={language}]")
    assert page.get_attribute("html", "dir") == direction
    page.click(".lang summary")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    menu = page.locator(".lang > div").bounding_box()
    assert menu["x"] >= 0
    assert menu["x"] + menu["width"] <= width
