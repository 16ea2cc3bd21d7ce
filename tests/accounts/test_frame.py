"""The frame around every staff page."""

import pytest
from django.test import Client

from accounts import audit
from tests.factories import make_staff, signed_in

pytestmark = pytest.mark.django_db


def test_a_staff_page_shows_the_head_of_the_audit_trail_and_the_way_out(client: Client) -> None:
    signed_in(client, make_staff())
    head = audit.record(by="coordinator", action="sign-in").hash[:12]
    page = client.get("/desk/").text
    assert f'<bdi dir="ltr">{head}</bdi>' in page
    assert 'action="/desk/sign-out/"' in page


def test_a_stranger_sees_neither(client: Client) -> None:
    head = audit.record(by="coordinator", action="sign-in").hash[:12]
    page = client.get("/desk/sign-in/").text
    assert head not in page
    assert "sign-out" not in page


def test_every_language_goes_by_its_own_name_in_every_language(client: Client) -> None:
    client.post("/desk/language/", {"language": "ar"})
    page = client.get("/desk/sign-in/").text
    for name in ("English", "Español (México)", "Bahasa Indonesia", "Kiswahili", "العربية"):
        assert f">{name}<" in page
