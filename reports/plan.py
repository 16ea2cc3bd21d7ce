"""The plan of the analysis as frozen values; `plan_sheets` reads it from a workbook."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reports.deriving import Derivation, find
from survey.protocol.checks import REGISTRY
from survey.protocol.expressions import Expression
from survey.protocol.schema import Missing, Protocol, Question, Texts

# The total and the people without a block, in counts and cells.
RESERVED_BLOCKS = ("all", "unstated")


class Stat(StrEnum):
    PERCENT_IN = "percent_in"
    PERCENT_EACH = "percent_each"
    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    COUNT = "count"


class Average(StrEnum):
    """Whose percentages an average takes in: all countries, the focal one included, or only the others."""

    NONE = ""
    ALL = "all"
    OTHERS = "others"


class Show(StrEnum):
    OTHERS = "others"
    SPLIT = "split"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One row of the indicators sheet.

    `counted` are choice names; `includes` the missing reasons that stay in the base because the plan says so.
    """

    id: str
    variable: str
    stat: Stat
    label: Texts
    counted: tuple[str, ...] = ()
    includes: frozenset[Missing] = frozenset()
    zero_if: Expression | None = None
    filter: Expression | None = None
    split: str = ""
    restrict: tuple[str, ...] = ()
    average: Average = Average.NONE
    decimals: int = 1
    part_of: str = ""
    sensitive: bool = False
    # Tests of one family are adjusted together for how many they are; a plan declares it before anything is counted.
    family: str = ""
    # The derived variables that it names, in variable, split, zero_if or filter.
    derived: tuple[Derivation, ...] = ()
    # What the answers to its questions mean in the version that it was read for; the same name may mean another thing.
    shape: str = field(default="", compare=False)
    row: int = 0

    def __post_init__(self) -> None:
        if (self.stat is Stat.PERCENT_IN) != bool(self.counted):
            raise ValueError(f"indicator {self.id}: percent_in counts choices, nothing else does")
        if self.restrict and not self.split:
            raise ValueError(f"indicator {self.id}: restrict names blocks of a split")
        if not 0 <= self.decimals <= 3:
            raise ValueError(f"indicator {self.id}: 0 to 3 decimals")

    @property
    def questions(self) -> frozenset[str]:
        """The questions that it reads; none for what comes from the registry."""
        if self.variable == REGISTRY:
            return frozenset()
        own = {one.name: one.sources for one in self.derived}
        return frozenset(source for name in self._named for source in own.get(name, (name,)))

    @property
    def asked(self) -> tuple[str, ...]:
        """The questions that its figures are answers to: of a derived variable, those that it is made of."""
        own = self.derivation(self.variable)
        return own.sources if own else (self.variable,)

    @property
    def _named(self) -> set[str]:
        rules = (rule for rule in (self.filter, self.zero_if) if rule is not None)
        return ({self.variable, self.split} - {""}).union(*(rule.references() for rule in rules))

    def shape_in(self, shapes: Mapping[str, str]) -> str:
        """What the answers to each of its questions mean where they have these shapes; '' where one is not asked."""
        questions = sorted(self.questions)
        known = all(name in shapes for name in questions)
        return " ".join(f"{name}:{shapes[name]}" for name in questions) if known else ""

    @property
    def slice(self) -> "Slice":
        named = self._named
        derived = tuple(one for one in sorted(self.derived, key=lambda one: one.name) if one.name in named)
        return Slice(self.variable, self.split, self.filter, self.zero_if, derived)

    def derivation(self, name: str) -> Derivation | None:
        """How a variable that it names is derived; None where the questionnaire asks it."""
        return find(self.derived, name)


@dataclass(frozen=True, slots=True)
class Slice:
    """What has to be counted for an indicator; indicators with equal slices share one counting.

    `across` tells the people of each block apart by which of its conditions hold, for `reports.grids`.
    """

    variable: str
    split: str = ""
    filter: Expression | None = None
    zero_if: Expression | None = None
    derived: tuple[Derivation, ...] = ()
    across: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Derived:
    """One derived variable with its words, as the single choice that it amounts to."""

    derivation: Derivation
    question: Question
    row: int = 0


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table: its texts and the indicators that are its lines, in order."""

    id: str
    show: Show
    title: Texts
    stub: Texts
    column: Texts
    indicators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The indicators, and the tables that they are lines of."""

    indicators: tuple[Indicator, ...]
    tables: tuple[TableSpec, ...]
    derived: tuple[Derived, ...] = ()
    # Question name → its shape (see `fingerprints.variable_shapes`); empty in a plan that knows of one version only.
    shapes: Mapping[str, str] = field(default_factory=dict, compare=False)

    def of_tables(self, names: Collection[str]) -> tuple[Indicator, ...]:
        """The indicators of some tables, in the plan's order."""
        wanted = {name for table in self.tables if table.id in names for name in table.indicators}
        return tuple(indicator for indicator in self.indicators if indicator.id in wanted)

    def indicator(self, name: str) -> Indicator:
        """Raises KeyError for an indicator that the plan does not have."""
        for indicator in self.indicators:
            if indicator.id == name:
                return indicator
        raise KeyError(name)

    def question(self, name: str, protocol: Protocol) -> Question | None:
        """The question of a variable: the questionnaire's own, or the one that a derived variable amounts to."""
        own = next((one.question for one in self.derived if one.question.name == name), None)
        return own or protocol.question(name)
