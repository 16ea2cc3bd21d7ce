"""Security headers on every answer, and nothing that a page could load from elsewhere."""

import re

import pytest
from django.test import Client

from surveyproject.headers import HEADERS

pytestmark = pytest.mark.django_db
ADDRESSES = [("/", 200), ("/desk/sign-in/", 200), ("/desk/", 302), ("/nothing/", 404), ("/j/unknown/", 404)]


@pytest.mark.parametrize(("address", "status"), ADDRESSES)
def test_every_answer_carries_the_exact_headers(client: Client, address: str, status: int) -> None:
    response = client.get(address)
    assert response.status_code == status
    assert {name: response[name] for name in HEADERS} == HEADERS
    assert response["Cache-Control"] == "no-store"
    assert "script" not in response["Content-Security-Policy"]


def test_an_error_page_carries_them_too() -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/", {"_do": "next"})
    assert response.status_code == 403
    assert {name: response[name] for name in HEADERS} == HEADERS


def test_a_method_that_is_not_meant_is_refused(client: Client) -> None:
    assert client.put("/").status_code == 405


@pytest.mark.parametrize("address", [address for address, status in ADDRESSES if status in (200, 404)])
def test_pages_load_nothing_from_elsewhere_and_run_nothing(client: Client, address: str) -> None:
    page = client.get(address).content.decode()
    assert re.findall(r'(?:src|href|action)="(?:https?:)?//', page) == []
    assert re.findall(r"<script|\son\w+=|\sstyle=|<style", page) == []


def test_there_is_one_cookie_and_it_is_strict(client: Client) -> None:
    client.get("/desk/sign-in/")
    assert list(client.cookies) == ["s"]
    cookie = client.cookies["s"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"], cookie["expires"]) == (True, "Strict", "", "")
