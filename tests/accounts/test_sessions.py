"""Session rows: the database alone opens none."""

import pytest
from django.contrib.sessions.models import Session
from hypothesis import given
from hypothesis import strategies as st

from accounts.sessions import SessionStore, row_key

pytestmark = pytest.mark.django_db


def stored(**data: str) -> SessionStore:
    store = SessionStore()
    store.update(data)
    store.save()
    return store


def test_a_session_reads_back_under_its_cookie() -> None:
    cookie = stored(answer="secret").session_key
    assert SessionStore(cookie)["answer"] == "secret"


def test_the_row_holds_neither_cookie_nor_data() -> None:
    store = stored(answer="canary-in-the-session")
    row = Session.objects.get()
    assert row.session_key == row_key(str(store.session_key))
    assert str(store.session_key) not in row.session_data
    assert b"canary" not in bytes.fromhex(row.session_data)


def test_a_row_under_another_cookie_opens_empty() -> None:
    stored(answer="secret")
    other = "z" * 32
    Session.objects.update(session_key=row_key(other))
    assert "answer" not in SessionStore(other)


def test_a_changed_row_opens_empty() -> None:
    cookie = stored(answer="secret").session_key
    data = Session.objects.get().session_data
    Session.objects.update(session_data=data[:-2] + ("00" if data[-2:] != "00" else "11"))
    assert "answer" not in SessionStore(cookie)


def test_flushing_leaves_no_row() -> None:
    store = stored(answer="secret")
    store.flush()
    assert Session.objects.count() == 0


def test_a_new_key_leaves_only_the_new_row() -> None:
    store = stored(answer="secret")
    before = store.session_key
    store.cycle_key()
    store.save()
    assert store.session_key != before
    assert [row.session_key for row in Session.objects.all()] == [row_key(str(store.session_key))]
    assert SessionStore(store.session_key)["answer"] == "secret"


def test_a_row_tells_the_hour_at_the_finest() -> None:
    stored(answer="secret")
    end = Session.objects.get().expire_date
    assert (end.minute, end.second, end.microsecond) == (59, 59, 0)


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=40), max_size=4))
def test_any_data_survives_encoding(data: dict[str, str]) -> None:
    store = SessionStore("k" * 32)
    assert store.decode(store.encode(data)) == data


@given(st.text(max_size=60))
def test_junk_decodes_to_an_empty_session(junk: str) -> None:
    assert SessionStore("k" * 32).decode(junk) == {}
