"""Passphrases of researchers: words that can be written down, read aloud and typed on any keyboard. Pure."""

import re
import secrets
from collections.abc import Sequence
from functools import cache
from importlib import resources

from survey import keypairs

# The EFF's long list of 7,776 words without the four that are written with a hyphen.
COUNT = 7_772
# How many words somebody types again, to show that the passphrase was written down.
ASKED = 2


@cache
def words() -> tuple[str, ...]:
    listed = (resources.files("xkcdpass") / "static" / "eff-long").read_text(encoding="ascii").split()
    found = tuple(sorted({word for word in listed if re.fullmatch("[a-z]+", word)}))
    if len(found) != COUNT:
        raise RuntimeError(f"the list of words has {len(found)} words that can be used, not {COUNT}")
    return found


def draw() -> str:
    """A new passphrase: shown once, never stored."""
    return keypairs.new_passphrase(words())


def places() -> list[int]:
    """The numbers of the words to type again, in order, counted from 1."""
    return sorted(secrets.SystemRandom().sample(range(1, keypairs.WORDS + 1), ASKED))


def was_noted(passphrase: str, asked: Sequence[int], typed: str) -> bool:
    """Whether somebody typed the words that were asked for, or all of them."""
    drawn = passphrase.split()
    return typed.casefold().split() in ([drawn[number - 1] for number in asked], drawn)
