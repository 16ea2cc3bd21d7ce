"""Key pairs, passphrases and data keys: what opens what, and what never does."""

import json
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey import datakeys, keypairs, passphrases
from survey.datakeys import DataKey, Place
from survey.sealing import SealError

PAIR, OTHER = keypairs.new_pair(), keypairs.new_pair()
SHRED, OTHER_SHRED = bytes(range(32)), bytes(range(1, 33))
PHRASE = "abacus zoom candle river stone maple"
CONTEXT = b"holder|1|amina"
KEY = DataKey(uuid.UUID(int=5), bytes(range(32)))
PLACE = Place(1, 2, 3, uuid.UUID(int=4))
VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())


def refused(opening: Callable[[], object]) -> bool:
    try:
        opening()
    except SealError:
        return True
    return False


def flipped(sealed: bytes, place: int) -> bytes:
    return sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]


def test_every_flipped_byte_of_a_sealed_key_is_refused() -> None:
    sealed = keypairs.seal_to(PAIR.public, b"k" * 32, b"info")
    let_through = [
        place
        for place in range(len(sealed))
        if not refused(lambda at=place: keypairs.open_with(PAIR.private, flipped(sealed, at), b"info"))  # type: ignore[misc]
    ]
    assert (len(sealed), let_through) == (1 + 1120 + 32 + 16, [])


def test_every_flipped_byte_of_a_wrapped_key_is_refused() -> None:
    wrapped = keypairs.wrap(PAIR.private, PHRASE, SHRED, CONTEXT)
    let_through = [
        place
        for place in range(len(wrapped))
        if not refused(lambda at=place: keypairs.unwrap(flipped(wrapped, at), PHRASE, SHRED, CONTEXT))  # type: ignore[misc]
    ]
    assert (len(wrapped), let_through) == (1 + 16 + 12 + 96 + 16, [])


def test_every_flipped_byte_of_a_record_is_refused() -> None:
    sealed = KEY.seal(b"answers", PLACE.context(datakeys.RECORD))
    opened = [
        place
        for place in range(len(sealed))
        if not refused(lambda at=place: KEY.open(flipped(sealed, at), PLACE.context(datakeys.RECORD)))  # type: ignore[misc]
    ]
    assert opened == []


@pytest.mark.parametrize("length", [0, 1, 28, 29, 100])
def test_what_was_cut_off_is_refused(length: int) -> None:
    wrapped = keypairs.wrap(PAIR.private, PHRASE, SHRED, CONTEXT)
    assert refused(lambda: keypairs.unwrap(wrapped[:length], PHRASE, SHRED, CONTEXT))
    sealed = keypairs.seal_to(PAIR.public, b"k" * 32, b"info")
    assert refused(lambda: keypairs.open_with(PAIR.private, sealed[:length], b"info"))


@pytest.mark.parametrize(
    ("phrase", "shred", "context"),
    [
        ("abacus zoom candle river stone mapl", SHRED, CONTEXT),
        (PHRASE, OTHER_SHRED, CONTEXT),
        (PHRASE, SHRED, b"holder|1|brian"),
        (PHRASE, SHRED, b"holder|2|amina"),
    ],
)
def test_another_passphrase_shred_file_person_or_country_unwraps_nothing(
    phrase: str, shred: bytes, context: bytes
) -> None:
    wrapped = keypairs.wrap(PAIR.private, PHRASE, SHRED, CONTEXT)
    assert keypairs.unwrap(wrapped, PHRASE, SHRED, CONTEXT) == PAIR.private
    assert refused(lambda: keypairs.unwrap(wrapped, phrase, shred, context))


@pytest.mark.parametrize("typed", ["  Abacus ZOOM candle  river stone maple ", "ABACUS zoom candle\triver stone maple"])
def test_a_passphrase_may_be_typed_with_other_spaces_and_capitals(typed: str) -> None:
    wrapped = keypairs.wrap(PAIR.private, PHRASE, SHRED, CONTEXT)
    assert keypairs.unwrap(wrapped, typed, SHRED, CONTEXT) == PAIR.private


def test_another_key_or_purpose_opens_nothing() -> None:
    sealed = keypairs.seal_to(PAIR.public, b"plain", b"share|1|1|amina")
    assert keypairs.open_with(PAIR.private, sealed, b"share|1|1|amina") == b"plain"
    assert refused(lambda: keypairs.open_with(OTHER.private, sealed, b"share|1|1|amina"))
    assert refused(lambda: keypairs.open_with(PAIR.private, sealed, b"share|1|2|amina"))


@pytest.mark.parametrize(
    "place",
    [
        Place(9, 2, 3, uuid.UUID(int=4)),
        Place(1, 9, 3, uuid.UUID(int=4)),
        Place(1, 2, 9, uuid.UUID(int=4)),
        Place(1, 2, 3, uuid.UUID(int=9)),
    ],
)
def test_what_is_moved_to_another_country_cohort_version_or_row_opens_no_more(place: Place) -> None:
    sealed = KEY.seal(b"answers", PLACE.context(datakeys.RECORD))
    assert refused(lambda: KEY.open(sealed, place.context(datakeys.RECORD)))
    assert refused(lambda: KEY.open(sealed, PLACE.context(datakeys.TEXTS)))


