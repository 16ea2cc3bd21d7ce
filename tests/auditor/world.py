"""People as they may be: every kind of person that the questionnaire allows, and what a figure of a plan counts.

What a figure is stands here a second time, apart from the engine, in terms of kinds of people. A figure is a row of
numbers, one for each kind; what it prints is the sum over the people who are there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

from reports import deriving
from reports.cells import SiteCounts
from reports.deriving import Derivation
from reports.plan import Indicator, Slice, Stat
from reports.tabulation import Fields
from survey.protocol import routing
from survey.protocol.expressions import Expression, Scope, parse
from survey.protocol.record import layout_of, missing_code
from survey.protocol.schema import Answer, Missing
from tests import workbooks as w

Row = npt.NDArray[np.int64]
Answers = Mapping[str, object]
UNSTATED = "unstated"
MOST = 10

SURVEY = w.group(
    "all",
    w.one("sex", "sex"),
    w.one("area", "area"),
    w.integer("age", 15, 120),
    w.one("often", "often"),
    w.one("trained", "yesno"),
    w.one("useful", "yesno", relevant="${trained} = 'yes'"),
    w.many("work", "work"),
) + w.group("training", w.integer("times", 0, MOST), relevant="${trained} = 'yes'")
CHOICES = [
    *w.SEX,
    *w.YES_NO,
    *w.choices("area", "urban", "town", "rural"),
    *w.choices("often", "never", "rarely", "often", "always", missing=["dont_know"]),
    *w.choices("work", "paid", "unpaid", "travel", missing=["dont_know"], none=True),
]
DERIVED = [
    *w.derived("grown", "age", "band", {"young": "15-29", "old": "30+"}),
    *w.derived("ever", "often", "recode", {"yes": "often always", "no": "rest"}),
    *w.derived("top", "often", "recode", {"yes": "always", "some": "rarely often", "no": "never"}),
    *w.derived("labour", "work", "any_of", {"yes": "paid unpaid", "no": "rest"}),
    *w.derived("away", "work", "any_of", {"yes": "unpaid travel", "no": "rest"}),
    *w.derived("some", "times", "band", {"none": "0", "few": "1-3", "many": "4+"}),
    *w.derived("much", "times", "band", {"no": "0-4", "yes": "5+"}),
    *w.derived("served", "trained useful", "any_of", {"yes": "yes", "no": "rest"}, answered="1"),
]
_USED = [
    w.indicator(
        row["variable"], row["variable"], "count", dont_know="exclude" if row["from"] in ("often", "work") else ""
    )
    for row in DERIVED
    if "from" in row
]
PROTOCOL, _PLAN = w.study(SURVEY, CHOICES, derived=DERIVED, indicators=_USED)
LAYOUT = layout_of(PROTOCOL)
OWN = {one.derivation.name: one.derivation for one in _PLAN.derived}
QUESTIONS = {question.name: question for question in PROTOCOL.questions()}
SPLITS = {"sex": ("woman", "man"), "area": ("urban", "town", "rural"), "grown": ("young", "old")}
_WORK = [
    *[("paid",), ("unpaid",), ("travel",), ("none",)],
    *[("paid", "unpaid"), ("paid", "travel"), ("unpaid", "travel"), ("paid", "unpaid", "travel"), ()],
]
# The questions that matter together; all others stay blank.
DIMENSIONS: Mapping[str, Mapping[str, Iterable[object]]] = {
    "scale": {"often": ["never", "rarely", "often", "always", "dont_know", None]},
    "ticks": {"work": _WORK},
    # What a filter over several options, or over two questions, tells of those.
    "chosen": {"work": [*_WORK, ("dont_know",)], "often": ["never", "always", None]},
    "training": {
        "trained": ["yes", "no", None],
        "useful": ["yes", "no", None],
        "times": [*range(MOST + 1), None],
    },
}
SHARED: Mapping[str, Sequence[object]] = {
    "sex": ["woman", "man", None],
    "area": ["urban", "town", "rural", None],
    "age": [20, 30, 31, None],
}

LEFT_OUT = {"training": ("area",), "chosen": ("area", "age")}


def _dimensions(name: str) -> dict[str, list[object]]:
    own = {question: list(values) for question, values in {**DIMENSIONS[name], **SHARED}.items()}
    return {**own, **{question: [None] for question in LEFT_OUT.get(name, ())}}


def _kinds(name: str) -> list[dict[str, object]]:
    own = _dimensions(name)
    found = []
    for values in product(*own.values()):
        answers = {key: value for key, value in zip(own, values, strict=True) if value not in (None, ())}
        if answers.get("trained") == "yes" or not {"useful", "times"} & answers.keys():
            found.append(answers)
    return found


@dataclass(eq=False)
class World:
    """All kinds of people of one group of questions. `people` are how many there are of each kind."""

    name: str
    kinds: list[dict[str, object]] = field(init=False)
    matrix: npt.NDArray[np.uint8] = field(init=False)
    # Each kind of person's answers to all questions.
    answers: list[dict[str, Answer]] = field(init=False)
    # By question: which of its answers each kind gave (one more for “not asked”), and how many there are.
    places: list[tuple[Row, int]] = field(init=False)
    _holds: dict[Expression, Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kinds = _kinds(self.name)
        records = [LAYOUT.encode(kind, routing.asked(PROTOCOL, kind, "KE")) for kind in self.kinds]
        self.matrix = np.frombuffer(b"".join(records), dtype=np.uint8).reshape(-1, LAYOUT.length)
        self.answers = [_answers(kind) for kind in self.kinds]
        for kind, answers in zip(self.kinds, self.answers, strict=True):
            told = {name: deriving.answer(own, QUESTIONS, answers) for name, own in OWN.items()}
            kind |= {name: answer for name, answer in told.items() if not isinstance(answer, Missing)}
        self.places = [
            (np.array([_place(question, values, kind) for kind in self.kinds]), len(values))
            for question, values in _dimensions(self.name).items()
        ]

    def site(self, people: Row, registry: Mapping[str, int] | None = None) -> SiteCounts:
        """What the engine is given to count: histograms such as `reports.tallying` makes (a test compares them)."""
        there = np.flatnonzero(people)
        numbers = people[there].tolist()

        def fields(part: Slice) -> Fields:
            names, taken, columns = self._counting(part)
            blocks = taken[there].tolist()
            found: dict[str, dict[str, dict[int, int]]] = {}
            for field_name, codes in columns.items():
                rows: dict[str, dict[int, int]] = {name: {} for name in names}
                for block, code, number in zip(blocks, codes[there].tolist(), numbers, strict=True):
                    if block >= 0:
                        row = rows[names[block]]
                        row[code] = row.get(code, 0) + number
                found[field_name] = rows
            return found

        return SiteCounts(fields, registry or {})

    @cache  # noqa: B019
    def _counting(self, part: Slice) -> tuple[list[str], Row, dict[str, Row]]:
        """Names of blocks, the block of each kind (-1 for those whom a filter leaves out), and codes by field."""
        groups = [*SPLITS[part.split], UNSTATED] if part.split else [UNSTATED]
        places = sum((place * self.block(part.split, name) for place, name in enumerate(groups)), 0 * self.everybody())
        names = groups
        if part.across:
            marks = ["".join(bits) for bits in product("01", repeat=len(part.across))]
            names = [f"{group}|{mark}" for group in groups for mark in marks]
            for condition in part.across:
                places = 2 * places + self.holds(condition)
        taken = np.where(self.holds(part.filter) == 1, places, -1)
        columns = {}
        for variable in deriving.variables(LAYOUT, part.derived, part.variable):
            own = deriving.find(part.derived, variable.name)
            codes = self.matrix[:, variable.offset].astype(np.int64) if own is None else self.codes(own)
            columns[variable.name] = codes if part.zero_if is None else np.where(self.holds(part.zero_if), 0, codes)
        return names, taken, columns

    @cache  # noqa: B019
    def codes(self, derivation: Derivation) -> Row:
        """The code of a derived variable of each kind of person."""
        own = (deriving.answer(derivation, QUESTIONS, answers) for answers in self.answers)
        return np.array([_code(derivation, answer) for answer in own], dtype=np.int64)

    # What figures count ----------------------------------------------------------------------------------------------

    def everybody(self) -> Row:
        return np.ones(len(self.kinds), dtype=np.int64)

    def holds(self, condition: Expression | None) -> Row:
        """1 for each kind of person for whom a condition holds."""
        if condition is None:
            return self.everybody()
        if condition not in self._holds:
            self._holds[condition] = np.array([condition.holds(Scope(answers=kind)) for kind in self.kinds], dtype=int)
        return self._holds[condition]

    @cache  # noqa: B019  there are three worlds, for as long as the tests run
    def answered(self, variable: str, *names: object) -> Row:
        """1 for each kind that gave one of these answers, or ticked one of them."""
        return np.array([_gives(kind.get(variable), names) for kind in self.kinds], dtype=np.int64)

    @cache  # noqa: B019
    def substantive(self, variable: str) -> Row:
        missing = (None, Missing.DONT_KNOW.value, (Missing.DONT_KNOW.value,))
        return np.array([kind.get(variable) not in missing for kind in self.kinds], dtype=np.int64)

    @cache  # noqa: B019
    def values(self, variable: str) -> Row:
        return np.array([kind.get(variable) or 0 for kind in self.kinds], dtype=np.int64)

    def block(self, split: str, name: str) -> Row:
        if not split:
            return self.everybody()
        if name != UNSTATED:
            return self.answered(split, name)
        return self.everybody() - self.answered(split, *SPLITS[split])

    def group(self, indicator: Indicator) -> Row:
        """Who is looked at: the filter, and the blocks that a restriction names."""
        chosen = self.holds(indicator.filter)
        if indicator.restrict:
            chosen = chosen * self.answered(indicator.split, *indicator.restrict)
        return chosen

    def base(self, indicator: Indicator) -> Row:
        """Who counts in the base: an answer of substance, or a reason that the plan includes, or a zero."""
        given = self.substantive(indicator.variable)
        if indicator.includes:
            given = np.maximum(given, self.answered(indicator.variable, Missing.DONT_KNOW.value))
        if indicator.zero_if is not None:
            given = np.maximum(given, self.holds(indicator.zero_if))
        return given * self.group(indicator)

    def counted(self, indicator: Indicator, category: str) -> Row:
        """Who counts as k of the base, in a category (merged ones are joined by +)."""
        names = indicator.counted if indicator.stat is Stat.PERCENT_IN else category.split("+")
        return self.answered(indicator.variable, *names) * self.base(indicator)

    def numbers(self, indicator: Indicator) -> Row:
        """The number that each kind of person adds to a mean's sum."""
        values = self.values(indicator.variable)
        if indicator.zero_if is not None:
            values = values * (1 - self.holds(indicator.zero_if))
        return values * self.base(indicator)


