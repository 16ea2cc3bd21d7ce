"""Accounts in a browser: from an invitation to the desk, and every page on the way, in both directions."""

import re
from base64 import b32decode
from typing import Any

import pytest
from django_otp.oath import TOTP

from accounts.models import Role
from tests.factories import PASSWORD, app_code, make_staff
from tests.journeys.test_pages import Inspector, scripted  # noqa: F401
from tests.studies import publish_small

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "granite-window-otter-lamp"
GO = "main button.go"


def typed_from(page: Any) -> str:
    """What an app shows that was given the letters of the page."""
    letters = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", page.content()))
    return str(TOTP(b32decode(letters)).token()).zfill(6)


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ar", "rtl")])
def test_every_page_about_accounts(live_server: Any, scripted: Any, language: str, direction: str) -> None:  # noqa: F811
    publish_small()
    make_staff("ada", Role.Name.ADMINISTRATOR)
    make_staff("brian")
    page, inspector = scripted, Inspector(scripted, live_server.url)
    page.goto(f"{live_server.url}/desk/sign-in/")
    if page.locator(f"button[lang={language}]").count():
        page.click(".lang summary")
        page.click(f"button[lang={language}]")
    page.fill("#username", "ada")
    page.fill("#password", PASSWORD)
    page.click(GO)
    inspector.look("code", direction, heavy=False)
    page.click(GO)
    inspector.look("no code", direction, heavy=False)
    page.fill("#code", app_code("ada"))
    page.click(GO)
    inspector.look("accounts", direction, heavy=False)
    page.click("main .go")
    page.click(GO)
    inspector.look("invite with errors", direction, heavy=False)
    page.fill("#username", "basma")
    page.check("[name=sites] >> nth=0")
    page.click(GO)
    inspector.look("link", direction, heavy=False)
    link = page.inner_text("main pre").strip()
    page.click("main .go")
    inspector.look("person", direction, heavy=False)
    page.click("form[action*=close] button")
    inspector.look("closed", direction, heavy=False)
    page.click("form[action*=reopen] button")
    page.click("form[action*=reset] button")
    assert page.inner_text("main pre").strip() != link
    join(page, inspector, page.inner_text("main pre").strip(), direction)
    assert inspector.faults == []


def join(page: Any, inspector: Inspector, link: str, direction: str) -> None:
    """The newcomer's way, in the browser of somebody else who was signed in: it becomes hers."""
    page.goto(link)
    inspector.look("join", direction, heavy=False)
    page.click(GO)
    inspector.look("join with errors", direction, heavy=False)
    page.fill("#new", LONG)
    page.fill("#again", LONG)
    page.click(GO)
    inspector.look("enrol", direction, heavy=False)
    page.fill("#code", "000000")
    page.click(GO)
    inspector.look("enrol with an error", direction, heavy=False)
    page.fill("#code", typed_from(page))
    page.click(GO)
    inspector.look("backup codes", direction, heavy=False)
    page.click("main .go")
    for place in ("", "password/", "codes/", "phone/"):
        page.goto(f"{inspector.origin}/desk/account/{place}")
        inspector.look(f"account {place}", direction, heavy=False)
    page.goto(link)
    inspector.look("link gone", direction, heavy=False)