def test_a_data_key_opens_for_its_own_country_and_number_only() -> None:
    sealed = datakeys.seal_key(KEY, PAIR.public, site_id=1)
    assert datakeys.open_key(KEY.id, sealed, PAIR.private, site_id=1) == KEY
    assert refused(lambda: datakeys.open_key(KEY.id, sealed, PAIR.private, site_id=2))
    assert refused(lambda: datakeys.open_key(uuid.UUID(int=6), sealed, PAIR.private, site_id=1))


@given(st.binary(max_size=3000), st.binary(max_size=60))
def test_what_is_sealed_to_a_key_opens_with_it(plain: bytes, info: bytes) -> None:
    assert keypairs.open_with(PAIR.private, keypairs.seal_to(PAIR.public, plain, info), info) == plain


@given(st.binary(max_size=3000), st.binary(max_size=60))
def test_what_a_data_key_seals_it_opens(plain: bytes, context: bytes) -> None:
    assert KEY.open(KEY.seal(plain, context), context) == plain
    padded = KEY.seal_padded(plain, context)
    assert KEY.open_padded(padded, context) == plain
    assert (len(padded) - datakeys.OVERHEAD) % datakeys.BLOCK == 0


@given(st.binary(min_size=96, max_size=96), st.text(max_size=60), st.binary(min_size=32, max_size=32))
def test_what_is_wrapped_unwraps(private: bytes, phrase: str, shred: bytes) -> None:
    # A lone half of a character cannot be typed, and not be encoded.
    phrase = phrase.encode("utf-8", "ignore").decode()
    assert keypairs.unwrap(keypairs.wrap(private, phrase, shred, CONTEXT), phrase, shred, CONTEXT) == private


def test_a_pair_comes_back_from_its_private_half() -> None:
    assert keypairs.pair_of(PAIR.private) == PAIR


# Passphrases ----------------------------------------------------------------------------------------------------------


def test_the_list_has_all_the_words_that_have_no_hyphen() -> None:
    words = passphrases.words()
    assert (len(words), words[0], words[-1]) == (7_772, "abacus", "zoom")
    assert all(word.isascii() and word.isalpha() and word.islower() for word in words)


def test_a_passphrase_is_six_words_of_the_list() -> None:
    drawn = passphrases.draw().split()
    assert len(drawn) == 6
    assert set(drawn) <= set(passphrases.words())
    assert passphrases.draw() != passphrases.draw()


@pytest.mark.parametrize(
    ("typed", "noted"),
    [
        ("zoom stone", True),
        (" Zoom  STONE ", True),
        (PHRASE, True),
        ("stone zoom", False),
        ("zoom", False),
        ("abacus stone", False),
        ("", False),
    ],
)
def test_the_words_that_were_asked_for_are_typed_in_their_order(typed: str, noted: bool) -> None:
    assert passphrases.was_noted(PHRASE, [2, 5], typed) is noted


def test_two_different_places_are_asked_for() -> None:
    for _ in range(50):
        first, second = passphrases.places()
        assert 1 <= first < second <= 6


# For ever -------------------------------------------------------------------------------------------------------------


def bytes_of(name: str) -> bytes:
    return bytes.fromhex(VECTORS[name])


def test_what_was_sealed_once_opens_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """vectors.json was made once, by this, and is never made again:

    pair = keypairs.new_pair()
    key = DataKey(uuid.UUID("00000000-0000-4000-8000-000000000007"), bytes(range(32)))
    context = Place(11, 22, 33, uuid.UUID("00000000-0000-4000-8000-00000000002c")).context(b"R")
    texts = Place(11, 22, 33, uuid.UUID("00000000-0000-4000-8000-00000000002c")).context(b"T")
    vectors = {
        "private": pair.private, "public": pair.public,
        "seal_to": keypairs.seal_to(pair.public, b"sealed to a key", b"share|11|1|amina"),
        "wrap": keypairs.wrap(
            pair.private, "abacus zoom candle river stone maple", bytes(range(32)), b"holder|11|amina"
        ),
        "record": key.seal(b"a record", context), "padded": key.seal_padded(b"a text", texts),
        "data_key": datakeys.seal_key(key, pair.public, site_id=11),
    }
    print(json.dumps({name: value.hex() for name, value in vectors.items()}, indent=1))
    """
    monkeypatch.setattr(keypairs, "MEMORY_KIB", 256 * 1024)
    monkeypatch.setattr(keypairs, "PASSES", 3)
    private, row = bytes_of("private"), uuid.UUID("00000000-0000-4000-8000-00000000002c")
    key = DataKey(uuid.UUID("00000000-0000-4000-8000-000000000007"), bytes(range(32)))
    place = Place(11, 22, 33, row)
    assert keypairs.pair_of(private).public == bytes_of("public")
    assert keypairs.open_with(private, bytes_of("seal_to"), b"share|11|1|amina") == b"sealed to a key"
    assert keypairs.unwrap(bytes_of("wrap"), PHRASE, bytes(range(32)), b"holder|11|amina") == private
    assert key.open(bytes_of("record"), place.context(b"R")) == b"a record"
    assert key.open_padded(bytes_of("padded"), place.context(b"T")) == b"a text"
    assert datakeys.open_key(key.id, bytes_of("data_key"), private, site_id=11) == key