def _answers(kind: Answers) -> dict[str, Answer]:
    """What a kind of person says to every question, or why nothing."""
    asked = routing.asked(PROTOCOL, kind, "KE")  # type: ignore[arg-type]
    return {name: kind.get(name, Missing.BLANK) if name in asked else Missing.NOT_ASKED for name in QUESTIONS}  # type: ignore[misc]


def _code(derivation: Derivation, answer: Answer) -> int:
    choice = next((one for one in derivation.question().options if one.name == answer), None)
    reason = answer if isinstance(answer, Missing) else choice.missing if choice is not None else None
    if reason is not None:
        return missing_code(reason, 1)
    assert choice is not None
    assert choice.code is not None
    return choice.code


def _place(question: str, values: list[object], kind: Mapping[str, object]) -> int:
    if question in ("useful", "times") and kind.get("trained") != "yes":
        return len(values)
    return values.index(kind.get(question, () if question == "work" else None))


def _gives(answer: object, names: tuple[object, ...]) -> bool:
    return bool(set(answer) & set(names)) if isinstance(answer, tuple) else answer in names


WORLDS = {name: World(name) for name in DIMENSIONS}
FILTERS = {source: parse(source) for source in ("${age} >= 30", "${age} >= 31", "${age} < 30", "${area} = 'rural'")}
# Over two options, over one, over two questions.
TOLD = [
    parse(source)
    for source in (
        "not(selected(${work}, 'none'))",
        "not(selected(${work}, 'none')) and not(selected(${work}, 'paid'))",
        "not(selected(${work}, 'none') or selected(${work}, 'travel'))",
        "selected(${work}, 'paid')",
        "selected(${work}, 'paid') or selected(${work}, 'unpaid')",
        "${sex} = 'man' and selected(${work}, 'travel')",
        "${sex} = 'man' or selected(${work}, 'none')",
    )
]
NO_TRAINING = parse("${trained} = 'no'")
TRAINED = parse("${trained} = 'yes'")
