"""One partition of a base: an item that is split by gender is not split by area as well. Pure.

Two splits of the same people are two sets of equations about them. A second split may only put blocks of the first
together, which says nothing new.
"""

from collections.abc import Callable, Iterable, Iterator

from reports.deriving import Derivation, blocks_of, merges, settled
from reports.plan import Indicator
from survey.protocol.schema import Question

Questions = Callable[[str], Question | None]


def base_of(indicator: Indicator) -> tuple[object, ...]:
    """What two indicators have in common when they are about the same answers of the same people."""
    own = indicator.derivation(indicator.variable)
    item: object = indicator.variable
    if own is not None:
        item = own.root or (own.sources, own.groups[0].choices)
    return item, settled(indicator.filter, indicator.derived)


def split_of(indicator: Indicator) -> object:
    """By what an indicator is split, whatever it is called."""
    own = indicator.derivation(indicator.split)
    return indicator.split if own is None else own.key()


def refines(fine: Indicator, coarse: Indicator, questions: Questions) -> bool:
    """Whether the blocks of one split are those of the other, or parts of them."""
    if split_of(fine) == split_of(coarse):
        return True
    own = fine.derivation(fine.split)
    return merges(coarse.derivation(coarse.split), _blocks(fine.split, own, questions), own.root if own else fine.split)


def _blocks(name: str, own: Derivation | None, questions: Questions) -> Iterable[frozenset[str]]:
    if own is not None:
        return [group.atoms for group in own.groups]
    question = questions(name)
    return blocks_of(question).values() if question is not None else []


def second(indicators: Iterable[Indicator], questions: Questions) -> Iterator[tuple[Indicator, Indicator]]:
    """(later, first) for every indicator whose split is another partition than the first one of its base."""
    first: dict[tuple[object, ...], Indicator] = {}
    for indicator in indicators:
        if not indicator.split:
            continue
        fixed = first.setdefault(base_of(indicator), indicator)
        if not refines(fixed, indicator, questions):
            yield indicator, fixed
