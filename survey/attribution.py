"""What may be said of the person behind a quotation: as much as at least three people of the cohort fit. Pure.

A reader who knows the field counts who works on land rights in Oaxaca. Where that is one person, the attribution is a
name. And a reader who knows the rule sees what was left out: if the one person whose region is not told were described
like nobody else, the silence would be a name too. So a description is made coarser, in one fixed order, until it fits
three people of the registry and is given to three: first the free descriptor goes, then the regions, then the issues
one by one, those that fewest people share first, down to the most shared; then the month becomes the year; then nothing
is left but the word “Participant”. The order is fixed so that two people who look the same are described alike, and
nobody chooses what to reveal of whom.

A person fits a description when everything that it says is true of them, whatever else is.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

AT_LEAST = 3


@dataclass(frozen=True, slots=True)
class Attribution:
    """What is said: of a person in the registry everything, in print what at least three people fit.

    `when` is the month of the interview, “2015-08”, or its year, “2015”.
    """

    issues: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    descriptor: str = ""
    when: str = ""

    @property
    def year(self) -> str:
        return self.when[:4]


NOTHING = Attribution()


class Registry:
    """Everybody of a cohort, ready to be counted. Who has a trait is a set of bits, one a person."""

    def __init__(self, people: Sequence[Attribution], *, at_least: int = AT_LEAST) -> None:
        self.at_least = at_least
        self._everybody = (1 << len(people)) - 1
        self._with: dict[tuple[str, str], int] = {}
        for place, person in enumerate(people):
            for trait in set(_traits(person)) | {("when", person.year)}:
                self._with[trait] = self._with.get(trait, 0) | 1 << place
        self._shared = Counter(issue for person in people for issue in set(person.issues))
        self._known = self._described(Counter(people))

    def fitting(self, said: Attribution) -> int:
        """How many people of the cohort fit what is said."""
        found = self._everybody
        for trait in _traits(said):
            found &= self._with.get(trait, 0)
        return found.bit_count()

    def attribution(self, person: Attribution) -> Attribution:
        """The finest description of a person of the registry, in the fixed order, that enough fit and are given."""
        return self._known[person]

    def _described(self, people: Counter[Attribution]) -> dict[Attribution, Attribution]:
        """Everybody's description: as long as one is given to too few, they are described more coarsely."""
        left = {person: self._fitting_steps(person) for person in people}
        said = {person: next(steps) for person, steps in left.items()}
        while True:
            given: Counter[object] = Counter()
            for person, number in people.items():
                given[_meaning(said[person])] += number
            few = [one for one in people if said[one] != NOTHING and given[_meaning(said[one])] < self.at_least]
            if not few:
                return said
            for person in few:
                said[person] = next(left[person])

    def _fitting_steps(self, person: Attribution) -> Iterator[Attribution]:
        """The steps that enough people fit, without repeating one; the last says nothing."""
        before = None
        for step in self.steps(person):
            if step != before and (step == NOTHING or self.fitting(step) >= self.at_least):
                before = step
                yield step

    def steps(self, person: Attribution) -> Iterator[Attribution]:
        """Descriptions of a person, each coarser than the one before, down to saying nothing."""
        said = person
        yield said
        said = replace(said, descriptor="")
        yield said
        said = replace(said, regions=())
        yield said
        for issue in self._rarest_first(person.issues)[:-1]:
            said = replace(said, issues=tuple(one for one in said.issues if one != issue))
            yield said
        yield replace(said, when=said.year)
        yield NOTHING

    def _rarest_first(self, issues: Sequence[str]) -> list[str]:
        # Names settle a tie, so that the same registry always says the same.
        return sorted(set(issues), key=lambda issue: (self._shared[issue], issue))


def _meaning(said: Attribution) -> object:
    """What is said, in whatever order."""
    return frozenset(said.issues), frozenset(said.regions), said.descriptor, said.when


def _traits(said: Attribution) -> Iterator[tuple[str, str]]:
    yield from (("issue", issue) for issue in said.issues)
    yield from (("region", region) for region in said.regions)
    if said.descriptor:
        yield "descriptor", said.descriptor
    if said.when:
        yield "when", said.when
