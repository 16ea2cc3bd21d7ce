"""Codes of participants, as a team speaks of them: six digits drawn at random and two that check them. Pure.

The check digits are those of ISO 7064 (MOD 97-10). Its systems with a single check digit miss one swap of neighbours in
forty-five; over a bad telephone line that is one too many.
"""

import secrets
import unicodedata

DIGITS = 8
_HALF = DIGITS // 2
_KINDS_BETWEEN = frozenset({"Zs", "Pd", "Cf", "Cc"})


def new_label() -> str:
    """A fresh code, such as 4827-1372. Drawn, never counted: the order of codes tells nothing of when."""
    number = secrets.randbelow(10 ** (DIGITS - 2))
    return _in_halves(f"{number:06d}{98 - number * 100 % 97:02d}")


def read_label(text: str) -> str | None:
    """The code that somebody typed or heard, in any grouping and any script's digits; None when it cannot be one."""
    digits = digits_of(text)
    return _in_halves(digits) if len(digits) == DIGITS and int(digits) % 97 == 1 else None


def is_misheard(text: str) -> bool:
    """Whether a text has the digits of a code, and one of them is wrong or two are swapped."""
    return len(digits_of(text)) == DIGITS and read_label(text) is None


def digits_of(text: str) -> str:
    """The digits of a text that holds nothing else but what people put between digits; else ''."""
    if len(text) > 4 * DIGITS:
        return ""
    others = {unicodedata.category(character) for character in text if not character.isdecimal()}
    digits = (str(unicodedata.decimal(character)) for character in text if character.isdecimal())
    return "".join(digits) if others <= _KINDS_BETWEEN else ""


def _in_halves(digits: str) -> str:
    return f"{digits[:_HALF]}-{digits[_HALF:]}"
