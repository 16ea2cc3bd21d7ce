"""What a comparison holds for its annex: ranges of printed percentages and contrasts. Values with a JSON form. Pure.

Stored with the result, so that nothing is calculated when it is read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

_NUMBER = re.compile(r"[0-9]{1,3}(\.[0-9]{1,12})?")
_DIGITS = 12

Range = tuple[Fraction, Fraction]
# Indicator → country → block → category → range of the percentage that is printed there.
Ranges = Mapping[str, Mapping[str, Mapping[str, Mapping[str, Range]]]]


class Of(StrEnum):
    """What a contrast compares: the blocks of a split within one country, or the totals of the countries."""

    BLOCKS = "blocks"
    COUNTRIES = "countries"


class Untested(StrEnum):
    """Why a contrast that the plan declares has no test."""

    NOT_PRINTED = "not_printed"
    ONE_GROUP = "one_group"
    TOO_UNEVEN = "too_uneven"
    NO_SHARE = "no_share"


@dataclass(frozen=True, slots=True)
class Contrast:
    """A comparison of printed shares that a family of the plan declares, tested or not.

    `country` is empty where the countries themselves are compared. `groups` are the blocks or countries that took part.
    `adjusted` is p after Holm, for the `together` tests that the family declares there.
    """

    indicator: str
    family: str
    of: Of
    country: str = ""
    groups: tuple[str, ...] = ()
    method: str = ""
    p: Fraction | None = None
    adjusted: Fraction | None = None
    together: int = 0
    untested: str = ""

    def to_json(self) -> dict[str, Any]:
        numbers = {name: _written(getattr(self, name)) for name in ("p", "adjusted") if getattr(self, name) is not None}
        plain = {name: getattr(self, name) for name in _PLAIN}
        return {**{name: value for name, value in plain.items() if value}, "groups": list(self.groups), **numbers}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Contrast":
        plain: dict[str, Any] = {name: data[name] for name in _PLAIN if name in data}
        plain |= {name: _read(data[name]) for name in ("p", "adjusted") if name in data}
        return Contrast(**{**plain, "of": Of(plain["of"]), "groups": tuple(data["groups"])})


_PLAIN = ("indicator", "family", "of", "country", "method", "together", "untested")


@dataclass(frozen=True, slots=True)
class Annex:
    """Ranges and contrasts of one comparison; contrasts in the order of the plan."""

    ranges: Ranges = field(default_factory=dict)
    contrasts: tuple[Contrast, ...] = ()

    def range_of(self, indicator: str, country: str, block: str, category: str) -> Range | None:
        return self.ranges.get(indicator, {}).get(country, {}).get(block, {}).get(category)

    def contrast(self, indicator: str, country: str) -> Contrast | None:
        """The contrast that a country's figure of an indicator takes part in."""
        own = (one for one in self.contrasts if one.indicator == indicator and one.country in ("", country))
        return next(own, None)

    def to_json(self) -> dict[str, Any]:
        """The stored form; bounds and p-values are decimals in text."""
        return {
            "ranges": _map_leaves(self.ranges, 4, lambda pair: [_written(bound) for bound in pair]),
            "contrasts": [contrast.to_json() for contrast in self.contrasts],
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "Annex":
        return Annex(
            _map_leaves(data["ranges"], 4, lambda pair: (_read(pair[0]), _read(pair[1]))),
            tuple(Contrast.from_json(contrast) for contrast in data["contrasts"]),
        )


def _map_leaves(tree: Mapping[str, Any], depth: int, change: Any) -> dict[str, Any]:
    return {
        name: change(value) if depth == 1 else _map_leaves(value, depth - 1, change) for name, value in tree.items()
    }


def _written(value: Fraction) -> str:
    """A number that has at most twelve decimals, as a decimal without idle zeros."""
    digits = str(round(value * 10**_DIGITS)).rjust(_DIGITS + 1, "0")
    return f"{digits[:-_DIGITS]}.{digits[-_DIGITS:]}".rstrip("0").rstrip(".")


def _read(text: Any) -> Fraction:
    """In other spellings a short text can be a number of a thousand million digits."""
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise ValueError("no number of an annex")
    return Fraction(text)
