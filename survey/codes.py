"""Codes that people carry: twenty digits, eighteen of them random, two to check the rest. Pure.

Digits are the same in every language and script, and a number in a notebook looks like any other number.
"""

import secrets
import unicodedata

DIGITS, GROUP = 20, 4
# Between the groups people type spaces, dashes, or what their keyboard puts around digits in right-to-left text.
_BETWEEN = frozenset({"Zs", "Pd", "Cf", "Cc"})


def new_code() -> str:
    """A fresh code. The check digits are those of ISO 7064 (MOD 97-10): any one wrong digit or swap is found."""
    number = secrets.randbelow(10 ** (DIGITS - 2))
    return f"{number:018d}{98 - number * 100 % 97:02d}"


def read_code(text: str) -> str | None:
    """The code that somebody typed, in any grouping and any script's digits; None when it cannot be one."""
    if len(text) > 4 * DIGITS:
        return None
    digits = [str(unicodedata.decimal(character)) for character in text if character.isdecimal()]
    others = {unicodedata.category(character) for character in text if not character.isdecimal()}
    code = "".join(digits)
    return code if len(code) == DIGITS and int(code) % 97 == 1 and others <= _BETWEEN else None


def in_groups(code: str) -> str:
    """A code as it is shown: 1234 5678 9012 3456 7890."""
    return " ".join(code[start : start + GROUP] for start in range(0, DIGITS, GROUP))
