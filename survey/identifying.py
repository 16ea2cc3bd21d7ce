"""What in a short text could tell who somebody is. Pure; it warns and never forbids, because only a person can judge.

A mail address: anything with an @ in it. A phone number: seven digits or more, of any script, with nothing but spaces
and marks between them. A name: two words in a row that begin with a capital, unless they are words that the study
itself uses, such as the name of a region. Scripts without capitals show no names this way.
"""

import re
from collections.abc import Iterable
from enum import StrEnum

FEWEST_DIGITS = 7
_MAIL = re.compile(r"[@＠]")
_DIGITS = re.compile(r"\d(?:[\s\-–—./()\u200e\u200f]*\d)*")
_WORD = re.compile(r"[^\W\d_][\w'’.]*")
# Small words inside names: Ana de la Cruz.
_INSIDE = frozenset({"de", "del", "la", "las", "los", "da", "dos", "van", "von", "bin", "binti", "al", "el", "wa", "y"})


class Clue(StrEnum):
    MAIL = "mail"
    PHONE = "phone"
    NAME = "name"


def clues(text: str, *, harmless: Iterable[str] = ()) -> tuple[Clue, ...]:
    """What a text looks like; `harmless` are words of the study that are no names of people."""
    numbers = [sum(character.isdecimal() for character in run.group()) for run in _DIGITS.finditer(text)]
    found = {
        Clue.MAIL: bool(_MAIL.search(text)),
        Clue.PHONE: any(count >= FEWEST_DIGITS for count in numbers),
        Clue.NAME: _has_name(_without(text, harmless)),
    }
    return tuple(clue for clue, is_there in found.items() if is_there)


def _without(text: str, harmless: Iterable[str]) -> str:
    for words in sorted(filter(None, harmless), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(words)}(?!\w)", ",", text, flags=re.IGNORECASE)
    return text


def _has_name(text: str) -> bool:
    """Whether two capitalised words stand in a row, or with small words between them. A sentence ends a row."""
    before, end = False, 0
    for word in _WORD.finditer(text):
        in_a_row = text[end : word.start()].isspace()
        end = word.end() - _ends_sentence(word.group())
        if word.group()[0].isupper():
            if before and in_a_row:
                return True
            before = True
        elif not (in_a_row and word.group().lower() in _INSIDE):
            before = False
    return False


def _ends_sentence(word: str) -> bool:
    # “Dr.” and initials end nothing.
    return word.endswith(".") and len(word) > 4
