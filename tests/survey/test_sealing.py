"""Drafts: only the secret opens them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey import sealing

SECRET, OTHER = bytes(range(32)), bytes(range(1, 33))
CONTEXT = b"draft|1|1"


@given(st.binary(max_size=9000), st.binary(max_size=40))
def test_what_is_sealed_unseals(plain: bytes, context: bytes) -> None:
    assert sealing.unseal(SECRET, sealing.seal(SECRET, plain, context), context) == plain


def test_every_flipped_byte_is_refused() -> None:
    sealed = sealing.seal(SECRET, b"answers", CONTEXT)
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(sealing.SealError):
            sealing.unseal(SECRET, changed, CONTEXT)


@pytest.mark.parametrize("length", [0, 1, 12, 13, 28, 100])
def test_a_truncated_seal_is_refused(length: int) -> None:
    with pytest.raises(sealing.SealError):
        sealing.unseal(SECRET, sealing.seal(SECRET, b"answers", CONTEXT)[:length], CONTEXT)


@pytest.mark.parametrize(("secret", "context"), [(OTHER, CONTEXT), (SECRET, b"draft|2|1")])
def test_another_secret_or_context_opens_nothing(secret: bytes, context: bytes) -> None:
    with pytest.raises(sealing.SealError):
        sealing.unseal(secret, sealing.seal(SECRET, b"answers", CONTEXT), context)


@pytest.mark.parametrize("size", [0, 1, 500, 4092])
def test_the_size_says_nothing_within_a_block(size: int) -> None:
    assert len(sealing.seal(SECRET, bytes(size), CONTEXT)) == 1 + 12 + 4096 + 16


def test_the_locator_is_not_the_secret_and_always_the_same() -> None:
    assert sealing.locator(SECRET) == sealing.locator(SECRET) != SECRET
    assert sealing.locator(SECRET) != sealing.locator(OTHER)
