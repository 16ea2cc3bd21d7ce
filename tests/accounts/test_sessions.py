"""Sessions: the database alone opens none."""

import datetime

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.sessions import SessionStore, row_key

pytestmark = pytest.mark.django_db

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def saved(**data: object) -> SessionStore:
    store = SessionStore()
    store.update(data)
    store.save()
    return store


def test_the_row_holds_neither_the_cookie_nor_the_data() -> None:
    store = saved(draft_secret="canary-4711")
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(s)::text FROM django_session s")
        (row,) = cursor.fetchone()
    assert store.session_key not in row
    assert "canary" not in row
    assert b"canary".hex() not in row
    assert row_key(store.session_key) in row


def test_the_cookie_opens_the_session_and_the_row_key_does_not() -> None:
    store = saved(language="ar")
    assert SessionStore(store.session_key)["language"] == "ar"
    assert dict(SessionStore(row_key(store.session_key)).items()) == {}


def test_data_moved_to_another_row_opens_as_an_empty_session() -> None:
    one, other = saved(of="one"), saved(of="other")
    data = Session.objects.get(pk=row_key(one.session_key)).session_data
    Session.objects.filter(pk=row_key(other.session_key)).update(session_data=data)
    assert dict(SessionStore(other.session_key).items()) == {}


@pytest.mark.parametrize("damage", ["", "00", "not hexadecimal"])
def test_damaged_data_opens_as_an_empty_session(damage: str) -> None:
    store = saved(language="ar")
    Session.objects.update(session_data=damage)
    assert dict(SessionStore(store.session_key).items()) == {}


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_single_changed_bit_opens_as_an_empty_session(place: int, bit: int) -> None:
    store = SessionStore("c" * 32)
    data = bytearray.fromhex(store.encode({"language": "ar"}))
    data[place % len(data)] ^= 1 << bit
    assert store.decode(data.hex()) == {}


@given(junk=st.text(max_size=60))
def test_junk_decodes_to_an_empty_session(junk: str) -> None:
    assert SessionStore("c" * 32).decode(junk) == {}


def test_the_same_data_is_never_stored_the_same_way_twice() -> None:
    store = saved(language="ar")
    before = Session.objects.get().session_data
    store.save()
    assert Session.objects.get().session_data != before


def test_a_new_key_keeps_the_data_and_ends_the_old_key() -> None:
    store = saved(language="ar")
    old = store.session_key
    store.cycle_key()
    assert SessionStore(store.session_key)["language"] == "ar"
    assert dict(SessionStore(old).items()) == {}
    assert Session.objects.count() == 1


def test_flush_and_delete_leave_no_row() -> None:
    flushed, deleted = saved(a=1), saved(b=2)
    flushed.flush()
    deleted.delete()
    assert flushed.session_key is None
    assert Session.objects.count() == 0


def test_a_session_that_takes_anothers_place_ends_it_once_it_is_stored() -> None:
    store = saved(language="ar")
    old = str(store.session_key)
    store.begin_anew()
    store["draft_secret"] = "canary-4711"
    # An outage now would leave the old cookie as it was.
    assert (store.session_key, dict(SessionStore(old).items())) == (None, {"language": "ar"})
    store.save()
    assert dict(SessionStore(store.session_key).items()) == {"draft_secret": "canary-4711"}
    assert dict(SessionStore(old).items()) == {}
    assert Session.objects.count() == 1


def test_a_session_exists_under_its_cookie_only() -> None:
    store = saved(a=1)
    assert store.exists(store.session_key)
    assert not store.exists(row_key(store.session_key))


def test_an_expired_session_opens_empty_under_no_key() -> None:
    store = saved(a=1)
    Session.objects.update(expire_date=timezone.now() - datetime.timedelta(seconds=1))
    expired = SessionStore(store.session_key)
    assert dict(expired.items()) == {}
    assert expired.session_key is None


def test_the_expiry_tells_the_hour_at_the_finest_and_is_never_early() -> None:
    wanted = timezone.now() + datetime.timedelta(hours=8)
    saved(a=1)
    expiry = Session.objects.get().expire_date
    assert (expiry.minute, expiry.second, expiry.microsecond) == (59, 59, 0)
    assert wanted - datetime.timedelta(seconds=1) <= expiry <= wanted + datetime.timedelta(hours=1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), JSON, max_size=4))
def test_whatever_is_put_in_comes_out(data: dict[str, object]) -> None:
    store = SessionStore("c" * 32)
    assert store.decode(store.encode(data)) == data
